"""How a backtest trades: the arguments of ``run_backtest`` that are not its bars and scores, in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from ..feeds.long_format import DateLike
from .exchange import FillRules
from .make_broker import FeesLike
from .planner import Rules
from .planning.rules import Execution, Weighting, gap_of
from .schedule import Rule

_EXCHANGE = FillRules()


@dataclass(frozen=True, kw_only=True)
class TradeOptions:
    """Arguments of :func:`~btalpha.strategies.backtest.run_backtest`, by their names there."""

    start: DateLike | None = None
    end: DateLike | None = None
    k: int = 10
    rebalance: Rule = 5
    cash: float = 1_000_000.0
    fees: FeesLike = None
    exchange: FillRules | None = _EXCHANGE
    weights: Weighting = "equal"
    max_weight: float = 1.0
    buffer: int = 0
    max_changes: int | None = None
    min_holding: int = 0
    cash_reserve: float = 0.0
    execution: Execution = "open"
    gap: float | None = None
    lot: int = 1
    tolerance: float = 0.0
    listings: Mapping[str, Any] | None = None
    delistings: Mapping[str, Any] | None = None
    recovery: float = 1.0

    def without_keeping(self) -> TradeOptions:
        """Return the options without the rules that let held names stay."""
        return replace(self, buffer=0, max_changes=None, min_holding=0)

    def rules(self) -> Rules:
        """Return how portfolios are formed, as ``TopK`` would.

        Raises
        ------
        ValueError
            If an option is out of range.
        """
        if self.execution not in get_args(Execution):
            raise ValueError(f"execution must be 'open' or 'close', got {self.execution!r}")
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
