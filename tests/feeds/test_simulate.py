"""The simulated market: invariants of the data, determinism, and the planted predictability."""

import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.feeds.simulate import MarketTables, planted_signal, simulate_tables
from btalpha.feeds.simulation.books import Bookkeeper
from btalpha.feeds.simulation.corporate_actions import declared_dividends
from btalpha.feeds.simulation.firms import MAX_SYMBOLS, draw_firms
from btalpha.feeds.simulation.lifetimes import draw_lifetimes
from btalpha.feeds.simulation.planted import STRENGTH, WEIGHTS, WINDOW, expected_return, rank_scaled
from btalpha.feeds.simulation.shocks import autoregression
from btalpha.feeds.statements import statutory_deadline
from hypothesis import given, settings
from hypothesis import strategies as st

BAR_FIELDS = {
    "open", "high", "low", "close", "pre_close", "volume", "amount", "turnover", "total_mktcap",
    "float_mktcap", "factor", "is_st",
}  # fmt: skip
STATEMENT_FIELDS = {
    "total_revenue", "operating_revenue", "operating_cost", "total_operating_cost", "selling_expense",
    "admin_expense", "finance_expense", "impairment_loss", "operating_profit", "total_profit", "ebit",
    "net_profit", "net_profit_parent", "operating_cash_flow", "basic_eps", "diluted_eps", "weighted_roe",
    "dividend_per_share", "total_assets", "current_assets", "fixed_assets", "inventory",
    "accounts_receivable", "accounts_payable", "cash", "intangible_assets", "goodwill",
    "development_expenditure", "long_term_deferred_expenses", "deferred_tax_assets", "total_liabilities",
    "current_liabilities", "noncurrent_liabilities", "short_term_loans", "long_term_loans",
    "bonds_payable", "notes_payable", "noncurrent_due_within_1y", "equity", "parent_equity",
    "total_shares", "float_shares",
}  # fmt: skip
SEEDS = (0, 1, 2)
HORIZON = 5


@pytest.fixture(scope="module")
def tables() -> MarketTables:
    return simulate_tables(60, 800, 11)


@pytest.fixture(scope="module")
def panels() -> list[Panel]:
    return [simulate_market(100, 750, seed) for seed in SEEDS]


# --- invariants -----------------------------------------------------------------------------


def check_bars(bars: pd.DataFrame) -> None:
    assert not bars.duplicated(["date", "symbol"]).any()
    assert not bars.isna().any().any()
    low, high = bars["low"], bars["high"]
    for name in ("open", "high", "low", "close", "pre_close"):
        assert (bars[name] > 0).all()
        assert np.array_equal(np.round(bars[name], 2), bars[name]), f"{name} is not in cents"
    assert (low <= bars[["open", "close"]].min(axis=1)).all()
    assert (high >= bars[["open", "close"]].max(axis=1)).all()
    symbols = bars["symbol"].astype(str)
    growth = symbols.str.startswith("300") & (bars["date"] >= "2020-08-24")
    rate = np.where(growth, 0.20, np.where(bars["is_st"], 0.05, 0.10))
    assert (high <= bars["pre_close"] * (1 + rate) + 0.005 + 1e-9).all()
    assert (low >= bars["pre_close"] * (1 - rate) - 0.005 - 1e-9).all()
    assert (bars["volume"] >= 100).all()
    average = bars["amount"] / bars["volume"]
    assert ((average > low - 1e-4) & (average < high + 1e-4)).all()
    assert bars["turnover"].between(0, 1, inclusive="neither").all()
    float_shares = bars["volume"] / bars["turnover"]
    np.testing.assert_allclose(bars["float_mktcap"], bars["close"] * float_shares, rtol=1e-9)
    assert (bars["float_mktcap"] <= bars["total_mktcap"] * (1 + 1e-9)).all()


