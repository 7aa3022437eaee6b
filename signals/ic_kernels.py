"""Compiled loops behind the information coefficients: the correlation of rows.

Two arrays are compared row by row; a pair counts where both values are finite. Rows are days where
stocks are compared, and stocks where days are.
"""

from typing import Any

import numba
import numpy as np

from .row_order import rank_row

# Differences of a constant row are rounding errors, which must not pass for a signal.
_SPREAD = 1e-12


@numba.njit(cache=True, nogil=True)
def correlate_columns(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Do what :func:`correlate_rows` does for each column, without turning the arrays round.

    Examples
    --------
    >>> correlate_columns(np.array([[1.0], [2.0], [4.0], [np.nan]]), np.array([[2.0], [4.0], [8.0], [1.0]]))
    (array([1.]), array([3]))
    """
    columns = x.shape[1]
    n, sums, largest = np.zeros(columns), np.zeros((2, columns)), np.zeros((2, columns))
    for row in range(len(x)):  # one sum a column: the columns of a row are added at once
        for i in range(columns):
            a, b = x[row, i], y[row, i]
            both = np.isfinite(a) & np.isfinite(b)
            a, b = a if both else 0.0, b if both else 0.0
            n[i] += 1.0 if both else 0.0
            sums[0, i] += a
            sums[1, i] += b
            largest[0, i] = max(largest[0, i], abs(a))
            largest[1, i] = max(largest[1, i], abs(b))
    count = np.maximum(n, 1.0)
    mean_x, mean_y = sums[0] / count, sums[1] / count
    rest, squares = np.zeros((2, columns)), np.zeros((3, columns))
    for row in range(len(x)):
        for i in range(columns):
            a, b = x[row, i], y[row, i]
            both = np.isfinite(a) & np.isfinite(b)
            dx, dy = a - mean_x[i] if both else 0.0, b - mean_y[i] if both else 0.0
            rest[0, i] += dx
            rest[1, i] += dy
            squares[0, i] += dx * dx
            squares[1, i] += dy * dy
            squares[2, i] += dx * dy
    out = np.full(columns, np.nan)
    for i in range(columns):
        xx = squares[0, i] - rest[0, i] * rest[0, i] / count[i]  # less what rounding left of the mean
        yy = squares[1, i] - rest[1, i] * rest[1, i] / count[i]
        spread_x, spread_y = _SPREAD * largest[0, i], _SPREAD * largest[1, i]
        if xx > n[i] * spread_x * spread_x and yy > n[i] * spread_y * spread_y:
            out[i] = _ratio(xx, yy, squares[2, i] - rest[0, i] * rest[1, i] / count[i])
    return out, n.astype(np.int64)


@numba.njit(cache=True, nogil=True)
def rank_correlate_rows(
    x: np.ndarray, x_order: np.ndarray, y: np.ndarray, y_order: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return Spearman's correlation of each row of two arrays, and its number of pairs.

    Parameters
    ----------
    x, y
        R x C.
    x_order, y_order
        What :func:`~btalpha.signals.row_order.order_rows` says of them.

    Returns
    -------
    tuple of numpy.ndarray
        As of :func:`correlate_rows`; equal values have their mean rank.

    Examples
    --------
    >>> from btalpha.signals.row_order import order_rows
    >>> x, y = np.array([[1.0, 2.0, 4.0, 3.0]]), np.array([[2.0, 4.0, 8.0, np.nan]])
    >>> rank_correlate_rows(x, order_rows(x), y, order_rows(y))
    (array([1.]), array([3]))
    """
    out = np.full(len(x), np.nan)
    pairs = np.zeros(len(x), np.int64)
    kept = np.empty(x.shape[1], np.int64)
    rx, ry = np.empty(x.shape[1]), np.empty(x.shape[1])
    for row in range(len(x)):
        n, x_ties = rank_row(x[row], x_order[row], y[row], kept, rx)
        _, y_ties = rank_row(y[row], y_order[row], x[row], kept, ry)
        pairs[row] = n
        middle, squares = 0.5 * (n + 1), n * (float(n) * n - 1.0) / 12.0
        product = 0.0
        for column in kept[:n]:
            product += (rx[column] - middle) * (ry[column] - middle)
        out[row] = _ratio(squares - x_ties, squares - y_ties, product)
    return out, pairs


@numba.njit(cache=True, nogil=True)
def _ratio(xx: Any, yy: Any, xy: Any) -> float:  # pragma: no cover
    if not (xx > 0.0 and yy > 0.0):
        return np.nan
    product = xx * yy
    root = np.sqrt(product) if 0.0 < product < np.inf else np.sqrt(xx) * np.sqrt(yy)
    return min(max(xy / root, -1.0), 1.0)  # rounding may lead a hair beyond


@numba.njit(cache=True, nogil=True)
def correlate_rows(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover
    """Return Pearson's correlation of each row of two arrays, and its number of pairs.

    Parameters
    ----------
    x, y
        R x C.

    Returns
    -------
    tuple of numpy.ndarray
        Length R each: the correlation in [-1, 1], NaN where a side has no spread; the pairs.

    Examples
    --------
    >>> correlate_rows(np.array([[1.0, 2.0, 4.0, np.nan]]), np.array([[2.0, 4.0, 8.0, 1.0]]))
    (array([1.]), array([3]))
    """
    out = np.full(len(x), np.nan)
    pairs = np.zeros(len(x), np.int64)
    dx, dy = np.empty(x.shape[1]), np.empty(x.shape[1])
    for row in range(len(x)):
        n = centre_pairs(x[row], y[row], dx, dy)
        xx = yy = xy = 0.0
        for i in range(n):
            xx += dx[i] * dx[i]
            yy += dy[i] * dy[i]
            xy += dx[i] * dy[i]
        pairs[row] = n
        out[row] = _ratio(xx, yy, xy)
    return out, pairs


@numba.njit(cache=True, nogil=True)
def centre_pairs(x: np.ndarray, y: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> int:  # pragma: no cover
    """Write the complete pairs of a row, less their means, to the front of two arrays; return how many."""
    n = 0
    for i in range(len(x)):
        dx[n], dy[n] = x[i], y[i]
        n += 1 if np.isfinite(x[i]) and np.isfinite(y[i]) else 0
        if n == len(dx):
            break
    for side in (dx, dy):
        total = largest = 0.0
        for i in range(n):
            total += side[i]
            largest = max(largest, abs(side[i]))
        mean, rest = total / max(n, 1), 0.0
        for i in range(n):
            side[i] -= mean
            rest += side[i]
        rest /= max(n, 1)  # what rounding left of the mean
        for i in range(n):
            side[i] -= rest
            if abs(side[i]) <= _SPREAD * largest:
                side[i] = 0.0
    return n


@numba.njit(cache=True, nogil=True)
def effective_pairs(x: np.ndarray, y: np.ndarray, lags: int) -> np.ndarray:  # pragma: no cover
    """Return how many independent pairs the pairs of each row are worth.

    Where both sides are correlated with their own past, neighbouring pairs repeat each other:
    1 / n_eff = (1 + 2 sum_{j=1}^{lags} (m_j / n) a_j b_j) / n with the autocorrelations a_j, b_j of
    the two sides and the number m_j of pairs with another one j columns later (n - j without gaps).
    Bartlett (1935), J. R. Stat. Soc. 98; in this form Pyper and Peterman (1998), Can. J. Fish.
    Aquat. Sci. 55, eq. 1.

    Parameters
    ----------
    x, y
        R x C; columns are in the order of time.
    lags
        How far the correlation with the past reaches.

    Returns
    -------
    numpy.ndarray
        Length R, at most the number of pairs.

    Examples
    --------
    >>> slow = np.repeat([[1.0, -1.0, 1.0, 1.0, -1.0, -1.0]], 4, axis=1)
    >>> effective_pairs(slow, slow, 3).round(1).tolist()
    [9.7]
    """
    out = np.zeros(len(x))
    columns = x.shape[1]
    dx, dy = np.empty(columns), np.empty(columns)
    wide_x, wide_y = np.empty(columns), np.empty(columns)
    for row in range(len(x)):
        n = centre_pairs(x[row], y[row], dx, dy)
        out[row] = n
        xx = yy = 0.0
        for i in range(n):
            xx += dx[i] * dx[i]
            yy += dy[i] * dy[i]
        if n == 0 or xx == 0.0 or yy == 0.0:
            continue
        known = _spread_out(x[row], y[row], dx, dy, wide_x, wide_y)
        total = 0.0
        for lag in range(1, min(lags, columns - 1) + 1):
            both, ax, ay = 0, 0.0, 0.0
            for i in range(columns - lag):
                both += known[i] & known[i + lag]
                ax += wide_x[i] * wide_x[i + lag]
                ay += wide_y[i] * wide_y[i + lag]
            if both:
                total += ax / xx * ay / yy * n / both
        out[row] = n / max(1.0 + 2.0 * total, 1.0)
    return out


@numba.njit(cache=True, nogil=True)
def _spread_out(
    x: np.ndarray, y: np.ndarray, dx: np.ndarray, dy: np.ndarray, wide_x: np.ndarray, wide_y: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """Put centred pairs back into their columns, 0 where there is none; return where there is one."""
    known = np.isfinite(x) & np.isfinite(y)
    n = 0
    for i in range(len(x)):
        wide_x[i] = dx[n] if known[i] else 0.0
        wide_y[i] = dy[n] if known[i] else 0.0
        n += known[i]
    return known
