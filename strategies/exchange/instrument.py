"""What the exchange knows of a share on a bar: its board, lot, price band and volume, all in raw terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np

from ...feeds.boards import LimitTable, board_of, free_sessions
from ..planning.sizing import Lots
from .bar_facts import BarFacts
from .limits import day_band
from .lots import lot_of

_DEFAULT_LIMITS = LimitTable()
# No listing has more sessions without a limit.
_MOST_FREE = 5
# (bars ago, 0 for the current one) -> value
Reader = Callable[[int], float]


class Instrument:
    """One feed, seen as the exchange sees its share; ``ago`` counts bars as Backtrader's lines do.

    Raw prices and shares are what the exchange counts. A feed that delivers adjusted prices (``p.adjusted``
    of ``PanelFeed``) is brought back to them by its ``factor``: raw price = price / factor, raw shares =
    size x factor. ``factor``, ``pre_close`` and ``is_st`` are taken from the feed's lines of these names,
    or else from the panel behind a ``PanelFeed``. Where there is none, prices count as raw, the reference
    price is the close of the bar before, and the share is not ST.

    Parameters
    ----------
    data
        The feed; its name tells the board, see :func:`~btalpha.feeds.boards.board_of`. What is no A-share
        has no price band and single shares as lots.
    limits
        Largest moves of a day.
    """

    def __init__(self, data: Any, limits: LimitTable = _DEFAULT_LIMITS) -> None:
        self.data = data
        self.board = board_of(data._name)
        self.lot = lot_of(data._name)
        self._limits = limits
        self._factor = _reader(data, "factor") if getattr(data.p, "adjusted", False) else None
        self._pre_close = _reader(data, "pre_close")
        self._is_st = _reader(data, "is_st")

    def factor(self, ago: int = 0) -> float:
        """Return the raw shares in one of the feed's: 1 unless its prices are adjusted."""
        return 1.0 if self._factor is None else self._factor(ago)

    def raw_price(self, price: float, ago: int = 0) -> float:
        """Return a price of the feed as the exchange quotes it, CNY."""
        return price / self.factor(ago)

    def raw_volume(self, ago: int = 0) -> float:
        """Return the shares traded on a bar."""
        return self.data.lines.volume[ago]

    def pre_close(self, ago: int = 0) -> float:
        """Return the exchange's reference price of a bar, CNY; NaN where there is none."""
        if self._pre_close is not None:
            return self._pre_close(ago)
        if len(self.data) + ago < 2:
            return math.nan
        return self.data.lines.close[ago - 1] / self.factor(ago)

    def band(self, ago: int = 0, *, is_new: bool = False) -> tuple[float, float] | None:
        """Return the lowest and the highest price of a bar's day, CNY; ``None`` where there is no limit.

        ``is_new`` says that the feed's first bar was the listing: the first sessions after it have no
        limit. Neither has a day that traded outside the band, whatever the rule was that let it.
        """
        if self.board is None:
            return None
        day = self._day(ago)
        bars = len(self.data) + ago
        if is_new and bars <= _MOST_FREE and bars <= free_sessions(self.board, self.first_day(day)):
            return None
        reference = self.pre_close(ago)
        if not reference > 0.0:
            return None
        is_st = self._is_st is not None and self._is_st(ago) == 1.0
        low, high = self._range(ago)
        down, up = day_band(reference, self._limits.rate(self.board, day, is_st), low, high)
        return None if np.isnan(up) else (float(down), float(up))

    def facts(self, ago: int, *, is_new: bool, limits: bool, used: float) -> BarFacts:
        """Return what a fill on a bar depends on.

        Parameters
        ----------
        ago
            Bars ago, 0 or less.
        is_new
            As for :meth:`band`.
        limits
            Whether the price band matters.
        used
            Shares of the volume that earlier fills took.
        """
        factor, volume = self.factor(ago), self.raw_volume(ago)
        parts = {"factor": factor, "volume": volume, "least": self.lot.least, "step": self.lot.step}
        band = self.band(ago, is_new=is_new) if limits and volume != 0.0 else None
        if band is None:
            return BarFacts(**parts, used=used)
        low, high = self._range(ago)
        return BarFacts(**parts, used=used, low=low, high=high, down=band[0], up=band[1])

    def _range(self, ago: int) -> tuple[float, float]:
        """Return the lowest and the highest price of a bar, CNY, unadjusted."""
        lines = self.data.lines
        return self.raw_price(lines.low[ago], ago), self.raw_price(lines.high[ago], ago)

    def first_day(self, day: date) -> date:
        """Return the date of the feed's first bar, or ``day`` where it is kept no more (``exactbars``)."""
        times = self.data.lines.datetime
        return day if times.mode == times.QBuffer else times.date(1 - len(self.data))

    def _day(self, ago: int) -> date:
        return self.data.lines.datetime.date(ago)


def lots_of(instruments: Sequence[Instrument], matter: np.ndarray) -> Lots:
    """Return the sizes that orders for N instruments may have at their current bars.

    The factor of those that do not matter, by N booleans, or have no bar yet, is left at 1.
    """
    factor = np.ones(len(instruments))
    for index in np.flatnonzero(matter).tolist():
        if len(instruments[index].data):
            factor[index] = instruments[index].factor()
    return Lots(
        least=np.array([each.lot.least for each in instruments]),
        step=np.array([each.lot.step for each in instruments]),
        factor=factor,
    )


def _reader(data: Any, name: str) -> Reader | None:
    """Return how to read a figure of a feed: from a line, or from the panel behind it."""
    if name in data.getlinealiases():
        return getattr(data.lines, name).__getitem__
    fact = getattr(type(data), "fact", None)
    if fact is None or name not in data.p.dataname:
        return None
    return lambda ago: fact(data, name, ago)
