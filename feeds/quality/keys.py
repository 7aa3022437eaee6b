"""Rows that cannot be placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..columns import can_be_symbol
from .finding import Example, Hits

if TYPE_CHECKING:
    from .dataset import Dataset


def missing_keys(data: Dataset) -> Hits:
    """Find rows without a date or without a symbol; the panel refuses them."""
    table = data.unplaced.head(data.limit)
    examples = tuple(
        Example(symbol, date, f"row {row} has {_lack(symbol)}")
        for row, symbol, date in table.itertuples(index=False)
    )
    return Hits(len(data.unplaced), examples)


def _lack(symbol: str) -> str:
    if can_be_symbol(symbol):
        return "no date"
    return f"the symbol {symbol!r}" if symbol else "no symbol"
