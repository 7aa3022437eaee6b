"""z-scores, ranks and ranges against NumPy, SciPy and a plain loop."""

import numpy as np
import pytest
from btalpha.signals.preprocessing import MinMax, Rank, RobustZScore, ZScore
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

NAN = float("nan")


def plain_rank(row: np.ndarray, counted: np.ndarray) -> np.ndarray:
    sample = row[counted & ~np.isnan(row)]
    out = np.full(len(row), np.nan)
    for i, value in enumerate(row):
        if len(sample) and not np.isnan(value):
            place = 0.5 * (np.mean(sample < value) + np.mean(sample <= value))
            out[i] = (place - 0.5) * np.sqrt(12)
    return out


class TestRank:
    def test_three_stocks(self) -> None:
        out = Rank().transform(np.array([[10.0, 30.0, 20.0]]))
        assert out.tolist() == [[pytest.approx(-2 / 3 * 3**0.5), pytest.approx(2 / 3 * 3**0.5), 0.0]]

    def test_ties_share_their_mean_place(self) -> None:
        out = Rank().transform(np.array([[1.0, 2.0, 2.0, 3.0]]))[0]
        assert out[1] == out[2] == 0.0
        assert out[0] == -out[3]

    def test_one_value_is_the_middle(self) -> None:
        np.testing.assert_array_equal(Rank().transform(np.array([[NAN, 7.0]])), [[NAN, 0.0]])

    def test_infinite_values_are_the_ends(self) -> None:
        out = Rank().transform(np.array([[-np.inf, 5.0, np.inf]]))
        np.testing.assert_array_equal(out, Rank().transform(np.array([[1.0, 2.0, 3.0]])))

    def test_an_outsider_gets_the_place_it_would_have(self) -> None:
        values = np.array([[1.0, 2.0, 3.0, 4.0, 0.0, 9.0, 2.5]])
        inside = np.array([[True] * 4 + [False] * 3])
        out = Rank().transform(values, inside)[0]
        np.testing.assert_array_equal(out[:4], Rank().transform(values[:, :4])[0])
        assert out[4:].tolist() == [-(3**0.5), 3**0.5, 0.0]

    def test_equals_a_plain_loop(self, holes: np.ndarray) -> None:
        universe = np.random.default_rng(1).random(holes.shape) < 0.6
        expected = np.array([plain_rank(*pair) for pair in zip(holes, universe, strict=True)])
        np.testing.assert_allclose(Rank().transform(holes, universe), expected, atol=1e-14)

    def test_equals_scipy_on_a_wide_day(self) -> None:
        row = np.random.default_rng(0).normal(size=2000).round(2)
        expected = ((stats.rankdata(row) - 0.5) / 2000 - 0.5) * np.sqrt(12)
        np.testing.assert_allclose(Rank().transform(row[None])[0], expected, atol=1e-14)

    @settings(deadline=None)  # the first call compiles
    @given(arrays(np.float64, (2, 7), elements=st.integers(-4, 4).map(float) | st.just(NAN)))
    def test_properties(self, values: np.ndarray) -> None:
        out = Rank().transform(values)
        np.testing.assert_array_equal(np.isnan(out), np.isnan(values))
        np.testing.assert_array_equal(Rank().transform(np.exp(values)), out, "only the order counts")
        np.testing.assert_allclose(Rank().transform(-values), -out, atol=1e-14)
        assert (np.abs(out[~np.isnan(out)]) < 3**0.5).all()
        np.testing.assert_allclose(np.nansum(out, axis=1), 0.0, atol=1e-12)

    def test_along_time_is_refused(self) -> None:
        with pytest.raises(ValueError, match="axis of Rank must be 'stocks', got 'time'"):
            Rank(axis="time")


class TestZScore:
    def test_equals_numpy(self, holes: np.ndarray) -> None:
        out = ZScore().transform(holes)
        for row, got in zip(holes, out, strict=True):
            known = ~np.isnan(row)
            if known.sum() > 1 and np.ptp(row[known]) > 0:
                expected = (row[known] - row[known].mean()) / row[known].std()
                np.testing.assert_allclose(got[known], expected, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 1e-9])
    def test_a_constant_day_is_0(self, value: float) -> None:
        assert ZScore().transform(np.full((1, 7), value)).tolist() == [[0.0] * 7]

    def test_along_time_uses_mean_and_deviation_of_the_fit(self) -> None:
        step = ZScore(axis="time").fit(np.array([[1.0, 5.0], [3.0, 5.0]]))
        np.testing.assert_array_equal(
            step.transform(np.array([[4.0, 5.0], [2.0, NAN]])), [[2.0, 0.0], [0.0, NAN]]
        )

    def test_statistics_are_those_of_the_universe(self) -> None:
        inside = np.array([[True, True, False]])
        assert ZScore().transform(np.array([[1.0, 3.0, 10.0]]), inside).tolist() == [[-1.0, 1.0, 8.0]]


