"""Seven years of the CSI 300 under the rules of the exchange: books, limits, fees and reasons."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, read_members
from btalpha.strategies import FeeSchedule, Reason, rebalance_sessions, run_backtest

pytestmark = [pytest.mark.real_data, pytest.mark.slow]
K, EVERY, CASH = 10, 5, 1_000_000.0


@pytest.fixture(scope="module")
def panel(shared_data) -> Panel:
    members = read_members(shared_data / "index_members.csv", index="csi300")
    return Panel.read(shared_data / "ashare_csi300_2010_2016.parquet", members=members)


@pytest.fixture(scope="module")
def scores(panel):
    """Yesterday's winners: the names that are locked at their upper limit first of all."""
    moves = panel.adjusted("close").ffill().pct_change(1, fill_method=None)
    return moves.where(panel.universe & panel.traded)


@pytest.fixture(scope="module")
def result(panel, scores):
    return run_backtest(panel, scores, k=K, rebalance=EVERY, cash=CASH)


def test_the_value_is_always_a_number_and_cash_never_negative(result):
    assert len(result.value) == 1700
    assert np.isfinite(result.value).all()
    assert cash(result).min() >= 0.0


def cash(result) -> pd.Series:
    trades = result.trades
    spent = (np.sign(trades["size"]) * trades["value"] + trades["fees"]).groupby(trades["date"]).sum()
    return CASH - spent.reindex(result.value.index, fill_value=0.0).cumsum()


def test_cash_and_positions_are_the_value_on_every_bar(result):
    worth = result.holdings.groupby("date")["value"].sum().reindex(result.value.index, fill_value=0.0)
    np.testing.assert_allclose(cash(result) + worth, result.value, rtol=1e-11)


def test_fees_added_up_again_are_the_brokers(result):
    ordinary = result.trades[result.trades["reason"] != "gone"]
    again = [
        FeeSchedule().of(size * price, day.date()).total
        for day, size, price in ordinary[["date", "size", "price"]].itertuples(index=False)
    ]
    np.testing.assert_allclose(again, ordinary["fees"])
    assert result.costs == pytest.approx(sum(again))


def test_cash_lasts_but_where_a_sale_failed_or_prices_left_the_gap(panel, result):
    reasons = set(result.refusals["reason"])
    assert reasons <= {reason.text for reason in Reason}
    assert not reasons & {Reason.CASH.text, Reason.UNFILLED.text}
    unsold = result.refusals[result.refusals["side"] == "sell"]
    unpaid = result.refusals[result.refusals["reason"] == Reason.UNFUNDED.text]
    assert set(unpaid["date"]) <= set(unsold["date"])
    jumps = panel["open"] / panel["pre_close"] - 1.0
    short = result.refusals[result.refusals["reason"] == Reason.PARTIAL.text]
    for day in short["date"]:
        traded = result.trades[result.trades["date"] == day]
        moves = [
            jumps.at[day, name] * np.sign(size)
            for name, size in zip(traded["symbol"], traded["size"], strict=True)
        ]
        assert max(moves) > 0.02, day


def test_nothing_is_bought_at_a_locked_limit_or_sold_at_one(panel, result):
    rate = np.where(panel["is_st"], 0.05, 0.10)
    reference = panel["pre_close"]
    up = np.floor(reference * (1 + rate) * 100 + 0.5 + 1e-6) / 100
    down = np.floor(reference * (1 - rate) * 100 + 0.5 + 1e-6) / 100
    stuck_up, stuck_down = (panel["low"] - up).abs() < 0.005, (panel["high"] - down).abs() < 0.005
    trades = result.trades[result.trades["reason"] != "gone"]
    for day, symbol, size in trades[["date", "symbol", "size"]].itertuples(index=False):
        assert not (stuck_up if size > 0 else stuck_down).at[day, symbol], (day, symbol, size)
    assert {"limit up", "suspended"} <= set(result.refusals["reason"])


def test_buys_are_whole_lots_of_raw_shares(panel, result):
    """Prices are adjusted, with the factor of each name's first bar as 1; so are the sizes."""
    factor = panel["factor"] / panel["factor"].bfill().iloc[0]
    buys = result.trades[result.trades["size"] > 0]
    raw = [
        size * factor.at[day, symbol] / 100
        for day, symbol, size in buys[["date", "symbol", "size"]].itertuples(index=False)
    ]
    np.testing.assert_allclose(raw, np.round(raw), atol=1e-7)


def test_every_name_wanted_and_not_held_or_held_and_not_wanted_has_a_reason(scores, result):
    held = {day: set(rows["symbol"]) for day, rows in result.holdings.groupby("date")}
    told = {(day.date(), symbol, side) for day, symbol, side, _ in result.refusals.itertuples(index=False)}
    days = [day.date() for day in scores.index]
    first = next(day for day, row in zip(days, scores.to_numpy(), strict=True) if np.isfinite(row).any())
    silent: list[tuple[date, str, str]] = []
    for session in rebalance_sessions([day for day in days if day >= first], EVERY)[:-1]:
        after = days[days.index(session) + 1]
        row = scores.loc[pd.Timestamp(session)].dropna()
        ranked = list(row.iloc[np.argsort(-row.to_numpy(), kind="stable")].index)
        mine = held.get(pd.Timestamp(after), set())

        def explained(symbol: str, side: str, session=session, after=after) -> bool:
            return (session, symbol, side) in told or (after, symbol, side) in told

        silent += [
            (session, name, "buy") for name in ranked[:K] if name not in mine and not explained(name, "buy")
        ]
        # For each of the best that cannot be traded the next one takes the place.
        blocked = sum((session, name, "buy") in told for name in ranked[:K])
        silent += [
            (session, name, "sell")
            for name in mine - set(ranked[: K + blocked])
            if not explained(name, "sell")
        ]
    assert silent == []
