"""TopK in a Cerebro: known trades, the traps of Backtrader, scores against signal, messages."""

from datetime import date

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, simulate_market
from btalpha.signals import FactorSignal
from btalpha.strategies import AShareBroker, PortfolioBroker, Refusals, TopK, Trades, Values
from hypothesis import given, settings
from hypothesis import strategies as st

DAYS = pd.bdate_range("2016-01-04", periods=12)
NAN = np.nan


class Reversal:
    """Minus the return of the last five sessions: a provider without anything to fit."""

    def __init__(self):
        self.asked = []

    def predict(self, panel):
        self.asked.append(panel.dates[-1].date())
        return -panel.adjusted("close").ffill().pct_change(5, fill_method=None).where(panel.traded)


def make_panel(closes: dict[str, list[float]], opens: dict[str, list[float]] | None = None) -> Panel:
    """Bars from closes a symbol; NaN is a day without one. Opens are the closes unless given."""
    rows = []
    for symbol, prices in closes.items():
        first = (opens or {}).get(symbol, prices)
        for day, opened, close in zip(DAYS, first, prices, strict=False):
            if not np.isnan(close):
                low, high = min(opened, close), max(opened, close)
                bar = {"open": opened, "high": high, "low": low, "close": close, "volume": 1e6}
                rows.append({"date": day, "symbol": symbol, **bar})
    return Panel.from_long(pd.DataFrame(rows))


def frame(rows: dict[int, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), index=DAYS[list(rows)])


def run(panel, *, strategy=TopK, cash=10_000.0, broker=None, modes=None, pandas=False, **params):
    cerebro = bt.Cerebro(stdstats=False, **(modes or {}))
    cerebro.broker = broker or bt.brokers.BackBroker()
    cerebro.broker.setcash(cash)
    if pandas:
        for symbol in panel.symbols:
            table = {name: panel.adjusted(name)[symbol] for name in ("open", "high", "low", "close")}
            table = pd.DataFrame({**table, "volume": panel["volume"][symbol]}).dropna()
            cerebro.adddata(bt.feeds.PandasData(dataname=table), name=symbol)
    else:
        panel.add_to(cerebro)
    cerebro.addstrategy(strategy, **params)
    for analyzer in (Trades, Refusals, Values):
        cerebro.addanalyzer(analyzer, _name=analyzer.__name__)
    (result,) = cerebro.run()
    return result


def trades(result):
    rows = result.analyzers.Trades.rows
    return [(row[0].day, row[1], row[2], row[3]) for row in rows]


def refusals(result):
    return [(row[0].day, *row[1:]) for row in result.analyzers.Refusals.rows]


FLAT = {"A": [10.0] * 12, "B": [20.0] * 12, "C": [5.0] * 12}


# -- known answers -------------------------------------------------------------------------------


def test_scores_of_the_close_are_traded_at_the_next_open_sales_first():
    opens = {**FLAT, "A": [9.0] * 12}
    scores = frame({0: {"A": 2, "B": 1, "C": NAN}, 2: {"A": NAN, "B": 1, "C": 2}})
    result = run(make_panel(FLAT, opens), scores=scores, k=1, rebalance=2, gap=0.1, cash=1_000.02)
    # 1000 / 11 shares, bought on Tuesday at 9; sold on Thursday; 190 + 90 x 9 is good for 1000 / 5.5 shares.
    assert trades(result) == [(5, "A", 90, 9.0), (7, "A", -90, 9.0), (7, "C", 181, 5.0)]
    assert [row[-1] for row in result.analyzers.Trades.rows] == ["enter", "exit", "enter"]
    assert refusals(result) == []
    assert result.held() == {"C": 181}


@pytest.mark.parametrize(
    "modes", [{"runonce": False}, {"preload": False}, {"exactbars": -1}, {"oldsync": True}], ids=str
)
def test_every_mode_trades_the_same(market, modes):
    panel = market.until(market.dates[120])
    scores = Reversal().predict(panel)
    assert trades(run(panel, scores=scores, k=5, modes=modes)) == trades(run(panel, scores=scores, k=5))


