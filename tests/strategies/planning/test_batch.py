"""Many portfolios at once are what each is alone, and names without influence may be left out."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from btalpha.strategies.planner import Lots, Rules, no_fee, plan_orders
from btalpha.strategies.planning import select, target_weights
from hypothesis import assume, given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("planning_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
NAN = cases.NAN

OUTPUTS = ("changes", "unbought", "unsold", "ranking")


def assert_same_bits(many, place, alone):
    for name in OUTPUTS:
        batch, single = getattr(many, name)[place], getattr(alone, name)
        assert batch.dtype == single.dtype
        assert batch.tolist() == single.tolist()
        assert batch.tobytes() == single.tobytes()


# -- Regression ----------------------------------------------------------------------------------------------


def test_three_portfolios_of_the_same_names():
    # The first buys, the second changes its name, the third holds what it should.
    scores = np.array([[1.0, 3.0, 2.0], [1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    holdings = np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 0.0], [10.0, 0.0, 0.0]])
    result = plan_orders(
        scores=scores,
        holdings=holdings,
        prices=np.full((3, 3), 10.0),
        cash=np.array([200.01, 0.01, 0.01]),
        rules=Rules(k=1, gap=0.0),
    )
    assert result.changes.tolist() == [[0, 20, 0], [-30, 0, 30], [0, 0, 0]]
    assert result.ranking.tolist() == [[1, 2, 0], [2, 1, 0], [0, 1, 2]]


def test_one_amount_of_cash_for_all():
    scores = np.array([[1.0, 2.0], [2.0, 1.0]])
    result = plan_orders(
        scores=scores, holdings=np.zeros((2, 2)), prices=np.full((2, 2), 10.0), cash=100.01, rules=Rules(k=1)
    )
    assert result.changes.tolist() == [[0, 9], [9, 0]]


def test_no_portfolio_at_all():
    none = np.zeros((0, 3))
    result = plan_orders(
        **{"scores": none, "holdings": none, "prices": none, "volatility": none, "ages": none},
        cash=np.zeros(0),
        rules=Rules(weights="inverse_volatility", min_holding=1),
    )
    assert [getattr(result, name).shape for name in OUTPUTS] == [(0, 3)] * 4


@pytest.mark.parametrize("weights", ["equal", "score", "inverse_volatility"])
def test_no_name_at_all(weights):
    none = np.zeros((2, 0))
    result = plan_orders(
        **{"scores": none, "holdings": none, "prices": none, "volatility": none},
        cash=np.ones(2),
        rules=Rules(weights=weights, max_weight=0.5, buffer=1, max_changes=1),
    )
    assert [getattr(result, name).shape for name in OUTPUTS] == [(2, 0)] * 4


def test_the_names_of_one_portfolio_do_not_fill_the_places_of_another():
    # The first holds what is stuck, and has no place left; the second has one.
    prices, blocked = np.full((2, 2), 10.0), np.array([[0, 1], [0, 0]])
    result = plan_orders(
        scores=np.array([[2.0, NAN], [2.0, NAN]]),
        holdings=np.array([[0.0, 5.0], [0.0, 5.0]]),
        prices=prices,
        cash=np.array([100.01, 50.01]),
        rules=Rules(k=1, gap=0.0),
        blocked=blocked,
    )
    assert result.changes.tolist() == [[0, 0], [10, -5]]
    assert result.unsold.tolist() == [[0, 1], [0, 0]]


def test_a_cap_in_one_portfolio_leaves_the_bits_of_another():
    scores = np.array([[1.0 + i / 70 for i in range(7)], [10.0, *[0.5] * 6]])
    rules, none = Rules(k=7, weights="score", max_weight=0.25), np.zeros((2, 7), dtype=int)
    unknown, total = np.full((2, 7), NAN), np.full((2, 1), 0.9)
    many = target_weights(select(scores, none > 0, none, none, rules), scores, unknown, total, rules)
    alone = select(scores[0], none[0] > 0, none[0], none[0], rules)
    first = target_weights(alone, scores[0], unknown[0], total[0], rules)
    assert many[0].tobytes() == first.tobytes()


# -- Properties: names without influence ---------------------------------------------------------------------


def with_influence(case):
    """Names held, or with fewer than k + buffer better ones among those that can be traded."""
    scores, state, held = case["scores"], cases.states(case), case["holdings"] > 0
    rules, among = case["rules"], []
    for i in range(len(scores)):
        better = (scores > scores[i]) | ((scores == scores[i]) & (np.arange(len(scores)) < i))
        among.append(not np.isnan(scores[i]) and (better & (state == 0)).sum() < rules.k + rules.buffer)
    return held | np.array(among)


def only(case, names):
    """The case of some of its names."""
    lots = case["lots"]
    if lots is not None:
        lots = Lots(lots.least[names], lots.step[names], lots.factor[names])
    return {**case, **{name: case[name][names] for name in cases.ARRAYS}, "lots": lots}


@settings(max_examples=60, deadline=None)
@given(cases.portfolios())
def test_a_name_neither_held_nor_among_the_best_has_no_influence(case):
    names = with_influence(case)
    assume(names.any())
    result, smaller = plan_orders(**case), plan_orders(**only(case, names))
    for name in ("changes", "unbought", "unsold"):
        assert getattr(result, name)[names].tolist() == getattr(smaller, name).tolist()
        assert not getattr(result, name)[~names].any()


def test_leaving_out_happens():
    """The property above would say nothing about names that all matter."""
    rng = np.random.default_rng(5)
    arrays = cases.random_arrays(rng, (12,))
    names = with_influence({**arrays, "rules": Rules(k=2)})
    assert 2 <= names.sum() < 12


# -- ReferenceEquivalence: many at once and one by one -------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(cases.portfolios(leading=(5,)))
def test_many_portfolios_are_what_each_is_alone_bit_for_bit(case):
    many = plan_orders(**case)
    for place in range(5):
        assert_same_bits(many, place, plan_orders(**cases.one_of(case, place)))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([(1,), (2, 2), (2, 1, 2)]).flatmap(lambda axes: cases.portfolios(leading=axes)))
def test_any_leading_axes(case):
    many, axes = plan_orders(**case), case["scores"].shape[:-1]
    for place in np.ndindex(*axes):
        assert_same_bits(many, place, plan_orders(**cases.one_of(case, place)))


@settings(max_examples=30, deadline=None)
@given(cases.portfolios(leading=(4,)), st.permutations(range(4)))
def test_the_order_of_the_portfolios_does_not_matter(case, order):
    order = list(order)
    many, shuffled = plan_orders(**case), plan_orders(**cases.one_of(case, order))
    for name in OUTPUTS:
        assert getattr(many, name)[order].tobytes() == getattr(shuffled, name).tobytes()


@settings(max_examples=30, deadline=None)
@given(cases.portfolios(leading=(3,)))
def test_the_options_left_out_are_the_plain_ones(case):
    """Nothing blocked, no fee, lots of the rules: said or not said, it is the same."""
    case = {**case, "rules": Rules(k=case["rules"].k, lot=case["rules"].lot)}
    plain = {name: case[name] for name in ("scores", "holdings", "prices", "cash", "rules")}
    lot, none = case["rules"].lot, np.zeros(case["scores"].shape, dtype=np.int64)
    said = {
        **{"blocked": none, "ages": none, "volatility": np.full(none.shape, NAN)},
        **{"fee": no_fee, "lots": Lots(lot, lot)},
    }
    for name in OUTPUTS:
        expected = getattr(plan_orders(**plain, **said), name)
        np.testing.assert_array_equal(getattr(plan_orders(**plain), name), expected)
