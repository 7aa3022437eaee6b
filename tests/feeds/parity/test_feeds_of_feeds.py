"""Feeds made of feeds: clones, chains, roll-overs, fillers, filtering feeds, feeds that compensate."""

import datetime as dt

import backtrader as bt
import pytest

MODES = {"runonce": {}, "next by next": {"runonce": False}, "preload off": {"preload": False}}
PAIR = ["000276.SZ", "300981.SZ"]  # a late listing; a delisting
ROLLED = ["000016.SZ", "601228.SH"]  # RollOver never returns where the second ends before the first


def told(source, witness, assemble, **modes):
    """Run on the feeds that ``assemble`` returns for a source, by their names."""
    cerebro = bt.Cerebro(stdstats=False, **modes)
    for name, feed in assemble(source).items():
        cerebro.adddata(feed, name=name)
    cerebro.addstrategy(witness)
    (strategy,) = cerebro.run()
    return [*strategy.result(), [[list(line.array) for line in data.lines] for data in cerebro.datas]]


def clones(source):
    feeds = {symbol: source(symbol) for symbol in source.symbols[:3]}
    return feeds | {f"{symbol} again": feed.clone() for symbol, feed in feeds.items()}


def copies(source):
    feed = source(PAIR[1])
    return {"original": feed, "copy": feed.copyas("copied"), "other": source(PAIR[0])}


@pytest.mark.parametrize("assemble", [clones, copies])
@pytest.mark.parametrize("modes", [*MODES.values(), {"exactbars": -1}], ids=[*MODES, "exactbars -1"])
def test_clones(same, witness, assemble, modes):
    seen, orders, *_ = same(told, witness=witness, assemble=assemble, **modes)
    assert len(seen) >= 78
    assert orders


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_a_resampled_clone_beside_its_original(same, witness, modes):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        feed = source(PAIR[0])
        cerebro.adddata(feed)
        cerebro.resampledata(feed.clone(), name="weeks", timeframe=bt.TimeFrame.Weeks)
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert len(same(run)[0]) >= 78


def chain(source):
    early = source(PAIR[1], todate=dt.datetime(2015, 4, 1))
    return {"chain": bt.feeds.Chainer(early, source(PAIR[0]))}


def in_may(day, feed):
    return day >= dt.datetime(2015, 5, 1)


def roll_over(source):
    return {"roll": bt.feeds.RollOver(*map(source, ROLLED), checkdate=in_may)}


@pytest.mark.parametrize("assemble", [chain, roll_over])
@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_chains_and_roll_overs(same, witness, assemble, modes):
    seen, orders, *_ = same(told, witness=witness, assemble=assemble, **modes)
    assert len(seen) > 100
    assert orders


def test_chains_and_roll_overs_made_by_cerebro(same, witness):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.chaindata(source(PAIR[1], todate=dt.datetime(2015, 4, 1)), source(PAIR[0]), name="chain")
        cerebro.rolloverdata(*map(source, ROLLED), name="roll", checkdate=in_may)
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert len(same(run)[0]) > 100


def dates_of(source, kind, **params):
    """Run on one feed read by another; that is all those feeds support."""

    class Days(bt.Strategy):
        def __init__(self):
            self.seen = []

        def next(self):
            self.seen.append([len(self.data), *(line[0] for line in self.data.lines)])

    inner = source(PAIR[0])
    outer = kind(dataname=inner, **params)
    cerebro = bt.Cerebro(stdstats=False, runonce=False)
    # Cerebro starts the inner feed only where it has it as well.
    cerebro.adddata(inner, name="inner")
    cerebro.adddata(outer, name="outer")
    inner.setenvironment(cerebro)
    cerebro.addstrategy(Days)
    (strategy,) = cerebro.run(preload=False)
    return [strategy.seen, [[list(line.array) for line in data.lines] for data in cerebro.datas]]


def test_a_feed_that_filters_another(same):
    lines = same(dates_of, kind=bt.filters.DataFilter, funcfilter=lambda data: data.close[0] > data.open[0])
    assert lines[0]


def test_feeds_that_compensate_each_other(same, witness):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False)
        datas = source.add_all(cerebro)
        datas[1].compensate(datas[0])
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert same(run)[1]


def test_the_same_feeds_in_a_second_cerebro(same, witness):
    def run(source):
        first = bt.Cerebro(stdstats=False)
        datas = source.add_all(first)
        ends = []
        for modes in ({}, {"runonce": False}, {"preload": False}, {}):
            cerebro = bt.Cerebro(stdstats=False, **modes)
            for data in datas[::-1]:
                cerebro.adddata(data)
            cerebro.addstrategy(witness)
            ends.append(cerebro.run()[0].result())
        return ends

    assert all(end[1] for end in same(run))


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_days_of_some_feeds_and_longer_bars_of_others(same, witness, modes):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        for number, symbol in enumerate(source.symbols):
            if number % 2:
                cerebro.adddata(source(symbol))
            else:
                cerebro.resampledata(source(symbol), name=symbol, timeframe=bt.TimeFrame.Weeks)
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert len(same(run)[0]) >= 128


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_ticks_of_a_feed_itself_and_not_only_as_the_broker_reads_them(same, modes):
    class Ticks(bt.Strategy):
        def __init__(self):
            self.seen = []

        def prenext(self):
            self.next()

        def next(self):
            names = ["open", "high", "low", "close", "volume", "openinterest", "last"]
            for data in self.datas:
                ticks = [getattr(data, f"tick_{name}", None) for name in names]
                self.seen.append(
                    [data._name, len(data), data.datetime.date(0) if len(data) else None, *ticks]
                )

    def run(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        source.add_all(cerebro)
        cerebro.addstrategy(Ticks)
        return cerebro.run()[0].seen

    assert len(same(run)) == 5 * 128
