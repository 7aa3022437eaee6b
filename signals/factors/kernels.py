"""Compiled loops over packed bars: time down the rows, stocks across the columns.

Every window is summed afresh from its own bars. A running sum would save additions, but it
carries the rounding of everything before it: after a back-adjusted price of 30,000, or in a
stretch of locked limits where the true deviation is zero, the error of a running variance
exceeds the variance. Here a value depends on the bars of its window and on nothing else, so
it is the same to the last bit whatever history was supplied before them.

The inner loop runs across stocks, which are contiguous in memory, so that the compiler turns
it into vector instructions; that more than pays for the additions. Deviations are taken from
the newest bar of the window: of equal values the mean is exactly that value and the
deviation exactly zero.

NaN needs no branch: it spreads through the arithmetic to every window that holds it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

NAN = np.nan


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first use, keep the machine code on disk where that is possible, release the GIL."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return njit(**options)(function)


@kernel
def rolling_sum(x: np.ndarray, n: int) -> np.ndarray:
    """Sum of the last n bars."""
    out = np.full(x.shape, NAN)
    for i in range(n - 1, x.shape[0]):
        row = np.zeros(x.shape[1])
        for k in range(i - n + 1, i + 1):
            for j in range(x.shape[1]):
                row[j] += x[k, j]
        out[i] = row
    return out


@kernel
def mean_deviation(x: np.ndarray, i: int, n: int, out: np.ndarray) -> None:
    """Write into out the mean of the n bars up to i, less bar i."""
    out[:] = 0.0
    for k in range(i - n + 1, i + 1):
        for j in range(x.shape[1]):
            out[j] += x[k, j] - x[i, j]
    for j in range(x.shape[1]):
        out[j] /= n


@kernel
def rolling_mean(x: np.ndarray, n: int) -> np.ndarray:
    """Mean of the last n bars."""
    out = np.full(x.shape, NAN)
    mean = np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        mean_deviation(x, i, n, mean)
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] + mean[j]
    return out


@kernel
def rolling_covariance(x: np.ndarray, y: np.ndarray, n: int) -> np.ndarray:
    """Mean product of the deviations of x and y over the last n bars (ddof 0); x twice is its variance."""
    out = np.full(x.shape, NAN)
    mean_x, mean_y = np.empty(x.shape[1]), np.empty(x.shape[1])
    row = np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        mean_deviation(x, i, n, mean_x)
        mean_deviation(y, i, n, mean_y)
        row[:] = 0.0
        for k in range(i - n + 1, i + 1):
            for j in range(x.shape[1]):
                row[j] += (x[k, j] - x[i, j] - mean_x[j]) * (y[k, j] - y[i, j] - mean_y[j])
        for j in range(x.shape[1]):
            out[i, j] = row[j] / n
    return out


@kernel
def rolling_variance(x: np.ndarray, n: int) -> np.ndarray:
    """Mean squared deviation over the last n bars (ddof 0)."""
    out = np.full(x.shape, NAN)
    mean, row = np.empty(x.shape[1]), np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        mean_deviation(x, i, n, mean)
        row[:] = 0.0
        for k in range(i - n + 1, i + 1):
            for j in range(x.shape[1]):
                deviation = x[k, j] - x[i, j] - mean[j]
                row[j] += deviation * deviation
        for j in range(x.shape[1]):
            out[i, j] = row[j] / n
    return out


@kernel
def rolling_third_moment(x: np.ndarray, n: int) -> np.ndarray:
    """Mean cubed deviation over the last n bars."""
    out = np.full(x.shape, NAN)
    mean, row = np.empty(x.shape[1]), np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        mean_deviation(x, i, n, mean)
        row[:] = 0.0
        for k in range(i - n + 1, i + 1):
            for j in range(x.shape[1]):
                deviation = x[k, j] - x[i, j] - mean[j]
                row[j] += deviation * deviation * deviation
        for j in range(x.shape[1]):
            out[i, j] = row[j] / n
    return out


@kernel
def rolling_absolute_deviation(x: np.ndarray, n: int) -> np.ndarray:
    """Mean absolute deviation from the mean over the last n bars."""
    out = np.full(x.shape, NAN)
    mean, row = np.empty(x.shape[1]), np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        mean_deviation(x, i, n, mean)
        row[:] = 0.0
        for k in range(i - n + 1, i + 1):
            for j in range(x.shape[1]):
                row[j] += abs(x[k, j] - x[i, j] - mean[j])
        for j in range(x.shape[1]):
            out[i, j] = row[j] / n
    return out


@kernel
def rolling_max(x: np.ndarray, n: int) -> np.ndarray:
    """Highest of the last n bars."""
    out = np.full(x.shape, NAN)
    row = np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        row[:] = x[i]
        for k in range(i - n + 1, i):
            for j in range(x.shape[1]):
                high, value = row[j], x[k, j]
                # Keeps a NaN that is already there and takes over one that comes.
                row[j] = high if (high >= value) | (high != high) else value
        out[i] = row
    return out


@kernel
def weighted_deviation(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of weight times deviation from the newest bar; the last weight is the newest bar's."""
    n = len(weights)
    out = np.full(x.shape, NAN)
    row = np.empty(x.shape[1])
    for i in range(n - 1, x.shape[0]):
        row[:] = 0.0
        for k in range(n):
            for j in range(x.shape[1]):
                row[j] += weights[k] * (x[i - n + 1 + k, j] - x[i, j])
        out[i] = row
    return out


@kernel
def recursive_mean(x: np.ndarray, alpha: float) -> np.ndarray:
    """Exponential mean, seeded with the first number of the column; passes over NaN."""
    out = np.empty(x.shape)
    state = np.full(x.shape[1], NAN)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            value, last = x[i, j], state[j]
            moved = value if last != last else last + alpha * (value - last)
            out[i, j] = moved if value == value else NAN
            state[j] = moved if value == value else last
    return out


@kernel
def run_length(x: np.ndarray) -> np.ndarray:
    """Bars in a row, up to this one, on which x is not 0; NaN where x is NaN, and the run starts anew."""
    out = np.empty(x.shape)
    state = np.zeros(x.shape[1])
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            value = x[i, j]
            length = state[j] + 1.0 if value != 0.0 else 0.0
            out[i, j] = length if value == value else NAN
            state[j] = length if value == value else 0.0
    return out
