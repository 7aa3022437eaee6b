"""Random portfolios: seeds, processes, eligibility, the place of a strategy among them."""

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies import (
    BacktestResult,
    FeeSchedule,
    RandomBenchmark,
    TopK,
    random_benchmark,
    run_backtest,
)
from btalpha.strategies.chance import kept_names
from btalpha.strategies.exchange import Fees
from btalpha.strategies.random_portfolios import random_scores
from btalpha.strategies.twin.portfolios import Portfolios

SPAN = {"start": "2015-06-01", "end": "2015-09-30", "k": 4}


@pytest.fixture(scope="module")
def chance(market):
    return random_benchmark(market, n=6, seed=5, **SPAN)


def made_up(*totals):
    """Portfolios of one day with these returns."""
    frame = pd.DataFrame([totals], index=pd.DatetimeIndex(["2016-01-04"]), dtype=float)
    return RandomBenchmark(frame, pd.Series(0.0, index=frame.columns))


# -- known answers -------------------------------------------------------------------------------


def test_place_among_four():
    four = made_up(0.1, 0.2, 0.3, 0.4)
    assert four.percentile(0.35) == 75.0
    assert four.p_value(0.35) == pytest.approx((1 + 1) / 5)
    assert four.p_value(9.0) == pytest.approx(1 / 5)
    assert four.percentile(pd.Series([0.2])) == pytest.approx(100 * 1.5 / 4)
    assert four.rank(pd.Series([0.1, 0.2])).percentile == 75.0  # 1.1 x 1.2 = 1.32
    assert four.rank(0.0).median_total_return == pytest.approx(0.25)
    assert four.median.tolist() == [0.2]


def test_total_returns_compound():
    days = pd.bdate_range("2016-01-04", periods=2)
    paths = RandomBenchmark(pd.DataFrame({0: [0.1, 0.1], 1: [0.5, -0.5]}, index=days), pd.Series([0.0, 0.0]))
    assert paths.total_returns.tolist() == pytest.approx([0.21, -0.25])


def test_place_by_sharpe_and_paths_and_picks():
    days = pd.bdate_range("2016-01-04", periods=3)
    table = {0: [0.1, -0.1, 0.1], 1: [0.02, 0.01, 0.02], 2: [0.0, 0.0, 0.0]}
    three = RandomBenchmark(pd.DataFrame(table, index=days), pd.Series(0.0, index=range(3)))
    # mean / standard deviation x sqrt(244): 4.5 and 45.1; returns that never change count as 0.
    assert three.sharpe_ratios.iloc[:2].tolist() == pytest.approx([4.5093, 45.0925], rel=1e-4)
    placed = three.rank_sharpe(pd.Series([0.1, -0.05, 0.1], index=days))
    assert (placed.n, placed.p_value) == (3, (1 + 1) / 4)
    assert placed.percentile == pytest.approx(200 / 3)
    assert placed.median_sharpe == pytest.approx(4.5093, rel=1e-4)
    assert three.paths[0].tolist() == pytest.approx([1.1, 0.99, 1.089])
    assert three.pick(1).tolist() == table[1]
    assert three.pick().name == "Random portfolio 0"
    with pytest.raises(ValueError, match=r"number must be that of a random portfolio, 0 .. 2, got 3"):
        three.pick(3)


# -- properties ----------------------------------------------------------------------------------


def test_shape_and_span(chance, market):
    assert list(chance.returns.index) == list(market.between(SPAN["start"], SPAN["end"]).dates)
    assert list(chance.returns.columns) == list(range(6))
    assert np.isfinite(chance.returns.to_numpy()).all()
    assert (chance.costs > 0).all()
    assert chance.returns.T.drop_duplicates().shape[0] == 6


@pytest.mark.parametrize("method", ["twin", "event"])
def test_result_does_not_depend_on_processes_or_on_how_many(chance, market, method):
    done = []
    options = {"seed": 5, "method": method, "n_jobs": 2, "progress": lambda *state: done.append(state)}
    three = random_benchmark(market, n=3, **options, **SPAN)
    np.testing.assert_allclose(three.paths, chance.paths.iloc[:, :3], rtol=1e-9)
    assert done[-1] == (3, 3)
    assert [count for count, _ in done] == sorted({count for count, _ in done})


def test_the_same_bytes_however_many(chance, market):
    many = random_benchmark(market, n=120, seed=5, **SPAN)
    assert many.returns.shape[1] == 120
    assert many.returns.iloc[:, :6].to_numpy().tobytes() == chance.returns.to_numpy().tobytes()
    assert many.costs.iloc[:6].tolist() == chance.costs.tolist()
    assert many.returns.T.drop_duplicates().shape[0] == 120


def test_another_seed_other_portfolios(chance, market):
    other = random_benchmark(market, n=1, seed=6, **SPAN)
    assert not other.returns[0].equals(chance.returns[0])


def test_one_portfolio_is_an_ordinary_backtest_of_its_scores(chance, market):
    panel = market.between(market.dates[market.dates < SPAN["start"]][-1], SPAN["end"])
    scores = random_scores(panel, panel.universe_array, 5, 2)
    assert scores.notna().equals(panel.traded)
    alone = run_backtest(panel, scores, **SPAN)
    pd.testing.assert_series_equal(alone.returns, chance.returns[2], check_names=False)


