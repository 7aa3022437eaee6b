"""When to rebalance: rules that look at the sessions so far and never at the calendar ahead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

# Sessions, "weekly" or "monthly", or dates.
Rule = int | str | Sequence[Any]
_NAMED = ("weekly", "monthly")


def check_rule(rule: Rule) -> Rule:
    """Return the rule if it is one: a whole number of sessions, a name, or dates as a sorted tuple.

    Raises
    ------
    ValueError
        If it is not a whole number of at least 1, ``"weekly"``, ``"monthly"`` or a sequence of dates.

    Examples
    --------
    >>> check_rule(["2016-02-01", date(2016, 1, 4)])
    (datetime.date(2016, 1, 4), datetime.date(2016, 2, 1))
    >>> check_rule("dayly")
    Traceback (most recent call last):
        ...
    ValueError: rebalance must be a whole number of sessions >= 1, 'weekly', 'monthly' or dates, got 'dayly'
    """
    whole = isinstance(rule, int) and not isinstance(rule, bool) and rule >= 1
    if whole or (isinstance(rule, str) and rule in _NAMED):
        return rule
    problem = (
        f"rebalance must be a whole number of sessions >= 1, 'weekly', 'monthly' or dates, got {rule!r:.100}"
    )
    if isinstance(rule, str | int | float) or rule is None:
        raise ValueError(problem)
    try:
        stamps = [pd.Timestamp(day) for day in rule]
    except (TypeError, ValueError) as error:
        raise ValueError(problem) from error
    days = sorted({stamp.date() for stamp in stamps if stamp is not pd.NaT})
    if not days or pd.NaT in stamps:
        raise ValueError(problem)
    return tuple(days)


@dataclass
class Schedule:
    """Asked session by session whether to rebalance.

    ``n`` sessions: every n-th session after the last rebalance. ``"weekly"`` and ``"monthly"``: the
    first session of each calendar week (Monday to Sunday) or month. The *last* session of a week is
    not on offer, because the day itself does not tell that a holiday follows. With these three the
    first session asked about is due. Dates: each of them, or the first session after it.

    A session that is due stays due until :meth:`done` is called.

    Examples
    --------
    >>> schedule = Schedule("weekly")
    >>> schedule.is_due(date(2016, 1, 7))
    True
    >>> schedule.done(date(2016, 1, 7))
    >>> schedule.is_due(date(2016, 1, 8)), schedule.is_due(date(2016, 1, 11))
    (False, True)
    """

    rule: Rule
    last: date | None = None
    sessions_since: int = 0
    begun: date | None = None

    def __post_init__(self) -> None:
        self.rule = check_rule(self.rule)

    def is_due(self, session: date) -> bool:
        """Count one more session and say whether it is one to rebalance at its close."""
        self.sessions_since += 1
        self.begun = self.begun or session
        if isinstance(self.rule, tuple):
            return self._reached(session) > self._reached(self.last)
        if self.last is None:
            return True
        if isinstance(self.rule, int):
            return self.sessions_since >= self.rule
        return _period(str(self.rule), session) != _period(str(self.rule), self.last)

    def _reached(self, day: date | None) -> int:
        """Count the dates up to a day; those before the first session asked about are past."""
        assert isinstance(self.rule, tuple) and self.begun is not None
        past = sum(each < self.begun for each in self.rule)
        return past if day is None else max(bisect_right(self.rule, day), past)

    def done(self, session: date) -> None:
        """Note that the portfolio was rebalanced at the close of this session."""
        self.last, self.sessions_since = session, 0


def rebalance_sessions(sessions: Iterable[date], rule: Rule) -> list[date]:
    """Return those of the sessions, ascending, after whose close the portfolio is rebalanced.

    Causal: whether a session is among them depends on it and earlier ones only.

    Examples
    --------
    >>> days = [date(2016, 1, day) for day in (4, 5, 6, 7, 8, 11)]
    >>> [day.day for day in rebalance_sessions(days, 2)]
    [4, 6, 8]
    >>> [day.day for day in rebalance_sessions(days, "weekly")]
    [4, 11]
    >>> [day.day for day in rebalance_sessions(days, ["2016-01-05", "2016-01-09"])]
    [5, 11]
    """
    schedule, due = Schedule(rule), []
    for session in sessions:
        if schedule.is_due(session):
            schedule.done(session)
            due.append(session)
    return due


def _period(rule: str, session: date) -> tuple[int, int]:
    if rule == "weekly":
        return session.isocalendar()[:2]
    return session.year, session.month
