"""What the exchange knows of a share on a bar: its board, lot, price band and volume, all in raw terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np

from ...feeds.boards import LimitTable, board_of, free_sessions
from ..planning.sizing import Lots
from .limits import HALF_TICK, price_band
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
        down, up = price_band(reference, self._limits.rate(self.board, day, is_st))
        low, high = (self.raw_price(line[ago], ago) for line in (self.data.lines.low, self.data.lines.high))
        if low < down - HALF_TICK or high > up + HALF_TICK:
            return None
        return float(down), float(up)

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
