"""Builds a panel from the bars that Backtrader feeds have delivered, as they are delivered."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .errors import DataError
from .long_format import FLAGS, PRICES
from .panel import Panel

_EPOCH = 719163  # ordinal of 1970-01-01
_NOT_FIELDS = ("datetime", "openinterest")


class Collector:
    """Gathers delivered bars feed by feed; never reads a bar that a feed has not delivered.

    Works on any Backtrader feed with daily bars (it asks for ``len(feed)``, ``getlinealiases()``
    and the lines). Every line beyond ``datetime`` and ``openinterest`` becomes a field of the panel.
    Prices are taken as adjusted already (``factor`` = 1), unless the feed has a line ``factor``: then
    the prices of a feed that delivers adjusted ones (``PanelFeed``) are divided by it, so that the
    panel holds raw prices again.

    Parameters
    ----------
    datas
        The feeds, each with a name of its own.

    Raises
    ------
    DataError
        If a feed has no name, or two have the same.
    """

    def __init__(self, datas: Iterable[Any]) -> None:
        self._feeds = {name: _Feed(name, data) for name, data in named_feeds(datas).items()}

    def update(self) -> None:
        """Take over the bars delivered since the last time.

        Raises
        ------
        DataError
            If a feed delivered two bars of one day, or a bar earlier than the one before.
        """
        for feed in self._feeds.values():
            feed.update()

    def panel(self) -> Panel:
        """Return what was delivered until now as a panel.

        Bars whose close is NaN count as days without trade. A feed that has not started yet is a
        column of NaN; a field that only some feeds have is NaN for the others.

        Raises
        ------
        DataError
            If nothing was delivered yet.
        """
        self.update()
        symbols = sorted(self._feeds)
        days = [self._feeds[symbol].days() for symbol in symbols]
        dates = np.unique(np.concatenate(days)) if days else np.empty(0)
        if not len(dates):
            raise DataError("no feed has delivered a bar yet", remedy="ask from next() or prenext() on")
        arrays = self._arrays(symbols, [np.searchsorted(dates, each) for each in days], len(dates))
        return Panel(
            dates=pd.DatetimeIndex(dates.astype("datetime64[D]").astype("datetime64[ns]"), name="date"),
            symbols=pd.Index(symbols, name="symbol"),
            arrays=arrays,
        )

    def _arrays(self, symbols: list[str], rows: list[np.ndarray], length: int) -> dict[str, np.ndarray]:
        names = dict.fromkeys(name for symbol in symbols for name in self._feeds[symbol].fields)
        arrays = {name: np.full((length, len(symbols)), np.nan) for name in (*names, "factor")}
        for column, symbol in enumerate(symbols):
            bars = self._feeds[symbol].bars()
            for name, values in bars.items():
                arrays[name][rows[column], column] = values
        return {name: values == 1.0 if name in FLAGS else values for name, values in arrays.items()}


class _Feed:
    """The bars of one feed, a growing buffer a line."""

    def __init__(self, name: str, data: Any) -> None:
        self.name, self.data = name, data
        self.fields = [alias for alias in data.getlinealiases() if alias not in _NOT_FIELDS]
        self.divides = "factor" in self.fields and bool(getattr(data.p, "adjusted", False))
        self.columns = {alias: array("d") for alias in self.fields}
        self.times = array("d")
        self._days = np.empty(0)

    def update(self) -> None:
        fresh = len(self.data) - len(self.times)
        if fresh <= 0:
            return
        for alias, column in self.columns.items():
            column.extend(getattr(self.data.lines, alias).get(size=fresh))
        times = self.data.lines.datetime.get(size=fresh)
        self.times.extend(times)
        self._days = np.concatenate([self._days, self._to_days(times)])
        late = np.flatnonzero(np.diff(self._days[-fresh - 1 :]) <= 0)
        if len(late):
            day = pd.Timestamp(int(self._days[-fresh - 1 :][late[0] + 1]), unit="D").date()
            raise DataError(
                f"feed {self.name!r}: the bar of {day} is not later than the one before",
                remedy="feed daily bars, sorted by date, one a day",
            )

    def _to_days(self, times: Sequence[float]) -> np.ndarray:
        if getattr(self.data, "_tz", None) is None:
            return np.floor(np.asarray(times, dtype=float)) - _EPOCH
        return np.array([self.data.num2date(time).toordinal() - _EPOCH for time in times], dtype=float)

    def _traded(self) -> np.ndarray:
        return ~np.isnan(np.frombuffer(self.columns["close"])) if self.times else np.empty(0, dtype=bool)

    def days(self) -> np.ndarray:
        return self._days[self._traded()].astype(np.int64)

    def bars(self) -> dict[str, np.ndarray]:
        traded = self._traded()
        # Copies, not views: a buffer that NumPy looks into cannot grow.
        bars = {alias: np.array(column)[traded] for alias, column in self.columns.items()}
        if "factor" not in bars:
            bars["factor"] = np.ones(int(traded.sum()))
        if self.divides:
            bars.update({price: bars[price] / bars["factor"] for price in PRICES if price in bars})
        return bars


def named_feeds(datas: Iterable[Any]) -> dict[str, Any]:
    """Return the feeds by name.

    Feeds are keyed by name because two of them compare equal whenever their closes do.

    Raises
    ------
    DataError
        If a feed has no name, or two have the same.
    """
    feeds: dict[str, Any] = {}
    for number, data in enumerate(datas):
        name = getattr(data, "_name", "")
        if not name:
            raise DataError(f"feed {number} has no name", remedy="cerebro.adddata(feed, name=symbol)")
        if name in feeds:
            raise DataError(f"two feeds are named {name!r}", remedy="give each feed a name of its own")
        feeds[name] = data
    return feeds


def panel_from_feeds(datas: Iterable[Any]) -> Panel:
    """Return the bars that some feeds have delivered so far as a panel; see :class:`Collector`."""
    return Collector(datas).panel()
