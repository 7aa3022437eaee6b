"""Membership ranges from lists of members on single days."""

from collections.abc import Callable, Iterable

import pandas as pd

Ask = Callable[[pd.Timestamp], frozenset[str]]


def snapshot_days(start: pd.Timestamp, end: pd.Timestamp) -> list[pd.Timestamp]:
    """Return the days on which to look: the first, the start of each month, and the last.

    Examples
    --------
    >>> [str(day.date()) for day in snapshot_days(pd.Timestamp("2016-01-20"), pd.Timestamp("2016-03-02"))]
    ['2016-01-20', '2016-02-01', '2016-03-01', '2016-03-02']
    """
    return sorted({start, end, *pd.date_range(start, end, freq="MS")})


def find_changes(
    ask: Ask, days: Iterable[pd.Timestamp], progress: Callable[[int, int], None] | None = None
) -> dict[pd.Timestamp, frozenset[str]]:
    """Return the lists of the given days and of every day on which the list changed between them.

    Where the lists of two neighbouring days differ, the span is halved until the day of the change is
    found. A member that comes and goes between two days is not seen.

    Parameters
    ----------
    ask
        Members on a day; empty where the source does not know it.
    days
        Ascending.
    progress
        Receives how many of the days are done, and how many there are.

    Examples
    --------
    >>> def ask(day):
    ...     return frozenset("AB" if day < pd.Timestamp("2016-01-18") else "AC")
    >>> found = find_changes(ask, pd.to_datetime(["2016-01-01", "2016-02-01"]))
    >>> [str(day.date()) for day, members in found.items() if "C" in members][0]
    '2016-01-18'
    """
    days = list(days)
    found = {}
    for number, day in enumerate(days):
        found[day] = ask(day)
        if number:
            _halve(ask, days[number - 1], day, found)
        if progress is not None:
            progress(number + 1, len(days))
    return dict(sorted(found.items()))


def _halve(
    ask: Ask, early: pd.Timestamp, late: pd.Timestamp, found: dict[pd.Timestamp, frozenset[str]]
) -> None:
    """Look at the days between two that differ, until neighbours are left."""
    if found[early] == found[late] or (late - early).days <= 1:
        return
    middle = (early + (late - early) / 2).normalize()
    found[middle] = ask(middle)
    _halve(ask, early, middle, found)
    _halve(ask, middle, late, found)


def ranges_of(snapshots: dict[pd.Timestamp, frozenset[str]], *, open_end: bool) -> pd.DataFrame:
    """Return ``symbol, start, end`` from lists by day: a member stays one until a list is without it.

    Parameters
    ----------
    snapshots
        Members by day, ascending; an empty list is left out, for a source that does not know a day
        says nothing about it.
    open_end
        Whether the members of the last day go on being members.

    Examples
    --------
    >>> lists = {pd.Timestamp("2016-01-01"): frozenset("AB"), pd.Timestamp("2016-02-01"): frozenset("B")}
    >>> ranges_of(lists, open_end=True)
      symbol      start        end
    0      A 2016-01-01 2016-01-31
    1      B 2016-01-01        NaT
    """
    known = {day: members for day, members in sorted(snapshots.items()) if members}
    since: dict[str, pd.Timestamp] = {}
    rows: list[tuple[str, pd.Timestamp, pd.Timestamp | None]] = []
    for day, members in known.items():
        gone = sorted(since.keys() - members)
        rows += [(symbol, since.pop(symbol), day - pd.Timedelta(days=1)) for symbol in gone]
        since |= {symbol: day for symbol in members if symbol not in since}
    last = None if open_end or not known else max(known)
    rows += [(symbol, day, last) for symbol, day in since.items()]
    table = pd.DataFrame(rows, columns=["symbol", "start", "end"]).sort_values(["symbol", "start"])
    return table.astype({"start": "datetime64[ns]", "end": "datetime64[ns]"}).reset_index(drop=True)
