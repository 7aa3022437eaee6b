"""The index series against the dates of the bars, and against itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..benchmark import FIELDS
from .finding import Example, Hits, iso

if TYPE_CHECKING:
    from .dataset import Dataset

JUMP = 0.11
"""Largest move of an index from close to close, as a fraction, that is taken for possible."""


def benchmark_days_missing(data: Dataset) -> Hits:
    """Find dates with bars on which the index has no value."""
    known = _benchmark(data)["date"].dropna().to_numpy().astype("datetime64[D]")
    gone = data.bars.dates[~np.isin(data.bars.dates, known)]
    return Hits(len(gone), tuple(Example("", str(day), "no value") for day in gone[: data.limit]))


def benchmark_unusable(data: Dataset) -> Hits:
    """Find rows of the index that are refused: no date, a date again, or a value that is not above zero."""
    table = _benchmark(data)
    bad = table["date"].isna() | table["date"].duplicated()
    for name in FIELDS:
        bad |= ~((table[name] > 0) & (table[name] < np.inf))
    return _hits(table[bad], data)


def benchmark_jumps(data: Dataset) -> Hits:
    """Find closes of the index more than 11 % away from the one before."""
    table = _benchmark(data).dropna().drop_duplicates("date").sort_values("date", kind="stable")
    return _hits(table[table["close"].pct_change().abs() > JUMP], data)


def _benchmark(data: Dataset) -> pd.DataFrame:
    assert data.benchmark is not None
    return data.benchmark


def _hits(wrong: pd.DataFrame, data: Dataset) -> Hits:
    shown = wrong.head(data.limit)
    cells = zip(iso(shown["date"]), shown["open"], shown["close"], strict=True)
    examples = tuple(Example("", day, f"open {start:g}, close {end:g}") for day, start, end in cells)
    return Hits(len(wrong), examples)
