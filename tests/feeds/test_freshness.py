"""Is a panel up to date? Known days of the Shanghai exchange around the Spring Festival of 2016."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.calendars import last_closed_session, next_session, recorded_days
from btalpha.feeds.freshness import freshness


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="Asia/Shanghai")


def panel_until(last: str, *, thin: bool = False) -> Panel:
    days = pd.bdate_range(end=last, periods=10)
    bar = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)
    rows = [{"date": day, "symbol": name, **bar} for day in days for name in "ABCDE"]
    return Panel.from_long(pd.DataFrame(rows[:-3] if thin else rows))


class TestCalendar:
    @pytest.mark.parametrize(
        ("moment", "day"),
        [
            ("2016-02-05 14:59", "2016-02-04"),
            ("2016-02-05 15:00", "2016-02-05"),
            ("2016-02-14 12:00", "2016-02-05"),  # the last day of the holiday
            ("2016-02-15 16:00", "2016-02-15"),
        ],
    )
    def test_a_session_counts_from_its_close(self, moment: str, day: str) -> None:
        assert last_closed_session("XSHG", at(moment)) == pd.Timestamp(day)

    def test_the_next_one_is_after_the_holiday(self) -> None:
        assert next_session("XSHG", pd.Timestamp("2016-02-05")) == pd.Timestamp("2016-02-15")

    def test_beyond_what_is_recorded(self) -> None:
        first, last = recorded_days("XSHG")
        late = last_closed_session("XSHG", (last + pd.Timedelta(days=900)).tz_localize("UTC"))
        assert late is not None and last - pd.Timedelta(days=12) < late <= last
        assert last_closed_session("XSHG", (first - pd.Timedelta(days=900)).tz_localize("UTC")) is None
        assert next_session("XSHG", last) is None


class TestFreshness:
    def test_up_to_date(self) -> None:
        found = freshness(panel_until("2016-02-05"), "XSHG", at("2016-02-14 12:00"))
        assert found.problems == ()
        assert (found.last, found.expected) == (pd.Timestamp("2016-02-05"), pd.Timestamp("2016-02-05"))
        assert found.following == pd.Timestamp("2016-02-15")

    @pytest.mark.parametrize(
        ("moment", "said"),
        [
            (
                "2016-02-15 18:00",
                "ends on 2016-02-05, 1 session of XSHG is over since, the last on 2016-02-15",
            ),
            (
                "2016-02-17 18:00",
                "ends on 2016-02-05, 3 sessions of XSHG are over since, the last on 2016-02-17",
            ),
        ],
    )
    def test_stale(self, moment: str, said: str) -> None:
        (problem,) = freshness(panel_until("2016-02-05"), "XSHG", at(moment)).problems
        assert said in problem

    def test_a_bar_of_a_session_that_goes_on(self) -> None:
        (problem,) = freshness(panel_until("2016-02-05"), "XSHG", at("2016-02-05 11:00")).problems
        assert "2016-02-05 is no session of XSHG that is over" in problem

    def test_half_a_session(self) -> None:
        (problem,) = freshness(panel_until("2016-02-05", thin=True), "XSHG", at("2016-02-05 18:00")).problems
        assert problem.startswith("2016-02-05 has 2 bars, the dates before have 5")
        assert freshness(panel_until("2016-02-05", thin=True), None, at("2016-02-05 18:00")).problems == (
            problem,
        )

    def test_other_exchanges_and_none(self) -> None:
        panel = panel_until("2016-07-01")
        monday = at("2016-07-05 01:00")  # in New York the 4th, a holiday
        assert freshness(panel, "XNYS", monday).problems == ()
        assert len(freshness(panel, "XSHG", monday).problems) == 1
        found = freshness(panel, None, monday)
        assert (found.problems, found.expected, found.following) == ((), None, None)

    def test_later_than_the_calendar_knows(self) -> None:
        _, last = recorded_days("XSHG")
        moment = (last + pd.Timedelta(days=90)).tz_localize("UTC")
        problems = freshness(panel_until("2016-02-05"), "XSHG", moment).problems
        assert "install a newer version" in problems[0]
        assert len(problems) == 2

    def test_a_name_that_is_no_calendar(self) -> None:
        with pytest.raises(DataError, match="there is no calendar 'XSHH'"):
            freshness(panel_until("2016-02-05"), "XSHH", at("2016-02-05 18:00"))

    def test_one_date_alone(self) -> None:
        bar = dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)
        panel = Panel.from_long(pd.DataFrame([{"date": np.datetime64("2016-02-05"), "symbol": "A", **bar}]))
        assert freshness(panel, "XSHG", at("2016-02-05 18:00")).problems == ()
