"""Optimisation in one process and in two, and runs of the same Cerebro again."""

import multiprocessing

import backtrader as bt
import pytest

# Another start method imports this module again in the child, where it has no name to be found by.
NEEDS_FORK = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="processes are not started by fork here"
)


class Crossing(bt.Strategy):
    params = (("period", 5),)

    def __init__(self):
        self.averages = [bt.ind.SMA(data.close, period=self.p.period) for data in self.datas]
        self.highs = [bt.ind.Highest(data.high, period=self.p.period) for data in self.datas]
        self.seen = []

    def prenext(self):
        self.next()

    def next(self):
        account = [len(self), self.broker.getvalue(), self.broker.getcash()]
        self.seen.append(
            [*account, *((len(data), data.close[0], data.low[0]) for data in self.datas if len(data))]
        )
        for data, average in zip(self.datas, self.averages, strict=True):
            if len(data) <= self.p.period:
                continue
            above = data.close[0] > average[0]
            if above != bool(self.getposition(data).size):
                (self.buy if above else self.close)(data, size=50)


def optimised(source, *, resampled=False, **modes):
    """Analyses of all runs; also what the strategies have seen where they come back whole."""
    cerebro = bt.Cerebro(stdstats=False, **modes)
    for symbol in source.symbols[:3]:
        if resampled:
            cerebro.resampledata(source(symbol), name=symbol, timeframe=bt.TimeFrame.Weeks)
        else:
            cerebro.adddata(source(symbol), name=symbol)
    cerebro.optstrategy(Crossing, period=[4, 9])
    cerebro.addanalyzer(bt.analyzers.TimeReturn, _name="returns")
    cerebro.addanalyzer(bt.analyzers.Transactions, _name="fills")
    finished = []
    cerebro.optcallback(finished.append)
    return [end_of(cerebro.run()), len(finished), end_of(cerebro.run())]


def end_of(runs):
    return [
        [
            run.p.period,
            dict(run.analyzers.returns.get_analysis()),
            dict(run.analyzers.fills.get_analysis()),
            getattr(run, "seen", None),
            [[list(line.array) for line in data.lines] for data in getattr(run, "datas", [])],
        ]
        for (run,) in runs
    ]


def assert_optimised(found, *, whole):
    first, finished, again = found
    assert again == []  # Backtrader takes each set of parameters once
    assert [run[0] for run in first] == [4, 9]
    assert finished == 2
    assert first[0][1:3] != first[1][1:3]
    assert all(len(run[2]) > 5 for run in first)
    assert all((run[3] is not None) == whole for run in first)


@pytest.mark.parametrize("optreturn", [True, False])
@pytest.mark.parametrize("optdatas", [True, False])
@pytest.mark.parametrize("maxcpus", [1, pytest.param(2, marks=NEEDS_FORK)])
def test_optimisation(same, maxcpus, optdatas, optreturn):
    found = same(optimised, maxcpus=maxcpus, optdatas=optdatas, optreturn=optreturn)
    assert_optimised(found, whole=not optreturn)


@pytest.mark.parametrize("modes", [{"runonce": False}, {"preload": False}, {"exactbars": -1}], ids=str)
@NEEDS_FORK
def test_optimisation_in_other_modes(same, modes):
    assert_optimised(same(optimised, maxcpus=2, **modes), whole=False)


@pytest.mark.parametrize("maxcpus", [1, pytest.param(2, marks=NEEDS_FORK)])
def test_optimisation_on_weeks(same, maxcpus):
    runs, finished, _ = same(optimised, maxcpus=maxcpus, resampled=True)
    assert finished == len(runs) == 2
    assert runs[0][2]


@NEEDS_FORK
def test_a_plain_run_before_and_after_an_optimisation_of_the_same_feeds(same):
    def run(source):
        feeds = [source(symbol) for symbol in source.symbols[:3]]
        ends = []
        for optimise in (False, True, False):
            cerebro = bt.Cerebro(stdstats=False, maxcpus=2)
            for feed in feeds:
                cerebro.adddata(feed)
            if optimise:
                cerebro.optstrategy(Crossing, period=[4, 9])
            else:
                cerebro.addstrategy(Crossing)
            cerebro.addanalyzer(bt.analyzers.Transactions, _name="fills")
            runs = cerebro.run()
            runs = [run for (run,) in runs] if optimise else runs
            ends += [dict(run.analyzers.fills.get_analysis()) for run in runs]
        return ends

    ends = same(run)
    assert len(ends) == 4
    assert ends[0] == ends[3]
