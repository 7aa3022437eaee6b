"""The planner: answers checkable by eye, properties over random portfolios, messages."""

import numpy as np
import pytest
from btalpha.strategies.planner import Reason, Rules, no_fee, plan_orders
from hypothesis import given, settings
from hypothesis import strategies as st

NAN = np.nan
EXACT = {"gap": 0.0}


def plan(scores, holdings, prices, cash, *, blocked=None, fee=no_fee, **rules):
    return plan_orders(
        scores=np.array(scores, dtype=float),
        holdings=np.array(holdings, dtype=np.int64),
        prices=np.array(prices, dtype=float),
        cash=cash,
        rules=Rules(**{**EXACT, **rules}),
        blocked=None if blocked is None else np.array(blocked),
        fee=fee,
    )


def reasons(result):
    return [(refusal.index, refusal.side, refusal.reason) for refusal in result.refusals]


def percent(rate, minimum=0.0):
    def fee(changes, prices):
        value = np.abs(changes * prices)
        return np.where(value > 0, np.maximum(value * rate, minimum), 0.0)

    return fee


# -- three assets, checkable by eye --------------------------------------------------------------


def test_first_purchase_in_equal_parts_best_first():
    result = plan([1, 3, 2], [0, 0, 0], [10, 20, 5], 1000.01, k=2)
    assert result.changes.tolist() == [0, 25, 100]
    assert result.buy_order.tolist() == [1, 2]
    assert result.sell_order.tolist() == []
    assert result.refusals == ()


def test_sale_funds_the_purchase():
    result = plan([1, 3, 2], [50, 0, 0], [10, 20, 5], 0.01, k=1)
    assert result.changes.tolist() == [-50, 25, 0]
    assert result.sell_order.tolist() == [0]


def test_a_name_that_stays_is_trimmed_to_its_part():
    # Worth 600 + 200 + 0 in all: 400 each.
    result = plan([3, 2, NAN], [60, 10, 0], [10, 20, 5], 0.01, k=2)
    assert result.changes.tolist() == [-20, 10, 0]


def test_tolerance_leaves_small_differences_alone():
    held = [42, 19, 0]
    assert plan([3, 2, NAN], held, [10, 20, 5], 0.01, k=2, tolerance=0.1).changes.tolist() == [0, 0, 0]
    assert plan([3, 2, NAN], held, [10, 20, 5], 0.01, k=2).changes.tolist() == [-2, 1, 0]


def test_ties_go_to_the_earlier_symbol():
    assert plan([2, 2, 2], [0, 0, 0], [10, 10, 10], 200.01, k=2).changes.tolist() == [10, 10, 0]


def test_nan_means_not_to_be_held():
    result = plan([NAN, NAN, NAN], [7, 0, 3], [10, 20, 5], 0.0, k=2)
    assert result.changes.tolist() == [-7, 0, -3]
    assert result.refusals == ()


def test_fewer_names_than_k_leave_cash():
    assert plan([NAN, 1, NAN], [0, 0, 0], [10, 20, 5], 1000.01, k=2).changes.tolist() == [0, 25, 0]


def test_cash_reserve():
    assert plan([1, NAN, NAN], [0, 0, 0], [10, 20, 5], 1000.05, k=1, cash_reserve=0.2).changes.tolist() == [
        80,
        0,
        0,
    ]


def test_lots_of_a_hundred_and_the_name_too_dear_for_one():
    result = plan([3, 2, 1], [0, 0, 0], [9, 40, 5], 6000.01, k=2, lot=100)
    assert result.changes.tolist() == [300, 0, 0]
    assert reasons(result) == [(1, "buy", Reason.LOT)]


def test_an_odd_position_given_up_is_sold_whole_and_one_that_stays_is_trimmed_by_lots():
    result = plan([3, NAN, NAN], [250, 150, 0], [10, 10, 10], 0.01, k=2, lot=100)
    # Worth 4000 in all, 2000 the part: 200 shares; 50 too many are no whole lot.
    assert result.changes.tolist() == [0, -150, 0]


def test_gap_is_paid_on_buys_and_lost_on_sales():
    assert plan([NAN, 1, NAN], [100, 0, 0], [10, 10, 10], 0.01, k=1, gap=0.25).changes.tolist() == [
        -100,
        60,
        0,
    ]


def test_fees_are_part_of_what_buys_and_sales_come_to():
    result = plan([NAN, 1, NAN], [100, 0, 0], [10, 10, 10], 0.01, k=1, fee=percent(0.1))
    # 1000 - 100 buys 81 shares at 11 each.
    assert result.changes.tolist() == [-100, 81, 0]


