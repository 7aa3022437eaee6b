"""Fixtures that every folder of tests shares."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel

REPO = Path(__file__).resolve().parents[1]
DAYS = 30
# symbol: first row, last row, suspended rows
LISTINGS = {
    "000001.SZ": (0, DAYS, ()),
    "000002.SZ": (0, DAYS, (5, 6, 7, 8)),  # suspended for four days
    "300001.SZ": (10, DAYS, ()),  # listed late
    "600001.SH": (0, 20, ()),  # delisted
    "600002.SH": (0, DAYS, (DAYS - 1,)),  # suspended at the end
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs LightGBM where it, or OpenMP of the system, is missing."""
    if item.get_closest_marker("lightgbm"):
        from btalpha.signals.models.boosters import MissingExtraError, import_lightgbm

        try:
            import_lightgbm()
        except MissingExtraError as error:
            pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real A-share bars, which is not part of the project."""
    folder = Path(os.environ.get("BTALPHA_DATA", REPO.parent / "shared" / "data"))
    if not (folder / "ashare_csi300_2010_2016.parquet").is_file():
        pytest.skip(f"no real bars in {folder}; set BTALPHA_DATA to their folder")
    return folder


def small_bars() -> pd.DataFrame:
    """Thirty days of five stocks, in closed form.

    The close of stock ``i`` (0, 1, ...) on row ``t`` is 10 (i + 1) + 0.1 t, and half of that for
    600002.SH from row 15 on, where it is split two for one and its factor goes from 1 to 2.
    """
    dates = pd.bdate_range("2016-01-04", periods=DAYS)
    rows = [
        _bar(dates, number, symbol, t)
        for number, (symbol, (first, last, suspended)) in enumerate(LISTINGS.items())
        for t in range(first, last)
        if t not in suspended
    ]
    return pd.DataFrame(rows)


def _bar(dates: pd.DatetimeIndex, number: int, symbol: str, t: int) -> dict[str, object]:
    factor = 2.0 if symbol == "600002.SH" and t >= 15 else 1.0
    close = (10.0 * (number + 1) + 0.1 * t) / factor
    return {
        "date": dates[t],
        "symbol": symbol,
        "open": close - 0.05,
        "high": close + 0.2,
        "low": close - 0.2,
        "close": close,
        "pre_close": close - 0.1 / factor,
        "volume": 1e6 + 1e4 * t,
        "amount": close * (1e6 + 1e4 * t),
        "turnover": 0.01 + 1e-4 * t,
        "total_mktcap": close * factor * 1e8,
        "factor": factor,
        "is_st": symbol == "600001.SH" and t >= 15,
    }


@pytest.fixture
def small_panel() -> Panel:
    """Thirty days of five stocks: a suspension, a late listing, a delisting, a split, statements."""
    bars = small_bars()
    dates = pd.DatetimeIndex(bars["date"].unique())
    statements = pd.DataFrame(
        {
            "symbol": ["000001.SZ", "000001.SZ", "000002.SZ"],
            "period_end": ["2015-09-30", "2015-12-31", "2015-09-30"],
            "announce_date": ["2015-10-20", "2016-01-20", "2015-10-28"],
            "net_profit": [70.0, 100.0, 5.0],
        }
    )
    level = 3000.0 + np.arange(DAYS)
    benchmark = pd.DataFrame({"open": level - 1.0, "close": level}, index=dates)
    info = pd.DataFrame({"industry": ["bank", "steel", "bank", "steel", "food"]}, index=list(LISTINGS))
    return Panel.from_long(bars, statements=statements, benchmark=benchmark, info=info)


@pytest.fixture(scope="session")
def market() -> Panel:
    """A simulated market: 40 stocks, 400 days."""
    from btalpha.feeds import simulate_market

    return simulate_market(n_symbols=40, n_days=400, seed=7)
