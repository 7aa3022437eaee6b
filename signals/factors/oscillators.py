"""Oscillators of the price: where the close stands within, or how far from, its recent range."""

import numpy as np

from .bars import Bars
from .operators import Packed, avedev, divide, exceeds, hhv, llv, ma, ref, sma
from .registry import SETTLING, choose_line, register


def strength(x: Packed, n: int) -> Packed:
    """Return RSI of a series: smoothed rises over smoothed moves, 0 to 100."""
    change = x - ref(x, 1)
    return divide(sma(np.maximum(change, 0.0), n, 1), sma(np.abs(change), n, 1)) * 100.0


def distance_from_mean(x: Packed, n: int) -> Packed:
    """Return (x - MA(x,n)) / MA(x,n)."""
    mean = ma(x, n)
    return divide(x - mean, mean)


@register(
    "bias",
    kind="oscillator",
    formula="(C - MA(C,n)) / MA(C,n) * 100",
    inputs=("close",),
    warm_up=lambda n: n,
    source="10jqka",
    grade="A",
)
def bias(bars: Bars, *, n: int = 12) -> Packed:
    """Close above its moving average, in percent."""
    return distance_from_mean(bars.close, n) * 100.0


@register(
    "cci",
    kind="oscillator",
    formula="TYP = (H+L+C)/3; (TYP - MA(TYP,n)) / (0.015 AVEDEV(TYP,n))",
    inputs=("high", "low", "close"),
    warm_up=lambda n: n,
    source="10jqka",
    grade="A",
)
def commodity_channel(bars: Bars, *, n: int = 14) -> Packed:
    """Typical price above its mean, in mean absolute deviations; NaN where the price stood still."""
    typical = bars.typical
    return divide(typical - ma(typical, n), 0.015 * avedev(typical, n))


@register(
    "dbcd",
    kind="oscillator",
    formula="BIAS = (C - MA(C,n)) / MA(C,n); DIF = BIAS - REF(BIAS,m); DBCD = SMA(DIF,t,1); MM = MA(DBCD,5); "
    "lines dbcd, mm",
    inputs=("close",),
    warm_up=lambda n, m, t, line: n - 1 + m + SETTLING * t + (4 if line == "mm" else 0),
    source="10jqka",
    grade="A",
)
def bias_difference(bars: Bars, *, n: int = 5, m: int = 16, t: int = 76, line: str = "dbcd") -> Packed:
    """Smoothed change of the bias, as a fraction."""
    bias_line = distance_from_mean(bars.close, n)
    smooth = sma(bias_line - ref(bias_line, m), t, 1)
    return choose_line(line, {"dbcd": smooth, "mm": ma(smooth, 5)})


