"""Price limits on the bar of a fill: who is stuck, on which board and day, and what counts as the close before."""

from datetime import date

import backtrader as bt
import pytest
from btalpha.feeds.boards import LimitTable
from btalpha.strategies import AShareBroker

MOUTAI, CATL, SMIC, BEIJING = "600519.SH", "300750.SZ", "688981.SH", "430047.BJ"
UP, DOWN = "LIMIT_UP", "LIMIT_DOWN"


@pytest.fixture
def refusals(trade, feed):
    """Buy and sell on a bar after two at ``before``; return why each was not filled, None where it was."""

    def run(bar, name=MOUTAI, *, before=10.0, start="2024-01-02", broker=None, **columns):
        bars = feed([before, before, bar, bar], name, start=start, **columns)
        trader = trade(
            broker or AShareBroker(cash=1e6), {1: [(name, 200)], 2: [(name, 200), (name, -200)]}, bars
        )
        assert trader.outcome(0)[0] == "Completed"
        done = [trader.outcome(number) for number in (1, 2)]
        assert all((reason is None) == (status == "Completed") for status, _, reason in done)
        return tuple(reason for *_, reason in done)

    return run


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        (11.0, (UP, None)),
        (9.0, (None, DOWN)),
        (10.99, (None, None)),
        ((11.0, 11.0, 10.99, 11.0), (None, None)),  # opened at the limit and left it
        ((9.0, 9.01, 9.0, 9.0), (None, None)),
        ((10.0, 11.0, 10.0, 11.0), (None, None)),
        (11.01, (None, None)),  # no day with a limit
        (8.99, (None, None)),
    ],
)
def test_nobody_buys_at_a_locked_upper_limit_or_sells_at_a_lower_one(refusals, bar, expected):
    assert refusals(bar) == expected


@pytest.mark.parametrize(
    ("before", "bar", "expected"),
    [
        # 17.15 x 1.1 = 18.865 and 17.15 x 0.9 = 15.435: half a cent goes up.
        (17.15, 18.87, (UP, None)),
        (17.15, 18.86, (None, None)),
        (17.15, 15.44, (None, DOWN)),
        (17.15, 15.45, (None, None)),
        (0.04, 0.05, (UP, None)),  # at least one cent
    ],
)
def test_limits_are_whole_cents(refusals, before, bar, expected):
    assert refusals(bar, before=before) == expected


@pytest.mark.parametrize(
    ("name", "start", "locked", "free"),
    [
        (MOUTAI, "2024-01-02", 11.0, 10.99),
        (CATL, "2020-08-19", 11.0, 10.99),  # the third bar is Friday, 21 August 2020
        (CATL, "2020-08-20", 12.0, 11.0),  # Monday the 24th
        (SMIC, "2024-01-02", 12.0, 11.0),
        (BEIJING, "2024-01-02", 13.0, 12.0),
        ("AAPL", "2024-01-02", None, 11.0),
    ],
)
def test_limits_by_board_and_day(refusals, name, start, locked, free):
    assert refusals(free, name, start=start) == (None, None)
    if locked:
        assert refusals(locked, name, start=start) == (UP, None)


@pytest.mark.parametrize(
    ("name", "start", "is_st", "bar", "expected"),
    [
        (MOUTAI, "2024-01-02", 1.0, 10.5, UP),
        (MOUTAI, "2024-01-02", 0.0, 10.5, None),
        (CATL, "2020-08-19", 1.0, 10.5, UP),
        (CATL, "2020-08-20", 1.0, 10.5, None),
        (CATL, "2020-08-20", 1.0, 12.0, UP),
        (SMIC, "2024-01-02", 1.0, 12.0, UP),
    ],
)
def test_shares_under_special_treatment(refusals, name, start, is_st, bar, expected):
    facts = {"is_st": is_st, "pre_close": [9.9, 10.0, 10.0, bar]}
    assert refusals(bar, name, start=start, **facts) == (expected, None)


# --- the close before -----------------------------------------------------------------------


def test_line_of_the_close_before_comes_first(refusals):
    # Two for one: the exchange counts from 5.00, so that 5.50 is the limit.
    assert refusals(5.5, pre_close=[10.0, 10.0, 5.0, 5.5], is_st=0.0) == (UP, None)
    assert refusals(5.5) == (None, None)  # outside the band around 10.00, so a day without a limit
    assert refusals(11.0, pre_close=float("nan"), is_st=0.0) == (None, None)


@pytest.mark.parametrize("adjusted", [True, False])
@pytest.mark.parametrize("facts", [{"pre_close": [9.9, 10.0, 5.0, 5.5], "is_st": False}, {}])
def test_on_the_feeds_of_a_panel(trade, panel, adjusted, facts):
    # 10.00 becomes 5.00 by the factor; without pre_close, raw prices alone do not tell.
    bars = panel({MOUTAI: ([10.0, 10.0, 5.5, 5.5], {"factor": [2.5, 2.5, 5.0, 5.0], **facts})})
    cerebro = bt.Cerebro(stdstats=False)
    feeds = bars.add_to(cerebro, adjusted=adjusted)
    trader = trade(AShareBroker(cash=1e6), {2: [(MOUTAI, 200)]}, *feeds)
    assert trader.outcome()[2] == (UP if adjusted or facts else None)


