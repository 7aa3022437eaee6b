"""Which date a step of Cerebro belongs to, and whether all feeds have delivered their bars of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

# A feed's daily bars may move by this much, in days, when its zone changes to summer time.
_SUMMER_TIME = 1.5 / 24
# Days after which a time of day at which no feed delivers any more is not waited for.
_PATIENCE = 10.0


class SessionClock:
    """Tells sessions from steps: feeds may stamp the bars of one date at different times of day.

    ``GenericCSVData`` stamps the end of the session, ``PandasData`` the midnight before it, a feed in
    another time zone the midnight there; Cerebro then makes several steps of one date. A date is over when
    no feed has another bar of it: by then Cerebro has loaded the next bar of every feed, of which the time
    alone is looked at. A live feed may not have its bar yet; the date is then over with the step at the
    latest time of day at which any of the feeds delivers.

    Parameters
    ----------
    feeds
        The feeds to look at, with daily bars.
    """

    def __init__(self, feeds: Sequence[Any]) -> None:
        self._feeds = feeds
        self._times = [feed.lines.datetime for feed in feeds]
        # offset from the midnight that begins the date, in days -> time of the last step at it
        self._seen: dict[float, float | None] = dict.fromkeys(_preloaded_offsets(feeds))
        # Feeds that are not loaded and have not begun: nobody knows their time of day.
        self._unknown = [feed for feed in feeds if not (_at_midnight(feed) or feed.lines.datetime.buflen())]
        # Of feeds that keep the last bars only (exactbars=1): bars delivered, time of the current one.
        self._current: dict[int, tuple[int, float]] = {}
        # Resampled beside others: bars delivered, and how many of them too late.
        made = [feed for feed in feeds if feed.resampling]
        self._made = [(feed, [0, 0]) for feed in made] if len(made) < len(feeds) else []

    def session(self, now: float) -> tuple[date, bool] | None:
        """Return the date of a step's bars and whether it is over; ``None`` if no feed has a bar now.

        Raises
        ------
        ValueError
            If the feeds' bars of one date lie a day or more apart, or Backtrader shows bars too early or too
            late.
        """
        self._refuse_overwritten()
        for times in self._times:
            if len(times) and times[0] == now:
                day = times.date(0)
                break
        else:
            return None
        self._refuse_late(day)
        offset = _rounded(now - day.toordinal())
        self._seen[offset] = now
        latest = max(each for each, last in self._seen.items() if last is None or now - last <= _PATIENCE)
        if latest - min(self._seen) >= 1.0:
            raise ValueError(
                f"the feeds' bars of {day} lie a day or more apart, so no order could be placed between two "
                "sessions; use feeds whose zones (tz=) and session ends (sessionend=) are closer"
            )
        self._unknown = [feed for feed in self._unknown if not len(feed)]
        if offset >= latest - _SUMMER_TIME:
            return day, not any(_has_more(feed, day) for feed in self._unknown)
        return day, not any(feed.islive() or _has_more(feed, day) for feed in self._others(day, now))

    def _refuse_overwritten(self) -> None:
        """Complain about a bar that is on show although it was not delivered."""
        for index, times in enumerate(self._times):
            if not times.mode:
                return  # all feeds keep their bars, or none does
            if not len(times):
                continue
            count, time = self._current.get(index, (0, 0.0))
            if len(times) == count and times[0] != time:
                raise ValueError(
                    f"exactbars=1 needs feeds with a bar at every step: {self._feeds[index]._name} has none "
                    f"after {self._feeds[index].num2date(time)}, and Backtrader shows the next one early; "
                    "use exactbars=-1 or leave it out"
                )
            self._current[index] = len(times), times[0]

    def _refuse_late(self, day: date) -> None:
        """Complain about bars made of intraday ones that come with the next date's bars of other feeds."""
        for feed, counts in self._made:
            if len(feed) == counts[0]:
                continue
            counts[0] = len(feed)
            # The last bar of a feed that ends is always late.
            counts[1] += feed.lines.datetime.date(0) < day
            if counts[1] > 1:
                raise ValueError(
                    f"the resampled bars of {feed._name} come a date after those of other feeds, which are "
                    "stamped at the begin of a date; resample all feeds, or stamp the others at its end "
                    "(GenericCSVData does)"
                )

    def _others(self, day: date, now: float) -> Iterable[Any]:
        """Return the feeds that may deliver later on a date; a panel's have delivered at its midnight."""
        if now < day.toordinal():
            return self._feeds
        return (feed for feed in self._feeds if not _at_midnight(feed))


def _at_midnight(feed: Any) -> bool:
    """Say whether a feed is a panel's, at midnight; asking for its times would fill the line."""
    return hasattr(type(feed), "fact")


def _has_more(feed: Any, day: date) -> bool:
    """Say whether a bar that Cerebro has loaded and not delivered is of a date."""
    times = feed.lines.datetime
    if times.mode or len(times) >= times.buflen():
        return False
    return feed.num2date(times[1]).date() == day


def _preloaded_offsets(feeds: Sequence[Any]) -> set[float]:
    """Return the times of day of the feeds that are loaded: of the time alone, not of a bar's figures."""
    offsets = set()
    for feed in feeds:
        times = feed.lines.datetime
        if _at_midnight(feed) or not times.buflen():
            continue
        first = times.array[0]
        offsets.add(_rounded(first - feed.num2date(first).date().toordinal()))
    return offsets


def _rounded(offset: float) -> float:
    # Downwards: the end of a session, 23:59:59.99, is not the next midnight.
    return math.floor(offset * 1e4) / 1e4
