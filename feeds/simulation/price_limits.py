"""The daily price band, as the exchanges compute it."""

import numpy as np
import pandas as pd

MAIN_BOARD = 0.10
SPECIAL_TREATMENT = 0.05
GROWTH_BOARD = 0.20  # codes 300xxx, for ST firms too
GROWTH_BOARD_SINCE = pd.Timestamp("2020-08-24")  # before it the main board's rates


def limit_rates(symbols: np.ndarray, is_st: np.ndarray, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the T x N largest moves of a day as fractions of ``pre_close``.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2020-08-21", "2020-08-24"])
    >>> limit_rates(np.array(["600000.SH", "300001.SZ"]), np.array([[True, False]] * 2), days).tolist()
    [[0.05, 0.1], [0.05, 0.2]]
    """
    rates = np.where(is_st, SPECIAL_TREATMENT, MAIN_BOARD)
    growth = np.array([str(symbol).startswith("300") for symbol in symbols])
    wide = np.asarray(dates >= GROWTH_BOARD_SINCE)
    return np.where(wide[:, None] & growth, GROWTH_BOARD, rates)


def to_cents(price: np.ndarray) -> np.ndarray:
    """Round to CNY 0.01, half a cent up, as the exchanges do.

    Examples
    --------
    >>> to_cents(np.array([17.15 * 1.1, 9.994])).tolist()
    [18.87, 9.99]
    """
    # 17.15 x 1.1 is 18.865 on paper but a hair less in binary; the small addend repairs that.
    return np.floor(price * 100.0 + 0.5 + 1e-6) / 100.0
