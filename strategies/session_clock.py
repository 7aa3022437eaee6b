"""Which date a step of Cerebro belongs to, and whether all feeds have delivered their bars of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

# A feed's daily bars may move by this much, in days, when its zone changes to summer time.
_SUMMER_TIME = 1.5 / 24
# Days after which a time of day at which no feed delivers any more is not waited for.
_PATIENCE = 10.0


class SessionClock:
    """Tells sessions from steps: feeds may stamp the bars of one date at different times of day.

    ``GenericCSVData`` stamps the end of the session, ``PandasData`` the midnight before it, a feed in
    another time zone the midnight there; Cerebro then makes several steps of one date. A date is over with
    the step at the latest time of day at which any of the feeds delivers.

    Parameters
    ----------
    feeds
        The feeds to look at, with daily bars.
    """

    def __init__(self, feeds: Sequence[Any]) -> None:
        self._times = [feed.lines.datetime for feed in feeds]
        # offset from the midnight that begins the date, in days -> time of the last step at it
        self._seen: dict[float, float | None] = dict.fromkeys(_preloaded_offsets(feeds))

    def session(self, now: float) -> tuple[date, bool] | None:
        """Return the date of a step's bars and whether it is over; ``None`` if no feed has a bar now.

        Raises
        ------
        ValueError
            If the feeds' bars of one date lie a day or more apart.
        """
        for times in self._times:
            if len(times) and times[0] == now:
                day = times.date(0)
                break
        else:
            return None
        offset = _rounded(now - day.toordinal())
        self._seen[offset] = now
        latest = max(each for each, last in self._seen.items() if last is None or now - last <= _PATIENCE)
        if latest - min(self._seen) >= 1.0:
            raise ValueError(
                f"the feeds' bars of {day} lie a day or more apart, so no order could be placed between two "
                "sessions; use feeds whose zones (tz=) and session ends (sessionend=) are closer"
            )
        return day, offset >= latest - _SUMMER_TIME


def _preloaded_offsets(feeds: Sequence[Any]) -> set[float]:
    """Return the times of day of the feeds that are loaded: of the time alone, not of a bar's figures."""
    offsets = set()
    for feed in feeds:
        times = feed.lines.datetime
        # A panel's feed is at midnight; asking for its times would fill the line.
        if hasattr(type(feed), "fact") or not times.buflen():
            continue
        first = times.array[0]
        offsets.add(_rounded(first - feed.num2date(first).date().toordinal()))
    return offsets


def _rounded(offset: float) -> float:
    return round(offset, 4)
