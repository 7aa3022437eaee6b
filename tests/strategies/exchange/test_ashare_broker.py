"""Lots, T+1, volume and slippage of A-shares, through a Cerebro, in numbers checkable by eye."""

from datetime import timedelta

import backtrader as bt
import numpy as np
import pytest
from btalpha.strategies import AShareBroker, FeeSchedule

MOUTAI, CATL, SMIC, BEIJING = "600519.SH", "300750.SZ", "688981.SH", "430047.BJ"
LONG = {"valid": timedelta(days=365)}
RICH = {"cash": 1e7}


# --- lots -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "filled"),
    [
        (MOUTAI, 250, 200),
        (MOUTAI, 99, 0),
        (CATL, 199, 100),
        (SMIC, 199, 0),
        (SMIC, 200, 200),
        (SMIC, 201, 201),
        (BEIJING, 99, 0),
        (BEIJING, 101, 101),
        ("AAPL", 7, 7),
    ],
)
def test_a_buy_is_cut_down_to_lots(trade, feed, name, size, filled):
    trader = trade(AShareBroker(**RICH), {1: [(name, size)]}, feed([10.0] * 4, name))
    assert trader.outcome() == (("Completed", filled, None) if filled else ("Canceled", 0, "LOT"))


def test_without_lots_single_shares_are_bought_and_short_sales_filled(trade, feed):
    broker = AShareBroker(**RICH, lots=False, t_plus_1=False)
    trader = trade(broker, {1: [(MOUTAI, 7)], 2: [(MOUTAI, -10)]}, feed([10.0] * 5, MOUTAI))
    assert [fill.size for fill in trader.fills] == [7, -10]


def test_lots_are_of_raw_shares_on_adjusted_feeds(trade, panel):
    # 100 at 25 CNY adjusted are 250 raw shares at 10 CNY: 200 of them are lots.
    trader = trade(AShareBroker(**RICH), {1: [(MOUTAI, 100)]}, panel({MOUTAI: ([10.0] * 4, {"factor": 2.5})}))
    assert trader.dealt() == [("2024-01-03", 80.0, 25.0)]
    assert trader.fills[0].comm == pytest.approx(5.0 + 0.02)  # of 2,000 CNY


@pytest.mark.parametrize(
    ("raw", "factor", "size", "filled"),
    [
        (10.0, 2.0, 150, 150.0),  # two for one: 150 shares are 300, all of them lots
        (20.0 / 1.02, 1.02, 100, 100 / 1.02),  # a dividend of 2 %: 102 raw shares, of which 100
        (20.0 / 0.99, 0.99, 100, 0.0),  # 99 raw shares
    ],
)
def test_a_split_or_dividend_between_order_and_fill(trade, panel, raw, factor, size, filled):
    bars = panel({MOUTAI: ([20.0, raw, raw, raw], {"factor": [1.0, *[factor] * 3]})})
    trader = trade(AShareBroker(**RICH), {1: [(MOUTAI, size)]}, bars)
    assert trader.orders[0].executed.size == pytest.approx(filled)
    assert trader.outcome()[2] == (None if filled else "LOT")


def test_odd_lots_are_sold_whole_or_not_at_all(trade, panel):
    # 200 shares become 300 and then 350: adjusted shares of 1.75 raw ones.
    bars = panel({MOUTAI: ([35.0, 35.0, *[20.0] * 9], {"factor": [1.0, 1.0, *[1.75] * 9]})})
    plan = {
        1: [(MOUTAI, 200)],
        2: [(MOUTAI, -60 / 1.75)],  # less than a lot
        4: [(MOUTAI, -250 / 1.75)],  # two lots and a half
        5: [(MOUTAI, -80 / 1.75)],  # not all that is left
        7: [(MOUTAI, -150 / 1.75)],  # all that is left
    }
    trader = trade(AShareBroker(**RICH), plan, bars)
    raw = [round(order.executed.size * 1.75, 6) for order in trader.orders[1:]]
    assert raw == [0.0, -200.0, 0.0, -150.0]
    assert [trader.outcome(number)[::2] for number in range(1, 5)] == [
        ("Canceled", "LOT"),
        ("Completed", None),
        ("Canceled", "LOT"),
        ("Completed", None),
    ]
    assert trader.getposition(trader.datas[0]).size == 0.0


