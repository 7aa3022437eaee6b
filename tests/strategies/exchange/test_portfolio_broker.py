"""PortfolioBroker is Backtrader's own to the last bit, except where that trips up a portfolio."""

import math
from datetime import timedelta

import backtrader as bt
import numpy as np
import pytest
from btalpha.strategies import AShareBroker, PortfolioBroker

NAN = float("nan")
NAMES = ("A", "B", "C")
Order = bt.Order


# --- where Backtrader trips up --------------------------------------------------------------


def test_an_unaffordable_buy_is_refused_by_itself(trade, feed):
    # Both brokers: A is held, and 1,000 of B cost more than there is.
    plan = {1: [("A", 50)], 2: [("B", 1_000), ("A", -20), ("C", 10)]}
    outcomes = {}
    for kind in (bt.brokers.BackBroker, PortfolioBroker):
        trader = trade(kind(cash=1_000.0), plan, *(feed([10.0] * 4, name) for name in NAMES))
        outcomes[kind] = [trader.outcome(number)[:2] for number in range(1, 4)]
    assert outcomes[bt.brokers.BackBroker] == [("Margin", 0)] * 3
    assert outcomes[PortfolioBroker] == [("Margin", 0), ("Completed", -20), ("Completed", 10)]


def test_a_sale_pays_for_the_buy_behind_it(trade, feed):
    plan = {1: [("A", 100)], 2: [("A", -100), ("B", 90), ("C", 20)]}
    trader = trade(PortfolioBroker(cash=1_000.0), plan, *(feed([10.0] * 4, name) for name in NAMES))
    assert [trader.outcome(number)[:2] for number in range(1, 4)] == [
        ("Completed", -100),
        ("Completed", 90),
        ("Margin", 0),
    ]


@pytest.mark.parametrize("kind", [PortfolioBroker, AShareBroker])
def test_a_held_name_without_a_close_counts_at_its_last_price(trade, feed, kind):
    bars = [10.0, 10.0, 11.0, (11.0, 11.0, 11.0, NAN), NAN, 12.0, 12.0]
    plan = {1: [("A", 100)], 4: [("B", 100)], 5: [("A", -100)]}
    broker = kind(cash=10_000.0)
    broker.setcommission(commission=0.0)
    trader = trade(broker, plan, feed(bars, "A"), feed([10.0] * 7, "B"))
    assert trader.values == [10_000.0, 10_000.0, 10_100.0, 10_100.0, 10_100.0, 10_200.0, 10_200.0]
    assert trader.dealt() == [
        ("2024-01-03", 100, 10.0),
        ("2024-01-08", 100, 10.0),
        ("2024-01-09", -100, 12.0),
    ]


def test_value_of_one_name_without_a_close(trade, feed):
    broker = PortfolioBroker(cash=10_000.0)
    trader = trade(broker, {1: [("A", 100)]}, feed([10.0, 10.0, 11.0, NAN], "A"), feed([10.0] * 4, "B"))
    first, second = trader.datas
    assert broker.getvalue([first]) == 1_100.0  # what order_target_value asks for
    assert broker.getvalue([first, second]) == 10_100.0


@pytest.mark.parametrize("options", [{}, {"exectype": Order.Close}, {"valid": timedelta(days=9)}])
def test_nothing_is_filled_at_a_price_that_is_not_there(trade, feed, options):
    plan = {1: [("A", 10, options), ("B", 10)], 2: [("B", 5)]}
    trader = trade(PortfolioBroker(cash=1e4), plan, feed([10.0, NAN, 12.0, 12.0], "A"), feed([10.0] * 4, "B"))
    assert [(fill.name, *deal) for fill, deal in zip(trader.fills, trader.dealt(), strict=True)] == [
        ("B", "2024-01-03", 10, 10.0),
        ("A", "2024-01-04", 10, 12.0),
        ("B", "2024-01-04", 5, 10.0),
    ]
    assert all(map(math.isfinite, trader.values))


def test_a_reason_goes_when_the_order_is_complete(trade, feed):
    # At 20 CNY there is cash for 5 of 10; what is sold of B pays for the others.
    plan = {1: [("B", 10)], 2: [("A", 10)], 3: [("B", -10)]}
    bars = feed([10.0, 10.0, 20.0, 20.0, 20.0], "A")
    trader = trade(PortfolioBroker(cash=200.0), plan, feed([10.0] * 5, "B"), bars)
    assert [deal[:2] for deal in trader.dealt()] == [
        ("2024-01-03", 10),
        ("2024-01-04", 5),
        ("2024-01-05", -10),
        ("2024-01-08", 5),
    ]
    assert trader.outcome(1) == ("Completed", 10, None)


# --- to the last bit ------------------------------------------------------------------------


