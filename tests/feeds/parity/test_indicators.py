"""Every indicator of Backtrader over both kinds of feeds, all its lines compared bit for bit."""

import inspect
import math

import backtrader as bt
import pytest

MODES = {"runonce": {}, "next by next": {"runonce": False}}
# Indicators that need more than a feed, and DV2, which ranks among a year's bars by default. Long
# periods keep regressions few.
ARGUMENTS = {
    "ApplyN": lambda data: bt.ind.ApplyN(data, period=5, func=math.fsum),
    "CointN": lambda data: bt.ind.CointN(data.close, data.open, period=70),
    "CrossDown": lambda data: bt.ind.CrossDown(data.close, data.open),
    "CrossOver": lambda data: bt.ind.CrossOver(data.close, data.open),
    "CrossUp": lambda data: bt.ind.CrossUp(data.close, data.open),
    "DV2": lambda data: bt.ind.DV2(data, period=60),
    "ExponentialSmoothingDynamic": lambda data: bt.ind.ExponentialSmoothingDynamic(
        data, alpha=data.open / data.close / 9.0
    ),
    "FindFirstIndex": lambda data: bt.ind.FindFirstIndex(data, period=9, _evalfunc=max),
    "FindLastIndex": lambda data: bt.ind.FindLastIndex(data, period=9, _evalfunc=min),
    "NonZeroDifference": lambda data: bt.ind.NonZeroDifference(data.close, data.open),
    "OLS_Slope_InterceptN": lambda data: bt.ind.OLS_Slope_InterceptN(data.close, data.open, period=70),
    "OLS_TransformationN": lambda data: bt.ind.OLS_TransformationN(data.close, data.open),
    "Oscillator": lambda data: bt.ind.Oscillator(bt.ind.SMA(data)),
    "ReduceN": lambda data: bt.ind.ReduceN(data, lambda total, price: total + price, period=5),
}
NO_LINES = "a base of others, without lines of its own"
SKIPPED = {
    "BaseApplyN": NO_LINES,
    "MovingAverageBase": NO_LINES,
    "OLS_BetaN": "calls pandas.ols, which pandas has removed",
    "OperationN": NO_LINES,
    "OscillatorMixIn": "what oscillators add to a moving average, no indicator by itself",
    "PeriodN": NO_LINES,
}


def indicators() -> dict[str, type[bt.Indicator]]:
    """Indicators by name; other names (``SMA``) are subclasses without a change, and come last."""
    found = {
        kind for kind in vars(bt.ind).values() if inspect.isclass(kind) and issubclass(kind, bt.Indicator)
    }
    found |= {kind for name, kind in bt.Indicator._indcol.items() if name == "Fractal"}
    ordered = sorted(found - {bt.Indicator}, key=lambda kind: (bool(kind.aliased), kind.__name__))
    return {kind.__name__: kind for kind in ordered}


def is_other_name(kind: type[bt.Indicator]) -> bool:
    return bool(kind.aliased)


def build(name: str, kind: type[bt.Indicator], data):
    return ARGUMENTS[name](data) if name in ARGUMENTS else kind(data)


def arrays(source, names, symbols, **modes):
    """Arrays of all lines of the named indicators over each feed."""
    kinds = indicators()

    class Holder(bt.Strategy):
        def __init__(self):
            self.built = [
                (f"{name} {data._name}", build(name, kinds[name], data))
                for name in names
                for data in self.datas
            ]

    cerebro = bt.Cerebro(stdstats=False, **modes)
    for symbol in symbols:
        cerebro.adddata(source(symbol))
    cerebro.addstrategy(Holder)
    (strategy,) = cerebro.run()
    lines = {key: [list(line.array) for line in indicator.lines] for key, indicator in strategy.built}
    return {"vectorised": cerebro._dorunonce, "lines": lines}


def covered(*, next_only: bool) -> list[str]:
    """Indicators to build, those that switch ``runonce`` off for everybody apart from the others."""
    kinds = {
        name: kind for name, kind in indicators().items() if not is_other_name(kind) and name not in SKIPPED
    }
    return [name for name in kinds if (name in NEXT_ONLY) == next_only]


