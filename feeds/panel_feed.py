"""``PanelFeed``: one symbol of a panel as a Backtrader data feed, filled in bulk."""

from __future__ import annotations

import math
from array import array
from collections import deque
from functools import lru_cache, partial
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from .errors import DataError
from .long_format import PRICES
from .panel import Panel
from .panel_line import Cursor, PanelLine

# Ordinal of 1970-01-01, the day NumPy counts from; Backtrader counts from 0001-01-01 = 1.
_EPOCH = 719163


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

    def __init__(self) -> None:
        self._bulk = False
        self._validate()
        self._name = self.p.name or self.p.symbol
        cursor, self._leader = Cursor(), self.lines[0]
        self._ahead: deque[float] | None = None
        self._row_of_day: dict[int, int] | None = None
        for number, (name, line) in enumerate(zip(self.getlinealiases(), self.lines, strict=True)):
            # Backtrader holds references to the lines already: they change their kind in place.
            line.__class__ = PanelLine
            line.attach(cursor, leads=number == 0)
            line.reset()
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
        self._column = int(np.flatnonzero(panel.symbols == symbol)[0])
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
        return {"datetime": _day_numbers(self.p.dataname.dates)[rows]} | {
            name: self._values(name, rows) for name in self._fields()
        }

    def _traded_rows(self) -> np.ndarray:
        return np.flatnonzero(~np.isnan(self.p.dataname.array("close")[:, self._column]))

    def _values(self, name: str, rows: np.ndarray) -> np.ndarray:
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

        Examples
        --------
        >>> from btalpha.feeds import simulate_market
        >>> cerebro = bt.Cerebro(stdstats=False)
        >>> feed, *_ = simulate_market(n_symbols=2, n_days=30, seed=1).add_to(cerebro)
        >>> _ = cerebro.run()
        >>> feed.fact("factor") * feed.fact("close") == feed.close[0]
        True
        """
        if self._row_of_day is None:
            self._row_of_day = _rows_of_days(_days_key(self.p.dataname.dates))
        row = self._row_of_day[math.floor(self.lines.datetime[ago])]
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
        times = _day_numbers(self.p.dataname.dates)[rows]
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
            values = _day_numbers(self.p.dataname.dates)[rows]
        elif name == "openinterest":
            values = np.full(len(rows), np.nan)
        else:
            values = self._values(name, rows)
        return array("d", values.tobytes())

    def start(self) -> None:
        """Begin at the first bar."""
        super().start()
        self._leader._cursor.end_queue()
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
        ahead = self._ahead
        return self._leader._cursor.lencount if ahead is None else self._length + 1 - len(ahead)

    def advance_peek(self) -> float:
        """Return the time of the next bar, infinity after the last.

        Only Cerebro's vectorised loop asks. From then on it gets the answer, and moves the feed, by
        built-in functions put in the place of the methods, until the feed is moved in another way.
        """
        if not self._bulk:
            return super().advance_peek()
        ahead = self._ahead = self._leader._cursor.queue(self._times(), self._end_fast_path)
        self.__dict__["advance_peek"] = partial(ahead.__getitem__, 0)
        self.__dict__["advance"] = ahead.popleft
        return ahead[0]

    def _times(self) -> list[float]:
        if self._rows is None:
            return self.lines.datetime.array[: self._length].tolist()
        days = _day_list(self.p.dataname.dates)
        return [days[row] for row in self._rows.tolist()]

    def _end_fast_path(self) -> None:
        self._ahead = None
        for name in ("advance_peek", "advance"):
            self.__dict__.pop(name, None)

    def __getstate__(self) -> dict[str, Any]:
        # To another process a feed goes without the built-in functions of the fast path.
        self._leader._cursor.end_queue()
        return self.__dict__

    def advance(self, size: int = 1, datamaster: Any = None, ticks: bool = True) -> None:
        """Move on by ``size`` bars."""
        super().advance(size, datamaster, ticks)

    def next(self, datamaster: Any = None, ticks: bool = True) -> bool | None:
        """Deliver the next bar in the loop that goes bar by bar."""
        self._leader._cursor.end_queue()
        return super().next(datamaster, ticks)

    def _tick_nullify(self) -> None:
        if not self._bulk:
            super()._tick_nullify()

    def _tick_fill(self, force: bool = False) -> None:
        if not self._bulk:
            super()._tick_fill(force)

    def __getattr__(self, name: str) -> Any:
        # A preloaded daily bar is its own tick: ``tick_open`` is read off the line when asked for.
        if name.startswith("tick_") and self.__dict__.get("_bulk"):
            if not len(self):
                return None
            return getattr(self.lines, "close" if name == "tick_last" else name[5:])[0]
        return super().__getattr__(name)


def _day_numbers(dates: pd.DatetimeIndex) -> np.ndarray:
    return _cached_day_numbers(_days_key(dates))[0]


def _day_list(dates: pd.DatetimeIndex) -> list[float]:
    """Return the day numbers as one list, whose numbers all feeds share."""
    return _cached_day_numbers(_days_key(dates))[1]


def _days_key(dates: pd.DatetimeIndex) -> bytes:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64).tobytes()


@lru_cache(maxsize=8)
def _cached_day_numbers(days: bytes) -> tuple[np.ndarray, list[float]]:
    numbers = np.frombuffer(days, dtype=np.int64).astype(float) + _EPOCH
    return numbers, numbers.tolist()


@lru_cache(maxsize=8)
def _rows_of_days(days: bytes) -> dict[int, int]:
    return {int(day) + _EPOCH: row for row, day in enumerate(np.frombuffer(days, dtype=np.int64))}
