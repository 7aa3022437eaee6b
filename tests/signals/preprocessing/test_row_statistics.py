"""Compiled statistics of rows against NumPy, on random samples with ties, NaN and a mask."""

import numpy as np
import pytest
from btalpha.signals.preprocessing import row_statistics
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

NAN = float("nan")
FLOATS = st.floats(-1e9, 1e9) | st.integers(-2, 2).map(float) | st.just(NAN)
ROWS = arrays(np.float64, (3, 9), elements=FLOATS)
MASKS = arrays(np.bool_, (3, 9))


def samples(values: np.ndarray, counted: np.ndarray) -> list[np.ndarray]:
    return [row[inside & ~np.isnan(row)] for row, inside in zip(values, counted, strict=True)]


def deviations(sample: np.ndarray) -> np.ndarray:
    return np.abs(sample - np.median(sample))


PLAIN = {
    "median_and_mad": (np.median, lambda sample: np.median(deviations(sample))),
    "median_and_mean_deviation": (np.median, lambda sample: np.mean(deviations(sample))),
    "quartiles": (lambda sample: np.percentile(sample, 25), lambda sample: np.percentile(sample, 75)),
    "mean_and_std": (np.mean, np.std),
    "extremes": (np.min, np.max),
    "medians": (np.median,),
}


@pytest.mark.parametrize("name", PLAIN)
@settings(deadline=None)  # the first call compiles
@given(values=ROWS, counted=MASKS)
@example(values=np.full((3, 9), 0.1), counted=np.ones((3, 9), dtype=bool))
def test_equal_numpy(name: str, values: np.ndarray, counted: np.ndarray) -> None:
    before = values.copy()
    got = getattr(row_statistics, name)(values, counted)
    got = got if isinstance(got, tuple) else (got,)
    np.testing.assert_array_equal(values, before, "the values are not put in another order")
    for number, plain in zip(got, PLAIN[name], strict=True):
        want = [plain(sample) if len(sample) else NAN for sample in samples(values, counted)]
        np.testing.assert_allclose(
            number, want, rtol=1e-12, atol=1e-12 * np.nanmax(np.abs(before), initial=0.0)
        )


@pytest.mark.parametrize("n", [1, 2, 3, 10, 101, 1000])
@pytest.mark.parametrize("kind", ["random", "ascending", "descending", "few values", "one value"])
def test_median_and_mad_are_exact_on_long_rows(n: int, kind: str) -> None:
    rng = np.random.default_rng(n)
    row = {
        "random": rng.normal(size=n),
        "ascending": np.arange(float(n)),
        "descending": -np.arange(float(n)),
        "few values": rng.integers(0, 3, n).astype(float),
        "one value": np.full(n, 7.0),
    }[kind]
    median, mad = row_statistics.median_and_mad(row[None], np.ones((1, n), dtype=bool))
    assert median[0] == np.median(row)
    assert mad[0] == np.median(np.abs(row - np.median(row)))


def test_infinite_values_end() -> None:
    """A median of infinity leaves no deviation that could be put in order."""
    row = np.array([[np.inf, np.inf, 1.0], [-np.inf, np.inf, 1.0]])
    median, mad = row_statistics.median_and_mad(row, np.ones((2, 3), dtype=bool))
    assert median.tolist() == [np.inf, 1.0]
    np.testing.assert_array_equal(mad, [NAN, np.inf])


def test_a_deviation_of_rounding_errors_is_none() -> None:
    _, std = row_statistics.mean_and_std(np.full((1, 7), 0.1), np.ones((1, 7), dtype=bool))
    assert std.tolist() == [0.0]
