"""Channels: bands around an average or a typical price. By default the line that names the factor."""

from .bars import Bars
from .operators import Packed, hhv, llv, ma, ref, std
from .registry import choose_line, register
from .trend import bull_bear_line


@register(
    "boll",
    kind="channel",
    formula="MID = MA(C,n); UPPER, LOWER = MID +/- k STD(C,n); lines mid, upper, lower",
    inputs=("close",),
    warm_up=lambda n: n,
    flags=("PL",),
    source="10jqka",
    grade="A",
)
def bollinger(bars: Bars, *, n: int = 26, k: float = 2.0, line: str = "mid") -> Packed:
    """Bollinger band of the close."""
    middle, width = ma(bars.close, n), k * std(bars.close, n)
    return choose_line(line, {"mid": middle, "upper": middle + width, "lower": middle - width})


@register(
    "bbiboll",
    kind="channel",
    formula="BBI; UPPER, LOWER = BBI +/- k STD(BBI,n); lines bbi, upper, lower",
    inputs=("close",),
    warm_up=lambda n, line: 24 + (0 if line == "bbi" else n - 1),
    flags=("PL",),
    source="10jqka",
    grade="A",
)
def bull_bear_bollinger(bars: Bars, *, n: int = 10, k: float = 3.0, line: str = "bbi") -> Packed:
    """Band around the bull and bear index; its own line equals ``bbi``."""
    middle = bull_bear_line(bars, 3, 6, 12, 24)
    width = k * std(middle, n)
    return choose_line(line, {"bbi": middle, "upper": middle + width, "lower": middle - width})


@register(
    "cdp",
    kind="channel",
    formula="of the bar before: CDP = (H+L+2C)/4; AH = CDP + (H-L); NH = 2 CDP - L; NL = 2 CDP - H; "
    "AL = CDP - (H-L); lines cdp, ah, nh, nl, al",
    inputs=("high", "low", "close"),
    warm_up=2,
    flags=("PL",),
    source="10jqka",
    grade="A-",
)
def contrarian_pivot(bars: Bars, *, line: str = "cdp") -> Packed:
    """Pivot of the day's trading from the bar before; the platform's text has (H+L+C)/3."""
    high, low, close = ref(bars.high), ref(bars.low), ref(bars.close)
    pivot, span = (high + low + 2.0 * close) / 4.0, high - low
    lines = {"cdp": pivot, "ah": pivot + span, "nh": 2.0 * pivot - low}
    return choose_line(line, {**lines, "nl": 2.0 * pivot - high, "al": pivot - span})


@register(
    "env",
    kind="channel",
    formula="UPPER = MA(C,n) (1 + width); LOWER = MA(C,n) (1 - width); lines upper, lower",
    inputs=("close",),
    warm_up=lambda n: n,
    flags=("PL",),
    source="10jqka",
    grade="A",
)
def envelope(bars: Bars, *, n: int = 14, width: float = 0.06, line: str = "upper") -> Packed:
    """Envelope of fixed width around a moving average."""
    middle = ma(bars.close, n)
    return choose_line(line, {"upper": middle * (1.0 + width), "lower": middle * (1.0 - width)})


@register(
    "mike",
    kind="channel",
    formula="TYP = (H+L+C)/3; HV = HHV(H,n); LV = LLV(L,n); WR = 2 TYP - LV; MR = TYP + HV - LV; "
    "SR = 2 HV - LV; WS = 2 TYP - HV; MS = TYP - HV + LV; SS = 2 LV - HV; lines wr, mr, sr, ws, ms, ss",
    inputs=("high", "low", "close"),
    warm_up=lambda n: n,
    flags=("PL",),
    source="10jqka",
    grade="A",
)
def mike(bars: Bars, *, n: int = 12, line: str = "wr") -> Packed:
    """Three resistance and three support lines; by default the weak resistance."""
    typical, high, low = bars.typical, hhv(bars.high, n), llv(bars.low, n)
    resistance = {"wr": 2.0 * typical - low, "mr": typical + high - low, "sr": 2.0 * high - low}
    support = {"ws": 2.0 * typical - high, "ms": typical - high + low, "ss": 2.0 * low - high}
    return choose_line(line, {**resistance, **support})
