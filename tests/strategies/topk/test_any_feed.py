"""Daily bars from feeds of every kind, alone and mixed: the same trades from all of them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from btalpha.feeds import simulate_market
from btalpha.strategies import AShareBroker

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
FLAT, NAN, frame, run, trades, refusals = (
    cases.FLAT,
    cases.NAN,
    cases.frame,
    cases.run,
    cases.trades,
    cases.refusals,
)
KINDS = ["panel_feed", "pandas", "csv", "shanghai", "new_york", "live", "minutes"]


class Reversal:
    """Minus the return of the last five sessions: a provider without anything to fit."""

    def predict(self, panel):
        return -panel.adjusted("close").ffill().pct_change(5, fill_method=None).where(panel.traded)


@pytest.fixture(scope="module")
def small():
    """Ten stocks, 60 days: suspensions, one listed on day 21, and one that ends on day 40."""
    panel = simulate_market(n_symbols=10, n_days=100, seed=3).until("2015-03-27")
    table = panel["close"].notna().to_numpy().copy()
    table[:20, 0], table[40:, 1] = False, False
    arrays = {name: np.where(table, panel.array(name), NAN) for name in ("open", "high", "low", "close")}
    panel = panel.with_arrays({**arrays, "volume": np.where(table, panel.array("volume"), NAN)})
    assert 0 < (~table[25:40]).sum() < 30  # there are suspensions
    return panel


def outcome(market, kinds, source, **options):
    scores = Reversal().predict(market.panel)
    by = {"scores": scores} if source == "scores" else {"signal": Reversal()}
    # What is bought is paid for by the reserve: names of different times of day do not fill sales first.
    options = {"k": 4, "rebalance": 2, "cash": 1e6, "cash_reserve": 0.6, **options}
    result = run(market.adder(*kinds), **by, **options)
    return cases.dated_trades(result), result.refusals


@pytest.fixture(scope="module")
def expected(small, feeds_of):
    """What plain PandasData lead to."""
    return outcome(feeds_of(small), ["pandas"], "scores")


# -- known answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_known_trades(kind, feeds_of):
    panel = cases.make_panel(FLAT, {**FLAT, "A": [9.0] * 12})
    scores = frame({0: {"A": 2, "B": 1, "C": NAN}, 2: {"A": NAN, "B": 1, "C": 2}})
    result = run(feeds_of(panel).adder(kind), scores=scores, k=1, rebalance=2, gap=0.1, cash=1_000.02)
    # 1000 / 11 shares, bought on Tuesday at 9; sold on Thursday; 190 + 90 x 9 is good for 1000 / 5.5 shares.
    assert trades(result) == [(5, "A", 90, 9.0), (7, "A", -90, 9.0), (7, "C", 181, 5.0)]
    assert [row[-1] for row in result.analyzers.Trades.rows] == ["enter", "exit", "enter"]
    assert refusals(result) == []


LATE = [
    ("csv", {}),
    ("csv", {"preload": False}),
    ("csv", {"runonce": False}),
    ("new_york", {}),
]


@pytest.mark.parametrize(("kind", "modes"), LATE, ids=str)
def test_the_first_session_waits_for_feeds_stamped_later(kind, modes, feeds_of):
    scores = frame({0: {"A": 1.0, "B": 0.0, "C": 2.0}})
    feeds = feeds_of(cases.make_panel(FLAT)).adder("pandas", "pandas", kind)
    result = run(feeds, scores=scores, k=1, gap=0.0, modes=modes, cash=1_000.02)
    assert trades(result) == [(5, "C", 200, 5.0)]


@pytest.mark.parametrize("kind", ["csv", "new_york"])
@pytest.mark.parametrize("source", ["scores", "signal"])
def test_a_session_without_a_bar_of_the_late_kind_is_a_session(kind, source, feeds_of):
    # C is the only feed of its kind; it pauses on the 7th and 8th and ends after the 12th.
    closes = {
        "A": [10.0, 10.0, 9.0, 8.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 6.0, 6.0],
        "B": [10.0, 10.0, 9.5, 7.5, 7.2, 6.5, 6.5, 6.0, 6.5, 7.0, 7.0, 7.0],
        "C": [10.0, 11.0, 12.0, NAN, NAN, 13.0, 14.0, NAN, NAN, NAN, NAN, NAN],
    }
    panel = cases.make_panel(closes)

    class Cheap:
        def predict(self, panel):
            return -panel["close"]

    by = {"scores": -panel["close"]} if source == "scores" else {"signal": Cheap()}
    result = run(feeds_of(panel).adder("pandas", "pandas", kind), k=1, rebalance=1, cash=100.01, **by)
    # The cheapest is A on the 4th to 6th, B on the 7th, A on the 8th, B from the 11th to the 14th, then A.
    bought = [(day, name) for day, name, size, _ in trades(result) if size > 0]
    assert [row for row in bought if row in {(5, "A"), (8, "B"), (11, "A"), (12, "B"), (19, "A")}] == [
        (5, "A"),
        (8, "B"),
        (11, "A"),
        (12, "B"),
        (19, "A"),
    ]


@pytest.mark.parametrize("kind", ["pandas", "csv", "new_york", "live"])
def test_trap_4_an_order_does_not_wait_for_a_resumption_beside_other_kinds(kind, feeds_of):
    closes = {**FLAT, "C": [5.0, NAN, NAN] + [5.0] * 9}
    scores = frame({0: {"A": NAN, "B": NAN, "C": 1.0}})
    others = "live" if kind == "live" else "pandas"
    feeds = feeds_of(cases.make_panel(closes)).adder(others, others, kind)
    result = run(feeds, scores=scores, k=1, rebalance=50)
    assert trades(result) == []
    assert [row[1:] for row in refusals(result)] == [("C", "buy", "suspended")]
    assert not result.broker.get_orders_open()


def test_a_market_with_a_holiday_beside_one_without(feeds_of):
    # B is traded in New York and rests on the 7th; A goes on.
    closes = {"A": [10.0] * 12, "B": [20.0, 20.0, 20.0, NAN] + [20.0] * 8}
    scores = frame({2: {"A": NAN, "B": 1.0}, 3: {"A": 1.0, "B": 0.5}})
    market = feeds_of(cases.make_panel(closes))
    result = run(market.adder("shanghai", "new_york"), scores=scores, k=1, rebalance=1, broker=AShareBroker())
    # The order for B of the 6th has no session on the 7th; what is best on the 7th is bought on the 8th.
    assert [row[:2] for row in trades(result)] == [(8, "A")]
    assert refusals(result) == [(7, "B", "buy", "suspended")]


def test_a_sale_later_in_the_day_does_not_pay_for_a_purchase_earlier_in_it(feeds_of):
    # Backtrader fills A at midnight, and C, which is to pay for it, at the end of the session.
    scores = frame({0: {"A": NAN, "B": NAN, "C": 1.0}, 2: {"A": 1.0, "B": NAN, "C": NAN}})
    feeds = feeds_of(cases.make_panel(FLAT)).adder("pandas", "pandas", "csv")
    result = run(feeds, scores=scores, k=1, rebalance=2, gap=0.0, cash=1_000.02)
    assert trades(result) == [(5, "C", 200, 5.0), (7, "C", -200, 5.0)]
    assert refusals(result) == [(7, "A", "buy", "not enough cash")]
    assert result.broker.getcash() == pytest.approx(1_000.02)


# -- the same trades -------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["scores", "signal"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "minutes"])
def test_every_kind_trades_the_same(small, expected, kind, source, feeds_of):
    assert outcome(feeds_of(small), [kind], source) == expected
    assert len(expected[0]) > 60


@pytest.mark.parametrize("source", ["scores", "signal"])
@pytest.mark.parametrize("kinds", [["minutes"], ["minutes", "csv"]])
def test_resampled_bars_trade_the_same(small, kinds, source, feeds_of):
    # Backtrader completes the last bar of a resampled feed when the others go on, or after the run.
    panel = small.until(small.dates[39])
    panel = panel.select(panel.symbols[panel.traded_array[-1]])
    last = panel.dates[-1].date()
    plain = outcome(feeds_of(panel), ["pandas"], "scores")
    ours = outcome(feeds_of(panel), kinds, source)
    for expected, got in zip(plain, ours, strict=True):
        assert sorted(row for row in got if row[0] < last) == sorted(row for row in expected if row[0] < last)
    assert len(plain[0]) > 40


@pytest.mark.parametrize("kind", ["pandas", "panel_feed", "csv"])
def test_a_provider_is_shown_all_bars_where_backtrader_keeps_the_last_one(kind, feeds_of):
    # After five sessions A is up on odd rows, when B is bought, and down on even ones.
    closes = {**FLAT, "A": [10.0 + row % 2 for row in range(12)]}
    market = feeds_of(cases.make_panel(closes, FLAT))
    options = {"k": 1, "rebalance": 3, "cash_reserve": 0.0}
    kept = outcome(market, [kind], "signal", modes={"exactbars": 1}, **options)
    assert kept == outcome(market, ["pandas"], "scores", **options)
    assert [row[1] for row in kept[0]] == ["B", "B", "A"]


MIXES = {
    "midnight and end of session": (["panel_feed", "pandas", "csv"], {}),
    "not loaded beforehand": (["panel_feed", "pandas", "csv"], {"preload": False}),
    "bar by bar": (["pandas", "csv"], {"runonce": False}),
    "two zones": (["shanghai", "new_york"], {}),
    "two zones bar by bar": (["new_york", "shanghai"], {"runonce": False}),
}


@pytest.mark.parametrize("source", ["scores", "signal"])
@pytest.mark.parametrize("mix", MIXES)
def test_every_mix_trades_the_same(small, expected, mix, source, feeds_of):
    kinds, modes = MIXES[mix]
    bought, refused = outcome(feeds_of(small), kinds, source, modes=modes)
    # Within a date those come first whose bars do.
    assert sorted(bought) == sorted(expected[0])
    assert refused == expected[1]


# -- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [("csv", "shanghai"), ("shanghai", "csv")])
def test_bars_a_day_apart(kinds, feeds_of):
    feeds = feeds_of(cases.make_panel(FLAT)).adder(*kinds)
    with pytest.raises(
        ValueError, match=r"bars of 2016-01-0\d lie a day or more apart.* use feeds whose zones"
    ):
        run(feeds, scores=cases.every_day({"A": 1.0, "B": 0.0, "C": 0.0}), k=1)


@pytest.mark.parametrize("modes", [{}, {"preload": False}, {"exactbars": 1}], ids=str)
def test_bars_of_less_than_a_day(modes, feeds_of):
    market = feeds_of(cases.make_panel({"A": [10.0] * 12}))
    scores = cases.every_day({"A": 1.0})
    with pytest.raises(ValueError, match=r"daily bars, but A has a second bar of 2016-01-04.*resampledata"):
        run(lambda cerebro: cerebro.adddata(market.minutes("A"), name="A"), scores=scores, k=1, modes=modes)


@pytest.mark.parametrize("kinds", [["pandas"], ["panel_feed"], ["pandas", "csv"]])
def test_trap_1_bars_that_backtrader_shows_too_early(kinds, feeds_of):
    """With exactbars=1 Backtrader puts the next bar of a suspended name in the place of the current one."""
    closes = {**FLAT, "B": [20.0, 20.0, NAN, NAN, NAN] + [99.0] * 7}
    feeds = feeds_of(cases.make_panel(closes)).adder(*kinds)
    with pytest.raises(
        ValueError, match=r"exactbars=1 needs feeds with a bar at every step.* use exactbars=-1"
    ):
        run(feeds, scores=cases.every_day({"A": 1.0, "B": 0.0, "C": 0.0}), k=1, modes={"exactbars": 1})


def test_resampled_bars_beside_bars_at_midnight(feeds_of):
    """Backtrader hands over the resampled bar of a date with the other feeds' bars of the next one."""
    feeds = feeds_of(cases.make_panel(FLAT)).adder("pandas", "minutes")
    with pytest.raises(ValueError, match="resampled bars of B come a date after those of other feeds"):
        run(feeds, scores=cases.every_day({"A": 1.0, "B": 0.0, "C": 0.0}), k=1)
