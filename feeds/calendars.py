"""Trading sessions of the world's exchanges, as ``exchange_calendars`` knows them."""

from __future__ import annotations

import warnings
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .errors import DataError

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar


def exchange_sessions(calendar: str, first: np.datetime64, last: np.datetime64) -> pd.DatetimeIndex:
    """Return the sessions of an exchange from one day to another, both included.

    Parameters
    ----------
    calendar
        A name that ``exchange_calendars`` knows: ``XSHG``, ``XHKG``, ``XNYS``, ...
    first, last
        The days. What lies before the first or behind the last day that the calendar has recorded is
        left out, so the result may be empty; see :func:`recorded_days`.

    Returns
    -------
    pandas.DatetimeIndex
        Time-zone-naive days, ascending.

    Raises
    ------
    DataError
        If there is no calendar of that name.

    Examples
    --------
    >>> exchange_sessions("XSHG", np.datetime64("2016-02-04"), np.datetime64("2016-02-15")).day.tolist()
    [4, 5, 15]
    """
    earliest, latest = recorded_days(calendar)
    begin, end = max(pd.Timestamp(first), earliest), min(pd.Timestamp(last), latest)
    if begin > end:
        return pd.DatetimeIndex([])
    # A span of days off has no session, which exchange_calendars refuses: ask for more, and cut.
    month = pd.Timedelta(days=30)
    wide = _calendar(calendar, max(begin - month, earliest), min(end + month, latest))
    return wide.sessions[(wide.sessions >= begin) & (wide.sessions <= end)]


@lru_cache(maxsize=8)
def recorded_days(calendar: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last day for which the holidays of an exchange are recorded.

    Raises
    ------
    DataError
        If there is no calendar of that name.

    Examples
    --------
    >>> recorded_days("XSGH")
    Traceback (most recent call last):
    btalpha.feeds.errors.DataError: there is no calendar 'XSGH'. Remedy: name one such as XSHG.
    """
    from exchange_calendars import get_calendar_names
    from exchange_calendars.errors import InvalidCalendarName

    try:
        known = _calendar(calendar)
    except InvalidCalendarName as error:
        close = get_close_matches(calendar.upper(), get_calendar_names(), n=1)
        raise DataError(
            f"there is no calendar {calendar!r}", remedy=f"name one such as {(close or ['XSHG'])[0]}"
        ) from error
    # A calendar without bounds goes by rules; these are far enough for bars.
    return known.bound_min() or pd.Timestamp("1900-01-01"), known.bound_max() or pd.Timestamp("2100-01-01")


def last_closed_session(calendar: str, moment: pd.Timestamp) -> pd.Timestamp | None:
    """Return the last session of an exchange that is over at a moment.

    Parameters
    ----------
    calendar
        As for :func:`exchange_sessions`.
    moment
        With its time zone.

    Returns
    -------
    pandas.Timestamp or None
        A time-zone-naive day; ``None`` for a moment before all that is recorded. After the last day that is
        recorded it stays that day's.

    Raises
    ------
    DataError
        If there is no calendar of that name.

    Examples
    --------
    >>> noon, evening = (pd.Timestamp(f"2016-02-05 {hour}:00", tz="Asia/Shanghai") for hour in (12, 18))
    >>> [str(last_closed_session("XSHG", moment).date()) for moment in (noon, evening)]
    ['2016-02-04', '2016-02-05']
    """
    earliest, latest = recorded_days(calendar)
    day = moment.tz_convert("UTC").tz_localize(None).normalize()
    month = pd.Timedelta(days=30)
    begin, end = max(min(day, latest) - month, earliest), min(day + month, latest)
    if begin >= end:
        return None
    closes = _calendar(calendar, begin, end).closes
    over = closes.index[closes <= moment]
    return over[-1] if len(over) else None


def next_session(calendar: str, day: pd.Timestamp) -> pd.Timestamp | None:
    """Return the first session of an exchange after a day; ``None`` where none is recorded.

    Raises
    ------
    DataError
        If there is no calendar of that name.

    Examples
    --------
    >>> next_session("XSHG", pd.Timestamp("2016-02-05")).day
    15
    """
    later = exchange_sessions(
        calendar, (day + pd.Timedelta(days=1)).to_datetime64(), (day + pd.Timedelta(days=30)).to_datetime64()
    )
    return later[0] if len(later) else None


def _calendar(
    name: str, start: pd.Timestamp | None = None, end: pd.Timestamp | None = None
) -> ExchangeCalendar:
    from exchange_calendars import get_calendar

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about the inside of exchange_calendars
        return get_calendar(name, start=start, end=end)
