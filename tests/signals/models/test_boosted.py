"""Boosted trees, the split and the rows they learn from: known answers."""

import numpy as np
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import LightGBMSignal, evaluate
from btalpha.signals.ic import daily_ic
from btalpha.signals.models.boosters import MissingExtraError, from_text, score_days
from btalpha.signals.models.boosting import RankIC
from btalpha.signals.models.rows import learning_rows, targets
from btalpha.signals.models.split import chronological_split

CODES = ["rev5", "vol20", "turn5", "mom20"]


@pytest.fixture(scope="module")
def planted() -> Panel:
    return simulate_market(n_symbols=120, n_days=500, seed=11)


class TestSplit:
    def test_purges_the_gap(self) -> None:
        labels = np.zeros((103, 2))
        labels[:3] = np.nan
        assert chronological_split(labels, validation=0.2, gap=6) == (slice(3, 77), slice(83, 103))

    def test_one_row_is_kept_to_validate(self) -> None:
        assert chronological_split(np.zeros((4, 1)), validation=0.01, gap=6) == (slice(0, 0), slice(3, 4))

    def test_nothing_known(self) -> None:
        with pytest.raises(ValueError, match="labels must have a known value, got none in 3 rows"):
            chronological_split(np.full((3, 2), np.nan), validation=0.2, gap=1)


class TestRows:
    def test_each_day_weighs_the_same(self) -> None:
        rng = np.random.default_rng(1)
        features = rng.normal(size=(30, 8, 2)).astype(np.float32)
        features[rng.random((30, 8)) < 0.4] = np.nan
        labels = np.where(rng.random((30, 8)) < 0.2, np.nan, 1.0)
        rows = learning_rows(features, labels, slice(5, 25))
        known = np.isfinite(features[5:25, :, 0]) & np.isfinite(labels[5:25])
        np.testing.assert_array_equal(rows.features, features[5:25][known])
        day = np.nonzero(known)[0]
        sums = np.bincount(day, rows.weights)[np.unique(day)]
        np.testing.assert_allclose(sums, sums[0])
        assert rows.weights.mean() == pytest.approx(1.0)

    def test_returns_are_beyond_the_mean_of_the_members(self) -> None:
        returns = np.array([[0.01, 0.03, 0.9], [np.nan] * 3])
        universe = np.array([[True, True, False], [True, True, True]])
        found = targets("return", returns, universe)
        np.testing.assert_allclose(found, [[-0.01, 0.01, np.nan], [np.nan] * 3])


@pytest.mark.lightgbm
class TestTrees:
    def test_find_what_is_planted(self, planted: Panel) -> None:
        signal = LightGBMSignal(factors=CODES, ensemble=1).fit(planted.until(planted.dates[299]))
        assert evaluate(signal.predict(planted).iloc[306:], planted, 5).summary()["rank_ic"] > 0.03
        assert signal.validation_rank_ic_ == max(signal.history_[0])
        best = int(np.argmax(signal.history_[0])) + 1
        assert signal.boosters_[0].num_trees() == best
        assert len(signal.history_[0]) in (500, best + 50)  # stopped by patience

    def test_the_history_is_the_rank_ic_of_the_validation(self, planted: Panel) -> None:
        """The last value, computed anew from the trees and the panel."""
        seen = planted.until(planted.dates[299])
        signal = LightGBMSignal(factors=CODES, ensemble=1, n_estimators=4).fit(seen)
        scores = signal.predict(seen).to_numpy()
        from btalpha.signals.labels import forward_returns

        returns = np.where(seen.universe_array & seen.traded_array, forward_returns(seen, 5), np.nan)
        _, validation = chronological_split(returns, validation=0.2, gap=6)
        ic = daily_ic(scores[validation], returns[validation], min_stocks=2)
        assert max(signal.history_[0]) == pytest.approx(np.nanmean(ic))

    def test_each_of_the_ensemble_by_itself(self, planted: Panel) -> None:
        seen = planted.until(planted.dates[199])
        three = LightGBMSignal(factors=CODES, ensemble=3, n_estimators=5, seed=4).fit(seen)
        alone = LightGBMSignal(factors=CODES, ensemble=1, n_estimators=5, seed=5).fit(seen)
        each = three.predict_each(seen)
        assert len(each) == 3
        np.testing.assert_allclose(each[1] / three.slope_, alone.predict(seen) / alone.slope_, rtol=1e-12)
        np.testing.assert_allclose(sum(each) / 3, three.predict(seen), rtol=1e-12)
        assert not np.array_equal(each[0].fillna(0), each[2].fillna(0))

    def test_the_number_of_threads_does_not_count(self, planted: Panel, tmp_path, monkeypatch) -> None:
        seen = planted.until(planted.dates[199])
        for name, cores in (("one", 1), ("many", 4)):
            monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
            LightGBMSignal(factors=CODES, n_estimators=20).fit(seen).save(tmp_path / name)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()

    def test_scores_are_those_of_the_trees_row_by_row(self) -> None:
        import lightgbm

        rng = np.random.default_rng(0)
        X = rng.normal(size=(400, 2))
        data = lightgbm.Dataset(X, X[:, 0] + rng.normal(size=400))
        booster = lightgbm.train({"verbosity": -1, "num_threads": 1}, data, 5)
        grid = rng.normal(size=(7, 3, 2))
        grid[2, 1] = np.nan
        want = booster.predict(grid.reshape(-1, 2)).reshape(7, 3)
        want[2, 1] = np.nan
        np.testing.assert_array_equal(score_days(booster, grid), want)

    def test_a_constant_is_never_the_best(self) -> None:
        rows = learning_rows(np.zeros((2, 3, 1)), np.arange(6.0).reshape(2, 3), slice(None))
        judge = RankIC(rows)
        assert judge(np.zeros(6), None) == ("rank_ic", -1.0, True)
        assert judge(np.arange(6.0), None) == ("rank_ic", pytest.approx(1.0), True)

    def test_too_few_rows_to_split(self, planted: Panel) -> None:
        with pytest.raises(ValueError, match=r"must have 200000 stock-days .* smaller min_child_samples"):
            LightGBMSignal(factors=CODES, min_child_samples=100_000).fit(planted)

    @pytest.mark.parametrize("text", ["", "garbage", "tree\nversion=v4\n"])
    def test_text_that_is_no_trees(self, text: str) -> None:
        with pytest.raises(ValueError, match="trees"):
            from_text(text, 2)


def test_without_lightgbm_the_remedy_is_named(market: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'btalpha\[lightgbm\]'"):
        LightGBMSignal(factors=CODES).fit(market)


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_leaves", 1), ("bagging_fraction", 0.0), ("target", "price"), ("validation", 1.0), ("seed", -1)],
)
def test_validation(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be .*, got {value!r}"):
        LightGBMSignal(**{name: value})  # type: ignore[arg-type]
