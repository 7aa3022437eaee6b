"""MAD outliers against a plain loop."""

import numpy as np
import pytest
from btalpha.signals.preprocessing import MadOutliers
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

NAN = float("nan")


def plain(row: np.ndarray, counted: np.ndarray, n: float, replace: str) -> np.ndarray:
    """One row, by the definition."""
    sample = row[counted & ~np.isnan(row)]
    if not len(sample):
        return row
    median = np.median(sample)
    mad = np.median(np.abs(sample - median))
    out = row.copy()
    for i, value in enumerate(row):
        if mad > 0 and abs(value - median) > n * mad:
            bound = median + n * mad if value > median else median - n * mad
            out[i] = median if replace == "median" else bound
    return out


class TestKnownAnswers:
    # median 3, absolute deviations 2 1 0 1 97: MAD 1, bounds 0 and 6
    @pytest.mark.parametrize(
        ("n", "replace", "expected"),
        [(3.0, "median", 3.0), (3.0, "clip", 6.0), (1.5, "clip", 4.5), (97.0, "median", 100.0)],
    )
    def test_five_values(self, n: float, replace: str, expected: float) -> None:
        row = np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])
        out = MadOutliers(n=n, replace=replace).transform(row)  # type: ignore[arg-type]
        assert out[0, 4] == expected

    def test_without_a_spread_nothing_is_far(self) -> None:
        row = np.array([[5.0, 5.0, 5.0, 900.0]])
        for replace in ("median", "clip"):
            assert MadOutliers(replace=replace).transform(row).tolist() == row.tolist()  # type: ignore[arg-type]

    def test_without_a_universe_values_stay(self) -> None:
        row = np.array([[1.0, 2.0, NAN, 900.0]])
        for replace in ("median", "clip"):
            out = MadOutliers(replace=replace).transform(row, np.zeros((1, 4), dtype=bool))  # type: ignore[arg-type]
            np.testing.assert_array_equal(out, row)

    def test_along_time_a_later_value_is_judged_by_the_fit(self) -> None:
        past = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])  # median 3, MAD 1
        step = MadOutliers(axis="time").fit(past)
        assert step.transform(np.array([[6.0], [6.1], [-0.1]])).ravel().tolist() == [6.0, 3.0, 3.0]


@pytest.mark.parametrize("replace", ["median", "clip"])
@pytest.mark.parametrize("n", [0.5, 3.0])
class TestEqualsAPlainLoop:
    def test_across_stocks(self, holes: np.ndarray, n: float, replace: str) -> None:
        universe = np.random.default_rng(1).random(holes.shape) < 0.7
        expected = np.array(
            [plain(row, inside, n, replace) for row, inside in zip(holes, universe, strict=True)]
        )
        assert (expected != holes)[~np.isnan(holes)].any(), "something must be an outlier"
        got = MadOutliers(n=n, replace=replace).transform(holes, universe)  # type: ignore[arg-type]
        np.testing.assert_allclose(got, expected, rtol=1e-12)

    def test_along_time(self, holes: np.ndarray, n: float, replace: str) -> None:
        counted = np.ones(len(holes), dtype=bool)
        expected = np.array([plain(column, counted, n, replace) for column in holes.T]).T
        got = MadOutliers(n=n, replace=replace, axis="time").fit(holes).transform(holes)  # type: ignore[arg-type]
        np.testing.assert_allclose(got, expected, rtol=1e-12)


@given(arrays(np.float64, (3, 9), elements=st.floats(-1e9, 1e9) | st.just(NAN)))
def test_median_and_mad_are_those_of_numpy(values: np.ndarray) -> None:
    median, mad = MadOutliers()._statistics(values, 1)
    for row in range(3):
        known = values[row][~np.isnan(values[row])]
        if len(known):
            assert median[row, 0] == np.median(known)
            assert mad[row, 0] == np.median(np.abs(known - np.median(known)))
        else:
            assert np.isnan(median[row, 0])
            assert np.isnan(mad[row, 0])


class TestValidation:
    @pytest.mark.parametrize("n", [0, -3.0, NAN])
    def test_n(self, n: float) -> None:
        with pytest.raises(ValueError, match=f"n must be above 0 MAD, got {n}"):
            MadOutliers(n=n)

    def test_replace(self) -> None:
        with pytest.raises(ValueError, match="replace must be 'median' or 'clip', got 'mean'"):
            MadOutliers(replace="mean")  # type: ignore[arg-type]
