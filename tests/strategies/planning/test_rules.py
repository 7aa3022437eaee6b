"""The rules of a portfolio: what they take, and what they say to the rest."""

import dataclasses
import math
import re

import numpy as np
import pytest
from btalpha.strategies.planner import Rules
from hypothesis import given
from hypothesis import strategies as st

COUNTS = {"k": 1, "lot": 1, "buffer": 0, "min_holding": 0, "max_changes": 0}
FRACTIONS = ("cash_reserve", "gap", "tolerance")

# -- Regression ----------------------------------------------------------------------------------------------


def test_what_holds_without_a_word():
    assert dataclasses.asdict(Rules()) == {
        **{"k": 10, "weights": "equal", "max_weight": 1.0, "cash_reserve": 0.0, "buffer": 0},
        **{"max_changes": None, "min_holding": 0, "gap": 0.02, "lot": 1, "tolerance": 0.0},
    }


@pytest.mark.parametrize(("name", "least"), COUNTS.items())
def test_the_least_count_is_taken(name, least):
    assert getattr(Rules(**{name: least}), name) == least
    assert getattr(Rules(**{name: np.int64(least + 1)}), name) == least + 1


@pytest.mark.parametrize("weights", ["equal", "score", "inverse_volatility"])
def test_every_weighting_is_taken(weights):
    assert Rules(weights=weights).weights == weights


def test_the_ends_of_the_fractions():
    assert Rules(max_weight=1.0, cash_reserve=0.0, gap=0.0, tolerance=0.0).max_weight == 1.0
    assert Rules(max_weight=1e-6, cash_reserve=0.999, gap=0.999, tolerance=0.999).gap == 0.999


def test_rules_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Rules().k = 3


# -- Properties ----------------------------------------------------------------------------------------------


@given(st.sampled_from(FRACTIONS), st.floats())
def test_a_fraction_is_from_0_to_below_1(name, value):
    if not math.isnan(value) and 0.0 <= value < 1.0:
        assert getattr(Rules(**{name: value}), name) == value
    else:
        with pytest.raises(ValueError, match=name):
            Rules(**{name: value})


@given(st.sampled_from(sorted(COUNTS)), st.integers(-1000, 1000))
def test_a_count_is_from_its_least_on(name, value):
    if value >= COUNTS[name]:
        assert getattr(Rules(**{name: value}), name) == value
    else:
        with pytest.raises(ValueError, match=name):
            Rules(**{name: value})


# -- Validation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "least"), COUNTS.items())
@pytest.mark.parametrize("value", [-1, 2.0, True, "3", math.nan])
def test_what_is_no_count(name, least, value):
    also = " or None" if name == "max_changes" else ""
    message = f"{name} must be a whole number >= {least}{also}, got {value!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        Rules(**{name: value})


@pytest.mark.parametrize("name", [name for name in COUNTS if name != "max_changes"])
def test_only_the_limit_of_changes_may_be_none(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number >= {COUNTS[name]}, got None"):
        Rules(**{name: None})
    assert Rules(max_changes=None).max_changes is None


@pytest.mark.parametrize("name", FRACTIONS)
@pytest.mark.parametrize("value", [-0.1, 1.0, 2, math.nan, math.inf])
def test_what_is_no_fraction(name, value):
    message = f"{name} must be a fraction in [0, 1), got {value!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        Rules(**{name: value})


@pytest.mark.parametrize("value", [0.0, -0.1, 1.01, math.nan, math.inf])
def test_what_is_no_largest_weight(value):
    with pytest.raises(
        ValueError, match=re.escape(f"max_weight must be a fraction in (0, 1], got {value!r}")
    ):
        Rules(max_weight=value)


def test_options_are_named():
    with pytest.raises(TypeError, match="positional"):
        Rules(5)
