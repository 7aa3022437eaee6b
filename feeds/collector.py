"""Builds a panel from the bars that Backtrader feeds have delivered, as they are delivered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from .day_numbers import EPOCH
from .errors import DataError
from .growing_table import GrowingTable
from .long_format import FLAGS, PRICES
from .panel import Panel

_NOT_FIELDS = ("datetime", "openinterest")


class Collector:
    """Gathers delivered bars feed by feed; never reads a bar that a feed has not delivered.

    Each bar is read once: a panel that is asked for again costs what has come since. Works on any
    Backtrader feed with daily bars (it asks for ``len(feed)``, ``getlinealiases()`` and the lines). Every
    line beyond ``datetime`` and ``openinterest`` becomes a field of the panel. Prices are taken as adjusted
    already (``factor`` = 1), unless the feed has a line ``factor``: then the prices of a feed that delivers
    adjusted ones (``PanelFeed``) are divided by it, so that the panel holds raw prices again.

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
        feeds = named_feeds(datas)
        self._symbols = pd.Index(sorted(feeds), name="symbol")
        self._feeds = [_Feed(name, feeds[name]) for name in self._symbols]
        names = dict.fromkeys(name for feed in self._feeds for name in feed.fields)
        self._table = GrowingTable((*names, *(() if "factor" in names else ("factor",))), len(self._feeds))

    def update(self) -> None:
        """Take over the bars delivered since the last time.

        Raises
        ------
        DataError
            If a feed delivered two bars of one day, or a bar earlier than the one before.
        """
        for column, feed in enumerate(self._feeds):
            days, bars = feed.fresh()
            if len(days):
                self._table.write(days, column, bars)

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
        days, arrays = self._table.views()
        if not len(days):
            raise DataError("no feed has delivered a bar yet", remedy="ask from next() or prenext() on")
        return Panel(
            dates=pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[ns]"), name="date"),
            symbols=self._symbols,
            arrays={name: values == 1.0 if name in FLAGS else values for name, values in arrays.items()},
        )


class _Feed:
    """Reads the bars of one feed, each once."""

    def __init__(self, name: str, data: Any) -> None:
        self.name, self.data = name, data
        self.fields = [alias for alias in data.getlinealiases() if alias not in _NOT_FIELDS]
        self.divides = "factor" in self.fields and bool(getattr(data.p, "adjusted", False))
        self._lines = {alias: getattr(data.lines, alias) for alias in self.fields}
        self._read = 0
        self._last = -EPOCH  # before any date that there is

    def fresh(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the days since 1970 and the fields of the bars delivered since the last time."""
        count = len(self.data) - self._read
        if count <= 0:
            return np.empty(0, dtype=np.int64), {}
        self._read += count
        days = self._days(count)
        bars = {alias: np.array(line.get(size=count), dtype=float) for alias, line in self._lines.items()}
        traded = ~np.isnan(bars["close"])
        if not traded.all():
            days, bars = days[traded], {alias: values[traded] for alias, values in bars.items()}
        if "factor" not in bars:
            bars["factor"] = np.ones(len(days))
        if self.divides:
            bars.update({price: bars[price] / bars["factor"] for price in PRICES if price in bars})
        return days, bars

    def _days(self, count: int) -> np.ndarray:
        times = np.array(self.data.lines.datetime.get(size=count), dtype=float)
        if getattr(self.data, "_tz", None) is None:
            days = np.floor(times).astype(np.int64) - EPOCH
        else:
            days = np.array([self.data.num2date(time).toordinal() - EPOCH for time in times], dtype=np.int64)
        late = np.flatnonzero(np.diff(days, prepend=self._last) <= 0)
        if len(late):
            day = pd.Timestamp(int(days[late[0]]), unit="D").date()
            raise DataError(
                f"feed {self.name!r}: the bar of {day} is not later than the one before",
                remedy="feed daily bars, sorted by date, one a day",
            )
        self._last = int(days[-1])
        return days


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