def plain_robust(row: np.ndarray, counted: np.ndarray) -> np.ndarray:
    sample = row[counted & ~np.isnan(row)]
    if not len(sample):
        return np.full(len(row), NAN)
    off = np.abs(sample - np.median(sample))
    spread = 1.4826 * np.median(off) or 1.2533 * np.mean(off)
    return (row - np.median(sample)) / spread if spread else np.where(np.isnan(row), NAN, 0.0)


def plain_min_max(row: np.ndarray, counted: np.ndarray) -> np.ndarray:
    sample = row[counted & ~np.isnan(row)]
    if not len(sample):
        return np.full(len(row), NAN)
    if np.ptp(sample) == 0:
        return np.where(np.isnan(row), NAN, 0.5)
    return (row - sample.min()) / np.ptp(sample)


@pytest.mark.parametrize(
    ("step", "plain"), [(RobustZScore(), plain_robust), (MinMax(), plain_min_max)], ids=["robust", "min-max"]
)
def test_equal_a_plain_loop(step: RobustZScore | MinMax, plain, holes: np.ndarray) -> None:
    universe = np.random.default_rng(1).random(holes.shape) < 0.6
    expected = np.array([plain(*pair) for pair in zip(holes, universe, strict=True)])
    np.testing.assert_allclose(step.transform(holes, universe), expected, rtol=1e-12, atol=1e-14)


class TestRobustZScore:
    def test_by_eye(self) -> None:
        # median 3, MAD 1
        out = RobustZScore().transform(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])) * 1.4826
        np.testing.assert_allclose(out, [[-2.0, -1.0, 0.0, 1.0, 97.0]], rtol=1e-12)

    def test_an_outlier_moves_nobody(self) -> None:
        near, far = ([[1.0, 2.0, 3.0, 4.0, last]] for last in (9.0, 9e9))
        np.testing.assert_array_equal(
            RobustZScore().transform(np.array(near))[:, :4], RobustZScore().transform(np.array(far))[:, :4]
        )

    def test_where_most_values_are_equal_the_mean_deviation_is_the_spread(self) -> None:
        # median 0, MAD 0, mean absolute deviation 1
        out = RobustZScore().transform(np.array([[0.0, 0.0, 0.0, 4.0]])) * 1.2533
        np.testing.assert_allclose(out, [[0.0, 0.0, 0.0, 4.0]], rtol=1e-12)

    def test_is_a_z_score_of_normal_values(self) -> None:
        values = np.random.default_rng(0).normal(5.0, 3.0, (1, 200_000))
        np.testing.assert_allclose(RobustZScore().transform(values), ZScore().transform(values), atol=0.05)

    @settings(deadline=None)  # the first call compiles
    @given(arrays(np.float64, (2, 7), elements=st.integers(-50, 50).map(float) | st.just(NAN)))
    def test_shift_and_scale_change_nothing(self, values: np.ndarray) -> None:
        np.testing.assert_allclose(
            RobustZScore().transform(values * 4 - 8), RobustZScore().transform(values), rtol=1e-12
        )


class TestMinMax:
    def test_by_eye(self) -> None:
        assert MinMax().transform(np.array([[2.0, 3.0, 6.0]])).tolist() == [[0.0, 0.25, 1.0]]
        assert MinMax(low=-1.0).transform(np.array([[2.0, 3.0, 6.0]])).tolist() == [[-1.0, -0.5, 1.0]]

    def test_along_time_a_later_value_may_lie_beyond(self) -> None:
        step = MinMax(axis="time").fit(np.array([[1.0, 5.0], [3.0, 5.0]]))
        out = step.transform(np.array([[5.0, 9.0], [0.0, NAN]]))
        np.testing.assert_array_equal(out, [[2.0, 0.5], [-0.5, NAN]])

    def test_an_outsider_may_lie_beyond(self) -> None:
        inside = np.array([[True, True, False]])
        assert MinMax().transform(np.array([[0.0, 2.0, 3.0]]), inside).tolist() == [[0.0, 1.0, 1.5]]

    @settings(deadline=None)  # the first call compiles
    @given(arrays(np.float64, (2, 7), elements=st.floats(-1e9, 1e9) | st.just(NAN)))
    def test_properties(self, values: np.ndarray) -> None:
        out = MinMax(low=-1.0, high=1.0).transform(values)
        np.testing.assert_array_equal(np.isnan(out), np.isnan(values))
        for row, before in zip(out, values, strict=True):
            known = before[~np.isnan(before)]
            if len(known) and np.ptp(known) > 0:
                assert (np.nanmin(row), np.nanmax(row)) == (-1.0, 1.0)
            else:
                assert (row[~np.isnan(row)] == 0.0).all()

    @pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (NAN, 1.0), (0.0, np.inf)])
    def test_ends_are_checked(self, low: float, high: float) -> None:
        with pytest.raises(ValueError, match=f"low must lie below high and both be finite, got low={low}"):
            MinMax(low=low, high=high)
