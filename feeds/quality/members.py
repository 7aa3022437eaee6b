"""Index membership against the bars."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from .. import universe
from .finding import Example, Hits

if TYPE_CHECKING:
    from .dataset import Dataset


class Stay(NamedTuple):
    """A time in the index without a break: days of the data by number, ``end`` the first one outside."""

    symbol: str
    begin: int
    end: int


def members_without_bars(data: Dataset) -> Hits:
    """Find symbols that are in the index on dates of the data and have not one bar, longest first."""
    spans = _spans(data)
    lost = [stay for stay in _stays(data) if stay.symbol not in spans]
    days: dict[str, int] = {}
    for stay in lost:
        days[stay.symbol] = days.get(stay.symbol, 0) + stay.end - stay.begin
    first = {stay.symbol: stay for stay in reversed(lost)}
    names = sorted(days, key=lambda symbol: (-days[symbol], symbol))[: data.limit]
    examples = (
        _example(data, first[name], f"member for {days[name]:,} days, no bar at all") for name in names
    )
    return Hits(len(days), tuple(examples))


def members_beyond_bars(data: Dataset) -> Hits:
    """Count times in the index that begin before the bars, go on after them or have none, longest first.

    The symbol may be suspended, or the range wrong.
    """
    spans, dates = _spans(data), data.bars.dates
    found: list[tuple[int, Example]] = []
    for stay in _stays(data):
        if stay.symbol not in spans:
            continue
        first, last = spans[stay.symbol]
        cases = [
            (first - stay.begin, f"before the first bar on {dates[first]}"),
            (stay.end - 1 - last, f"after the last bar on {dates[last]}"),
        ]
        if not _has_bars(data, stay):
            cases = [(stay.end - stay.begin, "and no bar in them")]
        found += [
            (-days, _example(data, stay, f"member for {days:,} days {at}")) for days, at in cases if days > 0
        ]
    found.sort()
    return Hits(len(found), tuple(example for _, example in found[: data.limit]))


def impossible_ranges(data: Dataset) -> Hits:
    """Count membership ranges without a start, or with an end before it; the other checks pass them over."""
    assert data.members is not None
    wrong = data.members[universe.impossible_ranges(data.members)]
    starts, ends = (wrong[name].dt.strftime("%Y-%m-%d") for name in ("start", "end"))
    examples = (
        Example(symbol, "", "no start")
        if pd.isna(start)
        else Example(symbol, start, f"ends on {end}, before")
        for symbol, start, end in zip(wrong["symbol"], starts, ends, strict=True)
    )
    return Hits(len(wrong), tuple(islice(examples, data.limit)))


def overlapping_ranges(data: Dataset) -> Hits:
    """Count membership ranges that begin before an earlier one of the same symbol has ended."""
    ends: dict[str, pd.Timestamp] = {}
    found = []
    for symbol, start, end in _sorted(data).itertuples(index=False):
        before = ends.get(symbol, pd.Timestamp.min)
        if start <= before:
            words = "has no end" if before == pd.Timestamp.max else f"ends on {before.date()}"
            found.append(Example(symbol, start.date().isoformat(), f"an earlier range {words}"))
        ends[symbol] = max(before, pd.Timestamp.max if pd.isna(end) else end)
    return Hits(len(found), tuple(found[: data.limit]))


def _sorted(data: Dataset) -> pd.DataFrame:
    assert data.members is not None
    possible = data.members[~universe.impossible_ranges(data.members)]
    return possible.sort_values(["symbol", "start", "end"], kind="stable", ignore_index=True)


def _stays(data: Dataset) -> list[Stay]:
    """Join the ranges of a symbol that leave out no day of the data; files often list pieces."""
    ranges, dates = _sorted(data), data.bars.dates
    begin = np.searchsorted(dates, ranges["start"].to_numpy().astype("datetime64[D]"))
    ends = ranges["end"].fillna(pd.Timestamp.max).to_numpy().astype("datetime64[D]")
    end = np.searchsorted(dates, ends, side="right")
    stays: list[Stay] = []
    for stay in map(Stay, ranges["symbol"], begin.tolist(), end.tolist()):
        if stay.begin >= stay.end:
            continue
        if stays and stays[-1].symbol == stay.symbol and stay.begin <= stays[-1].end:
            stays[-1] = stays[-1]._replace(end=max(stays[-1].end, stay.end))
        else:
            stays.append(stay)
    return stays


def _spans(data: Dataset) -> dict[str, tuple[int, int]]:
    """Return the numbers of the days of each symbol's first and last bar."""
    bars = data.bars
    return {
        str(symbol): (
            int(np.searchsorted(bars.dates, bars.days[begin])),
            int(np.searchsorted(bars.dates, bars.days[end - 1])),
        )
        for symbol, begin, end in zip(bars.symbols, bars.firsts[:-1], bars.firsts[1:], strict=True)
        if begin < end
    }


def _has_bars(data: Dataset, stay: Stay) -> bool:
    bars = data.bars
    code = int(np.searchsorted(bars.symbols, stay.symbol))
    own = bars.days[bars.firsts[code] : bars.firsts[code + 1]]
    first, last = bars.dates[stay.begin], bars.dates[stay.end - 1]
    return bool(np.searchsorted(own, first) < np.searchsorted(own, last, side="right"))


def _example(data: Dataset, stay: Stay, words: str) -> Example:
    return Example(stay.symbol, str(data.bars.dates[stay.begin]), words)
