"""P-values against SciPy, and what many tests do to them."""

import warnings

import numpy as np
import pytest
from btalpha.signals.screening.significance import adjusted, p_of_t, p_values
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats


class TestPValues:
    @pytest.mark.parametrize("n", [3, 10, 64, 1700])
    def test_equal_those_of_scipy(self, n: int) -> None:
        rng = np.random.default_rng(n)
        for strength in (0.0, 0.3, 3.0):
            x = rng.normal(size=n)
            want = stats.pearsonr(x, strength * x + rng.normal(size=n))
            assert p_values(np.array([want.statistic]), np.array([n])) == pytest.approx(want.pvalue, rel=1e-8)

    def test_at_the_ends(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            p = p_values(np.array([1.0, -1.0, 0.0, 0.3, np.nan]), np.array([20, 20, 20, 2, 20]))
        np.testing.assert_array_equal(p, [0.0, 0.0, 1.0, np.nan, np.nan])

    def test_fewer_independent_pairs_are_less_certain(self) -> None:
        p = p_values(np.full(4, 0.5), np.array([40.0, 20.0, 10.5, 3.0]))
        assert (np.diff(p) > 0).all()

    def test_of_t(self) -> None:
        assert p_of_t(-2.1, 40) == pytest.approx(2 * stats.t.sf(2.1, 39))
        assert np.isnan(p_of_t(2.0, 1))
        assert np.isnan(p_of_t(float("nan"), 40))


class TestAdjusted:
    def test_by_hand(self) -> None:
        # 4 tests, ascending 0.01 0.02 0.03 0.9 times 4/1 4/2 4/3 4/4: 0.04 0.04 0.04 0.9
        got = adjusted(np.array([0.9, 0.03, np.nan, 0.01, 0.02]))
        np.testing.assert_allclose(got, [0.9, 0.04, np.nan, 0.04, 0.04])

    @given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)))
    def test_equals_scipy(self, p: np.ndarray) -> None:
        np.testing.assert_allclose(adjusted(p), stats.false_discovery_control(p), atol=1e-15)

    def test_a_table_is_one_family(self) -> None:
        p = np.random.default_rng(0).random((7, 5))
        np.testing.assert_allclose(adjusted(p), stats.false_discovery_control(p.ravel()).reshape(7, 5))

    def test_of_nothing(self) -> None:
        assert np.isnan(adjusted(np.array([np.nan, np.nan]))).all()

    def test_holds_the_rate_of_false_discoveries(self) -> None:
        rng = np.random.default_rng(1)
        found = [(adjusted(rng.random(50)) <= 0.1).any() for _ in range(400)]
        assert np.mean(found) < 0.14, "without a true effect, any discovery is false: 10 % of the times"
