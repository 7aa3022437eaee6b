"""Feeds as a strategy reads them, after a run, and when they are moved by hand."""

import backtrader as bt
import pytest

MODES = {"runonce": {}, "next by next": {"runonce": False}, "preload off": {"preload": False}}


class Reader(bt.Strategy):
    """Reads feeds in every way that a strategy offers."""

    lines = ("spread",)

    def __init__(self):
        self.read = []
        self.lines.spread = self.data0.close - self.data0.open

    def prenext(self):
        self.next()

    def next(self):
        self.read.append(
            [self.spread[0], self.data_close[0], self.data0_high[0], self.data0_2[0], self.data[0]]
        )
        for name in self.getdatanames():
            data = self.getdatabyname(name)
            if len(data):
                same_feed = self.dnames[name] is data
                size = len(data) if len(data) % 20 == 0 else 4
                past = [list(line.get(ago, size)) for line in data.lines for ago in (0, -2)]
                whole = [data.close.getzero(3, size), data.open.getzeroval(0), data.low.plot(1, 4)]
                moment = [
                    data.datetime.datetime(-min(1, len(data) - 1)),
                    data.datetime.tm_raw(0),
                    data.datetime.tm(0),
                ]
                self.read.append([same_feed, name, len(data), past, whole, moment, data.datetime.date()])


@pytest.mark.parametrize("modes", [*MODES.values(), {"exactbars": -1}], ids=[*MODES, "exactbars -1"])
def test_slices_names_and_dates_as_a_strategy_reads_them(same, modes):
    def read(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        source.add_all(cerebro)
        cerebro.addstrategy(Reader)
        (strategy,) = cerebro.run()
        return strategy.read

    assert len(same(read)) > 500


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_feeds_after_a_run_and_when_moved_by_hand(same, modes):
    def afterwards(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        datas = source.add_all(cerebro)
        cerebro.addstrategy(bt.Strategy)
        cerebro.run()
        out = []
        for data in datas:
            out.append([len(data), data.buflen(), data.close.idx, data.volume.lencount, data.advance_peek()])
            out.append([data.close[0], data.volume[-1], list(data.high.plotrange(2, 9)), data.close.plot()])
            data.rewind(3)
            out.append([len(data), data.close[0], len(data.open), data.datetime.date(0), data.advance_peek()])
            data.advance()
            out.append([len(data), data.close[0], len(data.open), data.datetime.date(0), data.advance_peek()])
            data.home()
            out.append([len(data), data.buflen(), len(data.low), data.advance_peek()])
            data.reset()
            out.append([len(data), data.buflen(), len(data.close), data.close.idx, list(data.close.array)])
        return out

    assert len(same(afterwards)) == 30


def test_lines_moved_one_by_one(same):
    def apart(source):
        cerebro = bt.Cerebro(stdstats=False)
        (data, *_) = source.add_all(cerebro)
        cerebro.addstrategy(bt.Strategy)
        cerebro.run()
        data.home()
        data.close.advance(2)
        data.volume.advance(5)
        data.high.advance(1)
        lines = [data.close, data.volume, data.high, data.low, data.datetime]
        out = [[len(line), line.idx, line.buflen(), line[0]] for line in lines]
        data.close.home()
        data.advance()
        return out + [[len(line), line.idx, line[0]] for line in lines]

    assert same(apart)[1][0] == 5
