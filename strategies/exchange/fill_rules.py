"""How much of an order the exchange fills on a bar, and why not more."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..planning.reasons import Reason
from .day_book import DayBook
from .instrument import Instrument
from .limits import is_locked_down, is_locked_up
from .lots import whole_lots

# Sizes this close to each other, relative to them, are the same: sums of fills differ in the last bit.
SAME = 1e-9
# (size, price, what cuts a size down to whole lots, distance of two lots) -> size that the cash pays for
Affordable = Callable[[float, float, Callable[[float], float], float], float]


@dataclass(frozen=True, kw_only=True)
class FillRules:
    """The rules of a fill; each can be left out.

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

    def barred(
        self, instrument: Instrument, price: float, bar: int, *, buys: bool, at_close: bool, is_new: bool
    ) -> Reason | None:
        """Return why nothing of an order can be filled on a bar, if so.

        Parameters
        ----------
        instrument
            The share.
        price
            Price of the fill, as the feed has it.
        bar
            Bars ago, 0 or less.
        buys
            Whether it is a buy.
        at_close
            Filled at the close, where it is the close that must not be at the limit, and not the whole day.
        is_new
            Whether the feed's first bar was the listing.
        """
        if instrument.raw_volume(bar) == 0.0:
            return Reason.SUSPENDED
        band = instrument.band(bar, is_new=is_new) if self.limits else None
        if band is None:
            return None
        lines = instrument.data.lines
        if buys:
            lowest = instrument.raw_price(price if at_close else lines.low[bar], bar)
            return Reason.LIMIT_UP if is_locked_up(lowest, band[1]) else None
        highest = instrument.raw_price(price if at_close else lines.high[bar], bar)
        return Reason.LIMIT_DOWN if is_locked_down(highest, band[0]) else None

    def buy(
        self, instrument: Instrument, size: float, price: float, bar: int, book: DayBook, afford: Affordable
    ) -> tuple[float, Reason | None]:
        """Return how much of a buy is filled, and why not more."""
        whole, step = self._whole(instrument, bar)
        left = self._volume_left(instrument, bar, book)
        lots = whole(min(size, left))
        paid = afford(lots, price, whole, step)
        if paid < lots:
            return paid, Reason.PARTIAL if paid else Reason.CASH
        if left < size:
            return lots, Reason.VOLUME
        return lots, None if lots else Reason.LOT

    def sale(
        self, instrument: Instrument, size: float, held: float, bar: int, book: DayBook
    ) -> tuple[float, Reason | None]:
        """Return how much of a sale is filled, and why not more."""
        day = instrument.data.lines.datetime.date(bar)
        bought = book.bought(instrument.data, day) if self.t_plus_1 else 0.0
        free = max(held - bought, 0.0)
        if free <= SAME * held:
            return 0.0, Reason.SETTLEMENT if held > 0.0 else Reason.NOT_HELD
        left = self._volume_left(instrument, bar, book)
        if free <= left and size >= free * (1.0 - SAME):
            all_held = size <= free * (1.0 + SAME)
            return free, None if all_held else (Reason.SETTLEMENT if bought else Reason.NOT_HELD)
        whole, _ = self._whole(instrument, bar)
        lots = whole(min(size, free, left))
        if left < min(size, free):
            return lots, Reason.VOLUME
        return lots, None if lots else Reason.LOT

    def _volume_left(self, instrument: Instrument, bar: int, book: DayBook) -> float:
        """Return how much more of a bar's volume orders may take, in the broker's units."""
        volume = instrument.raw_volume(bar)
        if self.participation is None or math.isnan(volume):
            return math.inf
        used = book.traded(instrument.data, instrument.data.lines.datetime.date(bar))
        return max(self.participation * volume - used, 0.0) / instrument.factor(bar)

    def _whole(self, instrument: Instrument, bar: int) -> tuple[Callable[[float], float], float]:
        """Return what cuts sizes down to whole lots, and the distance between two of them."""
        factor, lot = instrument.factor(bar), instrument.lot
        if not self.lots:
            return math.floor, 1.0

        def whole(size: float) -> float:
            cut: Any = float(whole_lots(size, least=lot.least, step=lot.step, factor=factor))
            return int(cut) if factor == 1.0 else cut

        return whole, lot.step / factor
