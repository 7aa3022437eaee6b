"""Screening along time: correlation per stock against SciPy, overlap, false discoveries."""

import warnings

import numpy as np
import pandas as pd
import pytest
from btalpha.signals.ic_kernels import effective_pairs
from btalpha.signals.screening.significance import p_values
from btalpha.signals.screening.time_series import correlation_over_time, time_series_statistics
from scipy import stats

SCIPY = {"pearson": stats.pearsonr, "rank": stats.spearmanr}


@pytest.fixture
def pair(holes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A factor and what followed, 60 days x 11 stocks, both with gaps and ties."""
    return holes, 0.4 * holes[::-1] + np.random.default_rng(1).normal(size=holes.shape).round(1)


class TestCorrelation:
    @pytest.mark.parametrize("method", ["pearson", "rank"])
    def test_r_and_p_are_those_of_scipy(self, pair: tuple[np.ndarray, np.ndarray], method: str) -> None:
        values, target = pair
        r, p, t, pairs = correlation_over_time(values, target, method=method)
        compared = 0
        for i in range(values.shape[1]):
            both = np.isfinite(values[:, i]) & np.isfinite(target[:, i])
            assert pairs[i] == both.sum()
            if both.sum() < 3:
                assert np.isnan([r[i], p[i]]).all()
                continue
            expected = SCIPY[method](values[both, i], target[both, i])
            assert (r[i], p[i]) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
            assert 2 * stats.t.sf(abs(t[i]), pairs[i] - 2) == pytest.approx(p[i])
            assert np.sign(t[i]) == np.sign(r[i])
            compared += 1
        assert compared == 10

    @pytest.mark.parametrize("method", ["pearson", "rank"])
    def test_overlap_rests_on_the_effective_pairs(
        self, pair: tuple[np.ndarray, np.ndarray], method: str
    ) -> None:
        values, target = pair
        slow = pd.DataFrame(values).rolling(5, min_periods=1).mean().to_numpy()
        gain = pd.DataFrame(target).rolling(5, min_periods=1).mean().to_numpy()
        r, p, t, _ = correlation_over_time(slow, gain, method=method, lags=4)
        plain_r, plain_p, *_ = correlation_over_time(slow, gain, method=method)
        np.testing.assert_array_equal(r, plain_r)
        both = np.isfinite(slow) & np.isfinite(gain)
        x, y = np.where(both, slow, np.nan), np.where(both, gain, np.nan)
        if method == "rank":
            x, y = (pd.DataFrame(side).rank().to_numpy() for side in (x, y))
        want = p_values(r, np.maximum(effective_pairs(x.T.copy(), y.T.copy(), 4), 3))
        np.testing.assert_allclose(p, want)
        np.testing.assert_array_equal(np.sign(t), np.sign(r))
        known = np.isfinite(p)
        assert (p[known] >= plain_p[known]).all()
        assert p[known].mean() > 1.2 * plain_p[known].mean()

    def test_of_overlapping_noise_the_level_holds(self) -> None:
        # Two unrelated series, each a moving sum over 10 days: plainly tested, far too many look related.
        rng = np.random.default_rng(2)
        x, y = (pd.DataFrame(rng.normal(size=(310, 400))).rolling(10).sum().to_numpy()[9:] for _ in range(2))
        plain = correlation_over_time(x, y)[1]
        robust = correlation_over_time(x, y, lags=9)[1]
        assert (plain < 0.05).mean() > 0.25
        assert 0.02 < (robust < 0.05).mean() < 0.09


class TestStatistics:
    def test_share_of_significant_stocks(self) -> None:
        rng = np.random.default_rng(0)
        target = rng.normal(size=(200, 4))
        values = np.column_stack([target[:, :2] + rng.normal(size=(200, 2)), rng.normal(size=(200, 2))])
        values[9:, 3] = np.nan  # nine points are too few to count
        table, each = time_series_statistics({"x": pd.DataFrame(values)}, target, level=1e-6)
        row = table.loc["x"]
        assert (row["n_stocks"], row["share"]) == (3, pytest.approx(2 / 3))
        r = [stats.pearsonr(values[:, i], target[:, i]).statistic for i in range(3)]
        assert row["ic"] == pytest.approx(np.mean(r))
        assert row["icir"] == pytest.approx(np.mean(r) / np.std(r))
        assert row["t"] == pytest.approx(np.median([x * (198 / (1 - x * x)) ** 0.5 for x in r]))
        np.testing.assert_allclose(each[:, 0], [*r, np.nan])

    def test_a_constant_stock_counts_and_is_not_significant(self) -> None:
        target = np.random.default_rng(0).normal(size=(40, 4))
        values = target.copy()
        values[:, 1:] = 7.0
        row = time_series_statistics({"x": pd.DataFrame(values)}, target, level=0.05)[0].loc["x"]
        assert (row["n_stocks"], row["share"], row["ic"]) == (4, 0.25, 1.0)

    def test_nothing_varies(self) -> None:
        ones = np.ones((20, 3))
        row = time_series_statistics({"x": pd.DataFrame(ones)}, ones, level=0.05)[0].loc["x"]
        assert (row["n_stocks"], row["share"], row["strength"]) == (3, 0.0, 0.0)
        assert row[["ic", "icir", "t"]].isna().all()

    def test_nothing_known(self) -> None:
        empty = np.full((20, 3), np.nan)
        row = time_series_statistics({"x": pd.DataFrame(empty)}, empty, level=0.05)[0].loc["x"]
        assert (row["n_stocks"], row["strength"], row["coverage"]) == (0, 0.0, 0.0)
        assert row[["ic", "icir", "t", "share"]].isna().all()

    def test_over_stocks_each_factor_is_a_family_over_factors_all_are_one(self) -> None:
        rng = np.random.default_rng(3)
        target = rng.normal(size=(60, 30))
        factors = {
            "weak": pd.DataFrame(0.35 * target + rng.normal(size=target.shape)),
            **{f"noise{i}": pd.DataFrame(rng.normal(size=target.shape)) for i in range(6)},
        }
        p = {
            code: np.array(
                [stats.pearsonr(frame.iloc[:, i], target[:, i]).pvalue for i in range(target.shape[1])]
            )
            for code, frame in factors.items()
        }
        share = {
            kind: time_series_statistics(factors, target, level=0.05, false_discovery=kind)[0]["share"]
            for kind in ("none", "stocks", "factors")
        }
        pooled = stats.false_discovery_control(np.concatenate(list(p.values()))).reshape(7, 30)
        for place, (code, values) in enumerate(p.items()):
            assert share["none"][code] == pytest.approx(np.mean(values < 0.05))
            assert share["stocks"][code] == pytest.approx(
                np.mean(stats.false_discovery_control(values) < 0.05)
            )
            assert share["factors"][code] == pytest.approx(np.mean(pooled[place] < 0.05))
        assert share["factors"]["weak"] < share["stocks"]["weak"] < share["none"]["weak"]

    def test_no_warning(self, pair: tuple[np.ndarray, np.ndarray]) -> None:
        values, target = pair
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            time_series_statistics({"x": pd.DataFrame(values)}, target, level=0.05, lags=2)
