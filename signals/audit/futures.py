"""Where a panel is cut for an audit, and the other futures that are put behind the cut."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from ...feeds import Panel, Statements

_PRICES = ("open", "high", "low", "close", "pre_close", "amount")


def cut_rows(panel: Panel, first: int, cuts: int, dates: Sequence[pd.Timestamp] = ()) -> list[int]:
    """Return the rows after which the future is exchanged, ascending.

    Parameters
    ----------
    panel
        T dates.
    first
        Lowest row.
    cuts
        Number of rows, evenly from ``first`` to the last but one. To them comes the row on which most
        stocks wait for a later bar, so that what is filled from behind is seen.
    dates
        Dates of fits. The last of them is a cut, too: a fit that sees a few rows too many is seen there
        and nowhere else, because every later cut leaves these rows as they are.
    """
    last = len(panel) - 2
    first = min(first, last)
    rows = set(np.linspace(first, last, cuts).round().astype(int).tolist())
    later = np.logical_or.accumulate(panel.traded_array[::-1], axis=0)[::-1]
    waiting = (later & ~panel.traded_array).sum(axis=1)[first : last + 1]
    if waiting.any():
        rows.add(first + int(waiting.argmax()))
    fits = [int(row) for row in panel.dates.get_indexer(pd.Index(list(dates))) if first <= row <= last]
    return sorted(rows | set(fits[-1:]))


def futures(panel: Panel, row: int, rng: np.random.Generator) -> Iterator[tuple[str, Panel]]:
    """Yield panels that agree up to ``row`` and differ after it, each with what was done.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=5, n_days=60, seed=1)
    >>> for what, _ in futures(panel, 30, np.random.default_rng(0)):
    ...     print(what)
    the panel ends there
    later prices are ten times as high
    later days are shuffled
    half of the symbols have no later bar
    the later universe is turned over
    later statements are restated
    """
    after = slice(row + 1, None)
    yield "the panel ends there", panel.until(panel.dates[row])
    prices = [name for name in _PRICES if name in panel]
    dear = _replace(panel, prices, after, lambda values: values * 10.0)
    yield "later prices are ten times as high", _dear_index(dear, panel.dates[row])
    order = rng.permutation(len(panel) - row - 1)
    yield "later days are shuffled", _replace(panel, panel.fields, after, lambda values: values[order])
    gone = rng.random(len(panel.symbols)) < 0.5
    yield "half of the symbols have no later bar", _replace(panel, panel.fields, after, _without(gone))
    yield "the later universe is turned over", _turn_universe(panel, after)
    if panel.statements is not None:
        restated = restate(panel.statements, panel.dates[row])
        yield "later statements are restated", _with_tables(panel, statements=restated)


def restate(statements: Statements, date: pd.Timestamp) -> Statements:
    """Return statements in which all that is announced after ``date`` is other than it was.

    Later figures are ten times as large, with the sign turned, and each symbol's last known period is
    announced again a day later, with figures as wrong. What was visible on ``date`` stays.
    """
    frame, fields = statements.frame, list(statements.fields)
    known = frame["visible"] <= date
    later = frame[~known].copy()
    again = frame[known].drop_duplicates("symbol", keep="last").copy()
    again["announce_date"] = again["visible"] = date + pd.Timedelta(days=1)
    for part in (later, again):
        part[fields] = part[fields] * -10.0
    parts = [part for part in (frame[known], later, again) if len(part)]
    keys = ["visible", "period_end", "symbol"]
    whole = pd.concat(parts).sort_values(keys, kind="stable", ignore_index=True) if parts else frame
    return Statements(frame=whole, repairs=statements.repairs)


def _replace(
    panel: Panel, fields: Iterable[str], rows: slice, change: Callable[[np.ndarray], np.ndarray]
) -> Panel:
    arrays = {}
    for name in fields:
        values = panel.array(name).copy()
        values[rows] = change(values[rows])
        arrays[name] = values
    return panel.with_arrays(arrays)


def _without(gone: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        empty = False if values.dtype == bool else np.nan
        return np.where(gone, empty, values)

    return change


def _dear_index(panel: Panel, date: pd.Timestamp) -> Panel:
    if panel.benchmark is None:
        return panel
    benchmark = panel.benchmark.astype(np.float64)
    benchmark.loc[benchmark.index > date] *= 10.0
    return _with_tables(panel, benchmark=benchmark)


def _turn_universe(panel: Panel, rows: slice) -> Panel:
    universe = panel.universe_array.copy()
    universe[rows] = ~universe[rows]
    return panel.with_universe(universe)


def _with_tables(
    panel: Panel, *, statements: Statements | None = None, benchmark: pd.DataFrame | None = None
) -> Panel:
    return Panel(
        dates=panel.dates,
        symbols=panel.symbols,
        arrays={name: panel.array(name) for name in panel.fields},
        universe=panel.universe_array,
        statements=panel.statements if statements is None else statements,
        benchmark=panel.benchmark if benchmark is None else benchmark,
        info=panel.info,
        repairs=panel.repairs,
    )
