"""Operators: known answers, the NaN policy, exactness, and equality with pandas on random data."""

import numpy as np
import pandas as pd
import pytest
from btalpha.signals.factors import operators as op
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

NAN = np.nan
WINDOWED = {
    "ma": lambda x, n: op.ma(x, n),
    "sum_": lambda x, n: op.sum_(x, n),
    "hhv": lambda x, n: op.hhv(x, n),
    "llv": lambda x, n: op.llv(x, n),
    "std": lambda x, n: op.std(x, n),
    "avedev": lambda x, n: op.avedev(x, n),
    "skew": lambda x, n: op.skew(x, n),
    "cov": lambda x, n: op.cov(x, x.copy(), n),
    "var": lambda x, n: op.cov(x, x, n),
    "slope": lambda x, n: op.slope(x, n),
}
PANDAS = {
    "ma": lambda r: r.mean(),
    "sum_": lambda r: r.sum(),
    "hhv": lambda r: r.max(),
    "llv": lambda r: r.min(),
    "std": lambda r: r.apply(np.std, raw=True),
    "avedev": lambda r: r.apply(lambda w: np.abs(w - w.mean()).mean(), raw=True),
    "cov": lambda r: r.apply(np.var, raw=True),
    "var": lambda r: r.apply(np.var, raw=True),
    "slope": lambda r: r.apply(lambda w: np.polyfit(np.arange(len(w)), w, 1)[0], raw=True),
}


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


class TestKnownAnswers:
    @pytest.mark.parametrize(
        ("result", "expected"),
        [
            (op.ref(column(1, 2, 3), 2), [NAN, NAN, 1]),
            (op.ref(column(1, 2, 3), 0), [1, 2, 3]),
            (op.ref(column(1, 2), 5), [NAN, NAN]),
            (op.ma(column(1, 2, 6), 3), [NAN, NAN, 3]),
            (op.sum_(column(1, 2, 6), 2), [NAN, 3, 8]),
            (op.hhv(column(1, 3, 2, 0), 2), [NAN, 3, 3, 2]),
            (op.llv(column(1, 3, 2, 0), 2), [NAN, 1, 2, 0]),
            (op.std(column(1, 3), 2), [NAN, 1]),
            (op.avedev(column(0, 0, 3), 3), [NAN, NAN, 4 / 3]),
            (op.skew(column(0, 0, 3), 3), [NAN, NAN, 2 / 2**1.5]),
            (op.ema(column(1, 4, 4), 3), [1, 2.5, 3.25]),
            (op.sma(column(3, 6, 6), 3, 1), [3, 4, 14 / 3]),
            (op.corr(column(1, 2, 3), column(5, 3, 1), 3), [NAN, NAN, -1]),
            (op.slope(column(1, 3, 5, 5), 3), [NAN, NAN, 2, 1]),
            (op.count(column(1, 0, 1, 1), 3), [NAN, NAN, 2, 2]),
            (op.cumulate(column(1, 2, 3)), [1, 3, 6]),
            (op.streak(column(1, 1, 0, 1)), [1, 2, 0, 1]),
            (op.direction(column(1, 2, 2, 1)), [NAN, 1, 0, -1]),
        ],
    )
    def test_on_a_few_bars(self, result: np.ndarray, expected: list[float]) -> None:
        np.testing.assert_allclose(result.ravel(), expected, rtol=1e-12)


class TestNaN:
    @pytest.mark.parametrize("name", WINDOWED)
    def test_in_a_window_makes_it_nan(self, name: str) -> None:
        x = np.random.default_rng(0).normal(size=(12, 3))
        x[5, 1] = NAN
        out = WINDOWED[name](x, 3)
        expected = np.zeros((12, 3), dtype=bool)
        expected[:2] = True
        expected[5:8, 1] = True
        np.testing.assert_array_equal(np.isnan(out), expected)

    def test_is_passed_over_by_recursions(self) -> None:
        x = column(NAN, 1, NAN, 4, NAN)
        np.testing.assert_array_equal(op.ema(x, 3).ravel(), [NAN, 1, NAN, 2.5, NAN])
        np.testing.assert_array_equal(op.cumulate(x).ravel(), [NAN, 1, NAN, 5, NAN])

    def test_ends_a_streak(self) -> None:
        np.testing.assert_array_equal(op.streak(column(1, NAN, 1)).ravel(), [1, NAN, 1])

    def test_is_a_quotient_by_zero(self) -> None:
        np.testing.assert_array_equal(op.divide(column(1, 0, 6), column(0, 0, 3)).ravel(), [NAN, NAN, 2])

    def test_is_a_condition_on_nan(self) -> None:
        x = column(2, NAN)
        np.testing.assert_array_equal(op.holds(x > 1, x).ravel(), [1, NAN])

    @pytest.mark.parametrize("name", WINDOWED)
    def test_is_all_there_is_in_a_short_history(self, name: str) -> None:
        assert np.isnan(WINDOWED[name](np.ones((2, 4)), 3)).all()
        assert WINDOWED[name](np.ones((0, 4)), 3).shape == (0, 4)


