"""Energy: who pushes the price, told from ranges and volume."""

import numpy as np

from .bars import Bars
from .operators import Packed, count, cumulate, direction, divide, holds, ma, ref, sum_
from .registry import choose_line, register


def push(above: Packed, below: Packed, n: int, clip: bool) -> Packed:
    """Return SUM(above,n) / SUM(below,n) * 100, each term cut off at 0 where clip is set."""
    if clip:
        above, below = np.maximum(above, 0.0), np.maximum(below, 0.0)
    return divide(sum_(above, n), sum_(below, n)) * 100.0


@register(
    "arbr",
    kind="energy",
    formula="AR = SUM(H-O,n)/SUM(O-L,n) * 100; BR = SUM(H-REF(C,1),n)/SUM(REF(C,1)-L,n) * 100; "
    "clip cuts off terms of BR at 0, as TDX does; lines ar, br",
    inputs=("open", "high", "low", "close"),
    warm_up=lambda n, line: n if line == "ar" else n + 1,
    source="10jqka",
    grade="A",
)
def popularity(bars: Bars, *, n: int = 26, clip: bool = False, line: str = "ar") -> Packed:
    """Reach above the open (or the close before) against reach below it; 100 where they balance."""
    last = ref(bars.close)
    ar = push(bars.high - bars.open, bars.open - bars.low, n, clip=False)
    return choose_line(line, {"ar": ar, "br": push(bars.high - last, last - bars.low, n, clip)})


@register(
    "cr",
    kind="energy",
    formula="PM = REF((H+L+C)/3,1); SUM(H-PM,n)/SUM(PM-L,n) * 100; clip cuts off terms at 0, as TDX does",
    inputs=("high", "low", "close"),
    warm_up=lambda n: n + 1,
    flags=("SGN",),
    source="10jqka",
    grade="A",
)
def medium_energy(bars: Bars, *, n: int = 26, clip: bool = False) -> Packed:
    """Reach above the typical price before against reach below it."""
    middle = ref(bars.typical)
    return push(bars.high - middle, middle - bars.low, n, clip)


@register(
    "psy",
    kind="energy",
    formula="PSY = COUNT(C > REF(C,1), n) / n * 100; MAPSY = MA(PSY,m); lines psy, mapsy",
    inputs=("close",),
    warm_up=lambda n, m, line: n + 1 + (m - 1 if line == "mapsy" else 0),
    source="10jqka",
    grade="A",
)
def psychology(bars: Bars, *, n: int = 12, m: int = 6, line: str = "psy") -> Packed:
    """Share of rising bars, in percent."""
    psy = count(holds(bars.direction > 0.0, bars.direction), n) / n * 100.0
    return choose_line(line, {"psy": psy, "mapsy": ma(psy, m)})


@register(
    "vr_rate",
    kind="energy",
    formula="(AVS + CVS/2) / (BVS + CVS/2) * 100; AVS, BVS, CVS the volume of rising, falling and flat "
    "bars among n",
    inputs=("close", "volume"),
    warm_up=lambda n: n + 1,
    source="10jqka",
    grade="A",
)
def volume_rate(bars: Bars, *, n: int = 26) -> Packed:
    """Volume of rising against volume of falling bars, flat ones shared out."""
    share = (1.0 + bars.direction) / 2.0
    return divide(sum_(share * bars.volume, n), sum_((1.0 - share) * bars.volume, n)) * 100.0


@register(
    "wad",
    kind="energy",
    formula="AD = C - MIN(REF(C,1),L) if C > REF(C,1), C - MAX(REF(C,1),H) if C < REF(C,1), else 0; "
    "WAD = cumulative sum of AD; MAWAD = MA(WAD,n); lines wad, mawad",
    inputs=("high", "low", "close"),
    warm_up=lambda n, line: 2 + (n - 1 if line == "mawad" else 0),
    flags=("PL", "CUM"),
    source="10jqka",
    grade="A",
)
def accumulation(bars: Bars, *, n: int = 30, line: str = "wad") -> Packed:
    """Williams' accumulation and distribution, summed from the first bar."""
    last = ref(bars.close)
    gain, loss = bars.close - np.minimum(last, bars.low), bars.close - np.maximum(last, bars.high)
    side = bars.direction
    wad = cumulate(np.where(side > 0.0, gain, np.where(side < 0.0, loss, side)))
    return choose_line(line, {"wad": wad, "mawad": ma(wad, n)})


@register(
    "mfi",
    kind="energy",
    formula="TYP = (H+L+C)/3; MR = SUM(TYP V where TYP > REF(TYP,1), n) / SUM(TYP V elsewhere, n); "
    "100 - 100/(1+MR); drop_flat leaves out bars of equal TYP, which otherwise count as falling",
    inputs=("high", "low", "close", "volume"),
    warm_up=lambda n: n + 1,
    source="10jqka",
    grade="A-",
)
def money_flow(bars: Bars, *, n: int = 14, drop_flat: bool = False) -> Packed:
    """Money flow of rising bars in all money flow, 0 to 100."""
    side, flow = direction(bars.typical), bars.typical * bars.volume
    rises = sum_(holds(side > 0.0, side) * flow, n)
    falls = sum_(holds(side < 0.0 if drop_flat else side <= 0.0, side) * flow, n)
    return divide(rises, rises + falls) * 100.0


@register(
    "obv",
    kind="energy",
    formula="variant classic: cumulative sum of SIGN(C - REF(C,1)) V; "
    "variant range: of ((C-L) - (H-C)) / (H-L) V, 0 where H = L (the platform's text)",
    inputs=("high", "low", "close", "volume"),
    warm_up=lambda variant: 1 if variant == "range" else 2,
    flags=("VL", "CUM"),
    source="10jqka",
    grade="A-",
)
def on_balance_volume(bars: Bars, *, variant: str = "classic") -> Packed:
    """Volume with the sign of the move, summed from the first bar."""
    span = bars.high - bars.low
    place = np.where(span == 0.0, 0.0, divide(2.0 * bars.close - bars.low - bars.high, span))
    lines = {"classic": bars.direction, "range": place}
    return cumulate(choose_line(variant, lines) * bars.volume)


@register(
    "pvt",
    kind="energy",
    formula="cumulative sum of (C/REF(C,1) - 1) V",
    inputs=("close", "volume"),
    warm_up=2,
    flags=("VL", "CUM"),
    source="10jqka",
    grade="A",
)
def price_volume_trend(bars: Bars) -> Packed:
    """Volume times return, summed from the first bar."""
    return cumulate(bars.returns * bars.volume)


@register(
    "wvad",
    kind="energy",
    formula="WVAD = SUM((C-O)/(H-L) V, n1), 0 where H = L; MAWVAD = MA(WVAD,n2); lines wvad, mawvad",
    inputs=("open", "high", "low", "close", "volume"),
    warm_up=lambda n1, n2, line: n1 + (n2 - 1 if line == "mawvad" else 0),
    flags=("VL",),
    source="10jqka",
    grade="A-",
)
def weighted_accumulation(bars: Bars, *, n1: int = 24, n2: int = 6, line: str = "wvad") -> Packed:
    """Volume weighted by the bar's body in its range, in shares."""
    span = bars.high - bars.low
    body = np.where(span == 0.0, 0.0, divide(bars.close - bars.open, span))
    wvad = sum_(body * bars.volume, n1)
    return choose_line(line, {"wvad": wvad, "mawvad": ma(wvad, n2)})
