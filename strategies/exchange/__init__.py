"""The exchange: fees by date, price limits, lots, and the brokers that go by them.

What is imported here is loaded on first use: lots and limits are plain arithmetic and need no Backtrader.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ashare_broker import AShareBroker, Closure
    from .fees import AShareFees, Fees, FeeSchedule
    from .fill_rules import FillRules
    from .limits import price_band
    from .lots import Lot, lot_of, whole_lots
    from .portfolio_broker import PortfolioBroker

__all__ = [
    "AShareBroker",
    "AShareFees",
    "Closure",
    "FeeSchedule",
    "Fees",
    "FillRules",
    "Lot",
    "PortfolioBroker",
    "lot_of",
    "price_band",
    "whole_lots",
]

_MODULES = {
    "ashare_broker": ("AShareBroker", "Closure"),
    "fees": ("AShareFees", "FeeSchedule", "Fees"),
    "fill_rules": ("FillRules",),
    "limits": ("price_band",),
    "lots": ("Lot", "lot_of", "whole_lots"),
    "portfolio_broker": ("PortfolioBroker",),
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
