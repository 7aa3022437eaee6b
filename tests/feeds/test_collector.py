"""Collector: the panel of what feeds have delivered, on every session and in every mode."""

from datetime import timedelta, tzinfo

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.collector import Collector, named_feeds, panel_from_feeds
from btalpha.feeds.panel_feeds import add_panel

BARS = ("open", "high", "low", "close", "volume")


def run(cerebro, each_session, *, names=None):
    """Run a Cerebro and call a function with (strategy, date) on every session."""

    class Probe(bt.Strategy):
        def start(self):
            self.collector = Collector(self.datas)

        def prenext(self):
            self.next()

        def next(self):
            each_session(self, self.datetime.datetime(0))

    cerebro.addstrategy(Probe)
    return cerebro.run()[0]


def assert_panels_equal(ours: Panel, theirs: Panel, fields=BARS):
    assert list(ours.dates) == list(theirs.dates)
    assert list(ours.symbols) == list(theirs.symbols)
    for field in fields:
        np.testing.assert_array_equal(ours.array(field), theirs.array(field), err_msg=field)


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}], ids=str)
def test_panel_of_each_session_is_the_past_and_no_more(small_panel, modes):
    cerebro = bt.Cerebro(stdstats=False, **modes)
    add_panel(small_panel, cerebro, adjusted=False)
    days = []

    def check(strategy, day):
        known = small_panel.until(day)
        assert_panels_equal(Panel.from_feeds(strategy.datas), known)
        assert_panels_equal(strategy.collector.panel(), known)
        days.append(day)

    run(cerebro, check)
    assert days == list(small_panel.dates)


def test_incremental_equals_all_at_once(small_panel):
    cerebro = bt.Cerebro(stdstats=False)
    small_panel.add_to(cerebro)
    strategy = run(cerebro, lambda strategy, day: strategy.collector.update() if day.day % 3 else None)
    assert_panels_equal(strategy.collector.panel(), panel_from_feeds(strategy.datas))


def test_buffers_that_forget_are_collected_bar_by_bar(small_panel):
    whole = small_panel.select(["000001.SZ", "600001.SH"]).until(small_panel.dates[19])
    cerebro = bt.Cerebro(stdstats=False, exactbars=1)
    add_panel(whole, cerebro, adjusted=False)
    strategy = run(cerebro, lambda strategy, day: strategy.collector.update())
    assert_panels_equal(strategy.collector.panel(), whole)


def test_adjusted_feed_without_factor_line_is_taken_as_it_is(small_panel):
    cerebro = bt.Cerebro(stdstats=False)
    small_panel.add_to(cerebro)
    panel = run(cerebro, lambda *_: None).collector.panel()
    np.testing.assert_array_equal(panel.array("close"), small_panel.adjusted_array("close"))
    assert set(np.unique(panel.array("factor")[panel.traded_array])) == {1.0}
    assert np.isnan(panel.array("factor")[~panel.traded_array]).all()


def test_adjusted_feed_with_factor_line_gives_raw_prices_back(small_panel):
    cerebro = bt.Cerebro(stdstats=False)
    add_panel(small_panel, cerebro, extra=("factor", "turnover", "is_st"))
    panel = run(cerebro, lambda *_: None).collector.panel()
    np.testing.assert_allclose(panel.array("close"), small_panel.array("close"), rtol=1e-15)
    np.testing.assert_array_equal(panel.array("factor"), small_panel.array("factor"))
    np.testing.assert_array_equal(panel.array("turnover"), small_panel.array("turnover"))
    np.testing.assert_array_equal(panel.array("is_st"), small_panel.array("is_st"))


def pandas_feed(closes, index, **params):
    close = np.asarray(closes, dtype=float)
    frame = pd.DataFrame(
        {"open": close, "high": close, "low": close, "close": close, "volume": 1.0}, index=index
    )
    return bt.feeds.PandasData(dataname=frame, **params)


def test_nan_rows_of_a_reindexed_frame_are_days_without_trade():
    days = pd.bdate_range("2016-01-04", periods=3)
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(pandas_feed([1.0, np.nan, 3.0], days), name="A")
    cerebro.adddata(pandas_feed([4.0, 5.0, 6.0], days), name="B")
    panel = run(cerebro, lambda *_: None).collector.panel()
    assert panel.traded["A"].to_list() == [True, False, True]
    assert np.isnan(panel.array("volume")[1, 0])


class Shanghai(tzinfo):
    def utcoffset(self, dt):
        return timedelta(hours=8)

    def dst(self, dt):
        return timedelta(0)

    def localize(self, dt):
        return dt.replace(tzinfo=self)


def test_midnights_of_a_time_zone_count_as_their_own_date():
    days = pd.bdate_range("2016-01-04", periods=5)
    cerebro = bt.Cerebro(stdstats=False)
    # Midnight in Shanghai is 16:00 of the day before in UTC, in which Backtrader keeps time.
    cerebro.adddata(pandas_feed(range(1, 6), days - pd.Timedelta(hours=8), tz=Shanghai()), name="A")
    assert list(run(cerebro, lambda *_: None).collector.panel().dates) == list(days)


def test_fields_that_only_some_feeds_have(small_panel):
    cerebro = bt.Cerebro(stdstats=False)
    add_panel(small_panel.select(["000001.SZ"]), cerebro, extra=("turnover",))
    add_panel(small_panel.select(["000002.SZ"]), cerebro)
    panel = run(cerebro, lambda *_: None).collector.panel()
    assert not np.isnan(panel["turnover"]["000001.SZ"]).any()
    assert np.isnan(panel["turnover"]["000002.SZ"]).all()
    np.testing.assert_array_equal(panel["factor"]["000002.SZ"].dropna(), 1.0)


# -- validation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [[1, 0], [0, 0]])
def test_unsorted_and_duplicate_bars_are_refused_with_feed_and_day(order):
    index = pd.DatetimeIndex(["2016-01-04", "2016-01-05"])[order]
    cerebro = bt.Cerebro(stdstats=False, runonce=False)
    cerebro.adddata(pandas_feed([1.0, 2.0], index), name="A")
    with pytest.raises(DataError, match="feed 'A': the bar of 2016-01-04 is not later"):
        run(cerebro, lambda strategy, day: strategy.collector.update())


def test_names_are_needed_and_unique(small_panel):
    cerebro = bt.Cerebro(stdstats=False)
    first, second, *_ = small_panel.add_to(cerebro)
    assert list(named_feeds([second, first])) == ["000002.SZ", "000001.SZ"]
    with pytest.raises(DataError, match=r"two feeds are named '000001\.SZ'"):
        named_feeds([first, first])
    first._name = ""
    with pytest.raises(DataError, match="feed 1 has no name"):
        named_feeds([second, first])


def test_nothing_delivered_yet(small_panel):
    cerebro = bt.Cerebro(stdstats=False)
    with pytest.raises(DataError, match="no feed has delivered a bar yet"):
        panel_from_feeds(small_panel.add_to(cerebro))
