"""Key figures of daily returns: by hand, by property, against QuantStats, on degenerate series."""

import math

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies.report import performance, sessions_per_year
from btalpha.strategies.report.metrics import drawdown, rank_among, rank_from
from hypothesis import given
from hypothesis import strategies as st

fractions = st.lists(st.floats(-0.9, 2.0), min_size=2, max_size=40)


# --- regression: checkable by hand


def test_two_sessions_by_hand():
    figures = performance(pd.Series([0.10, -0.10]), 2)
    assert figures["total_return"] == pytest.approx(-0.01)
    assert figures["cagr"] == pytest.approx(-0.01)  # two sessions are the whole year
    assert figures["volatility"] == pytest.approx(0.2)  # deviation 0.1 * sqrt(2), times sqrt(2) sessions
    assert figures["sharpe"] == pytest.approx(0.0)
    assert figures["max_drawdown"] == pytest.approx(-0.10)


def test_drawdown_counts_from_the_start():
    assert drawdown(pd.Series([-0.2, 0.25, 0.1])).tolist() == pytest.approx([-0.2, 0.0, 0.0])
    assert performance(pd.Series([-0.2, 0.5]), 244)["max_drawdown"] == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ([0.01], {"total_return": 0.01, "sharpe": None, "volatility": None, "max_drawdown": 0.0}),
        (
            [0.0] * 5,
            {"total_return": 0.0, "cagr": 0.0, "sharpe": None, "volatility": 0.0, "max_drawdown": 0.0},
        ),
        ([0.001] * 9, {"sharpe": None, "volatility": 0.0, "max_drawdown": 0.0}),
        ([0.1, -1.0, 0.0], {"total_return": -1.0, "cagr": -1.0, "max_drawdown": -1.0}),
        ([1e6] * 5, {"cagr": None}),
    ],
    ids=["one session", "all zero", "constant", "total loss", "beyond a float"],
)
def test_degenerate_series_have_defined_figures(returns, expected):
    figures = performance(pd.Series(returns), 244)
    for name, value in expected.items():
        assert figures[name] == (value if value is None else pytest.approx(value)), name


def test_sessions_per_year_are_those_of_the_calendar():
    year = pd.bdate_range("2015-01-05", "2015-12-31")
    assert sessions_per_year(year.delete(range(100, 117))) == 244  # 17 holidays
    assert sessions_per_year(pd.bdate_range("2010-01-01", "2019-12-31")) == 261
    assert sessions_per_year(year[:200]) == 244
    assert sessions_per_year(year[:1], default=250) == 250


@pytest.mark.parametrize(
    ("freq", "sessions", "wanted"),
    [("D", 40, 365), ("W-FRI", 20, 52), ("MS", 6, 12), ("B", 3, 244), ("B", 60, 244)],
)
def test_a_short_span_is_told_by_its_weekends_and_gaps(freq, sessions, wanted):
    assert sessions_per_year(pd.date_range("2016-01-04", periods=sessions, freq=freq)) == wanted


def test_a_holiday_week_in_a_short_span_is_no_other_calendar():
    days = pd.to_datetime(["2016-02-03", "2016-02-04", "2016-02-05", "2016-02-15", "2016-02-16"])
    assert sessions_per_year(days) == 244


def test_rank_counts_ties_half_and_never_gives_zero():
    rank = rank_among(0.5, np.array([0.1, 0.2, 0.3]))
    assert (rank.percentile, rank.p_value, rank.n) == (100.0, 0.25, 3)
    assert rank_among(0.1, np.array([0.1])).percentile == 50.0
    assert rank_among(-1.0, np.array([0.1, 0.2])).p_value == 1.0


def test_rank_from_metrics_needs_all_four_keys():
    table = {"n": 1000, "median_total_return": 0.1, "percentile": 97.5, "p_value": 0.026}
    assert rank_from(table) == (1000, 0.1, 97.5, 0.026)
    assert rank_from({key: value for key, value in table.items() if key != "p_value"}) is None


# --- properties


@given(fractions)
def test_figures_are_bounded_and_scale(values):
    returns = pd.Series(values)
    daily, yearly = performance(returns, 1), performance(returns, 4)
    assert daily["max_drawdown"] is not None
    assert -1.0 <= daily["max_drawdown"] <= 0.0
    assert daily["max_drawdown"] <= min(0.0, daily["total_return"] or 0.0) + 1e-12
    assert daily["volatility"] is not None
    assert yearly["volatility"] == pytest.approx(2 * daily["volatility"])
    if daily["sharpe"] is not None:
        assert yearly["sharpe"] == pytest.approx(2 * daily["sharpe"], rel=1e-9, abs=1e-12)


@given(fractions, st.floats(-1.0, 3.0))
def test_rank_is_a_share(totals, own):
    rank = rank_among(own, np.array(totals))
    assert 0.0 <= rank.percentile <= 100.0
    assert 0.0 < rank.p_value <= 1.0


# --- reference equivalence


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_quantstats(seed):
    from btalpha.strategies.report.quantstats_section import svg_pyplot
    from btalpha.strategies.report.svg import quiet_matplotlib

    with quiet_matplotlib(), svg_pyplot():
        from quantstats import stats
    rng = np.random.default_rng(seed)
    returns = pd.Series(rng.normal(0.0005, 0.02, 300), pd.bdate_range("2015-01-05", periods=300))
    figures = performance(returns, 244)
    assert figures["total_return"] == pytest.approx(stats.comp(returns), rel=1e-12)
    assert figures["cagr"] == pytest.approx(stats.cagr(returns, periods=244), rel=1e-12)
    assert figures["sharpe"] == pytest.approx(stats.sharpe(returns, periods=244), rel=1e-12)
    assert figures["volatility"] == pytest.approx(stats.volatility(returns, periods=244), rel=1e-12)
    assert figures["max_drawdown"] == pytest.approx(stats.max_drawdown(returns), rel=1e-12)
    assert drawdown(returns).min() == pytest.approx(figures["max_drawdown"])


# --- validation


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.5])
def test_names_the_place_of_a_bad_return(bad):
    returns = pd.Series([0.0, bad], pd.to_datetime(["2016-01-04", "2016-01-05"]))
    with pytest.raises(
        ValueError, match=r"returns must be finite fractions of at least -1, got .* at 2016-01-05"
    ):
        performance(returns, 244)


def test_refuses_an_empty_series_and_a_year_without_sessions():
    with pytest.raises(ValueError, match="returns is empty; at least one session is needed"):
        performance(pd.Series([], dtype=float), 244)
    with pytest.raises(ValueError, match="periods_per_year must be positive, got 0"):
        performance(pd.Series([0.1]), 0)
