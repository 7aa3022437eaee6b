"""The operators that factor formulas are written in, over packed bars.

An array is T x N: one column a stock, row i its i-th *traded* bar (see
:class:`~btalpha.signals.factors.bars.Bars`). So ``ref(x, 1)`` is the previous traded bar and a
window of n holds n traded bars; suspended days are not in the array at all.

NaN policy, the same for every operator:

- before a window is full the result is NaN;
- a window that holds a NaN gives NaN (no bar is skipped, none counts as zero);
- a recursion (``ema``, ``sma``, ``cumulate``) passes over a NaN: NaN on that bar, and it goes on
  from its last value at the next one; it is seeded with the first number of the column;
- ``0 / 0`` and ``x / 0`` are NaN (:func:`divide`);
- a condition is 1.0, 0.0 or, where an operand is NaN, NaN (:func:`holds`).

Standard deviations, covariances and skewness are those of the population (``ddof = 0``), as on
Chinese terminals. The names are the terminals' own in lower case; ``sma`` is the Chinese SMA,
an exponential mean, not the simple mean, which is ``ma``.

Examples
--------
>>> close = np.array([[10.0], [11.0], [12.0], [10.0]])
>>> ma(close, 2).ravel().tolist()
[nan, 10.5, 11.5, 11.0]
>>> ref(close, 1).ravel().tolist()
[nan, 10.0, 11.0, 12.0]
"""

from typing import TypeAlias

import numpy as np

from . import kernels

Packed: TypeAlias = np.ndarray
"""A T x N float array of packed bars."""


ROUNDING = 1e-12
"""Relative difference up to which two numbers are the same but for rounding."""


def ref(x: Packed, n: int = 1) -> Packed:
    """REF: the value n bars ago.

    Raises
    ------
    ValueError
        If n is negative, which would look ahead.
    """
    if _whole("n", n, at_least=0) == 0:
        return x
    out = np.full(x.shape, np.nan)
    out[n:] = x[:-n]
    return out


def ma(x: Packed, n: int) -> Packed:
    """MA: mean of the last n bars."""
    return kernels.rolling_mean(_floats(x), _whole("n", n))


def sum_(x: Packed, n: int) -> Packed:
    """SUM: sum of the last n bars."""
    return kernels.rolling_sum(_floats(x), _whole("n", n))


def count(condition: Packed, n: int) -> Packed:
    """COUNT: on how many of the last n bars a condition of :func:`holds` was met."""
    return sum_(condition, n)


def hhv(x: Packed, n: int) -> Packed:
    """HHV: highest value of the last n bars."""
    return kernels.rolling_max(_floats(x), _whole("n", n))


def llv(x: Packed, n: int) -> Packed:
    """LLV: lowest value of the last n bars."""
    return -hhv(-x, n)


def std(x: Packed, n: int) -> Packed:
    """STD: standard deviation of the last n bars, ddof 0; exactly 0 where they are equal."""
    return np.sqrt(kernels.rolling_variance(_floats(x), _whole("n", n)))


def skew(x: Packed, n: int) -> Packed:
    """Skewness of the last n bars, ddof 0; NaN where they are equal."""
    x, n = _floats(x), _whole("n", n)
    return divide(kernels.rolling_third_moment(x, n), kernels.rolling_variance(x, n) ** 1.5)


def avedev(x: Packed, n: int) -> Packed:
    """AVEDEV: mean absolute deviation of the last n bars from their mean."""
    return kernels.rolling_absolute_deviation(_floats(x), _whole("n", n))


def cov(x: Packed, y: Packed, n: int) -> Packed:
    """Covariance of the last n bars, ddof 0; of x with itself the variance."""
    if y is x:
        return kernels.rolling_variance(_floats(x), _whole("n", n))
    return kernels.rolling_covariance(_floats(x), _floats(y), _whole("n", n))


def corr(x: Packed, y: Packed, n: int) -> Packed:
    """CORR: Pearson correlation of the last n bars; NaN where x or y did not move."""
    scale = std(x, n) * std(y, n)
    return np.clip(divide(cov(x, y, n), scale), -1.0, 1.0)


