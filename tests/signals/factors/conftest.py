"""A panel with everything a factor may meet: gaps, late listings, splits, NaN, statements, an index."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals.factors import FACTORS, compute_factors

DAYS = 420
SYMBOLS = [f"{600000 + i}.SH" for i in range(10)]
FLOWS = (
    *("total_revenue", "operating_revenue", "operating_cost", "total_operating_cost", "selling_expense"),
    *("admin_expense", "finance_expense", "impairment_loss", "operating_profit", "total_profit", "ebit"),
    *("net_profit", "net_profit_parent", "operating_cash_flow", "basic_eps", "diluted_eps"),
    *("weighted_roe", "dividend_per_share"),
)
BALANCES = (
    *("total_assets", "current_assets", "fixed_assets", "inventory", "accounts_receivable"),
    *("accounts_payable", "cash", "intangible_assets", "goodwill", "development_expenditure"),
    *("long_term_deferred_expenses", "deferred_tax_assets", "total_liabilities", "current_liabilities"),
    *("noncurrent_liabilities", "short_term_loans", "long_term_loans", "bonds_payable", "notes_payable"),
    *("noncurrent_due_within_1y", "equity", "parent_equity", "total_shares", "float_shares"),
)


def make_bars(seed: int = 1) -> pd.DataFrame:
    """Ten random walks; 0 trades daily, 3 is listed late, 4 delisted, the others miss days or weeks."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2014-01-06", periods=DAYS)
    return pd.concat([_walk(rng, dates, number, symbol) for number, symbol in enumerate(SYMBOLS)])


def _walk(rng: np.random.Generator, dates: pd.DatetimeIndex, number: int, symbol: str) -> pd.DataFrame:
    n = len(dates)
    close = np.round((5 + 4 * number) * np.exp(np.cumsum(rng.normal(0, 0.02, n))), 2)
    opening = np.round(close * np.exp(rng.normal(0, 0.01, n)), 2)
    high = np.round(np.maximum(opening, close) * (1 + rng.exponential(0.008, n)), 2)
    low = np.round(np.minimum(opening, close) * (1 - rng.exponential(0.008, n)), 2)
    volume = np.round(1e6 * np.exp(rng.normal(0, 0.5, n)))
    bars = pd.DataFrame(
        {
            "date": dates,
            "symbol": symbol,
            "open": opening,
            "high": high,
            "low": low,
            "close": close,
            "volume": volume,
            "amount": volume * (high + low) / 2,
            "turnover": volume / 1e8,
            "total_mktcap": close * 2e8,
            # Five for one after a third of the time; stock 6 has the factor of a very old one.
            "factor": np.where(np.arange(n) < n // 3, 1.0, 5.0) * (30_000.0 if number == 6 else 1.0),
        }
    )
    if number == 7:  # locked at one price for forty days, as in a limit: no range, no deviation
        bars.loc[200:239, ["open", "high", "low", "close"]] = 20.0
        bars["total_mktcap"] = bars["close"] * 2e8
    if number == 8:  # fields that a source left empty
        bars.loc[[30, 200, 201], ["amount", "turnover", "total_mktcap"]] = np.nan
    return bars[_traded(rng, number, n)]


def _traded(rng: np.random.Generator, number: int, n: int) -> np.ndarray:
    traded = np.ones(n, dtype=bool)
    if number >= 1:
        traded = rng.random(n) > 0.04
    if number == 2:
        traded[150:185] = False
    if number == 3:
        traded[:60] = False
    if number == 4:
        traded[390:] = False
    return traded


def make_statements(seed: int = 2) -> pd.DataFrame:
    """Quarterly reports up to the end of the bars; some figures empty, two reports repeated."""
    rng = np.random.default_rng(seed)
    quarters = pd.date_range("2009-03-31", "2015-06-30", freq="QE")
    rows = []
    for symbol in SYMBOLS[:8]:
        yearly = {name: rng.uniform(5, 10) for name in (*FLOWS, *BALANCES)}
        for end in quarters:
            growth = 1.02 ** (4 * (end.year - 2009) + end.quarter) * rng.uniform(0.9, 1.1)
            row = {name: yearly[name] * growth * end.quarter / 4 for name in FLOWS}
            row |= {name: 10 * yearly[name] * growth for name in BALANCES}
            announced = end + pd.Timedelta(days=int(rng.integers(20, 110)))
            rows.append({"symbol": symbol, "period_end": end, "announce_date": announced, **row})
    table = pd.DataFrame(rows)
    table.loc[rng.random(len(table)) < 0.05, ["goodwill", "inventory"]] = np.nan
    again = table.iloc[[12, 30]].assign(net_profit=9.0, equity=90.0)
    again["announce_date"] = again["announce_date"] + pd.Timedelta(days=40)
    return pd.concat([table, again])


def make_benchmark(seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2014-01-06", periods=DAYS)
    close = 3000 * np.exp(np.cumsum(rng.normal(0, 0.012, DAYS)))
    return pd.DataFrame({"open": close * np.exp(rng.normal(0, 0.006, DAYS)), "close": close}, index=dates)


@pytest.fixture(scope="session")
def bars_table() -> pd.DataFrame:
    return make_bars()


@pytest.fixture(scope="session")
def panel(bars_table: pd.DataFrame) -> Panel:
    return Panel.from_long(bars_table, statements=make_statements(), benchmark=make_benchmark())


Computed = Callable[[str], dict[str, pd.DataFrame]]


@pytest.fixture(scope="session")
def computed(panel: Panel) -> Computed:
    """Every factor in one form, computed once."""
    forms = {form: compute_factors(panel, form=form) for form in ("raw", "scaled")}
    assert set(forms["raw"]) == set(FACTORS)
    return forms.__getitem__
