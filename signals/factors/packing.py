"""Compiled moves between the calendar of the panel and each stock's own traded bars."""

import numpy as np

from .kernels import NAN, kernel


def places(traded: np.ndarray) -> np.ndarray:
    """Return where each cell of the calendar goes when packed.

    Parameters
    ----------
    traded
        T x N mask of bars.

    Returns
    -------
    numpy.ndarray
        T x N; the flat position of the bar in the packed T x N array, -1 where there is no bar.

    Examples
    --------
    >>> places(np.array([[True, False], [False, True], [True, True]])).tolist()
    [[0, -1], [-1, 1], [2, 3]]
    """
    row = np.cumsum(traded, axis=0) - 1
    return np.where(traded, row * traded.shape[1] + np.arange(traded.shape[1]), -1)


@kernel
def pack(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Move the traded bars of each column to its top, in order; NaN below."""
    out = np.full(values.shape, NAN)
    source, target, to = values.ravel(), out.ravel(), place.ravel()
    for k in range(to.size):
        if to[k] >= 0:
            target[to[k]] = source[k]
    return out


@kernel
def unpack(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Put packed bars back on the days they were traded; NaN on the others."""
    out = np.empty(values.shape)
    source, target, origin = values.ravel(), out.ravel(), place.ravel()
    for k in range(origin.size):
        target[k] = source[origin[k]] if origin[k] >= 0 else NAN
    return out


@kernel
def spread(
    values: np.ndarray,
    ends: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    days: np.ndarray,
    place: np.ndarray,
    max_age: int,
) -> np.ndarray:
    """Carry statement values forward from their announcement to the packed bars.

    A statement of an earlier period than one already known does not count, nor does a NaN.

    Parameters
    ----------
    values, ends
        Value of each statement and the day its period ended, in order of announcement.
    rows, columns
        First date, as a row of ``place``, on which it is known, ascending; its stock or -1.
    days
        Day number of each date.
    place
        Where each bar goes, see :func:`places`.
    max_age
        Days after its period's end up to which a value counts.
    """
    out = np.full(place.shape, NAN)
    target = out.ravel()
    value, end = np.full(place.shape[1], NAN), np.full(place.shape[1], -(2**62))
    event = 0
    for i in range(place.shape[0]):
        while event < len(values) and rows[event] <= i:
            j = columns[event]
            if j >= 0 and values[event] == values[event] and ends[event] >= end[j]:
                value[j], end[j] = values[event], ends[event]
            event += 1
        for j in range(place.shape[1]):
            if place[i, j] >= 0 and days[i] - end[j] <= max_age:
                target[place[i, j]] = value[j]
    return out
