"""What a run repaired, dropped or could not score: counted, and in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..feeds import Panel
from ..signals.tally import CELLS, GAPS, INFINITE, LEFT_OUT, OUTLIERS, UNKNOWN

_SHOWN = 5
_MENDED = {
    "infinite": (INFINITE, "were infinite and taken as missing"),
    "outliers": (OUTLIERS, "were outliers and replaced"),
    "gaps": (GAPS, "were gaps and filled"),
    "unknown": (UNKNOWN, "were unknown and taken as the middle of the day"),
}


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


def cleaning(counts: Mapping[str, int]) -> dict[str, Any]:
    """Return what cleaning changed, over all fits and predictions, as plain data.

    Parameters
    ----------
    counts
        What :func:`btalpha.signals.tally.collect_counts` gave.

    Returns
    -------
    dict
        ``values``: factor values of the universe; of these ``infinite``, ``outliers``, ``gaps`` and
        ``unknown`` were mended, each in its way; ``factors_left_out``: fits without a value of a factor.

    Examples
    --------
    >>> cleaning({CELLS: 1000, OUTLIERS: 25, f"{LEFT_OUT}pe": 2})
    {'values': 1000, 'infinite': 0, 'outliers': 25, 'gaps': 0, 'unknown': 0, 'factors_left_out': {'pe': 2}}
    """
    names = {"values": CELLS, **{name: key for name, (key, _) in _MENDED.items()}}
    empty = {name.removeprefix(LEFT_OUT): n for name, n in counts.items() if name.startswith(LEFT_OUT)}
    found = {name: counts.get(key, 0) for name, key in names.items()}
    return {**found, "factors_left_out": dict(sorted(empty.items()))}


def cleaning_lines(found: Mapping[str, Any]) -> list[str]:
    """Say what :func:`cleaning` found; nothing where nothing was cleaned.

    Examples
    --------
    >>> for line in cleaning_lines(cleaning({CELLS: 1000, OUTLIERS: 25, INFINITE: 1, f"{LEFT_OUT}pe": 2})):
    ...     print(line)
    of 1,000 factor values, over all fits and predictions, 1 (0.1 %) were infinite and taken as missing,
    25 (2.5 %) were outliers and replaced
    1 factors had no value in some fits and were left out of them: pe (2)
    """
    lines, total = [], found["values"]
    parts = [
        f"{found[name]:,} ({100.0 * found[name] / total:.1f} %) {words}"
        for name, (_, words) in _MENDED.items()
        if found[name] and total
    ]
    if parts:
        lines.append(f"of {total:,} factor values, over all fits and predictions, {', '.join(parts)}")
    empty = found["factors_left_out"]
    if empty:
        names = ", ".join(f"{code} ({n})" for code, n in empty.items())
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
