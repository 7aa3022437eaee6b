"""Solvency: assets against debts. Empty lines of a balance sheet count as 0 where a company may have none."""

import numpy as np

from .bars import Bars
from .figures import Figures
from .operators import Packed, divide
from .registry import register
from .size import total_value
from .statements import YEARLY_MAX_AGE, Rows, ratio

INTANGIBLE = (
    "intangible_assets",
    "goodwill",
    "development_expenditure",
    "long_term_deferred_expenses",
    "deferred_tax_assets",
)
DEBT = (
    "short_term_loans",
    "long_term_loans",
    "bonds_payable",
    "notes_payable",
    "noncurrent_due_within_1y",
)


def tangible_assets(figures: Figures) -> Rows:
    """Return parent equity less what cannot be touched: intangibles, goodwill, deferred items."""
    return figures.latest("parent_equity") - sum(figures.or_zero(field) for field in INTANGIBLE)


def interest_debt(figures: Figures) -> Rows:
    """Return loans, bonds, notes and what falls due of them within a year."""
    return np.sum([figures.or_zero(field) for field in DEBT], axis=0)


def net_debt(figures: Figures) -> Rows:
    """Return interest-bearing debt less cash, below zero where there is more cash."""
    return interest_debt(figures) - figures.latest("cash")


@ratio(
    "current_ratio",
    kind="solvency",
    formula="current_assets / current_liabilities",
    fields=("current_assets", "current_liabilities"),
    ready="current_ratio",
)
def current_ratio(figures: Figures) -> Rows:
    """Current assets over current liabilities."""
    return divide(figures.latest("current_assets"), figures.latest("current_liabilities"))


@ratio(
    "quick_ratio",
    kind="solvency",
    formula="(current_assets - inventory) / current_liabilities",
    fields=("current_assets", "inventory", "current_liabilities"),
    ready="quick_ratio",
)
def quick_ratio(figures: Figures) -> Rows:
    """Current assets without inventory over current liabilities."""
    quick = figures.latest("current_assets") - figures.latest("inventory")
    return divide(quick, figures.latest("current_liabilities"))


@ratio(
    "equity_ratio",
    kind="solvency",
    formula="total_liabilities / parent_equity (or equity)",
    fields=("total_liabilities", "parent_equity | equity"),
    ready="liabilities_to_assets_pct",
    ready_rule=lambda figures, percent: divide(percent, 100.0 - percent),
    ready_note=" as percent / (100 - percent)",
)
def debt_to_equity(figures: Figures) -> Rows:
    """Liabilities over equity."""
    return divide(figures.latest("total_liabilities"), figures.either("parent_equity", "equity"))


@ratio(
    "tangible_assets_liabilities",
    kind="solvency",
    formula="tangible assets / total_liabilities; tangible = parent_equity - (intangible_assets + goodwill + "
    "development_expenditure + long_term_deferred_expenses + deferred_tax_assets)",
    fields=("parent_equity", *INTANGIBLE, "total_liabilities"),
)
def tangible_to_liabilities(figures: Figures) -> Rows:
    """Tangible assets over liabilities."""
    return divide(tangible_assets(figures), figures.latest("total_liabilities"))


@ratio(
    "tangible_assets_int_liabilities",
    kind="solvency",
    formula="tangible assets / interest-bearing debt; debt = short_term_loans + long_term_loans + "
    "bonds_payable + notes_payable + noncurrent_due_within_1y",
    fields=("parent_equity", *INTANGIBLE, *DEBT),
)
def tangible_to_debt(figures: Figures) -> Rows:
    """Tangible assets over interest-bearing debt; NaN without debt."""
    return divide(tangible_assets(figures), interest_debt(figures))


@ratio(
    "tangible_assets_net_liabilities",
    kind="solvency",
    formula="tangible assets / net debt; net debt = interest-bearing debt - cash",
    fields=("parent_equity", *INTANGIBLE, *DEBT, "cash"),
    flags=("SGN",),
    ready="tangible_assets_net_liabilities_proxy",
    ready_note=", a proxy: equity / (liabilities - cash)",
    max_age_days=YEARLY_MAX_AGE,
)
def tangible_to_net_debt(figures: Figures) -> Rows:
    """Tangible assets over net debt; negative where cash exceeds debt."""
    return divide(tangible_assets(figures), net_debt(figures))


@register(
    "net_debt_equity",
    kind="solvency",
    formula="net debt / market value of equity",
    inputs=(
        "close",
        "total_mktcap | statement:total_shares",
        *(f"statement:{field}" for field in (*DEBT, "cash")),
    ),
    warm_up=1,
    flags=("PIT", "SGN"),
    source="10jqka",
    grade="A",
)
def net_debt_to_value(bars: Bars) -> Packed:
    """Net debt over market value."""
    return divide(bars.announced(net_debt(bars.figures)), total_value(bars))


@ratio(
    "long_term_debt_to_opt_capital_ratio",
    kind="solvency",
    formula="noncurrent_liabilities / (current_assets - current_liabilities)",
    fields=("noncurrent_liabilities", "current_assets", "current_liabilities"),
    flags=("SGN",),
)
def long_debt_to_working_capital(figures: Figures) -> Rows:
    """Long-term debt over working capital."""
    working = figures.latest("current_assets") - figures.latest("current_liabilities")
    return divide(figures.latest("noncurrent_liabilities"), working)
