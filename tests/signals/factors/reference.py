"""The technical factors once more, one stock at a time, in plain pandas: slow, and easy to read.

Every function takes the bars of one stock (adjusted prices ``open high low close``, ``volume amount
turnover``, the index as ``index_open index_close``, one row a traded bar) and returns a series.
Written from the definitions, not from the package, which it does not import.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

Series = pd.Series
SlowFactor = Callable[[pd.DataFrame], pd.Series]


def mean(x: Series, n: int) -> Series:
    return x.rolling(n).mean()


def deviation(x: Series, n: int) -> Series:
    """Window by window: the running variance of ``rolling(n).std()`` is off by 1e-8 after a jump."""
    out = np.full(len(x), np.nan)
    if len(x) >= n:
        out[n - 1 :] = np.lib.stride_tricks.sliding_window_view(x.to_numpy(), n).std(axis=1)
    return Series(out, index=x.index)


def ema(x: Series, n: int) -> Series:
    return x.dropna().ewm(span=n, adjust=False).mean().reindex(x.index)


def sma(x: Series, n: int, m: int) -> Series:
    return x.dropna().ewm(alpha=m / n, adjust=False).mean().reindex(x.index)


def total(x: Series, n: int) -> Series:
    return x.rolling(n).sum()


def share_of(condition: Series, n: int, known: Series | None = None) -> Series:
    """How often a condition held among n bars on which all of ``known`` was known."""
    x = condition.astype(float)
    return total(x if known is None else x.where(known.notna()), n)


def quotient(a: Series, b: Series) -> Series:
    return a / b.where(b != 0)


def moved(x: Series) -> Series:
    """The change from the bar before; what binary rounding makes of a tie of decimals is no change."""
    move = x.diff()
    return move.where((move.abs() > 1e-12 * x.abs()) | move.isna(), 0.0)


def bbi(s: pd.DataFrame) -> Series:
    return sum(mean(s.close, n) for n in (3, 6, 12, 24)) / 4


def macd(x: Series) -> Series:
    diff = ema(x, 12) - ema(x, 26)
    return 2 * (diff - ema(diff, 9))


def trix(s: pd.DataFrame) -> Series:
    return ema(ema(ema(s.close, 12), 12), 12).pct_change() * 100


def cci(s: pd.DataFrame) -> Series:
    typical = (s.high + s.low + s.close) / 3
    spread = typical.rolling(14).apply(lambda w: np.abs(w - w.mean()).mean(), raw=True)
    return quotient(typical - mean(typical, 14), 0.015 * spread)


def dbcd(s: pd.DataFrame) -> Series:
    bias = s.close / mean(s.close, 5) - 1
    return sma(bias - bias.shift(16), 76, 1)


def place_in_range(s: pd.DataFrame, n: int) -> Series:
    low, high = s.low.rolling(n).min(), s.high.rolling(n).max()
    return quotient(s.close - low, high - low) * 100


def rsi(x: Series, n: int) -> Series:
    move = x.diff()
    return quotient(sma(move.clip(lower=0), n, 1), sma(move.abs(), n, 1)) * 100


def swing(s: pd.DataFrame) -> Series:
    out, rows = [np.nan], list(s.itertuples())
    for now, last in zip(rows[1:], rows, strict=False):
        aa, bb = abs(now.high - last.close), abs(now.low - last.close)
        cc, dd = abs(now.high - last.low), abs(last.close - last.open)
        tie = 1e-12 * last.close
        if aa > bb + tie and aa > cc + tie:
            r = aa + bb / 2 + dd / 4
        elif bb > cc + tie and bb > aa + tie:
            r = bb + aa / 2 + dd / 4
        else:
            r = cc + dd / 4
        x = now.close - last.close + (now.close - now.open) / 2 + last.close - last.open
        out.append(16 * x / r * max(aa, bb) if r else np.nan)
    return Series(out, index=s.index)


def directions(s: pd.DataFrame) -> tuple[Series, Series]:
    step = moved(s.high + s.low)
    move = pd.concat([s.high.diff().abs(), s.low.diff().abs()], axis=1).max(axis=1)
    return move.where(step > 0, 0.0).where(step.notna()), move.where(step < 0, 0.0).where(step.notna())


def ddi(s: pd.DataFrame) -> Series:
    up, down = (total(x, 13) for x in directions(s))
    return quotient(up, up + down) - quotient(down, up + down)


def lopsided(up: Series, down: Series) -> Series:
    larger = np.maximum(up, down)
    return quotient(up - down, larger).where((up != down) | up.isna(), 0.0)


def srdm(s: pd.DataFrame) -> Series:
    return lopsided(*(mean(x, 10) for x in directions(s)))


def adtm(s: pd.DataFrame) -> Series:
    step = s.open.diff()
    up = np.maximum(s.high - s.open, step).where(step > 0, 0.0).where(step.notna())
    down = (s.open - s.low).where(step < 0, 0.0).where(step.notna())
    return lopsided(total(up, 23), total(down, 23))


def micd(s: pd.DataFrame) -> Series:
    smooth = sma(s.close.diff(), 3, 1).shift()
    return sma(mean(smooth, 10) - mean(smooth, 20), 10, 1)


def rccd(s: pd.DataFrame) -> Series:
    smooth = sma((s.close / s.close.shift(59)).shift(), 59, 1).shift()
    return sma(mean(smooth, 21) - mean(smooth, 28), 59, 1)


def cr(s: pd.DataFrame) -> Series:
    middle = ((s.high + s.low + s.close) / 3).shift()
    return quotient(total(s.high - middle, 26), total(middle - s.low, 26)) * 100


def vr_rate(s: pd.DataFrame) -> Series:
    move = s.close.diff()
    up, down, flat = (
        total(s.volume.where(hit, 0.0).where(move.notna()), 26) for hit in (move > 0, move < 0, move == 0)
    )
    return quotient(up + flat / 2, down + flat / 2) * 100


def wad(s: pd.DataFrame) -> Series:
    level, out, rows = 0.0, [np.nan], list(s.itertuples())
    for now, last in zip(rows[1:], rows, strict=False):
        if now.close > last.close:
            level += now.close - min(last.close, now.low)
        elif now.close < last.close:
            level += now.close - max(last.close, now.high)
        out.append(level)
    return Series(out, index=s.index)


def mfi(s: pd.DataFrame) -> Series:
    typical = (s.high + s.low + s.close) / 3
    flow, step = typical * s.volume, moved(typical)
    rises = total(flow.where(step > 0, 0.0).where(step.notna()), 14)
    falls = total(flow.where(step <= 0, 0.0).where(step.notna()), 14)
    return 100 - 100 / (1 + rises / falls)


def wvad(s: pd.DataFrame) -> Series:
    body = quotient(s.close - s.open, s.high - s.low).where(s.high > s.low, 0.0)
    return total(body * s.volume, 24)


def zdzb(s: pd.DataFrame, n: int = 5) -> Series:
    move = s.close.diff()
    ratio = quotient(share_of(move >= 0, 125, move), share_of(move < 0, 125, move))
    return mean(ratio, n)


def against(s: pd.DataFrame, sign: int) -> Series:
    """Share of the days on which the index went the other way, n = 20."""
    stock, index = sign * (s.close - s.open), sign * (s.index_close - s.index_open)
    return quotient(share_of((stock > 0) & (index < 0), 20, index), share_of(index < 0, 20, index))


def dptb(s: pd.DataFrame) -> Series:
    stock, index = s.close - s.open, s.index_close - s.index_open
    same = ((stock > 0) & (index > 0)) | ((stock < 0) & (index < 0))
    return share_of(same, 7, index) / 7


def run(condition: Series) -> Series:
    out, length = [np.nan], 0
    for hit in condition.iloc[1:]:
        length = length + 1 if hit else 0
        out.append(float(length))
    return Series(out, index=condition.index)


def atr(s: pd.DataFrame, n: int = 14) -> Series:
    last = s.close.shift()
    reach = pd.concat([s.high - s.low, (last - s.high).abs(), (last - s.low).abs()], axis=1)
    return mean(reach.max(axis=1).where(last.notna()), n)


def mass(s: pd.DataFrame) -> Series:
    spread = mean(s.high - s.low, 9)
    return total(quotient(spread, mean(spread, 9)), 25)


def cvlt(s: pd.DataFrame) -> Series:
    spread = ema(s.high - s.low, 10)
    return (spread / spread.shift(10) - 1) * 100


def skewness(s: pd.DataFrame) -> Series:
    def one(w: np.ndarray) -> float:
        d = w - w.mean()
        return (d**3).mean() / (d**2).mean() ** 1.5 if (d != 0).any() else np.nan

    return s.close.pct_change().rolling(20).apply(one, raw=True)


def regression(s: pd.DataFrame) -> tuple[Series, Series]:
    """Beta and residual deviation over 60 days, by numpy's least squares."""
    r, market = s.close.pct_change().to_numpy(), s.index_close.pct_change(fill_method=None).to_numpy()
    beta, residual = np.full(len(s), np.nan), np.full(len(s), np.nan)
    for i in range(59, len(s)):
        y, x = r[i - 59 : i + 1], market[i - 59 : i + 1]
        if np.isnan(x).any() or np.isnan(y).any():
            continue
        design = np.column_stack([np.ones(60), x])
        solution = np.linalg.lstsq(design, y, rcond=None)[0]
        beta[i], residual[i] = solution[1], (y - design @ solution).std()
    return Series(beta, index=s.index), Series(residual, index=s.index)


