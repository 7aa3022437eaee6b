"""How much of a buy the cash pays for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# (sizes, prices) -> fees in CNY, elementwise
Fee = Callable[[Any, Any], Any]
# What cuts sizes down to those that may be ordered, elementwise.
Whole = Callable[[Any], Any]


def affordable(
    cash: Any, size: Any, price: Any, *, fee: Fee, whole: Whole = np.floor, step: Any = 1.0
) -> Any:
    """Return the largest size, up to ``size``, that the cash pays for with its fee.

    Parameters
    ----------
    cash, size, price
        CNY, shares and CNY a share; numbers or arrays of one shape.
    fee
        What a buy costs beside its price. A larger one never costs less.
    whole
        Cuts a size down to what may be ordered; single shares by default.
    step
        Distance between two sizes that may be ordered.

    Returns
    -------
    float or numpy.ndarray
        ``size`` itself where the cash suffices for all of it; 0 where it does not pay for the least order.

    Examples
    --------
    >>> sizes = affordable(np.array([1000.0, 95.0]), np.array([10.0, 10.0]), 10.0, fee=lambda *_: 5.0)
    >>> sizes.tolist()
    [10.0, 9.0]
    """
    fits = cash - size * price - fee(size, price) >= 0.0
    if np.all(fits):
        return size
    paid = size
    for _ in range(3):
        # The fee depends on the size and the size on the fee; three rounds settle both.
        paid = np.where(fits, size, whole(np.maximum((cash - fee(paid, price)) / price, 0.0)))
    while np.any(over := (paid > 0.0) & (cash - paid * price - fee(paid, price) < 0.0)):
        paid = np.where(over, whole(np.maximum(paid - step, 0.0)), paid)
    return paid
