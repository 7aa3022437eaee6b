"""``TearsheetAnalyzer`` in any Cerebro: known returns, any broker and strategy, random portfolios beside TopK."""

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import simulate_market
from btalpha.signals import FactorSignal, evaluate
from btalpha.strategies import AShareBroker, PortfolioBroker, TearsheetAnalyzer, TopK, random_benchmark
from btalpha.strategies.account import account_returns
from btalpha.strategies.run_facts import settings_of

DAYS = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-06", "2016-01-07"])
PRICES = [10.0, 10.0, 11.0, 12.0]


class BuyOnce(bt.Strategy):
    """Buy on the first bar, at the next open."""

    params = (("size", 50), ("paid_in", 0.0), ("k", 14))

    def next(self):
        if len(self) == 1:
            self.buy(size=self.p.size)
        if len(self) == 2 and self.p.paid_in:
            self.broker.add_cash(self.p.paid_in)


class Watch(bt.Strategy):
    """Do nothing."""


def feed(prices=PRICES, days=DAYS, **named):
    bars = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), prices), days, dtype=float)
    return bt.feeds.PandasData(dataname=bars.assign(volume=1e6), **named)


def sheet_of(*strategies, broker=None, feeds=(), panel=None):
    """The analyzer of the first of some strategies, after the run."""
    cerebro = bt.Cerebro(stdstats=False)
    if panel is not None:
        panel.add_to(cerebro)
    else:
        for one in feeds or [feed()]:
            cerebro.adddata(one)
    cerebro.broker = broker or bt.brokers.BackBroker(cash=1_000.0)
    for cls, params in strategies:
        cerebro.addstrategy(cls, **params)
    cerebro.addanalyzer(TearsheetAnalyzer, _name="tearsheet")
    return cerebro.run()[0].analyzers.tearsheet


@pytest.fixture
def shown(monkeypatch):
    """What ``write`` gave to ``tearsheet``, instead of a page."""
    given = {}
    monkeypatch.setattr(
        "btalpha.strategies.tearsheet_analyzer.tearsheet",
        lambda returns, benchmark=None, **rest: given.update(rest, returns=returns, benchmark=benchmark),
    )
    return given


class TestReturns:
    def test_by_eye(self) -> None:
        """500 of 1,000 in the stock from the second open on: 1000, 1000, 1050, 1100."""
        sheet = sheet_of((BuyOnce, {}))
        assert sheet.returns.tolist() == pytest.approx([0.0, 0.0, 0.05, 50 / 1050])
        assert list(sheet.returns.index) == list(DAYS)

    def test_cash_paid_in_is_no_gain(self) -> None:
        """500 come in on the second day: then 50 are made of 1,500, and 50 of 1,550."""
        sheet = sheet_of((BuyOnce, {"paid_in": 500.0}))
        assert sheet.returns.tolist() == pytest.approx([0.0, 0.0, 50 / 1500, 50 / 1550])

    def test_the_last_bar_of_a_date_counts(self) -> None:
        hours = pd.to_datetime(
            ["2016-01-04 10:00", "2016-01-04 14:00", "2016-01-05 10:00", "2016-01-05 14:00"]
        )
        sheet = sheet_of((BuyOnce, {}), feeds=[feed(days=hours)])
        assert sheet.returns.tolist() == pytest.approx([0.0, 0.1])
        holdings = sheet.get_analysis()["holdings"]
        assert holdings["date"].tolist() == list(DAYS[:2])
        assert holdings["price"].tolist() == [10.0, 12.0]

    def test_without_trades_nothing_moves(self, tmp_path) -> None:
        sheet = sheet_of((Watch, {}))
        assert sheet.returns.tolist() == [0.0] * 4
        assert sheet.sharpe is None
        page = sheet.write(tmp_path / "page.html", currency="USD").read_text(encoding="utf-8")
        assert "never moved" in page
        assert "No trades were made." in page

    def test_an_account_without_bars_says_so(self) -> None:
        with pytest.raises(ValueError, match="the run has no bar"):
            account_returns(pd.Series(dtype=float), 100.0)

    @pytest.mark.parametrize(
        ("values", "returns", "note"),
        [
            ([100.0, np.nan, 110.0], [0.0, 0.0, 0.1], "no value on 1 of 3 sessions, first on 2016-01-05"),
            ([50.0, 0.0, 0.0], [-0.5, -1.0, 0.0], None),
            ([50.0, -5.0, 20.0], [-0.5, -1.0, 0.0], "fell to −5 on 2016-01-05"),
            ([np.nan, np.nan, np.nan], [0.0, 0.0, 0.0], "no value on 3 of 3"),
        ],
    )
    def test_missing_values_and_ruin(self, values, returns, note) -> None:
        found, notes = account_returns(pd.Series(values, DAYS[:3]), 100.0)
        assert found.tolist() == pytest.approx(returns)
        assert [note in text for text in notes] == ([True] if note else [])

    def test_a_live_account_that_begins_with_nothing_counts_from_its_first_value(self) -> None:
        assert account_returns(pd.Series([200.0, 220.0], DAYS[:2]), 0.0)[0].tolist() == pytest.approx(
            [0, 0.1]
        )


