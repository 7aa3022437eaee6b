"""One CSV file as a table, without what the parser of pandas lets pass in silence."""

import csv
import gzip
import io
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import IO, cast

import pandas as pd
from pandas.errors import ParserWarning

_PART_BYTES = 1 << 20


def read_csv(file: Path, columns: Collection[str] | None = None) -> pd.DataFrame:
    """Read a CSV file in UTF-8.

    Parameters
    ----------
    file
        A ``.csv`` or ``.csv.gz`` file with a header.
    columns
        Read those of these columns that are there; all by default.

    Returns
    -------
    pandas.DataFrame
        The rows; symbols as text: read as a number 000001 would lose its zeros.

    Raises
    ------
    ValueError
        If a column is there twice, rows are longer than the header, a cell runs over several lines, as after
        a stray quote, or there is a zero byte, at which the parser would end a cell.
    OSError
        If the file cannot be read or decompressed.
    """
    quoted = _looks_sound(file)
    _require_names(file)
    chosen = None if columns is None else lambda name: name in columns
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParserWarning)
        table = pd.read_csv(
            file,
            dtype={"symbol": str},
            usecols=chosen,
            index_col=False,  # else rows that are longer than the header move by a column
            low_memory=False,
        )
    if quoted:
        _require_single_lines(table)
    return table


def ends_open(file: Path) -> bool:
    """Tell whether the last line has no line break: it may have been cut short."""
    if not file.name.endswith(".csv") or not file.stat().st_size:
        return False
    with file.open("rb") as content:
        content.seek(-1, io.SEEK_END)
        return content.read() not in (b"\n", b"\r")


def _open(file: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file)) if file.suffix == ".gz" else file.open("rb")


def _looks_sound(file: Path) -> bool:
    """Refuse zero bytes; tell whether there are quotes."""
    quoted = False
    with _open(file) as content:
        while part := content.read(_PART_BYTES):
            if b"\0" in part:
                raise ValueError("it holds a zero byte")
            quoted = quoted or b'"' in part
    return quoted


def _require_names(file: Path) -> None:
    """The parser would name the second of two columns ``close.1``."""
    with _open(file) as content, io.TextIOWrapper(content, encoding="utf-8-sig", newline="") as text:
        names = next((line for line in csv.reader(text) if line), [])
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise ValueError(f"column {twice[0]} is there twice")


def _require_single_lines(table: pd.DataFrame) -> None:
    for name in table.columns:
        column = table[name]
        if column.dtype.kind == "O":
            words = pd.Series(column.dropna().unique()).astype(str)
            broken = words[words.str.contains("[\r\n]", regex=True)]
            if len(broken):
                raise ValueError(f"a cell of {name} runs over several lines: {broken.iloc[0][:40]!r}")
