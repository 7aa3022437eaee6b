"""Several rows of one symbol and day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .finding import Hits, hits_in

if TYPE_CHECKING:
    from .dataset import Dataset
    from .rows import Rows


def repeats(rows: Rows) -> np.ndarray:
    """Tell for each row whether a traded one of its symbol and day stands before it.

    Rows without trade take no part: the panel leaves them out before it looks for duplicates.
    """
    again = np.zeros(len(rows), dtype=bool)
    at = np.flatnonzero(rows.traded)
    again[at[1:]] = (rows.codes[at[1:]] == rows.codes[at[:-1]]) & (rows.days[at[1:]] == rows.days[at[:-1]])
    return again


def conflicting_duplicates(data: Dataset) -> Hits:
    """Find rows that differ from the first one of their symbol and day; the panel refuses them."""
    rows = data.rows
    first, differs = _compared(rows)

    def value(row: int) -> str:
        name = next(name for name, values in rows.columns.items() if _differs(values, row, first[row]))
        return f"{name} {rows[name][first[row]]:g} and {rows[name][row]:g}"

    return hits_in(rows, differs, value, limit=data.limit)


def repeated_rows(data: Dataset) -> Hits:
    """Find rows that say the same as the first one of their symbol and day; the panel drops them."""
    rows = data.rows
    _, differs = _compared(rows)
    return hits_in(
        rows, repeats(rows) & ~differs, lambda row: f"close {rows['close'][row]:g}", limit=data.limit
    )


def _compared(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each row's symbol and day, and whether the two differ anywhere."""
    again = repeats(rows)
    if not again.any():
        return np.arange(len(rows)), again
    first = np.where(again | ~rows.traded, 0, np.arange(len(rows)))
    np.maximum.accumulate(first, out=first)
    differs = np.zeros(len(rows), dtype=bool)
    at = np.flatnonzero(again)
    for values in rows.columns.values():
        differs[at] |= _differs(values, at, first[at])
    return first, differs


def _differs(values: np.ndarray, one: np.ndarray | int, other: np.ndarray | int) -> np.ndarray:
    a, b = values[one], values[other]
    return (a != b) & ~((a != a) & (b != b))  # two empty cells are the same
