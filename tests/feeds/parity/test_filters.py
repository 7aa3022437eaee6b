"""Filters, spans and time zones: what stands between the source of a feed and its lines."""

import datetime as dt

import backtrader as bt
import pytest

MODES = {"runonce": {}, "preload off": {"preload": False}}


def drop_thin(data, least=1.2e6):
    return data.volume[0] < least


def keep_thick(data, least):
    if data.volume[0] < least:
        data.backwards()
        return True
    return False


class EveryThird:
    """Holds back every third bar and delivers what it holds at the end."""

    def __init__(self, data, step=3):
        self.count, self.step = 0, step

    def __call__(self, data):
        self.count += 1
        if self.count % self.step == 0:
            data.backwards()
            return True
        return False

    def last(self, data):
        if self.count % self.step:
            return False
        bar = [line[0] for line in data.lines]
        bar[data.DateTime] += 1.0
        data._add2stack(bar)
        return True


def double(data):
    """Puts a second bar behind every bar of a Monday."""
    if data.datetime.date(0).weekday() == 0 and len(data) > 1:
        bar = [line[0] for line in data.lines]
        bar[data.DateTime] += 0.25
        data._add2stack(bar, stash=True)
    return False


FILTERS = {
    "HeikinAshi": lambda feed: feed.addfilter(bt.filters.HeikinAshi),
    "Renko": lambda feed: feed.addfilter(bt.filters.Renko, size=0.5),
    "Renko on highs and lows": lambda feed: feed.addfilter(bt.filters.Renko, hilo=True, size=1.0),
    "CalendarDays": lambda feed: feed.addfilter(bt.filters.CalendarDays, fill_price=1.5, fill_vol=2.0),
    "BarReplayer_Open": lambda feed: feed.addfilter(bt.filters.BarReplayer_Open),
    "DaySplitter_Close": lambda feed: feed.addfilter(bt.filters.DaySplitter_Close),
    "SessionFilter": lambda feed: feed.addfilter(bt.filters.SessionFilter),
    "SessionFilterSimple": lambda feed: feed.addfilter_simple(bt.filters.SessionFilterSimple),
    "simple": lambda feed: feed.addfilter_simple(drop_thin),
    "function with an argument": lambda feed: feed.addfilter(keep_thick, least=1.5e6),
    "class with an end": lambda feed: feed.addfilter(EveryThird, step=4),
    "a second bar": lambda feed: feed.addfilter(double),
    "two filters": lambda feed: (feed.addfilter_simple(drop_thin), feed.addfilter(bt.filters.HeikinAshi)),
}
# Bar by bar Backtrader looks for the bar that such a filter has taken away.
FAIL_WITHOUT_PRELOAD = {"Renko", "Renko on highs and lows", "DaySplitter_Close"}
UNUSED = {
    "AbstractDataBase": "no filter",
    "DataFiller": "a feed: see the test of feeds made of feeds",
    "DataFilter": "a feed: see the test of feeds made of feeds",
    "DayStepsFilter": "another name of BarReplayer_Open",
    "Filter": "the base of others",
    "SessionFiller": "knows only bars within a day",
    "TimeFrame": "no filter",
}
SPANS = {
    "from": {"fromdate": dt.datetime(2015, 3, 20)},
    "from noon": {"fromdate": dt.datetime(2015, 3, 20, 12)},
    "to": {"todate": dt.datetime(2015, 6, 1)},
    "dates": {"fromdate": dt.date(2015, 3, 20), "todate": dt.date(2015, 6, 1)},
    "a weekend": {"fromdate": dt.date(2015, 3, 21), "todate": dt.date(2015, 5, 30)},
    "before everything": {"fromdate": dt.date(2000, 1, 1), "todate": dt.date(2030, 1, 1)},
    "Shanghai": {"tz": "Asia/Shanghai"},
    "New York": {"tz": "America/New_York", "fromdate": dt.date(2015, 3, 3), "todate": dt.date(2015, 6, 3)},
    "from Shanghai": {"tzinput": "Asia/Shanghai"},
    "Shanghai to New York": {
        "tzinput": "Asia/Shanghai",
        "tz": "America/New_York",
        "fromdate": dt.datetime(2015, 3, 20),
        "todate": dt.datetime(2015, 6, 1),
    },
    "session": {"sessionstart": dt.time(9, 30), "sessionend": dt.time(15, 0), "todate": dt.date(2015, 6, 1)},
}


def told(source, witness, prepare=lambda feed: None, params=None, **modes):
    cerebro = bt.Cerebro(stdstats=False, **modes)
    for symbol in source.symbols[:3]:  # suspensions, a late listing, a delisting
        feed = source(symbol, **(params or {}))
        prepare(feed)
        cerebro.adddata(feed)
    cerebro.addstrategy(witness)
    (strategy,) = cerebro.run()
    return [*strategy.result(), [[list(line.array) for line in data.lines] for data in cerebro.datas]]


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_filters(same, witness, name, modes):
    fails = "index out of range" if name in FAIL_WITHOUT_PRELOAD and modes == {"preload": False} else None
    assert len(same(told, fails=fails, witness=witness, prepare=FILTERS[name], **modes)[0]) > (not fails) * 20


def test_every_filter_of_backtrader_is_used():
    used = {name for add in FILTERS.values() for name in add.__code__.co_names}
    known = {name for name, kind in vars(bt.filters).items() if isinstance(kind, type) and name[0].isupper()}
    assert {name for name in known if name not in used} == set(UNUSED)


@pytest.mark.parametrize(
    "given", [bt.filters.HeikinAshi, EveryThird, double], ids=lambda given: given.__name__
)
def test_filters_given_as_a_parameter_next_by_next(same, witness, given):
    assert len(same(told, witness=witness, params={"filters": [given]}, runonce=False)[0]) > 45


def test_filters_of_resampled_and_replayed_feeds(same, witness):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False)
        for way, filtered in (
            (cerebro.resampledata, bt.filters.HeikinAshi),
            (cerebro.replaydata, EveryThird),
        ):
            for symbol in source.symbols[:3]:
                feed = source(symbol)
                feed.addfilter(filtered)
                way(feed, name=f"{symbol} {filtered.__name__}", timeframe=bt.TimeFrame.Weeks)
        cerebro.addstrategy(witness)
        return cerebro.run()[0].result()

    assert len(same(run)[0]) > 20


@pytest.mark.parametrize("params", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_spans_and_time_zones(same, witness, params, modes):
    assert len(same(told, witness=witness, params=params, **modes)[0]) > 45


@pytest.mark.parametrize("tz", ["Asia/Shanghai", "America/New_York", 1])
def test_a_time_zone_of_cerebro(same, witness, tz):
    assert len(same(told, witness=witness, params={"tz": "Asia/Shanghai"}, tz=tz)[0]) == 128


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_a_feed_without_a_bar_in_the_span_beside_others(same, witness, modes):
    class Idle(witness):
        params = (("trades", False),)

    params = {"fromdate": dt.datetime(2015, 5, 25)}  # after the delisting of one
    *_, lines = same(told, witness=Idle, params=params, **modes)
    assert [] in [data[0] for data in lines]


def test_an_average_of_no_bars_fails_the_same(same, witness):
    same(told, fails="index out of range", witness=witness, params={"fromdate": dt.datetime(2015, 5, 25)})
