"""How many shares: lots by board, adjusted shares, fees, and what the cash allows."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from btalpha.strategies.planner import Lots, Reason, plan_orders
from hypothesis import given, settings

_spec = importlib.util.spec_from_file_location("planning_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
NAN, after, plan, reasons = cases.NAN, cases.after, cases.plan, cases.reasons

MAIN, STAR = Lots(100, 100), Lots(200, 1)


# -- Regression: lots ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cash", "shares"),
    [(1999.0, 0), (2000.02, 200), (2010.02, 201), (2019.0, 201), (3456.78, 345)],
)
def test_the_star_market_sells_200_shares_at_least_and_then_single_ones(cash, shares):
    result = plan([1], [0], [10], cash, k=1, lots=STAR)
    assert result.changes.tolist() == [shares]
    assert reasons(result) == ([] if shares else [(0, "buy", Reason.LOT)])


def test_every_name_has_the_lot_of_its_board():
    lots = Lots(np.array([100, 200, 100]), np.array([100, 1, 1]))
    # A third of 8070 is 2690: 269 shares each.
    assert plan([3, 2, 1], [0, 0, 0], [10] * 3, 8070.5, k=3, lots=lots).changes.tolist() == [200, 269, 269]


def test_the_lots_of_the_market_replace_that_of_the_rules():
    assert plan([1], [0], [10], 2690.5, k=1, lots=STAR, lot=100).changes.tolist() == [269]
    assert plan([1], [0], [10], 2690.5, k=1, lot=100).changes.tolist() == [200]


def test_what_lots_leave_over_buys_one_more_of_the_best_ranked_down_the_ranking():
    # 300 each are wanted, 5/6 of it can be paid for with the gap: 200 each and a hundred more.
    result = plan([1, 2], [0, 0], [10, 10], 6000.01, k=2, lots=MAIN, gap=0.1)
    assert result.changes.tolist() == [200, 300]
    # On the STAR market 272 each; the rest, 16, buys one more of the best.
    result = plan([1, 2], [0, 0], [10, 10], 6000.02, k=2, lots=STAR, gap=0.1)
    assert result.changes.tolist() == [272, 273]


def test_a_position_given_up_is_sold_whole():
    lots = Lots(np.array([100, 200, 100, 200]), np.array([100, 1, 100, 1]))
    result = plan([NAN, NAN, NAN, NAN], [30, 30, 150, 250], [10] * 4, 0.0, k=2, lots=lots)
    assert result.changes.tolist() == [-30, -30, -150, -250]


@pytest.mark.parametrize(
    ("lots", "change"),
    [(MAIN, -100), (STAR, 0), (Lots(1, 1), -150), (Lots(100, 1), -150)],
)
def test_a_position_that_stays_is_trimmed_by_what_may_be_sold(lots, change):
    # Half of 8000 is 400 shares: 150 too many.
    result = plan([1], [550], [10], 2500.0, k=2, lots=lots)
    assert result.changes.tolist() == [change]


def test_a_position_that_stays_grows_by_what_may_be_bought():
    # 300 wanted, 160 held.
    for lots, change in ((MAIN, 100), (STAR, 0), (Lots(100, 1), 140)):
        assert plan([1], [160], [10], 1400.02, k=1, lots=lots).changes.tolist() == [change]


def test_a_position_whose_weight_is_nothing_is_given_up_whole():
    result = plan([3, -1], [0, 150], [10, 10], 2000.01, k=2, weights="score", lots=MAIN)
    assert after([0, 150], result)[1] == 0


@pytest.mark.parametrize("rules", [{"min_holding": 3}, {"max_changes": 0}])
def test_a_position_kept_for_a_reason_at_a_weight_of_nothing_keeps_what_it_has(rules):
    holdings, scores = [0, 0, 150], [3, 2, -1]
    result = plan(
        scores, holdings, [10] * 3, 1000.01, k=2, weights="score", ages=[0, 0, 0], lots=MAIN, **rules
    )
    assert result.unsold[2] == (Reason.HOLDING if "min_holding" in rules else Reason.CHANGES)
    assert after(holdings, result) == [100, 0, 150]


@pytest.mark.parametrize("lots", [MAIN, STAR])
@pytest.mark.parametrize("age", [0, 9])
def test_a_position_kept_for_a_reason_at_a_target_below_half_a_lot_keeps_what_it_has(age, lots):
    # A hundredth of 2500 is worth 2.5 shares.
    holdings, rules = [0, 0, 150], {"k": 2, "max_weight": 0.01, "min_holding": 3}
    result = plan([3, 2, 1], holdings, [10] * 3, 1000.01, ages=[0, 0, age], lots=lots, **rules)
    assert after(holdings, result) == [0, 0, 0 if age else 150]


def test_a_position_kept_for_a_reason_is_trimmed_to_a_target_of_more_than_half_a_lot():
    # 60 shares are its part, which leave it a lot.
    holdings, rules = [0, 0, 300], {"k": 2, "max_weight": 0.15, "max_changes": 0}
    result = plan([3, 2, 1], holdings, [10] * 3, 1000.01, lots=MAIN, **rules)
    assert after(holdings, result) == [0, 0, 100]


@pytest.mark.parametrize(
    ("cash", "left"),
    [(1999.0, 0), (2001.0, 100), (6900.0, 100), (16_900.0, 100), (17_001.0, 200)],
)
def test_of_a_target_of_more_than_half_a_lot_a_lot_stays(cash, left):
    # 300 are held, worth 3000. A tenth of 1999 + 3000 is 49.99 shares, of 2001 + 3000 it is 50.01.
    result = plan([1], [300], [10], cash, k=10, lots=MAIN)
    assert after([300], result) == [left]


def test_half_a_lot_is_that_of_the_board_and_of_a_new_name_it_is_not_enough():
    # 110 shares are wanted of each; the least order on the STAR market is 200.
    lots = Lots(np.array([200, 200]), np.array([1, 1]))
    result = plan([2, 1], [450, 0], [10, 10], 17_500.1, k=20, lots=lots)
    assert after([450, 0], result) == [200, 0]
    assert reasons(result) == [(1, "buy", Reason.LOT)]


def test_a_favourite_name_whose_target_is_below_half_a_lot_is_given_up_odd_or_not():
    result = plan([2, 1], [130, 260], [10, 10], 100.0, k=10, lots=MAIN)
    assert result.changes.tolist() == [-130, -260]
    assert reasons(result) == []


# -- Regression: tolerance -----------------------------------------------------------------------------------


def test_tolerance_is_a_fraction_of_the_target():
    # 500 of each are wanted: 560 is 12 % above, 440 12 % below.
    for tolerance, changes in ((0.12, [0, 0]), (0.11, [-60, 60])):
        result = plan([2, 1], [560, 440], [10, 10], 0.01, k=2, tolerance=tolerance)
        assert result.changes.tolist() == changes


def test_a_lot_that_is_a_hundredth_above_its_target_is_within_the_tolerance():
    # Half of 1980 is 99 shares; 100 are held.
    result = plan([2, 1], [100, 0], [10, 1000], 980.0, k=2, lots=MAIN, tolerance=0.1)
    assert result.changes.tolist() == [0, 0]


def test_tolerance_does_not_keep_more_lots_than_the_target_has():
    # 250 are wanted, cut to 200. With 300 held that is 50 too many: within a fifth of 250, beyond a tenth.
    for tolerance, change in ((0.2, 0), (0.1, -100)):
        result = plan([1], [300], [10], 2000.0, k=2, lots=MAIN, tolerance=tolerance)
        assert result.changes.tolist() == [change]


@pytest.mark.parametrize(
    ("cash", "tolerance", "left"),
    [(0.0, 0.0, 40), (20.0, 0.0, 0), (20.0, 0.1, 40), (100.0, 0.1, 0), (100.0, 0.2, 40)],
)
def test_near_its_target_a_position_below_half_a_lot_is_left_alone(cash, tolerance, left):
    # 40, 42 or 50 shares are its part.
    result = plan([1], [40], [10], cash, k=1, lots=MAIN, tolerance=tolerance)
    assert after([40], result) == [left]


# -- Regression: what a name is worth ------------------------------------------------------------------------


@pytest.mark.parametrize("price", [-5.0, 0.0, NAN, -np.inf, np.inf])
def test_a_name_without_a_positive_price_is_worth_nothing(price):
    # All there is are 1000: one of the two places is taken, the other gets the 1000.
    result = plan([NAN, 2, 1], [50, 0, 0], [price, 10, 10], 1000.02, k=2, gap=0.0)
    assert result.changes.tolist() == [0, 100, 0]
    assert reasons(result) == [(0, "sell", Reason.NO_PRICE), (2, "buy", Reason.OCCUPIED)]


# -- Regression: adjusted shares -----------------------------------------------------------------------------


def test_adjusted_shares_are_whole_lots_of_raw_ones():
    # 1000 CNY at an adjusted price of 20 are 50 shares, 125 raw ones: a lot of them is 40.
    result = plan([1], [0], [20], 1000.5, k=1, lots=Lots(100, 100, np.array([2.5])))
    assert result.changes.tolist() == [40]
    # Single raw shares: 125 of them are 50.
    result = plan([1], [0], [20], 1000.5, k=1, lots=Lots(100, 1, np.array([2.5])))
    assert result.changes.tolist() == [50]


def test_adjusted_shares_below_a_raw_lot_are_not_bought():
    # 50 adjusted shares are 25 raw ones.
    result = plan([1], [0], [20], 1000.5, k=1, lots=Lots(100, 100, np.array([0.5])))
    assert result.changes.tolist() == [0]
    assert reasons(result) == [(0, "buy", Reason.LOT)]


def test_an_adjusted_position_given_up_is_sold_whole():
    # 50 and 37.5 adjusted shares: 125 and 93.75 raw ones.
    lots = Lots(100, 100, np.array([2.5, 2.5, 1.0]))
    result = plan([NAN, NAN, 1], [50, 37.5, 0], [20, 20, 10], 0.01, k=1, lots=lots)
    assert result.changes.tolist() == [-50, -37.5, 100]


def test_an_adjusted_position_that_stays_is_trimmed_by_raw_lots():
    # Of 120 adjusted shares (300 raw) 50 are wanted, which is a raw lot of 40: 80 (200 raw) go.
    result = plan([1], [120], [20], 0.0, k=1, max_weight=0.42, lots=Lots(100, 100, np.array([2.5])))
    assert result.changes.tolist() == [-80]


def test_a_name_without_a_factor_is_not_bought():
    lots = Lots(100, 100, np.array([NAN, 1.0]))
    result = plan([2, 1], [0, 0], [10, 10], 2000.02, k=2, lots=lots)
    assert result.changes.tolist() == [0, 100]
    assert reasons(result) == [(0, "buy", Reason.LOT)]


def test_a_name_without_a_factor_is_neither_given_up_nor_trimmed_nor_added_to():
    lots = Lots(100, 100, np.array([NAN, 1.0]))
    for score, shares in ((NAN, 150), (2, 900), (2, 150)):
        result = plan([score, 1], [shares, 0], [10, 10], 4000.02, k=2, lots=lots)
        assert result.changes[0] == 0
        assert result.unsold[0] == 0


# -- Properties ----------------------------------------------------------------------------------------------


def is_order(shares, least, step, factor):
    """Whether a number of shares is an order: compared with the nearest one."""
    raw = abs(shares) * factor
    nearest = least + max(round((raw - least) / step), 0) * step
    return abs(raw - nearest) <= 1e-6


@settings(max_examples=60, deadline=None)
@given(cases.portfolios())
def test_buys_and_sales_are_whole_lots_unless_a_position_is_given_up(case):
    result = plan_orders(**case)
    left = case["holdings"] + result.changes
    assert (left >= 0.0).all()
    for i in np.flatnonzero(result.changes):
        given_up = result.changes[i] < 0 and left[i] == 0
        assert given_up or is_order(result.changes[i], *cases.lots_of(case)[i])


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_what_cannot_be_traded_is_not(case):
    assert not plan_orders(**case).changes[(cases.states(case) > 0) | ~cases.movable(case)].any()


@settings(max_examples=60, deadline=None)
@given(cases.portfolios())
def test_buys_cost_no_more_than_cash_and_sales_bring(case):
    changes, rules, fee = plan_orders(**case).changes, case["rules"], case["fee"]
    price = np.where(case["prices"] > 0, case["prices"], 0.0)
    have = case["cash"] - rules.cash_reserve * (case["cash"] + (case["holdings"] * price).sum())
    spent = 0.0
    for change, at in zip(changes.tolist(), price.tolist(), strict=True):
        if change < 0:
            have += -change * at * (1 - rules.gap) - fee.one(change, at * (1 - rules.gap))
        elif change > 0:
            spent += change * at * (1 + rules.gap) + fee.one(change, at * (1 + rules.gap))
    assert spent == 0.0 or spent <= have


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_same_inputs_same_plan_and_inputs_untouched(case):
    names = [*cases.ARRAYS, "cash"]
    before = {name: np.copy(case[name]) for name in names}
    first = plan_orders(**case)
    for name in cases.ARRAYS:
        case[name].flags.writeable = False
    second = plan_orders(**case)
    for name in ("changes", "unbought", "unsold", "ranking"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    for name in names:
        np.testing.assert_array_equal(case[name], before[name])


@settings(max_examples=40, deadline=None)
@given(cases.portfolios())
def test_a_name_too_dear_for_a_lot_is_refused(case):
    result, picked = plan_orders(**case), cases.choose(case)
    short = result.unbought == Reason.LOT
    assert not (short & ((result.changes > 0) | (case["holdings"] > 0) | ~picked.chosen)).any()
    if case["rules"].weights != "score":
        worth = case["cash"] + np.nansum(case["holdings"] * case["prices"])
        stuck = np.nansum(np.where(picked.bound, case["holdings"] * case["prices"], 0.0))
        something = worth * (1 - case["rules"].cash_reserve) > stuck
        missed = picked.chosen & (case["holdings"] == 0) & (result.changes == 0)
        assert short.tolist() == (missed & something).tolist()


# -- ReferenceEquivalence ------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(cases.portfolios())
def test_changes_and_refusals_of_the_slow_planner(case):
    slow, result = cases.slow_plan(case), plan_orders(**case)
    np.testing.assert_allclose(result.changes, slow.changes, rtol=1e-9, atol=1e-9)
    assert result.unbought.tolist() == slow.unbought
    assert result.buy_order.tolist() == [i for i in slow.ranking if slow.changes[i] > 0]
    assert result.sell_order.tolist() == [i for i, change in enumerate(slow.changes) if change < 0]


# -- Validation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lots", "message"),
    [
        (Lots(0, 100), "least must be a whole number of shares from 1 on, got 0"),
        (Lots(100, np.array([1.5, 1.0])), "step must be a whole number of shares from 1 on, got 1.5"),
        (Lots(100, 100, np.array([1.0, -2.0])), "factor must be positive and finite or NaN, got -2.0"),
        (Lots(100, 100, np.inf), "factor must be positive and finite or NaN, got inf"),
    ],
)
def test_bad_lots(lots, message):
    with pytest.raises(ValueError, match=message):
        plan([2, 1], [0, 0], [10, 10], 5000.0, k=2, lots=lots)


@pytest.mark.parametrize("cash", [NAN, np.float32(NAN), np.array(NAN), np.inf, -np.inf])
def test_cash_that_is_no_number(cash):
    with pytest.raises(ValueError, match=re.escape(f"cash must be a finite number of CNY, got {cash}")):
        plan([2, 1], [0, 0], [10, 10], cash, k=2)


@pytest.mark.parametrize("bad", [NAN, np.inf])
def test_cash_that_is_no_number_in_one_of_many_portfolios(bad):
    with pytest.raises(ValueError, match="cash must be a finite number of CNY, got"):
        plan([[2, 1]] * 3, [[0, 0]] * 3, [[10, 10]] * 3, np.array([1.0, bad, 2.0]), k=2)
