"""How a backtest trades: the arguments of ``run_backtest`` that are not its bars and scores, in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..feeds.long_format import DateLike
from .exchange import FillRules
from .make_broker import FeesLike
from .planner import Rules
from .planning.rules import Execution, Weighting, gap_of
from .schedule import Rule


@dataclass(frozen=True, kw_only=True)
class TradeOptions:
    """Arguments of :func:`~btalpha.strategies.backtest.run_backtest`, by their names there."""

    start: DateLike | None
    end: DateLike | None
    k: int
    rebalance: Rule
    cash: float
    fees: FeesLike
    exchange: FillRules | None
    weights: Weighting
    max_weight: float
    buffer: int
    max_changes: int | None
    min_holding: int
    cash_reserve: float
    execution: Execution
    gap: float | None
    lot: int
    tolerance: float
    listings: Mapping[str, Any]
    delistings: Mapping[str, Any] | None
    recovery: float

    def without_keeping(self) -> TradeOptions:
        """Return the options without the rules that let held names stay."""
        return replace(self, buffer=0, max_changes=None, min_holding=0)

    def rules(self) -> Rules:
        """Return how portfolios are formed, as ``TopK`` would."""
        return Rules(
            k=self.k,
            weights=self.weights,
            max_weight=self.max_weight,
            buffer=self.buffer,
            max_changes=self.max_changes,
            min_holding=self.min_holding,
            cash_reserve=self.cash_reserve,
            gap=gap_of(self.execution, self.gap),
            lot=self.lot,
            tolerance=self.tolerance,
        )
