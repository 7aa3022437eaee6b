"""Compiled loops behind the cleaning steps; each row is worked on by itself."""

import numba
import numpy as np


@numba.njit(cache=True)
def count_values(ordered: np.ndarray) -> int:  # pragma: no cover
    """Return how many values a sorted row has before its NaN."""
    n = len(ordered)
    while n > 0 and np.isnan(ordered[n - 1]):
        n -= 1
    return n


@numba.njit(cache=True)
def median_and_mad(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return the median and the median absolute deviation of each row.

    Parameters
    ----------
    ordered
        R x C, each row sorted with its NaN last.

    Returns
    -------
    tuple of numpy.ndarray
        Two of length R; NaN for a row without values.

    Examples
    --------
    >>> median_and_mad(np.array([[1.0, 2.0, 4.0, 9.0, np.nan]]))
    (array([3.]), array([1.5]))
    """
    medians = np.full(len(ordered), np.nan)
    mads = np.full(len(ordered), np.nan)
    for row in range(len(ordered)):
        values = ordered[row]
        n = count_values(values)
        if n == 0:
            continue
        left = (n - 1) // 2
        right = left + 1
        median = 0.5 * (values[left] + values[n // 2])
        # From the median outwards the distances are met in ascending order: no second sort.
        nearer = nearest = 0.0
        for _ in range(n // 2 + 1):
            nearer = nearest
            if right >= n or (left >= 0 and median - values[left] <= values[right] - median):
                nearest = median - values[left]
                left -= 1
            else:
                nearest = values[right] - median
                right += 1
        medians[row] = median
        mads[row] = nearest if n % 2 else 0.5 * (nearer + nearest)
    return medians, mads


@numba.njit(cache=True)
def fill_forward(values: np.ndarray, max_age: int, median: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Fill gaps with the column's last value, once it is older than ``max_age`` rows with the row's median.

    Parameters
    ----------
    values
        R x C.
    max_age
        Rows for which a value is carried forward.
    median
        Length R; NaN leaves the gap.

    Returns
    -------
    numpy.ndarray
        R x C; NaN before a column's first value.

    Examples
    --------
    >>> fill_forward(np.array([[1.0], [np.nan], [np.nan]]), 1, np.array([5.0, 6.0, 7.0])).ravel()
    array([1., 1., 7.])
    """
    out = values.copy()
    last = np.full(values.shape[1], np.nan)
    age = np.zeros(values.shape[1], np.int64)
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            if not np.isnan(values[row, column]):
                last[column] = values[row, column]
                age[column] = 0
                continue
            age[column] += 1
            if age[column] <= max_age:
                out[row, column] = last[column]
            elif not np.isnan(last[column]):
                out[row, column] = median[row]
    return out


@numba.njit(cache=True)
def places(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Return the place of each value among the sorted values of its row.

    Parameters
    ----------
    values
        R x C.
    ordered
        R x C, each row sorted with its NaN last; not necessarily the same values.

    Returns
    -------
    numpy.ndarray
        R x C fractions in [0, 1]: the mean of the shares that lie below and not above the value;
        NaN where the value is, and in rows without a sorted one.

    Examples
    --------
    >>> places(np.array([[3.0, 1.0, 9.0]]), np.array([[1.0, 3.0, np.nan]]))
    array([[0.75, 0.25, 1.  ]])
    """
    out = np.full(values.shape, np.nan)
    middle = np.empty(values.shape[1])
    below = np.empty(values.shape[1], np.int64)
    for row in range(values.shape[0]):
        base = ordered[row]
        n = count_values(base)
        if n == 0:
            continue
        _middle_of_ties(base, n, middle)
        _count_below(values[row], base, n, below)
        for column in range(values.shape[1]):
            value, at = values[row, column], below[column]
            if not np.isnan(value):
                out[row, column] = middle[at] / n if at < n and base[at] == value else at / n
    return out


@numba.njit(cache=True)
def _middle_of_ties(base: np.ndarray, n: int, middle: np.ndarray) -> None:  # pragma: no cover
    """Write for each position the middle of the run of equal values that it lies in."""
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and base[stop] == base[start]:
            stop += 1
        middle[start:stop] = 0.5 * (start + stop)
        start = stop


@numba.njit(cache=True)
def _count_below(values: np.ndarray, base: np.ndarray, n: int, below: np.ndarray) -> None:  # pragma: no cover
    """Write how many of the first ``n`` sorted values lie below each value; one search of all at once."""
    below[:] = 0
    length = n
    while length > 1:
        half = length >> 1
        # No branch and no step that waits for the one before: several times as fast as one by one.
        for column in range(len(values)):
            below[column] += half * (base[below[column] + half - 1] < values[column])
        length -= half
    for column in range(len(values)):
        below[column] += base[below[column]] < values[column]
