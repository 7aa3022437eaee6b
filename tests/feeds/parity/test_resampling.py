"""Weeks, months and longer bars made of days, resampled and replayed, alone and beside the days."""

import datetime as dt

import backtrader as bt
import pytest

MODES = {"runonce": {}, "preload off": {"preload": False}}
SPANS = {
    "weeks": {"timeframe": bt.TimeFrame.Weeks},
    "months": {"timeframe": bt.TimeFrame.Months},
    "two days": {"timeframe": bt.TimeFrame.Days, "compression": 2},
    "three weeks": {"timeframe": bt.TimeFrame.Weeks, "compression": 3},
    "years": {"timeframe": bt.TimeFrame.Years},
}
OPTIONS = {
    "left edge": {"timeframe": bt.TimeFrame.Weeks, "rightedge": False},
    "bars not at the edge": {"timeframe": bt.TimeFrame.Weeks, "bar2edge": False, "adjbartime": False},
    "times not adjusted": {"timeframe": bt.TimeFrame.Days, "compression": 5, "adjbartime": False},
    "boundary off": {"timeframe": bt.TimeFrame.Weeks, "boundoff": 1},
}


def told(source, witness, ways, symbols=None, **modes):
    """Run on the feeds of each symbol, added in each of the ways: ``days``, or a method and its options."""
    cerebro = bt.Cerebro(stdstats=False, **modes)
    for symbol in symbols or source.symbols[:3]:
        feed = source(symbol)
        for way, options in ways:
            if way == "days":
                cerebro.adddata(feed, name=symbol)
            else:
                getattr(cerebro, way)(feed, name=f"{symbol} {way} {len(cerebro.datas)}", **options)
    cerebro.addstrategy(witness)
    (strategy,) = cerebro.run()
    return [*strategy.result(), [[list(line.array) for line in data.lines] for data in cerebro.datas]]


@pytest.mark.parametrize("way", ["resampledata", "replaydata"])
@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_longer_bars(same, witness, way, span, modes):
    seen, *_ = same(told, witness=witness, ways=[(way, span)], **modes)
    assert len(seen) >= (1 if span["timeframe"] == bt.TimeFrame.Years else 8)


@pytest.mark.parametrize("way", ["resampledata", "replaydata"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_of_longer_bars_next_by_next(same, witness, way, options):
    assert len(same(told, witness=witness, ways=[(way, options)], runonce=False)[0]) > 20


@pytest.mark.parametrize("way", ["resampledata", "replaydata"])
@pytest.mark.parametrize("span", [SPANS["weeks"], SPANS["months"]], ids=str)
@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_days_beside_longer_bars_of_the_same_feed(same, witness, way, span, modes):
    ways = [("days", {}), (way, span)]
    seen, orders, *_ = same(told, witness=witness, ways=ways, symbols=["000016.SZ", "000276.SZ"], **modes)
    assert len(seen) >= 104
    assert orders


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_days_beside_two_days(same, witness, modes):
    ways = [("days", {}), ("replaydata", SPANS["two days"])]
    symbols = ["000016.SZ", "000276.SZ"]
    assert len(same(told, witness=witness, ways=ways, symbols=symbols, **modes)[0]) >= 104


def test_days_weeks_and_months_of_one_feed_at_once(same, witness):
    ways = [("days", {}), ("resampledata", SPANS["weeks"]), ("resampledata", SPANS["months"])]
    seen, orders, *_ = same(told, witness=witness, ways=ways, symbols=["000276.SZ", "300981.SZ"])
    assert len(seen) >= 104
    assert orders


@pytest.mark.parametrize("exactbars", [1, -1, -2])
@pytest.mark.parametrize("way", ["resampledata", "replaydata"])
def test_weeks_with_less_memory(same, witness, steady, way, exactbars):
    ways = [(way, SPANS["weeks"])]
    seen, *_ = same(told, witness=witness, ways=ways, symbols=steady, exactbars=exactbars)
    assert len(seen) >= 25


def test_a_feed_that_resamples_by_itself(same, witness):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False)
        for symbol in source.symbols[:3]:
            feed = source(symbol)
            feed.resample(timeframe=bt.TimeFrame.Weeks)
            cerebro.adddata(feed)
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert len(same(run)[0]) >= 25


def test_a_trading_calendar_ends_the_weeks(same, witness):
    calendar = bt.TradingCalendar(holidays=[dt.date(2015, 1, 16), dt.date(2015, 4, 3)], offdays=[5, 6])

    def run(source):
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.addcalendar(calendar)
        for symbol in source.symbols[:3]:
            feed = source(symbol)
            cerebro.adddata(feed)
            cerebro.resampledata(feed, name=f"{symbol} weeks", timeframe=bt.TimeFrame.Weeks)
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert len(same(run)[0]) >= 128
