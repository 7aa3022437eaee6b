"""A dates x symbols table that grows by rows, and hands out views of what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

_FIRST_ROWS = 64


class GrowingTable:
    """One array a field, T x N, with a row for each day that was written; NaN where nothing was.

    A view that was handed out never changes: rows are only added behind it, and whoever writes into the
    rows that it shows makes the table write to a copy.

    Parameters
    ----------
    fields
        Names of the fields.
    columns
        Number of columns.

    Examples
    --------
    >>> table = GrowingTable(["close"], 2)
    >>> table.write(np.array([3, 5]), 0, {"close": np.array([1.0, 2.0])})
    >>> table.write(np.array([4]), 1, {"close": np.array([9.0])})
    >>> days, arrays = table.views()
    >>> days.tolist(), arrays["close"].tolist()
    ([3, 4, 5], [[1.0, nan], [nan, 9.0], [2.0, nan]])
    """

    def __init__(self, fields: Sequence[str], columns: int) -> None:
        self._days = np.empty(_FIRST_ROWS, dtype=np.int64)
        self._arrays = {name: np.full((_FIRST_ROWS, columns), np.nan) for name in fields}
        self._length = self._shown = 0

    def write(self, days: np.ndarray, column: int, values: Mapping[str, np.ndarray]) -> None:
        """Write a column's values on some days, ascending; days that are not there yet become rows."""
        rows = self._rows(days)
        if rows[0] < self._shown:
            self._replace({name: array.copy() for name, array in self._arrays.items()}, self._days.copy())
        for name, of_days in values.items():
            self._arrays[name][rows, column] = of_days

    def views(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the T days and the T x N arrays."""
        self._shown = self._length
        return self._days[: self._length], {
            name: array[: self._length] for name, array in self._arrays.items()
        }

    def _rows(self, days: np.ndarray) -> np.ndarray:
        known = self._days[: self._length]
        rows = np.searchsorted(known, days)
        inside = rows < self._length
        missing = ~inside
        missing[inside] = known[rows[inside]] != days[inside]
        if not missing.any():
            return rows
        if (inside & missing).any():
            self._insert(days[missing])
        else:
            self._append(days[missing])
        return np.searchsorted(self._days[: self._length], days)

    def _append(self, days: np.ndarray) -> None:
        length = self._length + len(days)
        if length > len(self._days):
            size = max(2 * len(self._days), length)
            self._replace(
                {name: _longer(a, size) for name, a in self._arrays.items()}, np.resize(self._days, size)
            )
        self._days[self._length : length] = days
        self._length = length

    def _insert(self, days: np.ndarray) -> None:
        """Make room between rows: for feeds that deliver the bars of a day later than others."""
        known = self._days[: self._length]
        merged = np.union1d(known, days)
        rows = np.searchsorted(merged, known)
        arrays = {}
        for name, array in self._arrays.items():
            arrays[name] = np.full((len(merged), array.shape[1]), np.nan)
            arrays[name][rows] = array[: self._length]
        self._replace(arrays, merged)
        self._length = len(merged)

    def _replace(self, arrays: dict[str, np.ndarray], days: np.ndarray) -> None:
        # What was handed out keeps the old arrays.
        self._arrays, self._days, self._shown = arrays, days, 0


def _longer(array: np.ndarray, rows: int) -> np.ndarray:
    longer = np.full((rows, array.shape[1]), np.nan)
    longer[: len(array)] = array
    return longer
