"""The technical factors against two independent libraries: TA-Lib and pandas-ta-classic.

Three tables name every mapping. :data:`DIRECT`: a factor is one function of a library, but for a
constant factor or a sign. :data:`BUILT`: it is put together from a library's functions. In both, ours
must equal theirs to 1e-9 from the end of our warm-up on; where a library seeds its recursions
otherwise (with the mean of the first n bars, and ours with the first), from ``settled`` bars on, when
either seed weighs less than rounding. :data:`DIFFERENT`: what a user of the library would call
first is *not* ours; the reason stands beside it, and taking the reason away gives ours.

No counterpart in either library, hence only in ``test_reference.py``: adtm, cr, dbcd, ddi, dptb, jdqs,
jdrs, micd, rccd, si, srdm, vr_rate, zdzb, up_n, down_n.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals.factors import FACTORS, compute_factors

TOLERANCE = 1e-9
PACKAGES = {"TA-Lib": "talib", "pandas-ta-classic": "pandas_ta_classic"}
TA, PTA = PACKAGES

Stock = pd.DataFrame
"""Traded bars of one stock: adjusted o h l c, v (volume), a (amount), t (turnover), i (index close)."""


@dataclass(frozen=True)
class Same:
    """A factor, and how a library has it."""

    code: str
    library: str
    name: str
    theirs: Callable[[ModuleType, Stock], object]
    parameters: Mapping[str, object] = field(default_factory=dict)
    settled: int = 0  # bars until the library's seed is forgotten
    why: str = ""
    mended: Callable[[ModuleType, Stock], object] | None = None

    def __str__(self) -> str:
        chosen = "".join(f"-{value}" for value in self.parameters.values())
        return f"{self.code}{chosen} = {self.name} ({self.library})"


def same(code: str, library: str, name: str, theirs: Callable, settled: int = 0, **parameters: object):
    return Same(code, library, name, theirs, parameters, settled)


def differs(
    code: str, library: str, name: str, why: str, theirs: Callable, mended: Callable, settled=0, **parameters
):
    return Same(code, library, name, theirs, parameters, settled, why, mended)


def returns(x: pd.Series) -> pd.Series:
    """Daily returns without the empty first, which TA-Lib's running sums would never leave behind."""
    return x.pct_change().iloc[1:]


def bbi(ta: ModuleType, s: Stock) -> pd.Series:
    return sum(ta.SMA(s.c, n) for n in (3, 6, 12, 24)) / 4


def bbi_upper(ta: ModuleType, s: Stock) -> pd.Series:
    middle = bbi(ta, s).iloc[23:]
    return middle + 3 * ta.STDDEV(middle, 10)


def mass(ta: ModuleType, s: Stock) -> pd.Series:
    spread = ta.SMA(s.h - s.l, 9).iloc[8:]
    return ta.SUM((spread / ta.SMA(spread, 9)).iloc[8:], 25)


def unexplained(ta: ModuleType, s: Stock) -> pd.Series:
    """Standard deviation of what a regression leaves: that of the whole times sqrt(1 - correlation^2)."""
    stock, index = returns(s.c), returns(s.i)
    return ta.STDDEV(stock, 60) * np.sqrt(1 - ta.CORREL(stock, index, 60) ** 2)


def of_short(percent_of_long: pd.Series) -> pd.Series:
    """Turn 100 (short/long - 1) into 100 (1 - long/short)."""
    return percent_of_long / (1 + percent_of_long / 100)


def uncut_br(s: Stock) -> pd.Series:
    last = s.c.shift()
    return 100 * (s.h - last).rolling(26).sum() / (last - s.l).rolling(26).sum()


def kdj(ta: ModuleType, s: Stock) -> tuple[pd.Series, pd.Series, pd.Series]:
    return ta.KDJ(s.h, s.l, s.c, fastk_period=9, slowk_period=3, slowd_period=3)


