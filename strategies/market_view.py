"""What a strategy sees of its feeds at the close of a session: prices, who traded, volatility."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from .planner import Reason


class MarketView:
    """Reads N feeds, none of them before its first bar and none beyond its current one.

    Parameters
    ----------
    feeds
        The feeds.
    window
        Daily returns that :meth:`volatility` looks at; 0 where it is not asked for.
    """

    def __init__(self, feeds: Sequence[Any], window: int = 0) -> None:
        # The lines themselves: reaching them through the feed is most of the cost of reading them.
        self._closes = [feed.lines.close for feed in feeds]
        self._times = [feed.lines.datetime for feed in feeds]
        self._window = window
        for line in self._closes if window else ():
            line.updateminperiod(window + 1)  # with exactbars=1 Backtrader keeps so many, from the start on

    def traded(self, index: int, session: date, now: float) -> bool:
        """Say whether a feed delivered a bar of the session, of which ``now`` is the time of the last one."""
        times = self._times[index]
        # The time tells for most of them; to find the date of the others takes much longer.
        return len(times) > 0 and (times[0] == now or times.date(0) == session)

    def observe(self, session: date, now: float, matter: np.ndarray, marks: np.ndarray) -> np.ndarray:
        """Mark the names that matter at their last prices, and say why those cannot be traded that cannot.

        Parameters
        ----------
        session, now
            The date, and the time of its last bar.
        matter
            N booleans: the names to look at.
        marks
            N last prices, brought up to date in place.

        Returns
        -------
        numpy.ndarray
            N codes of :class:`Reason`, 0 for a name that can be traded or does not matter.
        """
        state = np.zeros(len(self._closes), dtype=np.int64)
        for index in np.flatnonzero(matter).tolist():
            if not len(self._closes[index]):
                state[index] = Reason.NOT_LISTED
                continue
            close = self._closes[index][0]
            if close > 0:
                marks[index] = close
            if not self.traded(index, session, now):
                state[index] = Reason.SUSPENDED
            elif not close > 0:
                state[index] = Reason.NO_PRICE
        return state

    def volatility(self, matter: np.ndarray) -> np.ndarray:
        """Return the standard deviation of the last daily returns, N; NaN where there are fewer than two."""
        result = np.full(len(self._closes), np.nan)
        for index in np.flatnonzero(matter).tolist():
            line = self._closes[index]
            closes = np.array(line.get(size=min(len(line), self._window + 1)), dtype=float)
            result[index] = volatility_of(closes)
        return result

    def refuse_intraday(self, names: Sequence[str], now: float, session: date) -> None:
        """Complain about a second bar of a date: its scores, known at its close, would look ahead."""
        for name, times in zip(names, self._times, strict=True):
            if len(times) > 1 and times[0] == now and times.date(-1) == session:
                raise ValueError(
                    f"TopK trades daily bars, but {name} has a second bar of {session}; add the feed with "
                    "cerebro.resampledata(feed, timeframe=bt.TimeFrame.Days)"
                )


def volatility_of(closes: np.ndarray) -> float:
    """Return the standard deviation of the daily returns between closes; NaN for fewer than two returns.

    Examples
    --------
    >>> round(volatility_of(np.array([10.0, 11.0, 11.0])), 4), volatility_of(np.array([10.0, 11.0]))
    (0.0707, nan)
    """
    returns = np.diff(closes) / closes[:-1]
    returns = returns[np.isfinite(returns)]
    return float(returns.std(ddof=1)) if len(returns) >= 2 else math.nan
