"""What a fill depends on: the facts of a bar, as the exchange counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class BarFacts:
    """One bar of one share, or bars of many: numbers, or arrays of one shape.

    Prices and shares are raw ones, as the exchange quotes and counts them.

    Attributes
    ----------
    factor
        Raw shares in one of the broker's: 1 unless prices are adjusted.
    volume
        Shares traded on the bar; NaN where it is not known.
    low, high
        Prices of the bar, CNY.
    down, up
        Limits of the day, CNY; NaN where there is none.
    least, step
        The lot, in shares.
    used
        Shares of the volume that earlier fills took.
    """

    factor: Any = 1.0
    volume: Any = np.nan
    low: Any = np.nan
    high: Any = np.nan
    down: Any = np.nan
    up: Any = np.nan
    least: Any = 1
    step: Any = 1
    used: Any = 0.0

    def pick(self, where: Any) -> BarFacts:
        """Return the facts of some of the bars, by any index that NumPy takes; of arrays only."""
        return BarFacts(**{name: _picked(value, where) for name, value in vars(self).items()})


def _picked(value: Any, where: Any) -> Any:
    return value[where] if isinstance(value, np.ndarray) else value
