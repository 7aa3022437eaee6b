"""What is said when the parameters of ``AShareBroker`` do not fit."""

from __future__ import annotations

from typing import Any

from ...feeds.boards import LimitTable
from .fees import AShareFees


def check_parameters(given: Any) -> None:
    """Refuse parameters of ``AShareBroker`` that are out of range or of a wrong kind.

    Raises
    ------
    ValueError
        Naming the parameter, the rule and what was got.
    """
    for name, low in (("participation", 0.0), ("recovery", -1e-300)):
        value = getattr(given, name)
        if value is not None and not low < value <= 1.0:
            raise ValueError(f"AShareBroker: {name} must be a fraction of at most 1, got {value!r}")
    if given.gone_after is not None and not given.gone_after >= 1:
        raise ValueError(f"AShareBroker: gone_after must be at least 1 day, got {given.gone_after!r}")
    if not isinstance(given.limits, bool | LimitTable):
        kind = type(given.limits).__name__
        raise ValueError(f"AShareBroker: limits must be True, False or a LimitTable, got {kind}")
    if not isinstance(given.fees, AShareFees | None):
        kind = type(given.fees).__name__
        raise ValueError(f"AShareBroker: fees must be an AShareFees, got {kind}; it takes a schedule=")
