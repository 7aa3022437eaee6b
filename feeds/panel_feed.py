"""``PanelFeed``: one symbol of a panel as a Backtrader data feed, filled in bulk."""

from __future__ import annotations

import math
from array import array
from functools import partial
from typing import Any

import backtrader as bt
import numpy as np

from .day_numbers import day_numbers, rows_of_days
from .errors import DataError
from .long_format import PRICES
from .panel import Panel
from .panel_clock import PanelClock
from .panel_columns import PanelColumns
from .panel_line import LinesTogether


class PanelFeed(bt.feed.DataBase):
    """Backtrader feed of one symbol of a panel; a day without a bar (a suspension) is not delivered.

    With preload (Backtrader's default) the lines are filled in bulk and share one cursor, which
    makes hundreds of feeds load in a fraction of a second; in any other mode the feed behaves as
    every other one. Add all symbols at once with :meth:`btalpha.feeds.Panel.add_to`.

    Params:

      - ``dataname``: the :class:`~btalpha.feeds.Panel`

      - ``symbol`` (def: ``""``): which of its symbols; also the feed's name unless ``name`` is given

      - ``adjusted`` (def: ``True``): deliver prices times ``factor``, comparable over time; volume
        is delivered as it is in shares

    Further params (``fromdate``, ``todate``, ``tz``, ``filters`` ...) are those of every feed.

    Raises
    ------
    DataError
        If ``dataname`` is not a panel, or it has no such symbol or line.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = pd.DataFrame({
    ...     "date": ["2016-01-04", "2016-01-05"], "symbol": "A", "open": [10.0, 10.1],
    ...     "high": 11.0, "low": 9.0, "close": [10.2, 10.3], "volume": 100.0, "factor": [1.0, 2.0]})
    >>> cerebro = bt.Cerebro(stdstats=False)
    >>> feed, = Panel.from_long(bars).add_to(cerebro)
    >>> _ = cerebro.addstrategy(bt.Strategy)
    >>> _ = cerebro.run()
    >>> feed._name, list(feed.close.array)
    ('A', [10.2, 20.6])
    """

    params = (("symbol", ""), ("adjusted", True))
    # Asked for on every bar: beside the object itself they are found at once, with thousands of feeds too.
    __slots__ = ("_counts", "_place")

    def __init__(self) -> None:
        self._bulk = False
        self._validate()
        self._name = self.p.name or self.p.symbol
        # Where feeds of the same panel find their values faster together than each for itself.
        self.columns: PanelColumns | None = None
        self._panel_clock: PanelClock | None = None
        self._counts: memoryview | None = None
        self._together, self._first = LinesTogether(self.lines), self.lines[0]
        for name, line in zip(self.getlinealiases(), self.lines, strict=True):
            if not hasattr(type(self), name):
                # ``feed.close`` is found at once, where Backtrader searches the feed, then its lines.
                self.__dict__[name] = line

    def _validate(self) -> None:
        panel, symbol = self.p.dataname, self.p.symbol
        if not isinstance(panel, Panel):
            raise DataError(
                f"PanelFeed: dataname must be a Panel, got {type(panel).__name__}",
                remedy="PanelFeed(dataname=panel, symbol=...) or panel.add_to(cerebro)",
            )
        if symbol not in panel.symbols:
            raise DataError(
                f"PanelFeed: the panel has no symbol {symbol!r}", remedy="symbol= one of panel.symbols"
            )
        self._column = int(panel.symbols.get_loc(symbol))  # type: ignore[arg-type]
        missing = [name for name in self._fields() if name not in panel]
        if missing:
            raise DataError(
                f"PanelFeed: the panel has no field {missing[0]!r} for a line",
                remedy=f"use fields of the panel: {', '.join(panel.fields)}",
            )

    def _fields(self) -> list[str]:
        return [name for name in self.getlinealiases() if name not in ("datetime", "openinterest")]

    # -- the bars -----------------------------------------------------------------------------

    def bars(self) -> dict[str, np.ndarray]:
        """Return the symbol's bars: one float array a line, as long as the days it traded on."""
        rows = self._traded_rows()
        return {"datetime": day_numbers(self.p.dataname.dates)[rows]} | {
            name: self._values(name, rows) for name in self._fields()
        }

    def _traded_rows(self) -> np.ndarray:
        return np.flatnonzero(~np.isnan(self.p.dataname.array("close")[:, self._column]))

    def _values(self, name: str, rows: np.ndarray) -> np.ndarray:
        if self.columns is not None:
            return self.columns.values(name, self._column)[rows]
        panel: Panel = self.p.dataname
        values = panel.array(name)[rows, self._column].astype(float)
        if self.p.adjusted and name in PRICES:
            values *= panel.array("factor")[rows, self._column]
        return values

    def fact(self, name: str, ago: int = 0) -> float:
        """Return a field of the panel on a bar that was delivered, as it is in the panel.

        Parameters
        ----------
        name
            Of a field that need not be a line.
        ago
            Bars ago, 0 or less, as for lines.

        Raises
        ------
        IndexError
            If that bar was not delivered: before a feed's first bar there is none.

        Examples
        --------
        >>> from btalpha.feeds import simulate_market
        >>> cerebro = bt.Cerebro(stdstats=False)
        >>> feed, *_ = simulate_market(n_symbols=2, n_days=30, seed=1).add_to(cerebro)
        >>> _ = cerebro.run()
        >>> feed.fact("factor") * feed.fact("close") == feed.close[0]
        True
        """
        if ago > 0 or len(self) + ago < 1:
            raise IndexError(f"{self._name}: no bar {-ago} bars ago was delivered, of {len(self)} so far")
        if self._rows is not None:
            row = self._rows[self._first.idx + ago]
        else:
            row = rows_of_days(self.p.dataname.dates)[math.floor(self.lines.datetime[ago])]
        return float(self.p.dataname.array(name)[row, self._column])

    def preload(self) -> None:
        """Make the lines ready; bar by bar only where a filter or an input time zone asks for it."""
        if self._filters or self._tzinput or self.lines[0].mode:
            super().preload()
        else:
            self._defer()
        self._length = self.buflen()
        self._bulk = not (self.resampling or self.replaying or self.lines[0].mode)

    def _defer(self) -> None:
        """Let every line take its values from the panel when it is first read."""
        rows = self._traded_rows()
        times = day_numbers(self.p.dataname.dates)[rows]
        self._source, self._row = {"datetime": times}, len(times)  # nothing is left for _load
        first = int(np.searchsorted(times, self.fromdate, side="left"))
        last = max(int(np.searchsorted(times, self.todate, side="right")), first)
        rows = self._rows = rows[first:last].astype(np.int32)
        for name, line in zip(self.getlinealiases(), self.lines, strict=True):
            line.defer(len(rows), partial(self._column_of, name, rows))
        self.home()

    def _column_of(self, name: str, rows: np.ndarray) -> array[float]:
        """Return the values of a line on some rows of the panel."""
        if name == "datetime":
            values = day_numbers(self.p.dataname.dates)[rows]
        elif name == "openinterest":
            values = np.full(len(rows), np.nan)
        else:
            values = self._values(name, rows)
        return array("d", values.tobytes())

    def start(self) -> None:
        """Begin at the first bar."""
        super().start()
        self._stop_clock()
        for name in [name for name in self.__dict__ if name.startswith("tick_")]:
            del self.__dict__[name]  # of an earlier run, bar by bar
        self._bulk = False
        self._row = -1
        self._source = self._rows = None

    def _load(self) -> bool:
        if self._source is None:
            self._source = self.bars()
        self._row += 1
        if self._row >= len(self._source["datetime"]):
            return False
        for name, values in self._source.items():
            getattr(self.lines, name)[0] = float(values[self._row])
        return True

    # -- the fast path of Cerebro's loop ------------------------------------------------------

    def __len__(self) -> int:
        counts = self._counts
        return self._first.lencount if counts is None else counts[self._place]

    def advance_peek(self) -> float:
        """Return the time of the next bar, infinity after the last.

        Only Cerebro's vectorised loop asks. The first feed that it asks puts all feeds of its panel on
        one clock; from then on they answer as that has it.
        """
        if self._rows is None or not self._bulk or len(self):
            return super().advance_peek()
        _start_clock([feed for feed in self._env.datas if feed is self or self._may_lead(feed)], self)
        return self.advance_peek()

    def _may_lead(self, feed: Any) -> bool:
        """Say whether a feed is of the same panel, and stands before its first bar as this one does."""
        if not isinstance(feed, PanelFeed) or feed.p.dataname.dates is not self.p.dataname.dates:
            return False
        return feed._rows is not None and feed._bulk and not len(feed)

    def follow(self, clock: PanelClock, place: int, *, leads: bool) -> None:
        """Go by a clock; what Cerebro's loop calls is put in the place of the methods."""
        self._panel_clock, self._counts, self._place = clock, clock.counts, place
        self._together.cursor.follow(clock, place)
        self.__dict__["advance_peek"] = clock.peek if leads else clock.never
        if leads:
            self.__dict__["advance"] = clock.advance

    def leave_clock(self) -> None:
        """Go on by itself."""
        self._together.cursor.leave()
        self._panel_clock = self._counts = None
        for name in ("advance_peek", "advance"):
            self.__dict__.pop(name, None)
        # It does not stand before its first bar, or it is not to be put on a clock again.
        self._bulk = False

    def __getstate__(self) -> dict[str, Any]:
        # To another process a feed goes without the clock.
        self._stop_clock()
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._counts = None

    def _stop_clock(self) -> None:
        if self._panel_clock is not None:
            self._panel_clock.stop()

    def advance(self, size: int = 1, datamaster: Any = None, ticks: bool = True) -> None:
        """Move on by ``size`` bars."""
        super().advance(size, datamaster, ticks)

    def next(self, datamaster: Any = None, ticks: bool = True) -> bool | None:
        """Deliver the next bar in the loop that goes bar by bar."""
        self._stop_clock()
        return super().next(datamaster, ticks)

    def _tick_nullify(self) -> None:
        if self._counts is None:
            super()._tick_nullify()

    def _tick_fill(self, force: bool = False) -> None:
        if self._counts is None:
            super()._tick_fill(force)

    def __getattr__(self, name: str) -> Any:
        # On the clock a bar is its own tick: ``tick_open`` is read off the line when asked for.
        if name.startswith("tick_") and self._counts is not None:
            # Backtrader fills no ticks for the last bar.
            if not 0 < len(self) < self._length:
                return None
            return getattr(self.lines, "close" if name == "tick_last" else name[5:])[0]
        return super().__getattr__(name)


def _start_clock(feeds: list[PanelFeed], leader: PanelFeed) -> None:
    dates = leader.p.dataname.dates
    delivers = np.zeros((len(dates), len(feeds)), dtype=bool)
    for place, feed in enumerate(feeds):
        delivers[feed._rows, place] = True

    def stop() -> None:
        for feed in feeds:
            feed.leave_clock()

    clock = PanelClock(day_numbers(dates).tolist(), delivers, stop)
    for place, feed in enumerate(feeds):
        feed.follow(clock, place, leads=feed is leader)