def test_the_clock_starts_with_the_first_scored_session_and_a_missing_row_is_made_up_for():
    rows = {number: {"A": 1.0, "B": NAN, "C": NAN} for number in (0, 1, 2, 3, 4, 6)}
    rows[0] = rows[1] = {"A": NAN, "B": NAN, "C": NAN}
    rows[6] = {"A": NAN, "B": 1.0, "C": NAN}
    result = run(make_panel(FLAT), scores=frame(rows), k=1, rebalance=3)
    # First scored on Wednesday the 6th; three sessions later, on the 11th, there is no row: the 12th it is.
    assert [(day, name) for day, name, *_ in trades(result)] == [(7, "A"), (13, "A"), (13, "B")]


def test_weekly_and_start():
    scores = frame({number: {"A": 1.0, "B": 0.0, "C": -number} for number in range(12)})
    result = run(make_panel(FLAT), scores=scores, k=1, rebalance="weekly", start="2016-01-07")
    assert trades(result)[0][0] == 8


def test_universe_and_symbols_limit_what_is_held():
    scores = frame({number: {"A": 3.0, "B": 2.0, "C": 1.0} for number in range(12)})
    members = scores.astype(bool).assign(A=False)
    assert run(make_panel(FLAT), scores=scores, k=1, universe=members).held().keys() == {"B"}
    two = {"symbols": ["C", "B"], "scores": scores[["B", "C"]]}
    assert run(make_panel(FLAT), k=1, **two).held().keys() == {"B"}


def test_parts_are_equal_and_ties_go_by_symbol():
    scores = frame({0: {"C": 1.0, "B": 1.0, "A": 1.0}})
    assert run(make_panel(FLAT), scores=scores, k=2, gap=0.0, cash=800.01).held() == {"A": 40, "B": 20}


def test_lots():
    scores = frame({0: {"A": 1.0, "B": 1.0, "C": 1.0}})
    result = run(make_panel(FLAT), scores=scores, k=3, gap=0.0, lot=100, cash=5_000.0)
    assert result.held() == {"A": 100, "C": 300}
    assert refusals(result) == [(4, "B", "buy", "not enough cash for a lot")]


# -- traps ---------------------------------------------------------------------------------------


def test_trap_1_a_feed_that_has_not_started_is_not_read():
    closes = {**FLAT, "B": [NAN] * 6 + [20.0] * 6}
    scores = frame({0: {"A": 1.0, "B": 9.0, "C": 0.0}})
    result = run(make_panel(closes), scores=scores, k=1)
    assert [row[:2] for row in trades(result)] == [(5, "A")]
    assert refusals(result) == [(4, "B", "buy", "not listed")]


class Statuses(TopK):
    def start(self):
        super().start()
        self.seen = []

    def notify_order(self, order):
        self.seen.append((order.getstatusname(), self.datetime.date(0)))


@pytest.mark.parametrize("always_open", [True, False])
def test_trap_2_no_order_is_refused_for_cash(market, always_open):
    panel = market.select(market.symbols[market.traded_array.all(axis=0)]) if always_open else market
    broker = bt.brokers.BackBroker()
    broker.setcommission(commission=0.002)
    result = run(panel, strategy=Statuses, scores=Reversal().predict(panel), k=5, broker=broker, gap=0.1)
    refused = {day for status, day in result.seen if status in ("Margin", "Rejected")}
    # The one way left: a sale that was to pay for it met a suspension.
    unsold = {day for day, _, side, reason in result.refusals if (side, reason) == ("sell", "suspended")}
    assert refused <= (set() if always_open else unsold)
    assert len(result.analyzers.Trades.rows) > 200
    assert min(row[1] for row in result.analyzers.Values.rows) >= 0.0


def test_trap_2_ours_refuses_nothing(market):
    result = run(
        market, strategy=Statuses, scores=Reversal().predict(market), k=5, broker=AShareBroker(), gap=0.0
    )
    assert not {"Margin", "Rejected"} & {status for status, _ in result.seen}
    assert min(row[1] for row in result.analyzers.Values.rows) >= 0.0


def test_trap_2_a_gap_beyond_the_allowance_is_reported_by_backtraders_broker():
    opens = {**FLAT, "A": [15.0] * 12}
    scores = frame({0: {"A": 1.0, "B": NAN, "C": NAN}})
    result = run(make_panel(FLAT, opens), scores=scores, k=1)
    assert trades(result) == []
    assert refusals(result) == [(5, "A", "buy", "not enough cash")]


