"""When TopK rebalances, and at which price it trades: answers that can be checked by eye."""

import importlib.util
from pathlib import Path

import backtrader as bt
import pandas as pd
import pytest
from btalpha.strategies import PortfolioBroker, TopK, Trades

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
FLAT, frame, make_panel, run = cases.FLAT, cases.frame, cases.make_panel, cases.run
trades, refusals = cases.trades, cases.refusals
TEN = {name: [10.0] * 12 for name in "AB"}
# One cent is kept back against rounding, so with this the whole 1000 can be spent.
CASH = 1_000.02


# -- when ------------------------------------------------------------------------------------------


def bought_on(rebalance, **options):
    """Days of the fills where the best name is another one on every session."""
    order = [{name: float((row + place) % 2) for place, name in enumerate("AB")} for row in range(12)]
    scores = frame(dict(enumerate(order)))
    result = run(make_panel(TEN), scores=scores, k=1, rebalance=rebalance, gap=0.0, cash=CASH, **options)
    return sorted({day for day, *_ in trades(result)})


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["2016-01-05", "2016-01-08"], [6, 11]),
        # Given in any order and form, and twice; the 9th is a Saturday and counts on Monday.
        ([pd.Timestamp("2016-01-09"), "2016-01-06", "2016-01-06"], [7, 12]),
        (pd.DatetimeIndex(["2016-01-09", "2016-01-10"]), [12]),
        # Dates before the first session are past.
        (["2015-12-31", "2016-01-13"], [14]),
        # Nothing after the last session.
        (["2016-01-12", "2016-02-01"], [13]),
    ],
)
def test_rebalance_on_dates(dates, days):
    assert bought_on(dates) == days


def test_rebalance_dates_and_start():
    # The 5th and 7th are before the start; what is due on the 8th waits for it as well.
    assert bought_on(["2016-01-05", "2016-01-07", "2016-01-12"], start="2016-01-08") == [13]
    assert bought_on(["2016-01-05", "2016-01-08"], start="2016-01-08") == [11]


def test_start_begins_the_count_of_sessions():
    assert bought_on(3, start="2016-01-06") == [7, 12, 15]


def test_a_date_whose_session_has_no_scores_counts_on_the_next_with_some():
    scores = frame({0: {"A": 1.0, "B": 0.0}, 5: {"A": 1.0, "B": 0.0}})
    result = run(make_panel(TEN), scores=scores, k=1, rebalance=["2016-01-07"], cash=CASH)
    assert [row[0] for row in trades(result)] == [12]


@pytest.mark.parametrize("dates", [[], ["yesterday?"], [None], "2016-01-04", 0, 2.0, True])
def test_what_is_no_rule(dates):
    with pytest.raises(
        ValueError, match="rebalance must be a whole number of sessions >= 1, 'weekly', 'monthly' or dates"
    ):
        bought_on(dates)


# -- at the close ------------------------------------------------------------------------------------

OPENS = {"A": [8.0] * 12, "B": [16.0] * 12}
TURN = frame({1: {"A": 1.0, "B": 0.0}, 4: {"A": 0.0, "B": 1.0}})


@pytest.mark.parametrize("broker", [bt.brokers.BackBroker, PortfolioBroker])
@pytest.mark.parametrize("modes", [{}, {"runonce": False}, {"preload": False}], ids=str)
def test_close_fills_at_the_close_of_the_scores(broker, modes):
    panel = make_panel({name: FLAT[name] for name in "AB"}, OPENS)
    options = {"k": 1, "rebalance": 3, "cash": CASH, "modes": modes}
    result = run(panel, scores=TURN, execution="close", coc=True, broker=broker(), **options)
    # Without an allowance: 100 x 10 is all there is.
    assert trades(result) == [(5, "A", 100, 10.0), (8, "A", -100, 10.0), (8, "B", 50, 20.0)]
    assert refusals(result) == []


def test_open_fills_at_the_open_where_the_broker_fills_at_the_close():
    panel = make_panel({name: FLAT[name] for name in "AB"}, OPENS)
    result = run(panel, scores=TURN, k=1, rebalance=3, gap=0.0, cash=CASH, coc=True)
    # B is sized at the closes of the 8th: 200 left and 100 x 10.
    assert trades(result) == [(6, "A", 100, 8.0), (11, "A", -100, 8.0), (11, "B", 60, 16.0)]


def test_both_in_one_cerebro():
    cerebro = cases.build(make_panel({name: FLAT[name] for name in "AB"}, OPENS), coc=True, cash=10_000.0)
    for execution in ("close", "open"):
        cerebro.addstrategy(TopK, scores=TURN, k=1, rebalance=3, execution=execution, cash_reserve=0.8)
    cerebro.addanalyzer(Trades, _name="Trades")
    late, early = cerebro.run()
    assert [row[:2] for row in trades(late)] == [(5, "A"), (8, "A"), (8, "B")]
    assert [(*row[:2], row[3]) for row in trades(early)] == [(6, "A", 8.0), (11, "A", 8.0), (11, "B", 16.0)]


@pytest.mark.parametrize("execution", ["close", "noon", None])
def test_execution_that_the_broker_does_not_make(execution):
    message = (
        r"call cerebro.broker.set_coc\(True\)"
        if execution == "close"
        else "execution must be 'open' or 'close'"
    )
    with pytest.raises(ValueError, match=message):
        run(make_panel(FLAT), scores=cases.every_day({"A": 1.0}), k=1, execution=execution)