class TestAnyStrategy:
    def test_tables_settings_and_figures(self, shown, tmp_path) -> None:
        broker = bt.brokers.BackBroker(cash=1_000.0)
        broker.setcommission(commission=0.01)
        sheet_of((BuyOnce, {}), broker=broker, feeds=[feed(name="ACME")]).write(tmp_path, title="Mine")
        assert shown["title"] == "Mine"
        assert shown["trades"][["symbol", "size", "fees"]].to_numpy().tolist() == [["ACME", 50, 5.0]]
        assert shown["holdings"]["symbol"].tolist() == ["ACME"] * 3
        assert shown["config"]["strategy"] == {"class": "BuyOnce", "size": 50, "paid_in": 0.0, "k": 14}
        assert shown["config"]["broker"]["commission"] == 0.01
        assert shown["config"]["feeds"] == {"number": 1, "names": ["ACME"]}
        mean = np.mean([1000.0, 995.0, 1045.0, 1095.0])
        figures = {"costs": 5.0, "turnover": pytest.approx(500 / 2 / mean * 244 / 4)}
        assert shown["metrics"] == {"strategy": figures, "signal": {}}
        assert (shown["currency"], shown["ic"], shown["random_returns"]) == ("", None, None)

    def test_an_order_that_the_broker_turns_down_is_listed_once(self, shown, tmp_path) -> None:
        sheet_of((BuyOnce, {"size": 500})).write(tmp_path)
        refusals = shown["refusals"]
        assert refusals[["symbol", "side", "reason"]].to_numpy().tolist() == [
            ["data0", "buy", "not enough cash"]
        ]
        assert refusals["date"].tolist() == [DAYS[1]]

    def test_the_exchange_says_why(self, shown, tmp_path) -> None:
        broker = AShareBroker(cash=1_000.0)
        sheet_of((BuyOnce, {"size": 50}), broker=broker, feeds=[feed(name="600519.SH")]).write(tmp_path)
        assert shown["refusals"]["reason"].tolist() == ["not enough cash for a lot"]
        assert shown["currency"] == "CNY"

    def test_another_strategy_in_the_account_is_named(self, shown, tmp_path) -> None:
        sheet_of((BuyOnce, {}), (Watch, {})).write(tmp_path, notes=["First."])
        first, second = shown["notes"]
        assert first == "First."
        assert second.startswith("Watch traded in the same account")

    @pytest.mark.parametrize("processes", [1, 2])
    def test_a_sweep_counts_its_trials(self, shown, tmp_path, processes) -> None:
        cerebro = bt.Cerebro(stdstats=False, maxcpus=processes)
        cerebro.adddata(feed())
        cerebro.broker.setcash(1_000.0)
        cerebro.optstrategy(BuyOnce, size=[10, 20, 0])
        cerebro.addanalyzer(TearsheetAnalyzer, _name="tearsheet")
        sheets = [run.analyzers.tearsheet for (run,) in cerebro.run()]
        sheets[1].write(tmp_path, trials=[sheet.sharpe for sheet in sheets])
        assert shown["config"]["strategy"]["size"] == 20
        assert shown["returns"].iloc[-1] == pytest.approx(20 / 1020)
        assert [trial is None for trial in shown["trials"]] == [False, False, True]

    def test_frames_and_objects_are_described(self) -> None:
        class Odd(Watch):
            params = (("frame", pd.DataFrame({"A": [1.0]})), ("many", list(range(50))), ("thing", object()))

        cerebro = bt.Cerebro(stdstats=False)
        cerebro.adddata(feed())
        cerebro.addstrategy(Odd)
        (strategy,) = cerebro.run()
        told = settings_of(strategy)["strategy"]
        assert told == {"class": "Odd", "frame": "frame of 1 x 1", "many": "list of 50", "thing": "object"}


def flat_fee():
    broker = PortfolioBroker(cash=1e6)
    broker.setcommission(commission=0.0005)
    return broker


def slipping():
    broker = bt.brokers.BackBroker(cash=1e6, slip_perc=0.02, slip_open=True)
    broker.setcommission(commission=0.0005)
    return broker


@pytest.fixture(scope="module")
def panel():
    return simulate_market(n_symbols=20, n_days=80, seed=2)


@pytest.fixture(scope="module")
def scores(panel):
    return FactorSignal("rev5").predict(panel)


