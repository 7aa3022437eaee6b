"""The numbers behind a screening, against SciPy and by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest
from btalpha.signals.ic import daily_ic, mean_and_t
from btalpha.signals.screening.statistics import (
    correlation_over_time,
    cross_section_statistics,
    p_values,
    time_series_statistics,
)
from scipy import stats


@pytest.fixture
def pair(holes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A factor and what followed, 60 days x 11 stocks, both with gaps."""
    target = 0.4 * holes[::-1] + np.random.default_rng(1).normal(size=holes.shape)
    return holes, target


def test_correlation_over_time_and_p_values_are_those_of_scipy(pair: tuple[np.ndarray, np.ndarray]) -> None:
    values, target = pair
    r, n = correlation_over_time(values, target)
    p = p_values(r, n)
    compared = 0
    for i in range(values.shape[1]):
        both = np.isfinite(values[:, i]) & np.isfinite(target[:, i])
        assert n[i] == both.sum()
        if both.sum() < 3:
            assert np.isnan(r[i])
            assert np.isnan(p[i])
            continue
        expected = stats.pearsonr(values[both, i], target[both, i])
        assert (r[i], p[i]) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
        compared += 1
    assert compared == 10


def test_p_values_at_the_ends() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = p_values(np.array([1.0, -1.0, 0.0, 0.3, np.nan]), np.array([20, 20, 20, 2, 20]))
    np.testing.assert_array_equal(p, [0.0, 0.0, 1.0, np.nan, np.nan])


class TestCrossSection:
    def test_is_made_of_daily_rank_ics(self, pair: tuple[np.ndarray, np.ndarray]) -> None:
        values, target = pair
        row = cross_section_statistics({"x": pd.DataFrame(values)}, target, lags=3).loc["x"]
        ic = daily_ic(values, target)
        known = ic[np.isfinite(ic)]
        assert (row["ic"], row["t"]) == mean_and_t(ic, lags=3)
        assert row["icir"] == pytest.approx(known.mean() / known.std())
        assert row["share"] == np.mean(np.sign(known) == np.sign(known.mean()))
        half = (len(known) + 1) // 2
        assert row["one_sign"] == (np.sign(known[:half].mean()) == np.sign(known[half:].mean()))

    def test_coverage_is_of_the_known_labels(self) -> None:
        target = np.array([[0.1, np.nan, 0.2, 0.3, 0.1, 0.2]])
        values = np.array([[1.0, 1.0, np.nan, 2.0, np.inf, 3.0]])
        assert (
            cross_section_statistics({"x": pd.DataFrame(values)}, target, lags=0).at["x", "coverage"] == 0.6
        )

    def test_nothing_known(self) -> None:
        empty = np.full((4, 6), np.nan)
        row = cross_section_statistics({"x": pd.DataFrame(empty)}, empty, lags=0).loc["x"]
        assert (row["coverage"], row["strength"], row["one_sign"]) == (0.0, 0.0, False)
        assert row[["ic", "icir", "t", "share"]].isna().all()


class TestTimeSeries:
    def test_share_of_significant_stocks(self) -> None:
        rng = np.random.default_rng(0)
        target = rng.normal(size=(200, 4))
        values = np.column_stack([target[:, :2] + rng.normal(size=(200, 2)), rng.normal(size=(200, 2))])
        values[9:, 3] = np.nan  # nine points are too few to count
        row = time_series_statistics({"x": pd.DataFrame(values)}, target, level=1e-6).loc["x"]
        assert (row["n_stocks"], row["share"]) == (3, pytest.approx(2 / 3))
        r = [stats.pearsonr(values[:, i], target[:, i]).statistic for i in range(3)]
        assert row["ic"] == pytest.approx(np.mean(r))
        assert row["t"] == pytest.approx(np.mean(r) / np.std(r) * 3**0.5)

    def test_nothing_known(self) -> None:
        row = time_series_statistics({"x": pd.DataFrame(np.ones((20, 3)))}, np.ones((20, 3)), level=0.05).loc[
            "x"
        ]
        assert (row["n_stocks"], row["strength"]) == (0, 0.0)
        assert np.isnan(row["share"])
