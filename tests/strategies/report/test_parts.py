"""Parts of the tearsheet: alignment, words, tables, ledger, drawings."""

import json
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies.report import tables
from btalpha.strategies.report.axes import thin, thin_lows
from btalpha.strategies.report.cards import cards
from btalpha.strategies.report.deflated_sharpe import deflated_sharpe
from btalpha.strategies.report.gather import gather, median_portfolio
from btalpha.strategies.report.growth import monthly_returns
from btalpha.strategies.report.ledger import (
    cost_columns,
    holdings_count,
    invested,
    monthly_costs,
    monthly_turnover,
)
from btalpha.strategies.report.signal_quality import factors, signal
from btalpha.strategies.report.sortable import STATIC_ROWS, sortable
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
        "trials",
        "names",
    )
)


def evidence(returns, benchmark=None, **given):
    return gather(returns, benchmark, **{**NOTHING, "title": "t", "notes": (), "currency": "CNY", **given})


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


def test_k_is_that_of_the_strategy_and_not_any_parameter_of_this_name():
    config = {"strategy": {"class": "Stochastic", "k": 14}}
    assert "stocks with the highest" not in result(evidence(flat([0.1]), config=config))
    assert "10 stocks" in result(evidence(flat([0.1]), config={"strategy": {"class": "TopK", "k": 10}}))


def test_tried_configurations_are_counted_and_deflate_the_sharpe_ratio():
    rng = np.random.default_rng(3)
    days = pd.bdate_range("2016-01-04", periods=244)
    returns = pd.Series(rng.normal(0.001, 0.01, 244), days)
    seen = evidence(returns, trials=[0.4, None, 2.0, 1.0])
    spread = float(np.var(np.array([0.4, 2.0, 1.0]) / 244**0.5, ddof=1))
    wanted = deflated_sharpe(returns, n_trials=4, variance=spread)
    assert seen.tried == (4, pytest.approx(wanted.probability), pytest.approx(wanted.benchmark * 244**0.5))
    assert "one of 4 configurations that were tried" in result(seen)
    assert f"above 0 is {percent(wanted.probability)} (deflated Sharpe ratio)" in result(seen)
    told = evidence(returns, metrics={"tried": {"n": 3, "deflated_sharpe": 0.93, "luck_sharpe": 0.4}})
    assert "is 93.0% (deflated Sharpe ratio)" in result(told)
    assert "configurations" not in result(evidence(returns, metrics={"tried": {"n": 1}}))
    assert "look better than they are" in result(evidence(returns * 0, trials=[1.0, 2.0]))
    with pytest.raises(ValueError, match="trials must be finite Sharpe ratios a year, or None"):
        evidence(returns, trials=[float("nan")])


def test_the_place_by_sharpe_ratio_is_another_than_that_by_return():
    days = pd.bdate_range("2016-01-04", periods=4)
    wild, calm, lost = [0.5, -0.3, 0.4, -0.2], [0.02, 0.01, 0.02, 0.01], [-0.1, -0.2, -0.1, -0.2]
    others = pd.DataFrame({0: wild, 1: lost, 2: [0.0] * 4}, days)
    seen = evidence(pd.Series(calm, days), random_returns=others)
    assert (seen.rank.n, seen.sharpe_rank.n) == (3, 3)
    assert seen.rank.percentile == pytest.approx(200 / 3)  # behind the wild one
    assert (seen.sharpe_rank.percentile, seen.sharpe_rank.p_value) == (100.0, 0.25)
    assert "Sharpe percentile" in cards(seen)
    assert evidence(pd.Series(calm[:1], days[:1]), random_returns=others.iloc[:1]).sharpe_rank is None


# --- ledger


def test_holdings_count_long_and_wide():
    long = pd.DataFrame({"date": DAYS[[0, 0, 2]], "symbol": ["A", "B", "A"]})
    wide = pd.DataFrame({"A": [0.5, 0.0, 1.0], "B": [0.5, np.nan, 0.0]}, DAYS[:3])
    assert holdings_count(long, DAYS).tolist() == [2, 0, 1, 0]
    assert holdings_count(wide, DAYS).tolist() == [2, 0, 1, 0]
    with pytest.raises(ValueError, match="holdings needs a column date, got symbol"):
        holdings_count(long[["symbol"]], DAYS)


def test_turnover_is_half_of_what_was_traded_and_months_without_holdings_have_none():
    trades = pd.DataFrame({"date": DAYS[[0, 1]], "value": [100.0, -100.0]})
    holdings = pd.DataFrame({"date": DAYS[[0, 0, 1]], "value": [100.0, 100.0, 200.0]})
    turnover = monthly_turnover(trades, holdings, DAYS)
    assert turnover is not None
    assert turnover.tolist() == [0.5]
    longer = monthly_turnover(trades, holdings, pd.bdate_range("2015-12-30", "2016-02-02"))
    assert longer is not None
    assert longer.tolist() == [0.0, 0.5, 0.0]
    assert monthly_turnover(trades.drop(columns="value"), holdings, DAYS) is None


def test_turnover_of_long_and_short_is_of_both_sides():
    trades = pd.DataFrame({"date": DAYS[[0]], "value": [200.0]})
    holdings = pd.DataFrame({"date": DAYS[[0, 0]], "value": [100.0, -100.0]})
    turnover = monthly_turnover(trades, holdings, DAYS)
    assert turnover is not None
    assert turnover.tolist() == [0.5]


