"""An ordinary Backtrader program, CSV files and a crossing of averages, to which ``TopK`` is added.

Run it with ``python -m btalpha.scripts.examples.add_topk``; give it a folder of CSV files, one a stock and
named by its symbol (``date,open,high,low,close,volume``, adjusted prices), or none for a simulated market.
"""

# Backtrader's classes take their parameters through a metaclass, which type checkers cannot follow.
# pyright: reportCallIssue=false

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import backtrader as bt
import pandas as pd

from ...feeds import Panel, simulate_market
from ...signals import FactorSignal
from ...strategies import AShareBroker, Refusals, TopK


class AboveAverage(bt.Strategy):
    """Hold 100 shares of every stock that closes above its average."""

    params = (("period", 20),)

    def __init__(self) -> None:
        self.averages = {data._name: bt.ind.SMA(data, period=self.p.period) for data in self.datas}
        self.shares: Counter[str] = Counter()

    def notify_order(self, order: Any) -> None:
        """Count the shares that are this strategy's own."""
        if order.status == order.Completed:
            self.shares[order.data._name] += order.executed.size

    def next(self) -> None:
        """Buy what is above its average and not held, sell what is below it and held."""
        for data in self.datas:
            above, held = data.close[0] > self.averages[data._name][0], self.shares[data._name]
            if above and not held:
                self.buy(data, size=100)
            elif not above and held:
                self.sell(data, size=held)


def cerebro_of(folder: Path) -> Any:
    """Return the program as it was: CSV files, cash and a strategy."""
    cerebro = bt.Cerebro(stdstats=False)
    for path in sorted(folder.glob("*.csv")):
        feed = bt.feeds.GenericCSVData(dataname=str(path), dtformat="%Y-%m-%d", openinterest=-1)
        cerebro.adddata(feed, name=path.stem)
    cerebro.broker.setcash(1_000_000.0)
    cerebro.addstrategy(AboveAverage)
    return cerebro


def add_topk(cerebro: Any) -> None:
    """Add TopK to it, under the rules of the exchange: with the two imports, five lines."""
    cerebro.broker = AShareBroker(cash=1_000_000.0)
    cerebro.addstrategy(TopK, signal=FactorSignal("rev5"), k=5, rebalance=5, cash_reserve=0.5)
    cerebro.addanalyzer(Refusals)


def write_csv(panel: Panel, folder: Path) -> None:
    """Write the adjusted bars of a panel, one file a stock."""
    for symbol in panel.symbols:
        bars = {name: panel.adjusted(name)[symbol] for name in ("open", "high", "low", "close")}
        frame = pd.DataFrame({**bars, "volume": panel["volume"][symbol]})
        frame.dropna().to_csv(folder / f"{symbol}.csv")


def main(arguments: list[str] | None = None) -> None:
    """Run the program with TopK in it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="CSV files; without it a simulated market")
    folder = parser.parse_args(arguments).folder
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            folder = Path(temporary)
            write_csv(simulate_market(n_symbols=20, n_days=250, seed=1), folder)
        cerebro = cerebro_of(folder)
        add_topk(cerebro)
        averages, topk = cerebro.run()
    print(f"value at the end: {cerebro.broker.getvalue():,.0f} CNY")
    print(f"above their average: {sum(size > 0 for size in averages.shares.values())} stocks of 100 shares")
    print(f"held by TopK: {', '.join(f'{size} {name}' for name, size in topk.held().items())}")
    reasons = topk.analyzers.refusals.to_frame()["reason"].value_counts()
    print(f"not traded: {', '.join(f'{count} x {reason}' for reason, count in reasons.items()) or 'nothing'}")


if __name__ == "__main__":
    main()
