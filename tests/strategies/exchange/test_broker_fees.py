"""Fees of A-shares through a Cerebro: of an order over its fills, by day, and added up from the fills."""

from datetime import date, timedelta

import backtrader as bt
import numpy as np
import pytest
from btalpha.strategies import AShareBroker, AShareFees, FeeSchedule

MOUTAI, CATL, SMIC = "600519.SH", "300750.SZ", "688981.SH"
LONG = {"valid": timedelta(days=365)}
RICH = {"cash": 1e7}


@pytest.mark.parametrize(
    ("price", "commissions"),
    [
        (0.5, [5.0, 0.0, 0.0]),  # 12,500 CNY at 0.03 % are 3.75: the minimum, once
        (1.0, [5.0, 1.0, 1.5]),  # 3, 6 and 7.50 CNY so far, 5 of them at once
        (10.0, [30.0, 30.0, 15.0]),
    ],
)
def test_minimum_commission_is_one_for_all_fills_of_an_order(trade, feed, price, commissions):
    # A tenth of the volume a bar: 10,000, 10,000 and 5,000 shares.
    trader = trade(
        AShareBroker(**RICH), {1: [(MOUTAI, 25_000, LONG)]}, feed([price] * 6, MOUTAI, volume=100_000)
    )
    assert [fill.size for fill in trader.fills] == [10_000, 10_000, 5_000]
    transfer = [0.00001 * fill.size * price for fill in trader.fills]
    assert [fill.comm for fill in trader.fills] == pytest.approx(np.add(commissions, transfer).tolist())
    assert trader.broker.get_fees() == pytest.approx(
        {"commission": sum(commissions), "stamp_duty": 0.0, "transfer_fee": sum(transfer)}
    )


@pytest.mark.parametrize(
    ("start", "stamp", "transfer"),
    [
        ("2016-01-04", 100.0, 2.0),
        ("2022-04-26", 100.0, 2.0),  # the sale is filled on the 28th
        ("2022-04-27", 100.0, 1.0),
        ("2023-08-23", 100.0, 1.0),  # on Friday the 25th
        ("2023-08-24", 50.0, 1.0),  # on Monday the 28th
    ],
)
@pytest.mark.parametrize("how", ["open", "close"])
def test_fees_are_those_of_the_day_of_the_fill(trade, feed, start, stamp, transfer, how):
    # An order at the close is filled on the bar on which it is placed, one bar earlier.
    broker = AShareBroker(**RICH)
    broker.set_coc(how == "close")
    buy, sell = (1, 2) if how == "open" else (2, 3)
    trader = trade(
        broker, {buy: [(MOUTAI, 10_000)], sell: [(MOUTAI, -10_000)]}, feed([10.0] * 5, MOUTAI, start=start)
    )
    assert trader.fills[1].comm == pytest.approx(30.0 + stamp + transfer)
    assert broker.get_fees()["stamp_duty"] == pytest.approx(stamp)


def test_own_schedule_and_a_scheme_of_one_name_that_comes_first(trade, feed):
    schedule = FeeSchedule(commission=0.001, minimum=20.0, stamp_duty=((date(2000, 1, 1), 0.01),))
    broker = AShareBroker(**RICH, fees=AShareFees(schedule=schedule))
    scheme = bt.CommInfoBase(commission=3.0, commtype=bt.CommInfoBase.COMM_FIXED, stocklike=True)
    broker.addcommissioninfo(scheme, name=CATL)
    plan = {1: [(MOUTAI, 1000), (CATL, 200)], 2: [(MOUTAI, -1000)]}
    trader = trade(broker, plan, feed([10.0] * 4, MOUTAI), feed([10.0] * 4, CATL))
    # 10,000 CNY: 10 of commission, so 20; 100 of stamp duty on the sale; 0.10 of transfer fee.
    assert [fill.comm for fill in trader.fills] == pytest.approx([20.1, 600.0, 120.1])
    assert broker.get_fees() == pytest.approx({"commission": 640.0, "stamp_duty": 100.0, "transfer_fee": 0.2})


@pytest.mark.parametrize("seed", range(5))
def test_fees_and_cash_add_up_from_the_fills(trade, feed, seed):
    rng = np.random.default_rng(seed)
    names = (MOUTAI, CATL, SMIC)
    feeds = [feed(10.0 * np.exp(rng.normal(0, 0.01, 30).cumsum()), name, volume=30_000) for name in names]
    sizes = rng.integers(-30, 50, 75).tolist()
    plan = {
        step: [(names[n], sizes[3 * step + n] * 100 or 100, LONG if n else {}) for n in range(3)]
        for step in range(1, 25)
    }
    trader = trade(AShareBroker(cash=300_000.0), plan, *feeds)
    filled, fees, cash = {}, 0.0, 300_000.0
    for fill in trader.fills:
        value, before = abs(fill.size * fill.price), filled.get(fill.ref, 0.0)
        filled[fill.ref] = before + value
        so_far = max(0.0003 * before, 5.0) if before else 0.0
        fee = (
            max(0.0003 * (before + value), 5.0) - so_far + 0.00001 * value + 0.0005 * value * (fill.size < 0)
        )
        assert fill.comm == pytest.approx(fee)
        fees, cash = fees + fee, cash - fill.size * fill.price - fee
    assert len(trader.fills) > 40 > len(filled) / 2
    assert sum(trader.broker.get_fees().values()) == pytest.approx(fees)
    assert trader.broker.getcash() == pytest.approx(cash)
    assert cash >= 0.0