DIRECT = [
    same("ma", TA, "SMA", lambda ta, s: ta.SMA(s.c, 5)),
    same("dma", TA, "APO of simple means", lambda ta, s: ta.APO(s.c, 10, 50, matype=0)),
    same("boll", TA, "BBANDS", lambda ta, s: ta.BBANDS(s.c, 26, 2, 2)[1], line="mid"),
    same("boll", TA, "BBANDS", lambda ta, s: ta.BBANDS(s.c, 26, 2, 2)[0], line="upper"),
    same("boll", TA, "BBANDS", lambda ta, s: ta.BBANDS(s.c, 26, 2, 2)[2], line="lower"),
    same("cdp", TA, "WCLPRICE of the bar before", lambda ta, s: ta.WCLPRICE(s.h, s.l, s.c).shift()),
    same("wr", TA, "-WILLR", lambda ta, s: -ta.WILLR(s.h, s.l, s.c, 14)),
    same("cci", TA, "CCI", lambda ta, s: ta.CCI(s.h, s.l, s.c, 14)),
    same("mtm", TA, "MOM", lambda ta, s: ta.MOM(s.c, 6)),
    same("mi", TA, "MOM", lambda ta, s: ta.MOM(s.c, 12), line="a"),
    same("roc", TA, "ROC", lambda ta, s: ta.ROC(s.c, 12)),
    same("rc", TA, "ROCR100", lambda ta, s: ta.ROCR100(s.c, 50)),
    same("mom20", TA, "ROCP", lambda ta, s: ta.ROCP(s.c, 20)),
    same("mom60", TA, "ROCP", lambda ta, s: ta.ROCP(s.c, 60)),
    same("mom240_20", TA, "ROCP of the close 20 bars ago", lambda ta, s: ta.ROCP(s.c.shift(20), 220)),
    same("rev5", TA, "-ROCP", lambda ta, s: -ta.ROCP(s.c, 5)),
    same("vroc", TA, "ROC of volume", lambda ta, s: ta.ROC(s.v, 12)),
    same("vma", TA, "SMA of volume", lambda ta, s: ta.SMA(s.v, 5)),
    same("vstd", TA, "STDDEV of volume", lambda ta, s: ta.STDDEV(s.v, 10)),
    same("std", TA, "STDDEV", lambda ta, s: ta.STDDEV(s.c, 26)),
    same("mfi", TA, "MFI", lambda ta, s: ta.MFI(s.h, s.l, s.c, s.v, 14), drop_flat=True),
    same("obv", TA, "AD", lambda ta, s: ta.AD(s.h, s.l, s.c, s.v), variant="range"),
    same("pvt", TA, "PVT", lambda ta, s: ta.PVT(s.c, s.v)),
    same("wad", TA, "WAD", lambda ta, s: ta.WAD(s.h, s.l, s.c)),
    same("atr", TA, "TRANGE", lambda ta, s: ta.TRANGE(s.h, s.l, s.c), line="tr"),
    same("vhf", TA, "VHF", lambda ta, s: ta.VHF(s.c, 28)),
    same("beta60", TA, "BETA, index first", lambda ta, s: ta.BETA(s.i, s.c, 60)),
    same("pvcorr10", TA, "CORREL", lambda ta, s: ta.CORREL(s.c, s.v, 10)),
    same("turn5", TA, "SMA of turnover", lambda ta, s: ta.SMA(s.t, 5)),
    same("turn20", TA, "SMA of turnover", lambda ta, s: ta.SMA(s.t, 20)),
    # recursions: the seed has to be forgotten
    same("expma", TA, "EMA", lambda ta, s: ta.EMA(s.c, 12), settled=150),
    same("macd", TA, "MACD", lambda ta, s: ta.MACD(s.c, 12, 26, 9)[0], settled=450, line="diff"),
    same("macd", TA, "MACD", lambda ta, s: ta.MACD(s.c, 12, 26, 9)[1], settled=450, line="dea"),
    same("vmacd", TA, "MACD of volume", lambda ta, s: ta.MACD(s.v, 12, 26, 9)[0], settled=450, line="diff"),
    same("trix", TA, "TRIX", lambda ta, s: ta.TRIX(s.c, 12), settled=250),
    same("rsi", TA, "RSI", lambda ta, s: ta.RSI(s.c, 6), settled=180),
    same("vrsi", TA, "RSI of volume", lambda ta, s: ta.RSI(s.v, 6), settled=180),
    same("kdj", TA, "KDJ", lambda ta, s: kdj(ta, s)[0], settled=120),
    same("kdj", TA, "KDJ", lambda ta, s: kdj(ta, s)[2], settled=120, line="j"),
    same("cvlt", TA, "CVI", lambda ta, s: ta.CVI(s.h, s.l, 10, 10), settled=180),
    # pandas-ta-classic: what TA-Lib lacks, and some again
    same("arbr", PTA, "brar", lambda ta, s: ta.brar(s.o, s.h, s.l, s.c, 26).iloc[:, 0]),
    same("arbr", PTA, "brar", lambda ta, s: ta.brar(s.o, s.h, s.l, s.c, 26).iloc[:, 1], line="br", clip=True),
    same("psy", PTA, "psl", lambda ta, s: ta.psl(s.c, length=12)),
    same("bias", PTA, "100 bias", lambda ta, s: 100 * ta.bias(s.c, length=12)),
    same("atr", PTA, "atr, mamode sma", lambda ta, s: ta.atr(s.h, s.l, s.c, 14, mamode="sma", talib=False)),
    same("expma", PTA, "ema, sma=False", lambda ta, s: ta.ema(s.c, 12, talib=False, sma=False)),
    same("pvt", PTA, "pvt / 100", lambda ta, s: ta.pvt(s.c, s.v) / 100),
    same("vhf", PTA, "vhf", lambda ta, s: ta.vhf(s.c, length=28)),
    same("wad", PTA, "wad", lambda ta, s: ta.wad(s.h, s.l, s.c)),
    same("beta60", PTA, "beta", lambda ta, s: ta.beta(s.c, s.i, 60)),
    same("std", PTA, "stdev, ddof 0", lambda ta, s: ta.stdev(s.c, 26, ddof=0, talib=False)),
]

