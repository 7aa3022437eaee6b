"""run_backtest and the analyzers: amounts by hand, books that balance, spans, messages."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.strategies import FeeSchedule, run_backtest

NAN = np.nan
FREE = {"fees": 0.0, "gap": 0.0}


@pytest.fixture(scope="module")
def scores(market):
    return -market.adjusted("close").pct_change(5, fill_method=None)


@pytest.fixture(scope="module")
def result(market, scores):
    return run_backtest(market, scores, k=5, start="2015-06-01", end="2016-03-31")


def two_stocks() -> Panel:
    """Four days: A rises by a tenth a day from 10, B stays at 20; opens are the closes of the day before."""
    days = pd.bdate_range("2016-01-04", periods=4)
    closes = {"A": [10.0, 11.0, 12.1, 13.31], "B": [20.0] * 4}
    rows = []
    for symbol, prices in closes.items():
        for day, opened, close in zip(days, [prices[0], *prices], prices, strict=False):
            bar = {"open": opened, "high": close, "low": opened, "close": close, "volume": 1.0}
            rows.append({"date": day, "symbol": symbol, **bar})
    return Panel.from_long(pd.DataFrame(rows))


# -- known answers -------------------------------------------------------------------------------


def test_returns_and_tables_by_hand():
    panel = two_stocks()
    scores = panel.frame(np.array([[2.0, 1.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])).iloc[:2]
    done = run_backtest(panel, scores, k=1, rebalance=1, cash=1_000.02, fees=0.001, gap=0.01)
    # Buys 98 A (1000.01 / 10.1 and the fee) at 10; sells them at 11; 1098 less 1 % and fees buy 53 B at 20.
    assert done.trades[["symbol", "size", "price", "value"]].to_numpy().tolist() == [
        ["A", 98, 10.0, 980.0],
        ["A", -98, 11.0, 1078.0],
        ["B", 53, 20.0, 1060.0],
    ]
    assert done.trades["fees"].tolist() == pytest.approx([0.98, 1.078, 1.06])
    assert done.fees == pytest.approx({"commission": 3.118})
    assert done.costs == pytest.approx(3.118)
    assert done.value.tolist() == pytest.approx([1000.02, 1000.02 + 98 - 0.98, 1094.902, 1094.902])
    assert done.returns.tolist() == pytest.approx(
        (done.value / done.value.shift(1, fill_value=1000.02) - 1).tolist()
    )
    assert done.total_return == pytest.approx(1094.902 / 1000.02 - 1)
    held = done.holdings
    assert held[["symbol", "size", "value"]].to_numpy().tolist() == [
        ["A", 98, 1078.0],
        ["B", 53, 1060.0],
        ["B", 53, 1060.0],
    ]
    assert held["weight"].tolist() == pytest.approx(
        (held["value"] / done.value.loc[held["date"]].to_numpy()).tolist()
    )


def test_start_trades_the_scores_of_the_session_before():
    panel = two_stocks()
    scores = panel.frame(np.array([[NAN, NAN], [2.0, 1.0], [NAN, NAN], [NAN, NAN]]))
    done = run_backtest(panel, scores, k=1, start=panel.dates[2], rebalance=9, **FREE)
    assert done.trades["date"].tolist() == [panel.dates[2]]
    assert list(done.returns.index) == list(panel.dates[2:])
    assert done.returns.iloc[0] == pytest.approx(0.1, rel=1e-4)


def test_turnover_is_once_a_year_when_the_portfolio_is_swapped_once_a_year():
    days = pd.bdate_range("2014-01-01", "2015-12-31")
    bars = pd.DataFrame(
        {
            "date": np.tile(days, 2),
            "symbol": np.repeat(["A", "B"], len(days)),
            "open": 10.0,
            "high": 10.0,
            "low": 10.0,
        }
    ).assign(close=10.0, volume=1.0)
    panel = Panel.from_long(bars)
    first = (panel.dates < "2015-01-01")[:, None]
    scores = panel.frame(np.where(first, [[2.0, 1.0]], [[1.0, 2.0]]))
    done = run_backtest(panel, scores, k=1, rebalance=261, **FREE)
    # In two years one purchase, one swap: bought and sold three times the value, half of it, by two years.
    assert done.turnover == pytest.approx(0.75, rel=0.01)


def test_a_huge_factor_changes_nothing():
    panel = two_stocks()
    scores = panel.frame(np.tile([2.0, 1.0], (4, 1)))
    plain = run_backtest(panel, scores, k=1, rebalance=9, **FREE)
    huge = run_backtest(
        panel.with_arrays({"factor": panel.array("factor") * 1e6}), scores, k=1, rebalance=9, **FREE
    )
    pd.testing.assert_frame_equal(plain.trades, huge.trades)


# -- books balance --------------------------------------------------------------------------------


def test_cash_and_positions_are_the_value(result):
    worth = result.holdings.groupby("date")["value"].sum().reindex(result.value.index, fill_value=0.0)
    spent = (np.sign(result.trades["size"]) * result.trades["value"] + result.trades["fees"]).groupby(
        result.trades["date"]
    )
    cash = 1_000_000.0 - spent.sum().reindex(result.value.index, fill_value=0.0).cumsum()
    np.testing.assert_allclose(cash + worth, result.value, rtol=1e-12)
    assert (cash > -1e-6).all()


def test_fees_added_up_from_trades_are_the_brokers(result):
    kinds = ["commission", "stamp_duty", "transfer_fee"]
    np.testing.assert_allclose(result.trades[kinds].sum(axis=1), result.trades["fees"])
    assert result.trades[kinds].sum().to_dict() == pytest.approx(dict(result.fees))
    again = [
        FeeSchedule().of(size * price, day.date()).total
        for day, size, price in result.trades[["date", "size", "price"]].itertuples(index=False)
    ]
    np.testing.assert_allclose(again, result.trades["fees"])
    assert result.costs == pytest.approx(result.trades["fees"].sum())


def prices(market, field):
    """Adjusted prices from the session before the span on, quoted ones on each symbol's first bar."""
    span = market.between(market.dates[market.dates < "2015-06-01"][-1], "2016-03-31")
    return span[field] * (span["factor"] / span["factor"].bfill().iloc[0])


