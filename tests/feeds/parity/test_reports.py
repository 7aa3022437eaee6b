"""All analyzers, all observers and the CSV writer of Backtrader, run by strategies that trade."""

import inspect
import io

import backtrader as bt
import pytest

MODES = {"runonce": {}, "next by next": {"runonce": False}, "preload off": {"preload": False}}
NOT_ANALYZERS = {"TimeFrameAnalyzerBase": "the base of others: it has no analysis of its own"}
FRAMES = [
    "Calmar",
    "TimeReturn",
    "TimeDrawDown",
    "LogReturnsRolling",
    "Returns",
    "SharpeRatio",
    "VWR",
    "PeriodStats",
]


def kinds_in(module, base) -> dict[str, type]:
    found = {kind for kind in vars(module).values() if inspect.isclass(kind) and issubclass(kind, base)}
    return {kind.__name__: kind for kind in sorted(found - {base}, key=lambda kind: kind.__name__)}


def plain(value):
    """Results of analyzers without Backtrader's own kinds of dictionaries and sets."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return list(map(plain, value)) if isinstance(value, list | tuple) else value


def analyses(source, witness, **modes):
    cerebro = bt.Cerebro(**modes)  # AnnualReturn reads the standard observer of the broker
    source.add_all(cerebro)
    cerebro.addstrategy(witness)
    for name, kind in kinds_in(bt.analyzers, bt.Analyzer).items():
        if name not in NOT_ANALYZERS:
            cerebro.addanalyzer(kind, _name=name)
    for name in FRAMES:
        for frame in (bt.TimeFrame.Weeks, bt.TimeFrame.Months):
            cerebro.addanalyzer(getattr(bt.analyzers, name), _name=f"{name} {frame}", timeframe=frame)
    cerebro.addanalyzer(bt.analyzers.TimeReturn, _name="of a feed", data=cerebro.datas[1])
    cerebro.addanalyzer(bt.analyzers.PositionsValue, _name="with headers", headers=True, cash=True)
    (strategy,) = cerebro.run()
    return {key: plain(one.get_analysis()) for key, one in strategy.analyzers.getitems()}


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_every_analyzer(same, witness, modes):
    ends = same(analyses, witness=witness, **modes)
    # An abbreviation is the same class, so the names are those of the classes.
    assert set(kinds_in(bt.analyzers, bt.Analyzer)) - set(NOT_ANALYZERS) <= set(ends)
    assert not [name for name, analysis in ends.items() if not analysis]
    assert ends["TradeAnalyzer"]["total"]["closed"] > 10
    assert len(ends["Transactions"]) > 10


def test_what_is_no_analyzer_still_has_no_analysis(pandas_source):
    for name in NOT_ANALYZERS:
        cerebro = bt.Cerebro(stdstats=False)
        pandas_source.add_all(cerebro)
        cerebro.addstrategy(bt.Strategy)
        cerebro.addanalyzer(getattr(bt.analyzers, name), _name="base")
        (strategy,) = cerebro.run()
        assert not strategy.analyzers.base.get_analysis()


def observations(source, witness, **modes):
    cerebro = bt.Cerebro(stdstats=False, **modes)
    datas = source.add_all(cerebro)
    cerebro.addstrategy(witness)
    options = {"Benchmark": {"data": datas[0]}}
    for name, kind in kinds_in(bt.observers, bt.Observer).items():
        # BuySell and its like watch one feed each.
        (cerebro.addobservermulti if name == "BuySell" else cerebro.addobserver)(
            kind, **options.get(name, {})
        )
    cerebro.addobserver(bt.observers.TimeReturn, timeframe=bt.TimeFrame.Weeks)
    (strategy,) = cerebro.run()
    found = [
        (type(one).__name__, [list(line.array) for line in one.lines]) for one in strategy.getobservers()
    ]
    return [*found, strategy.result()[1]]


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_every_observer(same, witness, modes):
    *found, _ = same(observations, witness=witness, **modes)
    assert set(kinds_in(bt.observers, bt.Observer)) == {name for name, _ in found}
    assert len(found) >= 4 + len(kinds_in(bt.observers, bt.Observer))
    empty = {name for name, lines in found if not any(x == x for line in lines for x in line)}
    assert not empty


def text(source, witness, stdstats=True, weeks=False, rounding=None, **modes):
    written = io.StringIO()
    cerebro = bt.Cerebro(stdstats=stdstats, **modes)
    for data in source.add_all(cerebro):
        if weeks:
            cerebro.resampledata(data.clone(), name=f"{data._name} weeks", timeframe=bt.TimeFrame.Weeks)
    cerebro.addstrategy(witness)
    cerebro.addanalyzer(bt.analyzers.TradeAnalyzer)
    cerebro.addwriter(bt.WriterFile, csv=True, out=written, rounding=rounding, csv_filternan=False)
    cerebro.run()
    return written.getvalue().splitlines()


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_the_text_of_the_writer(same, witness, modes):
    class Averages(witness):
        def __init__(self):
            super().__init__()
            for average in self.averages:
                average.csv = True

    lines = same(text, witness=Averages, **modes)
    assert sum(line[:1].isdigit() for line in lines) >= 110
    assert any("tradeanalyzer" in line for line in lines)
    assert max(len(line) for line in lines) > 500


@pytest.mark.parametrize("options", [{"weeks": True}, {"rounding": 2}, {"stdstats": False}], ids=str)
def test_the_text_of_the_writer_for_weeks_rounded_and_without_observers(same, witness, options):
    assert len(same(text, witness=witness, **options)) > 128


def test_frames_of_the_pyfolio_analyzer(same, witness):
    def run(source):
        cerebro = bt.Cerebro(stdstats=False)
        source.add_all(cerebro)
        cerebro.addstrategy(witness)
        cerebro.addanalyzer(bt.analyzers.PyFolio, _name="pyfolio")
        (strategy,) = cerebro.run()
        items = strategy.analyzers.pyfolio.get_pf_items()
        return [[list(map(str, item.index)), item.to_numpy().tolist()] for item in items]

    returns, _, transactions, _ = same(run)
    assert len(returns[0]) >= 128
    assert len(transactions[0]) > 10