def illiquidity(s: pd.DataFrame) -> Series:
    return mean(quotient(s.close.pct_change().abs(), s.amount), 20) * 1e8


def correlation(s: pd.DataFrame) -> Series:
    close, volume = s.close.to_numpy(), s.volume.to_numpy()

    def one(i: int) -> float:
        x, y = close[i - 9 : i + 1], volume[i - 9 : i + 1]
        return np.corrcoef(x, y)[0, 1] if np.ptp(x) > 0 and np.ptp(y) > 0 else np.nan

    return Series([np.nan] * 9 + [one(i) for i in range(9, len(s))], index=s.index)[: len(s)]


REFERENCE: dict[str, SlowFactor] = {
    "ma": lambda s: mean(s.close, 5),
    "expma": lambda s: ema(s.close, 12),
    "bbi": bbi,
    "dma": lambda s: mean(s.close, 10) - mean(s.close, 50),
    "macd": lambda s: macd(s.close),
    "priceosc": lambda s: (1 - mean(s.close, 26) / mean(s.close, 12)) * 100,
    "trix": trix,
    "boll": lambda s: mean(s.close, 26),
    "bbiboll": bbi,
    "cdp": lambda s: ((s.high + s.low + 2 * s.close) / 4).shift(),
    "env": lambda s: mean(s.close, 14) * 1.06,
    "mike": lambda s: 2 * (s.high + s.low + s.close) / 3 - s.low.rolling(12).min(),
    "bias": lambda s: (s.close / mean(s.close, 12) - 1) * 100,
    "cci": cci,
    "dbcd": dbcd,
    "dpo": lambda s: s.close - mean(s.close, 11),
    "kdj": lambda s: sma(place_in_range(s, 9), 3, 1),
    "lwr": lambda s: sma(100 - place_in_range(s, 9), 3, 1),
    "rsi": lambda s: rsi(s.close, 6),
    "si": swing,
    "wr": lambda s: 100 - place_in_range(s, 14),
    "ddi": ddi,
    "srdm": srdm,
    "adtm": adtm,
    "mtm": lambda s: s.close.diff(6),
    "roc": lambda s: s.close.pct_change(12) * 100,
    "mi": lambda s: sma(s.close.diff(12), 12, 1),
    "micd": micd,
    "rc": lambda s: s.close / s.close.shift(50) * 100,
    "rccd": rccd,
    "srmi": lambda s: s.close.diff(9) / np.maximum(s.close, s.close.shift(9)),
    "mom20": lambda s: s.close.pct_change(20),
    "mom60": lambda s: s.close.pct_change(60),
    "mom240_20": lambda s: s.close.shift(20) / s.close.shift(240) - 1,
    "rev5": lambda s: -s.close.pct_change(5),
    "vroc": lambda s: s.volume.pct_change(12) * 100,
    "vrsi": lambda s: rsi(s.volume, 6),
    "vr": lambda s: s.volume / mean(s.volume, 5).shift(),
    "vma": lambda s: mean(s.volume, 5),
    "vmacd": lambda s: macd(s.volume),
    "vosc": lambda s: (1 - mean(s.volume, 26) / mean(s.volume, 12)) * 100,
    "tapi": lambda s: s.amount / s.index_close,
    "vstd": lambda s: deviation(s.volume, 10),
    "arbr": lambda s: quotient(total(s.high - s.open, 26), total(s.open - s.low, 26)) * 100,
    "cr": cr,
    "psy": lambda s: share_of(s.close.diff() > 0, 12, s.close.diff()) / 12 * 100,
    "vr_rate": vr_rate,
    "wad": wad,
    "mfi": mfi,
    "obv": lambda s: (np.sign(s.close.diff()) * s.volume).cumsum(),
    "pvt": lambda s: (s.close.pct_change() * s.volume).cumsum(),
    "wvad": wvad,
    "dptb": dptb,
    "jdqs": lambda s: against(s, 1),
    "jdrs": lambda s: against(s, -1),
    "zdzb": zdzb,
    "up_n": lambda s: run(s.close.diff() > 0),
    "down_n": lambda s: run(s.close.diff() < 0),
    "atr": atr,
    "mass": mass,
    "std": lambda s: deviation(s.close, 26),
    "vhf": lambda s: (
        (s.close.rolling(28).max() - s.close.rolling(28).min()) / total(s.close.diff().abs(), 28)
    ),
    "cvlt": cvlt,
    "vol20": lambda s: deviation(s.close.pct_change(), 20),
    "skew20": skewness,
    "maxret20": lambda s: s.close.pct_change().rolling(20).max(),
    "beta60": lambda s: regression(s)[0],
    "ivol60": lambda s: regression(s)[1],
    "turn5": lambda s: mean(s.turnover, 5),
    "turn20": lambda s: mean(s.turnover, 20),
    "turn_bias": lambda s: mean(s.turnover, 20) / mean(s.turnover, 120) - 1,
    "amihud20": illiquidity,
    "pvcorr10": correlation,
}
"""Raw form with default parameters, by code."""


