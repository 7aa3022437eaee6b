"""The lines of ``PanelFeed``: filled when they are first read, and moved all at once."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable

import backtrader as bt

from .panel_clock import PanelClock

_Line = bt.linebuffer.LineBuffer


class Cursor:
    """Where a feed stands, shared by its lines, so that one step moves them all.

    It is two plain numbers, or, while the feed is on a clock, what that says.
    """

    __slots__ = ("_idx", "_lencount", "clock", "place")

    def __init__(self, idx: int = -1, lencount: int = 0) -> None:
        self._idx, self._lencount, self.place = idx, lencount, 0
        self.clock: PanelClock | None = None

    def follow(self, clock: PanelClock, place: int) -> None:
        """Go by a clock, on which the feed has a place, from before the first bar on."""
        self.clock, self.place = clock, place

    def leave(self) -> None:
        """Go on with plain numbers from where the clock has come to."""
        self._idx, self._lencount, self.clock = self.idx, self.lencount, None

    def move_to(self, idx: int, lencount: int) -> None:
        """Stand at a bar, with so many bars delivered; stops the clock."""
        if self.clock is not None:
            self.clock.stop()
        self._idx, self._lencount = idx, lencount

    def move(self, size: int) -> None:
        """Go some bars on, or back."""
        self.move_to(self.idx + size, self.lencount + size)

    @property
    def idx(self) -> int:
        """Position of the current bar, -1 before the first."""
        return self._idx if self.clock is None else self.clock.counts[self.place] - 1

    @property
    def lencount(self) -> int:
        """Bars delivered."""
        return self._lencount if self.clock is None else self.clock.counts[self.place]


class PanelLine(_Line):
    """A line of a panel's feed; it takes its values from the panel when it is first read.

    It stands where its feed's shared cursor stands. Moved by itself, as indicators on a single line do, it
    gets a cursor of its own, as it has with ``exactbars``, where the lines differ in length.
    """

    _shared: Cursor
    _cursor: Cursor

    def attach(self, cursor: Cursor) -> None:
        """Stand where a cursor stands that other lines share."""
        self._shared = self._cursor = cursor

    @property
    def is_shared(self) -> bool:
        """Whether the line stands where the others do."""
        return self._cursor is self._shared

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
        if self.mode == self.UnBounded and self.is_shared:
            # As in Backtrader, but for the position, which is the cursor's.
            self.array, self.useislice, self.extension = array("d"), False, 0
        else:
            super().reset()

    def buflen(self) -> int:
        """Return how many bars the line holds, without filling it."""
        deferred = self.__dict__.get("_deferred")
        return super().buflen() if deferred is None else deferred[0] + len(deferred[2]) - self.extension

    def _own(self) -> Cursor:
        """Return a cursor of the line's own."""
        if self.is_shared:
            if self._shared.clock is not None:
                self._shared.clock.stop()
            self._cursor = Cursor(self._shared.idx, self._shared.lencount)
        return self._cursor

    @property
    def _idx(self) -> int:
        return self._cursor.idx

    @_idx.setter
    def _idx(self, value: int) -> None:
        self._own().move_to(value, self.lencount)

    @property
    def lencount(self) -> int:
        """Bars delivered."""
        return self._cursor.lencount

    @lencount.setter
    def lencount(self, value: int) -> None:
        self._own().move_to(self._idx, value)

    def __getitem__(self, ago: int) -> float:
        # Read most of all: the cursor's ``idx`` without the call.
        cursor = self._cursor
        clock = cursor.clock
        return self.array[(cursor._idx if clock is None else clock.counts[cursor.place] - 1) + ago]

    def __len__(self) -> int:
        return self._cursor.lencount

    def qbuffer(self, savemem: int = 0, extrasize: int = 0) -> None:
        """Keep the last bars only, at a position of the line's own: the buffers differ in length."""
        self._own()
        super().qbuffer(savemem=savemem, extrasize=extrasize)


class LinesTogether:
    """Moves all lines of a feed: those that share its cursor by that, the others one by one.

    Parameters
    ----------
    lines
        The feed's lines, a ``bt.lineseries.Lines``, which from now on are moved this way.
    """

    def __init__(self, lines: Iterable[PanelLine]) -> None:
        self.cursor = Cursor()
        self._lines = list(lines)
        for line in self._lines:
            # Backtrader holds references to the lines already: they change their kind in place.
            line.__class__ = PanelLine
            line.attach(self.cursor)
            line.reset()
        for name in ("forward", "backwards", "rewind", "advance", "home", "reset"):
            setattr(lines, name, getattr(self, name))

    def forward(self, value: float = math.nan, size: int = 1) -> None:
        """Go on and make room for new values."""
        for line in self._lines:
            if line.is_shared:
                line.array.extend([value] * size)
            else:
                line.forward(value, size)
        self.cursor.move(size)

    def backwards(self, size: int = 1, force: bool = False) -> None:
        """Go back and give up the values there."""
        for line in self._lines:
            if line.is_shared:
                del line.array[-size:]
            else:
                line.backwards(size, force=force)
        self.cursor.move(-size)

    def rewind(self, size: int = 1) -> None:
        """Go back."""
        self.advance(-size)

    def advance(self, size: int = 1) -> None:
        """Go on."""
        for line in self._lines:
            if not line.is_shared:
                line.advance(size)
        self.cursor.move(size)

    def home(self) -> None:
        """Stand before the first bar."""
        self.cursor.move_to(-1, 0)
        for line in self._lines:
            if line.mode == line.UnBounded:
                line.attach(self.cursor)
            else:
                line.home()

    def reset(self) -> None:
        """Forget everything."""
        self.cursor.move_to(-1, 0)
        for line in self._lines:
            if line.mode == line.UnBounded:
                line.attach(self.cursor)
            line.reset()
