"""Fees by kind, side and date against amounts worked out by hand."""

from datetime import date

import numpy as np
import pytest
from btalpha.strategies import AShareFees, FeeSchedule
from hypothesis import given
from hypothesis import strategies as st

KINDS = ("commission", "stamp_duty", "transfer_fee")


@pytest.mark.parametrize(
    ("value", "day", "expected"),
    [
        # 0.03 %, at least 5 CNY; 0.1 % on sales only; 0.002 %.
        (100_000.0, date(2016, 1, 4), (30.0, 0.0, 2.0)),
        (-100_000.0, date(2016, 1, 4), (30.0, 100.0, 2.0)),
        (10_000.0, date(2016, 1, 4), (5.0, 0.0, 0.2)),
        (-100_000.0, date(2022, 4, 28), (30.0, 100.0, 2.0)),
        (-100_000.0, date(2022, 4, 29), (30.0, 100.0, 1.0)),
        (-100_000.0, date(2023, 8, 27), (30.0, 100.0, 1.0)),
        (-100_000.0, date(2023, 8, 28), (30.0, 50.0, 1.0)),
        (100_000.0, date(2023, 8, 28), (30.0, 0.0, 1.0)),
        (0.0, date(2023, 8, 28), (0.0, 0.0, 0.0)),
    ],
)
def test_known_fees(value, day, expected):
    fees = FeeSchedule().of(value, day)
    assert tuple(getattr(fees, kind) for kind in KINDS) == pytest.approx(expected)
    assert fees.total == pytest.approx(sum(expected))


def test_rates_can_be_overridden():
    schedule = FeeSchedule(commission=0.001, minimum=0.0, stamp_duty=((date(2000, 1, 1), 0.0),))
    assert schedule.of(-1000.0, date(2016, 1, 4)).total == pytest.approx(1.02)


@given(st.lists(st.floats(-1e7, 1e7), min_size=1, max_size=8), st.dates(date(2005, 1, 1), date(2030, 1, 1)))
def test_arrays_are_charged_elementwise(values, day):
    together = FeeSchedule().of(np.array(values), day)
    alone = [FeeSchedule().of(value, day) for value in values]
    for kind in KINDS:
        np.testing.assert_array_equal(getattr(together, kind), [getattr(fees, kind) for fees in alone])


@pytest.mark.parametrize(
    ("filled", "value", "commission"),
    [
        # 0.03 %, at least 5 CNY for the order: reached at 16,666.67 CNY.
        (0.0, 10_000.0, 5.0),
        (10_000.0, 5_000.0, 0.0),  # 15,000 still cost 5
        (10_000.0, 20_000.0, 4.0),  # 30,000 cost 9, of which 5 are paid
        (10_000.0, -20_000.0, 4.0),
        (20_000.0, 10_000.0, 3.0),
        (0.01, 0.0, 0.0),
    ],
)
def test_minimum_holds_for_the_order(filled, value, commission):
    fees = FeeSchedule().of(value, date(2016, 1, 4), filled=filled)
    assert fees.commission == pytest.approx(commission)
    assert fees.stamp_duty == pytest.approx(0.001 * max(-value, 0.0))  # as ever, on this fill alone
    assert fees.transfer_fee == pytest.approx(0.00002 * abs(value))


fills = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=10)


@given(fills, st.sampled_from([1.0, -1.0]), st.sampled_from([0.0, 5.0, 50.0]))
def test_fills_of_an_order_cost_together_what_it_costs_at_once(values, side, minimum):
    schedule, day = FeeSchedule(minimum=minimum), date(2016, 1, 4)
    before = np.cumsum([0.0, *values])
    parts = [
        schedule.of(side * value, day, filled=done) for value, done in zip(values, before[:-1], strict=True)
    ]
    whole = schedule.of(side * before[-1], day)
    for kind in KINDS:
        assert sum(getattr(part, kind) for part in parts) == pytest.approx(getattr(whole, kind), rel=1e-9)
    assert all(part.commission >= 0.0 for part in parts)


