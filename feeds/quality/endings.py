"""Symbols that are gone before the data ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .finding import Example, Hits

if TYPE_CHECKING:
    from .dataset import Dataset


def symbols_that_end(data: Dataset) -> Hits:
    """Count symbols whose last bar lies before the last date of the data, the earliest first.

    They are delisted, suspended at the end, or cut off; if none ends in years of data, the delisted ones
    were left out.
    """
    bars = data.bars
    last = bars.firsts[1:][np.diff(bars.firsts) > 0] - 1
    early = last[bars.days[last] < bars.dates[-1]]
    early = early[np.argsort(bars.days[early], kind="stable")]
    examples = tuple(
        Example(
            *bars.place(row),
            f"last bar, {len(bars.dates) - 1 - _number(data, row):,} days before the data ends",
        )
        for row in early[: data.limit]
    )
    return Hits(len(early), examples)


def _number(data: Dataset, row: int) -> int:
    return int(np.searchsorted(data.bars.dates, data.bars.days[row]))
