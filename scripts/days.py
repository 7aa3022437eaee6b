"""Days as they are written on the command line."""

import pandas as pd


def read_day(text: str, option: str) -> pd.Timestamp:
    """Return a day, without an hour.

    Raises
    ------
    ValueError
        If it is none, is empty, or has a time zone: whose day it is would be a guess.

    Examples
    --------
    >>> read_day("2015-01-05", "--start")
    Timestamp('2015-01-05 00:00:00')
    """
    try:
        day = pd.Timestamp(text)
    except ValueError as error:
        raise ValueError(f"{option} is written as 2015-01-05, got {text!r}") from error
    if pd.isna(day) or day.tzinfo is not None:
        raise ValueError(f"{option} is written as 2015-01-05, without a time zone, got {text!r}")
    return day.normalize()
