"""Random portfolios one by one through Backtrader: the slow way, which the twin is held against."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np
import pandas as pd

from ..feeds import Panel
from ..signals.models.random import RandomSignal
from .backtest import BacktestResult, run_backtest
from .trade_options import TradeOptions
from .twin.random_paths import seed_of

# (portfolios done, portfolios in all)
Progress = Callable[[int, int], None]


def event_paths(
    market: Panel,
    eligible: np.ndarray,
    options: TradeOptions,
    seed: int,
    n: int,
    n_jobs: int,
    progress: Progress | None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the daily returns, T x n, and the fees, CNY, of n random portfolios.

    Parameters
    ----------
    market
        The bars.
    eligible
        T x N mask of what may be picked.
    options
        How to trade.
    seed, n, n_jobs, progress
        As for :func:`~btalpha.strategies.random_benchmark`.
    """
    # Small batches: big enough to be worth a message between processes, small enough for a moving bar.
    batches = np.array_split(np.arange(n), max(1, min(n, max(n // 5, joblib.effective_n_jobs(n_jobs)))))
    jobs = (joblib.delayed(_run_batch)(market, eligible, seed, batch, options) for batch in batches)
    results: list[BacktestResult] = []
    finished: Any = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    for batch in finished:
        results.extend(batch)
        if progress is not None:
            progress(len(results), n)
    returns = pd.concat({number: result.returns for number, result in enumerate(results)}, axis=1)
    return returns, pd.Series([result.costs for result in results], name="costs")


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
    return RandomSignal(seed=seed_of(seed, portfolio)).predict(market).where(eligible)


def _run_batch(
    market: Panel, eligible: np.ndarray, seed: int, batch: np.ndarray, options: TradeOptions
) -> list[BacktestResult]:
    with _quiet_collector():
        return [
            run_backtest(
                market, random_scores(market, eligible, seed, int(number)), record=False, **vars(options)
            )
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