def check_adjustment(bars: pd.DataFrame) -> None:
    """close / pre_close - 1 is the adjusted return, over suspensions and ex-rights days alike."""
    bars = bars.sort_values(["symbol", "date"], kind="stable")
    by_symbol = bars.assign(adjusted=bars["close"] * bars["factor"]).groupby("symbol", observed=True)
    adjusted_return = by_symbol["adjusted"].pct_change().to_numpy()
    later = ~np.isnan(adjusted_return)
    np.testing.assert_allclose(
        adjusted_return[later], (bars["close"] / bars["pre_close"] - 1)[later], atol=1e-12
    )
    assert (by_symbol["factor"].diff().dropna() >= 0).all()
    assert (by_symbol["factor"].first() >= 1).all()


def check_statements(table: pd.DataFrame, last: pd.Timestamp) -> None:
    assert set(table.columns) == STATEMENT_FIELDS | {"symbol", "period_end", "announce_date"}
    assert not table.drop(columns="announce_date").isna().any().any()
    assert not table.duplicated(["symbol", "period_end"]).any()
    deadline = table["period_end"].map(statutory_deadline)
    known = table["announce_date"].notna()
    assert (table["announce_date"] > table["period_end"])[known].all()
    assert (table["announce_date"] <= deadline)[known].all()
    assert (table["announce_date"].fillna(deadline) <= last).all()
    f = table
    costs = f[["operating_cost", "selling_expense", "admin_expense", "finance_expense", "impairment_loss"]]
    assert (f["total_assets"] == f["total_liabilities"] + f["equity"]).all()
    assert (f["total_liabilities"] == f["current_liabilities"] + f["noncurrent_liabilities"]).all()
    assert (f["operating_profit"] == f["total_revenue"] - f["total_operating_cost"]).all()
    assert (f["ebit"] == f["total_profit"] + f["finance_expense"]).all()
    assert (costs.sum(axis=1) <= f["total_operating_cost"]).all()
    assert (f["net_profit"] <= f["total_profit"].clip(lower=0)).all()
    assert (f[["operating_revenue", "total_assets", "equity", "total_shares"]] > 0).all().all()
    assert (f["cash"] + f["inventory"] + f["accounts_receivable"] <= f["current_assets"]).all()
    fixed = ["fixed_assets", "intangible_assets", "goodwill", "development_expenditure"]
    fixed += ["long_term_deferred_expenses", "deferred_tax_assets"]
    assert (f[fixed].sum(axis=1) <= f["total_assets"] - f["current_assets"]).all()
    short = ["accounts_payable", "short_term_loans", "notes_payable", "noncurrent_due_within_1y"]
    assert (f[short].sum(axis=1) <= f["current_liabilities"]).all()
    assert (f["long_term_loans"] + f["bonds_payable"] <= f["noncurrent_liabilities"]).all()
    assert (f["parent_equity"] <= f["equity"]).all()
    assert (f["float_shares"] <= f["total_shares"]).all()
    assert (f["dividend_per_share"][f["period_end"].dt.month != 12] == 0).all()


def test_bars_keep_the_rules_of_the_exchange(tables):
    check_bars(tables.bars)
    check_adjustment(tables.bars)


def test_statements_add_up(tables):
    check_statements(tables.statements, tables.bars["date"].max())


@given(
    n_symbols=st.integers(2, 8),
    n_days=st.integers(30, 80),
    seed=st.integers(0, 2**32),
    start=st.sampled_from(["2015-01-05", "2020-05-02", "2004-12-31"]),
    strength=st.sampled_from([0.0, 1.0, 25.0]),
)
@settings(max_examples=30, deadline=None)
def test_small_markets_keep_every_rule(n_symbols, n_days, seed, start, strength):
    tables = simulate_tables(n_symbols, n_days, seed, start=start, strength=strength)
    check_bars(tables.bars)
    check_adjustment(tables.bars)
    check_statements(tables.statements, tables.bars["date"].max())
    panel = Panel.from_long(tables.bars, statements=tables.statements)
    assert panel.traded_array.shape == (n_days, n_symbols)


