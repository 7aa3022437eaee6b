"""Which bars each fit may see: the window, the purge and the embargo, in sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from ...feeds import Panel


@dataclass(frozen=True)
class Window:
    """The bars of one fit.

    Attributes
    ----------
    date
        First date that the fit scores.
    first, last
        First and last date whose label it may learn from; ``last`` is NaT where no label is known yet.
    until
        Last bar that it sees: by its close the label of ``last`` is known.
    sessions
        Number of dates from ``first`` to ``last``.
    purge, embargo
        Sessions from ``last`` to ``date``: ``purge + embargo`` of them.
    """

    date: pd.Timestamp
    first: pd.Timestamp
    last: Any
    until: pd.Timestamp
    sessions: int
    purge: int
    embargo: int

    def of(self, panel: Panel) -> Panel:
        """Return what the fit sees of a panel (views)."""
        return panel.between(self.first, self.until)


@dataclass(frozen=True)
class WindowRule:
    """How the window of each fit is cut.

    A label spans ``horizon + 1`` sessions from open to open (``horizon`` from close to close), so a
    provider that is given the bars up to the close of a date learns from the labels up to ``span``
    sessions before it. A purge and an embargo beyond that are sessions at the end of the window
    that the fit does not see at all.

    Attributes
    ----------
    window
        Bars that a fit may see, counted back from the last one; ``None`` for all.
    purge
        Sessions from the last training label to the first row that is scored.
    embargo
        Further sessions left out before the purge.
    span
        Sessions that a label spans.
    """

    window: int | None
    purge: int
    embargo: int
    span: int

    def windows(self, calendar: pd.DatetimeIndex, dates: pd.DatetimeIndex) -> list[Window]:
        """Return the window of each refit date.

        Raises
        ------
        ValueError
            If nothing is left to see for one of them.
        """
        return [self._window(calendar, row) for row in calendar.get_indexer(dates).tolist()]

    def _window(self, calendar: pd.DatetimeIndex, row: int) -> Window:
        stop = row + 1 - (self.purge - self.span) - self.embargo
        if stop < 1:
            raise ValueError(
                f"purge {self.purge} and embargo {self.embargo} leave no bar to fit on at "
                f"{calendar[row].date()}, before which there are {row} sessions; start later or leave out "
                "less"
            )
        first = 0 if self.window is None else max(stop - self.window, 0)
        last = row - self.purge - self.embargo
        return Window(
            date=calendar[row],
            first=calendar[first],
            last=calendar[last] if last >= first else pd.NaT,
            until=calendar[stop - 1],
            sessions=max(last - first + 1, 0),
            purge=self.purge,
            embargo=self.embargo,
        )


def label_span(horizon: int, label: str) -> int:
    """Return how many sessions after its date a label is known."""
    return horizon + (label != "close")


def check_window(*, window: int | None, purge: int, embargo: int, horizon: int) -> None:
    """Raise ``ValueError`` for a window that is none, or that would let a label reach the rows scored."""
    if window is not None and window < 1:
        raise ValueError(f"window must be 1 session or more, or None, got {window}")
    for name, value in (("purge", purge), ("embargo", embargo)):
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number of sessions, got {value!r}")
    if purge < horizon + 1:
        raise ValueError(
            f"purge must be {horizon + 1} sessions or more, the horizon {horizon} and 1: a label runs from "
            f"the next open to the open {horizon} sessions on; got {purge}"
        )
    if embargo < 0:
        raise ValueError(f"embargo must be 0 sessions or more, got {embargo}")


def solid(panel: Panel) -> Panel:
    """Return the panel with each array in one piece, so that it is the same bytes wherever it is sent."""
    whole = {name: _solid(panel.array(name)) for name in panel.fields}
    if all(whole[name] is panel.array(name) for name in whole):
        return panel
    return panel.with_arrays(whole)


def _solid(values: np.ndarray) -> np.ndarray:
    return values if values.flags.forc else np.ascontiguousarray(values)


def read_date(start: str | pd.Timestamp | None) -> pd.Timestamp | None:
    """Read the first date to be scored; raises ``ValueError`` where it is none."""
    if start is None:
        return None
    try:
        date = pd.Timestamp(start)
    except ValueError as error:
        raise ValueError(f"start must be a date such as 2015-01-05, got {start!r}") from error
    if pd.isna(date) or date.tzinfo is not None:
        raise ValueError(f"start must be a date without a time zone, got {start!r}")
    return date


def text(date: Any) -> str | None:
    """Return a date as ISO text, ``None`` for NaT."""
    return None if pd.isna(date) else date.date().isoformat()


def table_of(windows: Sequence[Window]) -> pd.DataFrame:
    """Return one row a window, dates as datetimes."""
    names = ("date", "first", "last", "until", "sessions", "purge", "embargo")
    rows = [{name: getattr(window, name) for name in names} for window in windows]
    frame = pd.DataFrame(rows, columns=list(names))
    return frame.astype(dict.fromkeys(names[:4], "datetime64[ns]"))
