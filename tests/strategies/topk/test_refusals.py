"""Every reason for which a name is not traded, and what becomes of names that are delisted."""

import importlib.util
from datetime import date
from pathlib import Path

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.strategies import AShareBroker, AShareFees, FeeSchedule

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
NAN, frame, make_panel = cases.NAN, cases.frame, cases.make_panel
trades, refusals = cases.trades, cases.refusals
# Main boards: lots of 100 and 10 % a day.
X, Y, Z = "000001.SZ", "600519.SH", "601318.SH"
TEN = {name: [10.0] * 12 for name in (X, Y, Z)}
FREE = AShareFees(schedule=FeeSchedule(commission=0.0, minimum=0.0, transfer_fee=((date(1990, 1, 1), 0.0),)))
BEST_X, BEST_Y = {X: 1.0, Y: 0.0, Z: NAN}, {X: 0.0, Y: 1.0, Z: NAN}


def run(closes, scores, opens=None, *, cash=10_001.0, broker=None, bars=None, **options):
    options = {"k": 1, "rebalance": 1, "gap": 0.0, **options}
    panel = make_panel(closes, opens, **(bars or {}))
    return cases.run(panel, scores=scores, cash=cash, broker=broker or AShareBroker(), **options)


# -- wanted and not bought -------------------------------------------------------------------------


def test_suspended_when_it_is_to_be_bought():
    closes = {**TEN, X: [10.0, 10.0, NAN] + [10.0] * 9}
    result = run(closes, frame({2: BEST_X}))
    assert refusals(result) == [(6, X, "buy", "suspended")]
    assert [row[:2] for row in trades(result)] == [(7, Y)]


def test_suspended_when_it_was_to_be_filled():
    closes = {**TEN, X: [10.0, 10.0, 10.0, NAN] + [10.0] * 8}
    result = run(closes, frame({2: BEST_X}))
    assert refusals(result) == [(7, X, "buy", "suspended")]
    assert trades(result) == []


def test_not_listed():
    closes = {**TEN, X: [NAN] * 4 + [10.0] * 8}
    result = run(closes, frame({2: BEST_X}))
    assert refusals(result) == [(6, X, "buy", "not listed")]


def test_no_price():
    def add(cerebro):
        for name, close in ((X, [10.0, 10.0, NAN, 10.0]), (Y, [10.0] * 4)):
            bars = dict.fromkeys(("open", "high", "low", "close"), close)
            table = pd.DataFrame({**bars, "volume": 1e6}, index=cases.DAYS[:4])
            cerebro.adddata(bt.feeds.PandasData(dataname=table), name=name)

    result = cases.run(add, scores=frame({2: BEST_X}), k=1, broker=AShareBroker())
    assert refusals(result) == [(6, X, "buy", "no price")]
    assert [row[:2] for row in trades(result)] == [(7, Y)]


def test_limit_up_for_the_whole_day():
    # 10 % up from the open to the close of the 7th.
    up = [10.0] * 3 + [11.0] * 9
    result = run({**TEN, X: up}, frame({2: BEST_X}))
    assert refusals(result) == [(7, X, "buy", "limit up")]
    assert trades(result) == []


def test_limit_up_that_opened_once_is_bought():
    up, low = [10.0] * 3 + [11.0] * 9, [10.0] * 3 + [10.99] * 9
    result = run({**TEN, X: up}, frame({2: BEST_X}), bars={"lows": {X: low}}, gap=0.2)
    assert refusals(result) == []
    assert [row[:2] for row in trades(result)] == [(7, X)]


def test_not_enough_cash_for_a_lot():
    result = run({**TEN, Y: [200.0] * 12}, frame({2: {X: 1.0, Y: 2.0, Z: NAN}}), k=2, cash=20_000.0)
    assert refusals(result) == [(6, Y, "buy", "not enough cash for a lot")]
    assert [row[:2] for row in trades(result)] == [(7, X)]


def test_not_enough_cash_at_all():
    # One lot is planned at 10 and costs more than there is at 10.9.
    opens = {**TEN, X: [10.9] * 12}
    result = run(TEN, frame({2: BEST_X}), opens, cash=1_050.0)
    assert refusals(result) == [(7, X, "buy", "not enough cash")]
    assert trades(result) == []


def test_not_enough_cash_for_all_of_it():
    opens = {**TEN, X: [10.5] * 12}
    result = run(TEN, frame({2: BEST_X}), opens, broker=AShareBroker(fees=FREE))
    # 1000 shares planned; 10001 / 10.5 pays for nine lots.
    assert refusals(result) == [(7, X, "buy", "not enough cash for all of it")]
    assert trades(result) == [(7, X, 900, 10.5)]


@pytest.mark.parametrize(("volume", "bought"), [(5_000.0, 500), (900.0, 0)])
def test_volume_cap(volume, bought):
    # A tenth of the volume, in whole lots.
    bars = {"volumes": {X: [1e6] * 3 + [volume] * 9}}
    result = run(TEN, frame({2: BEST_X}), bars=bars)
    assert refusals(result) == [(7, X, "buy", "volume cap")]
    assert sum(row[2] for row in trades(result)) == bought


# -- held and not sold -----------------------------------------------------------------------------

SWITCH = frame({0: BEST_X, 3: BEST_Y})


def test_limit_down():
    down = [10.0] * 4 + [9.0] * 8
    result = run({**TEN, X: down}, SWITCH)
    assert [row[:2] for row in trades(result)] == [(5, X)]
    assert refusals(result) == [
        (8, X, "sell", "limit down"),
        (8, Y, "buy", "a sale that was to pay for it was not filled"),
    ]
    assert result.held().keys() == {X}