def test_trap_2_a_gap_beyond_the_allowance_fills_in_part_with_ours():
    opens = {**FLAT, "A": [15.0] * 12}
    scores = frame({0: {"A": 1.0, "B": NAN, "C": NAN}})
    result = run(make_panel(FLAT, opens), scores=scores, k=1, broker=PortfolioBroker())
    assert trades(result) == [(5, "A", 666, 15.0)]
    assert refusals(result) == [(5, "A", "buy", "not enough cash for all of it")]
    assert result.held() == {"A": 666}


def test_trap_4_an_order_does_not_wait_for_a_resumption():
    closes = {**FLAT, "A": [10.0, NAN, NAN, 10.0] + [10.0] * 8}
    scores = frame({0: {"A": 1.0, "B": NAN, "C": NAN}})
    result = run(make_panel(closes), scores=scores, k=1, rebalance=50)
    assert trades(result) == []
    assert refusals(result) == [(5, "A", "buy", "suspended")]
    assert not result.broker.get_orders_open()


def test_trap_4_a_suspended_name_gets_no_order_and_the_next_best_is_bought():
    closes = {**FLAT, "A": [10.0, NAN] + [10.0] * 10}
    result = run(make_panel(closes), scores=frame({1: {"A": 3.0, "B": 2.0, "C": 1.0}}), k=1)
    assert [row[:2] for row in trades(result)] == [(6, "B")]
    assert refusals(result) == [(5, "A", "buy", "suspended")]


def test_trap_4_a_delisted_name_keeps_its_place_and_its_last_price():
    closes = {**FLAT, "A": [10.0, 10.0, 12.0] + [NAN] * 9}
    scores = frame({0: {"A": 1.0, "B": 0.5, "C": NAN}, 5: {"A": NAN, "B": NAN, "C": 1.0}, 10: {"B": 1.0}})
    result = run(make_panel(closes), scores=scores, k=2, gap=0.0, cash=1_000.1)
    assert result.held() == {"A": 50, "B": 20 + 5}
    assert {row for row in refusals(result) if row[2] == "sell"} == {
        (11, "A", "sell", "suspended"),
        (18, "A", "sell", "suspended"),
    }
    values = [row[2] for row in result.analyzers.Values.rows]
    assert np.isfinite(values).all()
    assert values[-1] == pytest.approx(1_100.1)
    assert not result.broker.get_orders_open()


def test_trap_5_nan_rows_of_other_feeds_make_no_orders():
    table = pd.DataFrame(
        {name: [NAN, 10.0, NAN, 10.0] for name in ("open", "high", "low", "close")}, index=DAYS[:4]
    )
    whole = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), 5.0), index=DAYS[:4])
    cerebro = bt.Cerebro(stdstats=False)
    for name, data in (("A", table), ("B", whole)):
        cerebro.adddata(bt.feeds.PandasData(dataname=data.assign(volume=1.0)), name=name)
    scores = frame({0: {"A": 2.0, "B": 1.0}, 2: {"A": 2.0, "B": 1.0}})
    cerebro.addstrategy(TopK, scores=scores, k=1, rebalance=2)
    (result,) = cerebro.run()
    assert [row[1:] for row in result.refusals] == [("A", "buy", "no price")] * 2
    assert result.held().keys() == {"B"}


def test_trap_7_misspelt_parameter():
    with pytest.raises(ValueError, match=r"TopK has no parameter 'rebalence'; did you mean 'rebalance'\?"):
        run(make_panel(FLAT), scores=frame({0: FLAT_SCORES}), rebalence=3)


FLAT_SCORES = {"A": 1.0, "B": 1.0, "C": 1.0}


def test_trap_8_feeds_with_equal_closes_are_kept_apart():
    same = make_panel({name: [10.0] * 12 for name in "ABC"})
    scores = frame({0: {"A": 1.0, "B": 3.0, "C": 2.0}, 5: {"A": 3.0, "B": 1.0, "C": 2.0}})
    result = run(same, scores=scores, k=2, gap=0.0, cash=1_000.1)
    assert trades(result) == [
        (5, "B", 50, 10.0),
        (5, "C", 50, 10.0),
        (12, "B", -50, 10.0),
        (12, "A", 50, 10.0),
    ]


