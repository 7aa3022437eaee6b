"""Bars in: the panel, its readers, the simulated market and the Backtrader feed.

Rows are trading dates (ascending, unique, time-zone naive), columns are symbols. A value
stamped ``t`` may use only what was known at the close of ``t``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import DataError
from .panel import Panel
from .statements import Statements
from .universe import read_members

if TYPE_CHECKING:
    from .panel_feed import PanelFeed
    from .simulate import simulate_market

__all__ = ["DataError", "Panel", "PanelFeed", "Statements", "read_members", "simulate_market"]


_LAZY = {"PanelFeed": "panel_feed", "simulate_market": "simulate"}


def __getattr__(name: str) -> object:
    """Import on first use what needs Backtrader or is rarely needed."""
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