def slope(x: Packed, n: int) -> Packed:
    """SLOPE: slope of the least-squares line through the last n bars, per bar.

    Examples
    --------
    >>> slope(np.array([[1.0], [3.0], [5.0]]), 3).ravel().tolist()
    [nan, nan, 2.0]
    """
    position = np.arange(_whole("n", n, at_least=2), dtype=np.float64)
    position -= position.mean()
    # The weights add up to nothing, so deviations from the newest bar do for the values themselves.
    return kernels.weighted_deviation(_floats(x), position / (position @ position))


def ema(x: Packed, n: int) -> Packed:
    """EMA: ``2/(n+1) * x + (n-1)/(n+1) * previous``, seeded with the first number.

    Examples
    --------
    >>> ema(np.array([[np.nan], [1.0], [4.0], [np.nan], [4.0]]), 3).ravel().tolist()
    [nan, 1.0, 2.5, nan, 3.25]
    """
    return kernels.recursive_mean(_floats(x), 2.0 / (_whole("n", n) + 1.0))


def sma(x: Packed, n: int, m: int = 1) -> Packed:
    """SMA, the Chinese one: ``(m * x + (n-m) * previous) / n``, seeded with the first number.

    Raises
    ------
    ValueError
        If m exceeds n.
    """
    if _whole("m", m) > _whole("n", n):
        raise ValueError(f"m of an SMA must not exceed n, got m={m} and n={n}")
    return kernels.recursive_mean(_floats(x), m / n)


def cumulate(x: Packed) -> Packed:
    """Running sum from the first bar of each column."""
    return np.where(np.isnan(x), np.nan, np.nancumsum(x, axis=0))


def streak(condition: Packed) -> Packed:
    """Count for how many bars in a row, this one included, a condition of :func:`holds` has been met."""
    return kernels.run_length(_floats(condition))


def exceeds(a: Packed, b: Packed, size: Packed) -> np.ndarray:
    """Tell where a is above b by more than rounding: by over 1e-12 of the size of the numbers behind them.

    Prices are decimals and ties among their sums and differences are common; in binary such a
    tie is off by the last bit, one way or the other, and a bare ``a > b`` would be chance.

    Examples
    --------
    >>> exceeds(np.array([10.1 + 9.9, 3.0]), np.array([10.2 + 9.8, 2.0]), np.array([10.0, 3.0])).tolist()
    [False, True]
    """
    return a - b > ROUNDING * np.abs(size)


def direction(x: Packed) -> Packed:
    """SIGN(x - REF(x,1)): 1, 0 or -1 as x rose, stood still (see :func:`exceeds`) or fell; NaN at first.

    Examples
    --------
    >>> direction(np.array([[1.0], [2.0], [2.0], [1.5]])).ravel().tolist()
    [nan, 1.0, 0.0, -1.0]
    """
    before = ref(x)
    change = x - before
    return np.where(exceeds(np.abs(change), 0.0 * change, x), np.sign(change), 0.0 * change)


def divide(a: Packed | float, b: Packed) -> Packed:
    """``a / b``, NaN where b is 0.

    Examples
    --------
    >>> divide(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    with np.errstate(all="ignore"):
        out = a / b
    np.putmask(out, b == 0.0, np.nan)
    return out


def holds(condition: np.ndarray, *operands: Packed) -> Packed:
    """Turn a comparison into 1.0 and 0.0, NaN where an operand is NaN.

    Examples
    --------
    >>> x = np.array([2.0, np.nan])
    >>> holds(x > 1.0, x).tolist()
    [1.0, nan]
    """
    out = condition.astype(np.float64)
    for operand in operands:
        out[np.isnan(operand)] = np.nan
    return out


def _whole(name: str, value: int, *, at_least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < at_least:
        raise ValueError(f"{name} must be a whole number of bars, {at_least} or more, got {value!r}")
    return int(value)


def _floats(x: Packed) -> Packed:
    return np.ascontiguousarray(x, dtype=np.float64)
