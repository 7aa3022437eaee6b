"""What can be told of a Backtrader run: its strategy, broker and feeds, as plain settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

import pandas as pd

from .analyzers import name_of

_PLAIN = (bool, int, float, str, date, time)
MANY_FEEDS = 20
"""Feeds up to which they are named one by one."""


def settings_of(strategy: Any) -> dict[str, Any]:
    """Return how a strategy was run: its class and parameters, those of the broker, and the feeds.

    What is no plain value is described: a frame by its size, anything else by its class.
    """
    broker, feeds = strategy.broker, [name_of(data, strategy) for data in strategy.datas]
    rate = getattr(getattr(broker, "comminfo", {}).get(None), "p", None)
    commission = {"commission": getattr(rate, "commission", None)} if rate is not None else {}
    return {
        "strategy": {"class": type(strategy).__name__, **_parameters(strategy)},
        "broker": {"class": type(broker).__name__, **_parameters(broker), **_known(commission)},
        "feeds": {"number": len(feeds), **({"names": feeds} if len(feeds) <= MANY_FEEDS else {})},
    }


def notes_of(strategy: Any) -> list[str]:
    """Say what a reader of the page has to know about the run: others in the same account."""
    others = [type(other).__name__ for other in strategy.cerebro.runningstrats if other is not strategy]
    if not others:
        return []
    return [
        f"{', '.join(others)} traded in the same account: returns and holdings are of all, trades and "
        f"refused orders of {type(strategy).__name__} alone."
    ]


def _parameters(owner: Any) -> dict[str, Any]:
    params = getattr(owner, "p", None)
    return {} if params is None else _known(dict(params._getkwargs()))


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: describe(value) for name, value in values.items() if value is not None}


def describe(value: object) -> object:
    """Return a plain value as it is, and what stands for any other.

    Examples
    --------
    >>> describe(3), describe([1, 2]), describe(pd.DataFrame({"A": [1.0, 2.0]}))
    (3, [1, 2], 'frame of 2 x 1')
    """
    if isinstance(value, pd.DataFrame):
        return f"frame of {len(value)} x {value.shape[1]}"
    if isinstance(value, pd.Series):
        return f"series of {len(value)}"
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Sequence) and all(isinstance(item, _PLAIN) for item in value):
        return list(value) if len(value) <= MANY_FEEDS else f"{type(value).__name__} of {len(value)}"
    return value.__name__ if isinstance(value, type) else type(value).__name__
