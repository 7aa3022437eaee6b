"""Dates and symbols of the rows of parquet files: which cell of the panel each row fills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from .columns import can_be_symbol, parse_dates
from .dense_table import require_density
from .long_format import in_order
from .parquet_schema import Layout, UnusualError

# Days since 1970 that pandas can count in nanoseconds, a year less at both ends.
_FAR = 106_000


@dataclass(frozen=True)
class Cells:
    """Axes of the panel, and its cell for each row.

    Parameters
    ----------
    dates, symbols
        T dates and N symbols, ascending.
    of_row
        Row of the panel x N + column, or T x N for a row without trade.
    bars, suspended
        Rows with a bar, and rows without trade.
    moved
        Rows that were out of order.
    """

    dates: pd.DatetimeIndex
    symbols: pd.Index
    of_row: np.ndarray
    bars: int
    suspended: int
    moved: int


def read_cells(layout: Layout) -> Cells:
    """Read the keys of all rows.

    Raises
    ------
    UnusualError
        If a key is missing or of another type, or a symbol has two rows on a day.
    DataError
        If a date cannot be read, or the axes are far too long for the rows.
    """
    days, codes, traded, names = _read_keys(layout)
    bars = int(np.count_nonzero(traded))
    if not bars:
        raise UnusualError("no bar")
    dates, row_of_day = _date_axis(days, traded)
    symbols, column_of_code = _symbol_axis(codes, traded, names)
    require_density(len(dates), len(symbols), bars)
    cells = row_of_day[days - int(days.min())]
    cells *= len(symbols)
    cells += column_of_code[codes]
    cells[~traded] = len(dates) * len(symbols)
    return Cells(
        dates=dates,
        symbols=symbols,
        of_row=cells,
        bars=bars,
        suspended=len(cells) - bars,
        moved=_moved(cells[traded] if bars < len(cells) else cells, len(dates), len(symbols)),
    )


def _date_axis(days: np.ndarray, traded: np.ndarray) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Return the dates that have a bar, and the row of each day, counted from the first day."""
    first = int(days.min())
    seen = np.zeros(int(days.max()) - first + 1, dtype=bool)
    seen[days[traded] - first] = True
    dates = (np.flatnonzero(seen) + first).astype("datetime64[D]").astype("datetime64[ns]")
    return pd.DatetimeIndex(dates, name="date"), np.cumsum(seen) - 1


def _symbol_axis(codes: np.ndarray, traded: np.ndarray, names: list[str]) -> tuple[pd.Index, np.ndarray]:
    """Return the symbols that have a bar, and the column of each code."""
    used = np.zeros(len(names), dtype=bool)
    used[codes[traded]] = True
    ordered = sorted(name for name, here in zip(names, used, strict=True) if here)
    place = {name: column for column, name in enumerate(ordered)}
    return pd.Index(ordered, name="symbol"), np.array([place.get(name, 0) for name in names])


def _read_keys(layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Return days since 1970, codes of symbols, which rows traded, and the symbols by code."""
    days, codes = (np.zeros(layout.rows, dtype=np.int32) for _ in range(2))
    traded, closed = (np.zeros(layout.rows, dtype=bool) for _ in range(2))
    symbols = _Symbols()
    for name, at, column in layout.parts("date", "symbol", "volume", "close"):
        rows = slice(at, at + len(column))
        if name == "date":
            days[rows] = _days(column)
        elif name == "symbol":
            codes[rows] = symbols.encode(column)
        elif name == "volume":
            volume = column.to_numpy(zero_copy_only=False)
            traded[rows] = (volume != 0) & (volume == volume)
        else:
            close = column.to_numpy(zero_copy_only=False)
            closed[rows] = close == close
    if (traded & ~closed).any():
        raise UnusualError("a volume without a close")
    return days, codes, traded, list(symbols.codes)


def _days(column: pa.Array) -> np.ndarray:
    """Return days since 1970; few different texts or numbers are read once each."""
    if column.null_count:
        raise UnusualError("a row without date")
    kind = column.type
    if (pa.types.is_timestamp(kind) and kind.tz is None) or pa.types.is_date32(kind):
        days = column.to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
    else:
        words = column if pa.types.is_dictionary(kind) else column.dictionary_encode()
        repairs: list[str] = []
        dates = parse_dates(words.dictionary.to_pandas(), repairs)
        if repairs or dates.isna().any():
            raise UnusualError("dates of a time zone, or none")
        days = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
        days = days[words.indices.to_numpy(zero_copy_only=False)]
    if len(days) and (days.min() < -_FAR or days.max() > _FAR):
        raise UnusualError("a date far away")
    return days.astype(np.int32)


class _Symbols:
    """Gives each symbol a code, in the order in which they turn up."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self._last: tuple[pa.Array, np.ndarray] | None = None

    def encode(self, column: pa.Array) -> np.ndarray:
        if column.null_count:
            raise UnusualError("a row without symbol")
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        return self._of(column.dictionary)[column.indices.to_numpy(zero_copy_only=False)]

    def _of(self, dictionary: pa.Array) -> np.ndarray:
        """Return the codes of a dictionary, which is mostly the one of the part before."""
        if self._last is None or not self._last[0].equals(dictionary):
            names = dictionary.to_pylist()
            if not all(isinstance(name, str) and can_be_symbol(name) for name in names):
                raise UnusualError("a symbol that is no text, or cannot be seen")
            codes = [self.codes.setdefault(name, len(self.codes)) for name in names]
            self._last = dictionary, np.array(codes, dtype=np.int32)
        return self._last[1]


def _moved(cells: np.ndarray, n_dates: int, n_symbols: int) -> int:
    """Count the rows that sorting by date and symbol would move, unless they run in either order.

    Raises
    ------
    UnusualError
        If two rows fill one cell.
    """
    filled = np.zeros(n_dates * n_symbols, dtype=bool)
    filled[cells] = True
    if int(np.count_nonzero(filled)) != len(cells):
        raise UnusualError("a symbol has two rows on a day")
    if in_order(cells // n_symbols, cells % n_symbols):
        return 0
    rank = np.cumsum(filled)[cells]
    rank -= np.arange(1, len(cells) + 1)
    return int(np.count_nonzero(rank))
