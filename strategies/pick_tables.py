"""What a plan comes to, as tables: what will be held, what is to be ordered, what cannot be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .exchange.lots import plain
from .last_close import LastClose
from .planner import Plan, Reason

TARGETS = ("rank", "symbol", "score", "weight", "shares", "close", "value", "change", "action", "remark")
ORDERS = ("side", "symbol", "shares", "close", "value", "reason", "remark")
REFUSALS = ("symbol", "side", "reason", "remark")


@dataclass(frozen=True)
class PlanTables:
    """A plan for one portfolio, and what it was made of: arrays of N names, shares raw."""

    close: LastClose
    plan: Plan
    scores: np.ndarray
    holdings: np.ndarray

    def targets(self, worth: float) -> pd.DataFrame:
        """Return what is held once all orders are filled, the best score first; see ``Pick``."""
        after = self.holdings + self.plan.changes
        rows = [self._target(index, place, after[index], worth) for place, index in self._ranked(after)]
        return pd.DataFrame(rows, columns=list(TARGETS)).astype({"rank": "Int64"})

    def orders(self) -> pd.DataFrame:
        """Return the sales, then the buys, the best score first; see ``Pick``."""
        sides = [("sell", self.plan.sell_order), ("buy", self.plan.buy_order)]
        rows = [self._order(side, index) for side, order in sides for index in order.tolist()]
        return pd.DataFrame(rows, columns=list(ORDERS))

    def refusals(self) -> pd.DataFrame:
        """Return the names wanted and not bought, or unwanted and not sold; see ``Pick``."""
        rows = [
            (self.close.symbols[each.index], each.side, each.reason.text, self._why(each.index, each.reason))
            for each in self.plan.refusals
        ]
        return pd.DataFrame(rows, columns=list(REFUSALS))

    def _ranked(self, after: np.ndarray) -> list[tuple[int, int]]:
        places = enumerate(self.plan.ranking.tolist())
        return [(place, index) for place, index in places if after[index] > 0.0]

    def _target(self, index: int, place: int, shares: float, worth: float) -> tuple[object, ...]:
        price, change = self.close.prices[index], self.plan.changes[index]
        score = self.scores[index]
        return (
            None if np.isnan(score) else place + 1,
            self.close.symbols[index],
            score,
            shares * price / worth,
            plain(shares),
            price,
            shares * price,
            plain(change),
            self._action(index),
            self._remark(index),
        )

    def _order(self, side: str, index: int) -> tuple[object, ...]:
        change, held, price = self.plan.changes[index], self.holdings[index], self.close.prices[index]
        whole, part = ("exit", "trim") if side == "sell" else ("enter", "add")
        reason = whole if held in (0.0, -change) else part
        size = abs(change)
        return side, self.close.symbols[index], plain(size), price, size * price, reason, self._remark(index)

    def _action(self, index: int) -> str:
        change = self.plan.changes[index]
        if change > 0.0:
            return "add" if self.holdings[index] else "buy"
        return "trim" if change < 0.0 else "keep"

    def _remark(self, index: int) -> str:
        change = self.plan.changes[index]
        return self.close.doubts(index, change) if change else self.close.silence(index)

    def _why(self, index: int, reason: Reason) -> str:
        lots = self.close.lots
        if reason == Reason.LOT and lots is not None:
            least = np.asarray(lots.least)[index]
            return f"the least order, {least:.0f}, costs {least * self.close.prices[index]:,.0f} CNY"
        return self.close.silence(index)
