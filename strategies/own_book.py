"""What a strategy holds itself, whatever else is in the broker."""

from __future__ import annotations

from typing import Any

import numpy as np

# A position this small, relative to the fill that left it, is rounding.
_DUST = 1e-9


class OwnBook:
    """Shares, last prices and ages of N names, and the orders that are out.

    Attributes
    ----------
    shares
        N shares held, in the broker's units.
    marks
        N last prices, CNY; NaN where none was seen.
    ages
        N sessions since the purchase, that one included; 0 for what is not held.
    pending
        Orders that are out, each with the position of its name.
    """

    def __init__(self, size: int) -> None:
        self.shares = np.zeros(size)
        self.marks = np.full(size, np.nan)
        self.ages = np.zeros(size, dtype=np.int64)
        self.pending: list[tuple[Any, int]] = []
        self._closures = 0

    def sent(self, order: Any, index: int) -> None:
        """Note an order; Backtrader gives none where it will not take it."""
        if order is not None:
            self.pending.append((order, int(index)))

    def settle(self) -> list[tuple[Any, int]]:
        """Book what was filled of the orders, count one more session, and return the orders."""
        for order, index in self.pending:
            self._book(index, order.executed.size, order.executed.price)
        self.ages = np.where(self.shares != 0.0, self.ages + 1, 0)
        orders, self.pending = self.pending, []
        return orders

    def close(self, owner: Any, broker: Any, names: list[str]) -> None:
        """Book the positions of a strategy that the broker closed because their names are gone."""
        closures = getattr(broker, "closures", ())
        for closure in closures[self._closures :]:
            if closure.owner is owner and closure.symbol in names:
                self._book(names.index(closure.symbol), -closure.size, closure.price)
        self._closures = len(closures)

    def _book(self, index: int, size: float, price: float) -> None:
        if not size:
            return
        left = self.shares[index] + size
        self.shares[index] = 0.0 if abs(left) <= _DUST * abs(size) else left
        self.marks[index] = price
