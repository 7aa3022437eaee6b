"""The broker that a backtest asks for: A-shares under their exchanges' rules, or a market without rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import backtrader as bt

from .exchange import AShareBroker, AShareFees, FeeSchedule, FillRules, PortfolioBroker
from .exchange.fill_rules import FREE

# Backtrader's classes take their parameters through a metaclass, which type checkers cannot follow.
_AShareBroker: Any = AShareBroker
_AShareFees: Any = AShareFees
_PortfolioBroker: Any = PortfolioBroker
# A schedule of A-share fees, one rate on both sides as a fraction, or None for the A-share defaults.
FeesLike = FeeSchedule | float | None


def make_broker(
    cash: float,
    fees: FeesLike,
    exchange: FillRules | None,
    listings: Mapping[str, Any],
    delistings: Mapping[str, Any] | None,
    recovery: float,
) -> bt.brokers.BackBroker:
    """Return a broker with its cash, CNY, its fees and its rules; see ``run_backtest``."""
    if not cash > 0:
        raise ValueError(f"cash must be positive, in CNY, got {cash!r}")
    if fees is None or isinstance(fees, FeeSchedule):
        rules = exchange or FREE
        return _AShareBroker(
            cash=cash,
            fees=_AShareFees(schedule=fees or FeeSchedule()),
            lots=rules.lots,
            t_plus_1=rules.t_plus_1,
            limits=rules.limits,
            participation=rules.participation,
            listings=listings,
            delistings=delistings,
            recovery=recovery,
        )
    if not 0.0 <= fees < 1.0:
        raise ValueError(f"fees must be a FeeSchedule or a fraction in [0, 1), got {fees!r}; 0.1 % is 0.001")
    broker = _PortfolioBroker(cash=cash)
    broker.setcommission(commission=fees)
    return broker
