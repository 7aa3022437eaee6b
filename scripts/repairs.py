"""What a run repaired, dropped or could not score: counted, and in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..feeds import Panel
from ..signals.tally import CELLS, GAPS, INFINITE, LEFT_OUT, OUTLIERS, UNKNOWN

_SHOWN = 5


def coverage(panel: Panel, scores: pd.DataFrame) -> dict[str, int]:
    """Count the stock-days of the universe on the dates that have scores.

    Returns
    -------
    dict
        ``members``: stocks of the universe, day by day; of these ``without_bar`` (suspended, or missing),
        ``without_score`` (a bar, but no score) and ``scored``.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=4, n_days=40, seed=1)
    >>> counts = coverage(panel, panel["close"].pct_change(1, fill_method=None))
    >>> counts["members"] == counts["without_bar"] + counts["without_score"] + counts["scored"] == 4 * 39
    True
    """
    known = scores.reindex(index=panel.dates, columns=panel.symbols).notna().to_numpy()
    dates = np.flatnonzero(known.any(axis=1))
    span = slice(dates[0], None) if len(dates) else slice(0)
    members, traded, known = panel.universe_array[span], panel.traded_array[span], known[span]
    return {
        "members": int(members.sum()),
        "without_bar": int((members & ~traded & ~known).sum()),
        "without_score": int((members & traded & ~known).sum()),
        "scored": int((members & known).sum()),
    }


def coverage_lines(counts: Mapping[str, int]) -> list[str]:
    """Say how much of the universe was scored.

    Examples
    --------
    >>> coverage_lines({"members": 1000, "without_bar": 20, "without_score": 5, "scored": 975})
    ['of 1,000 stock-days of the universe 975 are scored, 20 have no bar, 5 have a bar and no score']
    """
    lost = f"{counts['without_bar']:,} have no bar, {counts['without_score']:,} have a bar and no score"
    return [f"of {counts['members']:,} stock-days of the universe {counts['scored']:,} are scored, {lost}"]


def cleaning_lines(counts: Mapping[str, int]) -> list[str]:
    """Say what cleaning changed, as shares of the factor values of the universe; nothing where none was.

    Parameters
    ----------
    counts
        What :func:`btalpha.signals.tally.collect_counts` gave.

    Examples
    --------
    >>> for line in cleaning_lines({CELLS: 1000, OUTLIERS: 25, INFINITE: 1, f"{LEFT_OUT}pe": 2}):
    ...     print(line)
    cleaning, over all fits and predictions: of 1,000 factor values 1 (0.1 %) infinite, taken as missing;
    25 (2.5 %) outliers, replaced
    1 factors had no value in some fits and were left out of them: pe (2)
    """
    lines, total = [], counts.get(CELLS, 0)
    found = {name: counts.get(name, 0) for name in (INFINITE, OUTLIERS, GAPS, UNKNOWN)}
    parts = [f"{n:,} ({100.0 * n / total:.1f} %) {name}" for name, n in found.items() if n and total]
    if parts:
        text = "; ".join(parts)
        lines.append(f"cleaning, over all fits and predictions: of {total:,} factor values {text}")
    empty = {name.removeprefix(LEFT_OUT): n for name, n in counts.items() if name.startswith(LEFT_OUT)}
    if empty:
        names = ", ".join(f"{code} ({n})" for code, n in sorted(empty.items()))
        lines.append(f"{len(empty)} factors had no value in some fits and were left out of them: {names}")
    return lines


def unused_statements(panel: Panel) -> list[str]:
    """Count symbols that have statements and no bars: they may be written in another way."""
    if panel.statements is None:
        return []
    named = pd.Index(panel.statements.frame["symbol"].unique())
    lost = sorted(named[~named.isin(panel.symbols)])
    if not lost:
        return []
    shown = ", ".join(lost[:_SHOWN]) + (" ..." if len(lost) > _SHOWN else "")
    return [f"statements of {len(lost):,} of {len(named):,} symbols have no bars and are not used: {shown}"]