def test_market_has_every_kind_of_event(tables):
    bars, info = tables.bars, tables.info
    first, last = bars["date"].min(), bars["date"].max()
    assert (info["list_date"] > first).sum() == round(0.12 * 60)
    assert info["delist_date"].notna().sum() == round(0.03 * 60)
    assert bars.loc[bars["is_st"], "symbol"].nunique() == round(0.03 * 60) + round(0.04 * 60)
    traded = Panel.from_long(bars).traded
    for symbol in info.index:
        days = traded.index[traded[symbol]]
        assert days[0] == max(info.at[symbol, "list_date"], first)
        assert days[-1] < info["delist_date"].fillna(last + pd.Timedelta(days=1))[symbol]
    inside = (traded.cummax() & traded[::-1].cummax()[::-1]).to_numpy()
    assert 0.005 < 1 - traded.to_numpy()[inside].mean() < 0.10, "share of suspended days"
    at_limit = (bars["close"] / bars["pre_close"] - 1).abs() > np.where(bars["is_st"], 0.045, 0.097)
    assert 0.001 < at_limit.mean() < 0.02
    assert (bars["high"] == bars["low"]).sum() >= 5, "days locked at one price"
    steps = bars.groupby("symbol", observed=True)["factor"].agg(lambda factor: (factor.diff() > 0).sum())
    assert steps.mean() > 1.5  # about one ex-rights day a year, in 3 years
    jump = bars.groupby("symbol", observed=True)["factor"].agg(lambda factor: factor.pct_change().max())
    assert (jump > 0.15).any(), "splits"


def test_suspended_days_have_no_row_and_unlisted_ones_neither(tables):
    panel = Panel.from_long(tables.bars)
    assert len(tables.bars) == panel.traded_array.sum() < panel.traded_array.size
    assert panel.traded_array.any(axis=1).all()
    assert panel.repairs == ()


def test_statement_flows_run_within_the_year_and_follow_the_delisting(tables):
    table = tables.statements.set_index(["symbol", "period_end"]).sort_index()
    revenue = tables.statements.pivot_table(
        index="period_end", columns="symbol", values="operating_revenue", observed=True
    )
    for year in (2014, 2015, 2016):
        assert (revenue.loc[f"{year}"].diff().iloc[1:].dropna(axis=1) > 0).all().all()
    march = revenue.loc["2016-03-31"] / revenue.loc["2015-12-31"]
    assert (march.dropna() < 0.6).all(), "a new year starts from zero"
    gone = tables.info["delist_date"].dropna()
    for symbol, date in gone.items():
        assert table.loc[symbol].index.max() < date
    missing = tables.statements["announce_date"].isna().mean()
    assert 0.05 < missing < 0.13


def test_books_carry_growth_and_equity_forward():
    books = Bookkeeper(draw_firms(40, np.random.default_rng(1)), 6, np.random.default_rng(2)).run()
    annual = books.flows["operating_revenue"].reshape(6, 4, 40).sum(axis=1)
    growth = np.log(annual[1:] / annual[:-1])
    assert np.corrcoef(growth[:2].mean(axis=0), growth[-2:].mean(axis=0))[0, 1] > 0.2, "growth persists"
    equity, profit = books.balances["equity"], books.flows["net_profit"]
    # In the first year nothing is paid out; owners add money only where the equity was used up.
    risen = equity[1:4] - equity[:3] - profit[1:4]
    assert (risen >= 0).all()
    assert (risen == 0).mean() > 0.8


