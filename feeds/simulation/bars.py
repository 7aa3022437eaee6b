"""From the walk to the published bars: range of the day, traded amount, market values."""

import numpy as np
import pandas as pd

from ..boards import to_cents
from .firms import Firms
from .lifetimes import Lifetimes
from .path import Path
from .shocks import OVERNIGHT, Shocks


def publish_bars(
    dates: pd.DatetimeIndex,
    firms: Firms,
    lifetimes: Lifetimes,
    shocks: Shocks,
    path: Path,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the long table of bars, one row for each day and symbol with a trade, in that order.

    High and low are drawn from the law of a Brownian bridge's extremes between open and close.
    """
    day, firm = np.nonzero(lifetimes.traded)
    bar = {name: getattr(path, name)[day, firm] for name in Path.__dataclass_fields__ if name != "dividends"}
    deviation = np.sqrt(1.0 - OVERNIGHT) * shocks.scale[day, firm]
    high, low = _extremes(bar, deviation, rng)
    average = _average_price(bar, high, low, rng)
    table = {
        "date": dates[day],
        "symbol": pd.Categorical.from_codes(firm, dtype=pd.CategoricalDtype(list(firms.symbols))),
        "open": bar["open"],
        "high": high,
        "low": low,
        "close": bar["close"],
        "pre_close": bar["pre_close"],
        "volume": bar["volume"].astype(np.int64),
        "amount": np.round(average * bar["volume"], 2),
        "turnover": bar["volume"] / bar["float_shares"],
        "total_mktcap": bar["close"] * bar["total_shares"],
        "float_mktcap": bar["close"] * bar["float_shares"],
        "factor": bar["factor"],
        "is_st": lifetimes.is_st[day, firm],
    }
    return pd.DataFrame(table)


def _extremes(
    bar: dict[str, np.ndarray], deviation: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw high and low; a day that never leaves its limit has only one price.

    The law puts the high at or above both open and close and the low at or below them, and rounding
    keeps that order.
    """
    first, last = np.log(bar["open"]), np.log(bar["close"])
    above, below = np.sqrt((last - first) ** 2 + 2.0 * deviation**2 * rng.exponential(size=(2, len(first))))
    high = to_cents(np.exp((first + last + above) / 2.0)).clip(bar["lower"], bar["upper"])
    low = to_cents(np.exp((first + last - below) / 2.0)).clip(bar["lower"], bar["upper"])
    return np.where(bar["locked"], bar["close"], high), np.where(bar["locked"], bar["close"], low)


def _average_price(
    bar: dict[str, np.ndarray], high: np.ndarray, low: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the day's average price (CNY) around the middle of its four prices, within its range."""
    middle = (bar["open"] + high + low + bar["close"]) / 4.0
    return (middle + 0.1 * (high - low) * rng.standard_normal(len(middle))).clip(low, high)
