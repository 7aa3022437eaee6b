"""What a panel's feeds carry beside prices: lines of frames and fields, and facts without a line."""

import pickle
import subprocess
import sys

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, simulate_market


@pytest.fixture(scope="module")
def panel():
    return simulate_market(n_symbols=3, n_days=30, seed=1)


def test_a_frame_by_text_dates_becomes_a_line(panel):
    scores = panel["close"].iloc[5:10] * 2.0
    scores.index = scores.index.strftime("%Y-%m-%d")
    cerebro = bt.Cerebro(stdstats=False)
    feed = panel.add_to(cerebro, extra={"score": scores})[0]
    cerebro.run()
    traded = panel.traded_array[:, 0]
    want = (panel["close"].iloc[:, 0] * 2.0).where(np.isin(np.arange(30), range(5, 10)))
    np.testing.assert_array_equal(np.array(feed.lines.score.array), want.to_numpy()[traded])


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"openinterest": pd.DataFrame()}, "'openinterest' cannot be the name of a line"),
        ({"p": pd.DataFrame()}, "'p' cannot be the name of a line"),
        ({"a__b": pd.DataFrame()}, "'a__b' cannot be the name of a line"),
        ({1: pd.DataFrame()}, "1 cannot be the name of a line"),
        ({"score": np.zeros((30, 3))}, "'score' must be a frame of dates x symbols, got ndarray"),
        ({"turnover": pd.DataFrame()}, "the panel has a field 'turnover' already"),
        ({"score": pd.DataFrame({"X": [1.0]}, index=["2015-01-05"])}, "no date or no symbol in common"),
        ({"score": pd.DataFrame({"X": ["a"]}, index=["not a day"])}, "the frame 'score' cannot be read"),
    ],
)
def test_what_cannot_be_a_line_is_refused(panel, extra, message):
    with pytest.raises(DataError, match=message):
        panel.add_to(bt.Cerebro(), extra=extra)


def test_a_feed_with_further_lines_goes_to_a_process_that_never_saw_its_class(panel, tmp_path):
    """As ``optstrategy`` sends it where processes are not forked."""
    feed = panel.add_to(bt.Cerebro(), extra={"score": panel["close"], "pre_close": None})[0]
    path = tmp_path / "feed.pickle"
    path.write_bytes(pickle.dumps(type(feed)))
    program = f"import pickle; print(pickle.load(open({str(path)!r}, 'rb')).lines._getlines()[-2:])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "('score', 'pre_close')", done.stderr


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}], ids=str)
def test_trap_1_a_fact_is_told_of_delivered_bars_alone(panel, modes):
    close = panel.array("close").copy()
    close[:10, 0] = np.nan
    late = panel.with_arrays({"close": close})
    refused = []

    class Asks(bt.Strategy):
        def prenext(self):
            self.next()

        def next(self):
            feed, count = self.data, len(self.data)
            for ago in (1, -count):
                with pytest.raises(IndexError, match="was delivered"):
                    feed.fact("volume", ago)
                refused.append(count)
            if count:
                assert feed.fact("volume") == feed.volume[0]
                assert feed.fact("volume", 1 - count) == feed.volume[1 - count]

    cerebro = bt.Cerebro(stdstats=False, **modes)
    late.add_to(cerebro)
    cerebro.addstrategy(Asks)
    cerebro.run()
    assert 0 in refused
    assert max(refused) > 5
