"""Compiled statistics of the rows of an array: of the values that count, without their NaN."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def median_and_mad(
    values: np.ndarray, counted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return the median and the median absolute deviation of each row.

    Parameters
    ----------
    values, counted
        R x C values and the mask of those that count.

    Returns
    -------
    tuple of numpy.ndarray
        Two of length R; NaN for a row without values.

    Examples
    --------
    >>> median_and_mad(np.array([[9.0, 1.0, 4.0, np.nan, 2.0]]), np.ones((1, 5), dtype=bool))
    (array([3.]), array([1.5]))
    """
    medians = np.full(len(values), np.nan)
    mads = np.full(len(values), np.nan)
    sample = np.empty(values.shape[1] + 1)
    for row in range(len(values)):
        n = gather(values[row], counted[row], sample)
        medians[row] = median_of(sample, n)
        if n > 0 and np.isfinite(medians[row]):
            for place in range(n):
                sample[place] = abs(sample[place] - medians[row])
            mads[row] = median_of(sample, n)
    return medians, mads


@numba.njit(cache=True, nogil=True)
def medians(values: np.ndarray, counted: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Return the median of each row, NaN for a row without values.

    Examples
    --------
    >>> medians(np.array([[9.0, 1.0, 4.0, np.nan, 2.0]]), np.ones((1, 5), dtype=bool))
    array([3.])
    """
    out = np.full(len(values), np.nan)
    sample = np.empty(values.shape[1] + 1)
    for row in range(len(values)):
        out[row] = median_of(sample, gather(values[row], counted[row], sample))
    return out


@numba.njit(cache=True, nogil=True)
def quartiles(values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return the first and third quartile of each row, linear between two values as in ``np.percentile``.

    Examples
    --------
    >>> quartiles(np.array([[4.0, 1.0, 2.0, np.nan, 3.0]]), np.ones((1, 5), dtype=bool))
    (array([1.75]), array([3.25]))
    """
    first = np.full(len(values), np.nan)
    third = np.full(len(values), np.nan)
    sample = np.empty(values.shape[1] + 1)
    for row in range(len(values)):
        n = gather(values[row], counted[row], sample)
        if n > 0:
            first[row] = _quantile(sample, n, 0.25)
            third[row] = _quantile(sample, n, 0.75)
    return first, third


@numba.njit(cache=True, nogil=True)
def mean_and_std(
    values: np.ndarray, counted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return the mean and the standard deviation (ddof 0) of each row; NaN for a row without values.

    A deviation that is nothing but rounding error of the mean is 0.

    Examples
    --------
    >>> mean_and_std(np.array([[1.0, 3.0, np.nan]]), np.ones((1, 3), dtype=bool))
    (array([2.]), array([1.]))
    """
    means = np.full(len(values), np.nan)
    stds = np.full(len(values), np.nan)
    sample = np.empty(values.shape[1] + 1)
    for row in range(len(values)):
        n = gather(values[row], counted[row], sample)
        if n == 0:
            continue
        total = squares = 0.0
        for place in range(n):
            total += sample[place]
        mean = total / n
        for place in range(n):
            squares += (sample[place] - mean) ** 2
        std = np.sqrt(squares / n)
        means[row] = mean
        stds[row] = 0.0 if std <= 1e-12 * abs(mean) else std
    return means, stds


@numba.njit(cache=True, nogil=True)
def median_and_mean_deviation(
    values: np.ndarray, counted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return the median of each row and the mean absolute deviation from it.

    Examples
    --------
    >>> median_and_mean_deviation(np.array([[1.0, 1.0, 4.0]]), np.ones((1, 3), dtype=bool))
    (array([1.]), array([1.]))
    """
    centers = np.full(len(values), np.nan)
    means = np.full(len(values), np.nan)
    sample = np.empty(values.shape[1] + 1)
    for row in range(len(values)):
        n = gather(values[row], counted[row], sample)
        if n > 0:
            centers[row] = median_of(sample, n)
            means[row] = np.abs(sample[:n] - centers[row]).sum() / n
    return centers, means


@numba.njit(cache=True, nogil=True)
def extremes(values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return the least and the greatest value of each row; NaN for a row without values.

    Examples
    --------
    >>> extremes(np.array([[4.0, np.nan, 2.0]]), np.ones((1, 3), dtype=bool))
    (array([2.]), array([4.]))
    """
    least = np.full(len(values), np.nan)
    greatest = np.full(len(values), np.nan)
    sample = np.empty(values.shape[1] + 1)
    for row in range(len(values)):
        n = gather(values[row], counted[row], sample)
        if n > 0:
            least[row] = sample[:n].min()
            greatest[row] = sample[:n].max()
    return least, greatest


@numba.njit(cache=True, nogil=True)
def gather(row: np.ndarray, counted: np.ndarray, sample: np.ndarray) -> int:  # pragma: no cover
    """Write the values that count to the front of ``sample`` (one longer than the row); return how many."""
    n = 0
    for column in range(len(row)):
        sample[n] = row[column]  # without a branch: the next one overwrites what does not count
        n += counted[column] and not np.isnan(row[column])
    return n


@numba.njit(cache=True, nogil=True)
def median_of(sample: np.ndarray, n: int) -> float:  # pragma: no cover
    """Return the median of the first ``n`` values, NaN of none; they are put in another order."""
    if n == 0:
        return np.nan
    upper = _select(sample, n, n // 2)
    return upper if n % 2 else 0.5 * (sample[: n // 2].max() + upper)


@numba.njit(cache=True, nogil=True)
def _quantile(sample: np.ndarray, n: int, share: float) -> float:  # pragma: no cover
    place = int(share * (n - 1))
    value = _select(sample, n, place)
    beyond = share * (n - 1) - place
    return value if beyond == 0 else value + beyond * (sample[place + 1 : n].min() - value)


@numba.njit(cache=True, nogil=True)
def _select(sample: np.ndarray, n: int, place: int) -> float:  # pragma: no cover
    """Return what would stand at ``place`` if the first ``n`` values were sorted (quickselect).

    Afterwards nothing before ``place`` is greater and nothing behind it is less.
    """
    low, high = 0, n - 1
    while low < high:
        one, two, three = sample[low], sample[(low + high) >> 1], sample[high]
        pivot = max(min(one, two), min(max(one, two), three))
        # No branch on what is compared, which no processor could foresee: twice as fast.
        less = low
        for at in range(low, high + 1):
            value = sample[at]
            sample[at] = sample[less]
            sample[less] = value
            less += value < pivot
        if place < less:
            high = less - 1
            continue
        equal = less
        for at in range(less, high + 1):
            value = sample[at]
            sample[at] = sample[equal]
            sample[equal] = value
            equal += value == pivot
        if place < equal:
            return pivot
        low = equal
    return sample[place]
