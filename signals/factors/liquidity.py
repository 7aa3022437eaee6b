"""Liquidity and the tie of price and volume."""

import numpy as np

from .bars import Bars
from .operators import Packed, corr, divide, ma
from .registry import register


@register(
    "turn5",
    kind="liquidity",
    formula="MA(T, n)",
    inputs=("turnover",),
    warm_up=lambda n: n,
    source="btalpha",
)
def turnover_5(bars: Bars, *, n: int = 5) -> Packed:
    """Mean turnover of a week, as a fraction of the float a day."""
    return ma(bars.turnover, n)


@register(
    "turn20",
    kind="liquidity",
    formula="MA(T, n)",
    inputs=("turnover",),
    warm_up=lambda n: n,
    source="btalpha",
)
def turnover_20(bars: Bars, *, n: int = 20) -> Packed:
    """Mean turnover of a month, as a fraction of the float a day."""
    return ma(bars.turnover, n)


@register(
    "turn_bias",
    kind="liquidity",
    formula="MA(T,short) / MA(T,long) - 1",
    inputs=("turnover",),
    warm_up=lambda short, long: max(short, long),
    source="btalpha",
)
def turnover_bias(bars: Bars, *, short: int = 20, long: int = 120) -> Packed:
    """Turnover of a month against that of half a year, less one."""
    return divide(ma(bars.turnover, short), ma(bars.turnover, long)) - 1.0


@register(
    "amihud20",
    kind="liquidity",
    formula="r = C/REF(C,1) - 1; MA(|r| / A, n) * 1e8",
    inputs=("close", "amount"),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def illiquidity(bars: Bars, *, n: int = 20) -> Packed:
    """Mean move that 100 million CNY make, after Amihud (2002)."""
    return ma(divide(np.abs(bars.returns), bars.amount), n) * 1e8


@register(
    "pvcorr10",
    kind="price-volume",
    formula="CORR(C, V, n)",
    inputs=("close", "volume"),
    warm_up=lambda n: n,
    source="btalpha",
)
def price_volume_correlation(bars: Bars, *, n: int = 10) -> Packed:
    """Correlation of close and volume, -1 to 1."""
    return corr(bars.close, bars.volume, n)
