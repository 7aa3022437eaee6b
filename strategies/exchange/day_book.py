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
        # feed -> day -> (size bought, raw shares traded), of the last two days with fills: orders at the
        # close are filled when the bar after it is there, and other orders on that bar before them.
        self._rows: dict[Any, dict[date, tuple[float, float]]] = {}

    def note(self, data: Any, day: date, size: float, *, raw_shares: float) -> None:
        """Note a fill: its size, negative for a sale, and its raw shares, without sign."""
        rows = self._rows.setdefault(data, {})
        bought, traded = rows.get(day, (0.0, 0.0))
        rows[day] = (bought + max(size, 0.0), traded + raw_shares)
        if len(rows) > 2:
            del rows[min(rows)]

    def bought(self, data: Any, day: date) -> float:
        """Return the size bought on a day or after it, in the broker's units."""
        rows = self._rows.get(data, {})
        return sum((bought for each, (bought, _) in rows.items() if each >= day), 0.0)

    def traded(self, data: Any, day: date) -> float:
        """Return the raw shares that fills of a day took out of its volume."""
        return self._rows.get(data, {}).get(day, (0.0, 0.0))[1]
