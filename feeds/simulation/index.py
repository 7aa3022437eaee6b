"""The benchmark of the simulated market: an index weighted by total market value."""

import numpy as np
import pandas as pd

from .lifetimes import Lifetimes
from .path import Path

BASE = 3000.0  # points, the close before the first session


def publish_index(dates: pd.DatetimeIndex, lifetimes: Lifetimes, path: Path) -> pd.DataFrame:
    """Return ``open`` and ``close`` (points) by date.

    The index's return is the mean of close / pre_close - 1, weighted by the market value at the
    close before; pre_close is the ex-rights price, so dividends count as reinvested. A suspended
    stock keeps its weight and returns 0; a new listing enters on its second day.
    """
    weight = _weights(lifetimes, path)
    moves = {}
    for name in ("open", "close"):
        ratio = np.where(lifetimes.traded, getattr(path, name) / path.pre_close, 1.0)
        moves[name] = (weight * ratio).sum(axis=1)
    close = BASE * np.cumprod(moves["close"])
    before = np.concatenate([[BASE], close[:-1]])
    values = {"open": before * moves["open"], "close": close}
    return pd.DataFrame({name: np.round(points, 4) for name, points in values.items()}, index=dates)


def _weights(lifetimes: Lifetimes, path: Path) -> np.ndarray:
    """Return T x N weights, each row summing to 1."""
    value = path.close * path.total_shares
    day = np.arange(len(value))[:, None]
    value[1:] = value[:-1].copy()
    member = (day > lifetimes.first) & (day < lifetimes.last)
    member[0] = lifetimes.first == 0
    value = np.where(member, value, 0.0)
    return value / value.sum(axis=1, keepdims=True)
