"""Filling of gaps against plain loops and pandas."""

import numpy as np
import pandas as pd
import pytest
from btalpha.signals.preprocessing import FillGaps, LinearInterpolationLooksAhead

NAN = float("nan")


def plain(values: np.ndarray, universe: np.ndarray, max_age: int, median: bool) -> np.ndarray:
    out = values.copy()
    for i in range(values.shape[1]):
        for t in range(len(values)):
            if not np.isnan(values[t, i]):
                continue
            before = np.flatnonzero(~np.isnan(values[:t, i]))
            if len(before) and t - before[-1] <= max_age:
                out[t, i] = values[before[-1], i]
            elif len(before) and median:
                known = values[t, universe[t] & ~np.isnan(values[t])]
                out[t, i] = np.median(known) if len(known) else np.nan
    return out


@pytest.mark.parametrize("median", [True, False])
@pytest.mark.parametrize("max_age", [0, 1, 3, 100])
def test_equals_a_plain_loop(holes: np.ndarray, max_age: int, median: bool) -> None:
    universe = np.random.default_rng(1).random(holes.shape) < 0.6
    got = FillGaps(max_age=max_age, median=median).transform(holes, universe)
    np.testing.assert_array_equal(got, plain(holes, universe, max_age, median))


def test_carries_forward_then_takes_the_median_of_the_day() -> None:
    values = np.array([[1.0, 5.0, 7.0], [NAN, 6.0, 8.0], [NAN, 7.0, 9.0], [2.0, 8.0, 9.0]])
    filled = FillGaps(max_age=1).transform(values)[:, 0]
    assert filled.tolist() == [1.0, 1.0, 8.0, 2.0]


def test_nothing_is_taken_from_the_future() -> None:
    values = np.array([[NAN, 1.0], [NAN, 2.0], [9.0, 3.0]])
    assert np.isnan(FillGaps().transform(values)[:2, 0]).all(), "no value before the first"


def test_max_age_is_checked() -> None:
    with pytest.raises(ValueError, match="max_age must be 0 sessions or more, got -1"):
        FillGaps(max_age=-1)


class TestLinearInterpolation:
    def test_by_eye(self) -> None:
        values = np.array([[NAN, 1.0], [2.0, NAN], [NAN, NAN], [6.0, 7.0], [NAN, 9.0]])
        want = [[NAN, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [NAN, 9.0]]
        np.testing.assert_array_equal(LinearInterpolationLooksAhead().transform(values), want)

    def test_equals_pandas(self, holes: np.ndarray) -> None:
        want = pd.DataFrame(holes).interpolate(limit_area="inside").to_numpy()
        assert (np.isnan(want) != np.isnan(holes)).any()
        got = LinearInterpolationLooksAhead().transform(holes)
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)

    def test_values_that_are_there_stay(self, holes: np.ndarray) -> None:
        known = ~np.isnan(holes)
        got = LinearInterpolationLooksAhead().transform(holes)
        np.testing.assert_array_equal(got[known], holes[known])
