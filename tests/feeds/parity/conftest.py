"""Two sources of the same bars, PanelFeed and PandasData, and how what they lead to is compared."""

from array import array
from collections import deque
from collections.abc import Iterator

import backtrader as bt
import pandas as pd
import pytest
from btalpha.feeds import Panel, PanelFeed, simulate_market

DAYS = 128
# Two stocks that always trade, one with suspensions, one listed late with suspensions, one delisted.
SYMBOLS = ["602620.SH", "000016.SZ", "000276.SZ", "300981.SZ", "601228.SH"]
STEADY = ["602620.SH", "601228.SH"]
LINES = ["open", "high", "low", "close", "volume"]


@pytest.fixture(scope="session")
def stocks() -> Panel:
    """Five simulated stocks: suspensions, a late listing, a delisting and changes of the factor."""
    market = simulate_market(n_symbols=10, n_days=200, seed=9).select(SYMBOLS)
    return market.until(market.dates[DAYS - 1])


@pytest.fixture(scope="session")
def steady() -> list[str]:
    """Symbols of the stocks that trade on every day."""
    return STEADY


class Source:
    """Makes feeds of one kind, ``add_all`` in the way that a user of that kind would."""

    def __init__(self, panel: Panel):
        self.panel = panel
        self.symbols = list(panel.symbols)


class PanelSource(Source):
    def __call__(self, symbol: str, **params) -> bt.feed.DataBase:
        return PanelFeed(dataname=self.panel, symbol=symbol, **params)

    def add_all(self, cerebro: bt.Cerebro) -> list[bt.feed.DataBase]:
        return self.panel.add_to(cerebro)


class PandasSource(Source):
    def __call__(self, symbol: str, **params) -> bt.feed.DataBase:
        frame = pd.DataFrame({name: self.panel.adjusted(name)[symbol] for name in LINES[:4]})
        frame["volume"] = self.panel["volume"][symbol]
        return bt.feeds.PandasData(dataname=frame.dropna(), **{"name": symbol, **params})

    def add_all(self, cerebro: bt.Cerebro) -> list[bt.feed.DataBase]:
        return [cerebro.adddata(self(symbol), name=symbol) for symbol in self.symbols]


# -- comparison --------------------------------------------------------------------------------


def differences(ours: object, theirs: object, where: str = "result") -> Iterator[str]:
    """Where two nested results differ: in a type, in a length, in a key or in one bit of a float.

    Without buffers of its own (``exactbars=1``) Backtrader hands on what PandasData read, a NumPy
    float; that counts as a float.
    """
    if type(ours) is not type(theirs) and not (isinstance(ours, float) and isinstance(theirs, float)):
        yield f"{where}: {ours!r} instead of {theirs!r}"
    elif isinstance(theirs, dict):
        if list(ours) != list(theirs):
            yield f"{where}: keys {list(ours)} instead of {list(theirs)}"
        for key in theirs:
            if key in ours:
                yield from differences(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, list | tuple | deque | array):
        if len(ours) != len(theirs):
            yield f"{where}: {len(ours)} entries instead of {len(theirs)}"
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            yield from differences(one, other, f"{where}[{number}]")
    elif isinstance(theirs, float):
        if ours.hex() != theirs.hex():  # every NaN is "nan", and 0.0 is not -0.0
            yield f"{where}: {ours!r} instead of {theirs!r}"
    elif ours != theirs:
        yield f"{where}: {ours!r} instead of {theirs!r}"


def end(story, source: Source, fails: str | None, kwargs: dict[str, object]) -> object:
    if fails is None:
        return story(source, **kwargs)
    with pytest.raises((ValueError, IndexError), match=fails) as error:
        story(source, **kwargs)
    return f"{error.typename}: {error.value}"


@pytest.fixture
def same(stocks: Panel):
    """Tell a story, a function of a source, with both sources: it must end the same. Returns the end.

    A story that Backtrader itself cannot finish ``fails`` with a message: on both sides, the same one.
    """

    def check(story, fails=None, **kwargs):
        ours = end(story, PanelSource(stocks), fails, kwargs)
        theirs = end(story, PandasSource(stocks), fails, kwargs)
        # The same text is the same result, and quicker to see; a float has one text for each of its values.
        found = None if repr(ours) == repr(theirs) else next(differences(ours, theirs), None)
        assert found is None, f"PanelFeed differs from PandasData: {found}"
        return theirs

    return check