def bands(s: pd.DataFrame, middle: Series, n: int, k: float) -> Series:
    return middle + k * deviation(middle if n == 10 else s.close, n)


def mike(s: pd.DataFrame, a: float, b: float, c: float) -> Series:
    """A weighted sum of the typical price, the high of 12 bars and their low."""
    typical = (s.high + s.low + s.close) / 3
    return a * typical + b * s.high.rolling(12).max() + c * s.low.rolling(12).min()


def pivot(s: pd.DataFrame, a: float, b: float, c: float) -> Series:
    """A weighted sum of the pivot, the high and the low of the bar before."""
    return (a * (s.high + s.low + 2 * s.close) / 4 + b * s.high + c * s.low).shift()


def diff(x: Series) -> Series:
    return ema(x, 12) - ema(x, 26)


def br(s: pd.DataFrame, clip: float | None = None) -> Series:
    last = s.close.shift()
    up, down = (s.high - last).clip(lower=clip), (last - s.low).clip(lower=clip)
    return quotient(total(up, 26), total(down, 26)) * 100


def clipped_cr(s: pd.DataFrame) -> Series:
    middle = ((s.high + s.low + s.close) / 3).shift()
    up, down = (s.high - middle).clip(lower=0), (middle - s.low).clip(lower=0)
    return quotient(total(up, 26), total(down, 26)) * 100


