"""TopK in company: other strategies, subclasses with hooks and indicators, several at once, optstrategy."""

import importlib.util
from pathlib import Path

import backtrader as bt
import pytest
from btalpha.strategies import (
    AShareBroker,
    AShareFees,
    FeeSchedule,
    PortfolioBroker,
    Refusals,
    TopK,
    Trades,
    Values,
)

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
FLAT, NAN, frame, make_panel = cases.FLAT, cases.NAN, cases.frame, cases.make_panel
trades = cases.trades
FOUR = {**FLAT, "D": [8.0] * 12}
FREE = AShareFees(schedule=FeeSchedule(commission=0.0, minimum=0.0))
BROKERS = [bt.brokers.BackBroker, PortfolioBroker, lambda: AShareBroker(fees=FREE)]
# A from the 4th, B from the 11th on.
TURN = frame({0: {"A": 1.0, "B": NAN}, 5: {"A": NAN, "B": 1.0}})
ALONE = [(5, "A", 40, 10.0), (12, "A", -40, 10.0), (12, "B", 20, 20.0)]


class Other(bt.Strategy):
    """Buys and sells on its own account by a table {bar: [(name, size)]}."""

    params = (("orders", None),)

    def next(self):
        for name, size in (self.p.orders or {}).get(len(self), []):
            (self.buy if size > 0 else self.sell)(self.getdatabyname(name), size=abs(size))


def neighbours(orders, *, broker, first=True, **options):
    cerebro = cases.build(make_panel(FOUR), broker=broker, cash=1_002.0)
    options = {"scores": TURN, "k": 1, "rebalance": 5, "cash_reserve": 0.6, "gap": 0.0, **options}
    kinds = [(Other, {"orders": orders}), (TopK, options)]
    for kind, params in kinds if first else kinds[::-1]:
        cerebro.addstrategy(kind, **params)
    cerebro.addanalyzer(Trades, _name="Trades")
    results = cerebro.run()
    return results if first else results[::-1]


@pytest.mark.parametrize("broker", BROKERS, ids=["BackBroker", "PortfolioBroker", "AShareBroker"])
@pytest.mark.parametrize("first", [True, False])
def test_names_of_another_strategy_are_left_alone(broker, first):
    other, topk = neighbours({2: [("D", 5)], 8: [("D", -2)]}, broker=broker(), first=first)
    assert trades(topk)[0] == ALONE[0]
    assert trades(other) == [(6, "D", 5, 8.0), (14, "D", -2, 8.0)]
    assert topk.held().keys() == {"B"}
    assert other.getpositionbyname("D").size == 3


@pytest.mark.parametrize("broker", BROKERS, ids=["BackBroker", "PortfolioBroker", "AShareBroker"])
@pytest.mark.parametrize("first", [True, False])
def test_shares_of_the_same_name_are_left_alone(broker, first):
    # The other holds 7 A and 3 B when TopK buys and sells its own.
    other, topk = neighbours({1: [("A", 7)], 2: [("B", 3)], 10: [("A", 1)]}, broker=broker(), first=first)
    assert [row for row in trades(topk) if row[1] == "A"] == ALONE[:2]
    held = topk.held()
    assert held.keys() == {"B"}
    assert topk.getpositionbyname("A").size == 7 + 1
    assert topk.getpositionbyname("B").size == 3 + held["B"]
    assert {row[:2] for row in trades(other)} == {(5, "A"), (6, "B"), (18, "A")}


def test_the_value_that_topk_spends_is_its_own_positions_and_the_cash():
    # 700 of 1000 are in D, which is not TopK's: at the close of the 11th there are 300 to go by.
    options = {"cash_reserve": 0.0, "scores": TURN.iloc[1:], "k": 1}
    _, topk = neighbours({2: [("D", 87)]}, broker=bt.brokers.BackBroker(), **options)
    assert trades(topk) == [(12, "B", 15, 20.0)]


