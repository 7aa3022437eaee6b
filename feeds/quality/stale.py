"""Bars that say what the bar before said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..long_format import PRICES
from .finding import Hits, hits_in

if TYPE_CHECKING:
    from .dataset import Dataset
    from .rows import Rows

STALE_BARS = 5
"""So many bars in a row with the same four prices are stale."""


def copied_bars(data: Dataset) -> Hits:
    """Find bars with the four prices and the volume of the bar before: the same to the share is no chance."""
    bars = data.bars
    same = _repeats(bars, (*PRICES, "volume"))
    return hits_in(
        bars,
        same,
        lambda row: (
            f"close {bars['close'][row]:g}, volume {bars['volume'][row]:,.0f} as on {bars.days[row - 1]}"
        ),
        limit=data.limit,
    )


def stale_prices(data: Dataset) -> Hits:
    """Count runs of five or more bars with the same four prices, longest first; volumes may differ.

    A share that trades for cents may do so; what is taken over, or filled in by a vendor, does too.
    """
    bars = data.bars
    same = _repeats(bars, PRICES)
    at = np.arange(len(bars))
    start = np.maximum.accumulate(np.where(same, 0, at))
    last = np.ones(len(bars), dtype=bool)
    last[:-1] = ~same[1:]
    length = at - start + 1

    def value(row: int) -> str:
        return f"close {bars['close'][row]:g} on {length[row]:,} bars from {bars.days[start[row]]}"

    return hits_in(bars, last & (length >= STALE_BARS), value, limit=data.limit, size=length)


def _repeats(bars: Rows, names: tuple[str, ...]) -> np.ndarray:
    same = ~bars.begins
    for name in names:
        values = bars[name]
        same[1:] &= values[1:] == values[:-1]
    return same
