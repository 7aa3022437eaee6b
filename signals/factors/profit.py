"""Profitability: returns on assets and equity, and what each line takes of the revenue."""

from .figures import Figures
from .operation import turnover
from .operators import divide
from .statements import Rows, ratio, trailing_share

# code, part, whole, ready figure, in words
_SHARES = (
    ("net_profit_margin_on_sales", "net_profit", "operating_revenue", "net_profit_margin", "Net profit"),
    ("before_tax_profit_div_income", "ebit", "total_revenue", None, "Profit before interest and tax"),
    ("net_profit_div_income", "net_profit", "total_revenue", None, "Net profit"),
    ("opt_profit_div_income", "operating_profit", "total_revenue", None, "Operating profit"),
    ("opt_cost_div_income", "total_operating_cost", "total_revenue", None, "Total operating cost"),
    ("ratio_of_sales_to_cost", "operating_cost", "operating_revenue", None, "Cost of sales"),
    ("sale_cost_div_income", "selling_expense", "total_revenue", None, "Selling expense"),
    ("administration_cost_div_income", "admin_expense", "total_revenue", None, "Administration expense"),
    ("financing_cost_div_income", "finance_expense", "total_revenue", None, "Finance expense"),
    ("impairment_loss_div_income", "impairment_loss", "total_revenue", None, "Impairment loss"),
)


def _add_share(code: str, part: str, whole: str, ready: str | None, words: str) -> None:
    def share(figures: Figures) -> Rows:
        return trailing_share(figures, part, whole)

    share.__doc__ = f"{words} of twelve months over {whole.replace('_', ' ')}, as a fraction."
    ratio(
        code,
        kind="profit",
        formula=f"{part} (TTM) / {whole} (TTM)",
        fields=(part, whole),
        ready=ready,
        ready_note=" (year to date)",
    )(share)


@ratio(
    "weighted_roe",
    kind="profit",
    formula="weighted_roe as reported, year to date",
    fields=("weighted_roe",),
    ready="roe",
    ready_note=" (year to date)",
)
def weighted_roe(figures: Figures) -> Rows:
    """Weighted average return on equity as reported, hence smaller in the first quarters of a year."""
    return figures.latest("weighted_roe")


@ratio(
    "roa",
    kind="profit",
    formula="ebit (TTM) / mean total_assets",
    fields=("ebit", "total_assets"),
)
def return_on_assets(figures: Figures) -> Rows:
    """Profit before interest and tax of a year over total assets."""
    return turnover(figures, "ebit", "total_assets")


@ratio(
    "overall_assets_net_income_ratio",
    kind="profit",
    formula="net_profit (TTM) / mean total_assets",
    fields=("net_profit", "total_assets"),
)
def net_return_on_assets(figures: Figures) -> Rows:
    """Net profit of a year over total assets."""
    return divide(figures.ttm("net_profit"), figures.mean("total_assets"))


for _share in _SHARES:
    _add_share(*_share)
