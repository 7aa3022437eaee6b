"""Feeds in unusual company: beside feeds of another kind, of another panel, of other spans, twice."""

import datetime as dt

import backtrader as bt
import pytest

MODES = {"runonce": {}, "next by next": {"runonce": False}, "preload off": {"preload": False}}


def told(feeds, witness, **modes):
    cerebro = bt.Cerebro(stdstats=False, **modes)
    for number, feed in enumerate(feeds):
        cerebro.adddata(feed, name=f"{number} {feed._name}")
    cerebro.addstrategy(witness)
    (strategy,) = cerebro.run()
    return strategy.result()


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
@pytest.mark.parametrize("first", [0, 1])
def test_beside_feeds_of_pandas(same, witness, pandas_source, first, modes):
    def mixed(source):
        kinds = (source, pandas_source)
        return told([kinds[(i + first) % 2](s) for i, s in enumerate(source.symbols)], witness, **modes)

    assert same(mixed)[1]


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_beside_feeds_of_panels_of_other_dates(same, witness, modes):
    def of_three(source):
        dates = source.panel.dates
        early, late = source.panel.until(dates[70]), source.panel.between(dates[30], dates[110])
        sources = [source, type(source)(early), type(source)(late)]
        symbols = ["000016.SZ", "601228.SH"]
        return told([one(symbol) for one in sources for symbol in symbols], witness, **modes)

    assert len(same(of_three)[0]) == 128


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_the_same_symbols_over_other_spans(same, witness, modes):
    spans = [{}, {"fromdate": dt.datetime(2015, 3, 2)}, {"todate": dt.date(2015, 4, 30)}, {}]

    def spanned(source):
        symbols = ["000016.SZ", "300981.SZ", "000276.SZ"]
        return told([source(symbol, **span) for span in spans for symbol in symbols], witness, **modes)

    assert same(spanned)[1]


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_beside_feeds_with_a_filter_a_time_zone_or_longer_bars(same, witness, modes):
    def assorted(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        plain, filtered, zoned, weekly, other = (source(symbol) for symbol in source.symbols)
        filtered.addfilter(bt.filters.HeikinAshi)
        zoned.p.tzinput = "Asia/Shanghai"
        for feed in (plain, filtered, zoned):
            cerebro.adddata(feed)
        cerebro.resampledata(weekly, timeframe=bt.TimeFrame.Weeks)
        cerebro.adddata(other)
        cerebro.addstrategy(witness)
        (strategy,) = cerebro.run()
        return strategy.result()

    assert same(assorted)[1]


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_a_run_inside_a_run(same, witness, modes):
    """A strategy may backtest on the past before it decides, with feeds of its own."""

    def nested(source):
        class Rehearses(witness):
            def next(self):
                super().next()
                if len(self) % 40 == 0:
                    feeds = [
                        source(symbol, todate=self.datetime.datetime(0)) for symbol in source.symbols[:2]
                    ]
                    self.told.append(told(feeds, witness, **modes))

        return told([source(symbol) for symbol in source.symbols], Rehearses, **modes)

    assert sum(len(message) == 3 for message in same(nested)[1]) >= 2


def test_feeds_moved_by_a_strategy_while_it_runs(same, witness):
    def moved(source):
        class Peeks(bt.Strategy):
            def __init__(self):
                self.seen = []

            def next(self):
                for data in self.datas:
                    before = [len(data), data.close[0]]
                    data.rewind()
                    earlier = [
                        len(data),
                        data.close[0],
                        len(data.volume),
                        data.volume[0],
                        data.advance_peek(),
                    ]
                    data.advance()
                    self.seen.append([before, earlier, len(data), data.high[0], data.advance_peek()])

        cerebro = bt.Cerebro(stdstats=False)
        source.add_all(cerebro)
        cerebro.addstrategy(Peeks)
        return cerebro.run()[0].seen

    assert len(same(moved)) > 200