NEXT_ONLY = {"HeikinAshi", "haDelta"}
AUTOMATIC = {"once", "oncestart", "preonce"}  # Backtrader adds them to classes with a next alone
SOURCES = ["000016.SZ", "000276.SZ"]  # suspensions; a late listing


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_every_indicator_has_the_same_lines_to_the_last_bit(same, modes):
    end = same(arrays, names=covered(next_only=False), symbols=SOURCES, **modes)
    assert end["vectorised"] == (not modes)
    assert_filled(end["lines"])


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_indicators_that_switch_runonce_off_have_the_same_lines(same, modes):
    end = same(arrays, names=covered(next_only=True), symbols=SOURCES, **modes)
    assert not end["vectorised"]
    assert_filled(end["lines"])


def assert_filled(lines):
    """A comparison of nothing but NaN would show nothing."""
    empty = [key for key, values in lines.items() if not any(x == x for line in values for x in line)]
    assert not empty


def test_no_indicator_is_left_out():
    kinds = indicators()
    assert len(kinds) > 300
    built = {*covered(next_only=False), *covered(next_only=True)}
    for name, kind in kinds.items():
        if is_other_name(kind):
            (original,) = kind.__bases__
            assert original.__name__ in {*built, *SKIPPED}, f"{name} is another name of nothing covered"
            changed = {key for key in vars(kind) if inspect.isfunction(getattr(kind, key))} - AUTOMATIC
            assert not changed, f"{name} is no mere other name: it has {changed}"
        else:
            assert name in built or name in SKIPPED
    assert set(ARGUMENTS) <= built
    assert set(SKIPPED) <= set(kinds)


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_skipped_still_cannot_be_built(pandas_source, name):
    with pytest.raises((ValueError, IndexError, AttributeError)):
        arrays(pandas_source, [name], SOURCES[:1])


@pytest.mark.parametrize("name", ARGUMENTS)
def test_what_gets_arguments_still_needs_them(pandas_source, name):
    def on_feed_alone():
        class Plain(bt.Strategy):
            def __init__(self):
                indicators()[name](self.data)

        cerebro = bt.Cerebro(stdstats=False)
        cerebro.adddata(pandas_source(SOURCES[0]))
        cerebro.addstrategy(Plain)
        cerebro.run()

    with pytest.raises((TypeError, ValueError, IndexError, AttributeError)):
        on_feed_alone()


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_indicators_over_two_feeds_at_once(same, steady, modes):
    def spreads(source):
        class Pair(bt.Strategy):
            def __init__(self):
                one, other = self.datas
                self.built = [
                    bt.ind.CrossOver(one, other),
                    bt.ind.OLS_Slope_InterceptN(one, other, period=100),
                ]
                self.built += [bt.ind.NonZeroDifference(one.high, other.low)]

        cerebro = bt.Cerebro(stdstats=False, **modes)
        for symbol in steady:
            cerebro.adddata(source(symbol))
        cerebro.addstrategy(Pair)
        (strategy,) = cerebro.run()
        return [[list(line.array) for line in indicator.lines] for indicator in strategy.built]

    assert_filled(dict(enumerate(same(spreads))))


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_talib_reads_the_same_arrays(same, modes):
    pytest.importorskip("talib")

    def talib(source):
        class Holder(bt.Strategy):
            def __init__(self):
                prices = [(d.open, d.high, d.low, d.close) for d in self.datas]
                self.built = [bt.talib.SMA(d, timeperiod=7) for d in self.datas]
                self.built += [bt.talib.MACD(d.close) for d in self.datas]
                self.built += [bt.talib.ATR(*price[1:], timeperiod=9) for price in prices]
                self.built += [bt.talib.CDLDOJI(*price) for price in prices]
                self.built += [bt.talib.OBV(d.close, d.volume) for d in self.datas]

        cerebro = bt.Cerebro(stdstats=False, **modes)
        for symbol in SOURCES:
            cerebro.adddata(source(symbol))
        cerebro.addstrategy(Holder)
        (strategy,) = cerebro.run()
        return [[list(line.array) for line in indicator.lines] for indicator in strategy.built]

    assert_filled(dict(enumerate(same(talib))))
