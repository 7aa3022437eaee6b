"""Lines taken off a feed one by one: operations, delays, couplers, slices, indicators on a single line."""

import datetime as dt
import math

import backtrader as bt
import pytest

MODES = {"runonce": {}, "next by next": {"runonce": False}, "preload off": {"preload": False}}
SINGLE = ["open", "high", "low", "close", "volume", "datetime"]
MIXED = ["000016.SZ", "300981.SZ", "000276.SZ"]  # suspensions, a delisting, a late listing


class BarByBar(bt.Indicator):
    """Backtrader moves the line it is built on, that line alone, to let ``next`` look at it."""

    lines = ("copy", "before", "total")
    params = (("period", 3),)

    def __init__(self):
        self.addminperiod(self.p.period)

    def next(self):
        self.lines.copy[0] = self.data[0]
        self.lines.before[0] = self.data[-2]
        self.lines.total[0] = math.fsum(self.data.get(size=self.p.period))


def lines_of(source, build, symbols=MIXED, **modes):
    """Arrays of what ``build`` makes of the feeds, and of the feeds themselves, after a run."""
    kept = {}

    class Builder(bt.Strategy):
        def __init__(self):
            kept["built"] = build(self.datas)

    cerebro = bt.Cerebro(stdstats=False, **modes)
    for symbol in symbols:
        cerebro.adddata(source(symbol))
    cerebro.addstrategy(Builder)
    cerebro.run()
    return [[list(line.array) for line in one.lines] for one in [*kept["built"], *cerebro.datas]]


def assert_filled(lines):
    assert all(any(x == x for line in one for x in line) for one in lines)


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_an_indicator_with_nothing_but_a_next_on_a_single_line(same, name, modes):
    def build(datas):
        return [BarByBar(getattr(data, name)) for data in datas]

    assert_filled(same(lines_of, build=build, **modes)[:-3])


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_indicators_of_backtrader_on_single_lines(same, modes):
    kinds = [bt.ind.LaguerreFilter, bt.ind.LaguerreRSI, bt.ind.ZeroLagIndicator, bt.ind.HurstExponent]
    kinds += [bt.ind.SMA, bt.ind.RSI, bt.ind.MACD, bt.ind.KAMA, bt.ind.PercentRank, bt.ind.HullMovingAverage]

    def build(datas):
        return [kind(line) for data in datas for line in (data.high, data.volume) for kind in kinds]

    assert_filled(same(lines_of, build=build, **modes)[:-3])


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_indicators_on_two_lines_of_which_only_one_is_a_line_of_the_feed(same, modes):
    def build(datas):
        return [bt.ind.OLS_Slope_InterceptN(data.close(-50), data.open, period=25) for data in datas]

    assert_filled(same(lines_of, build=build, **modes)[:-3])


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_operations_delays_and_logic_on_lines(same, modes):
    def build(datas):
        out = []
        for data in datas:
            rising, middle = data.close > data.close(-1), (data.high + data.low) / 2.0
            out += [data(-1), data.close(-4), data.volume(-2), middle, middle(-3), rising, -data.close]
            out += [
                abs(data.open - data.close),
                data.close // data.open,
                2.0 / data.low,
                data.close**2,
                1 - data.open,
            ]
            out += [bt.And(rising, data.open < middle), bt.Or(rising, data.volume > data.volume(-1))]
            out += [
                bt.If(rising, data.high, data.low),
                bt.Max(data.open, data.close, 30.0),
                bt.Min(data.low, middle),
            ]
            out += [
                bt.Sum(data.open, data.close),
                bt.Any(rising, rising(-1)),
                bt.All(rising, data.close > 0.0),
            ]
            out += [bt.Cmp(data.open, data.close), bt.CmpEx(data.open, data.close, 1.0, 2.0, data.volume)]
            out += [
                bt.DivByZero(data.close, data.open - data.low, zero=7.0),
                bt.DivZeroByZero(data.low, data.volume),
            ]
            out += [data.datetime > 735700.0, data.datetime == dt.time(0, 0), data.lines[3] - data.l.low]
        first = datas[0]  # the only clock that Reduce knows
        return [*out, bt.Reduce(lambda x, y: x + 2.0 * y, first.open, first.high, first.low)]

    assert_filled(same(lines_of, build=build, **modes)[:-3])


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_lines_that_look_ahead(same, modes):
    def build(datas):
        return [data.close(2) for data in datas] + [data.high(5) - data.low for data in datas]

    assert_filled(same(lines_of, build=build, symbols=MIXED[:1], lookahead=5, **modes)[:-1])


@pytest.mark.parametrize("preload", [True, False])
def test_couplers_bring_feeds_of_different_dates_together(same, preload):
    def build(datas):
        one, other, third = datas
        return [
            other(),
            third.close(),
            bt.LineCoupler(other.volume),
            one.close() - other.close(),
            bt.ind.SMA(third.high(), period=4) + one.close(),
            bt.ind.CrossOver(one(), other()),
        ]

    assert_filled(same(lines_of, build=build, runonce=False, preload=preload)[:-3])
