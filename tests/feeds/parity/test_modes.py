"""Every mode of Cerebro shows the same bars, ticks, orders and money from both kinds of feeds."""

import datetime as dt

import backtrader as bt
import pytest

MODES = {
    "default": {},
    "runonce off": {"runonce": False},
    "preload off": {"preload": False},
    "both off": {"runonce": False, "preload": False},
    "exactbars -1": {"exactbars": -1},
    "exactbars -2": {"exactbars": -2},
    "lookahead": {"lookahead": 3},
    "live with lookahead": {"lookahead": 3, "live": True},
    "cheat_on_open": {"cheat_on_open": True},
    "cheat_on_open without preload": {"cheat_on_open": True, "preload": False},
    "tradehistory": {"tradehistory": True},
    "quicknotify": {"quicknotify": True},
    "objcache": {"objcache": True},
    "stdstats": {"stdstats": True},
}
OLDSYNC = {
    "runonce off": {"oldsync": True, "runonce": False},
    "both off": {"oldsync": True, "runonce": False, "preload": False},
    "exactbars -1": {"oldsync": True, "exactbars": -1},
}


def told(source, witness, symbols=None, **modes):
    cerebro = bt.Cerebro(**{"stdstats": False, **modes})
    if symbols is None:
        source.add_all(cerebro)
    else:
        for symbol in symbols:
            cerebro.adddata(source(symbol))
    cerebro.addstrategy(witness)
    (strategy,) = cerebro.run()
    return strategy.result()


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_every_mode_shows_the_same_bars_and_leads_to_the_same_orders(same, witness, modes):
    seen, orders, _ = same(told, witness=witness, **modes)
    assert len(seen) >= 128
    assert len(orders) > 100


@pytest.mark.parametrize("modes", OLDSYNC.values(), ids=OLDSYNC)
def test_oldsync_in_every_mode(same, witness, modes):
    seen, orders, _ = same(told, witness=witness, **modes)
    assert len(seen) == 104  # the first feed leads
    assert orders


def test_oldsync_with_runonce_where_nobody_trades(same, witness):
    class Idle(witness):
        params = (("trades", False),)

    assert len(same(told, witness=Idle, oldsync=True)[0]) == 104


@pytest.mark.parametrize("modes", [{"exactbars": 1}, {"exactbars": 1, "oldsync": True}], ids=str)
def test_exactbars_with_feeds_of_equal_dates(same, witness, steady, modes):
    seen, orders, _ = same(told, witness=witness, symbols=steady, **modes)
    assert len(seen) == 128
    assert orders


# Backtrader itself cannot do it: a window of no bars, an order on a bar made of NaN.
FAILURES = [
    ({"exactbars": 1}, "islice"),
    ({"exactbars": 1, "oldsync": True}, "islice"),
    ({"oldsync": True}, "convert float NaN"),
]


@pytest.mark.parametrize(("modes", "message"), FAILURES, ids=str)
def test_what_fails_with_feeds_of_different_dates_fails_on_the_same_bar(same, witness, modes, message):
    def fails(source):
        kept = []

        class Kept(witness):
            def __init__(self):
                super().__init__()
                kept.append(self)

        with pytest.raises(ValueError, match=message) as error:
            told(source, Kept, **modes)
        return [str(error.value), *kept[0].result()]

    assert len(same(fails)[1]) > 45


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}], ids=str)
def test_a_single_feed_and_feeds_in_another_order(same, witness, modes):
    def alone(source):
        return told(source, witness, source.symbols[2:3], **modes)

    def backwards(source):
        return told(source, witness, source.symbols[::-1], **modes)

    assert same(alone)[1]
    assert same(backwards)[1]


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}], ids=str)
def test_a_second_run_of_the_same_cerebro_repeats_the_first(same, witness, modes):
    def twice(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        source.add_all(cerebro)
        cerebro.addstrategy(witness)
        return [cerebro.run()[0].result() for _ in range(2)]

    first, second = same(twice)
    assert first[1]
    assert len(first[0]) == len(second[0])


def test_a_second_run_in_another_mode(same, witness):
    def changing(source):
        cerebro = bt.Cerebro(stdstats=False)
        source.add_all(cerebro)
        cerebro.addstrategy(witness)
        steps = [{}, {"preload": False}, {"preload": True, "runonce": False}, {"runonce": True}]
        steps += [{"exactbars": -1}, {"exactbars": False}]
        return [cerebro.run(**modes)[0].result() for modes in steps]

    assert all(orders for _, orders, _ in same(changing))


def test_several_strategies_in_one_cerebro(same, witness):
    def several(source):
        cerebro = bt.Cerebro(stdstats=False)
        source.add_all(cerebro)
        cerebro.addstrategy(witness)
        cerebro.addstrategy(witness, trades=False)
        cerebro.addstrategy(bt.strategies.MA_CrossOver, fast=3, slow=8)
        first, second, _ = cerebro.run()
        return [first.result(), second.result()]

    first, second = same(several)
    assert first[1]
    assert len(first[0]) == len(second[0])


def test_timers_fire_at_the_same_bars(same, witness):
    class Timed(witness):
        def __init__(self):
            super().__init__()
            self.add_timer(bt.timer.SESSION_START, weekdays=[1, 3], weekcarry=True)
            self.add_timer(bt.timer.SESSION_START, monthdays=[1, 15], monthcarry=True, cheat=True)
            self.add_timer(when=dt.time(0, 0), offset=dt.timedelta(0))

    _, messages, _ = same(told, witness=Timed)
    assert sum(message[0] == "timer" for message in messages) > 45


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}], ids=str)
def test_a_run_that_is_stopped_half_way_or_fails_and_is_then_repeated(same, witness, modes):
    class Leaves(witness):
        params = (("last", 80),)

        def next(self):
            super().next()
            if len(self) == self.p.last:
                self.env.runstop()
            assert len(self) < 90, "too late"

    def run(source):
        cerebro = bt.Cerebro(stdstats=False, **modes)
        source.add_all(cerebro)
        cerebro.addstrategy(Leaves)
        ends = [cerebro.run()[0].result()]
        cerebro.strats[0][0][2]["last"] = 100
        with pytest.raises(AssertionError, match="too late"):
            cerebro.run()
        cerebro.strats[0][0][2]["last"] = 85
        return [*ends, cerebro.run()[0].result()]

    (stopped, *_), (repeated, *_) = same(run)
    assert len(stopped) < len(repeated) < 100


def test_signals_trade_the_same(same):
    class Trend(bt.Indicator):
        lines = ("signal",)

        def __init__(self):
            self.lines.signal = self.data.close - bt.ind.SMA(self.data.close, period=7)

    def signals(source):
        cerebro = bt.Cerebro(stdstats=False)
        source.add_all(cerebro)
        cerebro.add_signal(bt.SIGNAL_LONGSHORT, Trend)
        cerebro.add_signal(bt.SIGNAL_LONGEXIT, bt.ind.RSI)
        cerebro.addanalyzer(bt.analyzers.Transactions, _name="fills")
        (strategy,) = cerebro.run()
        return dict(strategy.analyzers.fills.get_analysis())

    assert len(same(signals)) > 5
