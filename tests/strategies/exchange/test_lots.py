"""Lots by board, and sizes cut down to whole ones, against counts in whole numbers."""

import numpy as np
import pytest
from btalpha.strategies.exchange import Lot, lot_of, whole_lots
from hypothesis import assume, given
from hypothesis import strategies as st

LOTS = [Lot(100, 100), Lot(200, 1), Lot(100, 1), Lot(1, 1), Lot(1, 7)]
lots = st.sampled_from(LOTS)
factors = st.floats(0.01, 500.0)
sizes = st.floats(-1e7, 1e7)


def cut(size: float, lot: Lot, factor: float = 1.0) -> float:
    return whole_lots(size, least=lot.least, step=lot.step, factor=factor)


def exact_count(shares: int, lot: Lot) -> int:
    """The largest order in a whole number of shares, looked for one by one from above."""
    while shares >= lot.least and (shares - lot.least) % lot.step:
        shares -= 1
    return shares if shares >= lot.least else 0


# --- boards ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "lot"),
    [
        ("600519.SH", Lot(100, 100)),
        ("000001.SZ", Lot(100, 100)),
        ("300750.SZ", Lot(100, 100)),
        ("sh.688981", Lot(200, 1)),
        ("430047.BJ", Lot(100, 1)),
        ("AAPL", Lot(1, 1)),
        ("510300.SH", Lot(1, 1)),
    ],
)
def test_lot_by_board(symbol, lot):
    assert lot_of(symbol) == lot


# --- known answers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "lot", "expected"),
    [
        (99.0, Lot(100, 100), 0.0),
        (100.0, Lot(100, 100), 100.0),
        (399.99, Lot(100, 100), 300.0),
        (-399.99, Lot(100, 100), -300.0),
        (199.0, Lot(200, 1), 0.0),
        (200.0, Lot(200, 1), 200.0),
        (201.9, Lot(200, 1), 201.0),
        (-201.9, Lot(200, 1), -201.0),
        (100.0, Lot(100, 1), 100.0),
        (7.9, Lot(1, 1), 7.0),
        (0.0, Lot(1, 1), 0.0),
        (14.5, Lot(1, 7), 8.0),
    ],
)
def test_known_sizes(size, lot, expected):
    got = cut(size, lot)
    assert got == expected
    assert isinstance(got, float)


def test_adjusted_shares_are_counted_raw():
    # 1,000 adjusted shares are 1,370 raw ones; 1,300 of these may be ordered, 948.905... adjusted.
    assert cut(1_000.0, Lot(100, 100), 1.37) == 1_300 / 1.37
    assert cut(-1_000.0, Lot(100, 100), 1.37) == -1_300 / 1.37
    assert cut(1_000.0, Lot(100, 100), 0.05) == 0.0


def test_float_error_loses_no_lot():
    assert 100 / 1.37 * 1.37 < 100  # what a round trip does to a size
    assert cut(100 / 1.37 * 1.37, Lot(100, 100)) == 100.0
    assert cut(100 / 1.37, Lot(100, 100), 1.37) == 100 / 1.37
    assert cut(np.nextafter(100.0, 0.0), Lot(100, 100)) == 100.0
    assert cut(99.999, Lot(100, 100)) == 0.0  # more than float error is missing


def test_no_size_and_no_factor_give_nothing():
    got = whole_lots(
        np.array([np.nan, 500.0, 500.0]), least=100, step=100, factor=np.array([1.0, np.nan, 2.0])
    )
    assert got.tolist() == [0.0, 0.0, 500.0]
    assert cut(float("nan"), Lot(1, 1)) == 0.0


def test_a_sale_of_nothing_is_a_plain_zero():
    assert not np.signbit(whole_lots(np.array([-50.0, -0.0, 0.0]), least=100, step=100)).any()


def test_arguments_broadcast():
    got = whole_lots(
        np.array([[250.0], [150.0]]), least=np.array([100, 200, 100]), step=np.array([100, 1, 1]), factor=1
    )
    assert got.tolist() == [[200.0, 250.0, 250.0], [100.0, 0.0, 150.0]]
    assert got.dtype == np.float64


# --- properties -----------------------------------------------------------------------------


@given(st.integers(-10_000_000, 10_000_000), lots)
def test_whole_shares_are_cut_as_when_counted(shares, lot):
    assert cut(shares, lot) == np.sign(shares) * exact_count(abs(shares), lot)


@given(st.integers(0, 100_000), lots, factors)
def test_an_order_comes_back_exactly(steps, lot, factor):
    size = (lot.least + steps * lot.step) / factor
    assert cut(size, lot, factor) == size
    assert cut(-size, lot, factor) == -size


@given(sizes, lots, factors)
def test_cutting_again_changes_nothing(size, lot, factor):
    once = cut(size, lot, factor)
    assert cut(once, lot, factor) == once


@given(sizes, lots, factors)
def test_raw_shares_are_a_whole_order(size, lot, factor):
    shares = abs(cut(size, lot, factor)) * factor
    count = round(shares)
    assert shares == pytest.approx(count, rel=1e-12)
    assert count == 0 or (count >= lot.least and (count - lot.least) % lot.step == 0)


@given(sizes, lots, factors)
def test_never_more_than_asked_for_and_the_most_of_it(size, lot, factor):
    got = cut(size, lot, factor)
    assert abs(got) <= abs(size) * (1 + 2e-9)
    assert got == 0.0 or np.sign(got) == np.sign(size)
    more = (abs(got) * factor + lot.step if got else lot.least) / factor
    assert more > abs(size)


@given(st.lists(st.tuples(sizes, lots, factors), min_size=1, max_size=6))
def test_arrays_are_cut_elementwise(rows):
    size, lot, factor = zip(*rows, strict=True)
    got = whole_lots(
        np.array(size),
        least=np.array([one.least for one in lot]),
        step=np.array([one.step for one in lot]),
        factor=np.array(factor),
    )
    assert got.tolist() == [cut(*row) for row in rows]


@given(sizes, sizes, lots, factors)
def test_more_wanted_is_never_less_ordered(one, other, lot, factor):
    assume(one <= other)
    assert cut(one, lot, factor) <= cut(other, lot, factor)


# --- validation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("least", "step", "message"),
    [
        (0, 1, "least must be a whole number of shares from 1 on, got 0"),
        (100, 0.5, r"step must be a whole number of shares from 1 on, got 0\.5"),
        (float("nan"), 1, "least must be a whole number of shares from 1 on, got nan"),
        (1, float("inf"), "step must be a whole number of shares from 1 on, got inf"),
    ],
)
def test_bad_lots(least, step, message):
    with pytest.raises(ValueError, match=message):
        Lot(least, step)
    with pytest.raises(ValueError, match=message):
        whole_lots(100.0, least=np.array([1, least]), step=np.array([1, step]))


@pytest.mark.parametrize(
    ("size", "factor", "message"),
    [
        (float("-inf"), 1.0, "size must be a finite number of shares or NaN"),
        (100.0, 0.0, r"factor must be positive and finite or NaN, got 0\.0"),
        (100.0, np.array([1.0, -2.0]), r"factor must be positive and finite or NaN, got -2\.0"),
        (100.0, float("inf"), "factor must be positive and finite or NaN, got inf"),
    ],
)
def test_bad_sizes_and_factors(size, factor, message):
    with pytest.raises(ValueError, match=message):
        whole_lots(size, least=100, step=100, factor=factor)
