"""How long orders live: one session, or through it; over a suspension; with bars of several times of day."""

from datetime import timedelta

import backtrader as bt
import pytest
from btalpha.strategies import AShareBroker

MOUTAI, BANK = "600519.SH", "000001.SZ"
LONG = {"valid": timedelta(days=365)}
NIGHT = 24.0 - 1.0 / 3600.0  # hours: a second before midnight
BAR = (10.0, 10.2, 9.8, 10.0)


def limit(price, **more):
    return {"exectype": bt.Order.Limit, "price": price, **more}


def stop(price, **more):
    return {"exectype": bt.Order.Stop, "price": price, **more}


@pytest.fixture
def suspended(trade, feed):
    """Order a share on the day before its suspension of 4 and 5 January 2024, sessions 3 and 4."""

    def run(*orders, step=2, broker=None, bars=(BAR,) * 6, **modes):
        feeds = [feed([BAR] * 8, BANK), feed(bars, MOUTAI, without=(3, 4))]
        return trade(broker or AShareBroker(cash=1e6), {step: list(orders)}, *feeds, **modes)

    return run


# --- suspensions ----------------------------------------------------------------------------


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}, {"exactbars": -2}])
def test_a_market_order_in_a_suspension_is_cancelled_after_one_session(suspended, modes):
    trader = suspended((MOUTAI, 100), **modes)
    assert trader.fills == []
    assert trader.outcome() == ("Canceled", 0, "SUSPENDED")
    assert trader.notes == [(3, MOUTAI, "Submitted"), (3, MOUTAI, "Accepted"), (4, MOUTAI, "Canceled")]


def test_an_order_sent_in_a_suspension_has_its_session_too(suspended):
    trader = suspended((MOUTAI, 100), step=3)
    assert trader.outcome() == ("Canceled", 0, "SUSPENDED")
    # Sent on the last day of the suspension, it is filled on the day after.
    assert suspended((MOUTAI, 100), step=4).dealt() == [("2024-01-08", 100, 10.0)]


@pytest.mark.parametrize(
    "options",
    [limit(10.1), limit(9.9), stop(10.1), {"exectype": bt.Order.StopLimit, "price": 10.1, "plimit": 10.2}],
    ids=["limit at the open", "limit", "stop", "stop limit"],
)
@pytest.mark.parametrize("valid", [{}, LONG])
def test_nothing_is_filled_in_a_suspension_at_the_prices_before_it(suspended, options, valid):
    trader = suspended((MOUTAI, 100, {**options, **valid}))
    assert [deal[0] for deal in trader.dealt()] == (["2024-01-08"] if valid else [])
    assert trader.outcome()[2] == (None if valid else "SUSPENDED")


def test_with_valid_an_order_waits_through_a_suspension(suspended):
    trader = suspended((MOUTAI, 100, LONG), (MOUTAI, 100, {**LONG, **limit(9.9)}))
    assert trader.dealt() == [("2024-01-08", 100, 10.0), ("2024-01-08", 100, 9.9)]


def test_an_order_that_cash_was_short_for_is_not_filled_in_a_suspension(trade, feed):
    # On the 3rd there is no cash left for it; some comes in from a sale on the 4th, in the suspension.
    feeds = [feed([BAR] * 8, BANK), feed([10.0] * 6, MOUTAI, without=(3, 4))]
    plan = {1: [(BANK, 200), (MOUTAI, 100, LONG)], 2: [(BANK, -200)]}
    broker = AShareBroker(cash=2_100.0)
    broker.set_checksubmit(False)
    trader = trade(broker, plan, *feeds)
    assert [(fill.day, fill.name) for fill in trader.fills] == [
        ("2024-01-03", BANK),
        ("2024-01-04", BANK),
        ("2024-01-08", MOUTAI),
    ]


def test_valid_ends_before_the_first_bar_after_it(suspended):
    # Sent on the 3rd, valid to the 5th, and the next bar is of the 8th.
    trader = suspended((MOUTAI, 100, limit(10.1, valid=timedelta(days=2))))
    assert trader.outcome()[:2] == ("Expired", 0)


def test_day_orders_can_be_left_out(suspended):
    trader = suspended((MOUTAI, 100), broker=AShareBroker(cash=1e6, day_orders=False))
    assert trader.dealt() == [("2024-01-08", 100, 10.0)]


# --- sessions -------------------------------------------------------------------------------


def test_a_limit_order_lives_on_over_sessions_that_trade(trade, feed):
    bars = [10.0, 10.0, 10.0, (10.0, 10.0, 9.4, 9.6), 9.6]
    orders = [(MOUTAI, 100, limit(9.5)), (MOUTAI, 100, stop(11.0))]
    trader = trade(AShareBroker(cash=1e6), {1: orders}, feed(bars, MOUTAI))
    assert trader.dealt() == [("2024-01-05", 100, 9.5)]
    assert trader.outcome(1) == ("Accepted", 0, None)


def test_a_limit_order_does_not_live_over_a_suspension_that_comes_later(suspended):
    bars = [10.0, 10.0, (10.0, 10.0, 9.0, 9.1), 9.1, 9.1, 9.1]
    trader = suspended((MOUTAI, 100, limit(9.5)), step=1, bars=bars)
    assert trader.outcome() == ("Canceled", 0, "SUSPENDED")
    assert [note[0] for note in trader.notes] == [2, 2, 4]


