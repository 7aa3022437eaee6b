"""The lines of ``PanelFeed``: filled when they are first read, and moved all at once."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable

import backtrader as bt

_NEVER = float("inf")


class Cursor:
    """Where a feed stands, shared by all its lines, so that one step moves them all.

    While Cerebro's vectorised loop runs, the times of the bars ahead stand in a queue: the next time is
    its head, a step takes the head off, and the position follows from what is left. The first two, which
    that loop does for every feed on every bar, are then calls of built-in functions. Whatever else moves
    a feed ends the queue and goes on with plain numbers.
    """

    __slots__ = ("_ahead", "_bars", "_idx", "_lencount", "_on_end")

    def __init__(self) -> None:
        self._idx, self._lencount, self._bars = -1, 0, 0
        self._ahead: deque[float] | None = None
        self._on_end: Callable[[], None] | None = None

    def queue(self, times: list[float], on_end: Callable[[], None]) -> deque[float]:
        """Start a queue of the bars ahead, infinity behind the last, and return it.

        Parameters
        ----------
        times
            Times of all bars of the feed.
        on_end
            Called when the queue ends because somebody moved the feed otherwise.
        """
        self._ahead = ahead = deque(times[self._idx + 1 :])
        ahead.append(_NEVER)
        self._bars, self._on_end = len(times), on_end
        return ahead

    def end_queue(self) -> None:
        """Go on with plain numbers from where the queue has come to."""
        if self._ahead is not None:
            self._idx, self._lencount, self._ahead = self.idx, self.lencount, None
            if self._on_end is not None:
                self._on_end()

    @property
    def idx(self) -> int:
        """Position of the current bar, -1 before the first."""
        return self._idx if self._ahead is None else self._bars - len(self._ahead)

    @idx.setter
    def idx(self, value: int) -> None:
        self.end_queue()
        self._idx = value

    @property
    def lencount(self) -> int:
        """Bars delivered."""
        return self._lencount if self._ahead is None else self._bars - len(self._ahead) + 1

    @lencount.setter
    def lencount(self, value: int) -> None:
        self.end_queue()
        self._lencount = value


class PanelLine(bt.linebuffer.LineBuffer):
    """A line whose position is a cursor; only the leading line of a feed moves it.

    Backtrader moves every line of a feed in turn. The leader's move counts, the followers' do
    nothing beyond growing or shrinking their own buffer, so every mode of Backtrader still works.
    """

    _cursor: Cursor
    _leads: bool

    def attach(self, cursor: Cursor, *, leads: bool) -> None:
        """Follow a cursor, or lead it."""
        self._cursor, self._leads = cursor, leads

    def defer(self, bars: int, fill: Callable[[], array[float]]) -> None:
        """Take over ``bars`` values from ``fill`` once the line is read.

        What the line holds already is Cerebro's padding for lookahead: it stays behind the bars.
        """
        padding = self.array
        del self.array
        self._deferred = (bars, fill, padding)

    def __getattr__(self, name: str) -> array[float]:
        # Only reached where there is no such attribute: ``array`` is missing until the first read.
        deferred = self.__dict__.pop("_deferred", None) if name == "array" else None
        if deferred is None:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        _, fill, padding = deferred
        self.array = fill() + padding
        return self.array

    def reset(self) -> None:
        """Forget everything."""
        self.__dict__.pop("_deferred", None)
        super().reset()

    def buflen(self) -> int:
        """Return how many bars the line holds, without filling it."""
        deferred = self.__dict__.get("_deferred")
        return super().buflen() if deferred is None else deferred[0] + len(deferred[2]) - self.extension

    @property
    def _idx(self) -> int:
        return self._cursor.idx

    @_idx.setter
    def _idx(self, value: int) -> None:
        if self._leads:
            self._cursor.idx = value

    @property
    def lencount(self) -> int:
        """Bars delivered."""
        return self._cursor.lencount

    @lencount.setter
    def lencount(self, value: int) -> None:
        if self._leads:
            self._cursor.lencount = value

    def __getitem__(self, ago: int) -> float:
        return self.array[self._cursor.idx + ago]

    def __len__(self) -> int:
        return self._cursor.lencount

    def qbuffer(self, savemem: int = 0, extrasize: int = 0) -> None:
        """Keep the last bars only, at a position of the line's own: the buffers differ in length."""
        self.attach(Cursor(), leads=True)
        super().qbuffer(savemem=savemem, extrasize=extrasize)
