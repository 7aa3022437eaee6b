"""Directional oscillators: moves of rising bars against moves of falling ones."""

import numpy as np

from .bars import Bars
from .operators import Packed, direction, divide, ma, ref, sma, sum_
from .registry import SETTLING, choose_line, register


def directional_moves(bars: Bars) -> tuple[Packed, Packed]:
    """Return DMZ and DMF: the larger move of high or low, on bars that rose and on bars that fell."""
    side = direction(bars.high + bars.low)
    move = np.maximum(np.abs(bars.high - ref(bars.high)), np.abs(bars.low - ref(bars.low)))
    return np.where(side <= 0.0, 0.0, move), np.where(side >= 0.0, 0.0, move)


def balance(up: Packed, down: Packed) -> Packed:
    """Return (up - down) / MAX(up, down), between -1 and 1; 0 where they are equal."""
    return np.where(up == down, 0.0, divide(up - down, np.maximum(up, down)))


@register(
    "ddi",
    kind="oscillator",
    formula="TR = MAX(|H-REF(H,1)|, |L-REF(L,1)|); DMZ = 0 if H+L <= REF(H+L,1) else TR; "
    "DMF = 0 if H+L >= REF(H+L,1) else TR; DIZ = SUM(DMZ,n)/(SUM(DMZ,n)+SUM(DMF,n)); DIF likewise; "
    "DDI = DIZ - DIF; ADDI = SMA(DDI,n1,m); AD = MA(ADDI,m1); lines ddi, addi, ad",
    inputs=("high", "low"),
    warm_up=lambda n, n1, m, m1, line: (
        n + 1 + (0 if line == "ddi" else -(-SETTLING * n1 // m) - 1) + (m1 - 1 if line == "ad" else 0)
    ),
    source="10jqka",
    grade="B",
)
def direction_deviation(
    bars: Bars, *, n: int = 13, n1: int = 30, m: int = 10, m1: int = 5, line: str = "ddi"
) -> Packed:
    """Upward less downward share of the moves, -1 to 1."""
    up, down = directional_moves(bars)
    rises, falls = sum_(up, n), sum_(down, n)
    ddi = divide(rises - falls, rises + falls)
    smooth = sma(ddi, n1, m)
    return choose_line(line, {"ddi": ddi, "addi": smooth, "ad": ma(smooth, m1)})


@register(
    "srdm",
    kind="oscillator",
    formula="DMZ, DMF as in ddi; ADMZ = MA(DMZ,window); ADMF = MA(DMF,window); "
    "SRDM = (ADMZ - ADMF) / MAX(ADMZ, ADMF), 0 if equal; ASRDM = SMA(SRDM,n,1); lines srdm, asrdm",
    inputs=("high", "low"),
    warm_up=lambda window, n, line: window + (SETTLING * n if line == "asrdm" else 1),
    source="10jqka",
    grade="B",
)
def directional_momentum(bars: Bars, *, window: int = 10, n: int = 30, line: str = "srdm") -> Packed:
    """Upward against downward moves, -1 to 1."""
    up, down = directional_moves(bars)
    srdm = balance(ma(up, window), ma(down, window))
    return choose_line(line, {"srdm": srdm, "asrdm": sma(srdm, n, 1)})


@register(
    "adtm",
    kind="oscillator",
    formula="DTM = 0 if O <= REF(O,1) else MAX(H-O, O-REF(O,1)); DBM = 0 if O >= REF(O,1) else O-L; "
    "STM = SUM(DTM,n); SBM = SUM(DBM,n); ADTM = (STM-SBM) / MAX(STM,SBM), 0 if equal; "
    "ADTMMA = MA(ADTM,m); lines adtm, adtmma",
    inputs=("open", "high", "low"),
    warm_up=lambda n, m, line: n + 1 + (m - 1 if line == "adtmma" else 0),
    source="10jqka",
    grade="A",
)
def opening_momentum(bars: Bars, *, n: int = 23, m: int = 8, line: str = "adtm") -> Packed:
    """Reach above higher openings against reach below lower ones, -1 to 1."""
    side, step = direction(bars.open), bars.open - ref(bars.open)
    rise = np.where(side <= 0.0, 0.0, np.maximum(bars.high - bars.open, step))
    fall = np.where(side >= 0.0, 0.0 * side, bars.open - bars.low)
    adtm = balance(sum_(rise, n), sum_(fall, n))
    return choose_line(line, {"adtm": adtm, "adtmma": ma(adtm, m)})