def test_trades_are_made_at_the_adjusted_open(result, market):
    opens = prices(market, "open")
    for day, symbol, price in result.trades[["date", "symbol", "price"]].itertuples(index=False):
        assert price == opens.loc[day, symbol]


def test_holdings_are_sorted_priced_at_the_last_close_and_at_most_k(result, market):
    closes = prices(market, "close").ffill()
    for day, held in result.holdings.groupby("date"):
        assert held["symbol"].is_monotonic_increasing
        assert held["price"].tolist() == closes.loc[day, held["symbol"]].tolist()
    sizes = result.holdings.groupby("date").size()
    assert sizes.max() <= 5 + len(result.refusals.query("side == 'sell'"))


def test_span_and_finite(result, market):
    assert list(result.returns.index) == list(market.between("2015-06-01", "2016-03-31").dates)
    assert np.isfinite(result.value).all()
    assert result.returns.name == "returns"


def test_same_inputs_same_result(result, market, scores):
    again = run_backtest(market, scores, k=5, start="2015-06-01", end="2016-03-31")
    pd.testing.assert_series_equal(result.returns, again.returns)
    pd.testing.assert_frame_equal(result.trades, again.trades)


def test_without_tables_the_returns_are_the_same(result, market, scores):
    lean = run_backtest(market, scores, k=5, start="2015-06-01", end="2016-03-31", record=False)
    pd.testing.assert_series_equal(result.returns, lean.returns)
    assert lean.fees == result.fees
    assert lean.trades.empty
    assert list(lean.trades.columns) == list(result.trades.columns)


def test_a_provider_is_as_good_as_its_scores(market, scores):
    class Provider:
        def predict(self, panel):
            return -panel.adjusted("close").pct_change(5, fill_method=None)

    span = {"k": 5, "start": "2015-06-01", "end": "2015-12-31"}
    ours, theirs = run_backtest(market, Provider(), **span), run_backtest(market, scores, **span)
    pd.testing.assert_frame_equal(ours.trades, theirs.trades)


def test_only_names_that_are_scored_and_trade_get_a_feed(market, scores):
    few = scores.copy()
    few.iloc[:, 6:] = np.nan
    assert run_backtest(market, few, k=3).symbols == tuple(market.symbols[:6])


def test_fees_by_schedule(market, scores):
    dear = FeeSchedule(commission=0.003)
    span = {"k": 5, "end": "2015-12-31"}
    cheap = run_backtest(market, scores, **span)
    assert run_backtest(market, scores, fees=dear, **span).fees["commission"] > 5 * cheap.fees["commission"]


# -- validation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2030-01-01"}, "no session from start=2030-01-01 .* the panel runs from 2015-01-05"),
        ({"start": "2016-02-01", "end": "2016-01-01"}, "start before end"),
        ({"k": 41}, "k=41 is larger than the 40 symbols that have a score and a bar"),
        ({"cash": 0.0}, "cash must be positive"),
        ({"fees": 3.0}, "fees must be a FeeSchedule or a fraction"),
        ({"rebalance": "hourly"}, "rebalance must be"),
    ],
)
def test_bad_settings(market, scores, changes, message):
    with pytest.raises(ValueError, match=message):
        run_backtest(market, scores, **{"k": 5, **changes})


def test_bad_scores(market, scores):
    with pytest.raises(
        ValueError, match=r"signal must be a frame of scores or have predict\(panel\), got str"
    ):
        run_backtest(market, "scores")
    with pytest.raises(ValueError, match=r"no score from 2015-06-01 to .*: the scores run over 2015-01-05"):
        run_backtest(market, scores.iloc[:50], start="2015-06-02")


# -- real bars -----------------------------------------------------------------------------------


@pytest.mark.real_data
def test_real_bars_leave_no_nan_and_no_refusal_without_a_reason(shared_data):
    panel = Panel.read(shared_data / "ashare_all_2015_2016.parquet")
    panel = panel.select(panel.symbols[::15])
    scores = -panel.adjusted("close").pct_change(5, fill_method=None)
    done = run_backtest(panel, scores, k=10)
    assert np.isfinite(done.value).all()
    assert set(done.refusals["reason"]) <= {
        "suspended",
        "not listed",
        "limit up",
        "limit down",
        "volume cap",
        "its place is taken by a name that cannot be sold",
        "a sale that was to pay for it was not filled",
        "not enough cash for all of it",
    }
    assert len(done.trades) > 100
