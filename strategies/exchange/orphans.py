"""Held names that will not be traded again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

# Bars of others without one of its own after which a feed's silence is measured in days.
_SILENT = 20
# Time of the latest bar, and its date.
Now = Callable[[], tuple[float, date]]


@dataclass(frozen=True)
class Closure:
    """A position that was closed because its name is delisted or gone.

    Attributes
    ----------
    date
        The day of the closing.
    symbol
        The name.
    size, price
        Shares, in the broker's units, and what each brought, CNY.
    kind
        ``"delisted"`` or ``"gone"``.
    owner
        The strategy whose position it was.
    """

    date: date
    symbol: str
    size: float
    price: float
    kind: str
    owner: Any


class Orphans:
    """Finds positions in names that are delisted or gone, out of the bars delivered so far alone.

    Parameters
    ----------
    delistings
        Names to their first date without the share.
    gone_after
        Days without a bar after which a name counts as gone; ``None`` for never.
    """

    def __init__(self, delistings: Mapping[str, Any], gone_after: float | None) -> None:
        self._delistings = to_dates(delistings, "delistings")
        self._gone_after = gone_after
        self._silent = math.inf if gone_after is None else silent_bars(gone_after)
        # feed -> (time of its last bar, bars of others since)
        self._silence: dict[Any, tuple[float, int]] = {}

    def seen(self, data: Any) -> None:
        """Note that a feed has a bar now, on which a position may have been opened."""
        self._silence[data] = (data.lines.datetime[0], 0)

    def is_delisted(self, name: str, day: date) -> bool:
        """Say whether a name is known to be delisted by a day."""
        first = self._delistings.get(name)
        return first is not None and first <= day

    def find(self, positions: Mapping[Any, Any], now: Now) -> list[tuple[Any, str]]:
        """Return the feeds of open positions to be closed, each with ``"delisted"`` or ``"gone"``."""
        silent = [data for data, position in positions.items() if position.size and self._is_silent(data)]
        return list(self._lost(silent, now)) if silent else []

    def _is_silent(self, data: Any) -> bool:
        """Count the bars of others since the last bar of a feed, and say whether they are of interest."""
        last, count = data.lines.datetime[0], 0
        seen = self._silence.get(data)
        if seen is not None and seen[0] == last:
            count = seen[1] + 1
        self._silence[data] = (last, count)
        return count > self._silent or (count > 0 and data._name in self._delistings)

    def _lost(self, silent: list[Any], now: Now) -> Iterator[tuple[Any, str]]:
        time, today = now()
        for data in silent:
            if self.is_delisted(data._name, today):
                yield data, "delisted"
            elif self._gone_after is not None and is_gone(
                self._silence[data][1], time - data.lines.datetime[0], self._gone_after
            ):
                yield data, "gone"


def silent_bars(gone_after: float) -> int:
    """Return the bars of others beyond which a name without one of its own may be gone."""
    # So many bars take more days than that at most, but for few days each of them counts.
    return _SILENT if gone_after > 2 * _SILENT else 0


def is_gone(bars: Any, days: Any, gone_after: float) -> Any:
    """Say whether a held name counts as gone.

    Parameters
    ----------
    bars
        Bars of others since its last one; a number or an array.
    days
        Days since its last one, of the same shape.
    gone_after
        Days after which it is gone.

    Examples
    --------
    >>> is_gone(np.array([300, 300, 10]), np.array([366, 365, 400]), 365).tolist()
    [True, False, False]
    """
    return (bars > silent_bars(gone_after)) & (days > gone_after)


def to_dates(days: Mapping[str, Any], parameter: str) -> dict[str, date]:
    """Read a mapping from names to days, for a parameter of the broker; ISO text will do."""
    return {name: _to_date(name, day, parameter) for name, day in days.items()}


def _to_date(name: str, day: Any, parameter: str) -> date:
    try:
        return date.fromisoformat(day) if isinstance(day, str) else date(day.year, day.month, day.day)
    except (AttributeError, TypeError, ValueError):
        rule = "must be a date or ISO text such as '2024-01-31'"
        raise ValueError(f"AShareBroker: {parameter}[{name!r}] {rule}, got {day!r}") from None
