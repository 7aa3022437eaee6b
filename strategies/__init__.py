"""Trading scores in Backtrader: ``TopK``, brokers and fees, backtests, random portfolios, tearsheets.

What is imported here is loaded on first use, so that ``import btalpha.strategies`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .analyzers import FeeTotals, Holdings, Refusals, Trades, Values
    from .backtest import BacktestResult, run_backtest
    from .exchange import AShareBroker, AShareFees, FeeSchedule, FillRules, PortfolioBroker
    from .planner import Plan, Reason, Refusal, Rules, plan_orders
    from .random_portfolios import RandomBenchmark, random_benchmark
    from .report import tearsheet
    from .schedule import rebalance_sessions
    from .tearsheet_analyzer import TearsheetAnalyzer
    from .topk import TopK

__all__ = [
    "AShareBroker",
    "AShareFees",
    "BacktestResult",
    "FeeSchedule",
    "FeeTotals",
    "FillRules",
    "Holdings",
    "Plan",
    "PortfolioBroker",
    "RandomBenchmark",
    "Reason",
    "Refusal",
    "Refusals",
    "Rules",
    "TearsheetAnalyzer",
    "TopK",
    "Trades",
    "Values",
    "plan_orders",
    "random_benchmark",
    "rebalance_sessions",
    "run_backtest",
    "tearsheet",
]

_MODULES = {
    "analyzers": ("FeeTotals", "Holdings", "Refusals", "Trades", "Values"),
    "backtest": ("BacktestResult", "run_backtest"),
    "exchange": ("AShareBroker", "AShareFees", "FeeSchedule", "FillRules", "PortfolioBroker"),
    "planner": ("Plan", "Reason", "Refusal", "Rules", "plan_orders"),
    "random_portfolios": ("RandomBenchmark", "random_benchmark"),
    "report": ("tearsheet",),
    "schedule": ("rebalance_sessions",),
    "tearsheet_analyzer": ("TearsheetAnalyzer",),
    "topk": ("TopK",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
