"""Membership ranges of a span, laid over those that are held of a longer time."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from ..universe import RANGE_COLUMNS

_DAY = pd.Timedelta(days=1)
_OPEN = pd.Timestamp.max.normalize()
Span = tuple[pd.Timestamp, pd.Timestamp]


def merge_ranges(
    held: pd.DataFrame, fresh: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Replace what is held of the days from ``start`` to ``end``, and keep the rest.

    Parameters
    ----------
    held, fresh
        Columns ``symbol, start, end`` with datetimes; a missing ``end`` means still a member. Of ``fresh``
        only the days from ``start`` to ``end`` are sure: it may be cut there, or open.
    start, end
        Both count.

    Returns
    -------
    pandas.DataFrame
        The same columns, sorted by symbol and start; ranges of a symbol that touch are one. An end that
        is held open is no knowledge of the days after ``end``: one who is no longer a member then has left.

    Examples
    --------
    >>> def ranges(start, end):
    ...     return pd.DataFrame({"symbol": ["A"], "start": [pd.Timestamp(start)], "end": [pd.Timestamp(end)]})
    >>> span = pd.Timestamp("2016-01-01"), pd.Timestamp("2016-06-30")
    >>> merge_ranges(ranges("2015-01-05", "2016-09-01"), ranges("2016-01-01", None), *span)
      symbol      start        end
    0      A 2015-01-05 2016-09-01
    """
    before, now = _spans(held), _spans(fresh)
    rows = [
        (symbol, first, pd.NaT if last == _OPEN else last)
        for symbol in sorted({*before, *now})
        for first, last in _joined(_laid_over(before[symbol], now[symbol], start, end))
    ]
    table = pd.DataFrame(rows, columns=list(RANGE_COLUMNS))
    return table.astype({"start": "datetime64[ns]", "end": "datetime64[ns]"})


def _spans(ranges: pd.DataFrame) -> defaultdict[str, list[Span]]:
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    ends = ranges["end"].fillna(_OPEN)
    for symbol, first, last in zip(ranges["symbol"], ranges["start"], ends, strict=True):
        spans[str(symbol)].append((first, last))
    return spans


def _laid_over(held: list[Span], fresh: list[Span], start: pd.Timestamp, end: pd.Timestamp) -> list[Span]:
    """Return the spans of one symbol; the fresh ones reach beyond the days only where nothing is held."""
    earlier = [(first, min(last, start - _DAY)) for first, last in held if first < start]
    goes_on = any(first <= end and last == _OPEN for first, last in held)
    later = [
        (max(first, end + _DAY), last)
        for first, last in held
        if last > end and not (first <= end and last == _OPEN)
    ]
    left = bool(later) or any(last == end for _, last in held)
    inside = []
    for first, last in fresh:
        if earlier:
            first = max(first, start)
        if left:
            last = min(last, end)
        elif goes_on and last == end:
            last = _OPEN
        if first <= last:
            inside.append((first, last))
    return [*earlier, *inside, *later]


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first - _DAY <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