@pytest.mark.parametrize(
    ("held", "size", "outcome"),
    [
        (0, -100, ("Canceled", 0, "NOT_HELD")),
        (200, -500, ("Canceled", -200, "NOT_HELD")),
        (200, -199, ("Completed", -100, None)),
    ],
)
def test_only_what_is_held_is_sold(trade, feed, held, size, outcome):
    plan = {1: [(MOUTAI, held)] if held else [], 2: [(MOUTAI, size)]}
    trader = trade(AShareBroker(**RICH), plan, feed([10.0] * 6, MOUTAI))
    assert trader.outcome(-1) == outcome


# --- settlement -----------------------------------------------------------------------------


def test_bought_today_is_not_sold_today(trade, feed):
    plan = {1: [(MOUTAI, 300), (MOUTAI, -300)], 2: [(MOUTAI, -300)]}
    trader = trade(AShareBroker(**RICH), plan, feed([10.0, 10.0, 10.5, 10.5], MOUTAI))
    assert trader.outcome(1) == ("Canceled", 0, "SETTLEMENT")
    assert trader.dealt() == [("2024-01-03", 300, 10.0), ("2024-01-04", -300, 10.5)]


def test_what_was_held_before_is_sold_on_the_day_of_another_purchase(trade, feed):
    plan = {1: [(MOUTAI, 300)], 2: [(MOUTAI, 200), (MOUTAI, -500, LONG)]}
    trader = trade(AShareBroker(**RICH), plan, feed([10.0] * 6, MOUTAI))
    days = [("2024-01-03", 300), ("2024-01-04", 200), ("2024-01-04", -300), ("2024-01-05", -200)]
    assert [deal[:2] for deal in trader.dealt()] == days
    assert trader.outcome(2) == ("Completed", -500, None)


def test_same_day_sales_where_they_are_allowed(trade, feed):
    plan = {1: [(MOUTAI, 300), (MOUTAI, -300)]}
    trader = trade(AShareBroker(**RICH, t_plus_1=False), plan, feed([10.0] * 4, MOUTAI))
    assert [deal[:2] for deal in trader.dealt()] == [("2024-01-03", 300), ("2024-01-03", -300)]


def test_rounding_of_shares_is_not_sold(trade, panel):
    # In fractions of shares, what is held less what was bought today need not be zero to the last bit.
    factor = 43.2227355586467
    before, today = 18_900 / factor, 6_200 / factor
    held = before + today
    assert (held - (held - today)) - today > 0.0
    bars = panel({MOUTAI: ([1.0] * 6, {"factor": factor})})
    plan = {1: [(MOUTAI, before)], 2: [(MOUTAI, today), (MOUTAI, -before), (MOUTAI, -today)]}
    trader = trade(AShareBroker(**RICH), plan, bars)
    assert [fill.size for fill in trader.fills] == pytest.approx([before, today, -before])
    assert trader.outcome(3) == ("Canceled", 0, "SETTLEMENT")


def test_settlement_at_the_close(trade, feed):
    broker = AShareBroker(**RICH)
    broker.set_coc(True)
    plan = {1: [(MOUTAI, 300), (MOUTAI, -300)], 2: [(MOUTAI, -300)]}
    trader = trade(broker, plan, feed([10.0, 10.5, 11.0, 11.0], MOUTAI))
    assert trader.outcome(1) == ("Canceled", 0, "SETTLEMENT")
    assert trader.dealt() == [("2024-01-02", 300, 10.0), ("2024-01-03", -300, 10.5)]


def test_at_the_close_nothing_is_sold_that_is_bought_at_the_next_open(trade, feed):
    # Orders at the close are tried with the next bar, after those that are filled on it.
    broker = AShareBroker(**RICH)
    broker.set_coc(True)
    plan = {1: [(MOUTAI, 300, {"coc": False}), (MOUTAI, -300)]}
    trader = trade(broker, plan, feed([10.0] * 4, MOUTAI))
    assert trader.outcome(0)[:2] == ("Completed", 300)
    assert trader.outcome(1)[:2] == ("Canceled", 0)


def test_an_order_at_the_close_is_not_filled_there_on_a_later_day(trade, feed):
    broker = AShareBroker(**RICH)
    broker.set_coc(True)
    plan = {1: [(MOUTAI, 300), (MOUTAI, -300, LONG)]}
    trader = trade(broker, plan, feed([10.0, 10.5, 11.0, 11.5], MOUTAI))
    # Refused at the close of the 2nd, where it was bought: 10.00 is no price of the 3rd or the 4th.
    assert [deal for deal in trader.dealt()[1:] if deal[0] == "2024-01-02" or deal[2] == 10.0] == []


