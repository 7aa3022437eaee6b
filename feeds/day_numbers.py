"""Trading dates as Backtrader counts them: days since 0001-01-01, which is 1."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

EPOCH = 719163
"""1970-01-01, the day that NumPy counts from."""


def day_numbers(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the T dates as floats, read-only; computed once for the same dates.

    Examples
    --------
    >>> day_numbers(pd.DatetimeIndex(["1970-01-02"]))
    array([719164.])
    """
    return _numbers(_key(dates))


def rows_of_days(dates: pd.DatetimeIndex) -> dict[int, int]:
    """Return the row of each date by its number.

    Examples
    --------
    >>> rows_of_days(pd.DatetimeIndex(["1970-01-02", "1970-01-05"]))
    {719164: 0, 719167: 1}
    """
    return _rows(_key(dates))


def _key(dates: pd.DatetimeIndex) -> bytes:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64).tobytes()


@lru_cache(maxsize=8)
def _numbers(days: bytes) -> np.ndarray:
    return np.frombuffer(days, dtype=np.int64).astype(float) + EPOCH


@lru_cache(maxsize=8)
def _rows(days: bytes) -> dict[int, int]:
    return {int(day) + EPOCH: row for row, day in enumerate(np.frombuffer(days, dtype=np.int64))}
