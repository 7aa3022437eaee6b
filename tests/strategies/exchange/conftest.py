"""Feeds and panels of a few bars, and a trader that sends its orders on given steps."""

from types import SimpleNamespace

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel

# Tuesday; the sessions after it are 3, 4, 5, 8, 9, 10, 11, 12, 15 January.
START = "2024-01-02"


class Facts(bt.feeds.PandasData):
    """Bars with what the exchange says beside them."""

    lines = ("pre_close", "is_st")
    params = (("pre_close", -1), ("is_st", -1))


def four_prices(bar):
    """Return open, high, low and close of a bar that is given by all of them or by one price."""
    return tuple(bar) if isinstance(bar, tuple | list) else (bar,) * 4


def frame_of(bars, dates, columns):
    frame = pd.DataFrame([four_prices(bar) for bar in bars], columns=["open", "high", "low", "close"])
    frame["volume"] = 1e6
    return frame.assign(**columns).astype(float).set_index(dates)


def make_feed(bars, name, *, start=START, without=(), hours=0.0, **columns):
    """Make a feed of bars on consecutive weekdays, those numbered in ``without`` (from 1) left out."""
    dates = pd.bdate_range(start, periods=len(bars) + len(without))
    dates = dates.delete([number - 1 for number in without]) + pd.Timedelta(hours=hours)
    kind = Facts if {"pre_close", "is_st"} <= set(columns) else bt.feeds.PandasData
    return kind(dataname=frame_of(bars, dates, columns), name=name)


def make_panel(names, *, start=START):
    """Make a panel from ``{symbol: (bars, columns)}``; a bar that is None is a day without a bar."""
    tables = []
    for symbol, (bars, columns) in names.items():
        there = [number for number, bar in enumerate(bars) if bar is not None]
        dates = pd.bdate_range(start, periods=len(bars))[there]
        picked = {
            name: np.array(values)[there] if isinstance(values, list) else values
            for name, values in columns.items()
        }
        table = frame_of([bars[number] for number in there], dates, picked)
        tables.append(table.rename_axis("date").reset_index().assign(symbol=symbol))
    return Panel.from_long(pd.concat(tables))


class Trader(bt.Strategy):
    """Sends the orders of ``{step: [(name, size, options), ...]}`` and notes what becomes of them."""

    params = (("plan", None),)

    def __init__(self):
        self.step = 0
        self.orders, self.fills, self.notes, self.trades, self.values = [], [], [], [], []

    def next(self):
        self.step += 1
        self.values.append(self.broker.getvalue())
        for name, size, *options in self.p.plan.get(self.step, []):
            side = self.buy if size > 0 else self.sell
            self.orders.append(side(self.getdatabyname(name), size=abs(size), **dict(*options)))

    def prenext(self):
        self.next()

    def notify_order(self, order):
        # The step on whose bar the news comes: it comes before next.
        self.notes.append((self.step + 1, order.data._name, order.getstatusname()))
        for bit in order.executed.iterpending():
            day = order.data.num2date(bit.dt).date().isoformat()
            self.fills.append(SimpleNamespace(day=day, ref=order.ref, name=order.data._name, **vars(bit)))

    def notify_trade(self, trade):
        self.trades.append((trade.data._name, trade.isclosed, trade.pnl))

    def outcome(self, number=0):
        """Return the status of an order, what was filled of it, and why not more."""
        order = self.orders[number]
        reason = order.info.get("refusal")
        return order.getstatusname(), order.executed.size, None if reason is None else reason.name

    def dealt(self):
        """Return day, size and price of every fill."""
        return [(fill.day, fill.size, fill.price) for fill in self.fills]


def run_trades(broker, plan, *sources, more=(), **modes):
    """Run a trader (and one more for each plan in ``more``) on feeds or panels; return the first."""
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker = broker
    for source in sources:
        source.add_to(cerebro) if isinstance(source, Panel) else cerebro.adddata(source)
    for each in (plan, *more):
        cerebro.addstrategy(Trader, plan=each)
    traders = cerebro.run(**modes)
    return traders if more else traders[0]


@pytest.fixture
def feed():
    """Make a feed of bars; see ``make_feed``."""
    return make_feed


@pytest.fixture
def panel():
    """Make a panel of bars; see ``make_panel``."""
    return make_panel


@pytest.fixture
def trade():
    """Run orders through a Cerebro; see ``run_trades``."""
    return run_trades