# --- volume ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "volume", "sizes", "outcome"),
    [
        ({}, 5_000, [300, 200], ("Canceled", 200, "VOLUME")),
        ({}, 5_999, [300, 200], ("Canceled", 200, "VOLUME")),  # 599.9 are 5 lots
        ({}, 2_999, [200], ("Canceled", 0, "VOLUME")),
        ({}, 6_000, [300, 300], ("Completed", 300, None)),
        ({"participation": 0.5}, 1_000, [300, 200], ("Canceled", 200, "VOLUME")),
        ({"participation": None}, 100, [300, 300], ("Completed", 300, None)),
        ({}, np.nan, [300, 300], ("Completed", 300, None)),  # not known
        ({"participation": None}, 0, [], ("Canceled", 0, "SUSPENDED")),
        ({}, 0, [], ("Canceled", 0, "SUSPENDED")),
    ],
)
def test_orders_of_a_bar_share_its_volume(trade, feed, options, volume, sizes, outcome):
    plan = {1: [(MOUTAI, 300), (MOUTAI, 300)]}
    trader = trade(AShareBroker(**RICH, **options), plan, feed([10.0] * 4, MOUTAI, volume=volume))
    assert [fill.size for fill in trader.fills] == sizes
    assert trader.outcome(1) == outcome


@pytest.mark.parametrize("coc", [False, True])
def test_volume_is_of_raw_shares_and_taken_by_buys_and_sales(trade, panel, coc):
    # A bar gives 200 raw shares of 2,000: at first 200 of the feed's, after the split 100 of them.
    factors = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    bars = panel({MOUTAI: ([20.0] * 3 + [10.0] * 3, {"factor": factors, "volume": 2_000})})
    broker = AShareBroker(**RICH)
    broker.set_coc(coc)
    first = 3 if coc else 2
    plan = {first - 1: [(MOUTAI, 100)], first: [(MOUTAI, -100), (MOUTAI, 200)], 4: [(MOUTAI, 200)]}
    trader = trade(broker, plan, bars)
    days = ["2024-01-03", "2024-01-04", "2024-01-04", "2024-01-05" if coc else "2024-01-08"]
    assert [deal[:2] for deal in trader.dealt()] == list(zip(days, [100, -100, 100, 100], strict=True))
    assert trader.outcome(2) == ("Canceled", 100, "VOLUME")


# --- Backtrader's own settings --------------------------------------------------------------


def test_slippage(trade, feed):
    broker = AShareBroker(**RICH)
    broker.set_slippage_perc(0.01)
    bars = [(10.0, 10.2, 9.8, 10.0)] * 3 + [(10.0, 10.05, 9.95, 10.0)] * 3
    plan = {1: [(MOUTAI, 100)], 2: [(MOUTAI, -100)], 3: [(MOUTAI, 100)]}
    trader = trade(broker, plan, feed(bars, MOUTAI))
    assert [fill.price for fill in trader.fills] == pytest.approx([10.1, 9.9, 10.05])


def test_a_users_filler_comes_first(trade, feed):
    broker = AShareBroker(**RICH)
    broker.set_filler(bt.broker.fillers.FixedSize(size=250))
    trader = trade(broker, {1: [(MOUTAI, 500, LONG)], 2: [(MOUTAI, 500)]}, feed([10.0] * 7, MOUTAI))
    assert [deal[:2] for deal in trader.dealt()] == [
        ("2024-01-03", 200),
        ("2024-01-04", 200),
        ("2024-01-04", 200),
        ("2024-01-05", 100),
    ]
    assert trader.outcome(1) == ("Canceled", 200, "UNFILLED")


# --- messages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"participation": 0.0}, r"AShareBroker: participation must be a fraction of at most 1, got 0\.0"),
        ({"participation": 10}, "AShareBroker: participation must be a fraction of at most 1, got 10"),
        ({"recovery": -0.1}, r"AShareBroker: recovery must be a fraction of at most 1, got -0\.1"),
        ({"recovery": float("nan")}, "AShareBroker: recovery must be a fraction of at most 1, got nan"),
        ({"gone_after": 0}, "AShareBroker: gone_after must be at least 1 day, got 0"),
        ({"limits": 0.1}, "AShareBroker: limits must be True, False or a LimitTable, got float"),
        ({"fees": FeeSchedule()}, "AShareBroker: fees must be an AShareFees, got FeeSchedule"),
        ({"delistings": {MOUTAI: None}}, "delistings.*600519.SH.*date.*None"),
        ({"delistings": {MOUTAI: "soon"}}, "delistings.*600519.SH.*date.*soon"),
    ],
)
def test_bad_params(params, message):
    with pytest.raises(ValueError, match=message):
        AShareBroker(**params)
