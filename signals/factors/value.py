"""Value: the market's price for earnings, book, sales, cash and dividends."""

import numpy as np

from .bars import Bars
from .operators import Packed, divide
from .registry import choose_line, register
from .size import total_value
from .statements import YEARLY_MAX_AGE

VALUE_OF_SHARES = "total_mktcap | statement:total_shares"
PROFIT = ("net_profit_parent", "net_profit")
EITHER_PROFIT = "statement:net_profit_parent | statement:net_profit"


@register(
    "pe",
    kind="value",
    formula="market value / net_profit_parent (or net_profit); period annual: of the last full year, "
    "ttm: of twelve months",
    inputs=("close", VALUE_OF_SHARES, EITHER_PROFIT),
    warm_up=1,
    flags=("PIT",),
    source="10jqka",
    grade="A",
)
def price_to_earnings(bars: Bars, *, period: str = "annual") -> Packed:
    """Price to earnings; negative for a loss."""
    figures = bars.figures
    profit = figures.either(*PROFIT)
    periods = {"annual": figures.annual_of(profit), "ttm": figures.ttm_of(profit)}
    return divide(total_value(bars), bars.announced(choose_line(period, periods)))


@register(
    "pb",
    kind="value",
    formula="market value / parent_equity (or equity) of the last report",
    inputs=("close", VALUE_OF_SHARES, "statement:parent_equity | statement:equity"),
    warm_up=1,
    flags=("PIT",),
    source="10jqka",
    grade="A",
)
def price_to_book(bars: Bars) -> Packed:
    """Price to book."""
    book = bars.figures.either("parent_equity", "equity")
    return divide(total_value(bars), bars.announced(book, max_age_days=YEARLY_MAX_AGE))


@register(
    "pcf_cash_flow_ttm",
    kind="value",
    formula="market value / operating_cash_flow (TTM)",
    inputs=("close", VALUE_OF_SHARES, "statement:operating_cash_flow"),
    warm_up=1,
    flags=("PIT",),
    source="10jqka",
    grade="A-",
)
def price_to_cash_flow(bars: Bars) -> Packed:
    """Price to cash flow; the platform may mean the change in cash instead of the operating flow."""
    return divide(total_value(bars), bars.announced(bars.figures.ttm("operating_cash_flow")))


@register(
    "ps",
    kind="value",
    formula="market value / total_revenue of the last full year",
    inputs=("close", VALUE_OF_SHARES, "statement:total_revenue"),
    warm_up=1,
    flags=("PIT",),
    source="10jqka",
    grade="A",
)
def price_to_sales(bars: Bars) -> Packed:
    """Price to the revenue of the last full year."""
    figures = bars.figures
    return divide(total_value(bars), bars.announced(figures.annual_of(figures.latest("total_revenue"))))


@register(
    "ps_ttm",
    kind="value",
    formula="market value / total_revenue (TTM)",
    inputs=("close", VALUE_OF_SHARES, "statement:total_revenue"),
    warm_up=1,
    flags=("PIT",),
    source="10jqka",
    grade="A",
)
def price_to_trailing_sales(bars: Bars) -> Packed:
    """Price to the revenue of twelve months."""
    return divide(total_value(bars), bars.announced(bars.figures.ttm("total_revenue")))


@register(
    "dividend_rate",
    kind="value",
    formula="dividend_per_share (TTM, empty counts as 0) / raw C",
    inputs=("close", "statement:dividend_per_share"),
    warm_up=1,
    flags=("PIT",),
    source="10jqka",
    grade="A",
)
def dividend_yield(bars: Bars) -> Packed:
    """Cash dividends of twelve months over the price; per share of the report's time."""
    figures = bars.figures
    dividend = figures.ttm_of(figures.or_zero("dividend_per_share"))
    return divide(bars.announced(dividend), bars.field("close"))


@register(
    "his_peg",
    kind="value",
    formula="pe / (100 g); g = (profit / profit of 3 years before)^(1/3) - 1, last full years; "
    "NaN unless both profits are above 0",
    inputs=("close", VALUE_OF_SHARES, EITHER_PROFIT),
    warm_up=1,
    flags=("PIT", "SGN"),
    source="10jqka (probable)",
    grade="B",
)
def price_to_earnings_growth(bars: Bars, *, years: int = 3) -> Packed:
    """Price to earnings over the yearly growth of profit, in percent; the platform's window is not public."""
    figures = bars.figures
    profit = figures.either(*PROFIT)
    last, before = figures.annual_of(profit), figures.annual_of(profit, years=years)
    both = (last > 0.0) & (before > 0.0)
    times = divide(np.where(both, last, np.nan), np.where(both, before, np.nan))
    return divide(total_value(bars), bars.announced(last * 100.0 * (times ** (1.0 / years) - 1.0)))
