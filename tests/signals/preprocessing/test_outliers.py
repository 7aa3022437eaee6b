"""Outliers by each rule, by eye and against plain loops."""

import numpy as np
import pytest
from btalpha.signals.preprocessing import BoxplotOutliers, MadOutliers, StdOutliers
from hypothesis import given, settings
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


def plain_bounds(sample: np.ndarray, rule: str, n: float) -> tuple[float, float]:
    """Bounds by the definition, of a sample that is not empty."""
    if rule == "std":
        low = high = np.mean(sample)
        reach = n * np.std(sample)
    else:
        low, high = np.percentile(sample, [25, 75])
        reach = n * (high - low)
    return (low - reach, high + reach) if np.ptp(sample) > 0 and reach > 0 else (-np.inf, np.inf)


def plain_rule(row: np.ndarray, counted: np.ndarray, rule: str, n: float, replace: str) -> np.ndarray:
    sample = row[counted & ~np.isnan(row)]
    if not len(sample):
        return row
    low, high = plain_bounds(sample, rule, n)
    bounds = [np.median(sample)] * 2 if replace == "median" else [low, high]
    return np.array([bounds[0] if value < low else bounds[1] if value > high else value for value in row])


RULES = {"std": StdOutliers, "boxplot": BoxplotOutliers}


class TestOtherRulesByEye:
    # mean 22, standard deviation 39.01: one is at 60.99, the next at 80.51
    @pytest.mark.parametrize(
        ("n", "replace", "expected"),
        [(1.0, "median", 3.0), (1.0, "clip", 22 + 39.0128), (2.0, "median", 100.0), (2.0, "clip", 100.0)],
    )
    def test_mean_and_deviation(self, n: float, replace: str, expected: float) -> None:
        row = np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])
        out = StdOutliers(n=n, replace=replace).transform(row)  # type: ignore[arg-type]
        np.testing.assert_allclose(out, [[1.0, 2.0, 3.0, 4.0, expected]], rtol=1e-5)

    # quartiles 2 and 4, range 2: whiskers end at -1 and 7
    @pytest.mark.parametrize(
        ("n", "replace", "expected"),
        [(1.5, "median", 3.0), (1.5, "clip", 7.0), (47.0, "clip", 98.0), (48.0, "median", 100.0)],
    )
    def test_box_plot(self, n: float, replace: str, expected: float) -> None:
        row = np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])
        out = BoxplotOutliers(n=n, replace=replace).transform(row)  # type: ignore[arg-type]
        assert out.tolist() == [[1.0, 2.0, 3.0, 4.0, expected]]

    def test_a_box_plot_reaches_further_on_the_longer_side(self) -> None:
        row = np.array([[0.0, 1.0, 2.0, 10.0, 20.0, 45.0, -15.0]])  # quartiles 0.5 and 15
        assert BoxplotOutliers(n=1.0).transform(row).tolist() == [[0.0, 1.0, 2.0, 10.0, 20.0, 2.0, 2.0]]

    @pytest.mark.parametrize("rule", RULES.values())
    @pytest.mark.parametrize("replace", ["median", "clip"])
    def test_without_a_spread_or_a_universe_nothing_is_far(self, rule: type, replace: str) -> None:
        step = rule(replace=replace)
        middle = np.array([[5.0, 5.0, 5.0, 5.0, 5.0, 900.0]])
        inside = np.array([[True, True, True, True, True, False]])
        np.testing.assert_array_equal(step.transform(middle, inside), middle)
        row = np.array([[1.0, 2.0, NAN, 900.0]])
        np.testing.assert_array_equal(step.transform(row, np.zeros((1, 4), dtype=bool)), row)

    def test_no_value_of_ten_is_three_deviations_off(self) -> None:
        row = np.array([[0.0] * 9 + [1e6]])
        np.testing.assert_array_equal(StdOutliers(n=3.0).transform(row), row)
        assert StdOutliers(n=3.0).transform(np.array([[0.0] * 10 + [1e6]]))[0, -1] == 0.0

    @pytest.mark.parametrize("rule", RULES.values())
    def test_along_time_a_later_value_is_judged_by_the_fit(self, rule: type) -> None:
        step = rule(n=1.0, axis="time").fit(np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]))
        # mean 3, deviation 1.41; quartiles 2 and 4
        assert step.transform(np.array([[4.0], [6.5], [-0.5]])).ravel().tolist() == [4.0, 3.0, 3.0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("replace", ["median", "clip"])
@pytest.mark.parametrize("n", [0.5, 1.5])
class TestOtherRulesEqualAPlainLoop:
    def test_across_stocks(self, holes: np.ndarray, rule: str, n: float, replace: str) -> None:
        universe = np.random.default_rng(1).random(holes.shape) < 0.7
        pairs = zip(holes, universe, strict=True)
        expected = np.array([plain_rule(row, inside, rule, n, replace) for row, inside in pairs])
        assert (expected != holes)[~np.isnan(holes)].any(), "something must be an outlier"
        got = RULES[rule](n=n, replace=replace).transform(holes, universe)
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)

    def test_along_time(self, holes: np.ndarray, rule: str, n: float, replace: str) -> None:
        counted = np.ones(len(holes), dtype=bool)
        expected = np.array([plain_rule(column, counted, rule, n, replace) for column in holes.T]).T
        got = RULES[rule](n=n, replace=replace, axis="time").fit(holes).transform(holes)
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rule", [MadOutliers, StdOutliers, BoxplotOutliers])
@settings(deadline=None)  # the first call compiles
@given(values=arrays(np.float64, (2, 8), elements=st.floats(-1e6, 1e6) | st.just(NAN)))
def test_properties(rule: type, values: np.ndarray) -> None:
    clipped = rule(n=1.2, replace="clip").transform(values)
    replaced = rule(n=1.2).transform(values)
    np.testing.assert_array_equal(clipped != values, replaced != values, "both find the same outliers")
    np.testing.assert_array_equal(np.isnan(clipped), np.isnan(values))
    for row, before in zip(replaced, values, strict=True):
        known = ~np.isnan(before)
        middle = np.median(before[known]) if known.any() else NAN
        assert np.isin(row[known], [*before[known], middle]).all()
    order = np.argsort(values, axis=1, kind="stable")
    rising = np.diff(np.take_along_axis(clipped, order, axis=1), axis=1)
    assert (rising[~np.isnan(rising)] >= 0).all(), "to clip leaves the order"


class TestValidation:
    @pytest.mark.parametrize("n", [0, -3.0, NAN])
    def test_n(self, n: float) -> None:
        with pytest.raises(ValueError, match=f"n must be above 0 MAD, got {n}"):
            MadOutliers(n=n)

    @pytest.mark.parametrize("n", [0, -3.0, NAN])
    def test_n_of_the_other_rules(self, n: float) -> None:
        with pytest.raises(ValueError, match=f"n must be above 0 standard deviations, got {n}"):
            StdOutliers(n=n)
        with pytest.raises(ValueError, match=f"n must be above 0 interquartile ranges, got {n}"):
            BoxplotOutliers(n=n)

    def test_replace(self) -> None:
        with pytest.raises(ValueError, match="replace must be 'median' or 'clip', got 'mean'"):
            MadOutliers(replace="mean")  # type: ignore[arg-type]
