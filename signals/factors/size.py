"""Size: market value and share counts, from the bars where they have them, else from statements."""

from .bars import Bars
from .operators import Packed, divide
from .registry import register


def total_value(bars: Bars) -> Packed:
    """Return the market value of all shares, in CNY: the bars' own, else shares x close."""
    if bars.has("total_mktcap"):
        return bars.field("total_mktcap")
    return bars.statement("total_shares") * bars.field("close")


def float_shares(bars: Bars) -> Packed:
    """Return the shares in free float: float value / close, volume / turnover, or the last statement's."""
    if bars.has("float_mktcap"):
        return divide(bars.field("float_mktcap"), bars.field("close"))
    if bars.has("turnover"):
        return divide(bars.volume, bars.turnover)
    return bars.statement("float_shares")


@register(
    "market_cap",
    kind="size",
    formula="total shares x raw C",
    inputs=("close", "total_mktcap | statement:total_shares"),
    warm_up=1,
    flags=("LOG",),
    source="10jqka",
    grade="A",
)
def market_cap(bars: Bars) -> Packed:
    """Market value of all shares, in CNY."""
    return total_value(bars)


@register(
    "current_market_cap",
    kind="size",
    formula="float shares x raw C",
    inputs=("close", "float_mktcap | volume & turnover | statement:float_shares"),
    warm_up=1,
    flags=("LOG",),
    source="10jqka",
    grade="A",
)
def current_market_cap(bars: Bars) -> Packed:
    """Market value of the shares in free float, in CNY."""
    return float_shares(bars) * bars.field("close")


@register(
    "capitalization",
    kind="size",
    formula="total shares",
    inputs=("close", "total_mktcap | statement:total_shares"),
    warm_up=1,
    flags=("LOG",),
    source="10jqka",
    grade="A",
)
def capitalization(bars: Bars) -> Packed:
    """Count of all shares."""
    return divide(total_value(bars), bars.field("close"))


@register(
    "circulating_cap",
    kind="size",
    formula="float shares",
    inputs=("close", "float_mktcap | volume & turnover | statement:float_shares"),
    warm_up=1,
    flags=("LOG",),
    source="10jqka",
    grade="A",
)
def circulating_cap(bars: Bars) -> Packed:
    """Count of the shares in free float."""
    return float_shares(bars)
