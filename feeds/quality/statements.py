"""Statements against their own dates and the bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..statements import statutory_deadline
from .finding import Example, Hits, iso

if TYPE_CHECKING:
    from .dataset import Dataset


def announced_before_period_end(data: Dataset) -> Hits:
    """Find statements announced before their period ended; they count from their statutory deadline."""
    table = _statements(data)
    return _hits(table[table["announce_date"] < table["period_end"]], data)


def odd_period_ends(data: Dataset) -> Hits:
    """Find statements whose period is missing or does not end with a calendar quarter; they are refused."""
    table = _statements(data)
    return _hits(table[~table["period_end"].dt.is_quarter_end.astype(bool)], data)


def announced_late(data: Dataset) -> Hits:
    """Count statements announced after their statutory deadline, such as restatements."""
    table = _statements(data)
    table = table[table["period_end"].dt.is_quarter_end.astype(bool)]
    late = table["announce_date"] > table["period_end"].map(statutory_deadline)
    return _hits(table[late], data)


def unannounced(data: Dataset) -> Hits:
    """Count statements without an announcement date; they count from their statutory deadline."""
    table = _statements(data)
    return _hits(table[table["announce_date"].isna()], data)


def statements_without_bars(data: Dataset) -> Hits:
    """Count symbols that have statements, but no bar; they may be written in another way."""
    symbols = _statements(data)["symbol"]
    lost = sorted(set(symbols) - set(map(str, data.bars.symbols)))
    counts = symbols.value_counts()
    examples = (Example(symbol, "", f"{counts[symbol]:,} statements") for symbol in lost[: data.limit])
    return Hits(len(lost), tuple(examples))


def _statements(data: Dataset) -> pd.DataFrame:
    assert data.statements is not None
    return data.statements


def _hits(wrong: pd.DataFrame, data: Dataset) -> Hits:
    shown = wrong.sort_values(["symbol", "period_end", "announce_date"], kind="stable").head(data.limit)
    cells = zip(shown["symbol"], iso(shown["period_end"]), iso(shown["announce_date"]), strict=True)
    examples = tuple(Example(symbol, end, f"announced {day or '(missing)'}") for symbol, end, day in cells)
    return Hits(len(wrong), examples)