def test_dividends_a_share_are_those_that_were_paid(tables):
    """pre_close on an ex-rights day without a split is the last close less the annual dividend."""
    bars = tables.bars.sort_values(["symbol", "date"])
    before = bars.groupby("symbol", observed=True)["close"].shift()
    shares = bars["total_mktcap"] / bars["close"]
    same_shares = (shares / shares.groupby(bars["symbol"], observed=True).shift() - 1).abs() < 1e-9
    bars["paid"] = (before - bars["pre_close"]).round(2)
    paid = bars[same_shares & (before != bars["pre_close"])]
    annual = tables.statements[tables.statements["period_end"].dt.month == 12]
    declared = annual.assign(year=annual["period_end"].dt.year + 1).set_index(["symbol", "year"])
    keys = pd.MultiIndex.from_arrays([paid["symbol"], paid["date"].dt.year])
    expected = declared["dividend_per_share"].reindex(keys).to_numpy()
    assert len(paid) > 50
    np.testing.assert_allclose(paid["paid"], expected, atol=1e-9)


def test_info_and_benchmark(tables):
    assert tables.info["name"].is_unique
    assert tables.info["industry"].nunique() > 5
    assert tables.info["name"].str.fullmatch(r"[\u4e00-\u9fff]{3,5}").all()
    assert tables.info.index.str.fullmatch(r"(60[0-3]\d{3}\.SH|00[0-2]\d{3}\.SZ|300\d{3}\.SZ)").all()
    bars = tables.bars.assign(ret=tables.bars["close"] / tables.bars["pre_close"] - 1)
    mean = bars.groupby("date")["ret"].mean()
    index_return = tables.benchmark["close"].pct_change()
    assert mean.corr(index_return) > 0.85
    assert tables.benchmark.index.equals(pd.DatetimeIndex(sorted(bars["date"].unique()), name="date"))


def test_index_is_the_value_weighted_return():
    tables = simulate_tables(2, 30, 3, strength=0.0)
    panel = Panel.from_long(tables.bars)
    value = panel["total_mktcap"].ffill().shift()
    returns = (panel["close"] / panel["pre_close"] - 1).fillna(0.0)
    expected = (value * returns).sum(axis=1) / value.sum(axis=1)
    got = tables.benchmark["close"].pct_change()
    np.testing.assert_allclose(got.iloc[1:], expected.iloc[1:], atol=1e-7)


def test_panel_carries_every_field_and_its_own_dates(panels):
    panel = panels[0]
    assert set(panel.fields) == BAR_FIELDS
    assert set(panel.statements.fields) == STATEMENT_FIELDS
    assert len(panel) == 750
    assert len(panel.symbols) == 100
    assert panel.symbols.is_monotonic_increasing
    assert (panel.dates.day_of_week < 5).all()
    assert panel.dates[0] == pd.Timestamp("2015-01-05")
    assert panel.info.index.equals(panel.symbols)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_tables_survive_a_file(tmp_path, kind):
    tables = simulate_tables(4, 40, 5)
    paths = {name: tmp_path / f"{name}.{kind}" for name in ("bars", "statements")}
    for name, path in paths.items():
        table = getattr(tables, name)
        table.to_parquet(path) if kind == "parquet" else table.to_csv(path, index=False)
    read = Panel.read(paths["bars"], statements=paths["statements"])
    made = simulate_market(4, 40, 5)
    for name in made.fields:
        np.testing.assert_allclose(read.array(name), made.array(name), rtol=1e-12)
    signals = [planted_signal(panel).to_numpy() for panel in (read, made)]
    np.testing.assert_allclose(*signals)


# --- realism --------------------------------------------------------------------------------


def test_returns_look_like_a_share_returns(panels):
    for panel in panels:
        returns = panel["close"] / panel["pre_close"] - 1
        assert 0.30 < (returns.std() * np.sqrt(252)).median() < 0.45
        pairs = returns.corr(min_periods=100).to_numpy()[np.triu_indices(100, 1)]
        assert 0.2 < np.nanmean(pairs) < 0.4
        assert 0.01 < np.nanmean(panel.array("turnover")) < 0.03
        size = returns.abs()
        assert size.mean(axis=1).autocorr(1) > 0.1, "volatility clusters"
        turnover = np.log(panel["turnover"])
        assert turnover.corrwith(turnover.shift(1)).mean() > 0.4, "turnover persists"
        assert turnover.corrwith(size).mean() > 0.25, "turnover rises with the size of the move"
        assert pd.Series(returns.to_numpy().ravel()).kurt() > 1.0, "fat tails"