@given(st.lists(st.tuples(st.floats(-1e7, 1e7), st.floats(0.0, 1e7)), min_size=1, max_size=8))
def test_fills_in_arrays_are_charged_elementwise(rows):
    day = date(2016, 1, 4)
    values, filled = np.array(rows).T
    together = FeeSchedule().of(values, day, filled=filled)
    one_before = FeeSchedule().of(values, day, filled=1000.0)
    one_value = FeeSchedule().of(1000.0, day, filled=filled)
    for kind in KINDS:
        alone = [getattr(FeeSchedule().of(value, day, filled=done), kind) for value, done in rows]
        np.testing.assert_array_equal(getattr(together, kind), alone)
    alone = [FeeSchedule().of(value, day, filled=1000.0).commission for value in values.tolist()]
    np.testing.assert_array_equal(one_before.commission, alone)
    alone = [FeeSchedule().of(1000.0, day, filled=done).commission for done in filled.tolist()]
    np.testing.assert_array_equal(one_value.commission, alone)


def test_a_fill_without_a_value_has_no_fees():
    day = date(2016, 1, 4)
    assert np.isnan(FeeSchedule().of(float("nan"), day, filled=1000.0).total)
    total = FeeSchedule().of(np.array([np.nan, 10_000.0]), day).total
    np.testing.assert_allclose(total, [np.nan, 5.2])


@pytest.mark.parametrize("filled", [-0.01, float("nan"), np.array([1.0, -1.0]), np.array([np.nan])])
def test_value_filled_before_has_no_sign(filled):
    with pytest.raises(ValueError, match="filled must be >= 0 CNY, for purchases and sales alike, got"):
        FeeSchedule().of(1000.0, date(2016, 1, 4), filled=filled)


def test_scheme_charges_the_minimum_once_for_an_order():
    scheme = AShareFees()
    scheme.set_fill(date(2016, 1, 4))
    assert scheme.fees(1_000, 10.0).commission == pytest.approx(5.0)
    scheme.set_fill(date(2016, 1, 4), filled=10_000.0)
    assert scheme.getcommission(2_000, 10.0) == pytest.approx(4.0 + 0.4)
    assert scheme.getcommission(-2_000, 10.0) == pytest.approx(4.0 + 0.4 + 20.0)
    scheme.set_date(date(2016, 1, 4))  # another order
    assert scheme.fees(1_000, 10.0).commission == pytest.approx(5.0)


def test_scheme_refuses_a_negative_fill():
    scheme = AShareFees()
    scheme.set_fill(date(2016, 1, 4), filled=-1.0)
    with pytest.raises(
        ValueError, match=r"filled must be >= 0 CNY, for purchases and sales alike, got -1\.0"
    ):
        scheme.getcommission(100, 10.0)


def test_scheme_charges_the_day_it_is_told():
    scheme = AShareFees(date=date(2016, 1, 4))
    assert scheme.getcommission(-10_000, 10.0) == pytest.approx(132.0)
    scheme.set_date(date(2023, 8, 28))
    assert scheme.getcommission(-10_000, 10.0) == pytest.approx(81.0)
    assert scheme.getcommission(10_000, 10.0) == pytest.approx(31.0)
    assert scheme.stocklike


def test_scheme_without_a_day_charges_the_latest_rates():
    assert AShareFees().getcommission(-10_000, 10.0) == pytest.approx(81.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"commission": 0.03 * 100}, "commission must be a fraction"),
        ({"minimum": -1.0}, "minimum must be >= 0 CNY"),
        ({"stamp_duty": ()}, "stamp_duty must be .first day, rate. pairs"),
        ({"stamp_duty": 0.001}, "stamp_duty must be .first day, rate. pairs.*got 0.001"),
        (
            {"transfer_fee": ((date(2020, 1, 1), 0.1), (date(2019, 1, 1), 0.1))},
            "transfer_fee must be .first day",
        ),
        ({"stamp_duty": ((date(2020, 1, 1), -0.1),)}, "stamp_duty from 2020-01-01 must be a fraction"),
    ],
)
def test_bad_schedules(settings, message):
    with pytest.raises(ValueError, match=message):
        FeeSchedule(**settings)


def test_scheme_needs_a_schedule():
    with pytest.raises(TypeError, match="schedule must be a FeeSchedule, got float"):
        AShareFees(schedule=0.001)
