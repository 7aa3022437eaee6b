"""Brokers: fees by date, totals by kind, cash that runs short, dropped positions, parity with BackBroker."""

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.strategies import AShareBroker, AShareFees, FeeSchedule, PortfolioBroker


def feed(prices, start="2023-08-23", name="A"):
    prices = np.asarray(prices, dtype=float)
    index = pd.bdate_range(start, periods=len(prices))
    frame = pd.DataFrame(
        {"open": prices, "high": prices, "low": prices, "close": prices, "volume": 1e6}, index=index
    )
    return bt.feeds.PandasData(dataname=frame, name=name)


class Orders(bt.Strategy):
    """Sends orders {bar: [(feed, size)]} and notes what becomes of them."""

    params = (("orders", {}),)

    def __init__(self):
        self.done, self.values = [], []

    def next(self):
        self.values.append(self.broker.getvalue())
        for name, size in self.p.orders.get(len(self), []):
            data = self.getdatabyname(name)
            self.buy(data, size=size) if size > 0 else self.sell(data, size=-size)

    def notify_order(self, order):
        self.done.append((order.data._name, order.getstatusname(), order.executed.size, order.executed.comm))

    def filled(self):
        return [(name, size, comm) for name, status, size, comm in self.done if status == "Completed"]


def run(broker, orders, *feeds):
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker = broker
    for data in feeds:
        cerebro.adddata(data)
    cerebro.addstrategy(Orders, orders=orders)
    return cerebro.run()[0], broker


def test_stamp_duty_halves_between_two_sales():
    # Bars: 23, 24, 25, 28, 29 August 2023; the sales fill on the 25th and on the 28th.
    orders = {1: [("A", 20_000)], 2: [("A", -10_000)], 3: [("A", -10_000)]}
    strategy, broker = run(AShareBroker(cash=300_000.0), orders, feed([10.0] * 5))
    fees = [comm for _, _, comm in strategy.filled()]
    assert fees == pytest.approx([60 + 2, 30 + 100 + 1, 30 + 50 + 1])
    assert broker.get_fees() == pytest.approx({"commission": 120.0, "stamp_duty": 150.0, "transfer_fee": 4.0})
    assert broker.getcash() == pytest.approx(300_000.0 - 274.0)


def test_own_rates_and_a_scheme_for_one_name():
    free = AShareFees(schedule=FeeSchedule(commission=0.0, minimum=0.0))
    broker = AShareBroker(cash=1e6, fees=free)
    broker.addcommissioninfo(bt.CommInfoBase(commission=0.01, percabs=True, stocklike=True), name="B")
    orders = {1: [("A", 100), ("B", 100)]}
    strategy, broker = run(broker, orders, feed([10.0] * 3), feed([10.0] * 3, name="B"))
    assert strategy.filled() == [("A", 100, pytest.approx(0.01)), ("B", 100, pytest.approx(10.0))]
    assert broker.get_fees() == pytest.approx({"commission": 10.0, "stamp_duty": 0.0, "transfer_fee": 0.01})


def test_commission_set_on_the_broker_stays():
    broker = AShareBroker(cash=1e6)
    broker.setcommission(commission=0.5)
    strategy, _ = run(broker, {1: [("A", 10)]}, feed([10.0] * 3))
    assert strategy.filled() == [("A", 10, 50.0)]


def test_buy_that_the_cash_does_not_suffice_for_fills_in_part():
    # The price doubles over night: 100 were affordable, 50 are, and their fee takes one more.
    broker = PortfolioBroker(cash=1_010.0)
    broker.setcommission(commission=0.001)
    strategy, broker = run(broker, {1: [("A", 100)]}, feed([10.0, 20.0, 20.0]))
    partial = [row for row in strategy.done if row[1] == "Partial"]
    assert partial[0][2] == 50
    assert broker.getcash() == pytest.approx(1_010.0 - 1_000.0 - 1.0)
    assert not [row for row in strategy.done if row[1] == "Margin"]


@pytest.mark.parametrize("cash", [1_000.0, 1_000.9, 1_001.0, 1_019.0])
def test_partial_fill_is_the_most_that_cash_allows(cash):
    broker = PortfolioBroker(cash=cash)
    broker.setcommission(commission=0.001)
    _, broker = run(broker, {1: [("A", 90)]}, feed([10.0, 20.0]))
    size = sum(position.size for position in broker.positions.values())
    assert size * 20.0 * 1.001 <= cash < (size + 1) * 20.0 * 1.001
    assert broker.getcash() >= 0.0


def test_a_users_own_filler_comes_first():
    broker = PortfolioBroker(cash=1_000.0)
    broker.set_filler(bt.broker.fillers.FixedSize(size=7))
    strategy, _ = run(broker, {1: [("A", 20)]}, feed([10.0] * 4))
    assert [row[2] for row in strategy.done if row[1] in ("Partial", "Completed")] == [7, 14, 20]


def test_same_as_backtraders_broker_where_the_cash_suffices():
    rng = np.random.default_rng(3)
    prices = {name: 10 * np.exp(np.cumsum(rng.normal(0, 0.02, 60))) for name in "ABC"}
    orders = {
        bar: [(str(rng.choice(list("ABC"))), int(rng.integers(-300, 400) or 1)) for _ in range(3)]
        for bar in range(1, 60, 2)
    }
    results = []
    for kind in (bt.brokers.BackBroker, PortfolioBroker):
        broker = kind(cash=1e6)
        broker.setcommission(commission=0.002)
        strategy, broker = run(broker, orders, *(feed(prices[name], name=name) for name in "ABC"))
        results.append((strategy.done, strategy.values, broker.getcash(), broker.getvalue()))
    assert results[0] == results[1]
    assert len(results[0][0]) > 100


def test_positions_sold_out_are_dropped():
    orders = {1: [("A", 10), ("B", 10)], 2: [("A", -10)], 4: [("A", 5)]}
    _, broker = run(PortfolioBroker(cash=1e4), orders, feed([10.0] * 4), feed([10.0] * 4, name="B"))
    assert [data._name for data in broker.positions] == ["B"]
    assert broker.getvalue() == 1e4