def test_special_treatment_on_the_feeds_of_a_panel(trade, panel):
    facts = {"factor": 2.5, "is_st": [False, False, True, True]}
    bars = panel({MOUTAI: ([10.0, 10.0, 10.5, 10.5], facts)})
    assert trade(AShareBroker(cash=1e6), {2: [(MOUTAI, 200)]}, bars).outcome()[2] == UP


# --- first sessions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "listed", "session", "expected"),
    [
        (MOUTAI, "2024-01-03", 5, None),
        (MOUTAI, "2024-01-03", 6, UP),
        (MOUTAI, "2023-01-04", 2, UP),
        (SMIC, "2024-01-03", 5, None),
        (SMIC, "2024-01-03", 6, UP),
        (BEIJING, "2024-01-03", 2, UP),
        (CATL, "2020-08-25", 5, None),
        (CATL, "2020-08-20", 3, UP),  # listed under the rule of one session
        (MOUTAI, "2023-04-07", 4, UP),
    ],
)
def test_first_sessions_of_a_listing_have_no_limit(trade, feed, name, listed, session, expected):
    rate = {MOUTAI: 1.1, SMIC: 1.2, BEIJING: 1.3, CATL: 1.2}[name]
    bars = [10.0] * (session - 1) + [10.0 * rate] * 2
    first = date.fromisoformat(listed)
    old = feed([10.0] * 20, "000001.SZ", start=first.replace(day=first.day - 1))
    steps = sum(1 for bar in old.p.dataname.index if bar.date() < first)
    plan = {steps + session - 1: [(name, 200)]}
    broker = AShareBroker(cash=1e6, listings={name: listed})
    trader = trade(broker, plan, old, feed(bars, name, start=listed))
    assert trader.outcome()[2] == expected


def test_a_feed_that_begins_late_is_no_listing_unless_it_is_said(trade, feed):
    """It may as well have been suspended when the run began."""
    old = feed([10.0] * 20, "000001.SZ", start="2024-01-02")
    late = feed([10.0, 11.0, 11.0], MOUTAI, start="2024-01-03")
    assert trade(AShareBroker(cash=1e6), {2: [(MOUTAI, 200)]}, old, late).outcome()[2] == UP


def test_a_feed_that_is_there_from_the_start_is_no_listing(refusals):
    assert refusals(12.0, SMIC) == (UP, None)


# --- kinds of orders ------------------------------------------------------------------------

BAR_UP, BAR_DOWN = (10.0, 11.0, 10.0, 11.0), (10.0, 10.0, 9.0, 9.0)


@pytest.mark.parametrize(("bar", "expected"), [(BAR_UP, (UP, None)), (BAR_DOWN, (None, DOWN))])
@pytest.mark.parametrize("way", ["coc", "Close"])
def test_fills_at_the_close_are_barred_by_a_close_at_the_limit(trade, feed, bar, expected, way):
    broker = AShareBroker(cash=1e6)
    broker.set_coc(way == "coc")
    options = {} if way == "coc" else {"exectype": bt.Order.Close}
    step = 3 if way == "coc" else 2
    plan = {1: [(MOUTAI, 200)], step: [(MOUTAI, 200, options), (MOUTAI, -200, options)]}
    trader = trade(broker, plan, feed([10.0, 10.0, bar, 10.0, 10.0], MOUTAI))
    assert (trader.outcome(1)[2], trader.outcome(2)[2]) == expected
    assert trader.dealt()[1:] == [("2024-01-04", -200 if expected[0] else 200, bar[3])]


def test_a_close_inside_the_band_is_free(trade, feed):
    broker = AShareBroker(cash=1e6)
    broker.set_coc(True)
    # The bar after that of the order is locked, which is of no concern.
    trader = trade(broker, {2: [(MOUTAI, 200)]}, feed([10.0, (10.0, 11.0, 10.0, 10.9), 11.99, 12.0], MOUTAI))
    assert trader.dealt() == [("2024-01-03", 200, 10.9)]


def test_limit_orders_wait_at_a_locked_limit(trade, feed):
    options = {"exectype": bt.Order.Limit, "price": 12.0}
    bars = feed([10.0, 11.0, (12.0, 12.1, 11.5, 12.1), 12.0], MOUTAI)
    trader = trade(AShareBroker(cash=1e6), {1: [(MOUTAI, 200, options)]}, bars)
    assert trader.dealt() == [("2024-01-04", 200, 12.0)]


def test_limits_can_be_left_out_or_be_ones_own(refusals):
    assert refusals(11.0, broker=AShareBroker(cash=1e6, limits=False)) == (None, None)
    table = LimitTable(main=((date(1996, 12, 16), 0.10), (date(2024, 1, 4), 0.15)))
    for bar, expected in ((11.0, None), (11.5, UP)):
        assert refusals(bar, broker=AShareBroker(cash=1e6, limits=table)) == (expected, None)
