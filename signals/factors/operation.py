"""Operation: how often assets are turned over in a year, and how long money is tied up."""

from .figures import Figures
from .operators import divide
from .statements import Rows, ratio, trailing_ratio

YEAR_DAYS = 360.0
TTM_NOTE = " (year to date, brought to twelve months)"


def turnover(figures: Figures, flow: str, balance: str) -> Rows:
    """Return a flow of twelve months over the mean of a balance and that of a year before."""
    return divide(figures.ttm(flow), figures.mean(balance))


@ratio(
    "turnover_of_overall_assets",
    kind="operation",
    formula="total_revenue (TTM) / mean total_assets",
    fields=("total_revenue", "total_assets"),
    ready="asset_turnover",
    ready_rule=trailing_ratio,
    ready_note=TTM_NOTE,
)
def asset_turnover(figures: Figures) -> Rows:
    """Revenue of a year over total assets."""
    return turnover(figures, "total_revenue", "total_assets")


@ratio(
    "turnover_of_current_assets",
    kind="operation",
    formula="total_revenue (TTM) / mean current_assets",
    fields=("total_revenue", "current_assets"),
    ready="currentasset_turnover",
    ready_rule=trailing_ratio,
    ready_note=TTM_NOTE,
)
def current_asset_turnover(figures: Figures) -> Rows:
    """Revenue of a year over current assets."""
    return turnover(figures, "total_revenue", "current_assets")


@ratio(
    "turnover_of_fixed_assets",
    kind="operation",
    formula="total_revenue (TTM) / mean fixed_assets",
    fields=("total_revenue", "fixed_assets"),
)
def fixed_asset_turnover(figures: Figures) -> Rows:
    """Revenue of a year over fixed assets."""
    return turnover(figures, "total_revenue", "fixed_assets")


@ratio(
    "inventory_turnover_ratio",
    kind="operation",
    formula="operating_cost (TTM) / mean inventory",
    fields=("operating_cost", "inventory"),
    ready="inventory_turnover",
    ready_rule=trailing_ratio,
    ready_note=TTM_NOTE,
)
def inventory_turnover(figures: Figures) -> Rows:
    """Cost of a year's sales over inventory."""
    return turnover(figures, "operating_cost", "inventory")


@ratio(
    "turnover_ratio_of_receivable",
    kind="operation",
    formula="operating_revenue (TTM) / mean accounts_receivable",
    fields=("operating_revenue", "accounts_receivable"),
    ready="turnover_ratio_of_receivable",
    ready_rule=trailing_ratio,
    ready_note=TTM_NOTE,
)
def receivable_turnover(figures: Figures) -> Rows:
    """Revenue of a year over receivables."""
    return turnover(figures, "operating_revenue", "accounts_receivable")


@ratio(
    "turnover_ratio_of_account_payable",
    kind="operation",
    formula="operating_cost (TTM) / mean accounts_payable",
    fields=("operating_cost", "accounts_payable"),
)
def payable_turnover(figures: Figures) -> Rows:
    """Cost of a year's sales over payables."""
    return turnover(figures, "operating_cost", "accounts_payable")


@ratio(
    "days_sales_outstanding",
    kind="operation",
    formula="360 / turnover_ratio_of_receivable",
    fields=("operating_revenue", "accounts_receivable"),
    ready="turnover_ratio_of_receivable",
    ready_rule=lambda figures, values: divide(YEAR_DAYS, trailing_ratio(figures, values)),
    ready_note=TTM_NOTE,
)
def days_sales_outstanding(figures: Figures) -> Rows:
    """Days until a sale is paid."""
    return divide(YEAR_DAYS, receivable_turnover(figures))


@ratio(
    "days_payable_outstanding",
    kind="operation",
    formula="360 / turnover_ratio_of_account_payable",
    fields=("operating_cost", "accounts_payable"),
)
def days_payable_outstanding(figures: Figures) -> Rows:
    """Days until a supplier is paid."""
    return divide(YEAR_DAYS, payable_turnover(figures))


@ratio(
    "cash_cycle",
    kind="operation",
    formula="days_sales_outstanding + 360 / inventory_turnover_ratio - days_payable_outstanding",
    fields=("operating_revenue", "accounts_receivable", "operating_cost", "inventory", "accounts_payable"),
)
def cash_cycle(figures: Figures) -> Rows:
    """Days from paying suppliers to being paid."""
    held = divide(YEAR_DAYS, inventory_turnover(figures))
    return days_sales_outstanding(figures) + held - days_payable_outstanding(figures)