def test_autoregression_has_the_stated_moments():
    series = autoregression(
        np.random.default_rng(0).standard_normal((4000, 50)), persistence=0.9, deviation=0.3
    )
    assert series.std() == pytest.approx(0.3, rel=0.02)
    assert np.corrcoef(series[1:].ravel(), series[:-1].ravel())[0, 1] == pytest.approx(0.9, abs=0.01)
    assert series[0].std() == pytest.approx(0.3, rel=0.3), "stationary from the first day"


# --- determinism ----------------------------------------------------------------------------


def digest(panel: Panel) -> str:
    total = hashlib.sha256()
    for name in sorted(panel.fields):
        total.update(panel.array(name).tobytes())
    frame = panel.statements.frame
    for name in frame.columns:
        column = frame[name]
        total.update(
            "|".join(column).encode()
            if name == "symbol"
            else np.asarray(column, dtype=np.float64 if column.dtype.kind == "f" else "int64").tobytes()
        )
    total.update(panel.benchmark.to_numpy().tobytes())
    total.update(panel.info.to_csv().encode())
    return total.hexdigest()


def test_same_seed_same_bytes_in_this_process_and_another():
    once, again, other = (digest(simulate_market(20, 120, seed)) for seed in (4, 4, 5))
    assert once == again != other
    code = (
        "import runpy; from btalpha.feeds import simulate_market;"
        f"print(runpy.run_path({__file__!r})['digest'](simulate_market(20, 120, 4)))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == once


def test_the_global_random_state_is_left_alone():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    simulate_market(3, 30, 1)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


# --- the planted predictability -------------------------------------------------------------


def label(panel: Panel) -> pd.DataFrame:
    """Return from the open of the next session to the open HORIZON sessions later."""
    opens = panel.adjusted("open")
    return opens.shift(-1 - HORIZON) / opens.shift(-1) - 1


def mean_rank_ic(scores: pd.DataFrame, returns: pd.DataFrame) -> float:
    both = scores.notna() & returns.notna()
    daily = scores.where(both).rank(axis=1).corrwith(returns.where(both).rank(axis=1), axis=1)
    return float(daily[both.sum(axis=1) >= 20].mean())


def test_planted_signal_has_the_documented_rank_ic(panels):
    """About 0.10 in the documentation; the standard error of the mean of three markets is near 0.006."""
    got = [mean_rank_ic(planted_signal(panel), label(panel)) for panel in panels]
    assert np.mean(got) == pytest.approx(0.10, abs=0.02), got
    assert min(got) > 0.06


def test_nothing_is_found_where_nothing_is_planted():
    blank = [simulate_market(100, 750, seed, strength=0.0) for seed in SEEDS]
    got = [mean_rank_ic(planted_signal(panel), label(panel)) for panel in blank]
    assert abs(np.mean(got)) < 0.02, got


def test_shuffled_signal_finds_nothing(panels):
    rng = np.random.default_rng(9)
    got = []
    for panel in panels:
        signal = planted_signal(panel)
        shuffled = rng.permuted(signal.to_numpy(), axis=1)
        got.append(mean_rank_ic(panel.frame(shuffled), label(panel)))
    assert abs(np.mean(got)) < 0.02, got


def test_a_leak_of_one_day_stands_out(panels):
    panel = panels[0]
    tomorrow = (panel["close"] / panel["open"] - 1).shift(-1)
    assert mean_rank_ic(tomorrow, label(panel)) > 0.25


def plain_factors(panel: Panel) -> list[pd.DataFrame]:
    close = panel.adjusted("close").ffill()
    returns = close / close.shift() - 1
    turnover = panel["turnover"].rolling(20, min_periods=10).mean()
    return_on_equity = panel.frame(panel.statements.values("weighted_roe", panel.dates, panel.symbols))
    raw = [close / close.shift(5), turnover, returns.rolling(20).std(), return_on_equity]
    return [(factor.where(panel.traded).rank(axis=1, pct=True) - 0.5).fillna(0.0) for factor in raw]


def test_regression_on_plain_factors_finds_it_out_of_sample(panels):
    """Learn on the first two thirds, score the last: 0.04 to 0.12 around an expected 0.08."""
    got = []
    for panel in panels:
        inputs = np.stack([factor.to_numpy() for factor in plain_factors(panel)], axis=-1)
        returns = label(panel).where(panel.traded)
        target = (returns.rank(axis=1, pct=True) - 0.5).to_numpy()
        train = ~np.isnan(target)
        train[500 - HORIZON - 1 :] = False
        weights = np.linalg.lstsq(inputs[train], target[train], rcond=None)[0]
        scores = panel.frame(inputs @ weights)
        got.append(mean_rank_ic(scores.iloc[500:], returns.iloc[500:]))
    assert 0.04 < np.mean(got) < 0.12, got


def test_planted_signal_is_causal(panels):
    panel = panels[1]
    whole = planted_signal(panel)
    for day in (WINDOW, 250, 611):
        part = planted_signal(panel.until(panel.dates[day]))
        pd.testing.assert_series_equal(part.iloc[-1], whole.iloc[day], check_exact=True)
    assert whole.iloc[:WINDOW].isna().all().all()


def test_walk_looks_at_nothing_but_published_figures(monkeypatch):
    """What the walk adds to a session is the signal of the published panel of the session before."""
    seen = []

    def listening(*figures: np.ndarray) -> np.ndarray:
        seen.append(expected_return(*figures))
        return seen[-1]

    monkeypatch.setattr("btalpha.feeds.simulation.path.expected_return", listening)
    panel = simulate_market(30, 400, 8)
    published = planted_signal(panel).to_numpy()
    assert len(seen) == 400 - WINDOW - 1
    np.testing.assert_allclose(np.stack(seen), published[WINDOW:-1], rtol=1e-9)


def test_planted_signal_is_what_moved_the_prices():
    """The first day with a history: the prices of two strengths differ by the planted return alone."""
    strength = 20.0
    plain, moved = (simulate_market(60, 40, 2, strength=value) for value in (0.0, strength))
    day = WINDOW + 1
    pd.testing.assert_frame_equal(plain["close"].iloc[:day], moved["close"].iloc[:day])
    planted = strength * planted_signal(moved).iloc[WINDOW]
    got = np.log(moved["close"].iloc[day] / plain["close"].iloc[day])
    move = [(panel["close"] / panel["pre_close"] - 1).iloc[day].abs() for panel in (plain, moved)]
    free = got.notna() & planted.notna() & (np.maximum(*move) < 0.045) & (plain["close"].iloc[day] > 4)
    assert free.sum() > 20
    np.testing.assert_allclose(got[free], planted[free], atol=0.0026)  # a cent on CNY 4
    assert planted[free].abs().max() > 0.02


def test_expected_return_by_hand():
    """Three stocks that differ in the last return only: ranks -1.2247, 0, 1.2247 of reversal."""
    close = np.full((WINDOW + 1, 3), 10.0)
    close[-1] = [11.0, 10.0, 9.5]
    turnover = np.full((WINDOW, 3), 0.01)
    got = expected_return(close, turnover, np.full(3, np.nan))
    # Equal turnovers rank by position; volatility: 10 % moved more than 5 % more than nothing.
    unit = np.sqrt(1.5)
    reversal = np.array([-unit, 0.0, unit])
    turn = np.array([unit, 0.0, -unit])
    volatility = np.array([-unit, unit, 0.0])
    total = WEIGHTS["reversal"] * reversal + WEIGHTS["turnover"] * turn + WEIGHTS["volatility"] * volatility
    total += WEIGHTS["interaction"] * reversal * -turn
    np.testing.assert_allclose(got, STRENGTH * total, atol=1e-15)


def test_expected_return_leaves_out_the_young_and_the_idle():
    close = np.full((WINDOW + 1, 3), 10.0)
    turnover = np.full((WINDOW, 3), 0.01)
    close[0, 0] = np.nan  # listed one session too late
    turnover[:11, 1] = np.nan  # 9 bars in 20 sessions
    got = expected_return(close, turnover, np.zeros(3))
    assert np.isnan(got).tolist() == [True, True, False]
    assert got[2] == 0.0, "alone there is nothing to rank"


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=30))
def test_rank_scaled_is_centred_and_monotone(values):
    values = np.array(values)
    ranks = rank_scaled(values)
    known = ~np.isnan(values)
    assert (ranks[~known] == 0).all()
    assert ranks.sum() == pytest.approx(0.0, abs=1e-9)
    if known.sum() > 1:
        assert ranks[known].std() == pytest.approx(1.0)
        order = np.argsort(values[known], kind="stable")
        assert (np.diff(ranks[known][order]) > 0).all()