@register(
    "dpo",
    kind="oscillator",
    formula="DPO = C - MA(C, n/2+1); MADPO = MA(DPO,m); lines dpo, madpo",
    inputs=("close",),
    warm_up=lambda n, m, line: n // 2 + 1 + (m - 1 if line == "madpo" else 0),
    flags=("PL*",),
    source="10jqka",
    grade="A",
)
def detrended_price(bars: Bars, *, n: int = 20, m: int = 6, line: str = "dpo") -> Packed:
    """Close above a moving average of half the period."""
    detrended = bars.close - ma(bars.close, n // 2 + 1)
    return choose_line(line, {"dpo": detrended, "madpo": ma(detrended, m)})


@register(
    "kdj",
    kind="oscillator",
    formula="RSV = (C - LLV(L,n)) / (HHV(H,n) - LLV(L,n)) * 100; K = SMA(RSV,m1,1); D = SMA(K,m2,1); "
    "J = 3K - 2D; lines k, d, j",
    inputs=("high", "low", "close"),
    warm_up=lambda n, m1, m2, line: n - 1 + SETTLING * (m1 + (0 if line == "k" else m2)),
    source="10jqka",
    grade="A",
)
def stochastic(bars: Bars, *, n: int = 9, m1: int = 3, m2: int = 3, line: str = "k") -> Packed:
    """Stochastic oscillator; which line 10jqka serves is not public."""
    low = llv(bars.low, n)
    k = sma(divide(bars.close - low, hhv(bars.high, n) - low) * 100.0, m1, 1)
    d = sma(k, m2, 1)
    return choose_line(line, {"k": k, "d": d, "j": 3.0 * k - 2.0 * d})


def below_high(bars: Bars, n: int) -> Packed:
    """Return (HHV(H,n) - C) / (HHV(H,n) - LLV(L,n)) * 100, 0 at the high and 100 at the low."""
    high = hhv(bars.high, n)
    return divide(high - bars.close, high - llv(bars.low, n)) * 100.0


@register(
    "lwr",
    kind="oscillator",
    formula="LWR1 = SMA((HHV(H,n) - C) / (HHV(H,n) - LLV(L,n)) * 100, m1, 1); LWR2 = SMA(LWR1,m2,1); "
    "lines lwr1, lwr2",
    inputs=("high", "low", "close"),
    warm_up=lambda n, m1, m2, line: n - 1 + SETTLING * (m1 + (0 if line == "lwr1" else m2)),
    source="10jqka",
    grade="B",
)
def smoothed_williams(bars: Bars, *, n: int = 9, m1: int = 3, m2: int = 3, line: str = "lwr1") -> Packed:
    """Smoothed distance below the high, 0 to 100; some libraries have it negative."""
    first = sma(below_high(bars, n), m1, 1)
    return choose_line(line, {"lwr1": first, "lwr2": sma(first, m2, 1)})


@register(
    "rsi",
    kind="oscillator",
    formula="SMA(MAX(C - REF(C,1), 0), n, 1) / SMA(ABS(C - REF(C,1)), n, 1) * 100",
    inputs=("close",),
    warm_up=lambda n: 1 + SETTLING * n,
    source="10jqka",
    grade="A",
)
def relative_strength(bars: Bars, *, n: int = 6) -> Packed:
    """Share of rises in the smoothed moves of the close, 0 to 100."""
    return strength(bars.close, n)


@register(
    "si",
    kind="oscillator",
    formula="LC = REF(C,1); AA = |H-LC|; BB = |L-LC|; CC = |H-REF(L,1)|; DD = |LC-REF(O,1)|; "
    "R = AA+BB/2+DD/4 if AA>BB and AA>CC, BB+AA/2+DD/4 if BB>CC and BB>AA, else CC+DD/4; "
    "X = C-LC + (C-O)/2 + LC-REF(O,1); SI = 16 X/R MAX(AA,BB)",
    inputs=("open", "high", "low", "close"),
    warm_up=2,
    flags=("PL*",),
    source="10jqka",
    grade="B",
)
def swing(bars: Bars) -> Packed:
    """Swing index of the bar against the one before; NaN where neither moved."""
    last, last_open = ref(bars.close), ref(bars.open)
    up, down = np.abs(bars.high - last), np.abs(bars.low - last)
    cross, gap = np.abs(bars.high - ref(bars.low)), np.abs(last - last_open)
    most_down = exceeds(down, cross, last) & exceeds(down, up, last)
    most_up = exceeds(up, down, last) & exceeds(up, cross, last)
    reach = np.where(most_down, down + up / 2.0 + gap / 4.0, cross + gap / 4.0)
    reach = np.where(most_up, up + down / 2.0 + gap / 4.0, reach)
    move = bars.close - last + (bars.close - bars.open) / 2.0 + last - last_open
    return 16.0 * divide(move, reach) * np.maximum(up, down)


@register(
    "wr",
    kind="oscillator",
    formula="(HHV(H,n) - C) / (HHV(H,n) - LLV(L,n)) * 100",
    inputs=("high", "low", "close"),
    warm_up=lambda n: n,
    source="10jqka",
    grade="A",
)
def williams(bars: Bars, *, n: int = 14) -> Packed:
    """Distance below the high of n bars, 0 at the high and 100 at the low."""
    return below_high(bars, n)
