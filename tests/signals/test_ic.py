"""Daily IC against SciPy, Newey-West's t against a plain loop."""

import warnings

import numpy as np
import pytest
from btalpha.signals.ic import Target, daily_ic, mean_and_t
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

SCIPY = {"rank": stats.spearmanr, "pearson": stats.pearsonr}


def by_scipy(scores: np.ndarray, labels: np.ndarray, method: str, min_stocks: int) -> np.ndarray:
    out = np.full(len(scores), np.nan)
    for t in range(len(scores)):
        both = np.isfinite(scores[t]) & np.isfinite(labels[t])
        if both.sum() >= min_stocks:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of constant input, which gives NaN
                out[t] = SCIPY[method](scores[t][both], labels[t][both]).statistic
    return out


def newey_west(values: np.ndarray, lags: int) -> float:
    """The t statistic of the mean, as in the 1987 paper, term by term."""
    n = len(values)
    mean = sum(values) / n
    variance = sum((x - mean) ** 2 for x in values) / n
    for lag in range(1, min(lags, n - 1) + 1):
        covariance = sum((values[t] - mean) * (values[t - lag] - mean) for t in range(lag, n)) / n
        variance += 2 * (1 - lag / (lags + 1)) * covariance
    return mean / (variance / n) ** 0.5


class TestDailyIc:
    @pytest.mark.parametrize("method", ["rank", "pearson"])
    def test_equals_scipy_on_gaps_and_ties(self, holes: np.ndarray, method: str) -> None:
        labels = holes[::-1] + np.random.default_rng(1).normal(size=holes.shape).round(1)
        labels[3, 2] = np.inf
        expected = by_scipy(holes, labels, method, min_stocks=4)
        assert np.isfinite(expected).sum() > 30
        got = daily_ic(holes, labels, method=method, min_stocks=4)
        np.testing.assert_allclose(got, expected, atol=1e-12, equal_nan=True)

    def test_by_eye(self) -> None:
        scores = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
        labels = np.array([[0.1, 0.2, 0.9], [0.9, 0.2, 0.1], [0.2, 0.1, 0.3]])
        assert daily_ic(scores, labels, min_stocks=3).tolist() == [1.0, -1.0, 0.5]

    def test_too_few_pairs_have_none(self) -> None:
        scores = np.arange(12.0).reshape(3, 4)
        assert np.isnan(daily_ic(scores, scores)).all()
        assert daily_ic(scores, scores, min_stocks=4).tolist() == [1.0, 1.0, 1.0]

    @pytest.mark.parametrize("level", [0.0, 0.1, 1e9])
    @pytest.mark.parametrize("method", ["rank", "pearson"])
    def test_a_constant_side_has_none(self, level: float, method: str) -> None:
        scores = np.full((2, 7), level)
        labels = np.random.default_rng(0).normal(size=(2, 7))
        assert np.isnan(daily_ic(scores, labels, method=method)).all()
        assert np.isnan(daily_ic(labels, scores, method=method)).all()

    @pytest.mark.parametrize("shape", [(0, 5), (3, 0), (3, 1)])
    def test_of_nothing(self, shape: tuple[int, int]) -> None:
        assert np.isnan(daily_ic(np.zeros(shape), np.zeros(shape))).tolist() == [True] * shape[0]

    def test_leaves_its_arguments_alone(self, holes: np.ndarray) -> None:
        before = holes.copy()
        daily_ic(holes, holes)
        np.testing.assert_array_equal(holes, before)

    def test_validation(self) -> None:
        with pytest.raises(ValueError, match="method must be 'rank' or 'pearson', got 'kendall'"):
            daily_ic(np.zeros((2, 6)), np.zeros((2, 6)), method="kendall")
        with pytest.raises(
            ValueError, match=r"scores must have the shape of the labels, \(2, 5\), got \(2, 6\)"
        ):
            daily_ic(np.zeros((2, 6)), np.zeros((2, 5)))

    @given(
        arrays(np.float64, (4, 8), elements=st.floats(-1e6, 1e6)),
        arrays(np.float64, (4, 8), elements=st.floats(-1e6, 1e6)),
    )
    def test_properties(self, scores: np.ndarray, labels: np.ndarray) -> None:
        ic = daily_ic(scores, labels)
        assert (np.abs(ic[np.isfinite(ic)]) <= 1.0).all()
        np.testing.assert_allclose(daily_ic(labels, scores), ic, atol=1e-12, equal_nan=True)
        np.testing.assert_allclose(daily_ic(-scores, labels), -ic, atol=1e-12, equal_nan=True)
        order = np.random.default_rng(0).permutation(8)
        np.testing.assert_allclose(
            daily_ic(scores[:, order], labels[:, order]), ic, atol=1e-12, equal_nan=True
        )


class TestTarget:
    def test_one_target_serves_many_scores(self, holes: np.ndarray) -> None:
        labels = np.roll(holes, 3, axis=0)
        target = Target(labels)
        for shift in range(3):
            scores = np.roll(holes, shift, axis=1)
            for method in ("rank", "pearson"):
                np.testing.assert_array_equal(
                    daily_ic(scores, target, method=method), daily_ic(scores, labels, method=method)
                )

    def test_takes_a_transpose_and_single_precision(self, holes: np.ndarray) -> None:
        got = Target(holes.T).correlate((2 * holes).T.astype(np.float32), "rank")
        want = Target(np.ascontiguousarray(holes.T)).correlate(np.ascontiguousarray(2 * holes.T), "rank")
        np.testing.assert_array_equal(got, want)

    def test_counts_the_pairs(self, holes: np.ndarray) -> None:
        labels = np.roll(holes, 3, axis=0)
        both = np.isfinite(holes) & np.isfinite(labels)
        assert Target(labels).correlate(holes, "rank")[1].tolist() == both.sum(axis=1).tolist()


class TestMeanAndT:
    @pytest.mark.parametrize("lags", [0, 1, 4, 50])
    def test_equals_newey_and_west_term_by_term(self, lags: int) -> None:
        rng = np.random.default_rng(2)
        values = np.convolve(rng.normal(0.1, 1, 45), np.ones(5) / 5, mode="valid")
        mean, t = mean_and_t(values, lags=lags)
        assert mean == pytest.approx(values.mean())
        assert t == pytest.approx(newey_west(values, lags), rel=1e-9)

    def test_overlap_makes_t_smaller(self) -> None:
        values = np.convolve(np.random.default_rng(2).normal(0.3, 1, 400), np.ones(5) / 5, mode="valid")
        assert mean_and_t(values, lags=4)[1] < 0.7 * mean_and_t(values)[1]

    def test_nan_are_left_out(self) -> None:
        assert mean_and_t(np.array([1.0, np.nan, 2.0, np.inf, 3.0])) == mean_and_t(np.array([1.0, 2.0, 3.0]))

    @pytest.mark.parametrize(
        ("values", "mean", "t"),
        [
            ([], np.nan, np.nan),
            ([0.2], 0.2, np.nan),
            ([0.2, 0.4], 0.3, np.nan),
            ([0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 0.1, np.inf),
            ([-0.1, -0.1, -0.1], -0.1, -np.inf),
            ([0.0, 0.0, 0.0], 0.0, 0.0),
        ],
    )
    def test_degenerate(self, values: list[float], mean: float, t: float) -> None:
        got = mean_and_t(np.array(values), lags=1)
        assert got == (pytest.approx(mean, nan_ok=True), pytest.approx(t, nan_ok=True))