def test_what_lots_leave_over_tops_up_the_best_ranked():
    # 3 lots each are wanted; with a gap of a tenth 5 of the 6 can be paid for.
    result = plan([2, 1, NAN], [0, 0, 0], [10, 10, 10], 6000.01, k=2, lot=100, gap=0.1)
    assert result.changes.tolist() == [300, 200, 0]


def test_smallest_fee_makes_the_worst_ranked_give_way():
    result = plan([2, 1, NAN], [0, 0, 0], [100, 100, 100], 206.0, k=2, fee=percent(0.0, minimum=5.0))
    assert result.changes.tolist() == [1, 0, 0]
    assert reasons(result) == [(1, "buy", Reason.LOT)]
    result = plan([2, 1, NAN], [0, 0, 0], [1, 1, 1], 206.01, k=2, fee=percent(0.0, minimum=5.0))
    assert result.changes.tolist() == [98, 98, 0]


# -- names that cannot be traded --------------------------------------------------------------------


def test_suspended_favourite_is_refused_and_the_next_one_bought():
    result = plan([3, 2, 1], [0, 0, 0], [10, 20, 5], 1000.01, k=1, blocked=[Reason.SUSPENDED, 0, 0])
    assert result.changes.tolist() == [0, 50, 0]
    assert reasons(result) == [(0, "buy", Reason.SUSPENDED)]


def test_blocked_name_that_was_not_wanted_is_no_refusal():
    assert (
        plan([3, 2, 1], [0, 0, 0], [10, 20, 5], 1000.01, k=1, blocked=[0, 0, Reason.NOT_LISTED]).refusals
        == ()
    )


def test_held_name_that_cannot_be_sold_keeps_its_place_and_its_capital():
    # 300 are bound in the first; the other 700 are for one name, not two.
    result = plan([NAN, 2, 1], [30, 0, 0], [10, 20, 5], 700.01, k=2, blocked=[Reason.SUSPENDED, 0, 0])
    assert result.changes.tolist() == [0, 35, 0]
    assert reasons(result) == [(0, "sell", Reason.SUSPENDED), (2, "buy", Reason.OCCUPIED)]


def test_held_suspended_name_that_is_wanted_is_no_refusal():
    result = plan([9, 2, 1], [30, 0, 0], [10, 20, 5], 700.01, k=2, blocked=[Reason.SUSPENDED, 0, 0])
    assert result.changes.tolist() == [0, 35, 0]
    assert result.refusals == ()


def test_more_stuck_names_than_places():
    blocked = [Reason.SUSPENDED, Reason.SUSPENDED, 0]
    result = plan([NAN, NAN, 5], [10, 10, 10], [10, 10, 10], 50.0, k=1, blocked=blocked)
    assert result.changes.tolist() == [0, 0, -10]


@pytest.mark.parametrize("price", [NAN, 0.0, -1.0, np.inf])
def test_no_price(price):
    result = plan([3, 2, 1], [0, 0, 0], [price, 20, 5], 1000.01, k=1)
    assert result.changes.tolist() == [0, 50, 0]
    assert reasons(result) == [(0, "buy", Reason.NO_PRICE)]


def test_nothing_at_all():
    result = plan([NAN, NAN, NAN], [0, 0, 0], [NAN, NAN, NAN], 0.0, k=1)
    assert result.changes.tolist() == [0, 0, 0]
    assert result.refusals == ()


# -- properties ---------------------------------------------------------------------------------


@st.composite
def portfolios(draw):
    n = draw(st.integers(1, 12))
    scores = draw(st.lists(st.one_of(st.just(NAN), st.floats(-1, 1, width=16)), min_size=n, max_size=n))
    holdings = draw(st.lists(st.one_of(st.just(0), st.integers(0, 5000)), min_size=n, max_size=n))
    prices = draw(st.lists(st.one_of(st.just(NAN), st.floats(0.5, 500)), min_size=n, max_size=n))
    blocked = draw(st.lists(st.sampled_from([0, 0, 0, 1, 3]), min_size=n, max_size=n))
    rules = Rules(
        k=draw(st.integers(1, n)),
        cash_reserve=draw(st.sampled_from([0.0, 0.1])),
        gap=draw(st.sampled_from([0.0, 0.02, 0.1])),
        lot=draw(st.sampled_from([1, 100])),
        tolerance=draw(st.sampled_from([0.0, 0.2])),
    )
    fee = percent(draw(st.sampled_from([0.0, 0.001])), draw(st.sampled_from([0.0, 5.0])))
    arguments = {
        "scores": np.array(scores),
        "holdings": np.array(holdings, dtype=np.int64),
        "prices": np.array(prices),
        "blocked": np.array(blocked),
        "cash": draw(st.floats(0, 1e6)),
    }
    return {**arguments, "rules": rules, "fee": fee}


