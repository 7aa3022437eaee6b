"""Is the last date of a panel the last session of the exchange, and is all of it there?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .calendars import exchange_sessions, last_closed_session, next_session, recorded_days
from .panel import Panel

NEIGHBOURS = 20
"""Dates before the last one with which its number of bars is compared."""
THIN = 0.5
"""A last date with fewer bars than this share of the median of those before is only half there."""


@dataclass(frozen=True)
class Freshness:
    """How a panel's last date stands to the exchange's calendar.

    Attributes
    ----------
    last
        Last date of the panel.
    expected
        Last session that is over; ``None`` where nobody knows.
    following
        The session after the panel's last date; ``None`` where nobody knows.
    problems
        What is not as it should be, each with its remedy; empty for a panel that is up to date.
    """

    last: pd.Timestamp
    expected: pd.Timestamp | None
    following: pd.Timestamp | None
    problems: tuple[str, ...]


def freshness(panel: Panel, calendar: str | None, moment: pd.Timestamp) -> Freshness:
    """Compare a panel with the calendar of its exchange.

    Parameters
    ----------
    panel
        The bars.
    calendar
        A name that ``exchange_calendars`` knows; ``None`` compares the number of bars alone.
    moment
        Now, with its time zone.

    Raises
    ------
    DataError
        If there is no calendar of that name.

    Examples
    --------
    >>> bar = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0) | {"symbol": "A"}
    >>> panel = Panel.from_long(pd.DataFrame([bar | {"date": "2016-02-03"}]))
    >>> friday = pd.Timestamp("2016-02-05 18:00", tz="Asia/Shanghai")
    >>> freshness(panel, "XSHG", friday).problems
    ('the data ends on 2016-02-03, 2 sessions of XSHG are over since, the last on 2016-02-05: fetch them',)
    """
    last = panel.dates[-1]
    if calendar is None:
        return Freshness(last, None, None, tuple(_thin(panel)))
    problems = []
    expected = last_closed_session(calendar, moment)
    recorded = recorded_days(calendar)[1]
    if moment.tz_convert("UTC").tz_localize(None) > recorded + pd.Timedelta(days=1):
        problems.append(
            f"exchange_calendars knows {calendar} up to {recorded.date()} only, so nobody can tell which "
            "sessions are missing: install a newer version"
        )
    if expected is not None and last < expected:
        since = (last + pd.Timedelta(days=1)).to_datetime64()
        count = len(exchange_sessions(calendar, since, expected.to_datetime64()))
        problems.append(
            f"the data ends on {last.date()}, {count:,} session{'s' if count > 1 else ''} of {calendar} "
            f"{'are' if count > 1 else 'is'} over since, the last on {expected.date()}: fetch them"
        )
    elif expected is not None and expected < last <= recorded:
        problems.append(
            f"{last.date()} is no session of {calendar} that is over, so its bars are not final: leave them "
            "out"
        )
    return Freshness(last, expected, next_session(calendar, last), (*problems, *_thin(panel)))


def _thin(panel: Panel) -> list[str]:
    """Complain about a last date of which a part seems to be missing."""
    counts = panel.traded_array[-NEIGHBOURS - 1 :].sum(axis=1)
    if len(counts) < 2 or counts[-1] >= THIN * (usual := float(np.median(counts[:-1]))):
        return []
    return [
        f"{panel.dates[-1].date()} has {counts[-1]:,} bars, the dates before have {usual:,.0f}: a part of it "
        "may be missing, fetch it again"
    ]
