"""Reading one column of a user's table: dates, symbols, numbers and flags, each checked on the way."""

import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from .errors import DataError

_FLAG_WORDS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
_ISO = "write dates as 2016-01-04"
_DAY = re.compile(r"\d{4}([-/]?)\d{2}\1\d{2}([T ].*)?", re.ASCII)


def parse_dates(column: pd.Series, repairs: list[str]) -> pd.Series:
    """Read datetimes, dates, ISO text or numbers such as 20160104 as time-zone-naive datetimes.

    Parameters
    ----------
    column
        The dates; missing ones stay missing.
    repairs
        Receives a line where a time zone was taken off. The wall clock of the zone is kept, so
        that midnight in Shanghai stays on its own day instead of moving to the day before.

    Returns
    -------
    pandas.Series
        ``datetime64[ns]`` on the index of ``column``.

    Raises
    ------
    DataError
        If a date cannot be read or names no day, lies outside the years 1678 to 2261, or is a UTC time
        other than midnight, of which the trading date depends on a zone that is not given.

    Examples
    --------
    >>> parse_dates(pd.Series(["2016-01-04", "20160105"]), []).dt.day.tolist()
    [4, 5]
    """
    try:
        text = _days_written_out(column)
        dates = pd.to_datetime(text, errors="raise", format=None if text.dtype.kind == "M" else "ISO8601")
        dates = dates.dt.as_unit("ns")
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"column {column.name} cannot be read as dates ({error})", remedy=_ISO) from error
    if dates.dt.tz is None:
        return dates
    local = dates.dt.tz_localize(None)
    shifted = local.notna() & (local != local.dt.normalize())
    if str(dates.dt.tz) == "UTC" and shifted.any():
        raise DataError(
            f"column {column.name} holds the UTC time {local[shifted].iloc[0]}, "
            "which does not tell the trading date",
            remedy="convert it to the zone of the exchange first, as with .dt.tz_convert('Asia/Shanghai')",
        )
    repairs.append(
        f"{int(dates.notna().sum()):,} time-zone-aware dates ({column.name}) were taken at their local date"
    )
    return local


def _days_written_out(column: pd.Series) -> pd.Series:
    """Return numbers as text; refuse what pandas reads as another day than a person: 2016-01, or 1.5."""
    if column.dtype.kind == "M":
        return column
    if column.dtype.kind == "f" and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")  # numbers beside empty cells
    if column.dtype.kind in "iu":
        column = column.astype("string")
    elif column.dtype.kind not in "OTUS" and not isinstance(column.dtype, pd.CategoricalDtype):
        raise ValueError(f"{column.dtype} is no type of dates")
    words = column.dropna().unique()
    if any(_is_whole_number(word) for word in words):
        return _days_written_out(column.map(lambda word: str(word) if _is_whole_number(word) else word))
    for word in words:
        if isinstance(word, str) and not _DAY.fullmatch(word):
            raise ValueError(f"{word!r} is no day")
        if not isinstance(word, str | date | np.datetime64):
            raise ValueError(f"{word!r} is a {type(word).__name__}")
    return column


def _is_whole_number(word: object) -> bool:
    return isinstance(word, int | np.integer) and not isinstance(word, bool | np.timedelta64)


def parse_symbols(column: pd.Series) -> np.ndarray:
    """Read symbols as an object array of text.

    Raises
    ------
    DataError
        If a symbol is missing, empty, neither text nor a whole number, or holds spaces at its ends or
        characters that cannot be seen: two symbols that look the same would be two stocks.
    """
    symbols = column.to_numpy(dtype=object)
    empty = [isinstance(symbol, str) and not symbol for symbol in symbols]
    missing = column.isna().to_numpy() | np.array(empty, dtype=bool)
    if missing.any():
        raise DataError(
            f"row {int(np.flatnonzero(missing)[0])} has no symbol ({int(missing.sum()):,} such rows)",
            remedy="give every row its symbol",
        )
    kinds = set(map(type, symbols))
    for kind in kinds:
        if not issubclass(kind, str | int | np.integer) or issubclass(kind, bool):
            raise DataError(
                f"column {column.name} holds a {kind.__name__} where symbols belong",
                remedy="write symbols as text, such as 600519.SH",
            )
    if kinds != {str}:
        symbols = np.array(list(map(str, symbols)), dtype=object)
    for symbol in pd.unique(symbols):
        if not can_be_symbol(symbol):
            raise DataError(
                f"the symbol {symbol!r} has spaces around it, or characters that cannot be seen",
                remedy="write symbols as 600519.SH",
            )
    return symbols


