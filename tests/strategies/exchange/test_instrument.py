"""A feed as the exchange sees its share: raw prices and shares, the close before, the price band."""

import math

import backtrader as bt
import pytest
from btalpha.feeds.boards import LimitTable
from btalpha.strategies.exchange import Lot
from btalpha.strategies.exchange.instrument import Instrument

MOUTAI = "600519.SH"


@pytest.fixture
def see(feed, panel):
    """Ask an instrument on every bar of a run; return the answers by bar."""

    def run(question, source, name=MOUTAI, **options):
        answers = []

        class Look(bt.Strategy):
            def next(self):
                self.shown = getattr(self, "shown", None) or Instrument(self.getdatabyname(name))
                answers.append(question(self.shown))

        cerebro = bt.Cerebro(stdstats=False)
        source.add_to(cerebro, **options) if hasattr(source, "add_to") else cerebro.adddata(source)
        cerebro.addstrategy(Look)
        cerebro.run()
        return answers

    return run


def test_raw_prices_and_shares_of_adjusted_feeds(see, panel):
    bars = panel({MOUTAI: ([10.0, 5.0, 6.0], {"factor": [2.5, 5.0, 5.0], "volume": [100.0, 300.0, 400.0]})})

    def shown(share):
        close = share.data.close[0]
        return close, share.factor(), share.raw_price(close), share.raw_volume()

    assert see(shown, bars) == [(25.0, 2.5, 10.0, 100.0), (25.0, 5.0, 5.0, 300.0), (30.0, 5.0, 6.0, 400.0)]
    assert [answer[1:3] for answer in see(shown, bars, adjusted=False)] == [
        (1.0, 10.0),
        (1.0, 5.0),
        (1.0, 6.0),
    ]


def test_bars_ago(see, panel):
    facts = {"factor": [2.5, 5.0], "volume": [100.0, 300.0], "pre_close": [9.0, 5.5]}
    bars = panel({MOUTAI: ([10.0, 5.0], facts)})
    answers = see(
        lambda share: (
            len(share.data) > 1
            and (share.factor(-1), share.raw_volume(-1), share.pre_close(-1), share.raw_price(25.0, -1))
        ),
        bars,
    )
    assert answers[1] == (2.5, 100.0, 9.0, 10.0)


def test_reference_price_is_told_or_the_close_before_in_todays_shares(see, feed, panel):
    prices, factor = [10.0, 5.0, 6.0], {"factor": [2.5, 5.0, 5.0]}
    told = panel({MOUTAI: (prices, {**factor, "pre_close": [9.0, 4.9, 5.0]})})
    assert see(lambda share: share.pre_close(), told) == [9.0, 4.9, 5.0]
    reckoned = see(lambda share: share.pre_close(), panel({MOUTAI: (prices, factor)}))
    assert math.isnan(reckoned[0])
    assert reckoned[1:] == [5.0, 5.0]
    lines = feed(prices, MOUTAI, pre_close=[9.0, 4.9, 5.0], is_st=0.0)
    assert see(lambda share: share.pre_close(), lines) == [9.0, 4.9, 5.0]
    bare = see(lambda share: share.pre_close(), feed(prices, MOUTAI))
    assert math.isnan(bare[0])
    assert bare[1:] == [10.0, 5.0]


def test_a_line_of_the_panel_comes_before_its_field(see, panel):
    bars = panel({MOUTAI: ([10.0, 10.0], {"factor": 1.0, "pre_close": [9.0, 9.5]})})
    assert see(lambda share: share.pre_close(), bars, extra=("pre_close",)) == [9.0, 9.5]


@pytest.mark.parametrize(
    ("name", "is_st", "close", "band"),
    [
        (MOUTAI, 0.0, 10.5, (9.0, 11.0)),
        (MOUTAI, 1.0, 10.5, (9.5, 10.5)),
        (MOUTAI, math.nan, 10.5, (9.0, 11.0)),
        ("300750.SZ", 1.0, 10.5, (8.0, 12.0)),
        ("688981.SH", 0.0, 10.5, (8.0, 12.0)),
        ("430047.BJ", 0.0, 10.5, (7.0, 13.0)),
        ("AAPL", 0.0, 10.5, None),
        (MOUTAI, 0.0, 11.0, (9.0, 11.0)),
        (MOUTAI, 0.0, 11.01, None),  # traded outside, so there was no limit
        (MOUTAI, 1.0, 10.51, None),
    ],
)
def test_band(see, feed, name, is_st, close, band):
    bars = feed([10.0, close], name, pre_close=[math.nan, 10.0], is_st=is_st)
    assert see(lambda share: share.band(), bars, name) == [None, band]


def test_band_is_in_raw_prices(see, panel):
    bars = panel({MOUTAI: ([10.0, 11.0], {"factor": 2.5})})
    assert see(lambda share: share.band(), bars) == [None, (9.0, 11.0)]
    # Adjusted prices that are no whole cents come back a hair off the limit.
    bars = panel({MOUTAI: ([3.33, 3.66], {"factor": 1.0 / 3.0})})
    assert see(lambda share: share.band(), bars)[1] == (3.0, 3.66)


@pytest.mark.parametrize(("name", "free"), [(MOUTAI, 5), ("688981.SH", 5), ("430047.BJ", 1)])
def test_no_band_in_the_first_sessions_of_a_listing(see, feed, name, free):
    for is_new, without in ((True, max(free, 1)), (False, 1)):
        bands = see(lambda share, is_new=is_new: share.band(is_new=is_new), feed([10.0] * 8, name), name)
        # The first bar has no close before it.
        assert [band is None for band in bands] == [True] * without + [False] * (8 - without)


def test_lot_and_own_limits(see, feed):
    assert see(lambda share: share.lot, feed([1.0], "688981.SH"), "688981.SH") == [Lot(200, 1)]
    assert see(lambda share: share.lot, feed([1.0], "AAPL"), "AAPL") == [Lot(1, 1)]
    table = LimitTable(main=((LimitTable().main[0][0], 0.44),))
    bands = see(lambda share: Instrument(share.data, table).band(), feed([10.0, 10.0], MOUTAI))
    assert bands[1] == (5.6, 14.4)
