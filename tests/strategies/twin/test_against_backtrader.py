"""The twin has Backtrader's values: in any market, under any rules, with any options."""

import importlib.util
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies import FeeSchedule, FillRules, random_benchmark, run_backtest
from btalpha.strategies.trade_options import TradeOptions
from btalpha.strategies.twin.own_path import own_path
from hypothesis import given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location(
    "topk_markets", Path(__file__).parents[1] / "topk" / "test_properties.py"
)
markets = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(markets)

DEAR = FeeSchedule(commission=0.01, minimum=50.0, stamp_duty=((date(2023, 8, 28), 0.05),))
RULES = (
    FillRules(),
    FillRules(),
    FillRules(lots=False),
    FillRules(lots=False, t_plus_1=False),
    FillRules(limits=False, participation=None),
    FillRules(participation=0.01),
    None,
)
VENUES = st.fixed_dictionaries(
    {
        "fees": st.sampled_from([None, None, None, DEAR, 0.0, 0.01]),
        "exchange": st.sampled_from(RULES),
        "cash": st.sampled_from([5e3, 1e5, 3e6]),
        "recovery": st.sampled_from([1.0, 0.5, 0.0]),
        "lot": st.sampled_from([1, 1, 10]),
        "start": st.sampled_from([None, None, markets.DAYS[5]]),
        "end": st.sampled_from([None, None, markets.DAYS[18]]),
    }
)
SCHEDULES = st.sampled_from([1, 1, 3, "weekly", "monthly", (markets.DAYS[3], markets.DAYS[11])])


def arguments(options):
    return {name: value for name, value in vars(options).items() if name != "listings"}


@settings(max_examples=60, deadline=None)
@given(markets.SEEDS, markets.OPTIONS, VENUES, SCHEDULES, st.booleans())
def test_own_scores_in_random_markets(seed, options, venue, rebalance, told):
    market = markets.Market(np.random.default_rng(seed))
    scores = market.scores.where(market.universe).round(1)  # many ties
    given_ = {**options, **venue, "rebalance": rebalance, "delistings": market.delistings if told else None}
    try:
        event = run_backtest(market.panel, scores, record=False, **given_)
    except ValueError as refused:
        with pytest.raises(ValueError) as again:
            own_path(market.panel, scores, TradeOptions(**given_))
        assert str(again.value) == str(refused)
        return
    value, fees = own_path(market.panel, scores, TradeOptions(**given_))
    pd.testing.assert_series_equal(value, event.value, rtol=1e-9, atol=0.0, check_freq=False)
    assert fees == pytest.approx(event.costs, rel=1e-9, abs=1e-9)


@settings(max_examples=12, deadline=None)
@given(markets.SEEDS, markets.OPTIONS, VENUES, SCHEDULES)
def test_random_portfolios_in_random_markets(seed, options, venue, rebalance):
    market = markets.Market(np.random.default_rng(seed))
    given_ = {**options, **venue, "rebalance": rebalance, "delistings": market.delistings}
    given_ |= {"n": 3, "seed": seed, "eligible": market.universe}
    try:
        event = random_benchmark(market.panel, method="event", n_jobs=1, **given_)
    except ValueError as refused:
        with pytest.raises(ValueError) as again:
            random_benchmark(market.panel, **given_)
        assert str(again.value) == str(refused)
        return
    twin = random_benchmark(market.panel, **given_)
    growth, again = event.paths, twin.paths
    pd.testing.assert_frame_equal(again, growth, rtol=1e-9, atol=0.0, check_freq=False)
    np.testing.assert_allclose(twin.costs, event.costs, rtol=1e-9, atol=1e-9)


def test_a_name_without_a_bar_for_more_than_a_year_is_closed_as_gone():
    days = pd.bdate_range("2014-01-06", periods=330)
    silent = np.arange(330)[:, None] >= np.array([10, 999, 999])
    panel = flat(days, silent)
    scores = panel.frame(np.where(np.arange(330)[:, None] < 8, [[3.0, 1.0, np.nan]], [[3.0, np.nan, 1.0]]))
    options = TradeOptions(k=2, rebalance=4, recovery=0.25)
    event = run_backtest(panel, scores, **arguments(options))
    assert "gone" in set(event.trades["reason"])
    value, _ = own_path(panel, scores, options)
    np.testing.assert_allclose(value, event.value, rtol=1e-9)


