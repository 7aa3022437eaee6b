"""Tomorrow's orders are those that ``TopK`` would send, and what cannot be traded is said."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import btalpha.strategies.topk as topk
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.strategies import FillRules, run_backtest
from btalpha.strategies.pick import pick
from btalpha.strategies.span import first_sessions
from btalpha.strategies.trade_options import TradeOptions

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).parent / "topk" / "cases.py")
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
DAYS, NAN, frame = cases.DAYS, cases.NAN, cases.frame
MAIN, OTHER, STAR = "600519.SH", "601318.SH", "688981.SH"


def plans_of(monkeypatch, panel, scores, options):
    """Backtest, and return what the planner was asked and said at each rebalance, by its date."""
    asked, plans = [], []
    real = topk.plan_orders

    def spy(**given):
        given = {name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in given.items()}
        plans.append((given, real(**given)))
        return plans[-1][1]

    due = topk.TopK._rebalance
    monkeypatch.setattr(topk, "plan_orders", spy)
    monkeypatch.setattr(
        topk.TopK, "_rebalance", lambda self, day, row: (asked.append(day), due(self, day, row))[1]
    )
    arguments = {name: value for name, value in vars(options).items() if name != "listings"}
    result = run_backtest(panel, scores, **arguments)
    return list(zip(asked, plans, strict=True)), result.symbols


def same_as_topk(monkeypatch, panel, scores, options):
    """At every rebalance: the same orders, in the same sequence, and the same refusals."""
    steps, symbols = plans_of(monkeypatch, panel, scores, options)
    columns = panel.symbols.get_indexer(list(symbols))
    factors = panel["factor"].ffill().to_numpy()[:, columns]
    first = panel["factor"].bfill().to_numpy()[0, columns]
    options = replace(options, listings=first_sessions(panel))
    for day, (given, plan) in steps:
        row = panel.dates.get_loc(pd.Timestamp(day))
        raw = np.nan_to_num(factors[row] / first)  # raw shares in one of the backtest's
        holdings = dict(zip(symbols, given["holdings"] * raw, strict=True))
        ages = dict(zip(symbols, given["ages"].tolist(), strict=True))
        found = pick(
            panel.until(day),
            scores.loc[pd.Timestamp(day)],
            cash=given["cash"],
            holdings=holdings,
            ages=ages,
            options=options,
        )
        sequence = [*plan.sell_order, *plan.buy_order]
        assert found.session == day
        assert found.orders["symbol"].tolist() == [symbols[index] for index in sequence]
        wanted = np.abs(plan.changes * raw)[sequence]
        np.testing.assert_allclose(found.orders["shares"].to_numpy(dtype=float), wanted, rtol=1e-9)
        after = (given["holdings"] + plan.changes) * raw
        names = {symbols[index] for index in np.flatnonzero(after > 0.0)}
        assert set(found.targets["symbol"]) == names
        by_name = found.targets.set_index("symbol")["shares"].astype(float)
        for index in np.flatnonzero(after > 0.0):
            assert by_name[symbols[index]] == pytest.approx(after[index], rel=1e-9)
        said = [(symbols[each.index], each.side, each.reason.text) for each in plan.refusals]
        assert list(found.refusals[["symbol", "side", "reason"]].itertuples(index=False, name=None)) == said
        value = given["cash"] + float(np.nansum(given["holdings"] * given["prices"]))
        assert found.value == pytest.approx(value)
    return steps


class TestSameAsTopK:
    @pytest.fixture
    def scores(self, market):
        moves = -market.adjusted("close").pct_change(5, fill_method=None)
        return moves.where(market.traded)

    @pytest.mark.parametrize(
        "options",
        [
            TradeOptions(),
            TradeOptions(k=4, rebalance=3, weights="inverse_volatility", max_weight=0.4, cash=60_000.0),
            TradeOptions(k=6, rebalance="monthly", weights="score", cash_reserve=0.1, tolerance=0.2),
            TradeOptions(k=5, rebalance=4, buffer=3, max_changes=2, min_holding=9, gap=0.05),
            TradeOptions(k=5, fees=0.001, lot=10),
            TradeOptions(k=5, exchange=FillRules(lots=False), execution="close"),
        ],
        ids=["default", "little cash", "by score", "slow to change", "another market", "single shares"],
    )
    def test_at_every_rebalance(self, monkeypatch, market, scores, options):
        part = market.between(market.dates[200], market.dates[300])
        steps = same_as_topk(monkeypatch, part, scores.loc[part.dates[0] : part.dates[-1]], options)
        assert len(steps) >= 4
        assert any(given["holdings"].any() for _, (given, _) in steps)

    def test_suspended_late_and_gone_names(self, monkeypatch, small_panel):
        table = np.tile([1.0, 5.0, 6.0, 4.0, 2.0], (len(small_panel), 1))
        table[6:9, 1] = 0.0  # 000002.SZ, suspended then; 300001.SZ is not listed before row 10
        scores = small_panel.frame(table)
        steps = same_as_topk(monkeypatch, small_panel, scores, TradeOptions(k=2, rebalance=2, cash=50_000.0))
        texts = {each.reason.text for _, (_, plan) in steps for each in plan.refusals}
        assert texts >= {"suspended", "not listed"}

    @pytest.mark.real_data
    @pytest.mark.slow
    def test_on_real_bars(self, monkeypatch, shared_data):
        from btalpha.feeds import read_members

        members = read_members(shared_data / "index_members.csv", index="csi300")
        panel = Panel.read(shared_data / "ashare_csi300_2010_2016.parquet", members=members)
        panel = panel.between("2015-05-04", "2015-08-31")  # the crash, with a thousand stocks suspended
        scores = (-panel.adjusted("close").pct_change(5, fill_method=None)).where(panel.universe)
        steps = same_as_topk(monkeypatch, panel, scores, TradeOptions(rebalance=5))
        assert len(steps) > 10


def small(closes, **bars) -> Panel:
    return cases.make_panel(closes, **bars)


class TestKnownAnswers:
    def test_two_names_in_lots(self):
        panel = small({MAIN: [9.0] * 12, OTHER: [40.0] * 12})
        found = pick(
            panel, pd.Series({MAIN: 1.0, OTHER: 2.0}), cash=20_000.0, options=TradeOptions(k=2, gap=0.0)
        )
        # 10,000 each: 200 x 40 and 1,100 x 9; 5 CNY commission each and 2e-5 of the value.
        assert found.targets[["rank", "symbol", "shares"]].to_numpy().tolist() == [
            [1, OTHER, 200],
            [2, MAIN, 1100],
        ]
        assert found.targets["weight"].tolist() == [0.4, 0.495]
        assert found.fees == pytest.approx(10.0 + 17_900 * 2e-5)
        assert found.cash_left == pytest.approx(20_000.0 - 17_900.0 - found.fees)
        assert (found.value, found.refusals.empty) == (20_000.0, True)

    def test_star_lots_are_200_and_then_single_shares(self):
        panel = small({STAR: [30.0] * 12, MAIN: [30.0] * 12})
        scores, options = pd.Series({STAR: 2.0, MAIN: 1.0}), TradeOptions(k=2, gap=0.0)
        rich = pick(panel, scores, cash=15_000.0, options=options)
        assert rich.targets.set_index("symbol")["shares"].to_dict() == {STAR: 250, MAIN: 200}
        poor = pick(panel, scores, cash=10_000.0, options=options)
        assert poor.targets["symbol"].tolist() == [MAIN]
        (row,) = poor.refusals.itertuples(index=False)
        assert row[:3] == (STAR, "buy", "not enough cash for a lot")
        assert row.remark == "the least order, 200, costs 6,000 CNY"

    def test_prices_and_shares_are_raw_after_a_split(self, small_panel):
        """600002.SH: split two for one in the middle, suspended on the last day, so its bars end before."""
        panel = small_panel.until(small_panel.dates[-2])
        found = pick(panel, pd.Series({"600002.SH": 1.0}), cash=30_000.0, options=TradeOptions(k=1, gap=0.0))
        close = (10.0 * 5 + 0.1 * 28) / 2.0
        (row,) = found.targets.itertuples(index=False)
        assert row.close == pytest.approx(close)
        assert row.shares == 30_000 // (100 * close) * 100

    def test_what_is_sold_and_what_stays(self):
        panel = small({MAIN: [10.0] * 12, OTHER: [10.0] * 12, STAR: [10.0] * 12})
        scores = pd.Series({MAIN: 3.0, OTHER: 2.0, STAR: 1.0})
        found = pick(
            panel,
            scores,
            cash=0.0,
            holdings={MAIN: 500, STAR: 503, OTHER: 0},
            options=TradeOptions(k=2, gap=0.0),
        )
        orders = found.orders[["side", "symbol", "shares", "reason"]].to_numpy().tolist()
        assert orders == [["sell", STAR, 503, "exit"], ["buy", OTHER, 500, "enter"]]
        assert found.targets["action"].tolist() == ["keep", "buy"]
        assert found.cash_left >= 0.0


class TestWhatCannotBeTraded:
    def test_suspended_on_the_last_day(self):
        panel = small({MAIN: [10.0] * 11 + [NAN], OTHER: [10.0] * 12})
        found = pick(
            panel,
            pd.Series({MAIN: NAN, OTHER: 1.0}),
            cash=10_000.0,
            holdings={MAIN: 700},
            options=TradeOptions(k=2),
        )
        assert found.refusals.to_numpy().tolist() == [[MAIN, "sell", "suspended", "no bar since 2016-01-18"]]
        kept = found.targets.set_index("symbol").loc[MAIN]
        assert (kept["action"], kept["shares"], kept["remark"]) == ("keep", 700, "no bar since 2016-01-18")
        assert pd.isna(kept["rank"])
        assert found.value == 17_000.0

    def test_a_favourite_that_is_suspended_gives_way_to_the_next(self):
        panel = small({MAIN: [10.0] * 11 + [NAN], OTHER: [10.0] * 12})
        found = pick(
            panel, pd.Series({MAIN: 2.0, OTHER: 1.0}), cash=10_000.0, options=TradeOptions(k=1, gap=0.0)
        )
        assert found.refusals["reason"].tolist() == ["suspended"]
        assert found.targets[["rank", "symbol"]].to_numpy().tolist() == [[2, OTHER]]

    def test_at_a_limit_is_ordered_with_a_remark(self):
        """Whether the limit holds tomorrow is not known: the planner orders, and says so."""
        up, down = [10.0] * 11 + [11.0], [10.0] * 11 + [9.0]
        panel = small({MAIN: up, OTHER: down})
        found = pick(
            panel,
            pd.Series({MAIN: 1.0, OTHER: NAN}),
            cash=5_000.0,
            holdings={OTHER: 100},
            options=TradeOptions(k=1),
        )
        assert found.orders[["side", "symbol", "remark"]].to_numpy().tolist() == [
            ["sell", OTHER, "closed at its lower limit: nobody may buy"],
            ["buy", MAIN, "closed at its upper limit: nobody may sell"],
        ]
        assert found.refusals.empty
        free = replace(TradeOptions(k=1), exchange=FillRules(limits=False))
        assert (pick(panel, pd.Series({MAIN: 1.0}), cash=5_000.0, options=free).orders["remark"] == "").all()

    def test_more_than_a_tenth_of_the_volume_has_a_remark(self):
        panel = small({MAIN: [10.0] * 12}, volumes={MAIN: [4_000.0] * 12})
        found = pick(panel, pd.Series({MAIN: 1.0}), cash=10_000.0, options=TradeOptions(k=1))
        assert found.orders["remark"].tolist() == ["more than 10% of the last volume, 4,000 shares"]

    def test_cash_too_small_for_anything(self):
        panel = small({MAIN: [10.0] * 12, OTHER: [10.0] * 12})
        found = pick(panel, pd.Series({MAIN: 1.0, OTHER: 2.0}), cash=900.0, options=TradeOptions(k=2))
        assert (found.orders.empty, found.targets.empty, found.cash_left) == (True, True, 900.0)
        assert found.refusals["reason"].tolist() == ["not enough cash for a lot"] * 2


class TestValidation:
    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"cash": -1.0}, "cash must be a number of CNY, 0 or more, got -1.0"),
            ({"cash": NAN}, "cash must be a number"),
            ({"cash": 0.0}, "neither cash nor a holding"),
            ({"cash": 1.0, "holdings": {"X": 100}}, "X is held and has no bar up to 2016-01-19"),
            ({"cash": 1.0, "holdings": {MAIN: -5}}, "positive numbers of raw shares, got -5.0 of 600519.SH"),
            ({"cash": 1.0, "scores": pd.Series({MAIN: NAN})}, "no stock has a score on 2016-01-19"),
            ({"cash": 1.0, "options": TradeOptions(k=0)}, "k must be a whole number >= 1, got 0"),
        ],
    )
    def test_messages(self, given, message):
        panel = small({MAIN: [10.0] * 12})
        with pytest.raises(ValueError, match=message):
            pick(panel, **{"scores": pd.Series({MAIN: 1.0}), **given})
