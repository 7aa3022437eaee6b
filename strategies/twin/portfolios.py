"""What many portfolios have: their cash, and a short table of names for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A position this small, relative to the fill that left it, is rounding.
_DUST = 1e-9


@dataclass
class Portfolios:
    """P portfolios of at most M names each, out of N.

    Attributes
    ----------
    cash, fees
        Cash at hand and fees paid so far, CNY, P each.
    names
        P x M columns of the market, in ascending order; N stands for no name.
    shares
        P x M shares held; 0 for a name that is only to be bought, or none.
    ages
        P x M sessions since the purchase, that one included.
    filled
        P x M sessions of the last fill.
    """

    cash: np.ndarray
    fees: np.ndarray
    names: np.ndarray
    shares: np.ndarray
    ages: np.ndarray
    filled: np.ndarray

    @classmethod
    def begin(cls, count: int, cash: float, nothing: int) -> Portfolios:
        """Return P portfolios with nothing but cash, CNY; ``nothing`` is the number of no name."""
        empty = np.full((count, 1), nothing)
        zeros = np.zeros(empty.shape, dtype=np.int64)
        return cls(np.full(count, cash), np.zeros(count), empty, np.zeros(empty.shape), zeros, zeros.copy())

    def worth(self, marks: np.ndarray) -> np.ndarray:
        """Return the values at some prices, N + 1 of them, CNY, P."""
        return self.cash + (self.shares * marks[self.names]).sum(axis=1)

    def age(self) -> None:
        """Count one more session for what is held."""
        self.ages = np.where(self.shares != 0.0, self.ages + 1, 0)

    def close(self, where: np.ndarray, prices: np.ndarray) -> None:
        """Turn the names of a P x M mask into cash, at prices of P x M, without fees."""
        self.cash = self.cash + np.where(where, self.shares * prices, 0.0).sum(axis=1)
        self.shares = np.where(where, 0.0, self.shares)

    def book(self, sizes: np.ndarray, session: int) -> None:
        """Add fills to the shares, P x M, negative for sales, and lay aside names that are not held."""
        left = self.shares + sizes
        self.shares = np.where(np.abs(left) <= _DUST * np.abs(sizes), 0.0, left)
        self.filled = np.where(sizes != 0.0, session, self.filled)

    def lay_out(self, others: np.ndarray) -> None:
        """Make room for the names of a P x L table beside those held; all in ascending order."""
        names = np.concatenate([self.names, others], axis=1)
        self._arrange(np.argsort(names, axis=1, kind="stable"), names)

    def tidy(self, nothing: int) -> None:
        """Drop the names that are not held."""
        held = self.shares != 0.0
        width = max(1, int(held.sum(axis=1).max()))
        order = np.argsort(~held, axis=1, kind="stable")[:, :width]
        self._arrange(order, np.where(held, self.names, nothing))

    def _arrange(self, order: np.ndarray, names: np.ndarray) -> None:
        for name in ("shares", "ages", "filled"):
            values = np.zeros(names.shape, dtype=getattr(self, name).dtype)
            values[:, : self.names.shape[1]] = getattr(self, name)
            setattr(self, name, np.take_along_axis(values, order, axis=1))
        self.names = np.take_along_axis(names, order, axis=1)
