"""What chance would have earned: random portfolios under the strategy's own rules."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd

from ..feeds import Panel
from ..feeds.long_format import DateLike
from ..signals.models.random import RandomSignal
from .backtest import BacktestResult, Execution, FeesLike, first_sessions, run_backtest
from .exchange import FillRules
from .planning.rules import Weighting
from .report.gather import median_portfolio
from .report.metrics import RandomRank, rank_among
from .schedule import Rule

# (portfolios done, portfolios in all)
Progress = Callable[[int, int], None]
_EXCHANGE = FillRules()
# What trading needs of a panel.
_TRADED = ("open", "high", "low", "close", "volume", "factor", "pre_close", "is_st")


@dataclass(frozen=True)
class RandomBenchmark:
    """Returns of n random portfolios.

    Attributes
    ----------
    returns
        Daily returns after fees, fractions, T x n; columns 0 .. n-1.
    costs
        Fees of each portfolio, CNY.
    """

    returns: pd.DataFrame
    costs: pd.Series

    @property
    def total_returns(self) -> pd.Series:
        """Return over the whole time by portfolio, fractions."""
        return ((1.0 + self.returns).prod() - 1.0).rename("total_return")

    @property
    def median(self) -> pd.Series:
        """Daily returns of the portfolio with the median total return (the lower of the middle two)."""
        return median_portfolio(self.returns)

    def rank(self, strategy: BacktestResult | pd.Series | float) -> RandomRank:
        """Place a strategy among the random portfolios.

        Parameters
        ----------
        strategy
            A result, daily returns, or a total return as a fraction.

        Returns
        -------
        RandomRank
            ``n``, ``median_total_return``, ``percentile`` (0..100, share of random portfolios that did
            worse, ties half) and the one-sided ``p_value``, (1 + how many did as well or better) / (n + 1).
        """
        if isinstance(strategy, BacktestResult):
            total = strategy.total_return
        elif isinstance(strategy, pd.Series):
            total = float((1.0 + strategy).prod() - 1.0)
        else:
            total = float(strategy)
        return rank_among(total, self.total_returns.to_numpy())

    def percentile(self, strategy: BacktestResult | pd.Series | float) -> float:
        """Return the share of random portfolios that did worse, 0..100."""
        return self.rank(strategy).percentile

    def p_value(self, strategy: BacktestResult | pd.Series | float) -> float:
        """Return how likely chance alone does at least as well, one-sided, never 0."""
        return self.rank(strategy).p_value


def random_benchmark(
    panel: Panel,
    *,
    n: int = 100,
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
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> RandomBenchmark:
    """Run n portfolios that pick their names at random, everything else as in the strategy.

    Each portfolio draws a fresh uniform score for every eligible name and session and is traded by
    ``TopK`` through Backtrader, with the same calendar, sizes, fees and refusals.

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
    n_jobs
        Processes; -1 for one a core, 1 for this process alone.
    progress
        Called with (portfolios done, n) as they finish.

    Returns
    -------
    RandomBenchmark
        Returns by portfolio.

    Raises
    ------
    ValueError
        If ``n`` is below 1, or as ``run_backtest`` does.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> chance = random_benchmark(panel, n=3, k=5, n_jobs=1)
    >>> chance.returns.shape, chance.rank(0.5).p_value
    ((60, 3), 0.25)
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number of portfolios >= 1, got {n!r}")
    settings = {"start": start, "end": end, "k": k, "rebalance": rebalance, "cash": cash, "fees": fees}
    settings |= {"exchange": exchange, "weights": weights, "max_weight": max_weight, "buffer": buffer}
    settings |= {"max_changes": max_changes, "min_holding": min_holding, "cash_reserve": cash_reserve}
    settings |= {"execution": execution, "gap": gap, "lot": lot, "tolerance": tolerance}
    settings |= {"listings": first_sessions(panel) if listings is None else listings}
    settings |= {"delistings": delistings, "recovery": recovery}
    market, mask = _eligible(_trimmed(panel, start, end), eligible)
    # Small batches: big enough to be worth a message between processes, small enough for a moving bar.
    batches = np.array_split(np.arange(n), max(1, min(n, max(n // 5, joblib.effective_n_jobs(n_jobs)))))
    jobs = (joblib.delayed(_run_batch)(market, mask, seed, batch, settings) for batch in batches)
    results: list[BacktestResult] = []
    finished: Any = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    for batch in finished:
        results.extend(batch)
        if progress is not None:
            progress(len(results), n)
    returns = pd.concat({number: result.returns for number, result in enumerate(results)}, axis=1)
    costs = pd.Series([result.costs for result in results], name="costs")
    return RandomBenchmark(returns, costs)


def random_scores(market: Panel, eligible: np.ndarray, seed: int, portfolio: int) -> pd.DataFrame:
    """Draw the scores of one random portfolio.

    Parameters
    ----------
    market
        The bars.
    eligible
        T x N mask of what may be picked.
    seed, portfolio
        Same pair, same draws.

    Returns
    -------
    pandas.DataFrame
        dates x symbols, uniform in [0, 1); NaN where not eligible.
    """
    own = np.random.SeedSequence(seed, spawn_key=(portfolio,)).generate_state(1, np.uint64)[0]
    return RandomSignal(seed=int(own)).predict(market).where(eligible)


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


def _run_batch(
    market: Panel, eligible: np.ndarray, seed: int, batch: np.ndarray, settings: dict
) -> list[BacktestResult]:
    with _quiet_collector():
        return [
            run_backtest(market, random_scores(market, eligible, seed, int(number)), record=False, **settings)
            for number in batch
        ]


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """Keep the garbage collector from walking over all that is loaded: it takes a fifth of a run."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
