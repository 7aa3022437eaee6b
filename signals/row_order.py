"""Compiled loops behind rank correlations: the order of rows and the ranks of complete pairs."""

import numba
import numpy as np

_LAST = np.int64(0x7FFFFFFFFFFFFFFF)
# Steps to the left per value after which a row is sorted anew: its values lie too close together.
_PATIENCE = 8


def order_rows(values: np.ndarray) -> np.ndarray:
    """Return for each row the columns of its values in ascending order.

    Parameters
    ----------
    values
        R x C floats, rows contiguous.

    Returns
    -------
    numpy.ndarray
        R x C integers. Equal values are in the order of their columns; what is not finite comes last.

    Examples
    --------
    >>> order_rows(np.array([[3.0, np.nan, 1.0, 3.0]])).tolist()
    [[2, 0, 3, 1]]
    """
    bits = max(values.shape[1] - 1, 1).bit_length()
    # Small whole numbers that sort about as the values do, with the column in their lowest bits:
    # one plain sort, which NumPy does with vector instructions, gives nearly the order.
    keys = _keys(values, bits)
    keys.sort(axis=1)
    _finish_order(values, keys, (1 << bits) - 1)
    return keys


@numba.njit(cache=True, nogil=True)
def _keys(values: np.ndarray, bits: int) -> np.ndarray:  # pragma: no cover
    keys = np.empty(values.shape, np.int32)
    numbers = np.empty(values.shape[1], np.int64)
    steps = np.int64(1) << (31 - bits)
    for row in range(values.shape[0]):
        raw = (values[row] + 0.0).view(np.int64)  # + 0.0: a negative zero equals zero
        low, high = _LAST, -_LAST
        for column in range(len(raw)):
            # The bits of a float, those of a negative one turned round, sort as the floats do.
            number = raw[column] ^ ((raw[column] >> 63) & _LAST)
            if np.isfinite(values[row, column]):
                low, high = min(low, number), max(high, number)
            else:
                number = _LAST
            numbers[column] = number
        # Halved, for the span of all floats does not fit.
        shift, span = 1, (high >> 1) - (low >> 1)
        while span >= steps - 1:
            span >>= 1
            shift += 1
        for column in range(len(raw)):
            place = steps - 1
            if numbers[column] != _LAST:
                place = ((numbers[column] >> 1) - (low >> 1)) >> (shift - 1)
            keys[row, column] = (place << bits) | column
    return keys


@numba.njit(cache=True, nogil=True)
def _finish_order(values: np.ndarray, keys: np.ndarray, low: int) -> None:  # pragma: no cover
    """Turn sorted keys into columns, and put right those that share a key."""
    for row in range(values.shape[0]):
        order, numbers = keys[row], values[row]
        moves = 0
        for place in range(len(order)):
            column = order[place] & low
            number, to = numbers[column], place
            if np.isfinite(number) and moves < _PATIENCE * len(order):
                while to > 0 and numbers[order[to - 1]] > number:
                    order[to] = order[to - 1]
                    to -= 1
                moves += place - to
            order[to] = column
        if moves >= _PATIENCE * len(order):
            known = np.where(np.isfinite(numbers), numbers, np.inf)
            order[:] = np.argsort(known, kind="mergesort")


@numba.njit(cache=True, nogil=True)
def rank_pairs(values: np.ndarray, order: np.ndarray, other: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Rank the values of each row that have a finite partner in ``other``.

    Parameters
    ----------
    values, other
        R x C.
    order
        What :func:`order_rows` says of ``values``.

    Returns
    -------
    numpy.ndarray
        R x C ranks from 1, the mean rank for equal values; NaN where a pair is not complete.

    Examples
    --------
    >>> values = np.array([[3.0, 9.0, 1.0, 3.0]])
    >>> rank_pairs(values, order_rows(values), np.array([[0.0, np.nan, 0.0, 0.0]]))
    array([[2.5, nan, 1. , 2.5]])
    """
    ranks = np.full(values.shape, np.nan)
    kept = np.empty(values.shape[1], np.int64)
    for row in range(values.shape[0]):
        rank_row(values[row], order[row], other[row], kept, ranks[row])
    return ranks


@numba.njit(cache=True, nogil=True)
def rank_row(
    numbers: np.ndarray, order: np.ndarray, partners: np.ndarray, kept: np.ndarray, ranks: np.ndarray
) -> tuple[int, float]:  # pragma: no cover
    """Write the ranks of the complete pairs at their columns, which go to ``kept`` in ascending order.

    Returns
    -------
    tuple
        The number n of pairs, and how much equal values take from the sum of squares of the ranks,
        which is n (n^2 - 1) / 12 without: k (k^2 - 1) / 12 for each k equal ones.
    """
    n = 0
    for column in order:
        if not np.isfinite(numbers[column]):
            break
        kept[n] = column  # without a partner the next one takes its place
        n += 1 if np.isfinite(partners[column]) else 0
        if n == len(kept):
            break
    ties, start = 0.0, 0
    for place in range(n):
        ranks[kept[place]] = place + 1.0
        if place + 1 == n or numbers[kept[place + 1]] != numbers[kept[place]]:
            if place > start:
                equal = place + 1.0 - start
                ties += equal * (equal * equal - 1.0) / 12.0
                for at in range(start, place + 1):
                    ranks[kept[at]] = 0.5 * (start + place) + 1.0
            start = place + 1
    return n, ties