class TestExactness:
    """A locked price after a high one: where running sums go wrong."""

    PRICE = column(*np.linspace(25_000, 31_234.56, 200), *[12.34] * 60)

    @pytest.mark.parametrize("name", ["std", "avedev", "cov", "slope"])
    def test_of_equal_values_there_is_no_deviation(self, name: str) -> None:
        assert (WINDOWED[name](self.PRICE, 26)[-30:] == 0.0).all()

    @pytest.mark.parametrize("name", ["ma", "hhv", "llv"])
    def test_of_equal_values_the_level_is_that_value(self, name: str) -> None:
        assert (WINDOWED[name](self.PRICE, 26)[-30:] == 12.34).all()

    def test_smoothing_keeps_a_constant(self) -> None:
        assert (op.ema(self.PRICE[200:], 12) == 12.34).all()
        assert (op.sma(self.PRICE[200:], 7, 2) == 12.34).all()

    def test_small_deviation_on_a_large_level(self) -> None:
        x = column(*(30_000.0 + 1e-6 * np.array([0.0, 1.0, 2.0, 3.0])))
        assert op.std(x, 4)[-1, 0] == pytest.approx(1e-6 * np.sqrt(1.25), rel=1e-5)

    @pytest.mark.parametrize("name", WINDOWED)
    def test_history_leaves_no_trace(self, name: str) -> None:
        rng = np.random.default_rng(1)
        recent = rng.normal(10, 1, (40, 2))
        long = np.vstack([rng.normal(1e8, 1e7, (50, 2)), recent])
        np.testing.assert_array_equal(WINDOWED[name](long, 8)[57:], WINDOWED[name](recent, 8)[7:])

    def test_ties_of_decimals_are_ties(self) -> None:
        x = column(10.1 + 9.9, 10.2 + 9.8, 10.3 + 9.7)
        assert (op.direction(30_000.0 * x)[1:] == 0.0).all()


class TestReferenceEquivalence:
    @pytest.mark.parametrize("n", [2, 5, 26])
    @pytest.mark.parametrize("name", PANDAS)
    def test_equals_pandas(self, name: str, n: int) -> None:
        x = np.random.default_rng(n).normal(3, 2, (80, 7))
        x[[3, 40], [2, 6]] = NAN
        slow = pd.DataFrame(x).rolling(n).pipe(PANDAS[name]).to_numpy()
        np.testing.assert_allclose(WINDOWED[name](x, n), slow, rtol=1e-9, atol=1e-12)

    @settings(max_examples=60, deadline=None)
    @given(
        arrays(np.float64, (30, 2), elements=st.floats(-1e6, 1e6, width=32)),
        st.integers(1, 12),
    )
    def test_bounds(self, x: np.ndarray, n: int) -> None:
        low, middle, high = op.llv(x, n)[n - 1 :], op.ma(x, n)[n - 1 :], op.hhv(x, n)[n - 1 :]
        slack = 1e-9 * (1.0 + np.abs(x).max())
        assert (low <= middle + slack).all()
        assert (middle <= high + slack).all()
        assert (op.avedev(x, n)[n - 1 :] <= op.std(x, n)[n - 1 :] + slack).all()

    def test_columns_do_not_touch_each_other(self) -> None:
        x = np.random.default_rng(2).normal(size=(50, 9))
        for function in WINDOWED.values():
            together = function(x, 6)
            for j in range(9):
                np.testing.assert_array_equal(function(x[:, [j]], 6), together[:, [j]])


class TestValidation:
    @pytest.mark.parametrize("n", [0, -3, 2.5, True, "5"])
    def test_of_windows(self, n: object) -> None:
        with pytest.raises(ValueError, match=r"n must be a whole number of bars, 1 or more, got"):
            op.ma(column(1, 2), n)

    def test_nothing_looks_ahead(self) -> None:
        with pytest.raises(ValueError, match="0 or more, got -1"):
            op.ref(column(1, 2), -1)

    def test_of_the_weight_of_an_sma(self) -> None:
        with pytest.raises(ValueError, match="m of an SMA must not exceed n, got m=5 and n=3"):
            op.sma(column(1, 2), 3, 5)

    def test_inputs_are_not_changed(self) -> None:
        x = np.random.default_rng(3).normal(size=(20, 3))
        before = x.copy()
        for function in WINDOWED.values():
            function(x, 4)
        op.ema(x, 3), op.cumulate(x), op.streak(x), op.direction(x)
        np.testing.assert_array_equal(x, before)