def test_what_a_session_left_of_an_order_is_cancelled(trade, feed):
    trader = trade(AShareBroker(cash=1e6), {1: [(MOUTAI, 300)]}, feed([10.0] * 5, MOUTAI, volume=1_000))
    assert trader.outcome() == ("Canceled", 100, "VOLUME")
    assert [note[::2] for note in trader.notes][2:] == [(2, "Partial"), (3, "Canceled")]


def test_cancelled_with_its_parent(suspended):
    parent = (MOUTAI, 100, {"transmit": False})
    trader = suspended(parent)
    child = trader.orders[0]
    assert child.status == bt.Order.Created  # never sent, so nobody cancels it

    class Bracket(bt.Strategy):
        def next(self):
            if len(self) == 2:
                data = self.getdatabyname(MOUTAI)
                self.sent = self.buy_bracket(data, size=100, limitprice=11.0, stopprice=9.0, exectype=0)

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker = AShareBroker(cash=1e6)
    for data in trader.datas:
        cerebro.adddata(data)
    cerebro.addstrategy(Bracket)
    sent = cerebro.run()[0].sent
    assert [order.getstatusname() for order in sent] == ["Canceled"] * 3


def test_one_of_two_cancels_the_other(trade, feed):
    class Either(bt.Strategy):
        def next(self):
            if len(self) == 1:
                first = self.buy(size=100, **limit(10.0))
                self.sent = [first, self.buy(size=100, oco=first, **limit(9.0))]

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker = AShareBroker(cash=1e6)
    cerebro.adddata(feed([10.0] * 4, MOUTAI))
    cerebro.addstrategy(Either)
    sent = cerebro.run()[0].sent
    assert [order.getstatusname() for order in sent] == ["Completed", "Canceled"]


@pytest.mark.parametrize("options", [{}, limit(10.1)])
def test_an_order_for_the_open_that_is_there(feed, options):
    class AtOpen(bt.Strategy):
        def next_open(self):
            if len(self.data) == 3:
                self.sent = self.buy(size=100, **options)

    cerebro = bt.Cerebro(stdstats=False, cheat_on_open=True)
    cerebro.broker = AShareBroker(cash=1e6, coo=True)
    data = feed([(price, price + 1.0, price, price + 0.5) for price in (9.0, 9.5, 10.0, 10.5)], MOUTAI)
    cerebro.adddata(data)
    cerebro.addstrategy(AtOpen)
    sent = cerebro.run()[0].sent
    assert (sent.executed.size, sent.executed.price) == (100, 10.0)
    assert data.num2date(sent.executed.dt).date().isoformat() == "2024-01-04"


# --- bars of one date at several times of day -----------------------------------------------


@pytest.mark.parametrize("name", [MOUTAI, BANK])
@pytest.mark.parametrize(
    ("step", "days"),
    [
        # Odd steps are midnights, with the bars of MOUTAI; even ones the ends of the days, with BANK's.
        (3, {MOUTAI: "2024-01-04", BANK: "2024-01-03"}),
        (4, {MOUTAI: "2024-01-04", BANK: "2024-01-04"}),
    ],
)
@pytest.mark.parametrize("options", [{}, limit(10.1), stop(9.9), {"exectype": bt.Order.Close}])
def test_an_order_lives_until_its_date_is_over(trade, feed, name, step, days, options):
    feeds = [feed([BAR] * 5, MOUTAI), feed([BAR] * 5, BANK, hours=NIGHT)]
    trader = trade(AShareBroker(cash=1e6), {step: [(name, 100, options)]}, *feeds)
    assert trader.outcome() == ("Completed", 100, None)
    assert trader.dealt()[0][0] == days[name]


@pytest.mark.parametrize("name", [MOUTAI, BANK])
def test_a_suspension_is_seen_with_bars_at_several_times(trade, feed, name):
    hours = {MOUTAI: 0.0, BANK: NIGHT}
    feeds = [feed([BAR] * 6, each, hours=hours[each], without=(3,) if each == name else ()) for each in hours]
    # Step 4 ends 3 January, the day before the suspension.
    trader = trade(AShareBroker(cash=1e6), {4: [(name, 100), (name, 100, LONG)]}, *feeds)
    assert trader.outcome(0) == ("Canceled", 0, "SUSPENDED")
    assert [deal[0] for deal in trader.dealt()] == ["2024-01-05"]


# --- prices that are not there --------------------------------------------------------------


@pytest.mark.parametrize(("options", "filled"), [({}, []), (LONG, ["2024-01-04"])])
def test_nothing_is_filled_without_a_price(trade, feed, options, filled):
    nan = float("nan")
    bars = feed([10.0, (nan, 10.0, 10.0, 10.0), 10.0, 10.0], MOUTAI)
    trader = trade(AShareBroker(cash=1e6), {1: [(MOUTAI, 100, options)]}, bars)
    assert [deal[0] for deal in trader.dealt()] == filled
    assert trader.outcome()[2] == (None if filled else "NO_PRICE")