def test_only_eligible_names_are_picked(market, monkeypatch):
    allowed = market.traded.copy()
    allowed.iloc[:, 8:] = False
    seen = set()
    original = TopK._rebalance

    def spy(self, session, scores):
        seen.update(name for name, score in zip(self._names, scores, strict=True) if not np.isnan(score))
        return original(self, session, scores)

    monkeypatch.setattr(TopK, "_rebalance", spy)
    event = random_benchmark(market, n=2, method="event", n_jobs=1, eligible=allowed, **SPAN)
    assert len(seen) >= 5
    assert seen <= set(market.symbols[:8])
    twin = random_benchmark(market, n=2, eligible=allowed, **SPAN)
    np.testing.assert_allclose(twin.paths, event.paths, rtol=1e-9)


def test_a_strategy_that_knows_the_future_beats_chance(chance, market):
    opens = market.adjusted("open")
    foresight = opens.shift(-6) / opens.shift(-1) - 1.0
    assert chance.percentile(run_backtest(market, foresight, **SPAN)) == 100.0


# -- turnover as the strategy's -----------------------------------------------------------------


def test_matched_turnover_keeps_as_many_names_as_the_strategy(market, monkeypatch):
    slow = -market.adjusted("close").pct_change(60, fill_method=None)
    like = run_backtest(market, slow, buffer=3, **SPAN)
    kept = kept_names(like)
    seen = {}
    original = Portfolios.book

    def spy(self, sizes, session):
        before = self.shares > 0
        original(self, sizes, session)
        seen[session] = (before & (self.shares > 0)).sum(axis=1), (self.shares > 0).sum(axis=1)

    monkeypatch.setattr(Portfolios, "book", spy)
    matched = random_benchmark(market, n=50, seed=5, turnover="matched", like=like, buffer=3, **SPAN)
    dates = market.between(market.dates[market.dates < SPAN["start"]][-1], SPAN["end"]).dates
    rebalances = kept.iloc[4::5]  # the first, before the span, is not in the counts
    assert len(seen) == len(rebalances) + 1
    assert rebalances.max() > 0
    for day, wanted in rebalances.items():
        stayed, held = seen[dates.get_loc(day) + 1]
        # Names that could not be sold or bought at a limit make the difference.
        assert np.mean(stayed == wanted) > 0.8, day
        assert (held >= SPAN["k"] - 1).all()
    redrawn = random_benchmark(market, n=50, seed=5, **SPAN)
    assert matched.costs.median() < redrawn.costs.median()
    again = random_benchmark(market, n=2, seed=5, turnover="matched", like=like, buffer=3, **SPAN)
    assert again.returns.equals(matched.returns.iloc[:, :2])


def test_names_kept_by_hand():
    days = pd.bdate_range("2016-01-04", periods=3)
    held = pd.DataFrame({"date": days[[0, 0, 1, 1, 2]], "symbol": ["A", "B", "B", "C", "D"], "size": 1.0})
    flat = pd.Series(1.0, index=days)
    result = BacktestResult(flat, flat - 1.0, held, held, held, {}, ("A", "B", "C", "D"))
    assert kept_names(result).tolist() == [1, 0]
    nothing = BacktestResult(flat, flat - 1.0, held[:0], held[:0], held[:0], {}, ("A",))
    assert kept_names(nothing).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"turnover": "half"}, "turnover must be one of redraw, matched, got 'half'"),
        ({"turnover": "matched"}, "turnover='matched' needs like="),
        ({"method": "fast"}, "method must be one of twin, event, got 'fast'"),
    ],
)
def test_options_of_its_own(market, wrong, message):
    with pytest.raises(ValueError, match=message):
        random_benchmark(market, n=1, **wrong, **SPAN)


def test_what_does_not_go_with_matched_turnover(market):
    like = run_backtest(market, market["close"], **SPAN)
    with pytest.raises(ValueError, match="like is for turnover='matched' alone"):
        random_benchmark(market, n=1, like=like, **SPAN)
    matched = {"n": 1, "turnover": "matched", "like": like, **SPAN}
    with pytest.raises(ValueError, match="needs method='twin'"):
        random_benchmark(market, method="event", **matched)
    with pytest.raises(ValueError, match="weights that do not depend on the scores"):
        random_benchmark(market, weights="score", **matched)
    bare = run_backtest(market, market["close"], record=False, **SPAN)
    with pytest.raises(ValueError, match="like must be a backtest with holdings, made with record=True"):
        random_benchmark(market, **(matched | {"like": bare}))


# -- what the twin cannot do ---------------------------------------------------------------------


class Flat(FeeSchedule):
    """Five CNY an order, in plain numbers only."""

    def of(self, value, day, *, filled=0.0):
        return Fees(5.0 if value and not filled else 0.0, 0.0, 0.0)


def test_fees_of_ones_own_are_charged_by_the_slow_way_and_it_is_said(market):
    with pytest.warns(UserWarning, match="run one by one: Flat may not be elementwise as FeeSchedule is"):
        chance = random_benchmark(market, n=1, fees=Flat(), n_jobs=1, **SPAN)
    assert chance.costs[0] > 0
    assert chance.costs[0] % 5.0 == 0.0


# -- validation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_number_of_portfolios(market, n):
    with pytest.raises(ValueError, match="n must be a whole number of portfolios >= 1"):
        random_benchmark(market, n=n)


def test_nothing_eligible(market):
    with pytest.raises(ValueError, match="eligible has nothing to pick from among"):
        random_benchmark(market, n=1, eligible=market.traded & False, **SPAN)
    renamed = market.traded.add_prefix("X")
    with pytest.raises(ValueError, match="Remedy: give a frame of dates x symbols with the panel's labels"):
        random_benchmark(market, n=1, eligible=renamed, **SPAN)
