"""What an audit found: a value that moved, and the verdict on one thing that was checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

SCHEDULE = "fit schedule"
SCREENING = "choice of factors"

Frames = Mapping[str, pd.DataFrame]
VerdictName = Literal["holds", "doubtful", "looks ahead"]


class LookAheadError(AssertionError):
    """A value depends on what came after it."""


@dataclass(frozen=True)
class Check:
    """The verdict on one thing that an audit checked.

    Attributes
    ----------
    name
        What was checked, e.g. ``"factor rev5"``.
    cuts, futures
        Dates at which the panel was cut, and other futures that were tried; 0 where a table was read.
    values
        Number of values compared.
    verdict
        ``"holds"``, ``"looks ahead"``, or ``"doubtful"`` where the data allows no proof.
    finding
        What was found, in words; empty where it holds and there is nothing to say.
    """

    name: str
    cuts: int
    futures: int
    values: int
    verdict: VerdictName
    finding: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing speaks for a look ahead; a doubt alone does not."""
        return self.verdict != "looks ahead"


@dataclass(frozen=True)
class Moved:
    """The first value of one frame that another future changed.

    Attributes
    ----------
    name
        Of the frame.
    symbol, date
        Where.
    expected, got
        On the whole panel and with the other future.
    future, cut
        What was done to the rows after which date.
    count
        Number of values that moved.
    """

    name: str
    symbol: str
    date: pd.Timestamp
    expected: float
    got: float
    future: str
    cut: pd.Timestamp
    count: int

    def __str__(self) -> str:
        where = f"where {self.future} (after {self.cut.date()})"
        if self.name == SCHEDULE:
            there = "on the whole panel only" if self.expected else f"only {where}"
            return f"the fit schedule looks ahead: there is a fit on {self.date.date()} {there}" + (
                f", not {where}" if self.expected else ""
            )
        if self.name == SCREENING:
            return (
                f"the choice of factors looks ahead: {self.symbol} has place {_place(self.expected)} in the "
                f"fit of {self.date.date()} on the whole panel and {_place(self.got)} {where}"
            )
        return (
            f"{self.name} of {self.symbol} on {self.date.date()} looks ahead: it is {self.expected:.6g} on "
            f"the whole panel and {self.got:.6g} {where}; {self.count:,} values moved"
        )


def _place(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.0f}"


def compare(
    whole: Frames, other: Frames, dates: pd.DatetimeIndex, future: str, rtol: float
) -> dict[str, Moved]:
    """Return the first value of each frame that differs on some dates; nothing where all agree.

    Parameters
    ----------
    whole, other
        Frames by name, rows by date; a missing date or column counts as NaN, and NaN equals NaN.
    dates
        The rows to compare.
    future
        In words, what was done to the rows after them.
    rtol
        Relative tolerance; to it comes 1e-9 of the column's largest value, for rounding.

    Raises
    ------
    LookAheadError
        If the two do not hold the same frames.

    Examples
    --------
    >>> day = pd.to_datetime(["2016-01-04"])
    >>> one, two = (pd.DataFrame({"A": [value]}, index=day) for value in (1.0, 2.0))
    >>> moved = compare({"scores": one}, {"scores": two}, day, "the panel ends there", 1e-6)
    >>> moved["scores"].symbol, moved["scores"].got
    ('A', 2.0)
    """
    if whole.keys() != other.keys():
        raise LookAheadError(
            f"which frames there are looks ahead: {', '.join(sorted(whole.keys() ^ other.keys()))} is or are "
            f"not on both sides where {future} (after {dates[-1].date()})"
        )
    found = {name: _first(name, frame, other[name], dates, future, rtol) for name, frame in whole.items()}
    return {name: moved for name, moved in found.items() if moved is not None}


def _first(
    name: str, frame: pd.DataFrame, other: pd.DataFrame, dates: pd.DatetimeIndex, future: str, rtol: float
) -> Moved | None:
    columns = frame.columns.union(other.columns, sort=False)
    expected = frame.reindex(index=dates, columns=columns).to_numpy(dtype=np.float64)
    got = other.reindex(index=dates, columns=columns).to_numpy(dtype=np.float64)
    size = np.where(np.isfinite(expected), np.abs(expected), 0.0).max(axis=0, initial=0.0)
    moved = ~np.isclose(got, expected, rtol=rtol, atol=size * 1e-9, equal_nan=True)
    if not moved.any():
        return None
    row, column = map(int, np.argwhere(moved)[0])
    return Moved(
        name=name,
        symbol=str(columns[column]),
        date=dates[row],
        expected=float(expected[row, column]),
        got=float(got[row, column]),
        future=future,
        cut=dates[-1],
        count=int(moved.sum()),
    )


def earliest(moved: Mapping[str, Moved]) -> Moved:
    """Return the one of the first date; the first of several."""
    return min(moved.values(), key=lambda one: one.date)