class TestTopK:
    @pytest.mark.parametrize(
        ("broker", "rules"),
        [
            (lambda: AShareBroker(cash=1e6), {"listings": {}}),
            (lambda: AShareBroker(cash=1e6, limits=False, recovery=0.5), None),
            (flat_fee, {"fees": 0.0005, "exchange": None}),
        ],
        ids=["exchange", "some rules", "one rate"],
    )
    def test_random_portfolios_are_traded_as_the_run_was(self, panel, scores, broker, rules, shown, tmp_path):
        topk = {"signal": FactorSignal("rev5"), "k": 4, "rebalance": 3}
        sheet_of((TopK, topk), broker=broker(), panel=panel).write(tmp_path, randoms=7, seed=3)
        assert shown["notes"] == []
        chance = shown["random_returns"]
        assert chance.shape == (len(panel), 7)
        assert shown["config"]["random"] == {"n": 7, "seed": 3}
        if rules is not None:
            wanted = random_benchmark(
                panel, n=7, seed=3, k=4, rebalance=3, cash=1e6, eligible=scores.notna(), **rules
            )
            np.testing.assert_allclose(chance.to_numpy(), wanted.returns.to_numpy(), atol=1e-12)

    def test_backtraders_own_broker_may_turn_down_an_order_and_is_then_nearly_alike(
        self, panel, scores, shown, tmp_path
    ) -> None:
        broker = bt.brokers.BackBroker(cash=1e6)
        sheet_of((TopK, {"scores": scores, "k": 4, "gap": 0.005}), broker=broker, panel=panel).write(
            tmp_path, randoms=5
        )
        assert shown["random_returns"].shape == (len(panel), 5)
        assert "not enough cash" in set(shown["refusals"]["reason"])
        (note,) = shown["notes"]
        assert "nearly the same rules" in note

    @pytest.mark.parametrize(
        "options",
        [
            {"start": "2015-02-16", "rebalance": "monthly"},
            {"weights": "inverse_volatility", "min_holding": 3, "max_weight": 0.4},
            {"symbols": True, "buffer": 2, "max_changes": 1},
            {"universe": True, "tolerance": 0.1},
        ],
        ids=lambda options: " ".join(options),
    )
    def test_every_option_of_topk_reaches_the_random_portfolios(
        self, panel, scores, options, shown, tmp_path
    ) -> None:
        """The twin would be off, and a note say so, if one did not."""
        if "symbols" in options:
            options = {**options, "symbols": list(panel.symbols[:12])}
            scores = scores[options["symbols"]]
        if "universe" in options:
            members = np.random.default_rng(0).random(panel["close"].shape) > 0.4
            options = {**options, "universe": panel.frame(members).iloc[::15]}
        topk = {"scores": scores, "k": 4, **options}
        sheet_of((TopK, topk), broker=flat_fee(), panel=panel).write(tmp_path, randoms=3)
        assert shown["notes"] == []
        assert shown["random_returns"].shape == (len(panel), 3)

    @pytest.mark.parametrize(
        "broker", [flat_fee, lambda: AShareBroker(cash=1e6)], ids=["one rate", "exchange"]
    )
    def test_shares_cost_what_the_feeds_delivered_whatever_the_factor(
        self, panel, scores, broker, shown, tmp_path
    ) -> None:
        """Back-adjusted prices may be many times the quoted ones, so that few shares are bought."""
        dear = panel.with_arrays({"factor": panel.array("factor") * 97.0})
        sheet_of((TopK, {"scores": scores, "k": 4}), broker=broker(), panel=dear).write(tmp_path, randoms=3)
        assert shown["notes"] == []

    def test_scores_are_judged_as_evaluate_does(self, panel, scores, shown, tmp_path) -> None:
        topk = {"scores": scores, "k": 4}
        sheet_of((TopK, topk), broker=flat_fee(), panel=panel).write(tmp_path, randoms=0, horizon=3)
        wanted = evaluate(scores, panel, 3)
        pd.testing.assert_series_equal(shown["ic"], wanted.rank_ic, check_freq=False, check_names=False)
        assert shown["metrics"]["signal"]["rank_icir"] == pytest.approx(wanted.summary()["rank_icir"])
        assert shown["random_returns"] is None

    @pytest.mark.parametrize(
        ("broker", "twice", "why"),
        [
            (slipping, False, "the broker trades by rules of its own"),
            (flat_fee, True, "the account is not this strategy's alone"),
        ],
    )
    def test_what_cannot_be_traded_alike_is_left_out_and_said(
        self, panel, scores, broker, twice, why, shown, tmp_path
    ) -> None:
        topk = {"scores": scores, "k": 4, "cash_reserve": 0.5}
        strategies = [(TopK, topk)] * (1 + twice)
        sheet_of(*strategies, broker=broker(), panel=panel).write(tmp_path, randoms=5)
        assert shown["random_returns"] is None
        assert why in shown["notes"][-1]

    def test_fees_of_another_kind_are_named(self, panel, scores, shown, tmp_path) -> None:
        class Fixed(bt.CommInfoBase):
            params = (("commission", 5.0), ("commtype", bt.CommInfoBase.COMM_FIXED), ("stocklike", True))

        broker = bt.brokers.BackBroker(cash=1e6)
        broker.addcommissioninfo(Fixed())
        sheet_of((TopK, {"scores": scores, "k": 4}), broker=broker, panel=panel).write(tmp_path)
        assert shown["random_returns"] is None
        assert "Fixed" in shown["notes"][-1]
