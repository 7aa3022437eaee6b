"""Volume and amount against the prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .finding import Hits, hits_in

if TYPE_CHECKING:
    from .dataset import Dataset
    from .rows import Rows

OFF = 0.01
"""So far, as a fraction, the average price of a day may lie outside its low and high."""


def volume_without_trade(data: Dataset) -> Hits:
    """Find rows with a volume, but without any price or with an amount of zero."""
    rows = data.rows
    bad = (rows["volume"] > 0) & ~rows.traded
    if "amount" in rows:
        bad |= (rows["volume"] > 0) & (rows["amount"] == 0)
    return hits_in(rows, bad, lambda row: _shown(rows, row), limit=data.limit)


def trade_without_volume(data: Dataset) -> Hits:
    """Find rows without volume in which a price moved or money changed hands; the panel drops them."""
    rows = data.rows
    bad = rows["high"] > rows["low"]
    if "amount" in rows:
        bad |= rows["amount"] > 0
    bad &= np.nan_to_num(rows["volume"], nan=0.0) == 0.0
    return hits_in(rows, bad, lambda row: _shown(rows, row), limit=data.limit)


def rows_without_trade(data: Dataset) -> Hits:
    """Count rows without volume or price; the panel takes them as suspended days."""
    rows = data.rows
    return hits_in(rows, ~rows.traded, lambda row: _shown(rows, row), limit=data.limit)


def amount_off_price(data: Dataset) -> Hits:
    """Find bars whose amount / volume lies outside low to high: lots for shares, or thousands for CNY."""
    bars = data.bars
    average = np.where(bars["amount"] > 0, bars["amount"], np.nan) / bars["volume"]
    over = np.fmax(average / bars["high"], bars["low"] / average) - 1.0
    bad = over > OFF
    return hits_in(
        bars,
        bad,
        lambda row: f"amount / volume {average[row]:.4g}, {_shown(bars, row)}",
        limit=data.limit,
        size=np.nan_to_num(over),
    )


def _shown(rows: Rows, row: int) -> str:
    amount = f", amount {rows['amount'][row]:g}" if "amount" in rows else ""
    return f"low {rows['low'][row]:g}, high {rows['high'][row]:g}, volume {rows['volume'][row]:g}{amount}"