def test_trap_9_optstrategy(market):
    panel = market.until(market.dates[40])
    scores = Reversal().predict(panel)
    cerebro = bt.Cerebro(stdstats=False, maxcpus=1)
    panel.add_to(cerebro)
    cerebro.optstrategy(TopK, scores=[scores], k=(2, 4))
    cerebro.addanalyzer(Trades, _name="trades")
    runs = cerebro.run()
    names = [{row[1] for row in run[0].analyzers.trades.rows} for run in runs]
    alone = [{row[1] for row in trades(run(panel, scores=scores, k=k))} for k in (2, 4)]
    assert names == alone
    with pytest.raises(ValueError, match=r"wrap it in a list: scores=\[frame\]"):
        run(panel, scores="000001.SZ")


def test_positions_of_others_are_left_alone():
    class WithOwn(TopK):
        def next(self):
            super().next()
            if len(self) == 1:
                self.own = [self.buy(self.getdatabyname(name), size=7) for name in "AC"]

    scores = frame({1: {"A": 1.0, "B": 0.0, "C": NAN}, 4: {"A": NAN, "B": 1.0, "C": NAN}})
    result = run(make_panel(FLAT), strategy=WithOwn, scores=scores, k=1, rebalance=3)
    sizes = {name: result.getpositionbyname(name).size for name in "ABC"}
    assert result.held() == {"B": sizes["B"]}
    assert sizes["A"] == sizes["C"] == 7


def test_two_strategies_in_one_cerebro_keep_their_books_apart():
    cerebro = bt.Cerebro(stdstats=False)
    make_panel(FLAT).add_to(cerebro)
    cerebro.addstrategy(TopK, scores=frame({0: {"A": 1.0}, 5: {"B": 1.0}}), k=1, cash_reserve=0.6)
    cerebro.addstrategy(TopK, scores=frame({0: {"A": 1.0}}), k=1, cash_reserve=0.6, rebalance=50)
    first, second = cerebro.run()
    assert first.held().keys() == {"B"}
    assert second.held().keys() == {"A"}
    assert first.getpositionbyname("A").size == second.held()["A"]


def test_hooks_stay_free_and_indicators_do_not_hold_it_up(market):
    class Hooked(TopK):
        def __init__(self, **unknown):
            super().__init__(**unknown)
            self.average = bt.ind.SMA(self.data, period=30)
            self.orders = 0

        def notify_order(self, order):
            self.orders += 1

        def notify_trade(self, trade):
            self.orders += 1

    panel = market.until(market.dates[60])
    scores = Reversal().predict(panel)
    result = run(panel, strategy=Hooked, scores=scores, k=4)
    assert trades(result) == trades(run(panel, scores=scores, k=4))
    assert result.orders > 0


def test_no_order_is_a_leak(market):
    """What is done by a date does not change when the future does."""
    panel = market.until(market.dates[150])
    scores = Reversal().predict(panel)
    whole = trades_by_date(run(panel, scores=scores, k=5))
    cut = market.dates[90]
    part = trades_by_date(run(panel.until(cut), scores=scores, k=5))
    assert part == [row for row in whole if row[0] <= cut.date()]
    assert len(part) > 50


def trades_by_date(result):
    return list(result.analyzers.Trades.rows)


# -- scores against signal -------------------------------------------------------------------------


@pytest.mark.parametrize("modes", [{}, {"preload": False}], ids=str)
@pytest.mark.parametrize("pandas", [False, True])
def test_signal_gives_the_trades_of_its_scores(market, pandas, modes):
    panel = market.until(market.dates[130])
    provider = Reversal()
    ready = run(panel, scores=provider.predict(panel), k=5, pandas=pandas)
    provider.asked.clear()
    live = run(panel, signal=provider, k=5, pandas=pandas, modes=modes)
    assert trades(live) == trades(ready)
    assert refusals(live) == refusals(ready)
    assert len(trades(live)) > 100
    # Every session until the first score, then every fifth.
    first = panel.dates[5].date()
    assert provider.asked[:6] == [day.date() for day in panel.dates[:6]]
    assert provider.asked[5:] == [day.date() for day in panel.dates[5::5]]
    assert provider.asked[5] == first


def test_signal_with_exactbars():
    closes = {name: [10.0 + number * (-1) ** row for row in range(12)] for number, name in enumerate("ABC")}
    panel = make_panel(closes)
    ready = run(panel, scores=Reversal().predict(panel), k=1, rebalance=1)
    live = run(panel, signal=Reversal(), k=1, rebalance=1, modes={"exactbars": 1})
    assert trades(live) == trades(ready) != []


