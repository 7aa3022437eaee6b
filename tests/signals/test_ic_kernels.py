"""The compiled loops: order, ranks, correlation and effective pairs against plain code."""

import warnings

import numpy as np
import pytest
from btalpha.signals.ic_kernels import correlate_columns, correlate_rows, effective_pairs, rank_correlate_rows
from btalpha.signals.row_order import order_rows, rank_pairs
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)


def plain_order(row: np.ndarray) -> list[int]:
    known = [i for i in range(len(row)) if np.isfinite(row[i])]
    return sorted(known, key=lambda i: (row[i], i))


class TestOrder:
    @given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=ANY))
    def test_is_that_of_a_stable_sort(self, values: np.ndarray) -> None:
        for row, line in zip(values, order_rows(values), strict=True):
            want = plain_order(row)
            assert line.tolist()[: len(want)] == want
            assert sorted(line.tolist()) == list(range(len(row)))

    def test_values_that_differ_in_their_last_bits_only(self) -> None:
        one = np.nextafter(1.0, 2.0)
        values = np.array([[one, 1.0, -0.0, 0.0, -one, -1.0, np.nextafter(0.0, 1.0)]])
        assert order_rows(values).tolist() == [[4, 5, 2, 3, 6, 1, 0]]

    @pytest.mark.parametrize("narrow", [1e-3, 1e-9, 1e-14])
    def test_values_close_together_beside_one_far_away(self, narrow: float) -> None:
        values = 1.0 + narrow * np.random.default_rng(0).normal(size=(5, 900))
        values[:, 5] = -1e200
        values[:, 7] = np.nan
        want = np.argsort(np.where(np.isnan(values), np.inf, values), axis=1, kind="stable")
        np.testing.assert_array_equal(order_rows(values), want)

    def test_wide_rows(self) -> None:
        values = np.random.default_rng(0).normal(size=(3, 5000)).round(2)
        np.testing.assert_array_equal(order_rows(values), np.argsort(values, axis=1, kind="stable"))

    def test_leaves_its_argument_alone(self, holes: np.ndarray) -> None:
        before = holes.copy()
        order_rows(holes)
        np.testing.assert_array_equal(holes, before)


class TestRanks:
    def test_equal_scipy_among_the_complete_pairs(self, holes: np.ndarray) -> None:
        other = np.roll(holes, 5, axis=0)
        ranks = rank_pairs(holes, order_rows(holes), other)
        for t in range(len(holes)):
            both = np.isfinite(holes[t]) & np.isfinite(other[t])
            np.testing.assert_array_equal(ranks[t, both], stats.rankdata(holes[t, both]))
            assert np.isnan(ranks[t, ~both]).all()

    def test_by_eye(self) -> None:
        values = np.array([[5.0, 5.0, 1.0, 9.0, 5.0]])
        every = rank_pairs(values, order_rows(values), values)
        assert every.tolist() == [[3.0, 3.0, 1.0, 5.0, 3.0]]
        fewer = rank_pairs(values, order_rows(values), np.array([[np.nan, 0, 0, np.inf, 0]]))
        np.testing.assert_array_equal(fewer, [[np.nan, 2.5, 1.0, np.nan, 2.5]])


