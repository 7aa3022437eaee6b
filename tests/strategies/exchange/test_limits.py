"""Price bands against exact decimal arithmetic, and days that never leave a limit."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds.boards import Board, limit_rate
from btalpha.strategies.exchange import price_band
from btalpha.strategies.exchange.limits import is_locked_down, is_locked_up
from hypothesis import given
from hypothesis import strategies as st

CENT = Decimal("0.01")
RATES = ("0.05", "0.10", "0.20", "0.30")
cents = st.integers(1, 2_000_000)


def exact_band(price: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """The band as the rules tell it, without binary fractions."""
    up = (price * (1 + rate)).quantize(CENT, ROUND_HALF_UP)
    down = (price * (1 - rate)).quantize(CENT, ROUND_HALF_UP)
    return max(min(down, price - CENT), CENT), max(up, price + CENT)


# --- known answers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pre_close", "rate", "down", "up"),
    [
        (10.0, 0.10, 9.0, 11.0),
        (17.15, 0.10, 15.44, 18.87),  # 15.435 and 18.865 on paper
        (5.3, 0.05, 5.04, 5.57),  # 5.035 and 5.565
        (9.94, 0.10, 8.95, 10.93),
        (12.34, 0.20, 9.87, 14.81),
        (7.77, 0.30, 5.44, 10.1),
        (0.05, 0.05, 0.04, 0.06),  # a cent is always allowed
        (0.02, 0.10, 0.01, 0.03),
        (0.01, 0.10, 0.01, 0.02),  # but no price is below a cent
        (1_700.0, 0.10, 1_530.0, 1_870.0),
    ],
)
def test_known_bands(pre_close, rate, down, up):
    assert price_band(pre_close, rate) == (down, up)


def test_a_price_that_went_through_its_factor_has_the_same_band():
    pre_close = 17.15 * 1.3719 / 1.3719
    assert price_band(pre_close, 0.10) == (15.44, 18.87)


def test_no_price_and_no_limit_have_no_band():
    down, up = price_band(np.array([np.nan, 10.0, 10.0]), np.array([0.1, np.nan, 0.1]))
    np.testing.assert_array_equal(down, [np.nan, np.nan, 9.0])
    np.testing.assert_array_equal(up, [np.nan, np.nan, 11.0])
    assert np.isnan(price_band(float("nan"), 0.1)).all()


def test_shapes_broadcast():
    down, up = price_band(np.full((3, 1), 10.0), np.array([0.1, 0.2]))
    assert down.tolist() == [[9.0, 8.0]] * 3
    assert up.tolist() == [[11.0, 12.0]] * 3
    assert isinstance(price_band(10, 0.1)[0], float)


def test_single_precision_has_the_same_band():
    down, up = price_band(np.array([17.15], dtype=np.float32), 0.1)
    assert (down.tolist(), up.tolist()) == ([15.44], [18.87])


# --- properties -----------------------------------------------------------------------------


@given(cents, st.sampled_from(RATES))
def test_same_as_decimal_arithmetic(price, rate):
    exact = exact_band(price * CENT, Decimal(rate))
    assert price_band(price / 100, float(rate)) == tuple(float(limit) for limit in exact)


@given(st.lists(cents, min_size=1, max_size=6), st.sampled_from(RATES))
def test_arrays_are_banded_elementwise(prices, rate):
    down, up = price_band(np.array(prices) / 100, float(rate))
    alone = [price_band(price / 100, float(rate)) for price in prices]
    assert list(zip(down.tolist(), up.tolist(), strict=True)) == alone


@given(cents, st.floats(1e-6, 0.999))
def test_band_is_around_the_previous_close(price, rate):
    down, up = (round(limit * 100) for limit in price_band(price / 100, rate))
    assert up >= price + 1
    assert 1 <= down <= max(price - 1, 1)


@given(cents, st.sampled_from(RATES), st.floats(0.1, 500.0))
def test_locked_days_are_seen_through_the_factor(price, rate, factor):
    down, up = price_band(price / 100, float(rate))
    assert is_locked_up(up * factor / factor, up)
    assert is_locked_down(down * factor / factor, down)
    assert not is_locked_up((up - 0.01) * factor / factor, up)
    assert not is_locked_down((down + 0.01) * factor / factor, down)


# --- days at a limit ------------------------------------------------------------------------


def test_days_that_never_leave_a_limit():
    low = np.array([11.0, 10.99, 10.9949, 10.996, np.nan, 11.0])
    up = np.array([11.0, 11.0, 11.0, 11.0, 11.0, np.nan])
    assert is_locked_up(low, up).tolist() == [True, False, False, True, False, False]
    high = np.array([9.0, 9.01, 9.0051, 9.004, np.nan, 9.0])
    down = np.array([9.0, 9.0, 9.0, 9.0, 9.0, np.nan])
    assert is_locked_down(high, down).tolist() == [True, False, False, True, False, False]


def test_days_of_one_name():
    assert is_locked_up(11.0, 11.0) is True
    assert is_locked_up(10.99, 11.0) is False
    assert is_locked_down(9.0, 9.0) is True
    assert is_locked_down(9.01, 9.0) is False


# --- validation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pre_close", "rate", "message"),
    [
        (0.0, 0.1, r"pre_close must be a positive number of CNY or NaN, got 0\.0"),
        (np.array([10.0, -1.0]), 0.1, r"pre_close must be a positive number of CNY or NaN, got -1\.0"),
        (float("inf"), 0.1, r"pre_close must be a positive number of CNY or NaN, got inf"),
        (10.0, 10.0, r"rate must be a fraction in \(0, 1\) or NaN, got 10\.0; 10 % is 0\.1"),
        (10.0, np.array([0.1, 0.0]), r"rate must be a fraction in \(0, 1\) or NaN, got 0\.0"),
    ],
)
def test_bad_arguments(pre_close, rate, message):
    with pytest.raises(ValueError, match=message):
        price_band(pre_close, rate)


# --- the real market ------------------------------------------------------------------------


@pytest.mark.real_data
def test_real_prices_keep_to_the_band_and_reach_it(shared_data):
    # In these years every board had the same rates. Without a limit are first sessions and relistings.
    bars = pd.read_parquet(shared_data / "ashare_all_2015_2016.parquet")
    high, low = bars["high"].to_numpy(), bars["low"].to_numpy()
    day = date(2016, 1, 4)
    ordinary, special = (limit_rate(Board.MAIN, day, is_st=is_st) for is_st in (False, True))
    down, up = price_band(bars["pre_close"].to_numpy(), np.where(bars["is_st"], special, ordinary))
    assert ((high > up + 0.005) | (low < down - 0.005)).mean() < 3e-4
    # Prices crowd at a limit and not a cent before it, so the limits are right to the cent.
    assert np.isclose(high, up).sum() > 10 * np.isclose(high, up - 0.01).sum() > 0
    assert np.isclose(low, down).sum() > 10 * np.isclose(low, down + 0.01).sum() > 0
    assert is_locked_up(low, up).sum() > 1_000
    assert is_locked_down(high, down).sum() > 100
