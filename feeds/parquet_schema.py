"""Which columns of parquet files can go straight into arrays, and which leave them to the plain reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .columns import to_numbers
from .long_format import FLAGS, REQUIRED

_PART_ROWS = 1 << 17
_OPTIONS = {"read_dictionary": ["symbol"], "buffer_size": 1 << 20, "page_checksum_verification": True}


class UnusualError(Exception):
    """The files hold something that only the plain reader takes, or can say what is wrong with."""


@dataclass(frozen=True)
class Layout:
    """Files of bars with the same columns.

    Parameters
    ----------
    files
        Those that have rows, in their order.
    fields
        Columns of numbers and flags, in the order of the first file.
    texts
        Columns of words or times, which are no fields.
    rows
        Rows of all files.
    """

    files: tuple[Path, ...]
    fields: tuple[str, ...]
    texts: tuple[str, ...]
    rows: int

    def parts(self, *columns: str) -> Iterator[tuple[str, int, pa.Array]]:
        """Read some columns of all files in small parts: name, number of the first row, values.

        A column comes after the other within a group of rows: read side by side, Arrow holds much of all
        of them at once. Only of a small group that is little, and faster.
        """
        start = 0
        for file in self.files:
            with pq.ParquetFile(file, **_OPTIONS) as parquet:
                for group in range(parquet.num_row_groups):
                    rows = parquet.metadata.row_group(group).num_rows
                    together = [columns] if rows <= _PART_ROWS else [(name,) for name in columns]
                    for names in together:
                        at = start
                        chosen = {"row_groups": [group], "columns": list(names)}
                        for batch in parquet.iter_batches(_PART_ROWS, **chosen):
                            yield from ((name, at, batch[name]) for name in names)
                            at += len(batch)
                        if at != start + rows:
                            raise UnusualError(f"{file} has other rows than it says")
                    start += rows


def layout_of(files: list[Path]) -> Layout:
    """Look at the files' schemas.

    Raises
    ------
    UnusualError
        If a file is no parquet file, or a column is of a type that has to be looked at cell by cell.
    """
    found = {file: _kinds(file) for file in files}
    filled = {file: kinds for file, (kinds, rows) in found.items() if rows}
    if len({frozenset(kinds) for kinds, _ in found.values()}) != 1 or not filled:
        raise UnusualError("no rows, or columns that differ")
    pattern = next(iter(filled.values()))
    if any(kinds != pattern for kinds in filled.values()):
        raise UnusualError("columns of several types")
    odd = [name for name in REQUIRED if pattern.get(name) not in ("key", "number")]
    if odd or not {pattern.get(name, "number") for name in ("factor", *FLAGS)} <= {"number"}:
        raise UnusualError("a column is missing, or holds text where numbers belong")
    fields = tuple(name for name, kind in pattern.items() if kind == "number")
    others = tuple(name for name, kind in pattern.items() if kind in ("text", "time"))
    layout = Layout(tuple(filled), fields, others, sum(rows for _, rows in found.values()))
    for name in others:
        if pattern[name] == "text":
            _require_words(layout, name)
    return layout


def _kinds(file: Path) -> tuple[dict[str, str], int]:
    """Return the kind of each column of a file, and its number of rows."""
    if file.suffix != ".parquet" or not file.is_file():
        raise UnusualError(f"{file} is no parquet file")
    with pq.ParquetFile(file) as parquet:
        schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
    if len(set(schema.names)) != len(schema.names):
        raise UnusualError(f"{file} has a column twice")
    numbering = _numbering(schema)
    return {column.name: _kind(column) for column in schema if column.name not in numbering}, rows


def _numbering(schema: pa.Schema) -> set[str]:
    """Return the columns in which pandas kept an index without a name, such as row numbers.

    Raises
    ------
    UnusualError
        If it kept a field as its index, which it would put before the others, or other names of columns.
    """
    note = schema.pandas_metadata
    if not note:
        return set()
    try:
        stored = {index for index in note["index_columns"] if isinstance(index, str)}
        ranges = [index["name"] for index in note["index_columns"] if not isinstance(index, str)]
        unnamed = {one["field_name"] for one in note["columns"] if one["name"] is None} & stored
        kinds = {one["pandas_type"] for one in note["column_indexes"]}
    except (KeyError, TypeError) as error:
        raise UnusualError("a note of pandas that cannot be read") from error
    if any(name is not None for name in ranges):
        raise UnusualError("a column that is a range")
    if not stored - unnamed <= {"date", "symbol"} or not kinds <= {"unicode", "string"}:
        raise UnusualError("an index of pandas")
    return unnamed


def _kind(column: pa.Field) -> str:
    if column.name in ("date", "symbol"):
        return "key"
    kind, types = column.type, pa.types
    if types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind) or types.is_boolean(kind):
        return "number"
    if types.is_timestamp(kind) or types.is_duration(kind):
        return "time"
    inner = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_string(inner) or types.is_large_string(inner):
        return "text"
    raise UnusualError(f"{column.name} is of type {kind}")


def _require_words(layout: Layout, name: str) -> None:
    """Leave text that reads as numbers to the plain reader; the rule is that of ``holds_numbers``."""
    filled = numbers = 0
    for _, _, column in layout.parts(name):
        words = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        known = pd.Series(words.dictionary.to_pylist(), dtype=object)
        reads = np.append(to_numbers(known).notna().to_numpy(), False)
        codes = words.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
        filled += len(words) - words.null_count
        numbers += int(reads[codes].sum())
    if 2 * numbers >= filled:
        raise UnusualError(f"{name} holds numbers written as text")
