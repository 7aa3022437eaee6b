"""Moves of the price that its adjustment does not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .finding import Hits, hits_in
from .limits import largest_moves

if TYPE_CHECKING:
    from .dataset import Dataset
    from .rows import Rows

OTHER_MARKETS = 0.5
"""Largest move, as a fraction, that is taken for possible where the exchange sets no limit."""
# Closes and limits are rounded to a cent, which is a percent of the cheapest shares.
_ROUNDING = 0.01
# pre_close is rounded to a cent, and a vendor's factor to some digits.
_REFERENCE = 0.005
_CENTS = 0.015


def unexplained_jumps(data: Dataset) -> Hits:
    """Find bars whose adjusted close lies further from the one before than the limits of the board allow.

    ``factor`` should have explained a split or a dividend. Where there is no limit a move of more than a
    half counts. Where ``pre_close`` agrees with ``factor`` the exchange itself says that the price moved;
    such bars are told apart, and by the checks of limits.
    """
    bars = data.bars
    moves = bars["close"] / bars.previous("close") * _ratio(bars) - 1.0
    limits = largest_moves(bars)
    allowed = np.where(np.isnan(limits), OTHER_MARKETS, limits + _ROUNDING)
    over = np.abs(moves) > allowed
    confirmed = over & _agrees(bars)
    agreed = f"{confirmed.sum():,} more moves are those of pre_close, too" if confirmed.any() else ""

    def value(row: int) -> str:
        return (
            f"close {bars['close'][row - 1]:g} on {bars.days[row - 1]}, then {bars['close'][row]:g}: "
            f"{moves[row]:+.1%} adjusted, {_factors(bars, row)}"
        )

    size = np.nan_to_num(np.abs(moves))
    return hits_in(bars, over & ~confirmed, value, limit=data.limit, size=size, remark=agreed)


def factor_against_pre_close(data: Dataset) -> Hits:
    """Find bars where ``factor`` says another close before than the exchange's ``pre_close`` of the day.

    The factor is wrong, or the bar before is: it may be lost.
    """
    bars = data.bars
    expected = bars.previous("close") / _ratio(bars)
    off = np.abs(bars["pre_close"] / expected - 1.0)

    def value(row: int) -> str:
        return (
            f"pre_close {bars['pre_close'][row]:g}, but close {bars['close'][row - 1]:g} on "
            f"{bars.days[row - 1]} is {expected[row]:.2f} by {_factors(bars, row)}"
        )

    bad = (bars["pre_close"] > 0) & ~np.isnan(expected) & ~_agrees(bars)
    return hits_in(bars, bad, value, limit=data.limit, size=np.nan_to_num(off))


def _agrees(bars: Rows) -> np.ndarray:
    """Tell where ``pre_close`` is there and is the close before in today's units."""
    if "pre_close" not in bars:
        return np.zeros(len(bars), dtype=bool)
    expected = bars.previous("close") / _ratio(bars)
    difference = np.abs(bars["pre_close"] - expected)
    # Two measures, for a cent of a cheap share is more than the first one lets pass.
    return (bars["pre_close"] > 0) & ((difference <= _REFERENCE * expected) | (difference <= _CENTS))


def _ratio(bars: Rows) -> np.ndarray | float:
    return bars["factor"] / bars.previous("factor") if "factor" in bars else 1.0


def _factors(bars: Rows, row: int) -> str:
    if "factor" not in bars:
        return "no column factor"
    before, now = bars["factor"][row - 1], bars["factor"][row]
    return f"factor {now:g}" if before == now else f"factor {before:g} to {now:g}"
