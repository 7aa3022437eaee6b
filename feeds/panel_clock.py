"""One clock for all feeds of a panel, so that a step of Cerebro is one step and not one a feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat

import numpy as np

_NEVER = float("inf")


class PanelClock:
    """The row of the panel at which all feeds of one Cerebro stand together.

    On every bar Cerebro's vectorised loop asks each feed for the time of its next bar, and moves each whose
    time has come. Of the feeds on a clock one leads: it answers for all of them, and moving it moves the
    clock; the others, asked for their next bar, answer "never". How many bars each has delivered is read off
    a table by the clock's row. Whoever moves one of the feeds in another way stops the clock.

    Parameters
    ----------
    days
        Times of the panel's T rows, as Backtrader counts them.
    delivers
        T x N mask: the rows on which each of the N feeds has a bar.
    on_stop
        Called, once, when the clock is stopped.

    Examples
    --------
    >>> clock = PanelClock([1.0, 2.0, 3.0], np.array([[True, False], [False, False], [True, True]]), list)
    >>> clock.peek(), clock.counts.tolist()
    (1.0, [0, 0])
    >>> clock.advance()
    >>> clock.peek(), clock.counts.tolist()
    (3.0, [1, 0])
    """

    __slots__ = ("_counts", "_next", "_on_stop", "_rows", "_table", "_times", "counts", "never")

    def __init__(self, days: Sequence[float], delivers: np.ndarray, on_stop: Callable[[], object]) -> None:
        self._rows = np.flatnonzero(delivers.any(axis=1)).tolist()
        self._times = [*(days[row] for row in self._rows), _NEVER]
        self._table = np.cumsum(delivers, axis=0, dtype=np.int32)
        self._next = 0
        self._on_stop: Callable[[], object] | None = on_stop
        self._counts = np.zeros(delivers.shape[1], dtype=np.int32)
        # Bars delivered of each feed, always up to date. A memoryview gives Python's own numbers.
        self.counts = self._counts.data
        # The answer of those that do not lead: a built-in function, since it is asked most of all.
        self.never = repeat(_NEVER).__next__

    def peek(self) -> float:
        """Return the time of the next row on which a feed has a bar, infinity after the last."""
        return self._times[self._next]

    def advance(self) -> None:
        """Move to that row."""
        self._counts[:] = self._table[self._rows[self._next]]
        self._next += 1

    def stop(self) -> None:
        """Stop for good: from now on each feed moves by itself."""
        if self._on_stop is not None:
            on_stop, self._on_stop = self._on_stop, None
            on_stop()
