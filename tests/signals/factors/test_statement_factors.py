"""Statement factors against a plain walk through the announcements, and by hand on one company."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, Statements
from btalpha.signals.factors import FACTORS, compute_factors
from btalpha.signals.factors.figures import Figures

YEAR = 4
Report = dict[str, float]


@dataclass
class Known:
    """The reports of one company that have been announced, by the number of their quarter."""

    reports: dict[int, Report]
    quarter: int

    def figure(self, field: str, quarter: int | None = None) -> float:
        report = self.reports.get(self.quarter if quarter is None else quarter)
        return np.nan if report is None else report[field]

    def ago(self, field: str) -> float:
        return self.figure(field, self.quarter - YEAR)

    def last_year_end(self, field: str, years: int = 0) -> float:
        full = self.quarter % YEAR == YEAR - 1
        end = self.quarter if full else self.quarter - self.quarter % YEAR - 1
        return self.figure(field, end - YEAR * years)

    def ttm(self, field: str) -> float:
        if self.quarter % YEAR == YEAR - 1:
            return self.figure(field)
        return self.figure(field) + self.last_year_end(field) - self.ago(field)

    def mean(self, field: str) -> float:
        return (self.figure(field) + self.ago(field)) / 2

    def zero(self, *fields: str) -> float:
        return float(np.nansum([self.figure(field) for field in fields]))

    def growth(self, value: Callable[["Known"], float]) -> float:
        now, before = value(self), value(Known(self.reports, self.quarter - YEAR))
        return (now - before) / abs(before)


def tangible(k: Known) -> float:
    touched = ("intangible_assets", "goodwill", "development_expenditure")
    return k.figure("parent_equity") - k.zero(*touched, "long_term_deferred_expenses", "deferred_tax_assets")


def debt(k: Known) -> float:
    loans = ("short_term_loans", "long_term_loans", "bonds_payable", "notes_payable")
    return k.zero(*loans, "noncurrent_due_within_1y")


def turnover(flow: str, balance: str) -> Callable[[Known], float]:
    return lambda k: k.ttm(flow) / k.mean(balance)


def growth(field: str) -> Callable[[Known], float]:
    return lambda k: k.growth(lambda known: known.figure(field))


def share(part: str, whole: str = "total_revenue") -> Callable[[Known], float]:
    return lambda k: k.ttm(part) / k.ttm(whole)


def days(k: Known) -> float:
    sales = 360 / turnover("operating_revenue", "accounts_receivable")(k)
    held = 360 / turnover("operating_cost", "inventory")(k)
    return sales + held - 360 / turnover("operating_cost", "accounts_payable")(k)


REPORTED: dict[str, Callable[[Known], float]] = {
    "current_ratio": lambda k: k.figure("current_assets") / k.figure("current_liabilities"),
    "quick_ratio": lambda k: (
        (k.figure("current_assets") - k.figure("inventory")) / k.figure("current_liabilities")
    ),
    "equity_ratio": lambda k: k.figure("total_liabilities") / k.figure("parent_equity"),
    "tangible_assets_liabilities": lambda k: tangible(k) / k.figure("total_liabilities"),
    "tangible_assets_int_liabilities": lambda k: tangible(k) / debt(k),
    "tangible_assets_net_liabilities": lambda k: tangible(k) / (debt(k) - k.figure("cash")),
    "long_term_debt_to_opt_capital_ratio": lambda k: (
        k.figure("noncurrent_liabilities") / (k.figure("current_assets") - k.figure("current_liabilities"))
    ),
    "overall_income_growth_ratio": growth("total_revenue"),
    "net_cashflow_psg_rowth_ratio": lambda k: k.growth(
        lambda known: known.figure("operating_cash_flow") / known.figure("total_shares")
    ),
    "opt_profit_growth_ratio": growth("operating_profit"),
    "total_profit_growth_ratio": growth("total_profit"),
    "net_profit_growth_ratio": growth("net_profit"),
    "parent_company_share_holders_net_profit_growth_ratio": growth("net_profit_parent"),
    "basic_pey_ear_growth_ratio": growth("basic_eps"),
    "diluted_eps_growth_ratio": growth("diluted_eps"),
    "diluted_net_asset_growth_ratio": lambda k: k.growth(
        lambda known: known.figure("net_profit_parent") / known.figure("parent_equity")
    ),
    "net_cashflow_from_opt_act_growth_ratio": growth("operating_cash_flow"),
    "turnover_of_overall_assets": turnover("total_revenue", "total_assets"),
    "turnover_of_current_assets": turnover("total_revenue", "current_assets"),
    "turnover_of_fixed_assets": turnover("total_revenue", "fixed_assets"),
    "inventory_turnover_ratio": turnover("operating_cost", "inventory"),
    "turnover_ratio_of_receivable": turnover("operating_revenue", "accounts_receivable"),
    "turnover_ratio_of_account_payable": turnover("operating_cost", "accounts_payable"),
    "days_sales_outstanding": lambda k: 360 / turnover("operating_revenue", "accounts_receivable")(k),
    "days_payable_outstanding": lambda k: 360 / turnover("operating_cost", "accounts_payable")(k),
    "cash_cycle": days,
    "weighted_roe": lambda k: k.figure("weighted_roe"),
    "roa": turnover("ebit", "total_assets"),
    "overall_assets_net_income_ratio": turnover("net_profit", "total_assets"),
    "net_profit_margin_on_sales": share("net_profit", "operating_revenue"),
    "before_tax_profit_div_income": share("ebit"),
    "net_profit_div_income": share("net_profit"),
    "opt_profit_div_income": share("operating_profit"),
    "opt_cost_div_income": share("total_operating_cost"),
    "ratio_of_sales_to_cost": share("operating_cost", "operating_revenue"),
    "sale_cost_div_income": share("selling_expense"),
    "administration_cost_div_income": share("admin_expense"),
    "financing_cost_div_income": share("finance_expense"),
    "impairment_loss_div_income": share("impairment_loss"),
}
"""Value of a report, from what had been announced by then."""


def three_years(k: Known) -> float:
    growth_rate = (k.last_year_end("net_profit_parent") / k.last_year_end("net_profit_parent", 3)) ** (1 / 3)
    return k.last_year_end("net_profit_parent") * 100 * (growth_rate - 1)


# The market's price of something: what is in the denominator under the market value.
PRICED: dict[str, Callable[[Known], float]] = {
    "pe": lambda k: k.last_year_end("net_profit_parent"),
    "pb": lambda k: k.figure("parent_equity"),
    "pcf_cash_flow_ttm": lambda k: k.ttm("operating_cash_flow"),
    "ps": lambda k: k.last_year_end("total_revenue"),
    "ps_ttm": lambda k: k.ttm("total_revenue"),
    "his_peg": three_years,
}
INVERTED: dict[str, Callable[[Known], float]] = {
    "net_debt_equity": lambda k: debt(k) - k.figure("cash"),
    "dividend_rate": lambda k: k.ttm("dividend_per_share"),
}
YEARLY = {"pb", "tangible_assets_net_liabilities"}


def quarter_number(end: pd.Timestamp) -> int:
    return YEAR * end.year + end.quarter - 1


def walk(panel: Panel, symbol: str, value: Callable[[Known], float], max_age: int) -> np.ndarray:
    """Go through the days: take in what was announced, keep the value of the newest period that has one."""
    table = panel.statements.frame
    table = table[table["symbol"] == symbol].to_dict("records")
    reports: dict[int, Report] = {}
    best: tuple[pd.Timestamp, float] | None = None
    out, done = np.full(len(panel.dates), np.nan), 0
    for i, day in enumerate(panel.dates):
        while done < len(table) and table[done]["visible"] <= day:
            row, done = table[done], done + 1
            reports[quarter_number(row["period_end"])] = row
            result = value(Known(reports, quarter_number(row["period_end"])))
            if not np.isnan(result) and (best is None or row["period_end"] >= best[0]):
                best = row["period_end"], result
        if best is not None and (day - best[0]).days <= max_age:
            out[i] = best[1]
    return out


def company_codes() -> set[str]:
    return {code for code, f in FACTORS.items() if any("statement:" in need for need in f.inputs)}


@pytest.fixture(scope="module")
def raw(panel: Panel) -> dict[str, pd.DataFrame]:
    return compute_factors(panel, sorted(company_codes()), form="raw")


def test_every_statement_factor_has_a_reference() -> None:
    sizes = {"market_cap", "current_market_cap", "capitalization", "circulating_cap"}
    assert {*REPORTED, *PRICED, *INVERTED} == company_codes() - sizes


@pytest.mark.parametrize("code", [*REPORTED, *PRICED, *INVERTED])
def test_equals_the_walk(code: str, raw: dict[str, pd.DataFrame], panel: Panel) -> None:
    value = {**REPORTED, **PRICED, **INVERTED}[code]
    for symbol in panel.symbols[:4]:
        slow = walk(panel, symbol, value, 486 if code in YEARLY else 400)
        market = panel["total_mktcap"][symbol].to_numpy()
        if code in PRICED:
            slow = market / slow
        elif code == "net_debt_equity":
            slow = slow / market
        elif code == "dividend_rate":
            slow = slow / panel["close"][symbol].to_numpy()
        slow[~panel.traded[symbol].to_numpy()] = np.nan
        np.testing.assert_allclose(raw[code][symbol].to_numpy(), slow, rtol=1e-9)


class TestSize:
    def test_is_the_log_of_the_market_value(self, panel: Panel) -> None:
        values = compute_factors(panel, ["market_cap", "capitalization"])
        np.testing.assert_allclose(np.exp(values["market_cap"]), panel["total_mktcap"])
        shares = np.exp(values["capitalization"].to_numpy())
        np.testing.assert_allclose(shares[~np.isnan(shares)], 2e8)

    def test_float_comes_from_turnover(self, panel: Panel) -> None:
        values = compute_factors(panel, ["current_market_cap", "circulating_cap"], form="raw")
        shares = values["circulating_cap"].to_numpy()
        np.testing.assert_allclose(shares[~np.isnan(shares)], 1e8)
        np.testing.assert_allclose(values["current_market_cap"], values["circulating_cap"] * panel["close"])

    def test_comes_from_statements_where_the_bars_have_none(self, one_company: Panel) -> None:
        values = compute_factors(one_company, ["market_cap", "pb"], form="raw")
        assert values["market_cap"].iloc[-1, 0] == pytest.approx(100.0 * 10.0)
        assert values["pb"].iloc[-1, 0] == pytest.approx(100.0 * 10.0 / 500.0)


def price_bars(n_days: int = 5) -> pd.DataFrame:
    dates = pd.bdate_range("2016-04-25", periods=n_days)
    prices = dict.fromkeys(("open", "high", "low", "close"), 10.0)
    return pd.DataFrame({"date": dates, "symbol": "A", **prices, "volume": 1.0})


REPORTS = pd.DataFrame(
    {
        "symbol": "A",
        "period_end": ["2014-12-31", "2015-03-31", "2015-12-31", "2016-03-31"],
        "announce_date": ["2015-03-20", "2015-04-20", "2016-04-20", "2016-04-27"],
        "total_shares": 100.0,
        "equity": [400.0, 410.0, 480.0, 500.0],
        "net_profit": [40.0, 8.0, 50.0, 12.0],
        "net_profit_yoy": [0.5, -0.1, 0.3, 0.4],
        "turnover_ratio_of_receivable": [4.0, 0.9, 5.0, 1.2],
    }
)


@pytest.fixture
def one_company() -> Panel:
    """The report of 2015 is out before the five days, that of the first quarter of 2016 on the third."""
    return Panel.from_long(price_bars(), statements=REPORTS)


class TestByHand:
    @pytest.mark.parametrize(
        ("code", "parameters", "before", "after"),
        [
            ("pe", {}, 1000 / 50, 1000 / 50),
            ("pe", {"period": "ttm"}, 1000 / 50, 1000 / (12 + 50 - 8)),
            ("net_profit_growth_ratio", {}, (50 - 40) / 40, (12 - 8) / 8),
            ("turnover_ratio_of_receivable", {}, 5.0, 1.2 + 5.0 - 0.9),
            ("days_sales_outstanding", {}, 360 / 5.0, 360 / (1.2 + 5.0 - 0.9)),
        ],
    )
    def test_on_one_company(
        self, one_company: Panel, code: str, parameters: dict[str, object], before: float, after: float
    ) -> None:
        values = compute_factors(one_company, {code: parameters}, form="raw")[code]["A"]
        np.testing.assert_allclose(values, [before, before, after, after, after])

    def test_ready_figure_fills_what_cannot_be_computed(self) -> None:
        late = REPORTS[REPORTS["period_end"] >= "2015-12-31"]  # nothing to compare the year with
        panel = Panel.from_long(price_bars(), statements=late)
        values = compute_factors(panel, ["net_profit_growth_ratio"])["net_profit_growth_ratio"]["A"]
        np.testing.assert_allclose(values, [0.3, 0.3, 0.4, 0.4, 0.4])

    def test_senseless_trailing_sum_is_nan(self) -> None:
        broken = REPORTS.assign(turnover_ratio_of_receivable=[4.0, 9.0, 5.0, 1.2])  # 1.2 + 5 - 9 < 0
        panel = Panel.from_long(price_bars(), statements=broken)
        values = compute_factors(panel, ["turnover_ratio_of_receivable"])["turnover_ratio_of_receivable"]
        np.testing.assert_allclose(values["A"], 5.0)

    def test_loss_that_shrinks_is_growth(self) -> None:
        figures = Figures(Statements.from_long(REPORTS.assign(net_profit=[-40.0, -8.0, -20.0, 2.0])))
        np.testing.assert_allclose(figures.growth("net_profit"), [np.nan, np.nan, 0.5, 1.25])

    def test_repeated_report_counts_from_its_own_day(self) -> None:
        again = REPORTS.loc[[2], ["symbol", "period_end"]].assign(announce_date="2016-04-28", equity=250.0)
        table = pd.concat([REPORTS[REPORTS["period_end"] <= "2015-12-31"], again])
        panel = Panel.from_long(price_bars(), statements=table)
        values = compute_factors(panel, ["pb", "pe"], form="raw")
        # The repeat leaves the share count and the profit out: those of the first report stay.
        np.testing.assert_allclose(values["pb"]["A"], [1000 / 480] * 3 + [1000 / 250] * 2)
        np.testing.assert_allclose(values["pe"]["A"], 20.0)
