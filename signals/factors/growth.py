"""Growth: the year to date against the same months of the year before, (x - before) / |before|."""

from .figures import Figures
from .operators import divide
from .statements import Rows, ratio

# code, figures (the first that is there), ready figure, whether the base can be negative, in words
_FLOWS = (
    ("overall_income_growth_ratio", ("total_revenue",), None, False, "total revenue"),
    ("opt_profit_growth_ratio", ("operating_profit",), None, True, "operating profit"),
    ("total_profit_growth_ratio", ("total_profit",), None, True, "total profit"),
    ("net_profit_growth_ratio", ("net_profit",), "net_profit_yoy", True, "net profit"),
    (
        "parent_company_share_holders_net_profit_growth_ratio",
        ("net_profit_parent",),
        None,
        True,
        "net profit of the parent's shareholders",
    ),
    ("basic_pey_ear_growth_ratio", ("basic_eps",), None, True, "basic earnings per share"),
    ("diluted_eps_growth_ratio", ("diluted_eps",), None, True, "diluted earnings per share"),
    (
        "net_cashflow_from_opt_act_growth_ratio",
        ("operating_cash_flow",),
        None,
        True,
        "operating cash flow",
    ),
)


def _add_growth(code: str, fields: tuple[str, ...], ready: str | None, signed: bool, words: str) -> None:
    def growth(figures: Figures) -> Rows:
        return figures.growth_of(figures.either(*fields))

    growth.__doc__ = f"Growth of {words} over a year, as a fraction."
    ratio(
        code,
        kind="growth",
        formula=f"({fields[0]} - year before) / |year before|, both year to date",
        fields=(" | ".join(fields),),
        flags=("SGN",) if signed else (),
        ready=ready,
    )(growth)


for _flow in _FLOWS:
    _add_growth(*_flow)


@ratio(
    "net_cashflow_psg_rowth_ratio",
    kind="growth",
    formula="growth over a year of operating_cash_flow / total_shares, year to date",
    fields=("operating_cash_flow", "total_shares"),
    flags=("SGN",),
)
def cash_flow_per_share_growth(figures: Figures) -> Rows:
    """Growth of operating cash flow per share, as a fraction; the misspelt code is the platform's."""
    return figures.growth_of(divide(figures.latest("operating_cash_flow"), figures.latest("total_shares")))


@ratio(
    "diluted_net_asset_growth_ratio",
    kind="growth",
    formula="growth over a year of diluted ROE = net_profit_parent / parent_equity, year to date",
    fields=("net_profit_parent", "parent_equity"),
    flags=("SGN",),
)
def diluted_roe_growth(figures: Figures) -> Rows:
    """Growth of the return on closing equity, as a fraction."""
    return figures.growth_of(divide(figures.latest("net_profit_parent"), figures.latest("parent_equity")))
