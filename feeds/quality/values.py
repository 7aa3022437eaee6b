"""Values that no bar can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..long_format import PRICES
from .finding import Hits, hits_in

if TYPE_CHECKING:
    from .dataset import Dataset
    from .rows import Rows

_REASONS = (
    "",
    *(f"{name} is missing, infinite or not above zero" for name in (*PRICES, "factor")),
    "volume is negative or infinite",
    "high lies below low",
)
# A price of a table that was once kept with single precision.
_ROUNDING = 1e-6


def impossible(rows: Rows) -> np.ndarray:
    """Return for each row why it is no bar: 0 where it could be one, else a number into the reasons."""
    why = np.zeros(len(rows), dtype=np.int8)
    why[rows["high"] < rows["low"]] = 7
    with np.errstate(invalid="ignore"):
        why[(rows["volume"] < 0) | np.isinf(rows["volume"])] = 6
    for number, name in reversed(list(enumerate((*PRICES, "factor"), start=1))):
        if name in rows:
            why[~((rows[name] > 0) & (rows[name] < np.inf))] = number
    return why


def impossible_values(data: Dataset) -> Hits:
    """Find bars that the panel refuses for a price, factor or volume that no bar can have.

    A row without any price is a suspended day and not among them.
    """
    rows, why = data.rows, impossible(data.rows)

    def value(row: int) -> str:
        shown = ", ".join(f"{name} {rows[name][row]:g}" for name in (*PRICES, "volume"))
        factor = f", factor {rows['factor'][row]:g}" if "factor" in rows else ""
        return f"{_REASONS[why[row]]}: {shown}{factor}"

    return hits_in(rows, rows.traded & (why > 0), value, limit=data.limit)


def prices_outside_range(data: Dataset) -> Hits:
    """Find bars whose open or close lies above the high or below the low."""
    bars = data.bars
    high, low = bars["high"] * (1 + _ROUNDING), bars["low"] * (1 - _ROUNDING)
    bad = np.zeros(len(bars), dtype=bool)
    for name in ("open", "close"):
        bad |= (bars[name] > high) | (bars[name] < low)
    return hits_in(
        bars, bad, lambda row: ", ".join(f"{name} {bars[name][row]:g}" for name in PRICES), limit=data.limit
    )
