"""How much of each name: by score, by inverse volatility, at most so much."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from btalpha.strategies.planner import Rules
from btalpha.strategies.planning import select, target_weights
from hypothesis import given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("planning_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
NAN, plan, reasons = cases.NAN, cases.plan, cases.reasons


def weigh(scores, volatility=None, total=1.0, blocked=None, holdings=None, **rules):
    """Weights of names of which none is held unless said so."""
    scores, none = np.array(scores, dtype=float), np.zeros(len(scores), dtype=int)
    chosen_by = Rules(**rules)
    held = none > 0 if holdings is None else np.array(holdings) > 0
    picked = select(scores, held, none if blocked is None else np.array(blocked), none, chosen_by)
    spread = np.full(len(scores), NAN) if volatility is None else np.array(volatility, dtype=float)
    return target_weights(picked, scores, spread, np.array([total]), chosen_by).tolist()


def close(weights):
    return pytest.approx(weights, rel=1e-12, abs=1e-15)


# -- Regression: equal ---------------------------------------------------------------------------------------


def test_equal_weights_leave_the_empty_places_in_cash():
    assert weigh([4, 3, 2, 1], k=2) == close([0.5, 0.5, 0, 0])
    assert weigh([4, NAN, NAN, 1], k=4) == close([0.25, 0, 0, 0.25])
    assert weigh([4, 3], k=2, total=0.8) == close([0.4, 0.4])


def test_a_stuck_name_takes_a_place_and_gets_no_weight():
    assert weigh([4, 3, 2], k=2, total=0.7, holdings=[0, 0, 5], blocked=[0, 0, 1]) == close([0.7, 0, 0])


# -- Regression: by score ------------------------------------------------------------------------------------


def test_weights_in_proportion_to_the_scores():
    assert weigh([1, 3, 0.5], k=2, weights="score") == close([0.25, 0.75, 0])
    assert weigh([5, 3, 2], k=3, weights="score", total=0.9) == close([0.45, 0.27, 0.18])


def test_a_score_of_zero_or_less_gets_nothing_and_is_no_refusal():
    assert weigh([3, 1, 0, -2], k=4, weights="score") == close([0.75, 0.25, 0, 0])
    result = plan([3, 1, 0, -2], [0, 0, 0, 0], [10] * 4, 400.01, k=4, weights="score")
    assert result.changes.tolist() == [30, 10, 0, 0]
    assert reasons(result) == []


@pytest.mark.parametrize("scores", [[-1, -2], [0, 0], [0, -3]])
def test_equal_weights_where_no_score_is_positive(scores):
    assert weigh(scores, k=2, weights="score") == close([0.5, 0.5])
    result = plan(scores, [0, 0], [10, 10], 400.01, k=2, weights="score")
    assert result.changes.tolist() == [20, 20]


def test_only_the_chosen_scores_count():
    # The first is blocked, the last one has no place.
    assert weigh([9, 3, 1, 1], k=2, weights="score", blocked=[1, 0, 0, 0]) == close([0, 0.75, 0.25, 0])


# -- Regression: by inverse volatility -----------------------------------------------------------------------


def test_weights_in_proportion_to_the_inverse_of_the_volatility():
    assert weigh([2, 1], [0.1, 0.3], k=2, weights="inverse_volatility") == close([0.75, 0.25])
    result = plan([2, 1], [0, 0], [10, 10], 400.01, k=2, weights="inverse_volatility", volatility=[10, 30])
    assert result.changes.tolist() == [30, 10]


@pytest.mark.parametrize("unknown", [NAN, 0.0, -0.2, np.inf])
def test_an_unknown_volatility_counts_as_the_most_volatile_of_the_chosen(unknown):
    # 1/0.1 : 1/0.4 : 1/0.4 = 4 : 1 : 1; the fourth, more volatile still, is not chosen.
    weights = weigh([4, 3, 2, 1], [0.1, unknown, 0.4, 0.8], k=3, weights="inverse_volatility")
    assert weights == close([4 / 6, 1 / 6, 1 / 6, 0])


def test_equal_weights_where_no_volatility_is_known():
    assert weigh([3, 2, 1], [NAN, 0.0, 0.3], k=2, weights="inverse_volatility") == close([0.5, 0.5, 0])


# -- Regression: the largest weight --------------------------------------------------------------------------


def test_what_is_cut_off_goes_to_the_others_in_proportion():
    # 0.6, 0.2, 0.2: the first gives 0.2 to the other two.
    assert weigh([6, 2, 2], k=3, weights="score", max_weight=0.4) == close([0.4, 0.3, 0.3])


def test_a_name_that_is_lifted_above_the_cap_is_cut_in_its_turn():
    # 0.6, 0.3, 0.1 -> 0.4, 0.45, 0.15 -> 0.4, 0.4, 0.2.
    assert weigh([6, 3, 1], k=3, weights="score", max_weight=0.4) == close([0.4, 0.4, 0.2])


def test_a_cap_below_one_over_k_leaves_cash():
    assert weigh([4, 3], k=2, max_weight=0.3) == close([0.3, 0.3])
    assert weigh([4, 1], k=2, weights="score", max_weight=0.3) == close([0.3, 0.3])
    assert plan([4, 3], [0, 0], [10, 10], 1000.01, k=2, max_weight=0.3).changes.tolist() == [30, 30]


def test_a_cap_that_is_just_one_over_k_cuts_nothing():
    assert weigh([1, 1, 1], k=3, max_weight=1 / 3) == close([1 / 3, 1 / 3, 1 / 3])


def test_what_is_cut_off_is_not_given_to_names_that_are_to_get_nothing():
    assert weigh([3, -1], k=2, weights="score", max_weight=0.6) == close([0.6, 0])


def test_the_cap_is_a_fraction_of_the_whole_portfolio():
    # 700 of 1000 are stuck; the rest is 0.3 of the value, which is below the cap.
    holdings, blocked = [70, 0, 0], [1, 0, 0]
    result = plan([3, 2, 1], holdings, [10] * 3, 300.01, k=2, max_weight=0.25, blocked=blocked)
    assert result.changes.tolist() == [0, 25, 0]


# -- Properties ----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(cases.portfolios(), st.sampled_from([0.0, 0.3, 1.0]))
def test_no_weight_is_above_the_cap_nor_all_above_the_total(case, total):
    picked, rules = cases.choose(case), case["rules"]
    weights = target_weights(picked, case["scores"], case["volatility"], np.array([total]), rules)
    assert (weights >= 0.0).all()
    assert (weights <= rules.max_weight * (1 + 1e-9)).all()
    assert weights.sum() <= total * (1 + 1e-9)
    assert not weights[~picked.chosen].any()
    if rules.weights != "score" and picked.chosen.any():
        fair = total * picked.chosen.sum() / picked.places[0]
        most = rules.max_weight * picked.chosen.sum()
        assert weights.sum() == pytest.approx(min(fair, most), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_a_better_claim_never_gets_less(case):
    picked, rules = cases.choose(case), case["rules"]
    weights = target_weights(picked, case["scores"], case["volatility"], np.ones(1), rules)
    claim = {
        "equal": np.ones(weights.shape),
        "score": case["scores"],
        "inverse_volatility": np.where(case["volatility"] > 0, -case["volatility"], -np.inf),
    }[rules.weights]
    for i in np.flatnonzero(picked.chosen):
        for j in np.flatnonzero(picked.chosen):
            assert claim[i] < claim[j] or weights[i] >= weights[j] * (1 - 1e-9)


# -- ReferenceEquivalence ------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(cases.portfolios(), st.sampled_from([0.0, 0.35, 0.9, 1.0]))
def test_weights_of_the_slow_planner(case, total):
    picked, rules = cases.choose(case), case["rules"]
    slow = cases.reference.SlowPlan(picked.chosen.tolist(), picked.bound.tolist(), int(picked.places[0]))
    expected = cases.reference.weigh(slow, case["scores"].tolist(), case["volatility"].tolist(), total, rules)
    weights = target_weights(picked, case["scores"], case["volatility"], np.array([total]), rules)
    np.testing.assert_allclose(weights, expected, rtol=1e-9, atol=1e-15)


# -- Validation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Equal", "inverse", "", None, 1])
def test_unknown_weights(name):
    message = f"weights must be one of equal, score, inverse_volatility, got {name!r}"
    with pytest.raises(ValueError, match=message):
        Rules(weights=name)


def test_inverse_volatility_needs_volatilities():
    message = "rules.weights='inverse_volatility' needs volatility="
    with pytest.raises(ValueError, match=message):
        plan([2, 1], [0, 0], [10, 10], 100.01, k=1, weights="inverse_volatility")
    assert plan([2, 1], [0, 0], [10, 10], 100.01, k=1, weights="score").changes.tolist() == [10, 0]