BUILT = [
    same("bbi", TA, "mean of four SMA", lambda ta, s: bbi(ta, s)),
    same("bbiboll", TA, "SMA, STDDEV", lambda ta, s: bbi_upper(ta, s), line="upper"),
    same("env", TA, "1.06 SMA", lambda ta, s: 1.06 * ta.SMA(s.c, 14)),
    same("mike", TA, "TYPPRICE, MIN", lambda ta, s: 2 * ta.TYPPRICE(s.h, s.l, s.c) - ta.MIN(s.l, 12)),
    same("dpo", TA, "C - SMA", lambda ta, s: s.c - ta.SMA(s.c, 11)),
    same("vr", TA, "V / SMA of the bar before", lambda ta, s: s.v / ta.SMA(s.v, 5).shift()),
    same("turn_bias", TA, "SMA / SMA - 1", lambda ta, s: ta.SMA(s.t, 20) / ta.SMA(s.t, 120) - 1),
    same("wvad", TA, "SUM of BOP x V", lambda ta, s: ta.SUM(ta.BOP(s.o, s.h, s.l, s.c) * s.v, 24)),
    same("vol20", TA, "STDDEV of returns", lambda ta, s: ta.STDDEV(returns(s.c), 20)),
    same("maxret20", TA, "MAX of returns", lambda ta, s: ta.MAX(returns(s.c), 20)),
    same("ivol60", TA, "STDDEV, CORREL", lambda ta, s: unexplained(ta, s)),
    same("amihud20", TA, "SMA of |r| / A", lambda ta, s: 1e8 * ta.SMA(returns(s.c).abs() / s.a.iloc[1:], 20)),
    same("srmi", TA, "MOM / MAX", lambda ta, s: ta.MOM(s.c, 9) / np.maximum(s.c, s.c.shift(9))),
    same("mass", TA, "SMA, SUM", lambda ta, s: mass(ta, s)),
    same("mi", TA, "RMA of MOM", lambda ta, s: ta.RMA(ta.MOM(s.c, 12).iloc[12:], 12), settled=420),
    same("tapi", TA, "DIV", lambda ta, s: ta.DIV(s.a, s.i)),
]

