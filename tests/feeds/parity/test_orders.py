"""Random orders of every type: each notification and every bar's account are the same for both feeds."""

import datetime as dt
import random

import backtrader as bt
import pytest

CEREBRO = {
    "runonce": {},
    "next by next": {"runonce": False},
    "preload off": {"preload": False},
    "cheat_on_open": {"cheat_on_open": True},
    "quicknotify": {"quicknotify": True},
    "tradehistory": {"tradehistory": True},
}
BROKERS = {
    "plain": {},
    "slippage": {"slip_perc": 0.01, "slip_open": True, "slip_out": True},
    "fixed slippage within the bar": {"slip_fixed": 0.05, "slip_match": False, "slip_limit": False},
    "cheat on close": {"coc": True},
    "end of session bar": {"eosbar": True},
    "unchecked, short of cash": {"checksubmit": False, "shortcash": False, "cash": 3_000.0},
    "a share of the volume": {"filler": bt.fillers.FixedBarPerc(perc=0.001)},
    "spread over the bar": {"filler": bt.fillers.BarPointPerc(minmov=0.01, perc=0.05)},
    "a fund": {"fundmode": True, "fundstartval": 50.0},
}
TYPES = ["Market", "Close", "Limit", "Stop", "StopLimit", "StopTrail", "StopTrailLimit"]


class Gambler(bt.Strategy):
    """Draws orders of every type from a seed and notes all that it is told."""

    params = (("seed", 1), ("share", 0.15))

    def __init__(self):
        self.rng = random.Random(self.p.seed)
        self.told, self.account, self.refs, self.open_orders, self.used = [], [], {}, [], set()

    def number(self, kind: str, ref: int) -> int:
        """Numbers in order of appearance: Backtrader counts orders over all runs."""
        return self.refs.setdefault((kind, ref), len(self.refs))

    def prenext(self):
        self.next()

    def next(self):
        self.account.append([len(self), self.broker.getvalue(), self.broker.getcash(), self.broker.fundvalue])
        self.account[-1] += [
            [self.getposition(data).size, self.getposition(data).price] for data in self.datas
        ]
        self.account[-1] += [self.broker.get_value([data]) for data in self.datas if len(data)]
        if not self.env.p.cheat_on_open:
            self.gamble()

    def next_open(self):
        self.gamble()

    def gamble(self):
        for data in self.datas:
            if len(data) and self.rng.random() < self.p.share:
                self.draw(data)
        alive = [order for order in self.open_orders if order.alive()]
        if alive and self.rng.random() < 0.1:
            self.cancel(self.rng.choice(alive))
        self.open_orders = alive

    def draw(self, data):
        way = self.rng.choice(["single"] * 6 + ["bracket", "oco", "target", "close"])
        self.used.add(way)
        getattr(self, f"draw_{way}")(data)

    def draw_single(self, data, **kwargs):
        kind = self.rng.choice(TYPES)
        self.used.add(kind)
        close, noise = data.close[0], self.rng.uniform(-0.03, 0.03)
        options = {"exectype": getattr(bt.Order, kind), "size": self.rng.randint(1, 60), **kwargs}
        if kind in ("Limit", "Stop", "StopLimit"):
            options["price"] = close * (1.0 + noise)
        if kind == "StopLimit":
            options["plimit"] = close * (1.0 + self.rng.uniform(-0.03, 0.03))
        if kind.startswith("StopTrail"):
            trail = {"trailamount": close * 0.02} if noise > 0.0 else {"trailpercent": 0.03}
            options |= trail
        if kind == "StopTrailLimit":
            options |= {"price": close, "plimit": close * (1.0 + noise)}
        options["valid"] = self.rng.choice([None, None, *self.validities(data)])
        self.open_orders.append(self.rng.choice([self.buy, self.sell])(data, **options))

    def validities(self, data):
        return [
            dt.timedelta(days=5),
            dt.timedelta(0),
            data.datetime.datetime(0) + dt.timedelta(days=9),
            bt.Order.DAY,
        ]

    def draw_oco(self, data):
        first = self.buy(data, size=20, exectype=bt.Order.Limit, price=data.close[0] * 0.98)
        self.open_orders.append(first)
        self.draw_single(data, oco=first)
        self.draw_single(data, oco=first)

    def draw_bracket(self, data):
        make = self.rng.choice([self.buy_bracket, self.sell_bracket])
        side = 1.0 if make == self.buy_bracket else -1.0
        close = data.close[0]
        prices = {
            "price": close,
            "limitprice": close * (1.0 + 0.03 * side),
            "stopprice": close * (1.0 - 0.03 * side),
        }
        kinds = {"exectype": self.rng.choice([bt.Order.Market, bt.Order.Limit])}
        self.open_orders += make(data, size=30, **prices, **kinds)

    def draw_target(self, data):
        order = self.rng.choice([self.order_target_percent, self.order_target_value, self.order_target_size])
        target = {self.order_target_percent: 0.1, self.order_target_value: 900.0, self.order_target_size: -20}
        self.open_orders += [made for made in [order(data, target[order])] if made]

    def draw_close(self, data):
        self.open_orders += [made for made in [self.close(data)] if made]

    def notify_order(self, order):
        row = [
            "order",
            self.number("order", order.ref),
            order.data._name,
            order.getordername(),
            order.ordtypename(),
        ]
        row += [order.getstatusname(), order.size, order.price, order.pricelimit, order.valid, order.dteos]
        row += [order.triggered, order.alive(), *self.details(order.created), *self.details(order.executed)]
        self.told.append([*row, [self.bit(bit) for bit in order.executed.exbits]])

    def details(self, data):
        fields = ["dt", "size", "price", "pricelimit", "trailamount", "trailpercent", "value", "comm", "pnl"]
        return [getattr(data, field) for field in [*fields, "pclose", "remsize", "margin", "psize", "pprice"]]

    def bit(self, bit):
        values = [bit.closed, bit.opened, bit.closedvalue, bit.openedvalue, bit.closedcomm, bit.openedcomm]
        return [bit.dt, bit.size, bit.price, *values, bit.pnl, bit.psize, bit.pprice]

    def notify_trade(self, trade):
        row = [
            "trade",
            self.number("trade", trade.ref),
            trade.data._name,
            trade.status,
            trade.size,
            trade.price,
        ]
        row += [
            trade.value,
            trade.commission,
            trade.pnl,
            trade.pnlcomm,
            trade.barlen,
            trade.baropen,
            trade.barclose,
        ]
        history = [[*entry.status.values(), entry.event.size, entry.event.price] for entry in trade.history]
        self.told.append([*row, trade.dtopen, trade.dtclose, trade.isopen, trade.long, history])

    def notify_cashvalue(self, cash, value):
        self.told.append(["cash", cash, value])

    def notify_fund(self, cash, value, fundvalue, shares):
        self.told.append(["fund", cash, value, fundvalue, shares])


