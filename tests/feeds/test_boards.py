"""Boards, price limits by date, and cents, against the rules of the exchanges."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import simulate_market
from btalpha.feeds.boards import (
    Board,
    LimitTable,
    board_of,
    free_sessions,
    limit_rate,
    limit_rates,
    to_cents,
)
from btalpha.feeds.rate_table import rate_on, rates_on
from hypothesis import given
from hypothesis import strategies as st

DAY = date(2024, 1, 2)
# A share of each board, and one whose code says nothing.
SYMBOLS = ("600519.SH", "000001.SZ", "688981.SH", "300750.SZ", "920002.BJ", "AAPL")


# --- boards ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("board", "symbols"),
    [
        (Board.MAIN, "600519.SH 601318.SH 603288.SH 605499.SH 000001.SZ 001979.SZ 002594.SZ 003816.SZ"),
        (Board.STAR, "688981.SH 689009.SH"),
        (Board.CHINEXT, "300750.SZ 301236.SZ 302132.SZ"),
        (Board.BEIJING, "430047.BJ 830799.BJ 871981.BJ 889001.BJ 920002.BJ 600519.BJ"),
    ],
)
def test_board_by_code(board, symbols):
    assert {symbol: board_of(symbol) for symbol in symbols.split()} == dict.fromkeys(symbols.split(), board)


@pytest.mark.parametrize(
    "symbol",
    ["600519", "600519.SH", "600519.SS", "600519.XSHG", "SH600519", "sh.600519", "sh600519", "600519.xshg"],
)
def test_every_way_to_write_a_symbol(symbol):
    assert board_of(symbol) is Board.MAIN


@pytest.mark.parametrize(
    ("symbol", "board"),
    [
        ("000001", Board.MAIN),
        ("300750", Board.CHINEXT),
        ("688981", Board.STAR),
        ("430047", Board.BEIJING),
        ("830799", Board.BEIJING),
        ("873001", Board.BEIJING),
        ("889001", Board.BEIJING),
        ("920002", Board.BEIJING),
        ("xshe.300750", Board.CHINEXT),
        ("bj830799", Board.BEIJING),
    ],
)
def test_board_without_a_suffix_or_with_the_exchange_in_front(symbol, board):
    assert board_of(symbol) is board


@pytest.mark.parametrize(
    "symbol",
    [
        "AAPL",
        "",
        "510300.SH",  # a fund
        "159915.SZ",
        "900901.SH",  # B-shares
        "200002.SZ",
        "110059.SH",  # a convertible bond
        "000001.SH",  # the SSE index
        "399001.SZ",
        "600519.SZ",  # codes of the other exchange
        "300750.SH",
        "606000.SH",
        "004001.SZ",
        "303001.SZ",
        "820001",  # a preference share
        "60051",
        "6005190",
        "600519.",
        "600519.US",
        "600519SH",
        "SH600519.SH",
        "600519.SH\n",
        "６００５１９",  # wide digits
    ],
)
def test_what_is_no_a_share_has_no_board(symbol):
    assert board_of(symbol) is None


def test_boards_are_text():
    assert [str(board) for board in Board] == ["main", "star", "chinext", "beijing"]


def test_every_symbol_of_the_simulated_market_has_a_board():
    symbols = simulate_market(n_symbols=300, n_days=30, seed=1).symbols
    assert {board_of(symbol) for symbol in symbols} == {Board.MAIN, Board.CHINEXT}


# --- limits by date -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("board", "day", "ordinary", "special"),
    [
        (Board.MAIN, date(2016, 1, 4), 0.10, 0.05),
        (Board.MAIN, date(2024, 1, 2), 0.10, 0.05),
        (Board.MAIN, date(1995, 1, 3), 0.10, 0.05),  # before the table: its first rate
        (Board.STAR, date(2019, 7, 22), 0.20, 0.20),
        (Board.CHINEXT, date(2016, 1, 4), 0.10, 0.05),
        (Board.CHINEXT, date(2020, 8, 23), 0.10, 0.05),
        (Board.CHINEXT, date(2020, 8, 24), 0.20, 0.20),
        (Board.BEIJING, date(2021, 11, 15), 0.30, 0.30),
    ],
)
def test_limit_rate_by_board_date_and_treatment(board, day, ordinary, special):
    assert limit_rate(board, day) == ordinary
    assert limit_rate(board, day, is_st=True) == special


def test_of_a_datetime_the_day_counts():
    assert limit_rate(Board.CHINEXT, datetime(2020, 8, 24, 15)) == 0.20
    assert limit_rate(Board.CHINEXT, pd.Timestamp("2020-08-23 15:00")) == 0.10


def test_limit_rates_by_board_treatment_and_date():
    dates = pd.DatetimeIndex(["2020-08-21", "2020-08-24"])
    symbols = np.array(["600000.SH", "300001.SZ", "000001.SZ"])
    treated = np.array([[False, True, True]] * 2)
    assert limit_rates(symbols, treated, dates).tolist() == [[0.10, 0.05, 0.05], [0.10, 0.20, 0.05]]


def test_limit_rates_of_every_board_and_of_unknown_symbols():
    dates = pd.DatetimeIndex(["2020-08-21", "2024-01-02"])
    got = limit_rates(np.array(SYMBOLS, dtype=object), np.zeros((2, 6), dtype=bool), dates)
    assert got.tolist() == [[0.10, 0.10, 0.20, 0.10, 0.30, 0.10], [0.10, 0.10, 0.20, 0.20, 0.30, 0.10]]


def test_treatment_may_be_numbers_with_gaps():
    got = limit_rates(np.array(SYMBOLS[:2]), np.array([[np.nan, 1.0]]), pd.DatetimeIndex(["2016-01-04"]))
    assert got.tolist() == [[0.10, 0.05]]


@given(
    st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=6),
    st.lists(st.dates(date(2005, 1, 1), date(2030, 1, 1)), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_many_limits_are_the_single_ones(symbols, days, random):
    is_st = np.array([[random.random() < 0.5 for _ in symbols] for _ in days])
    boards = [board_of(symbol) or Board.MAIN for symbol in symbols]
    alone = [
        [limit_rate(board, day, is_st=special) for board, special in zip(boards, row, strict=True)]
        for day, row in zip(days, is_st.tolist(), strict=True)
    ]
    assert limit_rates(np.array(symbols), is_st, pd.DatetimeIndex(days)).tolist() == alone


def test_rates_can_be_overridden():
    table = LimitTable(special_treatment=((date(1998, 4, 22), 0.05), (date(2030, 1, 1), 0.10)))
    days = [date(2029, 12, 31), date(2030, 1, 1)]
    assert [table.rate(Board.MAIN, day, is_st=True) for day in days] == [0.05, 0.10]
    many = table.rates(np.array(["600519.SH"]), np.array([[True], [True]]), pd.DatetimeIndex(days))
    assert many.tolist() == [[0.05], [0.10]]
    assert limit_rate(Board.MAIN, days[1], is_st=True) == 0.05  # the default table is another


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"main": ()}, r"main must be \(first day, rate\) pairs, ascending by day, got \(\)"),
        ({"star": 0.2}, r"star must be \(first day, rate\) pairs, ascending by day, got 0\.2"),
        ({"beijing": (date(2021, 11, 15), 0.3)}, r"beijing must be \(first day, rate\) pairs"),
        ({"star": (("2019-07-22", 0.2),)}, r"star must be \(first day, rate\) pairs"),
        ({"star": ((pd.Timestamp("2019-07-22"), 0.2),)}, r"star must be \(first day, rate\) pairs"),
        (
            {"chinext": ((date(2020, 8, 24), 0.2), (date(2009, 10, 30), 0.1))},
            r"chinext must be \(first day, rate\) pairs, ascending",
        ),
        ({"main": ((DAY, 0.1), (DAY, 0.2))}, r"main must be \(first day, rate\) pairs, ascending"),
        ({"main": ((DAY, 10.0),)}, r"main from 2024-01-02 must be a fraction in \(0, 1\), got 10\.0"),
        ({"special_treatment": ((DAY, 0.0),)}, r"special_treatment from 2024-01-02 must be a fraction"),
        (
            {"chinext_special_treatment": ((DAY, float("nan")),)},
            r"chinext_special_treatment from 2024-01-02 must be a fraction in \(0, 1\), got nan",
        ),
    ],
)
def test_bad_tables(tables, message):
    with pytest.raises(ValueError, match=message):
        LimitTable(**tables)


def test_treatment_of_another_shape():
    with pytest.raises(ValueError, match=r"is_st must have the shape 1 dates x 2 symbols, got \(2,\)"):
        limit_rates(np.array(SYMBOLS[:2]), np.array([True, False]), pd.DatetimeIndex(["2016-01-04"]))


@given(
    st.lists(st.dates(), min_size=1, max_size=5, unique=True), st.dates(date(1700, 1, 1), date(2200, 1, 1))
)
def test_rate_of_a_day_is_that_of_the_last_first_day(firsts, day):
    table = tuple((first, number / 10) for number, first in enumerate(sorted(firsts), start=1))
    before = [rate for first, rate in table if first <= day]
    expected = before[-1] if before else 0.1
    assert rate_on(table, day) == expected
    assert rates_on(table, pd.DatetimeIndex([day])).tolist() == [expected]


# --- first sessions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("board", "day", "sessions"),
    [
        (Board.MAIN, date(2010, 1, 4), 1),
        (Board.MAIN, date(2023, 4, 9), 1),
        (Board.MAIN, date(2023, 4, 10), 5),
        (Board.STAR, date(2019, 7, 22), 5),
        (Board.CHINEXT, date(2020, 8, 23), 1),
        (Board.CHINEXT, date(2020, 8, 24), 5),
        (Board.BEIJING, date(2024, 1, 2), 1),
    ],
)
def test_sessions_without_a_limit(board, day, sessions):
    got = free_sessions(board, day)
    assert got == sessions
    assert isinstance(got, int)


# --- cents ----------------------------------------------------------------------------------


def test_cents_round_half_up():
    # 18.865, 5.035 and 4.815 on paper; the binary products fall just below.
    prices = np.array([17.15 * 1.1, 5.3 * 0.95, 5.35 * 0.9, 10.004, 10.006, np.nan])
    np.testing.assert_array_equal(to_cents(prices), [18.87, 5.04, 4.82, 10.0, 10.01, np.nan])