class Anything(bt.Strategy):
    """Sends orders of every kind, drawn by a seed, and records all that can be seen of the broker."""

    params = (("seed", 0), ("odds", 0.7), ("cash", False), ("shorts", False))

    def __init__(self):
        self.rng, self.log, self.sent = np.random.default_rng(self.p.seed), [], []
        self.first = None

    def next(self):
        broker = self.broker
        self.log.append((broker.getvalue(), broker.getcash(), broker.get_value_lever(), broker.fundvalue))
        self.log.append((broker.fundshares, broker.get_leverage(), broker.getvalue([self.data0])))
        self.log.append(
            tuple((self.getposition(data).size, self.getposition(data).price) for data in self.datas)
        )
        if self.p.cash and self.rng.random() < 0.2:
            broker.add_cash(float(self.rng.integers(-500, 1_000)))
        for data in self.datas:
            if self.rng.random() < self.p.odds:
                self.order_of(data)
        if self.sent and self.rng.random() < 0.3:
            self.cancel(self.sent[int(self.rng.integers(len(self.sent)))])

    def order_of(self, data):
        size, near = int(self.rng.integers(1, 40)), data.close[0] * float(self.rng.normal(1.0, 0.02))
        buys = self.rng.random() < 0.5
        if not (buys or self.p.shorts):
            size = min(size, int(self.getposition(data).size) // 4)
        if not size:
            return
        side = self.buy if buys else self.sell
        valid = None if self.rng.random() < 0.5 else timedelta(days=int(self.rng.integers(1, 6)))
        kind = int(self.rng.integers(0, 9))
        if kind == 7:
            send = self.buy_bracket if buys else self.sell_bracket
            step = 1 if buys else -1
            prices = {"limitprice": near * (1 + 0.03 * step), "stopprice": near * (1 - 0.03 * step)}
            self.sent += send(data=data, size=size, exectype=Order.Market, **prices)
        elif kind == 8:
            leader = side(data, size=size, exectype=Order.Limit, price=near, valid=valid)
            self.sent += [leader, side(data, size=size, exectype=Order.Limit, price=near * 0.98, oco=leader)]
        else:
            trail = {"trailpercent": 0.02} if kind in (Order.StopTrail, Order.StopTrailLimit) else {}
            price = None if kind in (Order.Market, Order.Close) else near
            self.sent.append(
                side(data, size=size, exectype=kind, price=price, plimit=None if price is None else near * 1.01,
                     valid=valid, **trail)
            )  # fmt: skip

    def notify_order(self, order):
        if self.first is None:
            self.first = order.ref
        bits = [tuple(vars(bit).items()) for bit in order.executed.iterpending()]
        bits = [tuple((name, value) for name, value in bit if name != "fees") for bit in bits]
        self.log.append(
            (order.ref - self.first, order.status, order.executed.remsize, order.executed.comm, bits)
        )

    def notify_trade(self, trade):
        self.log.append((trade.status, trade.size, trade.pnl, trade.pnlcomm, trade.value))


class OwnInterest(bt.CommInfoBase):
    """Interest as Backtrader's documentation has it overridden: a fee a day, without the parameter."""

    params = (("stocklike", True), ("commission", 0.001), ("percabs", True), ("interest_long", True))

    def _get_credit_interest(self, data, size, price, days, dt0, dt1):
        return 0.013 * days


def plain(broker):
    broker.setcommission(commission=0.002)


def slipping(broker):
    broker.setcommission(commission=0.001)
    broker.set_slippage_perc(0.004, slip_open=True)


def slipping_to_nowhere(broker):
    broker.set_slippage_fixed(0.3, slip_open=True, slip_match=False)


def unchecked(broker):
    broker.setcommission(commission=0.001)
    broker.set_checksubmit(False)


def futures(broker):
    broker.setcommission(commission=2.0, margin=50.0, mult=3.0)


def leveraged(broker):
    broker.setcommission(commission=0.001, leverage=2.0, percabs=True, stocklike=True)


def interest(broker):
    broker.setcommission(commission=0.001, interest=0.07, interest_long=True, percabs=True, stocklike=True)


def own_interest(broker):
    broker.addcommissioninfo(OwnInterest())


def mixed(broker):
    interest(broker)
    broker.setcommission(commission=2.0, margin=50.0, mult=3.0, name="B")


def shorting(broker):
    broker.setcommission(commission=0.001, interest=0.05, percabs=True, stocklike=True)
    broker.set_shortcash(False)


def fund(broker):
    broker.set_fundmode(True, 10.0)


def at_the_close(broker):
    broker.set_coc(True)


def filling(broker):
    broker.set_filler(bt.broker.fillers.FixedSize(size=9))


SETTINGS = [plain, slipping, slipping_to_nowhere, unchecked, futures, leveraged, interest, own_interest]
SETTINGS += [mixed, shorting, fund, at_the_close, filling]


def record(kind, setting, seed, feed, **params):
    rng = np.random.default_rng([seed, 1])
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker = kind(cash=1e7)
    setting(cerebro.broker)
    for name in NAMES:
        level = 10 * np.exp(np.cumsum(rng.normal(0, 0.02, 40)))
        opened, closed = (level * np.exp(rng.normal(0, 0.01, 40)) for _ in range(2))
        high, low = np.maximum(opened, closed) * 1.01, np.minimum(opened, closed) * 0.99
        without = sorted(rng.choice(np.arange(2, 43), 3, replace=False).tolist())
        cerebro.adddata(feed(list(zip(opened, high, low, closed, strict=True)), name, without=without))
    cerebro.addstrategy(Anything, seed=seed, cash=setting is fund, **params)
    return cerebro.run()[0].log


@pytest.mark.parametrize("shorts", [False, True], ids=["long", "short"])
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.__name__)
def test_same_as_backtraders_broker_to_the_last_bit(feed, setting, shorts):
    for seed in range(2):
        theirs, ours = (
            record(kind, setting, seed, feed, shorts=shorts)
            for kind in (bt.brokers.BackBroker, PortfolioBroker)
        )
        assert sum(len(entry) == 5 and entry[1] == Order.Completed for entry in theirs) > 20
        assert len(ours) == len(theirs)
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert one == other, f"seed {seed}, entry {number}"
