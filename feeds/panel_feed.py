"""``PanelFeed``: one symbol of a panel as a Backtrader data feed, filled in bulk."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import backtrader as bt
import numpy as np

from .errors import DataError
from .long_format import PRICES
from .panel import Panel

# Ordinal of 1970-01-01, the day NumPy counts from; Backtrader counts from 0001-01-01 = 1.
_EPOCH = 719163


class _Cursor:
    """Where a feed stands: shared by all its lines, so that one step moves them all."""

    __slots__ = ("idx", "lencount")

    def __init__(self) -> None:
        self.idx = -1
        self.lencount = 0


class _PanelLine(bt.linebuffer.LineBuffer):
    """A line whose position is a cursor; only the leading line of a feed moves it.

    Backtrader moves every line of a feed in turn. The leader's move counts, the followers' do
    nothing beyond growing or shrinking their own buffer, so every mode of Backtrader still works.
    """

    _cursor: _Cursor
    _leads: bool

    @property
    def _idx(self) -> int:
        return self._cursor.idx

    @_idx.setter
    def _idx(self, value: int) -> None:
        if self._leads:
            self._cursor.idx = value

    @property
    def lencount(self) -> int:
        return self._cursor.lencount

    @lencount.setter
    def lencount(self, value: int) -> None:
        if self._leads:
            self._cursor.lencount = value

    def __getitem__(self, ago: int) -> float:
        return self.array[self._cursor.idx + ago]

    def __len__(self) -> int:
        return self._cursor.lencount

    def attach(self, cursor: _Cursor, *, leads: bool) -> None:
        self._cursor, self._leads = cursor, leads

    def qbuffer(self, savemem: int = 0, extrasize: int = 0) -> None:
        # With exactbars the buffers of one feed have different lengths, hence positions of their own.
        self.attach(_Cursor(), leads=True)
        super().qbuffer(savemem=savemem, extrasize=extrasize)


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
        self._cursor = _Cursor()
        self._leader = self.lines[0]
        for number, line in enumerate(self.lines):
            # Backtrader holds references to the lines already: they change their kind in place.
            line.__class__ = _PanelLine
            line.attach(self._cursor, leads=number == 0)
            line.reset()

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
        panel: Panel = self.p.dataname
        column = panel.symbols.get_loc(self.p.symbol)
        rows = np.flatnonzero(~np.isnan(panel.array("close")[:, column]))
        factor = panel.array("factor")[rows, column] if self.p.adjusted else None
        out = {"datetime": _day_numbers(panel.dates)[rows]}
        for name in self._fields():
            values = panel.array(name)[rows, column].astype(float)
            out[name] = values * factor if factor is not None and name in PRICES else values
        return out

    def preload(self) -> None:
        """Fill the lines in bulk; bar by bar only where a filter or an input time zone asks for it."""
        if self._filters or self._tzinput or self.lines[0].mode:
            super().preload()
        else:
            self._fill()
        self._times = self.lines.datetime.array
        self._length = self.buflen()
        self._bulk = not (self.resampling or self.replaying or self.lines[0].mode)

    def _fill(self) -> None:
        self._source = bars = self.bars()
        self._row = len(bars["datetime"])  # nothing is left for _load
        first = int(np.searchsorted(bars["datetime"], self.fromdate, side="left"))
        last = int(np.searchsorted(bars["datetime"], self.todate, side="right"))
        absent = np.full(max(last - first, 0), np.nan)
        for name, line in zip(self.getlinealiases(), self.lines, strict=True):
            values = bars[name][first:last] if name in bars else absent
            # What the line holds already is Cerebro's lookahead padding: it stays behind the bars.
            line.array = array("d", values.tobytes()) + line.array
        self.home()

    def start(self) -> None:
        """Begin at the first bar."""
        super().start()
        self._bulk = False
        self._row = -1
        self._source = None

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
        return self._leader._cursor.lencount

    def advance_peek(self) -> float:
        """Return the time of the next bar, infinity after the last."""
        if not self._bulk:
            return super().advance_peek()
        following = self._cursor.idx + 1
        return self._times[following] if following < self._length else float("inf")

    def advance(self, size: int = 1, datamaster: Any = None, ticks: bool = True) -> None:
        """Move on by ``size`` bars."""
        if self._bulk and datamaster is None:
            self._cursor.idx += size
            self._cursor.lencount += size
        else:
            super().advance(size, datamaster, ticks)

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


def add_panel(panel: Panel, cerebro: bt.Cerebro, *, extra: Sequence[str] = (), adjusted: bool = True) -> list:
    """Add one feed a symbol to a Cerebro, in the panel's order, each named by its symbol.

    Parameters
    ----------
    panel
        The bars.
    cerebro
        Where they go.
    extra
        Fields of the panel to deliver as lines of their own, for example ``("turnover",)``.
    adjusted
        Deliver prices times ``factor``.

    Returns
    -------
    list of PanelFeed
        The feeds, in the order of ``panel.symbols``.
    """
    kind: Any = feed_class(tuple(extra))
    feeds = [kind(dataname=panel, symbol=symbol, adjusted=adjusted) for symbol in panel.symbols]
    for feed in feeds:
        cerebro.adddata(feed, name=feed.p.symbol)
    return feeds


@lru_cache(maxsize=64)
def feed_class(extra: tuple[str, ...] = ()) -> type[PanelFeed]:
    """Return the feed class that delivers some panel fields as lines beside prices and volume.

    Examples
    --------
    >>> feed_class(("turnover",)).lines._getlines()[-1]
    'turnover'
    """
    taken = set(PanelFeed.lines._getlines())
    extra = tuple(name for name in dict.fromkeys(extra) if name not in taken)
    if not extra:
        return PanelFeed
    # Backtrader fixes the lines of a feed with its class, so every set of lines is a class of its own.
    return type(f"PanelFeed_{'_'.join(extra)}", (PanelFeed,), {"lines": extra, "__module__": __name__})


@lru_cache(maxsize=8)
def _cached_day_numbers(days: bytes) -> np.ndarray:
    return np.frombuffer(days, dtype=np.int64).astype(float) + _EPOCH


def _day_numbers(dates: Any) -> np.ndarray:
    return _cached_day_numbers(dates.to_numpy().astype("datetime64[D]").astype(np.int64).tobytes())
