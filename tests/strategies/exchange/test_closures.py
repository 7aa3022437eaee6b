"""Positions in names that are delisted or gone: when they are closed, at which price, and who is told."""

import pandas as pd
import pytest
from btalpha.strategies import AShareBroker
from btalpha.strategies.exchange import Closure

MOUTAI, BANK = "600519.SH", "000001.SZ"


def day(closure):
    return closure.date.isoformat()


@pytest.fixture
def ending(feed):
    """Return a feed of 20 sessions, to 29 January 2024, and one that ends on the 4th, a Thursday, at 8 CNY."""
    return feed([10.0] * 20, BANK), feed([10.0, 10.0, 8.0], MOUTAI)


@pytest.mark.parametrize("recovery", [1.0, 0.25, 0.0])
def test_a_delisted_name_is_closed_at_its_last_price_times_recovery(trade, ending, recovery):
    broker = AShareBroker(cash=10_000.0, delistings={MOUTAI: "2024-01-08"}, recovery=recovery)
    trader = trade(broker, {1: [(MOUTAI, 500)]}, *ending)
    price = 8.0 * recovery
    assert day(broker.closures[0]) == "2024-01-08"
    assert broker.closures == [
        Closure(broker.closures[0].date, MOUTAI, 500, price, "delisted", trader),
    ]
    bought = 5_000.0 + 5.0 + 0.05
    assert trader.values[:4] == pytest.approx([10_000.0, 10_000.0 - 5.05, 9_000.0 - 5.05, 9_000.0 - 5.05])
    assert trader.values[4:] == pytest.approx([10_000.0 - bought + 500 * price] * 16)
    assert broker.getcash() == pytest.approx(10_000.0 - bought + 500 * price)
    assert broker.get_fees() == pytest.approx({"commission": 5.0, "stamp_duty": 0.0, "transfer_fee": 0.05})


def test_the_strategy_is_told_of_order_and_trade(trade, ending):
    trader = trade(AShareBroker(cash=1e5, delistings={MOUTAI: "2024-01-08"}), {1: [(MOUTAI, 500)]}, *ending)
    assert trader.notes[-1] == (5, MOUTAI, "Completed")
    assert trader.dealt()[-1] == ("2024-01-08", -500, 8.0)
    assert trader.trades == [(MOUTAI, False, 0.0), (MOUTAI, True, pytest.approx(-1_000.0))]
    assert trader.getposition(trader.datas[1]).size == 0


def test_not_before_its_day_and_on_the_first_session_after_it(trade, ending):
    for first, closed in (
        ("2024-01-05", "2024-01-05"),
        ("2024-01-06", "2024-01-08"),
        ("2024-01-16", "2024-01-16"),
        ("2024-02-01", None),
    ):
        broker = AShareBroker(cash=1e5, delistings={MOUTAI: first})
        trader = trade(broker, {1: [(MOUTAI, 500)]}, *ending)
        assert [day(each) for each in broker.closures] == ([closed] if closed else [])
        assert trader.getposition(trader.datas[1]).size == (0 if closed else 500)


def test_a_purchase_of_the_last_session_is_closed_on_the_same_day_as_others(trade, ending):
    broker = AShareBroker(cash=1e5, delistings={MOUTAI: "2024-01-05"})
    trade(broker, {2: [(MOUTAI, 500)]}, *ending)
    assert [day(each) for each in broker.closures] == ["2024-01-05"]


def test_days_of_delisting_may_be_of_any_kind(trade, ending):
    for first in (pd.Timestamp("2024-01-08"), pd.Timestamp("2024-01-08 15:00").to_pydatetime()):
        broker = AShareBroker(cash=1e5, delistings={MOUTAI: first})
        trade(broker, {1: [(MOUTAI, 500)]}, *ending)
        assert [day(each) for each in broker.closures] == ["2024-01-08"]
        assert broker.is_delisted(MOUTAI, pd.Timestamp("2024-01-08").date())
        assert not broker.is_delisted(MOUTAI, pd.Timestamp("2024-01-07").date())


def test_each_strategy_gets_its_own(trade, ending):
    broker = AShareBroker(cash=1e5, delistings={MOUTAI: "2024-01-08"})
    plans = [{1: [(MOUTAI, 500)], 2: [(MOUTAI, -100)]}, {1: [(BANK, 100)]}, {2: [(MOUTAI, 300)]}]
    first, other, last = trade(broker, plans[0], *ending, more=plans[1:])
    assert [(each.owner, each.size) for each in broker.closures] == [(first, 400), (last, 300)]
    assert [trader.dealt()[-1] for trader in (first, last)] == [
        ("2024-01-08", -400, 8.0),
        ("2024-01-08", -300, 8.0),
    ]
    assert [trader.trades[-1][:2] for trader in (first, last)] == [(MOUTAI, True)] * 2
    assert [fill.name for fill in other.fills] == [BANK]


def test_fractions_of_several_strategies_leave_nothing(trade, panel):
    # Adjusted shares of 31.39 raw ones: the sum of both holdings less the first is not quite the second.
    factor = 31.39007713503703
    sizes = [11_000 / factor, 16_400 / factor]
    assert sum(sizes) - sizes[0] != sizes[1]
    bars = panel({MOUTAI: ([1.0] * 3 + [None] * 5, {"factor": factor}), BANK: ([10.0] * 8, {"factor": 1.0})})
    broker = AShareBroker(cash=1e6, delistings={MOUTAI: "2024-01-08"})
    trade(broker, {1: [(MOUTAI, sizes[0])]}, bars, more=[{1: [(MOUTAI, sizes[1])]}])
    assert [each.size for each in broker.closures] == pytest.approx(sizes)
    assert [position.size for position in broker.positions.values() if position.size] == []


@pytest.mark.parametrize(
    ("days", "closed"),
    [
        (None, None),
        (365, None),
        (30, "2024-02-05"),  # more than 30 days after 4 January
        (29, "2024-02-05"),
        (28, "2024-02-02"),
        (10, "2024-01-15"),
        (1, "2024-01-08"),
    ],
)
def test_a_name_is_gone_after_days_without_a_bar(trade, feed, days, closed):
    broker = AShareBroker(cash=1e5, gone_after=days, recovery=0.5)
    feeds = [feed([10.0] * 60, BANK), feed([10.0, 10.0, 8.0], MOUTAI)]
    trader = trade(broker, {1: [(MOUTAI, 500)]}, *feeds)
    assert [(day(each), each.price, each.kind) for each in broker.closures] == (
        [(closed, 4.0, "gone")] if closed else []
    )
    assert trader.getposition(trader.datas[1]).size == (0 if closed else 500)


def test_a_long_suspension_ends_without_a_closure(trade, feed):
    feeds = [feed([10.0] * 60, BANK), feed([10.0] * 20, MOUTAI, without=range(4, 44))]
    trader = trade(AShareBroker(cash=1e5), {1: [(MOUTAI, 500)], 45: [(MOUTAI, -500)]}, *feeds)
    assert trader.broker.closures == []
    assert [deal[1] for deal in trader.dealt()] == [500, -500]


def test_a_second_run_starts_anew(trade, ending):
    broker = AShareBroker(cash=1e5, delistings={MOUTAI: "2024-01-08"})
    cash = []
    for _ in range(2):
        trade(broker, {1: [(MOUTAI, 500)]}, *ending)
        cash.append((broker.getcash(), len(broker.closures), broker.get_fees()))
    assert cash[0] == cash[1]
