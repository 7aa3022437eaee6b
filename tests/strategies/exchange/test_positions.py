"""What a broker keeps by feed: positions laid aside and brought back, and what was done in a session."""

from collections import defaultdict
from datetime import date

import backtrader as bt
from btalpha.strategies.exchange.day_book import DayBook
from btalpha.strategies.exchange.positions import Positions
from hypothesis import given
from hypothesis import strategies as st

steps = st.lists(
    st.one_of(st.tuples(st.sampled_from("ABCDE"), st.integers(-3, 3)), st.just(None)), min_size=1, max_size=40
)


@given(steps)
def test_same_as_a_plain_table_but_for_those_sold_out(trades):
    plain, positions = defaultdict(bt.Position), Positions()
    for trade in trades:
        if trade is None:
            positions.tidy()
            # In the order in which each was first asked for, so that sums round alike.
            held = [(name, position.size) for name, position in plain.items() if position.size]
            assert [(name, position.size) for name, position in positions.items()] == held
            continue
        name, size = trade
        for table in (plain, positions):
            table[name].update(size, 10.0)
        assert positions[name].size == plain[name].size
        assert positions[name].price == plain[name].price


def test_one_sold_out_comes_back_as_the_same_object():
    positions = Positions()
    first, other = positions["A"], positions["B"]
    other.update(5, 10.0)
    positions.tidy()
    assert list(positions) == ["B"]
    assert positions["A"] is first
    first.update(1, 10.0)
    positions.tidy()
    assert list(positions) == ["A", "B"]


DAYS = [date(2024, 1, day) for day in (3, 4, 5)]


def test_purchases_and_volume_by_feed_and_day():
    book = DayBook()
    book.note("A", DAYS[0], 300.0, raw_shares=750.0)
    book.note("A", DAYS[0], -100.0, raw_shares=250.0)
    book.note("A", DAYS[0], 50.0, raw_shares=125.0)
    assert (book.bought("A", DAYS[0]), book.traded("A", DAYS[0])) == (350.0, 1_125.0)
    assert (book.bought("B", DAYS[0]), book.traded("B", DAYS[0])) == (0.0, 0.0)
    assert (book.bought("A", DAYS[1]), book.traded("A", DAYS[1])) == (0.0, 0.0)


def test_a_fill_at_the_close_before_is_noted_after_one_of_today():
    book = DayBook()
    book.note("A", DAYS[1], 200.0, raw_shares=200.0)
    book.note("A", DAYS[0], 300.0, raw_shares=300.0)
    assert [book.traded("A", day) for day in DAYS] == [300.0, 200.0, 0.0]
    # What was bought later is not there to be sold at a close before it.
    assert [book.bought("A", day) for day in DAYS] == [500.0, 200.0, 0.0]
    book.note("A", DAYS[2], 100.0, raw_shares=100.0)
    assert [book.traded("A", day) for day in DAYS[1:]] == [200.0, 100.0]
    assert [book.bought("A", day) for day in DAYS[1:]] == [300.0, 100.0]