DIFFERENT = [
    differs(
        "macd",
        TA,
        "MACD histogram",
        "it is DIFF - DEA, the Chinese bar twice that",
        lambda ta, s: ta.MACD(s.c, 12, 26, 9)[2],
        lambda ta, s: 2 * ta.MACD(s.c, 12, 26, 9)[2],
        450,
    ),
    differs(
        "boll",
        PTA,
        "bbands, ddof 1",
        "a sample deviation; the terminals' is of the population",
        lambda ta, s: ta.bbands(s.c, 26, 2, ddof=1, talib=False).iloc[:, 2],
        lambda ta, s: ta.bbands(s.c, 26, 2, ddof=0, talib=False).iloc[:, 2],
        line="upper",
    ),
    differs(
        "skew20",
        PTA,
        "skew",
        "corrected for the sample's size",
        lambda ta, s: ta.skew(s.c.pct_change(), 20),
        lambda ta, s: ta.skew(s.c.pct_change(), 20) * 18 / np.sqrt(20 * 19),
    ),
    differs(
        "priceosc",
        TA,
        "PPO of simple means",
        "over the long mean; 10jqka's is over the short one",
        lambda ta, s: ta.PPO(s.c, 12, 26, matype=0),
        lambda ta, s: of_short(ta.PPO(s.c, 12, 26, matype=0)),
    ),
    differs(
        "vosc",
        PTA,
        "vosc",
        "over the long mean; 10jqka's is over the short one",
        lambda ta, s: ta.vosc(s.v, 12, 26),
        lambda ta, s: of_short(ta.vosc(s.v, 12, 26)),
    ),
    differs(
        "obv",
        TA,
        "OBV",
        "it starts with the first bar's volume, ours at 0 with the first move",
        lambda ta, s: ta.OBV(s.c, s.v),
        lambda ta, s: ta.OBV(s.c, s.v) - s.v.iloc[0],
    ),
    differs(
        "atr",
        TA,
        "ATR",
        "smoothed after Wilder; 10jqka's is the simple mean",
        lambda ta, s: ta.ATR(s.h, s.l, s.c, 14),
        lambda ta, s: ta.SMA(ta.TRANGE(s.h, s.l, s.c).iloc[1:], 14),
    ),
    differs(
        "mass",
        TA,
        "MASSI",
        "exponential means; 10jqka's text has simple ones",
        lambda ta, s: ta.MASSI(s.h, s.l, 9, 25),
        lambda ta, s: mass(ta, s),
    ),
    differs(
        "dpo",
        TA,
        "DPO",
        "C - REF(MA(C,n), n/2+1); 10jqka's is C - MA(C, n/2+1)",
        lambda ta, s: ta.DPO(s.c, 20),
        lambda ta, s: s.c - ta.SMA(s.c, 11),
    ),
    differs(
        "kdj",
        TA,
        "STOCH",
        "K is a simple mean; the Chinese SMA is Wilder's, which its KDJ has",
        lambda ta, s: ta.STOCH(s.h, s.l, s.c, 9, 3, 0, 3, 0)[0],
        lambda ta, s: kdj(ta, s)[0],
        120,
    ),
    differs(
        "lwr",
        TA,
        "KDJ",
        "it counts from the low upwards, LWR from the high down",
        lambda ta, s: kdj(ta, s)[0],
        lambda ta, s: 100 - kdj(ta, s)[0],
        120,
    ),
    differs(
        "wr",
        TA,
        "WILLR",
        "-100 to 0; the terminals' is 0 to 100",
        lambda ta, s: ta.WILLR(s.h, s.l, s.c, 14),
        lambda ta, s: -ta.WILLR(s.h, s.l, s.c, 14),
    ),
    differs(
        "arbr",
        PTA,
        "brar, BR",
        "terms below 0 are cut off, as TDX does (ours by clip=True)",
        lambda ta, s: ta.brar(s.o, s.h, s.l, s.c, 26).iloc[:, 1],
        lambda ta, s: uncut_br(s),
        line="br",
    ),
    differs(
        "beta60",
        TA,
        "BETA, stock first",
        "the first series is the one regressed on",
        lambda ta, s: ta.BETA(s.c, s.i, 60),
        lambda ta, s: ta.BETA(s.i, s.c, 60),
    ),
]


