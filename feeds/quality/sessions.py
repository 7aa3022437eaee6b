"""Dates against the calendar of the exchange."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..calendars import recorded_days
from .finding import Example, Hits, hits_in

if TYPE_CHECKING:
    from .dataset import Dataset

NEIGHBOURS = 10
"""Sessions on either side with which the number of bars of a session is compared."""
THIN = 0.5
"""A session with fewer bars than this share of the median of its neighbours is thin."""


def missing_sessions(data: Dataset) -> Hits:
    """Find sessions of the exchange, from the first bar to the last, on which no symbol has a bar."""
    gone = data.sessions[~np.isin(data.sessions, data.bars.dates)]
    return _days(gone, "no symbol has a bar", data)


def foreign_dates(data: Dataset) -> Hits:
    """Find dates with bars that are no session of the exchange, such as a Saturday."""
    dates = _within_record(data)
    counts = _bars_a_day(data)
    foreign = dates[~np.isin(dates, data.sessions)]
    examples = tuple(
        Example("", str(day), f"{counts[np.searchsorted(data.bars.dates, day)]:,} bars on no session")
        for day in foreign[: data.limit]
    )
    return Hits(len(foreign), examples, _unrecorded(data))


def thin_sessions(data: Dataset) -> Hits:
    """Find dates with fewer than half the bars of the dates around them: a part of the file may be missing.

    Times when half a market is suspended look the same.
    """
    from scipy.ndimage import median_filter

    counts = _bars_a_day(data)
    usual = median_filter(counts.astype(float), size=2 * NEIGHBOURS + 1, mode="nearest")
    thin = np.flatnonzero(counts < THIN * usual)
    dates = data.bars.dates
    order = thin[np.argsort(counts[thin] / usual[thin], kind="stable")]
    examples = tuple(
        Example("", str(dates[row]), f"{counts[row]:,} bars, {usual[row]:,.0f} on the days around")
        for row in order[: data.limit]
    )
    return Hits(len(thin), examples)


def gaps(data: Dataset) -> Hits:
    """Count the days without a bar between the first and the last bar of each symbol, longest gap first.

    The panel takes them as suspensions. Days are those on which any symbol has a bar.
    """
    bars = data.bars
    found = hits_in(
        bars,
        bars.missed > 0,
        lambda row: f"{bars.missed[row]:,} days without a bar, after {bars.days[row - 1]}",
        limit=data.limit,
        size=bars.missed,
    )
    return replace(found, count=int(bars.missed.sum()))


def _days(days: np.ndarray, words: str, data: Dataset) -> Hits:
    examples = tuple(Example("", str(day), words) for day in days[: data.limit])
    return Hits(len(days), examples, _unrecorded(data))


def _bars_a_day(data: Dataset) -> np.ndarray:
    bars = data.bars
    offset = (bars.days - bars.dates[0]).astype(np.int64)
    return np.bincount(offset)[(bars.dates - bars.dates[0]).astype(np.int64)]


def _within_record(data: Dataset) -> np.ndarray:
    first, last = _record(data)
    dates = data.bars.dates
    return dates[(dates >= first) & (dates <= last)]


def _unrecorded(data: Dataset) -> str:
    lost = len(data.bars.dates) - len(_within_record(data))
    first, last = _record(data)
    return f"{lost:,} dates lie outside {first} to {last}, which {data.calendar} knows" if lost else ""


def _record(data: Dataset) -> tuple[np.datetime64, np.datetime64]:
    first, last = recorded_days(data.calendar or "")
    return first.to_datetime64().astype("datetime64[D]"), last.to_datetime64().astype("datetime64[D]")
