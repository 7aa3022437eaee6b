"""A market with gaps, and what is to be held in it: the task that every engine of the benchmark gets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...feeds import Panel

GAPS = 0.02
"""Share of the days on which a stock is suspended: it has no bar."""
BLOCK = 500
"""Stocks that are made at a time, so that little more memory is used than the market needs."""
BARS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Task:
    """What is to be traded: the bars, how many names are held, and the ranking of each rebalance."""

    panel: Panel
    held: int
    ranking: Mapping[int, list[str]]
    """Best names first, by the number of the session."""


def make_task(panel: Panel, *, held: int, every: int) -> Task:
    """Rank the stocks at random, every so many sessions; the same panel gives the same ranking."""
    draw, symbols = np.random.default_rng(1), panel.symbols.to_numpy()
    # More names than are held, because those without a bar on the day are passed over.
    ranking = {
        session: draw.permutation(symbols)[: 20 * held].tolist() for session in range(0, len(panel), every)
    }
    return Task(panel=panel, held=held, ranking=ranking)


def market(stocks: int, bars: int) -> Panel:
    """Return random walks of 2 % a day, CNY, whose bars are missing on 2 % of the days."""
    draw = np.random.default_rng(0)
    arrays = {name: np.empty((bars, stocks)) for name in (*BARS, "factor")}
    for first in range(0, stocks, BLOCK):
        columns = slice(first, min(first + BLOCK, stocks))
        for name, values in _block(draw, (bars, columns.stop - first)):
            arrays[name][:, columns] = values
    return Panel(
        dates=pd.bdate_range("2010-01-04", periods=bars, name="date"),
        symbols=pd.Index([f"{number:06d}.SH" for number in range(stocks)], name="symbol"),
        arrays=arrays,
    )


def _block(draw: np.random.Generator, shape: tuple[int, int]) -> Iterator[tuple[str, np.ndarray]]:
    gap = draw.random(shape) < GAPS
    close = 10.0 * np.exp(draw.normal(0.0, 0.02, shape).cumsum(axis=0))
    start = close * np.exp(draw.normal(0.0, 0.005, shape))
    values = {
        "open": start,
        "high": 1.002 * np.maximum(start, close),
        "low": 0.998 * np.minimum(start, close),
        "close": close,
        "volume": draw.integers(100_000, 1_000_000, shape).astype(float),
        "factor": np.ones(shape),
    }
    for name, array in values.items():
        array[gap] = np.nan
        yield name, array
