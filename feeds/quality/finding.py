"""What a check hands back: how often it hit, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .rows import Rows


class Level(StrEnum):
    """How bad a hit is: an error is wrong data, a note is what one should know of right data."""

    ERROR = auto()
    NOTE = auto()


class Example(NamedTuple):
    """One hit: symbol and ISO date (empty where there is none), and what stands there."""

    symbol: str
    date: str
    value: str


@dataclass(frozen=True)
class Hits:
    """How often a check hit, and the first or worst of its hits.

    Parameters
    ----------
    count
        Number of hits.
    examples
        Some of them, the worst first where there is a worse, else by symbol and date.
    remark
        What the check could not look at, if anything.
    """

    count: int = 0
    examples: tuple[Example, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Parameters
    ----------
    check
        Name of the check.
    level
        Whether a hit is an error or a note.
    tells
        What a hit means, in words.
    hits
        How often and where.
    skipped
        Why the check was not run; empty where it was.
    """

    check: str
    level: Level
    tells: str
    hits: Hits
    skipped: str = ""

    @property
    def failed(self) -> bool:
        """Whether this is an error that was found."""
        return self.level is Level.ERROR and self.hits.count > 0


def iso(dates: pd.Series) -> list[str]:
    """Return dates as ISO text, empty where one is missing.

    Examples
    --------
    >>> iso(pd.Series(pd.to_datetime(["2016-01-04", None])))
    ['2016-01-04', '']
    """
    return ["" if missing else str(day) for day, missing in zip(dates.dt.date, dates.isna(), strict=True)]


def hits_in(
    rows: Rows,
    bad: np.ndarray,
    value: Callable[[int], str],
    *,
    limit: int,
    size: np.ndarray | None = None,
    remark: str = "",
) -> Hits:
    """Count the rows where ``bad`` is true and describe ``limit`` of them.

    Parameters
    ----------
    rows
        The n rows.
    bad
        n flags.
    value
        Says in words what stands in a row.
    limit
        How many examples to give.
    size
        n numbers by which the largest come first; else they come by symbol and date.
    remark
        Handed on.
    """
    at = np.flatnonzero(bad)
    chosen = at[:limit] if size is None else at[np.argsort(-size[at], kind="stable")[:limit]]
    examples = tuple(Example(*rows.place(int(row)), value(int(row))) for row in chosen)
    return Hits(len(at), examples, remark)
