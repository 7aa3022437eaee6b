"""Parquet files of bars straight into dates x symbols arrays, a small part of the rows at a time.

What :func:`~btalpha.feeds.long_format.parse_long` does with a whole table in memory is done here without one.
Only what is plainly right is taken: at the first thing that is odd the plain reader gets the files, and it
alone repairs cells and words the errors. So both give the same panel, and there is one place for each rule.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from . import repair_words
from .dense_table import DenseTable
from .errors import DataError
from .long_format import FLAGS, PRICES
from .parquet_keys import Cells, read_cells
from .parquet_schema import Layout, UnusualError, layout_of


def read_parquet_bars(files: list[Path]) -> DenseTable | None:
    """Read bars in the long format from parquet files.

    Parameters
    ----------
    files
        Files with the same columns.

    Returns
    -------
    DenseTable or None
        What ``parse_long`` makes of the stacked tables, to the last bit; ``None`` where the files have to
        be read by it, because something is missing, wrong, there twice, or of an unusual type.
    """
    try:
        layout = layout_of(files)
        cells = read_cells(layout)
        arrays = _fill(layout, cells)
        _require_values(arrays, cells.bars)
    except (UnusualError, DataError, pa.ArrowException, OSError, ValueError):
        return None
    repairs = []
    if layout.texts:
        repairs.append(repair_words.text_columns(layout.texts))
    if cells.suspended:
        repairs.append(repair_words.suspended_rows(cells.suspended))
    if "factor" not in arrays:
        arrays["factor"] = np.where(np.isnan(arrays["close"]), np.nan, 1.0)
        repairs.append(repair_words.NO_FACTOR)
    if cells.moved:
        repairs.append(repair_words.moved_rows(cells.moved))
    return DenseTable(cells.dates, cells.symbols, arrays, tuple(repairs))


def _fill(layout: Layout, cells: Cells) -> dict[str, np.ndarray]:
    """Read every field into its array; the last cell, which is cut off, takes the rows without trade."""
    shape = (len(cells.dates), len(cells.symbols))
    size = shape[0] * shape[1] + 1
    flat = {
        name: np.zeros(size, dtype=bool) if name in FLAGS else np.full(size, np.nan) for name in layout.fields
    }
    for name, at, column in layout.parts(*layout.fields):
        values = _flags(column) if name in FLAGS else _numbers(column)
        flat[name][cells.of_row[at : at + len(column)]] = values
    return {name: values[:-1].reshape(shape) for name, values in flat.items()}


def _numbers(column: pa.Array) -> np.ndarray:
    if pa.types.is_boolean(column.type) and column.null_count:
        raise UnusualError("empty flags")
    return column.to_numpy(zero_copy_only=False)


def _flags(column: pa.Array) -> np.ndarray:
    values = column.to_numpy(zero_copy_only=False)
    if column.null_count or not ((values == 0) | (values == 1)).all():
        raise UnusualError("flags that are neither true nor false")
    return values == 1


def _require_values(arrays: dict[str, np.ndarray], bars: int) -> None:
    """Leave the bars to the plain reader unless all of them are possible."""
    for name, values in arrays.items():
        if name in (*PRICES, "volume", "factor"):
            good = int(np.count_nonzero((values > 0) & (values < np.inf))) == bars
        else:
            good = values.dtype == bool or not np.isinf(values).any()
        if not good:
            raise UnusualError(f"{name} is missing or impossible")
    if (arrays["high"] < arrays["low"]).any():
        raise UnusualError("high below low")
