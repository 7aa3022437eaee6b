"""Volatility and risk: ranges, deviations and the regression on the index."""

import numpy as np

from .bars import Bars
from .operators import Packed, cov, divide, ema, hhv, llv, ma, ref, skew, std, sum_
from .registry import SETTLING, choose_line, register


@register(
    "atr",
    kind="volatility",
    formula="TR = MAX(H-L, |REF(C,1)-H|, |REF(C,1)-L|); ATR = MA(TR,n); lines atr, tr",
    inputs=("high", "low", "close"),
    warm_up=lambda n, line: n + 1 if line == "atr" else 2,
    flags=("PL*",),
    source="10jqka",
    grade="A",
)
def true_range(bars: Bars, *, n: int = 14, line: str = "atr") -> Packed:
    """Mean true range: the range of the bar, extended to the close before."""
    last = ref(bars.close)
    reach = np.maximum(np.abs(last - bars.high), np.abs(last - bars.low))
    tr = np.maximum(bars.high - bars.low, reach)
    return choose_line(line, {"atr": ma(tr, n), "tr": tr})


@register(
    "mass",
    kind="volatility",
    formula="AHL = MA(H-L,n1); BHL = MA(AHL,n1); SUM(AHL/BHL,n2)",
    inputs=("high", "low"),
    warm_up=lambda n1, n2: 2 * n1 + n2 - 2,
    source="10jqka",
    grade="A",
)
def mass(bars: Bars, *, n1: int = 9, n2: int = 25) -> Packed:
    """Mass index: how the range widens; about n2 where it does not."""
    spread = ma(bars.high - bars.low, n1)
    return sum_(divide(spread, ma(spread, n1)), n2)


@register(
    "std",
    kind="volatility",
    formula="STD(C, n)",
    inputs=("close",),
    warm_up=lambda n: n,
    flags=("PL*",),
    source="10jqka",
    grade="B",
)
def price_deviation(bars: Bars, *, n: int = 26) -> Packed:
    """Standard deviation of the close."""
    return std(bars.close, n)


@register(
    "vhf",
    kind="volatility",
    formula="(HHV(C,n) - LLV(C,n)) / SUM(|C - REF(C,1)|, n)",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="10jqka",
    grade="A",
)
def trend_strength(bars: Bars, *, n: int = 28) -> Packed:
    """Vertical horizontal filter: range of the close over the way it went, 0 to 1."""
    way = sum_(np.abs(bars.close - ref(bars.close)), n)
    return divide(hhv(bars.close, n) - llv(bars.close, n), way)


@register(
    "cvlt",
    kind="volatility",
    formula="E = EMA(H-L,n); (E - REF(E,n)) / REF(E,n) * 100",
    inputs=("high", "low"),
    warm_up=lambda n: (SETTLING + 1) * n,
    source="10jqka",
    grade="A",
)
def chaikin_volatility(bars: Bars, *, n: int = 10) -> Packed:
    """Change of the smoothed range over n bars, in percent."""
    spread = ema(bars.high - bars.low, n)
    before = ref(spread, n)
    return divide(spread - before, before) * 100.0


@register(
    "vol20",
    kind="risk",
    formula="r = C/REF(C,1) - 1; STD(r,n)",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def return_deviation(bars: Bars, *, n: int = 20) -> Packed:
    """Standard deviation of the daily return, as a fraction a day."""
    return std(bars.returns, n)


@register(
    "skew20",
    kind="risk",
    formula="r = C/REF(C,1) - 1; SKEW(r,n), ddof 0",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def return_skew(bars: Bars, *, n: int = 20) -> Packed:
    """Skewness of the daily return."""
    return skew(bars.returns, n)


@register(
    "maxret20",
    kind="risk",
    formula="r = C/REF(C,1) - 1; HHV(r,n)",
    inputs=("close",),
    warm_up=lambda n: n + 1,
    source="btalpha",
)
def highest_return(bars: Bars, *, n: int = 20) -> Packed:
    """Highest daily return of 20 bars, what draws lottery buyers."""
    return hhv(bars.returns, n)


@register(
    "beta60",
    kind="risk",
    formula="r = C/REF(C,1) - 1, i = IC/REF(IC,1) - 1; COV(r,i,n) / VAR(i,n)",
    inputs=("close", "index:close"),
    warm_up=lambda n: n + 1,
    flags=("IDX",),
    source="btalpha",
)
def beta(bars: Bars, *, n: int = 60) -> Packed:
    """Slope of the regression of the return on the index return."""
    market = bars.index_returns
    return divide(cov(bars.returns, market, n), cov(market, market, n))


@register(
    "ivol60",
    kind="risk",
    formula="STD of r - (alpha + beta i) over the n bars of the regression of beta60, ddof 0",
    inputs=("close", "index:close"),
    warm_up=lambda n: n + 1,
    flags=("IDX",),
    source="btalpha",
)
def residual_deviation(bars: Bars, *, n: int = 60) -> Packed:
    """Standard deviation of the return that the index does not explain, as a fraction a day."""
    market, returns = bars.index_returns, bars.returns
    shared = cov(returns, market, n)
    explained = divide(shared * shared, cov(market, market, n))
    return np.sqrt(np.maximum(cov(returns, returns, n) - explained, 0.0))
