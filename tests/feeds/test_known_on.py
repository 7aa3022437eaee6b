"""Members, ST marks and last prices as they were known on a date."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, read_members
from btalpha.feeds.known_on import known_on
from btalpha.feeds.universe import members_on


def test_the_small_market(small_panel: Panel) -> None:
    days = small_panel.dates
    early = known_on(small_panel, days[6])
    assert early["traded"].tolist() == [True, False, False, True, True]
    assert early.loc["000002.SZ", "last_bar"] == days[4]  # suspended since
    assert early.loc["000002.SZ", "close"] == pytest.approx(20.4)
    assert early.loc["300001.SZ"].isna()[["last_bar", "close", "factor", "is_st"]].all()  # not listed yet
    assert early.loc["600002.SH", "factor"] == 1.0
    late = known_on(small_panel, days[-1])
    assert late.loc["600002.SH", ["factor", "traded"]].tolist() == [2.0, False]


def test_st_from_its_day_on_and_through_a_pause(small_panel: Panel) -> None:
    """600001.SH is ST from row 15 on, and has no bar from row 20 on."""
    marks = [
        known_on(small_panel, small_panel.dates[row]).loc["600001.SH", "is_st"] for row in (14, 15, 19, 25)
    ]
    assert marks == [False, True, True, True]
    assert not small_panel["is_st"].loc[small_panel.dates[25], "600001.SH"]  # the bar that is not there


def test_members_and_the_days_between_sessions(small_panel: Panel) -> None:
    ranges = pd.DataFrame({"symbol": ["000001.SZ"], "start": ["2016-01-11"], "end": ["2016-01-15"]})
    panel = small_panel.with_members(ranges)
    counts = {
        day: int(known_on(panel, day)["member"].sum())
        for day in ("2016-01-08", "2016-01-11", "2016-01-16", "2016-01-18")
    }
    assert list(counts.values()) == [0, 1, 1, 0]  # a Saturday is the Friday before
    with pytest.raises(DataError, match="nothing is known on 2015-12-31, the first bar is of 2016-01-04"):
        known_on(panel, "2015-12-31")


def test_nothing_of_the_future_is_used(market: Panel) -> None:
    for row in (60, 200, 399):
        day = market.dates[row]
        pd.testing.assert_frame_equal(known_on(market, day), known_on(market.until(day), day))


def test_without_marks(small_panel: Panel) -> None:
    arrays = {name: small_panel.array(name) for name in small_panel.fields if name != "is_st"}
    panel = Panel(dates=small_panel.dates, symbols=small_panel.symbols, arrays=arrays)
    assert known_on(panel, panel.dates[-1])["is_st"].isna().all()


@pytest.mark.real_data
def test_the_csi_300_and_its_st_stocks(shared_data) -> None:
    ranges = read_members(shared_data / "index_members.csv", index="csi300")
    before, after = (set(members_on(ranges, day)) for day in ("2015-12-30", "2015-12-31"))
    assert (len(before), len(after)) == (300, 300)
    assert 10 <= len(after - before) <= 30  # the change of the half-year
    panel = Panel.read(shared_data / "ashare_all_2015_2016.parquet")
    day = panel.dates[60]
    known = known_on(panel, day)
    silent = known[~known["traded"] & known["last_bar"].notna()]
    assert len(silent) > 100
    marks = panel["is_st"].loc[:day]
    for symbol in silent.index[:50]:
        assert known.loc[symbol, "is_st"] == marks.loc[known.loc[symbol, "last_bar"], symbol]
    assert np.isclose(known.loc["600519.SH", "close"], panel["close"].loc[day, "600519.SH"])
    assert 20 < int(known["is_st"].sum()) < 120
