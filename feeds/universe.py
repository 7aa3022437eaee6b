"""Point-in-time index membership, so that a universe is not chosen with hindsight."""

from pathlib import Path

import numpy as np
import pandas as pd

from .columns import parse_dates, parse_symbols
from .errors import DataError
from .long_format import DateLike
from .readers import naming, read_table

RANGE_COLUMNS = ("symbol", "start", "end")


def read_members(path: str | Path, *, index: str | None = None) -> pd.DataFrame:
    """Read membership ranges from a table with the columns ``symbol, start, end`` (and ``index``).

    Parameters
    ----------
    path
        CSV or parquet file. ``end`` is the last day of membership; empty means still a member.
    index
        Which index to keep where the table holds several, e.g. ``"csi300"``.

    Returns
    -------
    pandas.DataFrame
        Columns ``symbol, start, end`` with datetimes.

    Raises
    ------
    DataError
        If a column is missing, a date cannot be read, or the index is not in the table.
    """
    with naming(path):
        return parse_ranges(one_index(read_table(path), index))


def parse_ranges(table: pd.DataFrame) -> pd.DataFrame:
    """Check membership ranges and read their dates.

    Raises
    ------
    DataError
        If a column, symbol or start is missing, a date cannot be read, or a range ends before it
        starts.

    Examples
    --------
    >>> ranges = parse_ranges(pd.DataFrame({"symbol": ["A"], "start": ["2016-01-04"], "end": [None]}))
    >>> ranges["start"].dt.year.tolist(), ranges["end"].isna().tolist()
    ([2016], [True])
    """
    ranges = dated_ranges(table)
    wrong = impossible_ranges(ranges)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        symbol, start, end = ranges.iloc[row]
        raise DataError(
            f"the membership of {symbol} (row {row}) runs from {_day(start)} to {_day(end)}",
            remedy="give a start, and an end that is not before it",
        )
    return ranges


def dated_ranges(table: pd.DataFrame) -> pd.DataFrame:
    """Read the dates of membership ranges, possible or not.

    Raises
    ------
    DataError
        If a column or symbol is missing, or a date cannot be read.
    """
    missing = [name for name in RANGE_COLUMNS if name not in table.columns]
    if missing:
        raise DataError(f"column {', '.join(missing)} is missing", remedy="name them symbol, start, end")
    symbols = parse_symbols(table["symbol"])
    start, end = (parse_dates(table[name], []).dt.normalize() for name in ("start", "end"))
    return pd.DataFrame({"symbol": symbols, "start": start.to_numpy(), "end": end.to_numpy()})


def impossible_ranges(ranges: pd.DataFrame) -> np.ndarray:
    """Tell which of :func:`dated_ranges` have no start, or end before it.

    Examples
    --------
    >>> table = pd.DataFrame({"symbol": ["A", "B"], "start": "2016-01-04", "end": [None, "2016-01-03"]})
    >>> impossible_ranges(dated_ranges(table))
    array([False,  True])
    """
    return (ranges["start"].isna() | (ranges["end"] < ranges["start"])).to_numpy()


def universe_of(
    ranges: pd.DataFrame, dates: pd.DatetimeIndex, symbols: pd.Index
) -> tuple[np.ndarray, list[str]]:
    """Check membership ranges and return the T x N universe, and a line on members without any bar.

    Raises
    ------
    DataError
        If a range cannot be read, or no member is among the dates and symbols.
    """
    ranges = parse_ranges(ranges)
    mask = membership_mask(ranges, dates, symbols)
    if not mask.any():
        raise DataError(
            "no index member is among the panel's symbols and dates", remedy="check the membership file"
        )
    current = (ranges["start"] <= dates[-1]) & ~(ranges["end"] < dates[0])
    members = pd.Index(ranges.loc[current, "symbol"].unique())
    lost = members[~members.isin(symbols)].sort_values()
    line = f"{len(lost):,} of {len(members):,} members have no bars: {', '.join(lost[:5])}"
    return mask, [] if lost.empty else [line]


def _day(date: pd.Timestamp) -> str:
    return "(missing)" if pd.isna(date) else date.strftime("%Y-%m-%d")


def one_index(table: pd.DataFrame, index: str | None) -> pd.DataFrame:
    """Return the rows of one index.

    Raises
    ------
    DataError
        If the table lacks it, or holds several and none is named.
    """
    if "index" not in table.columns:
        return table
    names = sorted(table["index"].astype(str).unique())
    if index is None:
        if len(names) == 1:
            return table
        raise DataError(
            f"the table holds several indexes: {', '.join(names)}", remedy="name one of them as index"
        )
    if index not in names:
        raise DataError(
            f"the table has no index {index!r}; it holds {', '.join(names)}", remedy="name one of these"
        )
    return table[table["index"] == index]


def membership_mask(ranges: pd.DataFrame, dates: pd.DatetimeIndex, symbols: pd.Index) -> np.ndarray:
    """Turn membership ranges into a dates x symbols mask; both ends of a range count.

    Parameters
    ----------
    ranges
        Columns ``symbol, start, end``; a missing ``end`` means still a member.
    dates, symbols
        The axes, lengths T and N.

    Returns
    -------
    numpy.ndarray
        Boolean, T x N. Symbols that are not in ``symbols`` are left out.

    Examples
    --------
    >>> ranges = pd.DataFrame({"symbol": ["A"], "start": pd.to_datetime(["2016-01-05"]), "end": [pd.NaT]})
    >>> days = pd.date_range("2016-01-04", periods=3)
    >>> membership_mask(ranges, days, pd.Index(["A", "B"]))
    array([[False, False],
           [ True, False],
           [ True, False]])
    """
    mask = np.zeros((len(dates), len(symbols)), dtype=bool)
    columns = pd.Index(symbols).get_indexer(pd.Index(ranges["symbol"]))
    first = dates.searchsorted(ranges["start"].to_numpy(), side="left")
    ends = ranges["end"].fillna(pd.Timestamp.max.normalize()).to_numpy()
    last = dates.searchsorted(ends, side="right")
    for column, begin, end in zip(columns, first, last, strict=True):
        if column >= 0:
            mask[begin:end, column] = True
    return mask


def members_on(ranges: pd.DataFrame, date: DateLike) -> list[str]:
    """Return who belonged to an index on a date, sorted.

    Parameters
    ----------
    ranges
        Columns ``symbol, start, end``, as of :func:`read_members`; both ends of a range count.
    date
        The day.

    Examples
    --------
    >>> ranges = pd.DataFrame({"symbol": ["B", "A", "C"], "start": ["2016-01-04", "2015-01-05", "2016-02-01"],
    ...                        "end": [None, "2016-01-04", None]})
    >>> members_on(ranges, "2016-01-04"), members_on(ranges, "2016-01-05")
    (['A', 'B'], ['B'])
    """
    ranges, day = parse_ranges(ranges), pd.Timestamp(date).normalize()
    inside = (ranges["start"] <= day) & ~(ranges["end"] < day)
    return sorted(set(ranges.loc[inside, "symbol"]))
