"""Momentum and reversal: how far the price has come over a span of bars."""

import numpy as np

from .bars import Bars
from .operators import Packed, divide, ma, ref, sma
from .registry import SETTLING, choose_line, register


def change(x: Packed, n: int) -> Packed:
    """Return x/REF(x,n) - 1."""
    return divide(x, ref(x, n)) - 1.0


@register(
    "mtm",
    kind="momentum",
    formula="MTM = C - REF(C,n); MTMMA = MA(MTM,m); lines mtm, mtmma",
    inputs=("close",),
    warm_up=lambda n, m, line: n + 1 + (m - 1 if line == "mtmma" else 0),
    flags=("PL*",),
    source="10jqka",
    grade="A",
)
def momentum_difference(bars: Bars, *, n: int = 6, m: int = 5, line: str = "mtm") -> Packed:
    """Change of the close over n bars."""
    difference = bars.close - ref(bars.close, n)
    return choose_line(line, {"mtm": difference, "mtmma": ma(difference, m)})


@register(
    "roc",
    kind="momentum",
    formula="ROC = (C/REF(C,n) - 1) * 100; ROCMA = MA(ROC,m); lines roc, rocma",
    inputs=("close",),
    warm_up=lambda n, m, line: n + 1 + (m - 1 if line == "rocma" else 0),
    source="10jqka",
    grade="A",
)
def rate_of_change(bars: Bars, *, n: int = 12, m: int = 6, line: str = "roc") -> Packed:
    """Return over n bars, in percent."""
    roc = change(bars.close, n) * 100.0
    return choose_line(line, {"roc": roc, "rocma": ma(roc, m)})


@register(
    "mi",
    kind="momentum",
    formula="A = C - REF(C,n); MI = SMA(A,n,1); lines mi, a",
    inputs=("close",),
    warm_up=lambda n, line: n + (SETTLING * n if line == "mi" else 1),
    flags=("PL*",),
    source="10jqka",
    grade="A",
)
def smoothed_momentum(bars: Bars, *, n: int = 12, line: str = "mi") -> Packed:
    """Smoothed change of the close over n bars."""
    difference = bars.close - ref(bars.close, n)
    return choose_line(line, {"mi": sma(difference, n, 1), "a": difference})


@register(
    "micd",
    kind="momentum",
    formula="MI = C - REF(C,1); AMI = SMA(MI,n1,1); DIF = MA(REF(AMI,1),n2) - MA(REF(AMI,1),n3); "
    "MICD = SMA(DIF,10,1)",
    inputs=("close",),
    warm_up=lambda n2, n3: 1 + max(n2, n3) + SETTLING * 10,
    flags=("PL*",),
    source="10jqka",
    grade="A",
)
def momentum_divergence(bars: Bars, *, n1: int = 3, n2: int = 10, n3: int = 20) -> Packed:
    """Short against long mean of the smoothed daily change."""
    smooth = ref(sma(bars.close - ref(bars.close), n1, 1))
    return sma(ma(smooth, n2) - ma(smooth, n3), 10, 1)


@register(
    "rc",
    kind="momentum",
    formula="RC = C/REF(C,n) * 100; ARC = SMA(REF(RC,1),n,1); lines rc, arc",
    inputs=("close",),
    warm_up=lambda n, line: n + 1 + (SETTLING * n if line == "arc" else 0),
    source="10jqka",
    grade="A",
)
def rate_of_price(bars: Bars, *, n: int = 50, line: str = "rc") -> Packed:
    """Close in percent of the close n bars ago."""
    rate = divide(bars.close, ref(bars.close, n)) * 100.0
    return choose_line(line, {"rc": rate, "arc": sma(ref(rate), n, 1)})


@register(
    "rccd",
    kind="momentum",
    formula="RC = C/REF(C,n); ARC = SMA(REF(RC,1),n,1); DIF = MA(REF(ARC,1),n1) - MA(REF(ARC,1),n2); "
    "RCCD = SMA(DIF,n,1)",
    inputs=("close",),
    warm_up=lambda n, n1, n2: n + 1 + max(n1, n2) + SETTLING * n,
    source="10jqka",
    grade="A-",
)
def rate_divergence(bars: Bars, *, n: int = 59, n1: int = 21, n2: int = 28) -> Packed:
    """Short against long mean of the smoothed rate of the price."""
    smooth = ref(sma(ref(divide(bars.close, ref(bars.close, n))), n, 1))
    return sma(ma(smooth, n1) - ma(smooth, n2), n, 1)


@register(
    "srmi",
    kind="momentum",
    formula="(C - REF(C,n)) / MAX(C, REF(C,n))",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="10jqka",
    grade="A",
)
def bounded_momentum(bars: Bars, *, n: int = 9) -> Packed:
    """Change over n bars relative to the larger of both closes, -1 to 1."""
    before = ref(bars.close, n)
    return divide(bars.close - before, np.maximum(bars.close, before))


@register(
    "mom20",
    kind="momentum",
    formula="C/REF(C,n) - 1",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def momentum_20(bars: Bars, *, n: int = 20) -> Packed:
    """Return over 20 bars, as a fraction."""
    return change(bars.close, n)


@register(
    "mom60",
    kind="momentum",
    formula="C/REF(C,n) - 1",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def momentum_60(bars: Bars, *, n: int = 60) -> Packed:
    """Return over 60 bars, as a fraction."""
    return change(bars.close, n)


@register(
    "mom240_20",
    kind="momentum",
    formula="REF(C,skip)/REF(C,n) - 1",
    inputs=("close",),
    warm_up=lambda n, skip: max(n, skip) + 1,
    source="btalpha",
)
def momentum_skipping(bars: Bars, *, n: int = 240, skip: int = 20) -> Packed:
    """Return from 240 to 20 bars ago: the year's momentum without the last month's reversal."""
    return divide(ref(bars.close, skip), ref(bars.close, n)) - 1.0


@register(
    "rev5",
    kind="reversal",
    formula="-(C/REF(C,n) - 1)",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def reversal(bars: Bars, *, n: int = 5) -> Packed:
    """Return of the last 5 bars with its sign turned."""
    return -change(bars.close, n)