@pytest.fixture(scope="session")
def pandas_source(stocks: Panel) -> PandasSource:
    return PandasSource(stocks)


# -- what a strategy can see ---------------------------------------------------------------------


def attempt(look) -> object:
    """What a look at a feed gives: also an error is something that the feeds must have in common."""
    try:
        return look()
    except (IndexError, AttributeError, TypeError, ValueError, OverflowError) as error:
        return type(error).__name__


def tick(data: bt.feed.DataBase, name: str) -> object:
    """A tick as the broker reads it: from the line where the feed has none."""
    value = getattr(data, f"tick_{name}", None)
    return attempt(lambda: getattr(data.lines, name)[0]) if value is None else value


def glance(data: bt.feed.DataBase) -> list[object]:
    """What a strategy mostly looks at, as the broker does."""
    if not len(data):
        return [data._name, 0]
    prices = [data.open[0], data.close[0], data.close[-1], data.volume[0], data.datetime[0]]
    return [data._name, len(data), *prices, tick(data, "open"), tick(data, "close"), tick(data, "volume")]


def view(data: bt.feed.DataBase) -> list[object]:
    """Everything on show at one moment in one feed, also before its first bar."""
    looks = [
        *(lambda line=line, ago=ago: line[ago] for line in data.lines for ago in (0, -1, -3)),
        lambda: data.close.get(0, 3),
        lambda: data.close.get(-1, 2),
        lambda: data.volume.get(size=2),
        lambda: data.datetime.date(0),
        lambda: data.datetime.datetime(0),
        lambda: data.datetime.time(-1),
        lambda: data.num2date(),
        lambda: data.datetime.dt(0),
        lambda: data.datetime.tm(0),
        lambda: data.lines.close.getzero(0, 2),
        lambda: data.getwritervalues(),
        lambda: data._getnexteos(),
    ]
    lengths = [len(data), data.buflen(), len(data.close), data.close.buflen(), data.volume.buflen()]
    names = [name for name in data.getlinealiases() if name != "datetime"]
    ticks = [tick(data, name) for name in names] if len(data) else []
    return [data._name, *lengths, *ticks, *(attempt(look) for look in looks)]


class Witness(bt.Strategy):
    """Notes everything on show on every bar, and trades on plain crossings so that there are orders."""

    params = (("trades", True),)

    def __init__(self):
        self.seen, self.told = [], []
        self.averages = [bt.ind.SMA(data, period=5) for data in self.datas] if self.p.trades else []

    def note(self, when: str) -> None:
        account = [self.broker.getvalue(), self.broker.getcash()]
        # The whole view now and then, and where a feed begins.
        looks = [view if len(self) % 9 == 1 or len(data) in (1, 2) else glance for data in self.datas]
        rows = [look(data) for look, data in zip(looks, self.datas, strict=True)]
        self.seen.append([when, len(self), self.datetime[0], account, *rows])

    def prenext(self):
        self.note("prenext")
        self.trade()

    def nextstart(self):
        self.note("nextstart")
        self.trade()

    def next(self):
        self.note("next")
        self.trade()

    def next_open(self):
        self.note("next_open")

    def trade(self):
        for data, average in zip(self.datas, self.averages, strict=False):
            if len(data) < 6:
                continue
            above = data.close[0] > average[0]
            if above != bool(self.getposition(data).size):
                (self.buy if above else self.close)(data, size=100)

    def notify_order(self, order):
        filled = order.executed
        self.told.append((order.data._name, order.status, filled.dt, filled.size, filled.price, filled.pnl))

    def notify_trade(self, trade):
        history = [(entry.status.dt, entry.status.price, entry.event.price) for entry in trade.history]
        self.told.append((trade.data._name, trade.pnlcomm, trade.barlen, trade.value, history))

    def notify_timer(self, timer, when, *args, **kwargs):
        self.told.append(("timer", when, len(self)))

    def result(self) -> list[object]:
        return [self.seen, self.told, self.broker.getvalue()]


@pytest.fixture(scope="session")
def witness() -> type[Witness]:
    return Witness
