"""Bars without a fault, in closed form, and a way to check them."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from btalpha.feeds.quality import Finding, read_dataset, run_checks

SYMBOLS = ("000001.SZ", "300001.SZ", "600000.SH")
# Sessions of Shanghai: the weekdays without the Spring Festival.
DATES = pd.bdate_range("2016-01-04", "2016-02-19").difference(pd.bdate_range("2016-02-08", "2016-02-12"))


def clean_bars() -> pd.DataFrame:
    """Thirty days of three stocks; stock ``i`` closes at 10 (i + 1) + 0.1 t on day ``t``."""
    rows = []
    for number, symbol in enumerate(SYMBOLS):
        for t, day in enumerate(DATES):
            close = round(10.0 * (number + 1) + 0.1 * t, 2)
            volume = 1e6 + 1e4 * t
            rows.append(
                {
                    "date": day,
                    "symbol": symbol,
                    "open": round(close - 0.05, 2),
                    "high": round(close + 0.2, 2),
                    "low": round(close - 0.2, 2),
                    "close": close,
                    "pre_close": round(close - 0.1, 2),
                    "volume": volume,
                    "amount": close * volume,
                    "factor": 1.0,
                    "is_st": False,
                }
            )
    return pd.DataFrame(rows)


def row_of(bars: pd.DataFrame, symbol: str, t: int) -> int:
    """The row of a symbol on day ``t``."""
    (row,) = bars.index[(bars["symbol"] == symbol) & (bars["date"] == DATES[t])]
    return int(row)


@pytest.fixture
def bars() -> pd.DataFrame:
    return clean_bars()


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., dict[str, Finding]]:
    """Write frames to files, check them, and return the findings by name."""

    def check(bars: pd.DataFrame, **options: object) -> dict[str, Finding]:
        path = tmp_path / "bars.parquet"
        bars.to_parquet(path)
        for name in ("members", "statements", "benchmark"):
            if isinstance(options.get(name), pd.DataFrame):
                options[name].to_csv(tmp_path / f"{name}.csv", index=False)
                options[name] = tmp_path / f"{name}.csv"
        return {finding.check: finding for finding in run_checks(read_dataset(path, **options))}

    return check


def found(findings: dict[str, Finding]) -> dict[str, int]:
    """The checks that hit, and how often."""
    return {name: finding.hits.count for name, finding in findings.items() if finding.hits.count}
