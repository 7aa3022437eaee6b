"""Rates by date, as laws and exchanges set them: each holds from its first day until the next."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd

# (first day, rate) pairs, ascending by day.
RateTable = tuple[tuple[date, float], ...]


def rate_on(table: RateTable, day: date) -> float:
    """Return the rate that holds on a day; before the first day of the table, its first rate.

    Of a ``datetime`` the day counts.

    Examples
    --------
    >>> chinext = ((date(2009, 10, 30), 0.1), (date(2020, 8, 24), 0.2))
    >>> rate_on(chinext, date(2020, 8, 23)), rate_on(chinext, date(2020, 8, 24))
    (0.1, 0.2)
    """
    if isinstance(day, datetime):
        day = day.date()
    rate = table[0][1]
    for first, value in table:
        if day >= first:
            rate = value
    return rate


def rates_on(table: RateTable, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the rates that hold on T days: :func:`rate_on` for each.

    Examples
    --------
    >>> chinext = ((date(2009, 10, 30), 0.1), (date(2020, 8, 24), 0.2))
    >>> rates_on(chinext, pd.DatetimeIndex(["2020-08-21", "2020-08-24"])).tolist()
    [0.1, 0.2]
    """
    days = np.array([first for first, _ in table], dtype="datetime64[D]")
    rows = np.searchsorted(days, dates.to_numpy(), side="right") - 1
    return np.array([rate for _, rate in table])[np.maximum(rows, 0)]


def check_table(name: str, table: RateTable) -> None:
    """Refuse a table that is empty, not made of (first day, rate) pairs or not ascending by day.

    What a rate may be is for the caller to check.

    Raises
    ------
    ValueError
        Naming the table, the rule and what was got.

    Examples
    --------
    >>> check_table("stamp_duty", ())
    Traceback (most recent call last):
    ValueError: stamp_duty must be (first day, rate) pairs, ascending by day, got ()
    """
    try:
        days = [day for day, _ in table]
    except (TypeError, ValueError):
        days = []
    plain = all(isinstance(day, date) and not isinstance(day, datetime) for day in days)
    if not days or not plain or days != sorted(set(days)):
        raise ValueError(f"{name} must be (first day, rate) pairs, ascending by day, got {table!r}")
