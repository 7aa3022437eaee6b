"""Refit dates."""

import pandas as pd
import pytest
from btalpha.signals.schedule import refit_dates

DAYS = pd.bdate_range("2014-11-03", "2016-02-29")


def dates_of(start: str, refit: int | str) -> list[str]:
    return [str(day.date()) for day in refit_dates(DAYS, pd.Timestamp(start), refit)]


@pytest.mark.parametrize(
    ("refit", "expected"),
    [
        ("year", ["2014-12-15", "2015-01-01", "2016-01-01"]),
        ("half-year", ["2014-12-15", "2015-01-01", "2015-07-01", "2016-01-01"]),
        ("quarter", ["2014-12-15", "2015-01-01", "2015-04-01", "2015-07-01", "2015-10-01", "2016-01-01"]),
        (150, ["2014-12-15", "2015-07-13", "2016-02-08"]),
    ],
)
def test_first_session_of_each_period(refit: int | str, expected: list[str]) -> None:
    assert dates_of("2014-12-15", refit) == expected


def test_months_begin_with_the_first_trading_day() -> None:
    assert dates_of("2015-11-20", "month") == ["2015-11-20", "2015-12-01", "2016-01-01", "2016-02-01"]


def test_start_on_a_holiday_moves_to_the_next_session() -> None:
    assert dates_of("2015-03-07", "year")[0] == "2015-03-09"


def test_start_after_the_end_gives_none() -> None:
    assert dates_of("2017-01-01", "month") == []


@pytest.mark.parametrize("refit", [1, 7, "month", "quarter"])
def test_a_longer_calendar_changes_no_earlier_date(refit: int | str) -> None:
    start = pd.Timestamp("2014-12-15")
    whole = refit_dates(DAYS, start, refit)
    for stop in range(30, len(DAYS), 37):
        part = refit_dates(DAYS[:stop], start, refit)
        assert part.equals(whole[whole <= DAYS[stop - 1]])


@pytest.mark.parametrize(
    ("refit", "message"),
    [
        (0, "refit must be 1 session or more, got 0"),
        ("week", "refit must be a number of sessions or one of month, quarter, half-year, year, got 'week'"),
        (2.5, "refit must be a number of sessions or one of .*, got 2.5"),
        (True, "refit must be a number of sessions or one of .*, got True"),
    ],
)
def test_validation(refit: int | str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        refit_dates(DAYS, DAYS[0], refit)