@pytest.fixture(scope="module")
def library() -> Callable[[str], ModuleType]:
    """Import a library, or skip and say so."""

    def load(name: str) -> ModuleType:
        reason = f"{name} is not installed; pip install -e '.[dev]' installs it"
        return pytest.importorskip(PACKAGES[name], reason=reason)

    return load


@pytest.fixture(scope="module")
def clean() -> Panel:
    """One stock, 900 bars, no gap, no two equal prices."""
    rng = np.random.default_rng(11)
    dates = pd.bdate_range("2012-01-02", periods=900)
    close = 20 * np.exp(np.cumsum(rng.normal(0, 0.02, 900)))
    opening = close * np.exp(rng.normal(0, 0.01, 900))
    volume = np.round(1e6 * np.exp(rng.normal(0, 0.5, 900)))
    bars = pd.DataFrame({"date": dates, "symbol": "A", "open": opening, "close": close, "volume": volume})
    bars["high"] = bars[["open", "close"]].max(axis=1) * (1 + rng.exponential(0.008, 900))
    bars["low"] = bars[["open", "close"]].min(axis=1) * (1 - rng.exponential(0.008, 900))
    bars = bars.assign(amount=volume * close, turnover=volume / 1e8)
    index = 3000 * np.exp(np.cumsum(rng.normal(0, 0.012, 900)))
    return Panel.from_long(bars, benchmark=pd.DataFrame({"open": index, "close": index}, index=dates))


@pytest.fixture(scope="module")
def gappy() -> Panel:
    """Five simulated stocks with suspensions, dividends, splits, limits and prices in cents."""
    panel = simulate_market(n_symbols=20, n_days=900, seed=3)
    gaps = (~panel.traded).sum()
    return panel.select(panel.symbols[(gaps > 0) & (gaps < 100)][:5])


@pytest.fixture(scope="module")
def locked() -> Panel:
    """Sixty bars in cents, then sixty locked at the last price."""
    close = np.round(10 + np.cumsum(np.random.default_rng(0).normal(0, 0.1, 120)), 2)
    close[60:] = close[60]
    half = np.where(np.arange(120) < 60, 0.05, 0.0)
    prices = {"open": close, "high": close + half, "low": close - half, "close": close}
    dates = pd.bdate_range("2014-01-02", periods=120)
    bars = pd.DataFrame({"date": dates, "symbol": "A", **prices, "volume": 1e5, "amount": 1e6})
    index = pd.DataFrame({"open": 1.0, "close": 1.0}, index=dates)
    return Panel.from_long(bars.assign(turnover=0.01), benchmark=index)


def stock(panel: Panel, symbol: str) -> Stock:
    """The traded bars of one stock, which is what its windows count."""
    prices = {name[0]: panel.adjusted(name)[symbol] for name in ("open", "high", "low", "close")}
    others = {name[0]: panel[name][symbol] for name in ("volume", "amount", "turnover")}
    bars = pd.DataFrame({**prices, **others}).dropna(subset=["c"])
    return bars.assign(i=panel.benchmark["close"].reindex(bars.index))


def on_rows(values: object, bars: Stock) -> np.ndarray:
    """Put what a library gives, which may lack the first bars, on the stock's rows; infinite is none."""
    values = values if isinstance(values, pd.Series) else pd.Series(values, index=bars.index)
    return values.reindex(bars.index).replace([np.inf, -np.inf], np.nan).to_numpy(float)


def error(case: Same, ours: pd.Series, theirs: object, bars: Stock) -> float:
    """Largest relative difference where both are settled; near a 0, of a thousandth of the usual size."""
    mine, other = ours.reindex(bars.index).to_numpy(), on_rows(theirs, bars)
    first = max(FACTORS[case.code].bars_needed(case.parameters) - 1, case.settled)
    known = ~np.isnan(mine[first:])
    assert known.mean() > 0.95, "ours is NaN on more bars than a few without a range"
    mine, other = mine[first:][known], other[first:][known]
    size = np.maximum(np.abs(mine), 1e-3 * np.median(np.abs(mine)))
    return float(np.max(np.abs(mine - other) / size))  # NaN, hence a failure, where they have no value


