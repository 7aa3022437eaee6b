"""Compiled loops that fill gaps; they write into the array they are given."""

import numba
import numpy as np

from .row_statistics import gather, median_of


@numba.njit(cache=True, nogil=True)
def fill_forward(
    values: np.ndarray, counted: np.ndarray, max_age: int, with_median: bool
) -> None:  # pragma: no cover
    """Fill gaps with the column's last value, once it is older than ``max_age`` rows with the row's median.

    Parameters
    ----------
    values
        R x C; a column has nothing before its first value.
    counted
        R x C mask of the values that the median is of; those filled in are not among them.
    max_age
        Rows for which a value is carried forward.
    with_median
        Whether older gaps become the median; a row without a value that counts leaves them.

    Examples
    --------
    >>> values = np.array([[1.0, 5.0], [np.nan, 6.0], [np.nan, 7.0]])
    >>> fill_forward(values, np.ones((3, 2), dtype=bool), 1, True)
    >>> values[:, 0]
    array([1., 1., 7.])
    """
    last = np.full(values.shape[1], np.nan)
    age = np.zeros(values.shape[1], np.int64)
    sample = np.empty(values.shape[1] + 1)
    for row in range(values.shape[0]):
        old = _grow_older(values[row], last, age, max_age)
        median = np.nan
        if old and with_median:
            median = median_of(sample, gather(values[row], counted[row], sample))
        for column in range(values.shape[1]):
            if age[column] > 0:
                carried = age[column] <= max_age or np.isnan(last[column])
                values[row, column] = last[column] if carried else median


@numba.njit(cache=True, nogil=True)
def _grow_older(row: np.ndarray, last: np.ndarray, age: np.ndarray, max_age: int) -> bool:  # pragma: no cover
    """Note each column's last value and its age; return whether one is too old to be carried."""
    old = False
    for column in range(len(row)):
        if np.isnan(row[column]):
            age[column] += 1
            old |= age[column] > max_age and not np.isnan(last[column])
        else:
            last[column] = row[column]
            age[column] = 0
    return old


@numba.njit(cache=True, nogil=True)
def interpolate(values: np.ndarray) -> None:  # pragma: no cover
    """Fill gaps on the straight line between the column's values before and after them.

    Parameters
    ----------
    values
        R x C; gaps without a value on both sides stay.

    Examples
    --------
    >>> values = np.array([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan], [6.0, 7.0], [np.nan, 9.0]])
    >>> interpolate(values)
    >>> values.T
    array([[nan,  2.,  4.,  6., nan],
           [ 1.,  3.,  5.,  7.,  9.]])
    """
    before = np.full(values.shape[1], -1)
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            if np.isnan(values[row, column]):
                continue
            first = before[column]
            before[column] = row
            if first < 0 or first == row - 1:
                continue
            start, rise = values[first, column], values[row, column] - values[first, column]
            for place in range(first + 1, row):
                values[place, column] = start + rise * (place - first) / (row - first)
