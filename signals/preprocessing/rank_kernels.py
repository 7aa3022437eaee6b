"""Compiled search for the place of each value among the sorted values of its row."""

import numba
import numpy as np

from .row_statistics import gather


@numba.njit(cache=True, nogil=True)
def gather_rows(
    values: np.ndarray, counted: np.ndarray, ordered: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """Write the values that count to the front of each row of ``ordered`` and NaN behind; return how many.

    Examples
    --------
    >>> ordered = np.empty((1, 4))
    >>> gather_rows(np.array([[3.0, np.nan, 1.0]]), np.ones((1, 3), dtype=bool), ordered)
    array([2])
    >>> ordered
    array([[ 3.,  1., nan, nan]])
    """
    counts = np.zeros(len(values), np.int64)
    for row in range(len(values)):
        counts[row] = gather(values[row], counted[row], ordered[row])
        ordered[row, counts[row] :] = np.nan
    return counts


@numba.njit(cache=True, nogil=True)
def places(values: np.ndarray, ordered: np.ndarray, counts: np.ndarray) -> None:  # pragma: no cover
    """Replace each value by its place among the sorted values of its row.

    Parameters
    ----------
    values
        R x C. Each becomes a fraction in [0, 1]: the mean of the shares that lie below and not
        above it; NaN where it was, and in rows without a sorted value.
    ordered
        R rows of at least C values, the first of them sorted; not necessarily those of ``values``.
    counts
        Length R: how many are sorted values.

    Examples
    --------
    >>> values = np.array([[3.0, 1.0, 9.0]])
    >>> places(values, np.array([[1.0, 3.0, np.nan]]), np.array([2]))
    >>> values
    array([[0.75, 0.25, 1.  ]])
    """
    middle = np.empty(ordered.shape[1])
    below = np.empty(values.shape[1], np.int64)
    for row in range(values.shape[0]):
        base, n = ordered[row], counts[row]
        if n == 0:
            values[row] = np.nan
            continue
        _middle_of_ties(base, n, middle)
        _count_below(values[row], base, n, below)
        for column in range(values.shape[1]):
            value, at = values[row, column], below[column]
            if not np.isnan(value):
                values[row, column] = middle[at] / n if at < n and base[at] == value else at / n


@numba.njit(cache=True, nogil=True)
def _middle_of_ties(base: np.ndarray, n: int, middle: np.ndarray) -> None:  # pragma: no cover
    """Write for each position the middle of the run of equal values that it lies in."""
    start = 0
    while start < n:
        stop = start + 1
        while stop < n and base[stop] == base[start]:
            stop += 1
        middle[start:stop] = 0.5 * (start + stop)
        start = stop


@numba.njit(cache=True, nogil=True)
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