def test_planted_signal_needs_statements(tables):
    with pytest.raises(ValueError, match=r"has no statements\. Remedy: take one made by simulate_market"):
        planted_signal(Panel.from_long(tables.bars))


# --- parts ----------------------------------------------------------------------------------


def test_every_session_of_the_smallest_market_has_a_bar():
    for seed in range(40):
        lifetimes = draw_lifetimes(500, 2, np.random.default_rng(seed))
        assert lifetimes.traded.any(axis=1).all(), seed


def test_dividends_are_cut_to_cents_and_to_the_highest_yield():
    got = declared_dividends(
        np.array([1.239e6, -5.0, 9e6]), np.array([1e6, 1e6, 1e6]), np.array([50.0, 50.0, 20.0])
    )
    assert got.tolist() == [1.23, 0.0, 1.6]


def test_the_largest_market_has_enough_codes():
    firms = draw_firms(MAX_SYMBOLS, np.random.default_rng(0))
    assert len(set(firms.symbols)) == len(set(firms.names)) == MAX_SYMBOLS


# --- validation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_symbols": 1}, "n_symbols must be 2 to 4,900, got 1"),
        ({"n_symbols": 5000}, "n_symbols must be 2 to 4,900, got 5000"),
        ({"n_symbols": 10.0}, r"n_symbols must be a whole number, got 10\.0; give an int"),
        ({"n_symbols": True}, "n_symbols must be a whole number, got True"),
        ({"n_days": 29}, "n_days must be 30 to 20,000, got 29"),
        ({"n_days": "40"}, "n_days must be a whole number, got '40'"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"seed": None}, "seed must be a whole number, got None"),
        ({"strength": -0.5}, r"strength must be a finite number of 0 or more, got -0\.5"),
        ({"strength": float("nan")}, "strength must be a finite number of 0 or more, got nan"),
        ({"start": "yesterday-ish"}, "start must be a date such as 2015-01-05, got 'yesterday-ish'"),
        ({"start": "2015-01-05T00:00+08:00"}, "without a time zone"),
        ({"start": "1066-10-14"}, "start must be a date of 1990 to 2100"),
    ],
)
def test_bad_arguments_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        simulate_market(**{"n_symbols": 4, "n_days": 40, "seed": 0, **change})


def test_start_moves_to_the_next_weekday():
    assert simulate_market(2, 30, 0, start="2016-10-01").dates[0] == pd.Timestamp("2016-10-03")
