"""How a portfolio is formed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

Execution = Literal["open", "close"]
Weighting = Literal["equal", "score", "inverse_volatility"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How a portfolio is formed.

    Parameters
    ----------
    k
        Names to hold.
    weights
        ``"equal"``; ``"score"``: in proportion to the score, nothing for one of 0 or less, equal where
        all are; ``"inverse_volatility"``: in proportion to 1 / volatility, a name without a volatility as
        the most volatile of the others.
    max_weight
        Largest weight of a name, fraction of the portfolio's value; what it cuts off goes to the others.
    cash_reserve
        Fraction of the portfolio's value kept in cash.
    buffer
        A held name stays while it is among the best ``k + buffer``.
    max_changes
        Names that may be given up at one rebalance for having fallen behind; the worst ones go. Names
        without a score go in any case, and count. ``None`` for any number.
    min_holding
        Sessions that a name is held at least, that of its purchase included. Where more names are held
        than there are places, because some could not be sold, the places count for more.
    gap
        Allowance for the way from the price of the plan to that of the fill, as a fraction: buys are paid
        for as if prices rose by it, sales bring in as if they fell by it.
    lot
        Shares are bought in multiples of it, where the market has no lots of its own; a position given up
        is sold whole.
    tolerance
        A held name that stays is left alone while it is within this fraction of its target value.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    k: int = 10
    weights: Weighting = "equal"
    max_weight: float = 1.0
    cash_reserve: float = 0.0
    buffer: int = 0
    max_changes: int | None = None
    min_holding: int = 0
    gap: float = 0.02
    lot: int = 1
    tolerance: float = 0.0

    @property
    def needs_volatility(self) -> bool:
        """Whether the weights depend on volatilities."""
        return self.weights == "inverse_volatility"

    def __post_init__(self) -> None:
        for name, least in (("k", 1), ("lot", 1), ("buffer", 0), ("min_holding", 0), ("max_changes", 0)):
            value = getattr(self, name)
            if not (_is_count(value, least) or (name == "max_changes" and value is None)):
                also = " or None" if name == "max_changes" else ""
                raise ValueError(f"{name} must be a whole number >= {least}{also}, got {value!r}")
        for name in ("cash_reserve", "gap", "tolerance"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                raise ValueError(f"{name} must be a fraction in [0, 1), got {value!r}")
        if not 0.0 < self.max_weight <= 1.0:
            raise ValueError(f"max_weight must be a fraction in (0, 1], got {self.max_weight!r}")
        if self.weights not in get_args(Weighting):
            raise ValueError(f"weights must be one of {', '.join(get_args(Weighting))}, got {self.weights!r}")


# How far prices may move on the way from the close to the next open, a fraction.
_GAP = 0.02


def gap_of(execution: str, gap: float | None) -> float:
    """Return the allowance for the way to the fill: without one given, none where there is no way.

    Examples
    --------
    >>> gap_of("open", None), gap_of("close", None), gap_of("open", 0.1)
    (0.02, 0.0, 0.1)
    """
    if gap is not None:
        return gap
    return 0.0 if execution == "close" else _GAP


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= least)