def test_a_sale_on_its_way_when_its_name_is_delisted_sells_nothing():
    """Sent at a name's last close, without lots and T+1: it must not become a short position."""
    days = pd.bdate_range("2014-01-06", periods=12)
    panel = flat(days, np.arange(12)[:, None] >= np.array([6, 99, 99]))
    scores = panel.frame(np.where(np.arange(12)[:, None] < 5, [[3.0, 2.0, np.nan]], [[np.nan, 2.0, 3.0]]))
    options = TradeOptions(
        k=2, rebalance=5, execution="close", exchange=None, delistings={"600001.SH": days[6]}, recovery=0.5
    )
    event = run_backtest(panel, scores, **arguments(options))
    assert (event.holdings["size"] > 0).all()
    assert "delisted" in set(event.trades["reason"])
    value, _ = own_path(panel, scores, options)
    np.testing.assert_allclose(value, event.value, rtol=1e-9)


def flat(days, silent):
    from btalpha.feeds import Panel

    rows = [
        {"date": day, "symbol": name, "open": 10.0, "high": 10.2, "low": 9.9, "close": 10.1, "volume": 1e7}
        for row, day in enumerate(days)
        for column, name in enumerate(["600001.SH", "600002.SH", "600003.SH"])
        if not silent[row, column]
    ]
    return Panel.from_long(pd.DataFrame(rows))


def test_without_reference_prices_and_st_marks(market):
    from btalpha.feeds import Panel

    plain = Panel(
        dates=market.dates,
        symbols=market.symbols,
        arrays={name: market.array(name) for name in ("open", "high", "low", "close", "volume", "factor")},
    )
    scores = -plain.adjusted("close").pct_change(3, fill_method=None)
    options = TradeOptions(k=6, rebalance="weekly", buffer=2)
    value, _ = own_path(plain, scores, options)
    np.testing.assert_allclose(value, run_backtest(plain, scores, **arguments(options)).value, rtol=1e-9)


def test_a_score_for_some_dates_alone(market):
    scores = market["close"].iloc[50:300:3]
    options = TradeOptions(k=5, rebalance=4, weights="inverse_volatility", max_weight=0.3)
    value, fees = own_path(market, scores, options)
    event = run_backtest(market, scores, **arguments(options))
    np.testing.assert_allclose(value, event.value, rtol=1e-9)
    assert fees == pytest.approx(event.costs)
    with pytest.raises(ValueError, match="execution must be 'open' or 'close', got 'noon'"):
        own_path(market, scores, replace(options, execution="noon"))


@pytest.mark.real_data
@pytest.mark.long
@pytest.mark.parametrize("execution", ["open", "close"])
def test_seven_years_of_the_csi_300(shared_data, execution):
    from btalpha.feeds import Panel, read_members

    members = read_members(shared_data / "index_members.csv", index="csi300")
    panel = Panel.read(shared_data / "ashare_csi300_2010_2016.parquet", members=members)
    moves = panel.adjusted("close").ffill().pct_change(1, fill_method=None)
    scores = moves.where(panel.universe & panel.traded)
    event = run_backtest(panel, scores, execution=execution)
    value, fees = own_path(panel, scores, TradeOptions(execution=execution))
    assert len(value) == 1700
    np.testing.assert_allclose(value, event.value, rtol=1e-9)
    assert fees == pytest.approx(event.costs)
    span = {"start": "2015-06-01", "end": "2015-12-31", "execution": execution, "n": 3, "seed": 4}
    slow = random_benchmark(panel, eligible=scores.notna(), method="event", n_jobs=1, **span)
    fast = random_benchmark(panel, eligible=scores.notna(), **span)
    np.testing.assert_allclose(fast.paths, slow.paths, rtol=1e-9)
    np.testing.assert_allclose(fast.costs, slow.costs, rtol=1e-9)
