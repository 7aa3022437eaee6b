"""Which names are held: the buffer, the limit of changes, the holding time, names that cannot be traded."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from btalpha.strategies.planner import Reason, Rules, plan_orders
from hypothesis import assume, given, settings

_spec = importlib.util.spec_from_file_location("planning_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
NAN, after, plan, reasons = cases.NAN, cases.after, cases.plan, cases.reasons

TEN = [10, 10, 10, 10]


# -- Regression: the buffer ------------------------------------------------------------------------------


def test_without_a_buffer_the_best_name_replaces_the_second():
    result = plan([4, 3, 2, 1], [0, 10, 0, 0], TEN, 0.01, k=1)
    assert after([0, 10, 0, 0], result) == [10, 0, 0, 0]
    assert reasons(result) == []


@pytest.mark.parametrize(
    ("position", "stays"),
    [(0, True), (1, True), (2, True), (3, False)],
)
def test_a_held_name_stays_within_k_plus_buffer_and_goes_beyond(position, stays):
    holdings = [0, 0, 0, 0]
    holdings[position] = 10
    result = plan([4, 3, 2, 1], holdings, TEN, 0.01, k=1, buffer=2)
    assert after(holdings, result) == (holdings if stays else [10, 0, 0, 0])
    assert reasons(result) == []


def test_the_best_names_enter_only_where_the_buffer_leaves_places():
    # The third and the fourth are held, the fourth is beyond 2 + 1: the first takes its place.
    result = plan([4, 3, 2, 1], [0, 0, 10, 10], TEN, 0.01, k=2, buffer=1)
    assert after([0, 0, 10, 10], result) == [10, 0, 10, 0]


def test_a_buffer_buys_no_more_than_k_names():
    result = plan([4, 3, 2, 1], [0, 0, 0, 0], TEN, 200.01, k=2, buffer=2)
    assert result.changes.tolist() == [10, 10, 0, 0]


def test_a_blocked_name_takes_none_of_the_ranks_of_the_buffer():
    # Of what can be traded the held one is the second, within 1 + 1.
    blocked = [Reason.SUSPENDED, 0, 0, 0]
    result = plan([4, 3, 2, 1], [0, 0, 10, 0], TEN, 0.01, k=1, buffer=1, blocked=blocked)
    assert result.changes.tolist() == [0, 0, 0, 0]


def test_ties_go_by_position_however_many_there_are():
    result = plan([1.0] * 60, [0] * 60, [10] * 60, 500.01, k=50)
    assert result.changes.tolist() == [1] * 50 + [0] * 10
    assert result.ranking.tolist() == list(range(60))


# -- Regression: the limit of changes ----------------------------------------------------------------------


def test_only_the_worst_names_go_and_both_sides_have_their_reason():
    # Both held names fell behind; the worse one goes for the best, the second best finds no place.
    result = plan([4, 3, 2, 1], [0, 0, 10, 10], TEN, 0.01, k=2, max_changes=1)
    assert after([0, 0, 10, 10], result) == [10, 0, 10, 0]
    assert reasons(result) == [(2, "sell", Reason.CHANGES), (1, "buy", Reason.CHANGES)]


@pytest.mark.parametrize(
    ("max_changes", "expected"),
    [(0, [0, 0, 10, 10]), (1, [10, 0, 10, 0]), (2, [10, 10, 0, 0]), (None, [10, 10, 0, 0])],
)
def test_as_many_changes_as_allowed(max_changes, expected):
    result = plan([4, 3, 2, 1], [0, 0, 10, 10], TEN, 0.01, k=2, max_changes=max_changes)
    assert after([0, 0, 10, 10], result) == expected


def test_a_name_without_a_score_goes_in_any_case_and_counts():
    # The fourth goes for want of a score, which is the one change; so the third stays.
    result = plan([4, 3, 2, NAN], [0, 0, 10, 10], TEN, 0.01, k=2, max_changes=1)
    assert after([0, 0, 10, 10], result) == [10, 0, 10, 0]
    assert reasons(result) == [(2, "sell", Reason.CHANGES), (1, "buy", Reason.CHANGES)]


def test_names_without_a_score_go_beyond_the_limit_too():
    result = plan([4, 3, NAN, NAN], [0, 0, 10, 10], TEN, 0.01, k=2, max_changes=1)
    assert after([0, 0, 10, 10], result) == [10, 10, 0, 0]
    assert reasons(result) == []


def test_a_name_without_a_score_that_cannot_be_sold_is_no_change():
    # The fourth is stuck, so the third may go.
    blocked = [0, 0, 0, Reason.SUSPENDED]
    result = plan([4, 3, 2, NAN], [0, 0, 10, 10], TEN, 0.01, k=2, max_changes=1, blocked=blocked)
    assert after([0, 0, 10, 10], result) == [10, 0, 0, 10]
    assert reasons(result) == [(3, "sell", Reason.SUSPENDED), (1, "buy", Reason.OCCUPIED)]


def test_the_first_purchase_is_not_limited():
    result = plan([4, 3, 2, 1], [0, 0, 0, 0], TEN, 200.01, k=2, max_changes=0)
    assert result.changes.tolist() == [10, 10, 0, 0]
    assert reasons(result) == []


def test_free_places_are_filled_whatever_the_limit():
    result = plan([4, 3, 2, 1], [0, 0, 0, 10], TEN, 100.01, k=2, max_changes=0)
    assert after([0, 0, 0, 10], result) == [10, 0, 0, 10]
    assert reasons(result) == [(3, "sell", Reason.CHANGES), (1, "buy", Reason.CHANGES)]


def test_names_within_the_buffer_are_no_changes():
    # The second is within 1 + 1 and stays for that; nobody was refused.
    result = plan([4, 3, 2, 1], [0, 10, 0, 0], TEN, 0.01, k=1, buffer=1, max_changes=0)
    assert result.changes.tolist() == [0, 0, 0, 0]
    assert reasons(result) == []


def test_more_names_held_than_k_are_reduced_to_k_whatever_the_limit():
    result = plan([4, 3, 2, 1], [0, 0, 10, 10], TEN, 0.01, k=1, max_changes=0)
    assert after([0, 0, 10, 10], result) == [0, 0, 20, 0]


# -- Regression: the holding time --------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "stays"), [(0, True), (2, True), (3, False)])
def test_a_young_name_stays_although_it_fell_behind(age, stays):
    result = plan([3, 2, 1], [0, 0, 10], TEN[:3], 0.01, k=1, min_holding=3, ages=[0, 0, age])
    assert after([0, 0, 10], result) == ([0, 0, 10] if stays else [10, 0, 0])
    both = [(2, "sell", Reason.HOLDING), (0, "buy", Reason.HOLDING)]
    assert reasons(result) == (both if stays else [])


def test_a_young_name_among_the_best_has_no_reason():
    result = plan([3, 2, 1], [10, 0, 0], TEN[:3], 0.01, k=1, min_holding=3, ages=[0, 0, 0])
    assert result.changes.tolist() == [0, 0, 0]
    assert reasons(result) == []


def test_a_young_name_without_a_score_keeps_what_it_has():
    # 300 are bound in the third; the other 700 are for one name, not two.
    result = plan([3, 2, NAN], [0, 0, 30], TEN[:3], 700.01, k=2, min_holding=3, ages=[0, 0, 1])
    assert after([0, 0, 30], result) == [70, 0, 30]
    assert reasons(result) == [(2, "sell", Reason.HOLDING), (1, "buy", Reason.OCCUPIED)]


def test_a_young_name_with_a_score_is_trimmed_to_its_part():
    result = plan([3, 2, 1], [0, 0, 30], TEN[:3], 700.01, k=2, min_holding=3, ages=[0, 0, 1])
    assert after([0, 0, 30], result) == [50, 0, 50]
    assert reasons(result) == [(2, "sell", Reason.HOLDING), (1, "buy", Reason.HOLDING)]


def test_a_young_name_counts_for_no_change():
    # The fourth is young, so the third is the one that goes.
    ages = [0, 0, 9, 1]
    result = plan([4, 3, 2, 1], [0, 0, 10, 10], TEN, 0.01, k=2, min_holding=3, max_changes=1, ages=ages)
    assert after([0, 0, 10, 10], result) == [10, 0, 0, 10]
    assert reasons(result) == [(3, "sell", Reason.HOLDING), (1, "buy", Reason.HOLDING)]


def test_a_suspended_young_name_has_the_reason_of_its_state():
    result = plan(
        [2, 1], [0, 10], [10, 10], 100.01, k=1, min_holding=3, ages=[0, 0], blocked=[0, Reason.SUSPENDED]
    )
    assert result.changes.tolist() == [0, 0]
    assert reasons(result) == [(1, "sell", Reason.SUSPENDED), (0, "buy", Reason.OCCUPIED)]


def test_of_too_many_young_names_the_best_stays():
    result = plan([3, 1], [10, 10], [10, 10], 0.01, k=1, min_holding=3, ages=[0, 0])
    assert after([10, 10], result) == [20, 0]
    assert reasons(result) == []


def test_young_names_stay_before_better_ones_that_are_not_young():
    # Three are held where two may be: the second goes, which would have stayed, not the young last one.
    result = plan([3, 2, 1], [10, 10, 10], TEN[:3], 0.01, k=2, min_holding=3, ages=[9, 9, 0])
    assert after([10, 10, 10], result) == [15, 0, 15]
    assert reasons(result) == [(2, "sell", Reason.HOLDING), (1, "buy", Reason.HOLDING)]


def test_a_young_name_within_the_buffer_has_no_reason():
    for buffer, expected in ((2, []), (1, [(2, "sell", Reason.HOLDING), (0, "buy", Reason.HOLDING)])):
        result = plan([3, 2, 1], [0, 0, 10], TEN[:3], 0.01, k=1, buffer=buffer, min_holding=3, ages=[0, 0, 0])
        assert result.changes.tolist() == [0, 0, 0]
        assert reasons(result) == expected


def test_as_many_favourites_wait_as_names_are_in_their_way():
    # The two best find one place; the young one is the reason that the second waits, not the third.
    result = plan([5, 4, 3, 1], [0, 0, 0, 10], TEN, 100.01, k=2, min_holding=3, ages=[0, 0, 0, 1])
    assert after([0, 0, 0, 10], result) == [10, 0, 0, 10]
    assert reasons(result) == [(3, "sell", Reason.HOLDING), (1, "buy", Reason.HOLDING)]


def test_the_limit_of_changes_is_the_reason_where_a_young_name_is_one_too():
    # The fourth is young, the fifth is kept by the limit: both stand in the way of the two that wait.
    ages = [0, 0, 0, 1, 9]
    result = plan(
        [5, 4, 3, 2, 1], [0, 0, 0, 10, 10], [10] * 5, 100.01, k=3, min_holding=3, max_changes=0, ages=ages
    )
    assert after([0, 0, 0, 10, 10], result) == [10, 0, 0, 10, 10]
    assert reasons(result) == [
        *[(3, "sell", Reason.HOLDING), (4, "sell", Reason.CHANGES)],
        *[(1, "buy", Reason.CHANGES), (2, "buy", Reason.CHANGES)],
    ]


# -- Regression: names that cannot be traded -----------------------------------------------------------------


def test_each_favourite_has_the_reason_of_its_state_and_the_next_one_takes_its_place():
    blocked = [Reason.LIMIT_UP, 0, Reason.SUSPENDED, 0]
    result = plan([4, 3, 2, 1], [0, 0, 0, 0], TEN, 200.01, k=2, blocked=blocked)
    assert result.changes.tolist() == [0, 10, 0, 10]
    assert reasons(result) == [(0, "buy", Reason.LIMIT_UP), (2, "buy", Reason.SUSPENDED)]


def test_a_blocked_name_after_the_last_place_is_no_refusal():
    blocked = [0, 0, Reason.SUSPENDED, 0]
    result = plan([4, 3, 2, 1], [0, 0, 0, 0], TEN, 200.01, k=2, blocked=blocked)
    assert result.changes.tolist() == [10, 10, 0, 0]
    assert reasons(result) == []


def test_a_blocked_favourite_that_would_have_found_no_place_in_the_buffer_is_no_refusal():
    blocked = [Reason.SUSPENDED, 0, 0]
    result = plan([3, 2, 1], [0, 10, 0], TEN[:3], 0.01, k=1, buffer=1, blocked=blocked)
    assert result.changes.tolist() == [0, 0, 0]
    assert reasons(result) == []


def test_a_missing_price_is_a_reason_of_its_own_and_a_given_one_goes_first():
    blocked = [0, Reason.NOT_LISTED, 0]
    result = plan([3, 2, 1], [0, 0, 0], [NAN, NAN, 10], 100.01, k=1, blocked=blocked)
    assert result.changes.tolist() == [0, 0, 10]
    assert reasons(result) == [(0, "buy", Reason.NO_PRICE), (1, "buy", Reason.NOT_LISTED)]


def test_a_stuck_name_within_the_buffer_would_have_stayed_and_is_no_refusal():
    result = plan([2, 1], [0, 10], [10, 10], 0.01, k=1, buffer=1, blocked=[0, Reason.SUSPENDED])
    assert result.changes.tolist() == [0, 0]
    assert reasons(result) == []


@pytest.mark.parametrize(("score", "wanted"), [(9, True), (2.5, True), (1.5, False), (NAN, False)])
def test_a_stuck_name_is_unwanted_from_the_rank_k_plus_buffer_on(score, wanted):
    # The rank is among all that are scored: the first, which is blocked too, counts.
    blocked = [Reason.NOT_LISTED, 0, Reason.SUSPENDED]
    result = plan([3, 2, score], [0, 0, 10], TEN[:3], 0.01, k=1, buffer=1, blocked=blocked)
    assert result.changes.tolist() == [0, 0, 0]
    refused = [(2, "sell", Reason.SUSPENDED), (0, "buy", Reason.NOT_LISTED), (1, "buy", Reason.OCCUPIED)]
    assert reasons(result) == ([] if wanted else refused)


# -- Regression: places that are taken by names that cannot be sold -------------------------------------------


def test_a_favourite_without_a_place_is_refused_because_it_is_taken():
    result = plan([3, 2, 1, NAN], [0, 0, 0, 10], TEN, 100.01, k=2, blocked=[0, 0, 0, Reason.SUSPENDED])
    assert after([0, 0, 0, 10], result) == [10, 0, 0, 10]
    assert reasons(result) == [(3, "sell", Reason.SUSPENDED), (1, "buy", Reason.OCCUPIED)]


def test_a_held_favourite_given_up_for_want_of_a_place_is_refused_too():
    result = plan([3, 2, NAN], [10, 10, 10], TEN[:3], 0.01, k=2, blocked=[0, 0, Reason.LIMIT_DOWN])
    assert after([10, 10, 10], result) == [20, 0, 10]
    assert reasons(result) == [(2, "sell", Reason.LIMIT_DOWN), (1, "buy", Reason.OCCUPIED)]


def test_a_held_name_within_the_buffer_of_the_places_there_would_be():
    # With both places the third is within 2 + 1 and stays; with one it is beyond 1 + 1 and goes.
    holdings, blocked = [0, 0, 10, 10], [0, 0, 0, Reason.SUSPENDED]
    result = plan([4, 3, 2, NAN], holdings, TEN, 0.01, k=2, buffer=1, blocked=blocked)
    assert after(holdings, result) == [10, 0, 0, 10]
    assert reasons(result) == [(3, "sell", Reason.SUSPENDED), (2, "buy", Reason.OCCUPIED)]


def test_no_more_wait_than_k_however_many_are_stuck():
    blocked = [0, 0, Reason.SUSPENDED, Reason.SUSPENDED]
    result = plan([4, 3, NAN, NAN], [0, 0, 10, 10], TEN, 100.01, k=1, blocked=blocked)
    assert result.changes.tolist() == [0, 0, 0, 0]
    assert reasons(result) == [
        *[(2, "sell", Reason.SUSPENDED), (3, "sell", Reason.SUSPENDED)],
        (0, "buy", Reason.OCCUPIED),
    ]


def test_nobody_waits_where_all_find_a_place():
    result = plan([1, NAN], [0, 10], TEN[:2], 100.01, k=2, blocked=[0, Reason.SUSPENDED])
    assert after([0, 10], result) == [10, 10]
    assert reasons(result) == [(1, "sell", Reason.SUSPENDED)]


@pytest.mark.parametrize(
    ("max_changes", "age", "reason"),
    [(None, 1, Reason.HOLDING), (0, 1, Reason.HOLDING), (0, 9, Reason.CHANGES), (None, 9, Reason.OCCUPIED)],
)
def test_a_place_that_is_taken_is_the_last_of_the_reasons(max_changes, age, reason):
    # The last is stuck; the third stays for its age, or for the limit, or goes.
    holdings, blocked = [0, 0, 10, 10], [0, 0, 0, Reason.SUSPENDED]
    result = plan(
        *([4, 3, 1, NAN], holdings, TEN, 0.01),
        **{"k": 2, "min_holding": 3, "max_changes": max_changes, "ages": [0, 0, age, 9], "blocked": blocked},
    )
    stays = reason != Reason.OCCUPIED
    assert after(holdings, result) == ([0, 0, 10, 10] if stays else [10, 0, 0, 10])
    refused = [(0, "buy", reason), (1, "buy", reason)] if stays else [(1, "buy", reason)]
    sales = [(2, "sell", reason)] if stays else []
    assert reasons(result) == [*sales, (3, "sell", Reason.SUSPENDED), *refused]


# -- Properties ----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_no_more_names_than_places(case):
    picked, k = cases.choose(case), case["rules"].k
    assert not (picked.chosen & picked.bound).any()
    assert picked.chosen.sum() + picked.bound.sum() <= max(k, picked.bound.sum())
    held, result = case["holdings"] > 0, plan_orders(**case)
    movable = cases.movable(case)
    assert not ((case["holdings"] + result.changes > 0) & movable & ~picked.chosen & ~picked.bound).any()
    assert not result.changes[picked.bound].any()
    assert not picked.bound[~held].any()


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_codes_are_reasons_that_fit_what_was_done(case):
    result, held = plan_orders(**case), case["holdings"] > 0
    state, young = cases.states(case), case["ages"] < case["rules"].min_holding
    waits, movable = (Reason.CHANGES, Reason.HOLDING, Reason.OCCUPIED), cases.movable(case)
    for index, side, reason in reasons(result):
        if reason in (Reason.LOT, *waits):
            assert state[index] == Reason.TRADABLE
        else:
            assert state[index] == reason
        if side == "sell":
            assert held[index]
            assert reason not in (Reason.LOT, Reason.OCCUPIED)
        elif held[index]:
            # It gave up its place to one that is kept.
            assert reason in waits
            assert result.changes[index] == (-case["holdings"][index] if movable[index] else 0.0)
        else:
            assert result.changes[index] == 0
        assert reason != Reason.HOLDING or case["rules"].min_holding > 0
        assert reason != Reason.HOLDING or side == "buy" or young[index]
        assert reason != Reason.CHANGES or case["rules"].max_changes is not None


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_no_name_among_the_best_is_kept_for_a_reason(case):
    picked, rules, scores = cases.choose(case), case["rules"], case["scores"]
    tradable, within = cases.states(case) == 0, picked.places[0] + rules.buffer
    for i in np.flatnonzero(picked.chosen):
        better = (scores > scores[i]) | ((scores == scores[i]) & (np.arange(len(scores)) < i))
        assert picked.unsold[i] == 0 or (better & tradable).sum() >= within


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_names_wait_only_where_a_name_is_kept_for_that_reason(case):
    picked, k = cases.choose(case), case["rules"].k
    for reason in (Reason.HOLDING, Reason.CHANGES):
        kept = picked.chosen & (picked.unsold == reason)
        assert kept.any() or not (picked.unbought == reason).any()
    waiting = np.isin(picked.unbought, [Reason.HOLDING, Reason.CHANGES, Reason.OCCUPIED])
    assert not (waiting & (picked.chosen | picked.bound)).any()
    assert waiting.sum() <= k
    # No more wait than are in their way, unless there are more held than places to begin with.
    in_the_way = (picked.unsold != 0).sum()
    assert waiting.sum() <= in_the_way + max((case["holdings"] > 0).sum() - k, 0)
    assert in_the_way or not waiting.any() or (case["holdings"] > 0).sum() > k


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_every_blocked_favourite_has_the_reason_of_its_state(case):
    assume(case["rules"].buffer == 0)
    result, state, scores = plan_orders(**case), cases.states(case), case["scores"]
    picked, k = cases.choose(case), case["rules"].k
    order = [i for i in np.argsort(-scores, kind="stable") if not np.isnan(scores[i])]
    stuck_and_wanted = sum(bool(picked.bound[i]) for i in order[:k])
    places = max(k - stuck_and_wanted, 0)
    for i in np.flatnonzero(~np.isnan(scores) & (state > 0) & (case["holdings"] == 0)):
        better = (scores > scores[i]) | ((scores == scores[i]) & (np.arange(len(scores)) < i))
        tradable_and_better = (better & (state == 0)).sum()
        assert result.unbought[i] == (state[i] if tradable_and_better < places else 0)


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_limits_keep_the_names_they_protect(case):
    """While no more names are held than k, none young goes, and no more go than the limit allows."""
    rules, held = case["rules"], case["holdings"] > 0
    assume(held.sum() <= rules.k)
    picked = cases.choose(case)
    gone = held & ~picked.chosen & ~picked.bound
    assert not (gone & (case["ages"] < rules.min_holding)).any()
    if rules.max_changes is not None:
        unscored = np.isnan(case["scores"])
        assert (gone & ~unscored).sum() <= max(rules.max_changes - (gone & unscored).sum(), 0)


# -- ReferenceEquivalence ------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(cases.portfolios())
def test_choice_and_refusals_of_the_slow_planner(case):
    slow, picked = cases.slow_plan(case), cases.choose(case)
    assert picked.chosen.tolist() == slow.chosen
    assert picked.bound.tolist() == slow.bound
    assert picked.places.tolist() == [slow.places]
    assert picked.ranking.tolist() == slow.ranking
    # Whether a lot can be paid for is not yet known where names are chosen.
    assert picked.unbought.tolist() == [0 if code == Reason.LOT else code for code in slow.unbought]
    assert picked.unsold.tolist() == slow.unsold


# -- Validation ----------------------------------------------------------------------------------------------


def test_a_holding_time_needs_ages():
    message = "rules.min_holding needs ages=, the sessions that each name has been held"
    with pytest.raises(ValueError, match=message):
        plan([2, 1], [0, 0], [10, 10], 100.01, k=1, min_holding=1)
    assert plan([2, 1], [0, 0], [10, 10], 100.01, k=1, min_holding=0).changes.tolist() == [10, 0]


def test_a_code_that_is_no_reason_is_refused_when_it_is_read():
    result = plan([2, 1], [0, 0], [10, 10], 100.01, k=1, blocked=[99, 0])
    with pytest.raises(ValueError, match="99 is not a valid Reason"):
        _ = result.refusals


def test_rules_refuse_what_is_no_count():
    with pytest.raises(ValueError, match="buffer must be a whole number >= 0, got -1"):
        Rules(buffer=-1)
