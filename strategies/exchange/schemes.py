"""What a commission scheme of Backtrader's makes of an order and of a position."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import backtrader as bt


def has_upkeep(scheme: Any) -> bool:
    """Say whether positions cost or settle anything from bar to bar: futures, or interest."""
    return not scheme.stocklike or bool(scheme._creditrate) or has_own_interest(type(scheme))


@lru_cache(maxsize=64)
def has_own_interest(scheme: type) -> bool:
    """Say whether a class of schemes has a rule of its own for interest, whatever its rate."""
    base = bt.CommInfoBase
    rule = getattr(scheme, "_get_credit_interest", None), getattr(scheme, "get_credit_interest", None)
    return rule != (base._get_credit_interest, base.get_credit_interest)


def is_plain(order: Any, scheme: Any, held: float) -> bool:
    """Say whether an order buys stock for cash or sells stock that is held, without leverage."""
    if not scheme.stocklike or scheme.get_leverage() != 1.0 or order.data._compensate is not None:
        return False
    return held >= 0 and held + order.executed.remsize >= 0


def cash_left(cash: float, scheme: Any, size: float, price: float) -> float:
    """Return the cash after a plain order and its fee, CNY; a sale has a negative size."""
    # The order of the two subtractions is Backtrader's, so that both round to the same cent.
    return cash - scheme.getvaluesize(size, price) - scheme.getcommission(size, price)
