"""PanelFeed against PandasData on the same bars: indicators, modes, spans, orders, extra lines."""

from datetime import date, datetime

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, PanelFeed
from btalpha.feeds.panel_feeds import add_panel, feed_class

FIELDS = ["open", "high", "low", "close", "volume"]
INDICATORS = [bt.ind.SMA, bt.ind.RSI, bt.ind.MACD, bt.ind.ATR, bt.ind.BollingerBands, bt.ind.Stochastic]
MODES = [
    {"runonce": runonce, "preload": preload} for runonce in (True, False) for preload in (True, False)
] + [{"exactbars": -1}]


def long_bars(n_symbols: int = 3, n_days: int = 60, missing: float = 0.1) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    tables = []
    for number in range(n_symbols):
        close = 10 * np.exp(np.cumsum(rng.normal(0, 0.02, n_days)))
        opened = close * np.exp(rng.normal(0, 0.01, n_days))
        table = pd.DataFrame(
            {
                "date": pd.bdate_range("2015-01-05", periods=n_days),
                "symbol": f"S{number}",
                "open": opened,
                "high": np.maximum(opened, close) * 1.01,
                "low": np.minimum(opened, close) * 0.99,
                "close": close,
                "volume": rng.integers(1_000, 9_000, n_days).astype(float),
                "turnover": rng.random(n_days),
                "factor": np.where(np.arange(n_days) < n_days // 2, 1.0, 1.25),
            }
        )
        tables.append(table[rng.random(n_days) >= missing])
    return pd.concat(tables)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel.from_long(long_bars())


def pandas_feed(panel: Panel, symbol: str, **params) -> bt.feeds.PandasData:
    frame = pd.DataFrame({name: panel.adjusted(name)[symbol] for name in FIELDS[:4]})
    frame["volume"] = panel["volume"][symbol]
    return bt.feeds.PandasData(dataname=frame.dropna(), name=symbol, **params)


def panel_feed(panel: Panel, symbol: str, **params) -> PanelFeed:
    return PanelFeed(dataname=panel, symbol=symbol, **params)


class Recorder(bt.Strategy):
    """Notes every bar, tick and indicator value that it can see, and trades on a crossing."""

    params = (("indicators", True),)

    def __init__(self):
        self.seen, self.fills = [], []
        self.inds = [kind(d) for d in self.datas for kind in INDICATORS] if self.p.indicators else []
        self.on_line = [bt.ind.SMA(d.volume, period=4) - d.high(-1) for d in self.datas]

    def prenext(self):
        self.note()

    def next(self):
        self.note()
        for d in self.datas:
            if not self.getposition(d) and d.close[0] > d.close[-1]:
                self.buy(d, size=10)
            elif self.getposition(d) and d.close[0] < d.close[-1]:
                self.close(d)

    def note(self):
        row = [self.datetime[0]]
        for d in self.datas:
            row.append(len(d))
            if len(d):
                # Backtrader leaves the ticks of a feed's last bar empty; its broker then reads the line.
                ticks = [d.close[0] if d.tick_last is None else d.tick_last]
                row += [line[0] for line in d.lines] + ticks
        for ind in self.inds + self.on_line:
            row += [line[0] for line in ind.lines] if len(ind) else []
        self.seen.append(row)

    def notify_order(self, order):
        if order.status == order.Completed:
            self.fills.append(
                (order.data._name, order.executed.dt, order.executed.size, order.executed.price)
            )


def run(make, panel, modes=None, strategy=Recorder, params=None, resample=None, replay=None, **kwargs):
    cerebro = bt.Cerebro(stdstats=False, **(modes or {}))
    for symbol in panel.symbols:
        feed = make(panel, symbol, **kwargs)
        if resample:
            cerebro.resampledata(feed, name=symbol, timeframe=resample)
        elif replay:
            cerebro.replaydata(feed, name=symbol, timeframe=replay)
        else:
            cerebro.adddata(feed)
    cerebro.addstrategy(strategy, **(params or {}))
    (result,) = cerebro.run()
    return result, cerebro.broker.getvalue()


def assert_same(ours, theirs):
    assert ours[0].fills == theirs[0].fills
    assert ours[1] == theirs[1]
    assert len(ours[0].seen) == len(theirs[0].seen) > 0
    for one, other in zip(ours[0].seen, theirs[0].seen, strict=True):
        np.testing.assert_array_equal(np.array(one, dtype=float), np.array(other, dtype=float))


# -- equivalence -------------------------------------------------------------------------------


@pytest.mark.parametrize("modes", MODES, ids=str)
def test_same_as_pandas_data_to_the_last_bit(panel, modes):
    ours = run(panel_feed, panel, modes)
    assert ours[0].fills
    assert_same(ours, run(pandas_feed, panel, modes))


def test_exactbars_with_feeds_of_equal_dates():
    whole = Panel.from_long(long_bars(missing=0.0))
    modes = {"exactbars": 1}
    assert_same(run(panel_feed, whole, modes), run(pandas_feed, whole, modes))


@pytest.mark.parametrize("modes", MODES[:4], ids=str)
@pytest.mark.parametrize(
    "span",
    [
        {"fromdate": datetime(2015, 1, 20)},
        {"todate": datetime(2015, 2, 20)},
        {"fromdate": date(2015, 1, 17), "todate": date(2015, 3, 3)},
    ],
    ids=str,
)
def test_spans_are_honoured(panel, modes, span):
    ours = run(panel_feed, panel, modes, params={"indicators": False}, **span)
    assert_same(ours, run(pandas_feed, panel, modes, params={"indicators": False}, **span))


def test_an_empty_span_delivers_nothing(panel):
    cerebro = bt.Cerebro(stdstats=False)
    feed = PanelFeed(dataname=panel, symbol="S0", fromdate=datetime(2030, 1, 1))
    cerebro.adddata(feed)
    cerebro.addstrategy(bt.Strategy)
    cerebro.run()
    assert feed.buflen() == 0


@pytest.mark.parametrize("way", ["resample", "replay"])
def test_weeks(panel, way):
    kwargs = {way: bt.TimeFrame.Weeks, "params": {"indicators": False}}
    assert_same(run(panel_feed, panel, **kwargs), run(pandas_feed, panel, **kwargs))


def test_filters_see_every_bar(panel):
    def drop_thin_bars(data):
        if data.volume[0] < 3_000.0:
            data.backwards()
            return True
        return False

    kwargs = {"filters": [drop_thin_bars], "params": {"indicators": False}}
    ours = run(panel_feed, panel, **kwargs)
    assert_same(ours, run(pandas_feed, panel, **kwargs))
    whole, _ = run(panel_feed, panel, params={"indicators": False})
    assert len(ours[0].datas[0]) < len(whole.datas[0])


def test_lookahead_padding_is_kept(panel):
    modes = {"lookahead": 3}
    ours = run(panel_feed, panel, modes)
    assert_same(ours, run(pandas_feed, panel, modes))


def test_observers_writer_and_second_run(panel, tmp_path):
    texts = []
    for make in (panel_feed, pandas_feed):
        path = tmp_path / make.__name__
        cerebro = bt.Cerebro(stdstats=True)
        for symbol in panel.symbols:
            cerebro.adddata(make(panel, symbol))
        cerebro.addstrategy(Recorder)
        cerebro.addwriter(bt.WriterFile, csv=True, out=str(path), rounding=8)
        first = cerebro.run()[0].seen
        text = [line for line in path.read_text().splitlines() if line[:1].isdigit() and "," in line]
        texts.append(text)
        second = cerebro.run()[0].seen
        np.testing.assert_equal(first, second)
    assert texts[0] == texts[1]
    assert len(texts[0]) > 50


def test_optstrategy_in_one_process(panel):
    def values(make):
        cerebro = bt.Cerebro(stdstats=False, maxcpus=1)
        for symbol in panel.symbols:
            cerebro.adddata(make(panel, symbol))
        cerebro.optstrategy(Recorder, indicators=[True, False])
        cerebro.addanalyzer(bt.analyzers.TimeReturn, _name="returns")
        return [list(run[0].analyzers.returns.get_analysis().values()) for run in cerebro.run()]

    ours = values(panel_feed)
    assert len(ours) == 2
    assert ours == values(pandas_feed)


# -- known answers -------------------------------------------------------------------------------


def test_suspended_days_are_not_bars_and_prices_are_adjusted(panel):
    cerebro = bt.Cerebro(stdstats=False)
    feeds = panel.add_to(cerebro)
    cerebro.addstrategy(bt.Strategy)
    cerebro.run()
    assert [feed._name for feed in feeds] == list(panel.symbols)
    for feed in feeds:
        expected = (panel["close"][feed._name] * panel["factor"][feed._name]).dropna()
        assert list(feed.close.array) == expected.to_list()
        assert [bt.num2date(time) for time in feed.datetime.array] == list(expected.index)
        assert list(feed.volume.array) == panel["volume"][feed._name].dropna().to_list()


def test_raw_prices_and_extra_lines_on_request(panel):
    cerebro = bt.Cerebro(stdstats=False)
    feeds = add_panel(panel, cerebro, extra=("turnover", "factor"), adjusted=False)
    cerebro.addstrategy(bt.Strategy)
    cerebro.run()
    for feed in feeds:
        assert list(feed.close.array) == panel["close"][feed._name].dropna().to_list()
        assert list(feed.turnover.array) == panel["turnover"][feed._name].dropna().to_list()
        assert set(feed.factor.array) == {1.0, 1.25}
    assert not hasattr(PanelFeed.lines, "turnover")
    assert feed_class(("turnover", "factor")) is type(feeds[0])
    assert feed_class(("close",)) is PanelFeed


def test_no_bar_is_seen_before_its_day(panel):
    class Guard(bt.Strategy):
        def prenext(self):
            self.next()

        def next(self):
            known = panel.until(self.datetime.date(0))
            for d in self.datas:
                assert len(d) == known["close"][d._name].notna().sum()

    run(panel_feed, panel, strategy=Guard)


# -- validation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda panel: PanelFeed(dataname=panel["close"], symbol="S0"), "must be a Panel, got DataFrame"),
        (lambda panel: PanelFeed(dataname=panel, symbol="NOPE"), "no symbol 'NOPE'"),
        (lambda panel: feed_class(("is_st",))(dataname=panel, symbol="S0"), "no field 'is_st'"),
    ],
)
def test_bad_arguments(panel, make, message):
    with pytest.raises(DataError, match=message):
        make(panel)
