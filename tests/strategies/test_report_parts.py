"""Parts of the tearsheet: alignment, words, tables, ledger, drawings."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies.report import tables
from btalpha.strategies.report.axes import thin, thin_lows
from btalpha.strategies.report.gather import gather, median_portfolio
from btalpha.strategies.report.growth import monthly_returns
from btalpha.strategies.report.ledger import cost_columns, holdings_count, monthly_costs, monthly_turnover
from btalpha.strategies.report.svg import draw, tidy
from btalpha.strategies.report.words import number, p_value, percent, result

DAYS = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-06", "2016-01-07"])
NOTHING = dict.fromkeys(
    (
        "random_returns",
        "ic",
        "quantile_returns",
        "selected_factors",
        "trades",
        "holdings",
        "refusals",
        "metrics",
        "config",
        "periods_per_year",
    )
)


def evidence(returns, benchmark=None, **given):
    return gather(returns, benchmark, **{**NOTHING, "title": "t", "notes": (), **given})


def flat(values, days=DAYS):
    return pd.Series(values, days[: len(values)], dtype=float)


# --- alignment


def test_benchmark_compounds_days_between_and_stands_still_on_gaps():
    index = pd.Series([0.5, 0.1, 0.1, np.nan, 0.2], DAYS.insert(0, pd.Timestamp("2015-12-31"))).rename(
        "Index"
    )
    seen = evidence(flat([0.0, 0.0, 0.0, 0.0]).drop(DAYS[1]), index)
    assert seen.benchmark is not None
    assert seen.benchmark.to_dict() == pytest.approx({DAYS[0]: 0.1, DAYS[2]: 0.1, DAYS[3]: 0.2})
    assert seen.notes == ("Index has no value on 1 of 3 sessions; it stands still on them.",)


def test_benchmark_that_loses_everything_stays_at_nothing():
    seen = evidence(flat([0.0, 0.0, 0.0]), flat([0.1, -1.0, 0.5]))
    assert seen.benchmark is not None
    assert seen.benchmark.tolist() == pytest.approx([0.1, -1.0, 0.0])


def test_benchmark_without_common_dates_is_refused():
    with pytest.raises(
        ValueError, match=r"benchmark has no value on any of the 2 sessions .* 2016-01-04 to 2016-01-05"
    ):
        evidence(flat([0.0, 0.1]), flat([0.1], pd.to_datetime(["2012-01-04"])))


def test_median_portfolio_is_one_that_was_traded():
    randoms = pd.DataFrame({"a": [0.1, 0.0], "b": [0.4, 0.0], "c": [0.0, 0.2], "d": [0.0, 0.3]}, DAYS[:2])
    assert median_portfolio(randoms).tolist() == [0.0, 0.2]  # lower of the two middle ones
    seen = evidence(flat([0.0, 0.1]), random_returns=randoms)
    assert seen.benchmark_is_random
    assert seen.rank is not None
    assert seen.rank.median_total_return == pytest.approx(0.25)


def test_an_empty_first_return_is_noted_and_left_out():
    seen = evidence(flat([np.nan, 0.1]))
    assert seen.returns.to_dict() == {DAYS[1]: 0.1}
    assert "starts one session later" in seen.notes[0]


def test_plain_dates_are_dates():
    seen = evidence(pd.Series([0.1, 0.2], [date(2016, 1, 4), date(2016, 1, 5)]))
    assert isinstance(seen.returns.index, pd.DatetimeIndex)


def test_settings_are_found_however_deep_and_written_as_toml():
    seen = evidence(
        flat([0.1]), config={"seed": None, "strategy": {"k": 10, "days": (1, 2), "data": DAYS[0]}}
    )
    assert seen.setting("k") == 10
    assert seen.setting("nothing") is None
    assert evidence(flat([0.1]), config=seen.config_text).config["strategy"]["days"] == [1, 2]
    assert "seed" not in seen.config_text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"returns": flat([])}, "returns is empty"),
        ({"returns": flat([0.1, np.nan])}, r"got nan at 2016-01-05"),
        (
            {"returns": flat([0.1, 0.2]).tz_localize("Asia/Shanghai")},
            r"without a time zone.*tz_localize\(None\)",
        ),
        ({"returns": flat([0.1, 0.2]).iloc[::-1]}, r"ascending order of date; use sort_index\(\)"),
        ({"returns": pd.Series([0.1, 0.2], DAYS[[0, 0]])}, "2016-01-04 twice; keep one"),
        ({"returns": pd.Series([0.1], ["not a date"])}, "returns must be indexed by date"),
        ({"random_returns": pd.DataFrame({"r7": [0.1]}, DAYS[:1])}, r"portfolio 'r7' has none on 2016-01-05"),
        ({"random_returns": pd.DataFrame(index=DAYS)}, "random_returns has no columns"),
        ({"periods_per_year": 0}, "periods_per_year must be at least 1, got 0"),
        ({"config": "k = "}, "config is not TOML"),
    ],
)
def test_bad_arguments_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        evidence(**{"returns": flat([0.1, 0.2]), **given})


# --- words


def test_numbers_in_words():
    assert percent(0.12345, digits=2, signed=True) == "+12.35%"
    assert number(-0.004) == "0.00"  # no minus before what rounds to nothing
    assert number(float("inf")) == "–"
    assert (p_value(0.001), p_value(0.00099)) == ("0.001", "<0.001")


def test_result_says_return_random_median_percentile_p_value_period_and_k():
    randoms = pd.DataFrame({n: [n / 100, 0.0] for n in range(9)}, DAYS[:2])
    text = result(evidence(flat([0.10, 0.10]), random_returns=randoms, config={"k": 10}))
    for part in ("2016-01-04 to 2016-01-05 (2 sessions)", "10 stocks", "gained 21.0% after fees"):
        assert part in text
    for part in ("median of 9 random portfolios", "returned 4.0%", "percentile 100", "p-value is 0.100"):
        assert part in text


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ([0.0, 0.0], "never moved"),
        ([0.1, -1.0, 0.0], "everything, on 2016-01-05"),
        ([-0.1], "On 2016-01-04 (1 session)"),
    ],
)
def test_result_of_degenerate_series(values, part):
    assert part in result(evidence(flat(values)))


def test_result_names_a_benchmark_of_the_users_own():
    assert "CSI 300 returned 21.0%." in result(evidence(flat([0.0, 0.1]), flat([0.1, 0.1]).rename("CSI 300")))


# --- ledger


def test_holdings_count_long_and_wide():
    long = pd.DataFrame({"date": DAYS[[0, 0, 2]], "symbol": ["A", "B", "A"]})
    wide = pd.DataFrame({"A": [0.5, 0.0, 1.0], "B": [0.5, np.nan, 0.0]}, DAYS[:3])
    assert holdings_count(long, DAYS).tolist() == [2, 0, 1, 0]
    assert holdings_count(wide, DAYS).tolist() == [2, 0, 1, 0]
    with pytest.raises(ValueError, match="holdings needs a column date, got symbol"):
        holdings_count(long[["symbol"]], DAYS)


def test_turnover_is_half_of_what_was_traded():
    trades = pd.DataFrame({"date": DAYS[[0, 1]], "value": [100.0, -100.0]})
    holdings = pd.DataFrame({"date": DAYS[[0, 0, 1]], "value": [100.0, 100.0, 200.0]})
    turnover = monthly_turnover(trades, holdings)
    assert turnover is not None
    assert turnover.tolist() == [0.5]
    assert monthly_turnover(trades.drop(columns="value"), holdings) is None


def test_costs_by_month_and_kind():
    days = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-03-01"])
    trades = pd.DataFrame(
        {"date": days, "commission": [1.0, 2.0, 4.0], "stamp_duty": [0.0, 5.0, 0.0], "fees": 9.0}
    )
    costs = monthly_costs(trades)
    assert costs is not None
    assert costs["commission"].tolist() == [3.0, 0.0, 4.0]
    assert list(costs.columns) == ["commission", "stamp_duty"]  # the total is not a kind
    unused = monthly_costs(trades.assign(stamp_duty=0.0))
    assert unused is not None
    assert list(unused.columns) == ["commission"]
    assert cost_columns(trades[["fees"]]) == ["fees"]
    assert monthly_costs(trades[["date"]]) is None
    assert monthly_costs(trades.iloc[:0]) is None


# --- tables and drawings


def test_months_compound():
    days = pd.to_datetime(["2015-12-31", "2016-01-04", "2016-01-05"])
    table = monthly_returns(pd.Series([0.5, 0.1, 0.1], days))
    assert table.to_dict() == pytest.approx(
        {(2015, 12): 0.5, (2016, 1): 0.21, (2015, 13): 0.5, (2016, 13): 0.21}
    )
    html = tables.months(table)
    assert "+50.0" in html
    assert "+21.0" in html


def test_sortable_escapes_and_keeps_numbers_as_values():
    table = pd.DataFrame({"date": DAYS[:2], "name": ["<b>贵州茅台</b>", None], "price": [-1234.5, np.nan]})
    html = tables.sortable(table, name="x", label="X", file="x.csv")
    assert "&lt;b&gt;贵州茅台&lt;/b&gt;" in html
    assert 'data-value="-1234.5">−1,234.50<' in html
    assert 'data-value="">–<' in html
    assert "2016-01-04" in html


def test_a_long_table_says_what_is_left_out():
    table = pd.DataFrame({"n": range(tables.MAX_ROWS + 5)})
    html = tables.sortable(table, name="x", label="X", file="trades.csv")
    assert html.count("<tr>") == tables.MAX_ROWS + 1
    assert (
        f"The last {tables.MAX_ROWS:,} of {tables.MAX_ROWS + 5:,} rows; all of them are in trades.csv."
        in html
    )


def test_factor_grid_orders_by_how_often_then_code():
    grid = tables.factor_grid({DAYS[1]: ("ma", "boll"), DAYS[0]: ("ma", "cdp")})
    assert re.findall(r"<code>(\w+)</code>", grid) == ["ma", "boll", "cdp"]
    assert re.findall(r"<span>(2016-\d\d-\d\d)</span>", grid) == ["2016-01-04", "2016-01-05"]
    assert grid.count('class="kept"') == 4


@pytest.mark.parametrize(("rows", "points"), [(5, 10), (100, 7), (101, 7), (1000, 420)])
def test_thinning_keeps_the_end_and_the_trough(rows, points):
    table = pd.DataFrame({"x": np.sin(np.arange(rows))})
    assert len(thin(table, points=points)) <= points
    assert thin(table, points=points).index[-1] == rows - 1
    assert thin_lows(table["x"], points=points).min() == table["x"].min()
    assert len(thin_lows(table["x"], points=points)) <= points


def test_drawings_follow_the_page():
    markup = draw(lambda axes: axes.plot([0, 1], [0, 1], color="#2458b8"), name="x", label='a "b"')
    assert "var(--portfolio)" in markup
    assert not re.search(r"http|<!DOCTYPE|DejaVu|<metadata", markup)
    assert 'aria-label="a &quot;b&quot;"' in markup
    identifiers = re.findall(r' id="([^"]*)"', markup)
    assert len(identifiers) == len(set(identifiers))
    assert {name.split("-")[0] for name in identifiers} == {"x"}


def test_tidy_keeps_texts_and_rounds_coordinates():
    inside = '<g id="a"><text x="1.23456">0.12345</text></g>'
    svg = f'<?xml?><svg xmlns="http://x" width="1pt" height="2pt" viewBox="0 0 1 2">{inside}</svg>'
    assert (
        tidy(svg, prefix="p", colours={})
        == '<svg viewBox="0 0 1 2"><g><text x="1.23">0.12345</text></g></svg>'
    )
