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
