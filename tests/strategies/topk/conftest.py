"""Feeds of every kind that Backtrader has for daily bars, made from one panel."""

import itertools
from pathlib import Path

import backtrader as bt
import pandas as pd
import pytest
from btalpha.feeds import Panel, PanelFeed

BARS = ["open", "high", "low", "close", "volume"]


class Wire:
    """Time as live feeds know it: a date goes by when nobody has had anything to deliver for a while."""

    def __init__(self, dates: pd.DatetimeIndex) -> None:
        self.dates, self.idle = list(dates), 0

    def may_deliver(self, stamp: pd.Timestamp) -> bool:
        if stamp <= self.dates[0]:
            self.idle = 0
            return True
        self.idle += 1
        if self.idle > 40:
            self.dates.pop(0)
            self.idle = 0
        return False


class FakeLive(bt.feed.DataBase):
    """A feed that has to be asked several times before it delivers a bar, as a live one."""

    params = (("wire", None),)

    def start(self) -> None:
        super().start()
        self._rows = list(self.p.dataname.itertuples())

    def islive(self) -> bool:
        return True

    def haslivedata(self) -> bool:
        return bool(self._rows)

    def _load(self) -> bool | None:
        if not self._rows:
            return False
        if not self.p.wire.may_deliver(self._rows[0].Index):
            return None
        row = self._rows.pop(0)
        self.lines.datetime[0] = bt.date2num(row.Index.to_pydatetime())
        for name in BARS:
            getattr(self.lines, name)[0] = getattr(row, name)
        return True


def bars_of(panel: Panel, symbol: str) -> pd.DataFrame:
    """The adjusted bars of a symbol, without the days on which it was not traded."""
    columns = {name: panel.adjusted(name)[symbol] for name in BARS[:4]}
    return pd.DataFrame({**columns, "volume": panel["volume"][symbol]}).dropna()


class Market:
    """Makes feeds of one panel's symbols, kind by kind."""

    def __init__(self, panel: Panel, folder: Path) -> None:
        self.panel, self.folder = panel, folder
        self.wire = Wire(panel.dates)

    def panel_feed(self, symbol: str) -> bt.feed.DataBase:
        return PanelFeed(dataname=self.panel, symbol=symbol)

    def pandas(self, symbol: str) -> bt.feed.DataBase:
        """Stamped at midnight."""
        return bt.feeds.PandasData(dataname=bars_of(self.panel, symbol))

    def csv(self, symbol: str) -> bt.feed.DataBase:
        """Stamped at the end of the session, 23:59:59.99."""
        path = self.folder / f"{symbol}.csv"
        bars_of(self.panel, symbol).to_csv(path)
        return bt.feeds.GenericCSVData(dataname=str(path), dtformat="%Y-%m-%d", openinterest=-1)

    def shanghai(self, symbol: str) -> bt.feed.DataBase:
        """Midnights in Shanghai as Backtrader counts them, in UTC: 16:00 of the day before."""
        return self._midnights(symbol, "Asia/Shanghai")

    def new_york(self, symbol: str) -> bt.feed.DataBase:
        """Midnights in New York, 4:00 or 5:00 UTC."""
        return self._midnights(symbol, "America/New_York")

    def live(self, symbol: str) -> bt.feed.DataBase:
        return FakeLive(dataname=bars_of(self.panel, symbol), wire=self.wire, timeframe=bt.TimeFrame.Days)

    def minutes(self, symbol: str) -> bt.feed.DataBase:
        """Two bars a day, at 11:30 and 15:00, that add up to the day's."""
        rows = []
        for day, bar in bars_of(self.panel, symbol).iterrows():
            first = {**bar, "close": bar.open, "volume": bar.volume / 2}
            rows += [(day + pd.Timedelta(hours=11.5), first)]
            rows += [(day + pd.Timedelta(hours=15), {**bar, "open": bar.open, "volume": bar.volume / 2})]
        table = pd.DataFrame([bar for _, bar in rows], index=[time for time, _ in rows])
        return bt.feeds.PandasData(dataname=table, timeframe=bt.TimeFrame.Minutes, compression=120)

    def _midnights(self, symbol: str, zone: str) -> bt.feed.DataBase:
        bars = bars_of(self.panel, symbol)
        utc = bars.index.tz_localize(zone).tz_convert("UTC").tz_localize(None)
        return bt.feeds.PandasData(dataname=bars.set_index(utc), tz=zone)

    def adder(self, *kinds: str):
        """A function that adds all symbols, of these kinds in turn."""
        chosen = dict(zip(self.panel.symbols, itertools.cycle(kinds), strict=False))
        self.wire = Wire(self.panel.dates)

        def add(cerebro: bt.Cerebro) -> None:
            for symbol, kind in chosen.items():
                data = getattr(self, kind)(symbol)
                if kind == "minutes":
                    cerebro.resampledata(data, name=symbol, timeframe=bt.TimeFrame.Days)
                else:
                    cerebro.adddata(data, name=symbol)

        return add


@pytest.fixture(scope="session")
def feeds_of(tmp_path_factory):
    """Makes a :class:`Market` of a panel."""
    return lambda panel: Market(panel, tmp_path_factory.mktemp("bars"))
