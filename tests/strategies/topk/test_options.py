"""The options of TopK on a few names, with answers that can be checked by eye."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
DAYS, FLAT, NAN = cases.DAYS, cases.FLAT, cases.NAN
every_day, frame, make_panel, run = cases.every_day, cases.frame, cases.make_panel, cases.run
trades, refusals = cases.trades, cases.refusals
TEN = {name: [10.0] * 12 for name in "ABCDE"}
MODES = [{}, {"runonce": False}, {"preload": False}, {"exactbars": 1}, {"exactbars": -1}]
# One cent is kept back against rounding, so with this the whole 1000 can be spent.
CASH = 1_000.02


def held(closes, scores, **options):
    options = {"gap": 0.0, "cash": CASH, "rebalance": 50, **options}
    return run(make_panel(closes), scores=scores, **options).held()


def fills(result, name):
    """(day, size) of the fills of a name."""
    return [(day, size) for day, symbol, size, _ in trades(result) if symbol == name]


def best_first(usual, other, *, turns):
    """Scores of every session in the order of some names, in another order on some rows."""
    orders = [other if row in turns else usual for row in range(12)]
    return frame(
        {row: {name: -float(order.index(name)) for name in order} for row, order in enumerate(orders)}
    )


# -- weights -------------------------------------------------------------------------------------


def test_weights_by_score():
    scores = frame({0: {"A": 3.0, "B": 1.0, "C": 0.5, "D": -1.0, "E": NAN}})
    assert held(TEN, scores, k=2, weights="score") == {"A": 75, "B": 25}
    # A score of 0 or less is worth nothing.
    assert held(TEN, scores, k=4, weights="score") == {"A": 66, "B": 22, "C": 11}


def test_weights_by_score_where_all_are_negative_are_equal():
    scores = frame({0: {"A": -3.0, "B": -1.0, "C": -2.0, "D": NAN, "E": NAN}})
    assert held(TEN, scores, k=2, weights="score") == {"B": 50, "C": 50}


def test_max_weight_goes_to_the_others():
    scores = frame({0: {"A": 8.0, "B": 1.0, "C": 1.0, "D": NAN, "E": NAN}})
    assert held(TEN, scores, k=3, weights="score", max_weight=0.5) == {"A": 50, "B": 25, "C": 25}
    assert held(TEN, scores, k=3, max_weight=0.2) == {"A": 20, "B": 20, "C": 20}


# The returns of A are +1 % and -1 %, those of B twice as large; C does not move.
SWING = {
    "A": (10.0 * np.cumprod([1.0] + [1.01, 0.99] * 5 + [1.01])).tolist(),
    "B": (10.0 * np.cumprod([1.0] + [1.02, 0.98] * 5 + [1.02])).tolist(),
}


@pytest.mark.parametrize("modes", MODES, ids=str)
def test_weights_by_inverse_volatility(modes):
    # At the close of row 8 the last 4 returns of B are twice as far from their mean as those of A: 2 to 1.
    opens = {name: [10.0] * 12 for name in SWING}
    result = run(
        make_panel(SWING, opens),
        scores=frame({8: {"A": 1.0, "B": 2.0}}),
        k=2,
        weights="inverse_volatility",
        volatility_window=4,
        gap=0.0,
        modes=modes,
        cash=9_000.0,
    )
    worth = {name: size * SWING[name][8] for name, size in result.held().items()}
    assert worth["A"] == pytest.approx(6_000.0, abs=20.0)
    assert worth["B"] == pytest.approx(3_000.0, abs=20.0)


@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"exactbars": 1}], ids=str)
def test_volatility_is_of_the_window_and_of_delivered_closes(modes):
    # Within the window A swings twice as far as B; before it and after it B is the wild one.
    a = [10.0, 10.0, 10.0, 10.0, 10.4, 10.0, 10.4, 10.0, 10.0, 10.0, 10.0, 10.0]
    b = [10.0, 20.0, 10.0, 10.0, 10.2, 10.0, 10.2, 10.0, 30.0, 10.0, 30.0, 10.0]
    std = {name: np.std(np.diff(x[3:8]) / np.array(x[3:7]), ddof=1) for name, x in (("A", a), ("B", b))}
    share = std["B"] / (std["A"] + std["B"])
    assert 0.3 < share < 0.35
    result = run(
        make_panel({"A": a, "B": b}, TEN),
        scores=frame({7: {"A": 1.0, "B": 1.0}}),
        k=2,
        weights="inverse_volatility",
        volatility_window=4,
        gap=0.0,
        modes=modes,
        cash=10_000.02,
    )
    assert result.held() == {"A": int(1_000 * share), "B": int(1_000 * (1 - share))}


def test_a_name_without_volatility_counts_as_the_most_volatile():
    # C is listed on row 7: no two returns. A : B : C = 2 : 1 : 1.
    closes = {**SWING, "C": [NAN] * 7 + [10.0] * 5}
    opens = {name: [10.0] * 12 for name in closes}
    options = {"weights": "inverse_volatility", "volatility_window": 4, "gap": 0.0, "cash": 8_000.0}
    scores = frame({8: {"A": 1.0, "B": 1.0, "C": 1.0}})
    result = run(make_panel(closes, opens), scores=scores, k=3, **options)
    worth = {name: size * closes[name][8] for name, size in result.held().items()}
    assert worth == {
        name: pytest.approx(part, abs=20.0) for name, part in zip("ABC", (4e3, 2e3, 2e3), strict=True)
    }


# -- who stays -------------------------------------------------------------------------------------


def test_buffer():
    # A falls to the third place and stays, then to the fourth and goes.
    rows = {0: (4, 3, 2, 1), 2: (2, 3, 4, 1), 4: (1, 3, 4, 2)}
    scores = frame({row: dict(zip("ABCD", values, strict=True)) for row, values in rows.items()})
    result = run(make_panel(TEN), scores=scores, k=2, buffer=1, rebalance=2, gap=0.0, cash=CASH)
    assert trades(result) == [
        (5, "A", 50, 10.0),
        (5, "B", 50, 10.0),
        (11, "A", -50, 10.0),
        (11, "C", 50, 10.0),
    ]
    assert refusals(result) == []


def test_max_changes_gives_up_the_worst():
    scores = frame({0: {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0}, 2: {"A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0}})
    result = run(make_panel(TEN), scores=scores, k=2, max_changes=1, rebalance=2, gap=0.0, cash=CASH)
    assert trades(result)[2:] == [(7, "A", -50, 10.0), (7, "D", 50, 10.0)]
    assert refusals(result) == [(6, "B", "sell", "limit of changes"), (6, "C", "buy", "limit of changes")]


@pytest.mark.parametrize(("sessions", "sold"), [(0, 6), (1, 6), (2, 7), (3, 8), (4, 11)])
def test_min_holding_counts_the_session_of_the_purchase(sessions, sold):
    # Scores of the 4th, bought at the open of the 5th: held for one session at the close of the 5th.
    scores = best_first("AB", "BA", turns=range(1, 12))
    result = run(make_panel(TEN), scores=scores, k=1, min_holding=sessions, rebalance=1, gap=0.0, cash=CASH)
    assert fills(result, "A") == [(5, 100), (sold, -100)]
    assert fills(result, "B")[0] == (sold, 100)


def test_min_holding_counts_sessions_without_a_bar_of_the_name_and_begins_anew():
    # A is suspended on the 6th and 7th; three sessions are over at the close of the 7th, it is sold on the 8th.
    closes = {**TEN, "A": [10.0, 10.0, NAN, NAN] + [10.0] * 8}
    scores = best_first("AB", "BA", turns=[1, 2, 3, 4, 5, 9, 10, 11])
    result = run(make_panel(closes), scores=scores, k=1, min_holding=3, rebalance=1, gap=0.0, cash=CASH)
    # The order of the 7th is not placed, as it has no bar; that of the 8th is filled on the 11th. B is held as long, then A again.
    assert fills(result, "A") == [(5, 100), (11, -100), (14, 100), (19, -100)]


def test_min_holding_of_a_name_that_is_topped_up_counts_from_the_first_purchase():
    scores = frame({0: {"A": 2.0, "B": 1.0}, 1: {"A": 2.0, "B": 1.0}, 2: {"A": 1.0, "B": 2.0}})
    result = run(make_panel(TEN), scores=scores, k=1, min_holding=2, rebalance=1, gap=0.1, cash=CASH)
    # 90 shares with the allowance of 10 %, 9 more the next day.
    assert fills(result, "A") == [(5, 90), (6, 9), (7, -99)]


# -- how much --------------------------------------------------------------------------------------


def test_cash_reserve_is_kept_when_prices_move():
    closes = {"A": [10.0, 10.0, 20.0] + [20.0] * 9, "B": [10.0] * 12}
    scores = frame({0: {"A": 1.0, "B": 1.0}, 2: {"A": 1.0, "B": 1.0}})
    result = run(make_panel(closes), scores=scores, k=2, cash_reserve=0.2, rebalance=2, gap=0.0, cash=CASH)
    # 40 of each; then 1400 in all: 280 kept, 560 for each.
    assert trades(result)[:2] == [(5, "A", 40, 10.0), (5, "B", 40, 10.0)]
    assert result.held() == {"A": 28, "B": 56}
    assert result.broker.getcash() == pytest.approx(280.02)


@pytest.mark.parametrize(("gap", "shares"), [(None, 98), (0.0, 100), (0.25, 80)])
def test_gap_is_two_percent_unless_given(gap, shares):
    assert held(TEN, frame({0: {"A": 1.0}}), k=1, gap=gap) == {"A": shares}


def test_universe_is_that_of_the_date():
    scores = every_day({"A": 3.0, "B": 2.0, "C": 1.0})
    members = scores.astype(bool)
    members.loc[DAYS[2:5], "A"] = False
    members.loc[DAYS[4], "B"] = False
    result = run(make_panel(FLAT), scores=scores, k=1, rebalance=1, universe=members, gap=0.0, cash=CASH)
    enters = [(day, name) for day, name, size, _ in trades(result) if size > 0]
    assert enters == [(5, "A"), (7, "B"), (11, "C"), (12, "A")]


def test_the_latest_row_of_the_universe_counts_and_before_the_first_there_is_none():
    scores = every_day({"A": 3.0, "B": 2.0})
    members = pd.DataFrame({"A": [True, False], "B": [True, True]}, index=DAYS[[2, 5]])
    result = run(make_panel(FLAT), scores=scores, k=1, rebalance=1, universe=members, gap=0.0, cash=CASH)
    assert fills(result, "A") == [(DAYS[3].day, 100), (DAYS[6].day, -100)]
    assert fills(result, "B")[0][0] == DAYS[6].day


def test_a_universe_of_other_numbers_is_refused():
    scores = every_day({"A": 3.0, "B": 2.0})
    with pytest.raises(ValueError, match="universe must hold true and false"):
        run(make_panel(FLAT), scores=scores, k=1, universe=scores)
