"""From the long format (one row a bar) to dates x symbols arrays, with every check on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from . import repair_words
from .columns import holds_numbers, parse_dates, parse_flags, parse_numbers, parse_symbols
from .dense_table import DenseTable, require_density
from .errors import DataError

# What pandas reads as a day.
DateLike = str | date | np.datetime64 | pd.Timestamp
PRICES = ("open", "high", "low", "close")
REQUIRED = ("date", "symbol", *PRICES, "volume")
FLAGS = ("is_st",)


@dataclass
class LongTable:
    """A checked long table: codes into its axes, one column of numbers a field, and what was repaired."""

    dates: pd.DatetimeIndex
    symbols: pd.Index
    date_codes: np.ndarray
    symbol_codes: np.ndarray
    columns: dict[str, np.ndarray]
    repairs: list[str] = field(default_factory=list)

    def to_array(self, name: str) -> np.ndarray:
        """Return one field as a dates x symbols array; NaN (False for flags) where there is no bar."""
        shape = (len(self.dates), len(self.symbols))
        flag = name in FLAGS
        out = np.zeros(shape, dtype=bool) if flag else np.full(shape, np.nan)
        out[self.date_codes, self.symbol_codes] = self.columns[name]
        return out

    def to_dense(self) -> DenseTable:
        """Return all fields as arrays."""
        arrays = {name: self.to_array(name) for name in self.columns}
        return DenseTable(self.dates, self.symbols, arrays, tuple(self.repairs))


def parse_long(frame: pd.DataFrame) -> LongTable:
    """Check a long table of bars and bring it into a form that pivots.

    Parameters
    ----------
    frame
        Columns ``date, symbol, open, high, low, close, volume`` and any further numeric ones.
        Dates may be datetimes, dates or ISO text.

    Returns
    -------
    LongTable
        Rows without trade (volume 0 or no price at all) are left out as suspensions, and
        every such repair is counted in ``repairs``.

    Raises
    ------
    DataError
        Missing column, no rows, a date, symbol, number or flag that is missing or cannot be
        read, infinite or non-positive price, high below low, or two different bars of one symbol
        and day.
    """
    require_columns(frame)
    repairs: list[str] = []
    dates = _trading_dates(frame["date"], repairs)
    symbols = parse_symbols(frame["symbol"])
    columns = _columns(frame, lambda row: _bar(dates, symbols, row), repairs)
    keep = _traded_rows(columns, repairs)
    if not keep.all():
        dates, symbols = dates[keep], symbols[keep]
        columns = {name: values[keep] for name, values in columns.items()}
    if len(dates) == 0:
        raise DataError("no row has both a price and a volume", remedy="give at least one traded bar")
    if "factor" not in columns:
        columns["factor"] = np.ones(len(dates))
        repairs.append(repair_words.NO_FACTOR)
    _check_values(columns, dates, symbols)
    return _encode(dates, symbols, columns, repairs)


def require_columns(frame: pd.DataFrame) -> None:
    """Refuse a table without the columns of :data:`REQUIRED` or without rows.

    Raises
    ------
    DataError
        Naming the columns that are missing or there twice.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"date": []}))
    Traceback (most recent call last):
    btalpha.feeds.errors.DataError: column symbol, open, ... is missing; the table has date. Remedy: ...
    """
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing:
        raise DataError(
            f"column {', '.join(missing)} is missing; the table has {', '.join(map(str, frame.columns))}",
            remedy=f"name the columns {', '.join(REQUIRED)}",
        )
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise DataError(f"column {repeated[0]} is there twice", remedy="keep one of them")
    if frame.empty:
        raise DataError("the table of bars has no rows", remedy="give at least one bar")


def _trading_dates(column: pd.Series, repairs: list[str]) -> np.ndarray:
    dates = parse_dates(column, repairs)
    if dates.isna().any():
        row = int(np.flatnonzero(dates.isna())[0])
        raise DataError(f"row {row} has no date", remedy="give every bar its date")
    return dates.dt.normalize().to_numpy(dtype="datetime64[ns]")


def _columns(frame: pd.DataFrame, place: Callable[[int], str], repairs: list[str]) -> dict[str, np.ndarray]:
    """Read every column but the keys; one of text, such as a name, is no field and is left out."""
    columns: dict[str, np.ndarray] = {}
    left_out: list[str] = []
    for name in frame.columns.difference(["date", "symbol"], sort=False):
        column = frame[name]
        if name in FLAGS:
            columns[str(name)] = parse_flags(column, place, repairs)
        elif name in (*REQUIRED, "factor") or holds_numbers(column):
            columns[str(name)] = parse_numbers(column, place)
        else:
            left_out.append(str(name))
    if left_out:
        repairs.append(repair_words.text_columns(left_out))
    return columns


def _traded_rows(columns: dict[str, np.ndarray], repairs: list[str]) -> np.ndarray:
    """Tell which rows are bars: data sets that list suspended days give them volume 0 or no price."""
    silent = np.nan_to_num(columns["volume"], nan=0.0) == 0.0
    empty = np.isnan(np.stack([columns[name] for name in PRICES])).all(axis=0)
    suspended = silent | empty
    if suspended.any():
        repairs.append(repair_words.suspended_rows(int(suspended.sum())))
    return ~suspended


def _check_values(columns: dict[str, np.ndarray], dates: np.ndarray, symbols: np.ndarray) -> None:
    for name, values in columns.items():
        if values.dtype == bool:
            continue
        _refuse(np.isinf(values), name, values, dates, symbols, "is infinite")
    for name in PRICES:
        _refuse(np.isnan(columns[name]), name, columns[name], dates, symbols, "is missing")
    for name in (*PRICES, "factor"):
        _refuse(~(columns[name] > 0), name, columns[name], dates, symbols, "is not above zero")
    _refuse(columns["volume"] < 0, "volume", columns["volume"], dates, symbols, "is negative")
    low, high = columns["low"], columns["high"]
    _refuse(high < low, "high", high, dates, symbols, "lies below the low of that day")


def _refuse(
    bad: np.ndarray, name: str, values: np.ndarray, dates: np.ndarray, symbols: np.ndarray, what: str
) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        more = int(bad.sum()) - 1
        also = f" (and {more:,} more rows)" if more else ""
        raise DataError(
            f"{name} of {_bar(dates, symbols, row)} {what}: {values[row]:g}{also}",
            remedy="correct the bar, or remove the row: a day without a row is a suspended day",
        )


def _bar(dates: np.ndarray, symbols: np.ndarray, row: int) -> str:
    return f"{symbols[row]} on {np.datetime_as_string(dates[row], unit='D')}"


def _encode(
    dates: np.ndarray, symbols: np.ndarray, columns: dict[str, np.ndarray], repairs: list[str]
) -> LongTable:
    date_codes, date_values = pd.factorize(dates, sort=True)
    symbol_codes, symbol_values = pd.factorize(symbols, sort=True)
    require_density(len(date_values), len(symbol_values), len(dates))
    cell = date_codes * len(symbol_values) + symbol_codes
    if not in_order(date_codes, symbol_codes):
        moved = np.argsort(cell, kind="stable") != np.arange(len(cell))
        repairs.append(repair_words.moved_rows(int(moved.sum())))
    keep = _drop_repeats(cell, columns, dates, symbols, repairs)
    return LongTable(
        dates=pd.DatetimeIndex(date_values, name="date"),
        symbols=pd.Index(list(symbol_values), name="symbol"),
        date_codes=date_codes[keep],
        symbol_codes=symbol_codes[keep],
        columns={name: values[keep] for name, values in columns.items()},
        repairs=repairs,
    )


def in_order(date_codes: np.ndarray, symbol_codes: np.ndarray) -> bool:
    """Tell whether the rows run day by day, or symbol by symbol with the days of each ascending."""
    back = np.diff(date_codes) < 0
    turn = np.diff(symbol_codes) != 0
    in_blocks = int(turn.sum()) == int(symbol_codes.max())  # the codes leave no number out
    return not back.any() or (in_blocks and not (back & ~turn).any())


def _drop_repeats(
    cell: np.ndarray,
    columns: dict[str, np.ndarray],
    dates: np.ndarray,
    symbols: np.ndarray,
    repairs: list[str],
) -> np.ndarray | slice:
    """Keep one of several identical rows of a day; refuse different ones, which cannot be told apart."""
    repeated = pd.Series(cell).duplicated(keep="first").to_numpy()
    if not repeated.any():
        return slice(None)
    first = pd.Series(np.arange(len(cell))).groupby(cell).transform("first").to_numpy()
    for name, values in columns.items():
        differs = (
            repeated & (values != values[first]) & ~((values != values) & (values[first] != values[first]))
        )
        if differs.any():
            row = int(np.flatnonzero(differs)[0])
            raise DataError(
                f"two different bars of {_bar(dates, symbols, row)} "
                f"({name} {values[first[row]]:g} and {values[row]:g})",
                remedy="keep one row for each symbol and date",
            )
    repairs.append(repair_words.repeated_rows(int(repeated.sum())))
    return ~repeated
