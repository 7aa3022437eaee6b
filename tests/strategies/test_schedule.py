"""When to rebalance: known answers, causality, messages."""

from datetime import date, timedelta

import pytest
from btalpha.strategies.schedule import Schedule, check_rule, rebalance_sessions
from hypothesis import given
from hypothesis import strategies as st

# 2016-01-04 is a Monday; the New Year week of China (8-12 February) has no session.
SESSIONS = [
    date(2016, 1, 4) + timedelta(days=number)
    for number in range(56)
    if number % 7 < 5 and not 35 <= number < 42
]
RULES = st.one_of(st.integers(1, 9), st.sampled_from(["weekly", "monthly"]))


def test_every_third_session():
    assert [day.day for day in rebalance_sessions(SESSIONS[:8], 3)] == [4, 7, 12]


def test_every_session():
    assert rebalance_sessions(SESSIONS, 1) == SESSIONS


def test_weekly_is_the_first_session_of_each_week_that_has_one():
    mondays = [date(2016, 1, 4), date(2016, 1, 11), date(2016, 1, 18), date(2016, 1, 25)]
    rest = [date(2016, 2, 1), date(2016, 2, 15), date(2016, 2, 22)]
    assert rebalance_sessions(SESSIONS, "weekly") == mondays + rest


def test_week_that_crosses_the_year_is_one_week():
    days = [date(2015, 12, 31), date(2016, 1, 1), date(2016, 1, 4)]
    assert rebalance_sessions(days, "weekly") == [days[0], days[2]]
    assert rebalance_sessions(days, "monthly") == [days[0], days[1]]


def test_monthly_after_a_gap_of_a_year():
    days = [date(2015, 1, 30), date(2016, 1, 4)]
    assert rebalance_sessions(days, "monthly") == days


def test_a_session_that_is_due_stays_due_until_done():
    schedule = Schedule(2)
    assert [schedule.is_due(day) for day in SESSIONS[:2]] == [True, True]
    schedule.done(SESSIONS[1])
    assert [schedule.is_due(day) for day in SESSIONS[2:5]] == [False, True, True]


@given(RULES, st.integers(1, len(SESSIONS)))
def test_causal_in_dates(rule, length):
    whole = rebalance_sessions(SESSIONS, rule)
    assert rebalance_sessions(SESSIONS[:length], rule) == [
        day for day in whole if day <= SESSIONS[length - 1]
    ]


@pytest.mark.parametrize("rule", [0, -1, 2.5, True, "daily", None])
def test_no_rule(rule):
    with pytest.raises(
        ValueError, match="rebalance must be a whole number of sessions >= 1, 'weekly', 'monthly' or dates"
    ):
        check_rule(rule)
