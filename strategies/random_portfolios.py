"""Random portfolios under the strategy's own rules."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ..feeds import Panel
from ..feeds.long_format import DateLike
from .backtest import BacktestResult
from .chance import RandomBenchmark, kept_names
from .event_portfolios import Progress, event_paths, random_scores
from .exchange import FillRules
from .make_broker import FeesLike
from .planning.rules import Execution, Weighting
from .schedule import Rule
from .span import first_sessions
from .trade_options import TradeOptions
from .twin.random_paths import random_paths, twin_lacks

__all__ = ["RandomBenchmark", "random_benchmark", "random_scores"]

Method = Literal["twin", "event"]
Turnover = Literal["redraw", "matched"]
_EXCHANGE = FillRules()
# What trading needs of a panel.
_TRADED = ("open", "high", "low", "close", "volume", "factor", "pre_close", "is_st")


def random_benchmark(
    panel: Panel,
    *,
    n: int = 1000,
    k: int = 10,
    seed: int = 0,
    start: DateLike | None = None,
    end: DateLike | None = None,
    rebalance: Rule = 5,
    cash: float = 1_000_000.0,
    fees: FeesLike = None,
    exchange: FillRules | None = _EXCHANGE,
    eligible: pd.DataFrame | None = None,
    weights: Weighting = "equal",
    max_weight: float = 1.0,
    buffer: int = 0,
    max_changes: int | None = None,
    min_holding: int = 0,
    cash_reserve: float = 0.0,
    execution: Execution = "open",
    gap: float | None = None,
    lot: int = 1,
    tolerance: float = 0.0,
    listings: Mapping[str, Any] | None = None,
    delistings: Mapping[str, Any] | None = None,
    recovery: float = 1.0,
    turnover: Turnover = "redraw",
    like: BacktestResult | None = None,
    method: Method = "twin",
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> RandomBenchmark:
    """Run n portfolios that pick their names at random, everything else as in the strategy.

    Each portfolio draws a fresh uniform score for every eligible name and session and is traded as by
    ``TopK``, with the same calendar, sizes, fees and refusals. All of them are carried through one pass of
    the bars as arrays, by the planner, fees and rules of the event-driven run, whose values they have.

    A portfolio that draws all its names anew at every rebalance trades more, and pays more fees, than a
    strategy that keeps some. With ``turnover="matched"`` it keeps as many at each rebalance as the strategy
    did, so that costs are alike; the default is the stricter reading of "random picks", and the paper's.

    Parameters
    ----------
    panel
        The bars.
    n
        Number of portfolios.
    seed
        Portfolio i depends on ``seed`` and i alone, not on ``n`` or ``n_jobs``.
    eligible
        Frame of booleans, dates x symbols: what a portfolio may pick on a date, usually
        ``scores.notna()`` of the strategy to compare with. Without it, the panel's universe.
    start, end, k, rebalance, cash, fees, exchange, weights, max_weight, buffer, max_changes, min_holding, \
    cash_reserve, execution, gap, lot, tolerance, listings, delistings, recovery
        As for :func:`~btalpha.strategies.backtest.run_backtest`.
    turnover
        ``"redraw"``: every name is drawn anew at each rebalance. ``"matched"``: as many of the names held
        stay as ``like`` kept on that date, drawn too; ``buffer``, ``max_changes`` and ``min_holding``, which
        are in that number, do not count once more. Not with weights by score.
    like
        The strategy's backtest, over the same dates, for ``turnover="matched"``.
    method
        ``"twin"``: all at once. ``"event"``: one by one through Backtrader, the slow reference. What the twin
        cannot do (a fee schedule or rules of a class of one's own, symbols out of order, prices that are not
        positive) is run that way too, with a warning.
    n_jobs
        Processes of ``method="event"``; -1 for one a core, 1 for this process alone.
    progress
        Called with (portfolios done, n) as they finish.

    Returns
    -------
    RandomBenchmark
        Returns by portfolio.

    Raises
    ------
    ValueError
        If ``n`` is below 1, ``turnover`` does not fit the rest, or as ``run_backtest`` does.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> chance = random_benchmark(panel, n=3, k=5)
    >>> chance.returns.shape, chance.rank(0.5).p_value
    ((60, 3), 0.25)
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number of portfolios >= 1, got {n!r}")
    options = TradeOptions(
        start=start,
        end=end,
        k=k,
        rebalance=rebalance,
        cash=cash,
        fees=fees,
        exchange=exchange,
        weights=weights,
        max_weight=max_weight,
        buffer=buffer,
        max_changes=max_changes,
        min_holding=min_holding,
        cash_reserve=cash_reserve,
        execution=execution,
        gap=gap,
        lot=lot,
        tolerance=tolerance,
        listings=first_sessions(panel) if listings is None else listings,
        delistings=delistings,
        recovery=recovery,
    )
    kept = _kept(turnover, like, method, options)
    options = options if kept is None else options.without_keeping()
    market, mask = _eligible(_trimmed(panel, start, end), eligible)
    if _chosen(method, twin_lacks(market, options)) == "event":
        return RandomBenchmark(*event_paths(market, mask, options, seed, n, n_jobs, progress))
    return RandomBenchmark(*random_paths(market, mask, options, seed, n, kept, progress))


