"""What was done in a session, as far as it binds what may be done later in it."""

from __future__ import annotations

from datetime import date
from typing import Any


class DayBook:
    """Shares bought (not to be sold on the same day) and volume used up, by feed and day.

    Examples
    --------
    >>> book, day = DayBook(), date(2016, 1, 4)
    >>> book.note("600519.SH", day, 300.0, raw_shares=300.0)
    >>> book.bought("600519.SH", day), book.bought("600519.SH", date(2016, 1, 5))
    (300.0, 0.0)
    """

    def __init__(self) -> None:
        # feed -> (day, size bought, raw shares traded)
        self._rows: dict[Any, tuple[date, float, float]] = {}

    def note(self, data: Any, day: date, size: float, *, raw_shares: float) -> None:
        """Note a fill: its size, negative for a sale, and its raw shares, without sign."""
        bought, traded = self.bought(data, day), self.traded(data, day)
        self._rows[data] = (day, bought + max(size, 0.0), traded + raw_shares)

    def bought(self, data: Any, day: date) -> float:
        """Return the size bought on a day, in the broker's units."""
        return self._row(data, day)[1]

    def traded(self, data: Any, day: date) -> float:
        """Return the raw shares that fills of a day took out of its volume."""
        return self._row(data, day)[2]

    def _row(self, data: Any, day: date) -> tuple[date, float, float]:
        row = self._rows.get(data)
        return row if row is not None and row[0] == day else (day, 0.0, 0.0)
