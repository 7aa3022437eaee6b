"""Random portfolios: seeds, processes, eligibility, the place of a strategy among them."""

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies import RandomBenchmark, TopK, random_benchmark, run_backtest
from btalpha.strategies.random_portfolios import random_scores

SPAN = {"start": "2015-06-01", "end": "2015-09-30", "k": 4}


@pytest.fixture(scope="module")
def chance(market):
    return random_benchmark(market, n=6, seed=5, n_jobs=1, **SPAN)


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


# -- properties ----------------------------------------------------------------------------------


def test_shape_and_span(chance, market):
    assert list(chance.returns.index) == list(market.between(SPAN["start"], SPAN["end"]).dates)
    assert list(chance.returns.columns) == list(range(6))
    assert np.isfinite(chance.returns.to_numpy()).all()
    assert (chance.costs > 0).all()
    assert chance.returns.T.drop_duplicates().shape[0] == 6


def test_result_does_not_depend_on_processes_or_on_how_many(chance, market):
    done = []
    two = random_benchmark(market, n=3, seed=5, n_jobs=2, progress=lambda *state: done.append(state), **SPAN)
    pd.testing.assert_frame_equal(two.returns, chance.returns.iloc[:, :3])
    assert done[-1] == (3, 3)
    assert [count for count, _ in done] == sorted({count for count, _ in done})


def test_another_seed_other_portfolios(chance, market):
    other = random_benchmark(market, n=1, seed=6, n_jobs=1, **SPAN)
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
    random_benchmark(market, n=2, n_jobs=1, eligible=allowed, **SPAN)
    assert len(seen) >= 5
    assert seen <= set(market.symbols[:8])


def test_a_strategy_that_knows_the_future_beats_chance(chance, market):
    opens = market.adjusted("open")
    foresight = opens.shift(-6) / opens.shift(-1) - 1.0
    assert chance.percentile(run_backtest(market, foresight, **SPAN)) == 100.0


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
