"""Long columns sorted by symbol and date: what every check of bars reads.

A dense panel of dates x symbols would need memory for every day on which a symbol did not trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..columns import can_be_symbol, holds_numbers, parse_dates, parse_flags, parse_numbers
from ..errors import DataError
from ..long_format import FLAGS, PRICES, REQUIRED, require_columns

FIELDS = (*PRICES, "volume", "factor", "pre_close", "amount")
"""The columns of numbers that the checks read."""


@dataclass(frozen=True)
class Rows:
    """n rows of N symbols, ascending by symbol and, within a symbol, by day.

    Parameters
    ----------
    symbols
        The N symbols, sorted.
    codes
        n numbers of symbols, ascending.
    days
        n days, ``datetime64[D]``.
    columns
        n values each: those of :data:`FIELDS` that the data has, and flags.

    Examples
    --------
    >>> table = pd.DataFrame({"date": ["2016-01-05", "2016-01-04", "2016-01-04"], "symbol": ["A", "B", "A"],
    ...     "open": 1.0, "high": 1.0, "low": 1.0, "close": [1.1, 2.0, 1.0], "volume": 100})
    >>> rows, unplaced = parse_rows(table, [])
    >>> rows.columns["close"].tolist(), rows.previous("close").tolist(), rows.place(1)
    ([1.0, 1.1, 2.0], [nan, 1.0, nan], ('A', '2016-01-05'))
    """

    symbols: np.ndarray
    codes: np.ndarray
    days: np.ndarray
    columns: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    @cached_property
    def dates(self) -> np.ndarray:
        """The T days on which any symbol has a row, ascending."""
        if not len(self):
            return self.days
        first = self.days.min()
        seen = np.zeros(int((self.days.max() - first).astype(np.int64)) + 1, dtype=bool)
        seen[(self.days - first).astype(np.int64)] = True
        return first + np.flatnonzero(seen)

    @cached_property
    def firsts(self) -> np.ndarray:
        """The row with which each of the N symbols begins, and n at the end: N + 1 numbers."""
        return np.searchsorted(self.codes, np.arange(len(self.symbols) + 1))

    @cached_property
    def begins(self) -> np.ndarray:
        """Flags: whether a row is the first of its symbol."""
        flags = np.ones(len(self), dtype=bool)
        flags[1:] = self.codes[1:] != self.codes[:-1]
        return flags

    @cached_property
    def traded(self) -> np.ndarray:
        """Flags: whether a row has a volume and a price; the panel takes the others as suspended days."""
        priced = np.zeros(len(self), dtype=bool)
        for name in PRICES:
            priced |= ~np.isnan(self[name])
        return priced & (np.nan_to_num(self["volume"], nan=0.0) != 0.0)

    @cached_property
    def missed(self) -> np.ndarray:
        """How many of the T days lie between each row and the one before; 0 for a symbol's first row."""
        number = np.searchsorted(self.dates, self.days)
        between = np.zeros(len(self), dtype=np.int32)
        between[1:] = np.maximum(np.diff(number) - 1, 0)
        between[self.begins] = 0
        return between

    def previous(self, name: str) -> np.ndarray:
        """Return the value of the row before of the same symbol, NaN where there is none."""
        values = self[name]
        out = np.empty(len(values))
        out[1:] = values[:-1]
        out[self.begins] = np.nan
        return out

    def rank(self) -> np.ndarray:
        """Return how many rows of its symbol stand before each row."""
        return np.arange(len(self)) - self.firsts[self.codes]

    def take(self, keep: np.ndarray) -> Rows:
        """Return the rows where ``keep`` is true; the symbols stay numbered as they are."""
        if keep.all():
            return self
        columns = {name: values[keep] for name, values in self.columns.items()}
        return Rows(self.symbols, self.codes[keep], self.days[keep], columns)

    def place(self, row: int) -> tuple[str, str]:
        """Return the symbol and the ISO date of a row."""
        return str(self.symbols[self.codes[row]]), str(self.days[row])


def parse_rows(frame: pd.DataFrame, repairs: list[str]) -> tuple[Rows, pd.DataFrame]:
    """Read the columns of a long table and sort them by symbol and date.

    Parameters
    ----------
    frame
        As :func:`..long_format.parse_long` takes it, but its values may be impossible. Columns that were
        read are taken out of it, for ten million rows are to fit into memory once, not twice.
    repairs
        Receives a line for what was read otherwise than it stands there.

    Returns
    -------
    tuple
        The rows, and those without a date or symbol as ``row, symbol, date``, which are in no check
        but one.

    Raises
    ------
    DataError
        If a column is missing, or holds what is no date, number or flag.
    """
    require_columns(frame)
    days = parse_dates(frame.pop("date"), repairs).to_numpy().astype("datetime64[D]")
    codes, symbols = pd.factorize(frame.pop("symbol"), sort=True)
    names = np.array([str(symbol) for symbol in symbols], dtype=object)
    lost = (
        np.isnat(days)
        | (codes < 0)
        | np.isin(codes, np.flatnonzero([not can_be_symbol(name) for name in names]))
    )
    order = _order(codes, days, ~lost)

    def place(row: int) -> str:
        return f"{'?' if codes[row] < 0 else names[codes[row]]} on {days[row]}"

    columns = {}
    for name in (*FIELDS, *FLAGS):
        if name not in frame.columns or not (name in REQUIRED or name in FLAGS or holds_numbers(frame[name])):
            continue
        column = frame.pop(name)  # lets go of its memory
        values = parse_flags(column, place, repairs) if name in FLAGS else parse_numbers(column, place)
        columns[name] = values if order is None else values[order]
    if order is None:
        return Rows(names, codes.astype(np.int32), days, columns), _unplaced(lost, codes, names, days)
    if not len(order):
        raise DataError("no row has both a date and a symbol", remedy="give every bar its date and symbol")
    rows = Rows(names, codes[order].astype(np.int32), days[order], columns)
    return rows, _unplaced(lost, codes, names, days)


def _order(codes: np.ndarray, days: np.ndarray, placed: np.ndarray) -> np.ndarray | None:
    """Return the rows that have a place, by symbol and day; None where all are and stand in order."""
    number = days.astype(np.int64)
    if placed.all():
        up = np.diff(codes)
        if not ((up < 0) | ((up == 0) & (np.diff(number) < 0))).any():
            return None
    at = np.flatnonzero(placed)
    if not len(at):
        return at
    number = number[at] - number[at].min()
    return at[np.argsort(codes[at].astype(np.int64) * (int(number.max()) + 1) + number, kind="stable")]


def _unplaced(lost: np.ndarray, codes: np.ndarray, names: np.ndarray, days: np.ndarray) -> pd.DataFrame:
    at = np.flatnonzero(lost)
    symbols = ["" if codes[row] < 0 else str(names[codes[row]]) for row in at]
    dates = ["" if np.isnat(days[row]) else str(days[row]) for row in at]
    return pd.DataFrame({"row": at, "symbol": symbols, "date": dates})
