"""The last close of a panel, as a planner needs it: raw prices, lots, fees, and who did not trade."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np

from ..feeds import Panel
from .exchange.limits import is_locked_down, is_locked_up
from .planner import Lots, Reason
from .twin.market import Market
from .twin.venue import Venue

# Daily returns behind a volatility, as TopK has it by default.
_WINDOW = 20


class LastClose:
    """N names at the close of the panel's last date; prices in CNY as quoted, shares raw.

    Parameters
    ----------
    panel
        The bars of these names.
    venue
        Where they are traded.

    Attributes
    ----------
    symbols, session
        The names, and the last date.
    prices
        N last closes, of earlier dates for names without a bar on the last one; 0 before the first bar.
    traded
        N booleans: the name has a bar on the last date.
    """

    def __init__(self, panel: Panel, venue: Venue) -> None:
        self.symbols = [str(symbol) for symbol in panel.symbols]
        self.session: date = panel.dates[-1].date()
        self.venue = venue
        self.traded = panel.traded_array[-1]
        self._market = Market(_quoted_at_the_end(panel), venue)
        self.prices = self._market.marks[-1, :-1]

    @property
    def state(self) -> np.ndarray:
        """N codes of :class:`Reason`: what keeps a name from being ordered, as far as it is known."""
        begun = self._market.last_bar[-1, :-1] >= 0
        silent = np.where(begun, int(Reason.SUSPENDED), int(Reason.NOT_LISTED))
        return np.where(self.traded, int(Reason.TRADABLE), silent)

    @property
    def lots(self) -> Lots | None:
        """The sizes that orders may have; ``None`` where the market has no lots."""
        least, step = self._market.lots
        return Lots(least[:-1], step[:-1]) if self.venue.rules.lots else None

    @property
    def volatility(self) -> np.ndarray:
        """N standard deviations of the last daily returns; NaN where there are fewer than two."""
        return self._market.volatility(len(self._market.days) - 1, _WINDOW)[:-1]

    def fee(self, changes: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """Return what changes of shares cost at the rates of the last date, CNY."""
        return self.venue.fee(changes, prices, self.session)

    def silence(self, index: int) -> str:
        """Say since when a name has no bar; nothing where it has one on the last date."""
        last = int(self._market.last_bar[-1, index])
        return "" if self.traded[index] or last < 0 else f"no bar since {self._market.days[last]}"

    def doubts(self, index: int, change: float) -> str:
        """Say what of the last session may keep an order from being filled at the next."""
        if not (self.venue.is_exchange and self.traded[index]):
            return ""
        said = []
        if change > 0.0 and self._at_limit[1][index]:
            said.append("closed at its upper limit: nobody may sell")
        if change < 0.0 and self._at_limit[0][index]:
            said.append("closed at its lower limit: nobody may buy")
        part, volume = self.venue.rules.participation, self._market.facts.volume[-1, index]
        if part is not None and abs(change) > part * volume:
            said.append(f"more than {part:.0%} of the last volume, {volume:,.0f} shares")
        return "; ".join(said)

    @cached_property
    def _at_limit(self) -> tuple[np.ndarray, np.ndarray]:
        facts = self._market.facts
        down, up = (
            is_locked_down(self.prices, facts.down[-1, :-1]),
            is_locked_up(self.prices, facts.up[-1, :-1]),
        )
        return down, up


def _quoted_at_the_end(panel: Panel) -> Panel:
    """Make every symbol's factor 1 on its last bar, so that prices and shares there are raw ones."""
    factor = panel.array("factor")
    rows = len(panel) - 1 - np.argmax(panel.traded_array[::-1], axis=0)
    last = factor[rows, np.arange(factor.shape[1])]
    return panel.with_arrays({"factor": factor / np.where(np.isnan(last), 1.0, last)})
