"""Tables that are read: do they say what was known on each day, or what is known today?"""

import numpy as np
import pandas as pd

from ...feeds import Panel, Statements
from ...feeds.universe import parse_ranges, universe_of
from .findings import Check, VerdictName

YEAR = 365
"""Days after which an index without a change, or a market without a loss, is no accident."""
EARLIEST = 7
"""Days from the end of a period to its statements, at least: books are closed and audited first."""
_TOLERATED = 0.01
_MONTH = 20


def check_universe(panel: Panel) -> Check:
    """Tell whether the universe may have been chosen with hindsight.

    A universe that leaves out some of the symbols and has the same members on every day of more than a
    year looks ahead: it is today's index, applied to the whole history. Where it changes, or is everything
    there is, but no symbol stops trading in more than a year, the file may hold survivors only: doubtful.
    A wrong list that changes in time, or a short history, cannot be told from a right one.

    Parameters
    ----------
    panel
        All symbols; a selection of them hides what is looked for.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=10, n_days=400, seed=1)
    >>> today = np.zeros((400, 10), dtype=bool)
    >>> today[:, :5] = True
    >>> check_universe(panel.with_universe(today)).verdict
    'looks ahead'
    """
    universe = panel.universe_array
    changes = int((universe[1:] != universe[:-1]).sum())
    members, span = int(universe.any(axis=0).sum()), int((panel.dates[-1] - panel.dates[0]).days)
    chosen = not universe.all()
    ended = _ended(panel)
    verdict: VerdictName = "holds"
    what = "members" if chosen else "symbols"
    finding = f"{members:,} {what}, {changes:,} entries and exits, {ended:,} stop trading before the end"
    if chosen and changes == 0 and span > YEAR:
        verdict = "looks ahead"
        finding = (
            f"today's members: the universe holds the same {members:,} of {len(panel.symbols):,} symbols, "
            f"{panel.symbols[int(universe.any(axis=0).argmax())]} the first, on every day from "
            f"{panel.dates[0].date()} to {panel.dates[-1].date()}; no index does. Remedy: give membership "
            "ranges with the days on which each symbol came and went"
        )
    elif ended == 0 and changes == 0 and span > YEAR:
        verdict = "doubtful"
        finding += ": perhaps the survivors only; give the bars of delisted symbols, too"
    return Check("universe", 0, 0, universe.size, verdict, finding)


def _ended(panel: Panel) -> int:
    """Count the universe's symbols that have no bar in the last month."""
    traded = panel.traded_array
    last = traded[-_MONTH:].any(axis=0)
    return int((panel.universe_array.any(axis=0) & traded.any(axis=0) & ~last).sum())


def check_members(ranges: pd.DataFrame, panel: Panel, *, cuts: int = 3) -> Check:
    """Read membership ranges as they were on several days, and compare with the panel's universe.

    As of a day, ranges that start later are unknown and those that end later are open.

    Parameters
    ----------
    ranges
        Columns ``symbol, start, end``, from which the panel's universe was made.
    panel
        With that universe.
    cuts
        Number of days.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=2, n_days=60, seed=1)
    >>> ranges = pd.DataFrame({"symbol": panel.symbols, "start": "2000-01-03", "end": None})
    >>> check_members(ranges, panel.with_members(ranges)).verdict
    'holds'
    """
    ranges = parse_ranges(ranges)
    values = 0
    rows = np.linspace(len(panel) // 3, len(panel) - 2, cuts).round().astype(int)
    for row in rows:
        day = panel.dates[row]
        known = ranges[ranges["start"] <= day].copy()
        known["end"] = known["end"].where(known["end"] <= day)
        mask, _ = universe_of(known, panel.dates[: row + 1], panel.symbols)
        values += mask.size
        moved = np.argwhere(mask != panel.universe_array[: row + 1])
        if len(moved):
            first, column = map(int, moved[0])
            finding = (
                f"{panel.symbols[column]} on {panel.dates[first].date()} is "
                f"{'a' if mask[first, column] else 'no'} member by the ranges known on {day.date()}, and "
                f"{'no' if mask[first, column] else 'a'} member in the universe of the panel"
            )
            return Check("membership ranges", len(rows), len(rows), values, "looks ahead", finding)
    return Check("membership ranges", len(rows), len(rows), values, "holds")


def check_statements(statements: Statements) -> Check:
    """Tell whether figures are dated by the end of their period instead of their announcement.

    Statements that are visible within a week of the period's end look ahead; where they are less than
    one in a hundred, doubtful: a slip of the source. Restated figures under the date of the first
    announcement cannot be told from those that were announced first.

    Examples
    --------
    >>> table = pd.DataFrame({"symbol": ["A"], "period_end": ["2015-12-31"],
    ...     "announce_date": ["2015-12-31"], "revenue": [100.0]})
    >>> check_statements(Statements.from_long(table)).verdict
    'looks ahead'
    """
    frame = statements.frame
    if frame.empty:
        return Check("statements", 0, 0, 0, "holds", "there are none")
    days = (frame["visible"] - frame["period_end"]).dt.days.to_numpy()
    early = days < EARLIEST
    finding = f"{len(frame):,} statements, known {int(np.median(days))} days after their period (median)"
    if not early.any():
        return Check("statements", 0, 0, len(frame), "holds", finding)
    first = frame.iloc[int(early.argmax())]
    verdict: VerdictName = "looks ahead" if early.mean() > _TOLERATED else "doubtful"
    finding = (
        f"{'by period end' if verdict == 'looks ahead' else 'a few by period end'}: "
        f"{int(early.sum()):,} of {len(frame):,} count within {EARLIEST} days of the "
        f"end of their period, first that of {first['symbol']} for {first['period_end'].date()}, from "
        f"{first['visible'].date()} on; nobody publishes so soon. Remedy: give the days of announcement, or "
        "none, for the statutory deadline"
    )
    return Check("statements", 0, 0, len(frame), verdict, finding)
