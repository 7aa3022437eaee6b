"""Panels that the tests of signals share."""

import os

# A network of a few units is slower on several threads than on one, and much slower on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market

Prices = list[list[float]]


@pytest.fixture(scope="session")
def gappy() -> Panel:
    """Sixteen simulated stocks, 200 days, with suspensions, a late listing, and members that come and go."""
    panel = simulate_market(n_symbols=16, n_days=200, seed=3)
    rng = np.random.default_rng(0)
    joined, left = rng.integers(0, 60, 16), rng.integers(140, 230, 16)
    day = np.arange(len(panel))[:, None]
    return panel.with_universe((day >= joined) & (day < left))


@pytest.fixture(scope="session")
def holes() -> np.ndarray:
    """Random values with ties and NaN; a row and a column of NaN, a constant row, one with a single value."""
    rng = np.random.default_rng(5)
    values = np.round(rng.normal(size=(60, 11)) * 4) / 2
    values[rng.random(values.shape) < 0.25] = np.nan
    values[7] = np.nan
    values[9] = 3.0
    values[11] = np.nan
    values[11, 2] = 1.5
    values[:, 4] = np.nan
    return values


def bars(
    opens: list[list[float]], closes: list[list[float]], factor: list[list[float]] | None = None
) -> Panel:
    """A panel of days x stocks prices, NaN for no bar, symbols a, b, ..."""
    dates = pd.bdate_range("2016-01-04", periods=len(opens))
    rows = [
        {
            "date": dates[t],
            "symbol": "abcdefgh"[i],
            "open": opens[t][i],
            "close": closes[t][i],
            "high": max(opens[t][i], closes[t][i]),
            "low": min(opens[t][i], closes[t][i]),
            "volume": 100.0,
            "factor": 1.0 if factor is None else factor[t][i],
        }
        for t in range(len(opens))
        for i in range(len(opens[0]))
        if not np.isnan(closes[t][i])
    ]
    return Panel.from_long(pd.DataFrame(rows))


@pytest.fixture
def make_panel():
    """The function that builds a panel of days x stocks open and close prices."""
    return bars
