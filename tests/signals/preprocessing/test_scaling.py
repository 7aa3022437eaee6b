"""z-scores and ranks against NumPy, SciPy and a plain loop."""

import numpy as np
import pytest
from btalpha.signals.preprocessing import Rank, ZScore
from hypothesis import given
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
