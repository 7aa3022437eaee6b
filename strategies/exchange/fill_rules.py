"""How much of an order the exchange fills on a bar, and why not more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..planning.reasons import Reason
from .affordable import Fee, Whole, affordable
from .bar_facts import BarFacts
from .limits import is_locked_down, is_locked_up
from .lots import whole_lots

# Sizes this close to each other, relative to them, are the same: sums of fills differ in the last bit.
SAME = 1e-9


@dataclass(frozen=True, kw_only=True)
class FillRules:
    """The rules of a fill; each can be left out.

    Everything is elementwise: the broker asks with the numbers of one order, and whoever carries many
    portfolios at once with arrays of theirs.

    Parameters
    ----------
    lots
        Buys are cut down to whole lots; what is left of a holding is sold whole; no short sales.
    t_plus_1
        What was bought on a day is not sold on it.
    limits
        Nobody buys at a locked upper limit, or sells at a locked lower one.
    participation
        Largest part of a bar's volume that all orders together may take; ``None`` for any.
    """

    lots: bool = True
    t_plus_1: bool = True
    limits: bool = True
    participation: float | None = 0.1

    def barred(self, bar: BarFacts, price: Any, *, buys: bool, at_close: bool) -> Any:
        """Return why nothing of an order can be filled on a bar: codes of :class:`Reason`, 0 where it can.

        Parameters
        ----------
        bar
            The bar.
        price
            Price of the fill, in the broker's units.
        buys
            Whether it is a buy.
        at_close
            Filled at the close, where it is the close that must not be at the limit, and not the whole day.
        """
        code: Any = 0
        if self.limits and buys:
            lowest = price / bar.factor if at_close else bar.low
            code = np.where(is_locked_up(lowest, bar.up), int(Reason.LIMIT_UP), 0)
        elif self.limits:
            highest = price / bar.factor if at_close else bar.high
            code = np.where(is_locked_down(highest, bar.down), int(Reason.LIMIT_DOWN), 0)
        return np.where(bar.volume == 0.0, int(Reason.SUSPENDED), code)

    def buy(self, bar: BarFacts, size: Any, price: Any, cash: Any, fee: Fee) -> tuple[Any, Any]:
        """Return how much of a buy is filled for the cash, and the codes of why not more.

        Parameters
        ----------
        bar
            The bar.
        size
            Shares ordered, in the broker's units.
        price
            Price of the fill, in the broker's units.
        cash
            CNY.
        fee
            Maps sizes and prices to fees, CNY.
        """
        left, whole = self._volume_left(bar), self._whole(bar)
        lots = whole(np.minimum(size, left))
        step = bar.step / bar.factor if self.lots else 1.0
        paid = affordable(cash, lots, price, fee=fee, whole=whole, step=step)
        why = np.where(left < size, int(Reason.VOLUME), np.where(lots > 0.0, 0, int(Reason.LOT)))
        lacking = np.where(paid > 0.0, int(Reason.PARTIAL), int(Reason.CASH))
        return paid, np.where(paid < lots, lacking, why)

    def sale(self, bar: BarFacts, size: Any, held: Any, bought: Any = 0.0) -> tuple[Any, Any]:
        """Return how much of a sale is filled, and the codes of why not more.

        Parameters
        ----------
        bar
            The bar.
        size, held
            Shares ordered and held, in the broker's units, without sign.
        bought
            Shares of those held that were bought on the day of the bar.
        """
        left, whole = self._volume_left(bar), self._whole(bar)
        if not (self.lots or self.t_plus_1):
            cut = left < size
            filled = np.where(cut, np.floor(np.minimum(left, size)), size)
            return filled, np.where(cut, int(Reason.VOLUME), 0)
        bought = bought if self.t_plus_1 else 0.0
        free = np.maximum(held - bought, 0.0)
        most = np.minimum(size, free)
        stuck, all_of_it = free <= SAME * held, (free <= left) & (size >= free * (1.0 - SAME))
        lots = whole(np.minimum(most, left))
        not_free = np.where(bought > 0.0, int(Reason.SETTLEMENT), int(Reason.NOT_HELD))
        none_free = np.where(held > 0.0, int(Reason.SETTLEMENT), int(Reason.NOT_HELD))
        more_ordered = np.where(size <= free * (1.0 + SAME), 0, not_free)
        why = np.where(left < most, int(Reason.VOLUME), np.where(lots > 0.0, 0, int(Reason.LOT)))
        filled = np.where(stuck, 0.0, np.where(all_of_it, free, lots))
        return filled, np.where(stuck, none_free, np.where(all_of_it, more_ordered, why))

    def _volume_left(self, bar: BarFacts) -> Any:
        """Return how much more of a bar's volume orders may take, in the broker's units."""
        if self.participation is None:
            return np.inf
        left = np.maximum(self.participation * bar.volume - bar.used, 0.0) / bar.factor
        return np.where(np.isnan(bar.volume), np.inf, left)

    def _whole(self, bar: BarFacts) -> Whole:
        """Return what cuts sizes down to whole lots, or else to single shares."""
        if not self.lots:
            return np.floor
        return partial(whole_lots, least=bar.least, step=bar.step, factor=bar.factor)


# A market without rules.
FREE = FillRules(lots=False, t_plus_1=False, limits=False, participation=None)