def errors(case: Same, panel: Panel, ours: Callable[..., object]) -> list[float]:
    values = compute_factors(panel, {case.code: case.parameters}, form="raw")[case.code]
    stocks = {symbol: stock(panel, symbol) for symbol in panel.symbols}
    return [error(case, values[symbol], ours(bars), bars) for symbol, bars in stocks.items()]


Library = Callable[[str], ModuleType]


class TestEqual:
    @pytest.mark.parametrize("case", [*DIRECT, *BUILT], ids=str)
    def test_on_a_clean_series(self, case: Same, library: Library, clean: Panel) -> None:
        module = library(case.library)
        assert max(errors(case, clean, lambda bars: case.theirs(module, bars))) < TOLERANCE

    @pytest.mark.parametrize("case", [*DIRECT, *BUILT], ids=str)
    def test_on_stocks_with_gaps(self, case: Same, library: Library, gappy: Panel) -> None:
        module = library(case.library)
        assert max(errors(case, gappy, lambda bars: case.theirs(module, bars))) < TOLERANCE

    def test_how_many_by_one_function_and_in_all(self) -> None:
        direct, built = {case.code for case in DIRECT}, {case.code for case in BUILT}
        assert (len(direct), len(direct | built)) == (39, 54)


class TestDifferent:
    @pytest.mark.parametrize("case", DIFFERENT, ids=str)
    def test_for_the_reason_given_and_for_no_other(self, case: Same, library: Library, clean: Panel) -> None:
        module = library(case.library)
        assert case.why
        assert (
            not max(errors(case, clean, lambda bars: case.theirs(module, bars))) < 1e-3
        )  # or they have none
        assert max(errors(case, clean, lambda bars: case.mended(module, bars))) < TOLERANCE


class TestBarsThatStandStill:
    """Where a formula is 0/0 ours is NaN and TA-Lib puts 0, which a screen would take for a value."""

    @pytest.mark.parametrize(
        ("code", "theirs"),
        [
            ("cci", lambda ta, s: ta.CCI(s.h, s.l, s.c, 14)),
            ("wr", lambda ta, s: ta.WILLR(s.h, s.l, s.c, 14)),
            ("vhf", lambda ta, s: ta.VHF(s.c, 28)),
            ("pvcorr10", lambda ta, s: ta.CORREL(s.c, s.v, 10)),
        ],
    )
    def test_are_nan(self, code: str, theirs: Callable, library: Library, locked: Panel) -> None:
        bars = stock(locked, "A")
        assert np.isnan(compute_factors(locked, [code], form="raw")[code]["A"].iloc[-1])
        assert on_rows(theirs(library(TA), bars), bars)[-1] == 0.0

    def test_count_as_falling_in_mfi_unless_dropped(self, library: Library, locked: Panel) -> None:
        bars = stock(locked, "A")
        theirs = on_rows(library(TA).MFI(bars.h, bars.l, bars.c, bars.v, 14), bars)[62:72]
        ours, dropped = (
            compute_factors(locked, {"mfi": {"drop_flat": drop}}, form="raw")["mfi"]["A"].to_numpy()[62:72]
            for drop in (False, True)
        )
        assert (ours < theirs).any()
        np.testing.assert_allclose(dropped, theirs, rtol=TOLERANCE)

    def test_leave_rsi_where_it_was(self, library: Library, locked: Panel) -> None:
        """The recursion forgets rises and falls alike; TA-Lib and ours agree up to the forgotten seed."""
        ours = compute_factors(locked, ["rsi"], form="raw")["rsi"]["A"].to_numpy()
        theirs = np.asarray(library(TA).RSI(stock(locked, "A").c, 6))
        np.testing.assert_allclose(ours[60:], ours[60], rtol=TOLERANCE)
        np.testing.assert_allclose(ours[60:], theirs[60:], rtol=1e-4)