def test_costs_by_month_and_kind():
    days = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-03-01"])
    trades = pd.DataFrame(
        {"date": days, "commission": [1.0, 2.0, 4.0], "stamp_duty": [0.0, 5.0, 0.0], "fees": 9.0}
    )
    costs = monthly_costs(trades, days)
    assert costs is not None
    assert costs["commission"].tolist() == [3.0, 0.0, 4.0]
    assert list(costs.columns) == ["commission", "stamp_duty"]  # the total is not a kind
    unused = monthly_costs(trades.assign(stamp_duty=0.0), days)
    assert unused is not None
    assert list(unused.columns) == ["commission"]
    assert cost_columns(trades[["fees"]]) == ["fees"]
    assert monthly_costs(trades[["date"]], days) is None
    assert monthly_costs(trades.iloc[:0], days) is None
    assert monthly_costs(trades.assign(commission=0.0, stamp_duty=0.0), days) is None


def test_share_invested_counts_sessions_in_cash():
    holdings = pd.DataFrame({"date": DAYS[[1, 1]], "symbol": ["A", "B"], "weight": [0.5, 0.25]})
    share = invested(holdings, DAYS[:3])
    assert share is not None
    assert share.tolist() == [0.0, 0.75, 0.0]
    assert invested(holdings.drop(columns="weight"), DAYS) is None


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


def rows_of(html):
    """The data behind a sortable table, as table.js reads it: one list a column."""
    (data,) = re.findall(r'<script type="application/json" id="x-data">(.*?)</script>', html)
    columns = json.loads(data)
    return [
        [None if value < 0 else column["words"][value] for value in column["values"]]
        if "words" in column
        else column["values"]
        for column in columns
    ]


def test_sortable_escapes_and_keeps_numbers_as_values():
    names = ["<b>贵州茅台</b>", None]
    table = pd.DataFrame(
        {"date": DAYS[:2], "name": names, "price": [-1234.567, np.nan], "weight": [0.1234, 0]}
    )
    html = sortable(table, name="x", label="X", file="x.csv")
    assert "<td>&lt;b&gt;贵州茅台&lt;/b&gt;</td>" in html
    assert "<b>" not in html
    assert '<td class="number">−1,234.57</td><td class="number">12.34%</td>' in html
    assert '<td>–</td><td class="number">–</td>' in html
    assert rows_of(html) == [["2016-01-04", "2016-01-05"], names, [-1234.57, None], [12.34, 0]]


def test_a_script_inside_a_table_stays_text():
    html = sortable(pd.DataFrame({"n": ["</script><script>alert(1)"]}), name="x", label="X", file="x.csv")
    assert html.count("<script") == html.count("</script>") == 1
    assert rows_of(html) == [["</script><script>alert(1)"]]


def test_all_rows_are_there_and_few_of_them_as_html():
    table = pd.DataFrame({"n": range(10_000), "kind": ["buy", "sell"] * 5_000})
    html = sortable(table, name="x", label="X", file="trades.csv")
    assert rows_of(html) == [list(range(10_000)), ["buy", "sell"] * 5_000]
    assert html.count("<tr>") == STATIC_ROWS + 1
    assert len(html) < 12 * len(table)
    assert f"Without JavaScript only the first {STATIC_ROWS} rows" in html


def test_a_table_beyond_any_page_is_cut_to_its_last_rows_and_says_so(monkeypatch):
    monkeypatch.setattr("btalpha.strategies.report.sortable.MAX_BYTES", 5_000)
    table = pd.DataFrame({"n": range(3_000), "text": [f"line {n} of 茅台" for n in range(3_000)]})
    html = sortable(table, name="x", label="X", file="trades.csv")
    (rows,) = map(int, re.findall(r'data-rows="(\d+)"', html))
    assert f"The last {rows:,} of 3,000 rows; all of them are in trades.csv." in html
    numbers, texts = rows_of(html)
    assert numbers == list(range(3_000 - rows, 3_000))
    assert texts[-1] == "line 2999 of 茅台"
    assert 4_000 < len(html.split("-data")[1].encode()) < 5_100


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("price", [3.0, 4.5], ["3.00", "4.50"]),
        ("size", [1200.5, -300.25], ["1,200", "−300"]),  # adjusted shares
        ("size", [1.5, 2.0], ["1.50", "2.00"]),
        ("value", [100_000.4, 7.0], ["100,000", "7"]),
        ("ic", [0.12345, -0.5], ["0.1235", "−0.5000"]),
    ],
)
def test_decimals_tell_values_apart_and_no_more(name, values, shown):
    html = sortable(pd.DataFrame({name: values}), name="x", label="X", file="x.csv")
    assert re.findall(r'<td class="number">([^<]*)</td>', html) == shown


def test_factor_grid_orders_by_how_often_then_code():
    grid = tables.factor_grid({DAYS[1]: ("ma", "boll"), DAYS[0]: ("ma", "cdp")})
    assert re.findall(r"<code>(\w+)</code>", grid) == ["ma", "boll", "cdp"]
    assert re.findall(r"<span>(2016-\d\d-\d\d)</span>", grid) == ["2016-01-04", "2016-01-05"]
    assert grid.count('class="kept"') == 4


def test_factors_of_a_model_that_reads_none_are_not_shown():
    assert factors(evidence(flat([0.1]), selected_factors={DAYS[0]: (), DAYS[1]: ()})) is None
    assert factors(evidence(flat([0.1]), selected_factors={DAYS[0]: (), DAYS[1]: ("ma",)})) is not None


def test_bars_of_metrics_leave_out_what_has_no_value():
    metrics = {"signal": {"decay": {"1": 0.1, "5": None, "20": float("nan")}, "autocorrelation": {"1": None}}}
    page = signal(evidence(flat([0.1]), metrics=metrics))
    assert page is not None
    assert "Rank IC by horizon" in page.html
    assert "autocorrelation" not in page.html


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
