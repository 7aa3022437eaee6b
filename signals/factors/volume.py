"""Volume: its level, change and dispersion, in shares as they were traded."""

from .bars import Bars
from .momentum import change
from .operators import Packed, divide, ma, ref, std
from .oscillators import strength
from .registry import SETTLING, choose_line, register
from .trend import macd_lines, oscillation


@register(
    "vroc",
    kind="volume",
    formula="(V/REF(V,n) - 1) * 100",
    inputs=("volume",),
    warm_up=lambda n: n + 1,
    source="10jqka",
    grade="A",
)
def volume_change(bars: Bars, *, n: int = 12) -> Packed:
    """Change of the volume over n bars, in percent."""
    return change(bars.volume, n) * 100.0


@register(
    "vrsi",
    kind="volume",
    formula="SMA(MAX(V - REF(V,1), 0), n, 1) / SMA(ABS(V - REF(V,1)), n, 1) * 100",
    inputs=("volume",),
    warm_up=lambda n: 1 + SETTLING * n,
    source="10jqka",
    grade="A",
)
def volume_strength(bars: Bars, *, n: int = 6) -> Packed:
    """Share of rises in the smoothed moves of the volume, 0 to 100."""
    return strength(bars.volume, n)


@register(
    "vr",
    kind="volume",
    formula="V / REF(MA(V,n),1)",
    inputs=("volume",),
    warm_up=lambda n: n + 1,
    source="10jqka",
    grade="A",
)
def volume_ratio(bars: Bars, *, n: int = 5) -> Packed:
    """Volume against the mean of the n bars before: the daily form of the ratio by the minute."""
    return divide(bars.volume, ref(ma(bars.volume, n)))


@register(
    "vma",
    kind="volume",
    formula="MA(V, n)",
    inputs=("volume",),
    warm_up=lambda n: n,
    flags=("VL",),
    source="10jqka",
    grade="A",
)
def volume_average(bars: Bars, *, n: int = 5) -> Packed:
    """Mean volume, in shares."""
    return ma(bars.volume, n)


@register(
    "vmacd",
    kind="volume",
    formula="DIFF = EMA(V,short) - EMA(V,long); DEA = EMA(DIFF,signal); 2 (DIFF - DEA); "
    "lines macd, diff, dea",
    inputs=("volume",),
    warm_up=lambda short, long: SETTLING * max(short, long),
    flags=("VL",),
    source="10jqka",
    grade="A",
)
def volume_macd(
    bars: Bars, *, short: int = 12, long: int = 26, signal: int = 9, line: str = "macd"
) -> Packed:
    """Convergence and divergence of the volume's averages, in shares."""
    return choose_line(line, macd_lines(bars.volume, short, long, signal))


@register(
    "vosc",
    kind="volume",
    formula="(MA(V,short) - MA(V,long)) / MA(V,short) * 100",
    inputs=("volume",),
    warm_up=lambda short, long: max(short, long),
    source="10jqka",
    grade="A",
)
def volume_oscillator(bars: Bars, *, short: int = 12, long: int = 26) -> Packed:
    """Short mean of the volume above the long one, in percent."""
    return oscillation(bars.volume, short, long)


@register(
    "tapi",
    kind="volume",
    formula="TAPI = A/IC; MATAPI = MA(TAPI,n); lines tapi, matapi",
    inputs=("amount", "index:close"),
    warm_up=lambda n, line: 1 if line == "tapi" else n,
    flags=("VL*", "IDX"),
    source="10jqka",
    grade="A",
)
def amount_per_index_point(bars: Bars, *, n: int = 6, line: str = "tapi") -> Packed:
    """Traded value an index point, in CNY."""
    tapi = divide(bars.amount, bars.index("close"))
    return choose_line(line, {"tapi": tapi, "matapi": ma(tapi, n)})


@register(
    "vstd",
    kind="volume",
    formula="STD(V, n)",
    inputs=("volume",),
    warm_up=lambda n: n,
    flags=("VL",),
    source="10jqka",
    grade="A",
)
def volume_deviation(bars: Bars, *, n: int = 10) -> Packed:
    """Standard deviation of the volume, in shares."""
    return std(bars.volume, n)