def test_provider_may_use_extra_lines_that_the_feeds_carry(market):
    from btalpha.feeds.panel_feeds import add_panel

    class Quiet:
        def predict(self, panel):
            return -panel["turnover"].rolling(5).mean()

    panel = market.until(market.dates[60])
    cerebro = bt.Cerebro(stdstats=False)
    add_panel(panel, cerebro, extra=("turnover",))
    cerebro.addstrategy(TopK, signal=Quiet(), k=4)
    cerebro.addanalyzer(Trades, _name="Trades")
    (live,) = cerebro.run()
    assert trades(live) == trades(run(panel, scores=Quiet().predict(panel), k=4)) != []
    with pytest.raises(DataError, match="no field 'turnover'"):
        run(panel, signal=Quiet(), k=4)


# -- properties ----------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([1, 3, "weekly"]), st.sampled_from([1, 100]))
def test_random_markets(seed, k, rebalance, lot):
    rng = np.random.default_rng(seed)
    closes = {}
    for name in "ABCDEFG":
        prices = 10 * np.exp(np.cumsum(rng.normal(0, 0.05, 12)))
        prices[rng.random(12) < 0.25] = NAN
        closes[name] = prices.tolist()
    panel = make_panel(closes)
    scores = panel.frame(
        np.where(rng.random(panel.traded.shape) < 0.3, NAN, rng.normal(size=panel.traded.shape))
    )
    if len(panel.symbols) < k or not scores.notna().to_numpy().any():
        return
    result = run(
        panel, scores=scores, k=k, rebalance=rebalance, lot=lot, broker=AShareBroker(), cash=100_000.0
    )
    values = result.analyzers.Values.rows
    assert np.isfinite([row[2] for row in values]).all()
    assert min(row[1] for row in values) >= 0.0
    held = result.held()
    broker = {
        data._name: position.size for data, position in result.broker.positions.items() if position.size
    }
    pending = {order.data._name for order, _ in result._book.pending}
    assert {name: size for name, size in held.items() if name not in pending} == {
        name: size for name, size in broker.items() if name not in pending
    }
    last = {name: panel.adjusted("close")[name].dropna().iloc[-1] for name in broker}
    worth = sum(size * last[name] for name, size in broker.items())
    assert values[-1][1] + worth == pytest.approx(values[-1][2])
    charged = sum(row[-2] for row in result.analyzers.Trades.rows)
    assert charged == pytest.approx(sum(result.broker.get_fees().values()))
    assert all(row[1] in closes and row[2] in ("buy", "sell") for row in result.refusals)


# -- validation ----------------------------------------------------------------------------------

GOOD = {0: FLAT_SCORES}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "give exactly one of signal= and scores=, got neither"),
        ({"scores": frame(GOOD), "signal": Reversal()}, "exactly one of signal= and scores=, got both"),
        (
            {"signal": frame(GOOD)},
            "signal must have predict.panel., got DataFrame; a frame of scores goes to scores=",
        ),
        ({"scores": frame(GOOD), "k": 4}, "k must be at most the number of feeds, 3, got 4"),
        ({"scores": frame(GOOD), "k": 0}, "k must be a whole number >= 1, got 0"),
        ({"scores": frame(GOOD), "k": 1, "rebalance": "dayly"}, "rebalance must be .* got 'dayly'"),
        ({"scores": frame(GOOD), "k": 1, "gap": 2.0}, "gap must be a fraction"),
        (
            {"scores": frame(GOOD), "k": 1, "symbols": ["A", "BB"]},
            "symbols: no feed is named 'BB'; did you mean 'B'?",
        ),
        (
            {"scores": frame(GOOD), "k": 1, "nonsense": 1},
            "no parameter 'nonsense'; its parameters are signal",
        ),
        ({"scores": [[1.0]], "k": 1}, "scores must be a DataFrame of dates x symbols, got list"),
        ({"scores": frame(GOOD).iloc[:0], "k": 1}, "scores must have at least one date and one symbol"),
        (
            {"scores": frame(GOOD).iloc[[0, 0]], "k": 1},
            "ascending, unique dates, got 2016-01-04 after 2016-01-04",
        ),
        ({"scores": frame(GOOD).set_axis(["x"]), "k": 1}, "scores must be indexed by date"),
        ({"scores": frame(GOOD) / 0.0, "k": 1}, "scores must be finite or NaN, got inf for A on 2016-01-04"),
        ({"scores": frame(GOOD).astype(str) + "x", "k": 1}, "scores must be numeric"),
        (
            {"scores": frame(GOOD).set_axis(["A", "A", "B"], axis=1), "k": 1},
            "scores has the symbol 'A' twice",
        ),
        (
            {"scores": frame(GOOD).add_prefix("X"), "k": 1},
            "no symbol of scores has a feed: scores has XA, XB, XC",
        ),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        run(make_panel(FLAT), **params)