class TestCorrelation:
    def test_ranks_and_pearson_agree_with_scipy(self, holes: np.ndarray) -> None:
        other = holes[::-1] + np.random.default_rng(0).normal(size=holes.shape).round(1)
        pearson, pairs = correlate_rows(holes, other)
        rank, again = rank_correlate_rows(holes, order_rows(holes), other, order_rows(other))
        np.testing.assert_array_equal(pairs, again)
        for got, want in zip(
            correlate_columns(holes.T.copy(), other.T.copy()), (pearson, pairs), strict=True
        ):
            np.testing.assert_allclose(got, want, atol=1e-12)
        for t in range(len(holes)):
            both = np.isfinite(holes[t]) & np.isfinite(other[t])
            assert pairs[t] == both.sum()
            if both.sum() < 2:
                assert np.isnan([pearson[t], rank[t]]).all()
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                want = stats.pearsonr(holes[t, both], other[t, both]).statistic
                want_rank = stats.spearmanr(holes[t, both], other[t, both]).statistic
            assert pearson[t] == pytest.approx(want, abs=1e-12, nan_ok=True)
            assert rank[t] == pytest.approx(want_rank, abs=1e-12, nan_ok=True)

    @pytest.mark.parametrize("level", [0.0, 0.1, 1e9])
    def test_a_constant_side_has_none(self, level: float) -> None:
        x, y = np.full((9, 3), level), np.random.default_rng(0).normal(size=(9, 3))
        for got in (correlate_columns(x, y), correlate_columns(y, x), correlate_rows(x, y)):
            assert np.isnan(got[0]).all()

    def test_stays_within_one(self) -> None:
        x = np.random.default_rng(0).normal(size=(500, 9))
        assert correlate_rows(x, 0.1 * x)[0].max() <= 1.0

    @pytest.mark.parametrize("scale", [1e-120, 1e120])
    def test_neither_overflows_nor_vanishes(self, scale: float) -> None:
        x = scale * np.array([[1.0, 2.0, 4.0, 3.0]])
        assert correlate_rows(x, x)[0] == pytest.approx([1.0])

    def test_a_large_mean_does_not_hide_the_rest(self) -> None:
        x = np.random.default_rng(0).normal(size=(4, 50))
        y = x[::-1] + x
        np.testing.assert_allclose(correlate_rows(1e7 + x, 1e7 + y)[0], correlate_rows(x, y)[0], atol=1e-8)

    def test_a_full_row(self) -> None:
        x = np.arange(6.0).reshape(1, 6)
        assert correlate_rows(x, -x)[0].tolist() == [-1.0]
        assert rank_correlate_rows(x, order_rows(x), -x, order_rows(-x))[0].tolist() == [-1.0]


def plain_effective_pairs(x: np.ndarray, y: np.ndarray, lags: int) -> float:
    """Pyper and Peterman's equation 1, with gaps, term by term."""
    both = np.isfinite(x) & np.isfinite(y)
    n = int(both.sum())
    dx, dy = x - x[both].mean(), y - y[both].mean()
    total = 0.0
    for lag in range(1, lags + 1):
        pairs = [t for t in range(len(x) - lag) if both[t] and both[t + lag]]
        if pairs:
            a = np.mean([dx[t] * dx[t + lag] for t in pairs]) / np.mean(dx[both] ** 2)
            b = np.mean([dy[t] * dy[t + lag] for t in pairs]) / np.mean(dy[both] ** 2)
            total += len(pairs) / n * a * b
    return n / max(1.0 + 2.0 * total, 1.0)


class TestEffectivePairs:
    @pytest.mark.parametrize("lags", [1, 4, 80])
    def test_equals_the_formula_term_by_term(self, lags: int) -> None:
        rng = np.random.default_rng(3)
        x, y = (
            np.apply_along_axis(np.convolve, 1, rng.normal(size=(6, 64)), np.ones(5), "valid") for _ in "xy"
        )
        x[rng.random(x.shape) < 0.2] = np.nan
        y[:, :7] = np.nan
        want = [plain_effective_pairs(x[i], y[i], min(lags, 59)) for i in range(6)]
        np.testing.assert_allclose(effective_pairs(x, y, lags), want)

    def test_of_independent_values_is_about_all_and_never_more(self) -> None:
        rng = np.random.default_rng(4)
        got = effective_pairs(rng.normal(size=(200, 300)), rng.normal(size=(200, 300)), 4)
        assert got.max() <= 300
        assert got.mean() > 295

    def test_of_slow_values_is_far_fewer(self) -> None:
        rng = np.random.default_rng(5)
        slow = np.repeat(rng.normal(size=(50, 60)), 5, axis=1)
        assert effective_pairs(slow, np.roll(slow, 1, axis=0), 4).mean() < 300 / 2.5

    def test_without_pairs_or_spread(self) -> None:
        x = np.array([[np.nan, 1.0, np.nan], [2.0, 2.0, 2.0]])
        y = np.array([[1.0, np.nan, np.nan], [1.0, 5.0, 3.0]])
        assert effective_pairs(x, y, 2).tolist() == [0.0, 3.0]