def gamble(source, seed=1, broker=None, sizer=None, **modes):
    cerebro = bt.Cerebro(stdstats=False, **modes)
    source.add_all(cerebro)
    cerebro.broker = bt.brokers.BackBroker(**(broker or {}))
    cerebro.broker.setcommission(commission=0.001)
    cerebro.broker.setcommission(commission=2.0, margin=50.0, mult=3.0, name=source.symbols[0])
    if sizer:
        cerebro.addsizer(sizer)
    cerebro.addstrategy(Gambler, seed=seed)
    (strategy,) = cerebro.run()
    assert {*TYPES, "single", "bracket", "oco", "target", "close"} <= strategy.used
    return [strategy.told, strategy.account, cerebro.broker.getvalue()]


@pytest.mark.parametrize("modes", CEREBRO.values(), ids=CEREBRO)
def test_random_orders_in_every_mode(same, modes):
    told, account, _ = same(gamble, **modes)
    states = {row[5] for row in told if row[0] == "order"}
    assert {"Submitted", "Accepted", "Completed", "Canceled", "Expired"} <= states
    assert {row[0] for row in told} == {"order", "trade", "cash", "fund"}
    assert len(account) == 128


@pytest.mark.parametrize("broker", BROKERS.values(), ids=BROKERS)
def test_random_orders_with_every_setting_of_the_broker(same, broker):
    told, _, _ = same(gamble, seed=2, broker=broker)
    assert sum(row[0] == "trade" for row in told) > 20


@pytest.mark.parametrize("seed", range(3, 7))
def test_random_orders_of_further_seeds(same, seed):
    assert len(same(gamble, seed=seed)[0]) > 500


@pytest.mark.parametrize("sizer", [bt.sizers.PercentSizer, bt.sizers.AllInSizerInt, bt.sizers.FixedSize])
def test_sizers(same, sizer):
    assert same(gamble, seed=8, sizer=sizer)[0]


def test_orders_and_funds_of_the_past(same):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False, runonce=False)  # with runonce Backtrader lacks a clock for them
        source.add_all(cerebro)
        names = source.symbols
        past = [
            ["2015-02-27", 30, 20.5, names[0]],
            ["2015-03-10", 10, 31.0, names[1]],
            ["2015-04-01", -30, 22.0],
        ]
        cerebro.add_order_history(past, notify=True)
        cerebro.set_fund_history([["2015-01-05", 100.0, 1_000.0], ["2015-03-02", 110.0, 1_300.0]])
        cerebro.addstrategy(Gambler, share=0.0)
        (strategy,) = cerebro.run()
        return [strategy.told, strategy.account]

    told, _ = same(run)
    assert sum(row[0] == "order" for row in told) >= 3