def test_no_date_in_common_names_the_nearest():
    scores = frame({0: FLAT_SCORES, 1: FLAT_SCORES})
    late = scores.set_axis(pd.DatetimeIndex(["2017-03-01", "2017-03-02"]))
    message = "from 2016-01-04 to 2016-01-19, scores from 2017-03-01 to 2017-03-02; nearest .* 2017-03-01"
    with pytest.raises(ValueError, match=message):
        run(make_panel(FLAT), scores=late, k=1)


def test_columns_without_a_feed_are_warned_about():
    with pytest.warns(UserWarning, match="1 of 4 symbols in scores have no feed and cannot be traded: D"):
        run(make_panel(FLAT), scores=frame({0: {**FLAT_SCORES, "D": 1.0}}), k=1)


def test_feeds_need_names():
    cerebro = bt.Cerebro(stdstats=False)
    flat = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), 5.0), index=DAYS)
    cerebro.adddata(bt.feeds.PandasData(dataname=flat))
    cerebro.addstrategy(TopK, scores=frame(GOOD), k=1)
    with pytest.raises(DataError, match="feed 0 has no name"):
        cerebro.run()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda panel: None, "predict must return a frame of dates x symbols, got None"),
        (lambda panel: panel["close"].iloc[:-1], "must end with the panel's last date 2016-01-05"),
        (lambda panel: panel["close"] / 0.0, "predict must be finite or NaN, got inf for A"),
    ],
)
def test_bad_providers(answer, message):
    class Bad:
        def predict(self, panel):
            return answer(panel) if len(panel) > 1 else panel["close"] * NAN

    with pytest.raises(ValueError, match=message):
        run(make_panel(FLAT), signal=Bad(), k=1)


def test_refusals_are_dated_by_session():
    closes = {**FLAT, "A": [NAN, NAN] + [10.0] * 10}
    result = run(make_panel(closes), scores=frame({0: {"A": 1.0, "B": NAN, "C": NAN}}), k=1)
    assert result.refusals == [(date(2016, 1, 4), "A", "buy", "not listed")]


def test_bars_of_less_than_a_day_are_refused() -> None:
    stamps = pd.to_datetime(["2016-01-04 11:00", "2016-01-04 15:00", "2016-01-05 11:00", "2016-01-05 15:00"])
    bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), 10.0), index=stamps)
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars, timeframe=bt.TimeFrame.Minutes), name="A")
    scores = pd.DataFrame({"A": 1.0}, index=pd.to_datetime(["2016-01-04", "2016-01-05"]))
    cerebro.addstrategy(TopK, scores=scores, k=1)
    with pytest.raises(ValueError, match="daily bars, but A has a second bar of 2016-01-04"):
        cerebro.run()


def test_scores_without_a_value_are_refused() -> None:
    panel = simulate_market(n_symbols=3, n_days=30, seed=1)
    cerebro = bt.Cerebro(stdstats=False)
    panel.add_to(cerebro)
    cerebro.addstrategy(TopK, scores=panel["close"] * np.nan, k=1)
    with pytest.raises(ValueError, match="nothing but NaN"):
        cerebro.run()


def test_a_class_is_no_provider() -> None:
    panel = simulate_market(n_symbols=3, n_days=30, seed=1)
    cerebro = bt.Cerebro(stdstats=False)
    panel.add_to(cerebro)
    cerebro.addstrategy(TopK, signal=FactorSignal, k=1)
    with pytest.raises(ValueError, match=r"not its class; write FactorSignal\(\.\.\.\)"):
        cerebro.run()
