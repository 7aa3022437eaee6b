"""The engines that are compared, and the comparison of what they did."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from ...feeds import Panel
from ...feeds.long_format import PRICES
from ...strategies import PortfolioBroker
from ._feeds_market import BARS, Task
from ._feeds_strategy import hold

CASH = 10_000_000.0
"""Money at the start, CNY."""

Engine = Callable[[Panel], tuple[Any, Any]]
"""Takes the bars, returns the module that the strategy is made for and a Cerebro with feeds and broker."""


def btalpha(panel: Panel) -> tuple[Any, Any]:
    """Backtrader with the panel's feeds and the portfolio's broker."""
    module: Any = bt
    cerebro = module.Cerebro(stdstats=False)
    cerebro.broker = PortfolioBroker()
    panel.add_to(cerebro)
    return module, cerebro


def backtrader(panel: Panel) -> tuple[Any, Any]:
    """Backtrader as it is: ``PandasData`` and the default broker."""
    module: Any = bt
    cerebro = module.Cerebro(stdstats=False)
    for symbol, frame in frames(panel):
        cerebro.adddata(module.feeds.PandasData(dataname=frame), name=symbol)
    return module, cerebro


def backtrader_next(panel: Panel) -> tuple[Any, Any]:
    """The fork, with its own ``PandasData`` and broker; without its statistics, which the others lack."""
    fork = import_module("backtrader_next")
    cerebro = fork.Cerebro(stats=False)
    for symbol, frame in frames(panel):
        cerebro.adddata(fork.feeds.PandasData(dataframe=frame), name=symbol)
    return fork, cerebro


RIVALS: dict[str, Engine] = {"backtrader": backtrader, "backtrader-next": backtrader_next}


def frames(panel: Panel) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return the adjusted bars of each stock as a frame, without the days on which it has none."""
    arrays = {name: panel.adjusted_array(name) if name in PRICES else panel.array(name) for name in BARS}
    traded = panel.traded_array
    for column, symbol in enumerate(panel.symbols):
        rows = np.flatnonzero(traded[:, column])
        bars = {name: values[rows, column] for name, values in arrays.items()}
        yield symbol, pd.DataFrame(bars, index=panel.dates[rows])


@dataclass(frozen=True)
class Run:
    """What an engine did: the orders and fills by session and symbol, and the value after each bar."""

    seconds: float
    cpu_seconds: float
    orders: list[tuple[date, str, float]]
    fills: list[tuple[date, str, float, float]]
    values: np.ndarray
    refused: int


def run(engine: Engine, task: Task) -> Run:
    """Make the feeds and run the strategy; the time is that of both."""
    gc.collect()
    begin, cpu_begin = time.perf_counter(), time.process_time()
    module, cerebro = engine(task.panel)
    cerebro.broker.setcash(CASH)
    cerebro.addstrategy(hold(module, task))
    (strategy,) = cerebro.run()
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
    return Run(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        orders=[(module.num2date(when).date(), *rest) for when, *rest in strategy.orders],
        fills=[(module.num2date(when).date(), *rest) for when, *rest in strategy.fills],
        values=np.array(strategy.values),
        refused=strategy.refused,
    )


def compare(ours: Run, theirs: Run) -> dict[str, Any]:
    """Say whether two engines did the same to the last bit, and by how much they differ at most, CNY.

    A difference is None where there is nothing to subtract: other fills, or another number of bars.
    """
    same_fills = [fill[:2] for fill in ours.fills] == [fill[:2] for fill in theirs.fills]
    same_bars = len(ours.values) == len(theirs.values)
    prices = [np.array([fill[3] for fill in run.fills]) for run in (ours, theirs)]
    return {
        "identical": {
            "orders": ours.orders == theirs.orders,
            "fills": ours.fills == theirs.fills,
            "values": ours.values.tobytes() == theirs.values.tobytes(),
        },
        "largest_difference": {
            "fill_price": largest(*prices) if same_fills else None,
            "value": largest(ours.values, theirs.values) if same_bars else None,
        },
        "bars_that_differ": int((ours.values != theirs.values).sum()) if same_bars else None,
    }


def largest(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest absolute difference."""
    return float(np.abs(ours - theirs).max(initial=0.0))