@settings(max_examples=300, deadline=None)
@given(portfolios(), st.randoms(use_true_random=False))
def test_cash_lasts_while_prices_stay_within_the_gap(case, random):
    result, rules = plan_orders(**case), case["rules"]
    cash = case["cash"]
    for index in (*result.sell_order, *result.buy_order):
        change = int(result.changes[index])
        worst = -rules.gap if change < 0 else rules.gap
        price = case["prices"][index] * (1 + random.choice([worst, 0.5 * worst, worst]))
        one, at = np.array([change]), np.array([price])
        cash -= change * price + float(case["fee"](one, at)[0])
        if change > 0:
            assert cash >= 0.0


@settings(max_examples=300, deadline=None)
@given(portfolios())
def test_orders_respect_rules(case):
    result, rules = plan_orders(**case), case["rules"]
    changes, holdings, scores = result.changes, case["holdings"], case["scores"]
    after = holdings + changes
    blocked = (case["blocked"] > 0) | ~(case["prices"] > 0)
    assert (after >= 0).all()
    assert not changes[blocked].any()
    assert (changes[changes > 0] % rules.lot == 0).all()
    sold = (changes < 0) & (after > 0)
    assert (changes[sold] % rules.lot == 0).all()
    assert not after[np.isnan(scores) & ~blocked].any()
    stuck = int((blocked & (holdings > 0)).sum())
    assert (after > 0).sum() <= max(rules.k, stuck)
    assert sorted([*result.sell_order, *result.buy_order]) == np.flatnonzero(changes).tolist()
    assert (changes[result.sell_order] < 0).all()
    assert (changes[result.buy_order] > 0).all()


@settings(max_examples=200, deadline=None)
@given(portfolios())
def test_the_best_tradable_names_are_chosen(case):
    """Slow reference: walk down the ranking and take tradable names until the places are full."""
    result = plan_orders(**case)
    holdings, scores = case["holdings"], case["scores"]
    blocked = (case["blocked"] > 0) | ~(case["prices"] > 0)
    places = case["rules"].k - sum(1 for i in range(len(scores)) if blocked[i] and holdings[i] > 0)
    chosen, refused = [], []
    ranked = sorted((i for i in range(len(scores)) if not np.isnan(scores[i])), key=lambda i: (-scores[i], i))
    for index in ranked:
        if len(chosen) >= places:
            break
        if blocked[index]:
            refused += [index] if holdings[index] == 0 else []
        else:
            chosen.append(index)
    assert set(np.flatnonzero(result.changes > 0)) <= set(chosen)
    assert not (holdings + result.changes)[[i for i in ranked if i not in chosen and not blocked[i]]].any()
    others = (Reason.LOT, Reason.OCCUPIED)
    named = {
        refusal.index for refusal in result.refusals if refusal.side == "buy" and refusal.reason not in others
    }
    # With the places of those that are stuck and not wanted, more of the best would have been bought.
    assert named >= set(refused)
    assert all(blocked[index] and holdings[index] == 0 for index in named)


@settings(max_examples=100, deadline=None)
@given(portfolios())
def test_same_inputs_same_plan_and_inputs_untouched(case):
    before = {key: np.copy(value) for key, value in case.items() if isinstance(value, np.ndarray)}
    first, second = plan_orders(**case), plan_orders(**case)
    np.testing.assert_array_equal(first.changes, second.changes)
    assert first.refusals == second.refusals
    for key, value in before.items():
        np.testing.assert_array_equal(case[key], value)


# -- validation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"k": 0}, "k must be a whole number >= 1, got 0"),
        ({"k": 2.5}, "k must be a whole number >= 1, got 2.5"),
        ({"lot": True}, "lot must be a whole number >= 1, got True"),
        ({"gap": 1.0}, r"gap must be a fraction in \[0, 1\), got 1.0"),
        ({"cash_reserve": -0.1}, "cash_reserve must be a fraction"),
        ({"tolerance": NAN}, "tolerance must be a fraction"),
    ],
)
def test_bad_rules(rules, message):
    with pytest.raises(ValueError, match=message):
        Rules(**rules)


def test_every_reason_has_a_text():
    assert len({reason.text for reason in Reason}) == len(Reason)
