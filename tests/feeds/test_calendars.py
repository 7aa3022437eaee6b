"""Sessions of exchanges against days that are known."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError
from btalpha.feeds.calendars import exchange_sessions, recorded_days


def between(calendar: str, first: str, last: str) -> list[str]:
    sessions = exchange_sessions(calendar, np.datetime64(first), np.datetime64(last))
    return [str(day.date()) for day in sessions]


def test_the_exchanges_differ() -> None:
    assert between("XSHG", "2016-02-05", "2016-02-15") == ["2016-02-05", "2016-02-15"]  # Spring Festival
    assert "2016-07-04" not in between("XNYS", "2016-07-01", "2016-07-06")
    assert "2016-07-04" in between("XSHG", "2016-07-01", "2016-07-06")


def test_shanghai_had_1700_sessions_in_seven_years() -> None:
    assert len(between("XSHG", "2010-01-01", "2016-12-31")) == 1700


def test_a_span_of_days_off_has_no_session() -> None:
    assert between("XSHG", "2016-02-08", "2016-02-12") == []


def test_what_is_not_recorded_is_left_out() -> None:
    first, last = recorded_days("XSHG")
    assert between("XSHG", "1980-01-01", "1980-12-31") == []
    assert between("XSHG", "2200-01-01", "2200-12-31") == []
    assert first < pd.Timestamp("1991-01-01") < pd.Timestamp("2026-01-01") < last


def test_a_name_that_is_no_calendar() -> None:
    with pytest.raises(DataError, match=r"there is no calendar 'XSHGG'\. Remedy: name one such as XSHG\."):
        recorded_days("XSHGG")
