"""Where the twin trades: the rules and fees of the broker that a backtest would have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from ...feeds import Panel
from ..exchange.fees import FeeSchedule
from ..exchange.fill_rules import FREE, FillRules
from ..exchange.orphans import to_dates
from ..make_broker import make_broker
from ..span import first_sessions
from ..trade_options import TradeOptions

# As AShareBroker has it by default.
GONE_AFTER = 365.0


@dataclass(frozen=True, kw_only=True)
class Venue:
    """An exchange or a market without rules.

    Attributes
    ----------
    rules
        Of fills.
    fees
        A schedule, or one rate on both sides as a fraction.
    is_exchange
        Whether a bar without volume is none, and delisted or gone names are closed.
    listings, delistings
        First dates with and without a name.
    recovery
        Fraction of the last price that a closed name brings.
    """

    rules: FillRules
    fees: FeeSchedule | float
    is_exchange: bool
    listings: Mapping[str, date] = field(default_factory=dict)
    delistings: Mapping[str, date] = field(default_factory=dict)
    recovery: float = 1.0

    def fee(self, changes: Any, prices: Any, day: date) -> Any:
        """Return what whole orders cost on a day, CNY, elementwise; a sale has a negative change."""
        if isinstance(self.fees, FeeSchedule):
            return self.fees.of(changes * prices, day).total
        return np.abs(changes) * self.fees * prices


def make_venue(panel: Panel, options: TradeOptions) -> Venue:
    """Return the venue that ``make_broker`` makes a broker of.

    Raises
    ------
    ValueError
        As ``make_broker`` does.
    """
    listings = first_sessions(panel) if options.listings is None else options.listings
    cash, fees, exchange = options.cash, options.fees, options.exchange
    # For what it refuses.
    make_broker(cash, fees, exchange, listings, options.delistings, options.recovery)
    if fees is not None and not isinstance(fees, FeeSchedule):
        return Venue(rules=FREE, fees=float(fees), is_exchange=False)
    return Venue(
        rules=exchange or FREE,
        fees=fees or FeeSchedule(),
        is_exchange=True,
        listings=to_dates(listings, "listings"),
        delistings=to_dates(options.delistings or {}, "delistings"),
        recovery=options.recovery,
    )
