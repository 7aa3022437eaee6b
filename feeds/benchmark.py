"""The benchmark: one index series beside the panel."""

import numpy as np
import pandas as pd

from .columns import parse_dates, parse_numbers
from .errors import DataError

FIELDS = ("open", "close")


def parse_benchmark(table: pd.DataFrame) -> pd.DataFrame:
    """Check an index series and put it in the order of its dates.

    Parameters
    ----------
    table
        Columns ``open`` and ``close`` (index points), and the dates as a column ``date`` or as the
        index. Further columns are left out.

    Returns
    -------
    pandas.DataFrame
        Columns ``open, close`` by date, ascending and unique.

    Raises
    ------
    DataError
        If a column is missing, a date is missing, cannot be read or occurs twice, or a value is not
        a finite number above zero.

    Examples
    --------
    >>> parse_benchmark(pd.DataFrame({"date": ["2016-01-05", "2016-01-04"],
    ...                               "open": [3.0, 1.0], "close": [4, 2]}))["close"].tolist()
    [2.0, 4.0]
    """
    missing = [name for name in FIELDS if name not in table.columns]
    if missing:
        raise DataError(f"the benchmark lacks the column {', '.join(missing)}", remedy="give open and close")
    column = table["date"] if "date" in table.columns else pd.Series(table.index, name="date")
    dates = pd.DatetimeIndex(parse_dates(column, []).dt.normalize(), name="date")
    wrong = dates.isna() | dates.duplicated()
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        got = "missing" if pd.isna(dates[first]) else f"{dates[first].date()}, which is there before"
        raise DataError(f"the benchmark's date in row {first} is {got}", remedy="give one row a day")
    values = {name: _positive(table[name], dates) for name in FIELDS}
    return pd.DataFrame(values, index=dates).sort_index()


def _positive(column: pd.Series, dates: pd.DatetimeIndex) -> np.ndarray:
    values = parse_numbers(column, lambda row: f"the benchmark on {dates[row].date()}")
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{column.name} of the benchmark on {dates[row].date()} is {values[row]:g}, "
            "not a number above zero",
            remedy="correct it, or leave the day out",
        )
    return values