def _chosen(method: Method, lacking: str | None) -> Method:
    """Return how to run: with Backtrader, portfolio by portfolio, where the twin cannot."""
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, got {method!r}")
    if method == "twin" and lacking is not None:
        warnings.warn(f"the random portfolios are run one by one: {lacking}", stacklevel=3)
        return "event"
    return method


def _kept(
    turnover: Turnover, like: BacktestResult | None, method: Method, options: TradeOptions
) -> dict[date, int] | None:
    """Return how many names are to be kept at each rebalance; None where all are drawn anew."""
    if turnover not in get_args(Turnover):
        raise ValueError(f"turnover must be one of {', '.join(get_args(Turnover))}, got {turnover!r}")
    if turnover == "redraw":
        if like is not None:
            raise ValueError("like is for turnover='matched' alone; turnover is 'redraw'")
        return None
    if like is None:
        raise ValueError("turnover='matched' needs like=, the backtest whose turnover is to be matched")
    if method != "twin":
        raise ValueError("turnover='matched' needs method='twin': what is kept depends on what is held")
    if options.weights == "score":
        raise ValueError("turnover='matched' needs weights that do not depend on the scores, got 'score'")
    kept = kept_names(like)
    return dict(zip(pd.DatetimeIndex(kept.index).date, kept.tolist(), strict=True))


def _trimmed(panel: Panel, start: DateLike | None, end: DateLike | None) -> Panel:
    """Leave out what no portfolio can need, so that less travels to the other processes."""
    if end is not None:
        panel = panel.until(end)
    if start is not None:
        before = int(panel.dates.searchsorted(pd.Timestamp(start), side="left")) - 1
        panel = panel.between(panel.dates[before], panel.dates[-1]) if before >= 0 else panel
    fields = {name: panel.array(name) for name in _TRADED if name in panel}
    return Panel(dates=panel.dates, symbols=panel.symbols, arrays=fields, universe=panel.universe_array)


def _eligible(market: Panel, eligible: pd.DataFrame | None) -> tuple[Panel, np.ndarray]:
    """Return the panel of the symbols that are ever eligible, and the mask on its dates and symbols."""
    mask = market.universe if eligible is None else eligible
    mask = mask.reindex(index=market.dates, columns=market.symbols, fill_value=False).astype(bool)
    columns = np.flatnonzero(mask.to_numpy().any(axis=0))
    if not len(columns):
        raise ValueError(
            f"eligible has nothing to pick from among {len(market)} dates and {len(market.symbols)} symbols "
            f"of the panel. Remedy: give a frame of dates x symbols with the panel's labels, such as "
            f"scores.notna()."
        )
    return market.select(market.symbols[columns]), mask.to_numpy()[:, columns]