def test_suspended_when_it_is_to_be_sold():
    closes = {**TEN, X: [10.0] * 3 + [NAN] + [10.0] * 8}
    result = run(closes, SWITCH)
    assert (7, X, "sell", "suspended") in refusals(result)
    assert result.held().keys() == {X}


def test_minimum_holding_time():
    result = run(TEN, SWITCH, min_holding=9)
    expected = [(7, X, "sell", "minimum holding time"), (7, Y, "buy", "minimum holding time")]
    assert refusals(result) == expected
    assert [row[:2] for row in trades(result)] == [(5, X)]


def test_limit_of_changes():
    result = run(TEN, SWITCH, max_changes=0)
    assert refusals(result) == [(7, X, "sell", "limit of changes"), (7, Y, "buy", "limit of changes")]
    assert [row[:2] for row in trades(result)] == [(5, X)]


def test_sales_are_capped_by_volume_and_the_rest_is_sold_next_time():
    bars = {"volumes": {X: [1e6] * 4 + [6_000.0] * 8}}
    scores = frame({0: BEST_X, 3: {Y: NAN, X: NAN, Z: NAN}, 4: {Y: NAN, X: NAN, Z: NAN}})
    result = run(TEN, scores, broker=AShareBroker(fees=FREE), bars=bars)
    assert trades(result) == [(5, X, 1000, 10.0), (8, X, -600, 10.0), (11, X, -400, 10.0)]
    assert refusals(result) == [(8, X, "sell", "volume cap")]
    assert result.held() == {}


# -- delisted ----------------------------------------------------------------------------------------


def values(result):
    return [row[2] for row in result.analyzers.Values.rows]


def test_a_delisting_pays_a_part_and_the_cash_is_used_again():
    # X is last traded on the 8th and not there any more on the 12th.
    closes = {**TEN, X: [10.0] * 5 + [NAN] * 7}
    broker = AShareBroker(fees=FREE, delistings={X: "2016-01-12"}, recovery=0.5)
    scores = frame({0: BEST_X, **dict.fromkeys(range(5, 12), BEST_Y)})
    result = run(closes, scores, broker=broker)
    # 1000 X; half of it comes back on the 12th, and 500 Y are bought on the 13th.
    assert trades(result) == [(5, X, 1000, 10.0), (12, X, -1000, 5.0), (13, Y, 500, 10.0)]
    assert [row[-1] for row in result.analyzers.Trades.rows] == ["enter", "delisted", "enter"]
    assert result.held() == {Y: 500}
    assert values(result) == pytest.approx([10_001.0] * 6 + [5_001.0] * 6)
    assert (11, X, "sell", "suspended") in refusals(result)
    assert {row for row in refusals(result) if row[0] > 12} == set()


def test_a_delisting_at_the_last_price_leaves_the_value_as_it_is():
    closes = {**TEN, X: [10.0, 10.0, 12.0, 11.5, 12.5] + [NAN] * 7}
    result = run(
        closes,
        frame({0: BEST_X, **dict.fromkeys(range(7, 12), BEST_Y)}),
        broker=AShareBroker(fees=FREE, delistings={X: date(2016, 1, 12)}),
    )
    steps = np.diff(values(result))
    assert steps[5:] == pytest.approx(0.0, abs=1e-6)
    assert values(result)[-1] == pytest.approx(12_501.0)
    assert result.held() == {Y: 1200}


def test_a_delisted_name_is_refused_as_such():
    closes = {**TEN, X: [10.0] * 5 + [NAN] * 7}
    result = run(closes, frame({7: BEST_X}), broker=AShareBroker(delistings={X: "2016-01-12"}))
    assert refusals(result) == [(13, X, "buy", "delisted")]
    assert [row[:2] for row in trades(result)] == [(14, Y)]


def test_gone_after():
    # No bar for more than 30 days after the 8th of January: gone on Monday the 8th of February.
    days = pd.bdate_range("2016-01-04", periods=40)
    closes = {X: [10.0] * 5 + [NAN] * 35, Y: [10.0] * 40}
    scores = frame({0: {X: 1.0, Y: 0.0}, **{row: {X: NAN, Y: 1.0} for row in range(5, 40)}}, days)
    broker = AShareBroker(fees=FREE, gone_after=30, recovery=0.5)
    result = cases.run(
        make_panel(closes, days=days), scores=scores, k=1, rebalance=1, gap=0.0, cash=10_001.0, broker=broker
    )
    assert cases.dated_trades(result) == [
        (date(2016, 1, 5), X, 1000, 10.0),
        (date(2016, 2, 8), X, -1000, 5.0),
        (date(2016, 2, 9), Y, 500, 10.0),
    ]
    assert result.held() == {Y: 500}
    # Until then it was to be sold every day, and could not.
    unsold = [
        day for day, name, side, reason in result.refusals if (name, side, reason) == (X, "sell", "suspended")
    ]
    assert unsold == [day.date() for day in days[5:25]]


def test_never_gone():
    closes = {**TEN, X: [10.0] * 3 + [NAN] * 9}
    result = run(closes, frame({0: BEST_X, 11: BEST_Y}), broker=AShareBroker(fees=FREE, gone_after=None))
    assert result.held() == {X: 1000}
    assert values(result) == pytest.approx([10_001.0] * 12)
