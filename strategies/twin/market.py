"""The bars as the twin reads them: arrays of sessions x names, none looked at ahead of its session."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np

from ...feeds import Panel
from ...feeds.boards import LimitTable, board_of, free_sessions
from ..exchange.bar_facts import BarFacts
from ..exchange.limits import day_band
from ..exchange.lots import lot_of
from ..market_view import volatility_of
from .venue import Venue


class Market:
    """Bars of N names on S sessions: the dates on which any of them traded.

    Every array has N + 1 columns; the last stands for no name at all, which never trades and is worth
    nothing, so that tables of names may have empty places.

    Parameters
    ----------
    panel
        The bars, with the symbols in their order.
    venue
        Where they are traded.
    """

    def __init__(self, panel: Panel, venue: Venue) -> None:
        traded = panel.traded_array
        self.rows = np.flatnonzero(traded.any(axis=1))
        self._panel, self._venue = panel, venue
        self.days: list[date] = [stamp.date() for stamp in panel.dates[self.rows]]
        self.traded = _padded(traded[self.rows], False)
        self.size = traded.shape[1]

    @cached_property
    def opens(self) -> np.ndarray:
        """Adjusted opening prices, CNY; NaN without a bar."""
        return self._field("open", adjusted=True)

    @cached_property
    def closes(self) -> np.ndarray:
        """Adjusted closing prices, CNY; NaN without a bar."""
        return self._field("close", adjusted=True)

    @cached_property
    def marks(self) -> np.ndarray:
        """The last close at or before each session, CNY; 0 before the first bar."""
        return np.nan_to_num(self._last(self.closes))

    @cached_property
    def factors(self) -> np.ndarray:
        """Raw shares in an adjusted one, as of the last bar; 1 before the first."""
        factor = self._last(self._field("factor"))
        return np.where(self.last_bar < 0, 1.0, factor)

    @cached_property
    def last_bar(self) -> np.ndarray:
        """The session of the last bar at or before each session; -1 before the first."""
        sessions = np.arange(len(self.rows))[:, None]
        return np.maximum.accumulate(np.where(self.traded, sessions, -1), axis=0)

    @cached_property
    def ordinals(self) -> np.ndarray:
        """The sessions' dates as days since the year 1, length S."""
        return np.array([day.toordinal() for day in self.days])

    @cached_property
    def delisted(self) -> np.ndarray:
        """Whether a name is known to be delisted by a session."""
        never = date.max
        first = [self._venue.delistings.get(name, never).toordinal() for name in self._panel.symbols]
        return _padded(self.ordinals[:, None] >= np.array(first), False)

    @cached_property
    def lots(self) -> tuple[np.ndarray, np.ndarray]:
        """Smallest order and step of each name, raw shares."""
        lots = [lot_of(str(name)) for name in self._panel.symbols]
        return (
            np.array([*(each.least for each in lots), 1], dtype=float),
            np.array([*(each.step for each in lots), 1], dtype=float),
        )

    @cached_property
    def facts(self) -> BarFacts:
        """What a fill on each bar depends on."""
        volume = self._field("volume")
        if not self._venue.is_exchange:
            volume = np.full(volume.shape, np.nan)  # nobody asks for it
        least, step = (np.broadcast_to(each, volume.shape) for each in self.lots)
        factor = self.factors
        low, high = (self._field(name, adjusted=True) / factor for name in ("low", "high"))
        down = up = np.full(volume.shape, np.nan)
        if self._venue.rules.limits:
            down, up = day_band(self._references(), self._rates(), low, high)
            down, up = (np.where(self._free(), np.nan, each) for each in (down, up))
        return BarFacts(
            factor=factor, volume=volume, low=low, high=high, down=down, up=up, least=least, step=step
        )

    def volatility(self, session: int, window: int) -> np.ndarray:
        """Return the volatilities known at a session, N + 1; NaN where there are fewer than two returns."""
        result = np.full(self.size + 1, np.nan)
        for name in range(self.size):
            bars = np.flatnonzero(self.traded[: session + 1, name])[-window - 1 :]
            result[name] = volatility_of(self.closes[bars, name]) if len(bars) > 2 else np.nan
        return result

    def _references(self) -> np.ndarray:
        """Return the exchange's reference prices: the close before, where the panel has none."""
        if "pre_close" in self._panel:
            return self._field("pre_close")
        before = np.vstack([np.full(self.size + 1, np.nan), self._last(self.closes)[:-1]])
        return before / self.factors

    def _rates(self) -> np.ndarray:
        """Return the largest moves of a day; NaN for what is no A-share."""
        symbols, shape = self._panel.symbols, (len(self.rows), self.size)
        treated = self._field("is_st")[:, :-1] if "is_st" in self._panel else np.zeros(shape)
        rates = LimitTable().rates(symbols.to_numpy(), treated, self._panel.dates[self.rows])
        known = np.array([board_of(str(name)) is not None for name in symbols])
        return _padded(np.where(known, rates, np.nan), np.nan)

    def _free(self) -> np.ndarray:
        """Say which bars are the first ones of a listing, which have no limit."""
        bars = np.cumsum(self.traded, axis=0)
        free = np.zeros(self.size + 1)
        for column, name in enumerate(self._panel.symbols):
            board, first = board_of(str(name)), self._venue.listings.get(name)
            begun = self.days[int(self.traded[:, column].argmax())]
            if board is not None and first == begun:
                free[column] = free_sessions(board, begun)
        return bars <= free

    def _field(self, name: str, *, adjusted: bool = False) -> np.ndarray:
        values = self._panel.adjusted_array(name) if adjusted else self._panel.array(name)
        return _padded(np.asarray(values[self.rows], dtype=float), np.nan)

    def _last(self, values: np.ndarray) -> np.ndarray:
        """Carry the values of bars on; NaN before the first."""
        found = np.take_along_axis(values, np.maximum(self.last_bar, 0), axis=0)
        return np.where(self.last_bar < 0, np.nan, found)


def _padded(values: np.ndarray, value: float) -> np.ndarray:
    """Add the column of no name."""
    return np.column_stack([values, np.full(len(values), value, dtype=values.dtype)])
