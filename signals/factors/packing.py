"""Compiled moves between the calendar of the panel and each stock's own traded bars."""

import numpy as np

from .kernels import NAN, kernel


@kernel
def pack(values: np.ndarray, traded: np.ndarray) -> np.ndarray:
    """Move the traded bars of each column to its top, in order; NaN below."""
    out = np.full(values.shape, NAN)
    count = np.zeros(values.shape[1], np.int64)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            if traded[i, j]:
                out[count[j], j] = values[i, j]
                count[j] += 1
    return out


@kernel
def unpack(values: np.ndarray, traded: np.ndarray) -> np.ndarray:
    """Put packed bars back on the days they were traded; NaN on the others."""
    out = np.full(values.shape, NAN)
    count = np.zeros(values.shape[1], np.int64)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            if traded[i, j]:
                out[i, j] = values[count[j], j]
                count[j] += 1
    return out


@kernel
def spread(
    values: np.ndarray,
    ends: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    days: np.ndarray,
    traded: np.ndarray,
    max_age: int,
) -> np.ndarray:
    """Carry statement values forward from their announcement to the packed bars.

    A statement of an earlier period than one already known does not count, nor does a NaN.

    Parameters
    ----------
    values, ends
        Value of each statement and the day its period ended, in order of announcement.
    rows, columns
        First date, as a row of ``traded``, on which it is known, ascending; its stock or -1.
    days
        Day number of each date.
    traded
        T x N mask of bars.
    max_age
        Days after its period's end up to which a value counts.
    """
    out = np.full(traded.shape, NAN)
    count = np.zeros(traded.shape[1], np.int64)
    value, end = np.full(traded.shape[1], NAN), np.full(traded.shape[1], -(2**62))
    event = 0
    for i in range(traded.shape[0]):
        while event < len(values) and rows[event] <= i:
            j = columns[event]
            if j >= 0 and values[event] == values[event] and ends[event] >= end[j]:
                value[j], end[j] = values[event], ends[event]
            event += 1
        for j in range(traded.shape[1]):
            if traded[i, j]:
                if days[i] - end[j] <= max_age:
                    out[count[j], j] = value[j]
                count[j] += 1
    return out