def mfi_without_flat(s: pd.DataFrame) -> Series:
    typical = (s.high + s.low + s.close) / 3
    step, out = moved(typical).to_numpy(), np.full(len(s), np.nan)
    flow = (typical * s.volume).to_numpy()
    for i in range(14, len(s)):
        now, moves = flow[i - 13 : i + 1], step[i - 13 : i + 1]
        both = now[moves != 0].sum()
        out[i] = 100 * now[moves > 0].sum() / both if both else np.nan
    return Series(out, index=s.index)


def obv_by_range(s: pd.DataFrame) -> Series:
    place = ((s.close - s.low) - (s.high - s.close)) / (s.high - s.low)
    return (place.where(s.high > s.low, 0.0) * s.volume).cumsum()


LINES: dict[tuple[str, object], SlowFactor] = {
    ("dma", "ama"): lambda s: mean(mean(s.close, 10) - mean(s.close, 50), 10),
    ("macd", "diff"): lambda s: diff(s.close),
    ("macd", "dea"): lambda s: ema(diff(s.close), 9),
    ("vmacd", "diff"): lambda s: diff(s.volume),
    ("vmacd", "dea"): lambda s: ema(diff(s.volume), 9),
    ("trix", "trma"): lambda s: mean(trix(s), 20),
    ("boll", "upper"): lambda s: bands(s, mean(s.close, 26), 26, 2),
    ("boll", "lower"): lambda s: bands(s, mean(s.close, 26), 26, -2),
    ("bbiboll", "upper"): lambda s: bands(s, bbi(s), 10, 3),
    ("bbiboll", "lower"): lambda s: bands(s, bbi(s), 10, -3),
    ("cdp", "ah"): lambda s: pivot(s, 1, 1, -1),
    ("cdp", "nh"): lambda s: pivot(s, 2, 0, -1),
    ("cdp", "nl"): lambda s: pivot(s, 2, -1, 0),
    ("cdp", "al"): lambda s: pivot(s, 1, -1, 1),
    ("env", "lower"): lambda s: mean(s.close, 14) * 0.94,
    ("mike", "mr"): lambda s: mike(s, 1, 1, -1),
    ("mike", "sr"): lambda s: mike(s, 0, 2, -1),
    ("mike", "ws"): lambda s: mike(s, 2, -1, 0),
    ("mike", "ms"): lambda s: mike(s, 1, -1, 1),
    ("mike", "ss"): lambda s: mike(s, 0, -1, 2),
    ("dbcd", "mm"): lambda s: mean(dbcd(s), 5),
    ("dpo", "madpo"): lambda s: mean(s.close - mean(s.close, 11), 6),
    ("kdj", "d"): lambda s: sma(sma(place_in_range(s, 9), 3, 1), 3, 1),
    ("kdj", "j"): lambda s: (
        3 * sma(place_in_range(s, 9), 3, 1) - 2 * sma(sma(place_in_range(s, 9), 3, 1), 3, 1)
    ),
    ("lwr", "lwr2"): lambda s: sma(sma(100 - place_in_range(s, 9), 3, 1), 3, 1),
    ("ddi", "addi"): lambda s: sma(ddi(s), 30, 10),
    ("ddi", "ad"): lambda s: mean(sma(ddi(s), 30, 10), 5),
    ("srdm", "asrdm"): lambda s: sma(srdm(s), 30, 1),
    ("adtm", "adtmma"): lambda s: mean(adtm(s), 8),
    ("mtm", "mtmma"): lambda s: mean(s.close.diff(6), 5),
    ("roc", "rocma"): lambda s: mean(s.close.pct_change(12) * 100, 6),
    ("mi", "a"): lambda s: s.close.diff(12),
    ("rc", "arc"): lambda s: sma((s.close / s.close.shift(50) * 100).shift(), 50, 1),
    ("tapi", "matapi"): lambda s: mean(s.amount / s.index_close, 6),
    ("arbr", "br"): br,
    ("arbr", True): lambda s: br(s, clip=0.0),
    ("cr", True): clipped_cr,
    ("psy", "mapsy"): lambda s: mean(REFERENCE["psy"](s), 6),
    ("wad", "mawad"): lambda s: mean(wad(s), 30),
    ("mfi", True): mfi_without_flat,
    ("obv", "range"): obv_by_range,
    ("wvad", "mawvad"): lambda s: mean(wvad(s), 6),
    ("zdzb", "d"): lambda s: zdzb(s, 20),
    ("atr", "tr"): lambda s: atr(s, 1),
}
"""Lines and variants other than the default, by code and choice."""

COLUMNS = ("open", "high", "low", "close", "volume", "amount", "turnover")


def stock_bars(frames: dict[str, pd.DataFrame], benchmark: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """The traded bars of one stock with adjusted prices and the index beside them.

    ``frames`` maps each of :data:`COLUMNS` and ``factor`` to a raw dates x symbols frame.
    """
    stock = pd.DataFrame({name: frames[name][symbol] for name in (*COLUMNS, "factor")})
    stock = stock[stock["close"].notna()]
    for price in ("open", "high", "low", "close"):
        stock[price] = stock[price] * stock["factor"]
    index = benchmark.reindex(stock.index)
    return stock.assign(index_open=index["open"], index_close=index["close"])
