"""Trend: moving averages of the price and their differences."""

from .bars import Bars
from .operators import Packed, divide, ema, ma, ref
from .registry import SETTLING, choose_line, register


@register(
    "ma",
    kind="trend",
    formula="MA(C, n)",
    inputs=("close",),
    warm_up=lambda n: n,
    flags=("PL",),
    source="10jqka",
    grade="B",
)
def moving_average(bars: Bars, *, n: int = 5) -> Packed:
    """Mean of the last n closes."""
    return ma(bars.close, n)


@register(
    "expma",
    kind="trend",
    formula="EMA(C, n)",
    inputs=("close",),
    warm_up=lambda n: SETTLING * n,
    flags=("PL",),
    source="10jqka",
    grade="B",
)
def exponential_average(bars: Bars, *, n: int = 12) -> Packed:
    """Exponential mean of the close, seeded with the first one."""
    return ema(bars.close, n)


def bull_bear_line(bars: Bars, n1: int, n2: int, n3: int, n4: int) -> Packed:
    """Return BBI: the mean of four moving averages of the close."""
    close = bars.close
    return (ma(close, n1) + ma(close, n2) + ma(close, n3) + ma(close, n4)) / 4.0


@register(
    "bbi",
    kind="trend",
    formula="(MA(C,n1) + MA(C,n2) + MA(C,n3) + MA(C,n4)) / 4",
    inputs=("close",),
    warm_up=lambda n1, n2, n3, n4: max(n1, n2, n3, n4),
    flags=("PL",),
    source="10jqka",
    grade="A",
)
def bull_bear_index(bars: Bars, *, n1: int = 3, n2: int = 6, n3: int = 12, n4: int = 24) -> Packed:
    """Bull and bear index: the mean of four moving averages."""
    return bull_bear_line(bars, n1, n2, n3, n4)


@register(
    "dma",
    kind="trend",
    formula="DDD = MA(C,n1) - MA(C,n2); AMA = MA(DDD,m); lines ddd, ama",
    inputs=("close",),
    warm_up=lambda n1, n2, m, line: max(n1, n2) + (m - 1 if line == "ama" else 0),
    flags=("PL*",),
    source="10jqka",
    grade="B",
)
def difference_of_averages(
    bars: Bars, *, n1: int = 10, n2: int = 50, m: int = 10, line: str = "ddd"
) -> Packed:
    """Difference of a short and a long moving average."""
    difference = ma(bars.close, n1) - ma(bars.close, n2)
    return choose_line(line, {"ddd": difference, "ama": ma(difference, m)})


def macd_lines(x: Packed, short: int, long: int, signal: int) -> dict[str, Packed]:
    """Return DIFF, DEA and the bar 2 (DIFF - DEA) of any series."""
    diff = ema(x, short) - ema(x, long)
    dea = ema(diff, signal)
    return {"macd": 2.0 * (diff - dea), "diff": diff, "dea": dea}


@register(
    "macd",
    kind="trend",
    formula="DIFF = EMA(C,short) - EMA(C,long); DEA = EMA(DIFF,signal); MACD = 2 (DIFF - DEA); "
    "lines macd, diff, dea",
    inputs=("close",),
    warm_up=lambda short, long: SETTLING * max(short, long),
    flags=("PL*",),
    source="10jqka",
    grade="A",
)
def macd(bars: Bars, *, short: int = 12, long: int = 26, signal: int = 9, line: str = "macd") -> Packed:
    """Moving average convergence and divergence; by default the bar."""
    return choose_line(line, macd_lines(bars.close, short, long, signal))


def oscillation(x: Packed, short: int, long: int) -> Packed:
    """Return how far the short mean of a series lies above the long one, in percent of the short."""
    return divide(ma(x, short) - ma(x, long), ma(x, short)) * 100.0


@register(
    "priceosc",
    kind="trend",
    formula="(MA(C,short) - MA(C,long)) / MA(C,short) * 100",
    inputs=("close",),
    warm_up=lambda short, long: max(short, long),
    source="10jqka",
    grade="A",
)
def price_oscillator(bars: Bars, *, short: int = 12, long: int = 26) -> Packed:
    """Short moving average above the long one, in percent."""
    return oscillation(bars.close, short, long)


@register(
    "trix",
    kind="trend",
    formula="TR = EMA(EMA(EMA(C,n),n),n); TRIX = (TR/REF(TR,1) - 1) * 100; TRMA = MA(TRIX,m); "
    "lines trix, trma",
    inputs=("close",),
    warm_up=lambda n, m, line: 3 * SETTLING * n + (m - 1 if line == "trma" else 0),
    source="10jqka",
    grade="A",
)
def triple_exponential(bars: Bars, *, n: int = 12, m: int = 20, line: str = "trix") -> Packed:
    """Daily change, in percent, of the close smoothed three times."""
    smooth = ema(ema(ema(bars.close, n), n), n)
    trix = (divide(smooth, ref(smooth, 1)) - 1.0) * 100.0
    return choose_line(line, {"trix": trix, "trma": ma(trix, m)})
