"""The daily price band: how far a share may trade from its previous close, and who is stuck at a limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...feeds.boards import to_cents

TICK = 0.01  # CNY, the smallest step of a price
# Prices that were adjusted and divided by their factor again come back a hair off the cent.
HALF_TICK = TICK / 2.0


def price_band(pre_close: Any, rate: Any) -> tuple[Any, Any]:
    """Return the lowest and the highest price of a day.

    Parameters
    ----------
    pre_close
        The exchange's reference price of the day, CNY, unadjusted; a number or an array. It is one
        in whole cents, so what float error has moved is put back. NaN gives NaN.
    rate
        Largest move as a fraction of ``pre_close``, see :func:`~btalpha.feeds.boards.limit_rate`; a
        number or an array that broadcasts. NaN, for a day without a limit, gives NaN.

    Returns
    -------
    tuple
        ``(down, up)``, CNY in whole cents, of the shape of both arguments together.

    Raises
    ------
    ValueError
        If a ``pre_close`` is not a positive number of CNY or a ``rate`` not a fraction in (0, 1).

    Notes
    -----
    Both limits are ``pre_close * (1 -/+ rate)``, rounded to the cent, half a cent up; where that is
    less than a cent away from ``pre_close``, the limit is one cent away, and never below 0.01 CNY.
    Sources: SSE and SZSE trading rules (2023), BSE trading rules (trial, 2021).

    Examples
    --------
    >>> [float(limit) for limit in price_band(17.15, 0.10)]
    [15.44, 18.87]
    >>> down, up = price_band(np.array([0.05, 0.01, np.nan]), 0.05)
    >>> down.tolist(), up.tolist()
    ([0.04, 0.01, nan], [0.06, 0.02, nan])
    """
    price, move = np.asarray(pre_close, dtype=float), np.asarray(rate, dtype=float)
    _check(price, move)
    price = np.maximum(to_cents(price), TICK)
    up = np.maximum(to_cents(price * (1.0 + move)), to_cents(price + TICK))
    down = np.minimum(to_cents(price * (1.0 - move)), to_cents(price - TICK))
    return np.maximum(down, TICK), up


def day_band(reference: Any, rate: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Return the band of a day on which prices are known, ``(down, up)``; NaN where there is no limit.

    Parameters
    ----------
    reference, rate
        As for :func:`price_band`; a reference that is not positive counts as none.
    low, high
        Lowest and highest price of the day, CNY, unadjusted. A day that traded outside the band had no
        limit, whatever the rule was that let it.

    Examples
    --------
    >>> down, up = day_band(np.array([10.0, 10.0]), 0.1, np.array([9.5, 10.0]), np.array([11.0, 14.4]))
    >>> down.tolist(), up.tolist()
    ([9.0, nan], [11.0, nan])
    """
    down, up = price_band(np.where(reference > 0.0, reference, np.nan), rate)
    free = (low < down - HALF_TICK) | (high > up + HALF_TICK)
    return np.where(free, np.nan, down), np.where(free, np.nan, up)


def is_locked_up(low: Any, up: Any) -> Any:
    """Say whether a day never left its upper limit, so that nobody could buy.

    Parameters
    ----------
    low
        Lowest price of the day, CNY, unadjusted; a number or an array.
    up
        Upper limit of the day from :func:`price_band`, of the same shape.

    Returns
    -------
    bool or numpy.ndarray
        Whether ``low`` is at the limit, half a cent less included. NaN on either side gives false.

    Examples
    --------
    >>> is_locked_up(11.0, 11.0), is_locked_up(10.99, 11.0), is_locked_up(11.0, float("nan"))
    (True, False, False)
    """
    return low >= up - HALF_TICK


def is_locked_down(high: Any, down: Any) -> Any:
    """Say whether a day never left its lower limit, so that nobody could sell.

    Parameters
    ----------
    high
        Highest price of the day, CNY, unadjusted; a number or an array.
    down
        Lower limit of the day from :func:`price_band`, of the same shape.

    Returns
    -------
    bool or numpy.ndarray
        Whether ``high`` is at the limit, half a cent more included. NaN on either side gives false.

    Examples
    --------
    >>> is_locked_down(np.array([9.0, 9.01, np.nan]), np.array([9.0, 9.0, 9.0])).tolist()
    [True, False, False]
    """
    return high <= down + HALF_TICK


def _check(pre_close: np.ndarray, rate: np.ndarray) -> None:
    bad = (pre_close <= 0.0) | np.isinf(pre_close)
    if bad.any():
        raise ValueError(f"pre_close must be a positive number of CNY or NaN, got {pre_close[bad].flat[0]}")
    bad = (rate <= 0.0) | (rate >= 1.0)
    if bad.any():
        raise ValueError(f"rate must be a fraction in (0, 1) or NaN, got {rate[bad].flat[0]}; 10 % is 0.1")
