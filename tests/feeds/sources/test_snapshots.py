"""Membership ranges from lists by day, against membership that is known on every day."""

import numpy as np
import pandas as pd
from btalpha.feeds.sources.snapshots import find_changes, ranges_of, snapshot_days
from btalpha.feeds.universe import membership_mask

from . import contract


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_changes_are_found_to_the_day_with_few_questions() -> None:
    asked = []
    joins = {"B": (day("2015-06-15"), day("2016-02-29")), "C": (day("2016-03-01"), None), "A": (None, None)}

    def members(when: pd.Timestamp) -> frozenset[str]:
        asked.append(when)
        return frozenset(
            name
            for name, (first, last) in joins.items()
            if (first is None or when >= first) and (last is None or when <= last)
        )

    start, end = day("2015-01-01"), day("2016-12-31")
    ranges = ranges_of(find_changes(members, snapshot_days(start, end)), open_end=True)
    expected = [
        ["A", "2015-01-01", ""],
        ["B", "2015-06-15", "2016-02-29"],
        ["C", "2016-03-01", ""],
    ]
    assert contract.as_text(ranges) == expected
    assert len(asked) < 24 + 2 * 6 + 2
    days = pd.date_range(start, end)
    truth = np.array([[name in members(when) for name in "ABC"] for when in days])
    assert (membership_mask(ranges, days, pd.Index(list("ABC"))) == truth).all()


def test_a_member_that_leaves_and_returns_has_two_ranges() -> None:
    lists = {
        day("2016-01-01"): frozenset("AB"),
        day("2016-02-01"): frozenset("B"),
        day("2016-03-01"): frozenset("AB"),
    }
    rows = contract.as_text(ranges_of(lists, open_end=False))
    assert rows == [
        ["A", "2016-01-01", "2016-01-31"],
        ["A", "2016-03-01", "2016-03-01"],
        ["B", "2016-01-01", "2016-03-01"],
    ]


def test_an_empty_list_says_nothing() -> None:
    lists = {
        day("2016-01-01"): frozenset("A"),
        day("2016-01-09"): frozenset(),
        day("2016-02-01"): frozenset("A"),
    }
    assert len(ranges_of(lists, open_end=True)) == 1
    assert ranges_of({}, open_end=True).empty