def can_be_symbol(text: str) -> bool:
    """Tell whether a text looks like what it is: no spaces at its ends, nothing that cannot be seen.

    Examples
    --------
    >>> can_be_symbol("600519.SH"), can_be_symbol("600519.SH "), can_be_symbol("")
    (True, False, False)
    """
    return bool(text) and text == text.strip() and text.isprintable()


def holds_numbers(column: pd.Series) -> bool:
    """Tell a column of figures from one of names: at least half of what is in it reads as numbers.

    Examples
    --------
    >>> holds_numbers(pd.Series(["1.5", "2", "--"])), holds_numbers(pd.Series(["bank", "360"]))
    (True, True)
    >>> holds_numbers(pd.Series(["bank", "steel", "360"]))
    False
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return True
    if column.dtype.kind in "mM":
        return False
    filled = column.notna()
    numbers = to_numbers(column).notna()
    return bool(filled.sum() == 0 or 2 * numbers.sum() >= filled.sum())


def to_numbers(column: pd.Series) -> pd.Series:
    """Read each cell as a number, missing where it is none.

    Examples
    --------
    >>> to_numbers(pd.Series(["1.5", "x", 10**400], dtype=object)).tolist()
    [1.5, nan, nan]
    """
    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:  # a whole number of hundreds of digits
        cells = [np.nan if isinstance(cell, int) and abs(cell) >= 2**1023 else cell for cell in column]
        return pd.to_numeric(pd.Series(cells, index=column.index, dtype=object), errors="coerce")


def parse_numbers(column: pd.Series, place: Callable[[int], str]) -> np.ndarray:
    """Read numbers as float64, NaN where the cell is empty.

    Parameters
    ----------
    column
        Numbers, or text that reads as numbers.
    place
        Names a row in the message, such as ``600519.SH on 2016-01-04``.

    Raises
    ------
    DataError
        If a cell holds something else; the message names its place.
    """
    numbers = column if column.dtype.kind in "mM" else to_numbers(column)
    if numbers.dtype.kind in "mMc":  # pandas would count nanoseconds, and drop imaginary parts
        raise DataError(
            f"column {column.name} holds {numbers.dtype}, not numbers", remedy="give a column of numbers"
        )
    numbers = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isnan(numbers) & column.notna().to_numpy()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{column.name} of {place(row)} is {_shown(column.iloc[row])}, not a number",
            remedy="write numbers without units, or leave the cell empty",
        )
    return numbers


def parse_flags(column: pd.Series, place: Callable[[int], str], repairs: list[str]) -> np.ndarray:
    """Read flags (booleans, 0 and 1, or the words true and false); an empty cell is false and counted.

    Raises
    ------
    DataError
        If a cell holds something else; the message names its place.
    """
    if column.dtype == bool:
        return column.to_numpy()
    missing = column.isna().to_numpy()
    values = np.array([_FLAG_WORDS.get(str(cell).lower(), np.nan) for cell in column], dtype=np.float64)
    bad = np.isnan(values) & ~missing
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{column.name} of {place(row)} is {_shown(column.iloc[row])}, not true or false",
            remedy="write true or false, or 1 or 0",
        )
    if missing.any():
        repairs.append(f"{int(missing.sum()):,} empty cells of {column.name} were taken as false")
    return np.where(missing, False, values == 1.0)


def _shown(cell: object) -> str:
    """Return a cell as it stands in a message, cut where it is long."""
    try:
        text = repr(cell)
    except ValueError:  # Python refuses to write out thousands of digits
        text = f"a {type(cell).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