class Busy(TopK):
    """Uses every hook that Backtrader has, an indicator of each feed, and a timer."""

    def __init__(self, **unknown):
        super().__init__(**unknown)
        self.averages = [bt.ind.SMA(data, period=4) for data in self.datas]
        self.calls = {}
        self.add_timer(bt.timer.SESSION_START)

    def note(self, name):
        self.calls[name] = self.calls.get(name, 0) + 1

    def notify_order(self, order):
        self.note("order")

    def notify_trade(self, trade):
        self.note("trade")

    def notify_cashvalue(self, cash, value):
        self.note("cashvalue")

    def notify_fund(self, cash, value, fundvalue, shares):
        self.note("fund")

    def notify_data(self, data, status, *args, **kwargs):
        self.note("data")

    def notify_store(self, msg, *args, **kwargs):
        self.note("store")

    def notify_timer(self, timer, when, *args, **kwargs):
        self.note("timer")

    def nextstart(self):
        self.note("nextstart")
        super().nextstart()

    def next(self):
        self.note("next")
        super().next()


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"exactbars": 1}], ids=str)
def test_a_subclass_may_use_every_hook(modes):
    closes = {**FOUR, "D": [NAN] * 3 + [8.0] * 9} if not modes.get("exactbars") else FOUR
    options = {"scores": TURN, "k": 1, "rebalance": 5, "cash_reserve": 0.6, "gap": 0.0, "cash": 1_002.0}
    plain = cases.run(make_panel(closes), **options)
    busy = cases.run(make_panel(closes), strategy=Busy, modes=modes, **options)
    assert trades(busy) == trades(plain) == ALONE
    assert busy.held() == plain.held() == {"B": 20}
    # Three orders, each submitted, accepted and completed; A is opened and closed, B is opened.
    assert (busy.calls["order"], busy.calls["trade"]) == (9, 3)
    assert busy.calls["cashvalue"] == busy.calls["fund"] == busy.calls["next"] == 12
    assert busy.calls["nextstart"] == 1
    assert busy.averages[0][0] == 10.0


@pytest.mark.parametrize("stdstats", [False, True])
@pytest.mark.parametrize("maxcpus", [1, 2])
def test_optstrategy_over_k_and_buffer(maxcpus, stdstats):
    scores = frame(
        {0: dict(zip("ABCD", (4, 3, 2, 1), strict=True)), 3: dict(zip("ABCD", (2, 3, 4, 1), strict=True))}
    )
    cerebro = bt.Cerebro(stdstats=stdstats, maxcpus=maxcpus)
    make_panel(FOUR).add_to(cerebro)
    cerebro.optstrategy(TopK, scores=[scores], k=(1, 2), buffer=(0, 1), rebalance=3, gap=0.0)
    for analyzer in (Trades, Refusals, Values):
        cerebro.addanalyzer(analyzer, _name=analyzer.__name__)
    found = {}
    for (run,) in cerebro.run():
        rows = run.analyzers.Trades.rows
        found[run.params.k, run.params.buffer] = [(row[0].day, row[1], row[2] > 0) for row in rows]
        assert run.analyzers.Refusals.rows == []
        assert len(run.analyzers.Values.rows) == 12
    enter = [(5, "A", True), (5, "B", True)]
    assert found == {
        # On the 7th the order is C, B, A, D.
        (1, 0): [enter[0], (8, "A", False), (8, "C", True)],
        (1, 1): [enter[0], (8, "A", False), (8, "C", True)],
        (2, 0): [*enter, (8, "A", False), (8, "C", True)],
        (2, 1): enter,
    }


def test_several_with_different_options_in_one_cerebro():
    scores = frame(
        {0: dict(zip("ABCD", (4, 3, 2, 1), strict=True)), 5: dict(zip("ABCD", (1, 2, 3, 4), strict=True))}
    )
    options = [
        {"k": 1},
        {"k": 2, "weights": "score"},
        {"k": 1, "min_holding": 50},
        {"k": 1, "symbols": ["C", "D"]},
        {"k": 1, "start": "2016-01-11"},
    ]
    cerebro = cases.build(make_panel(FOUR), cash=100_000.0)
    for each in options:
        cerebro.addstrategy(TopK, scores=scores, rebalance=5, cash_reserve=0.9, **each)
    for analyzer in (Trades, Refusals):
        cerebro.addanalyzer(analyzer, _name=analyzer.__name__)
    with pytest.warns(UserWarning, match="2 of 4 symbols in scores have no feed"):
        results = cerebro.run()
    names = [[(day, name) for day, name, size, _ in trades(each) if size > 0] for each in results]
    assert names == [
        [(5, "A"), (12, "D")],
        [(5, "A"), (5, "B"), (12, "D"), (12, "C")],
        [(5, "A")],
        [(5, "C"), (12, "D")],
        [(12, "D")],
    ]
    assert [sorted(each.held()) for each in results] == [["D"], ["C", "D"], ["A"], ["D"], ["D"]]
    assert [len(each.refusals) for each in results] == [0, 0, 2, 0, 0]
    total = {name: sum(each.held().get(name, 0) for each in results) for name in "ABCD"}
    assert total == {name: results[0].getpositionbyname(name).size for name in "ABCD"}


def test_a_run_again_begins_anew():
    cerebro = cases.build(make_panel(FOUR), cash=1_002.0)
    cerebro.addstrategy(TopK, scores=TURN, k=1, rebalance=5, cash_reserve=0.6, gap=0.0)
    cerebro.addanalyzer(Trades, _name="Trades")
    for _ in range(2):
        (result,) = cerebro.run()
        assert trades(result) == ALONE
        assert result.held() == {"B": 20}
