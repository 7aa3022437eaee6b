"""The interface of every source: bars, membership and statements, in the panel's own terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import ClassVar

import pandas as pd

from .answers import BARS, steps_of
from .errors import NotOffered
from .patience import Patience
from .symbols import canonical

__all__ = ["BARS", "RESTATED", "Source", "canonical_symbols"]

RESTATED = (
    "the statements are as they stand today: a figure that was corrected later may count from the first "
    "announcement, before anybody could know it (look-ahead); tushare keeps each version with its day"
)
"""Note of a source that has only the latest version of a statement."""


class Source(ABC):
    """Where market data comes from.

    A subclass gives one symbol's :meth:`bars` and, where it has them, :meth:`members` and
    :meth:`statements`. It takes symbols as :func:`~btalpha.feeds.sources.symbols.canonical` writes them,
    dates as days, and gives raw prices in the currency of the exchange, volume in shares, ``amount`` and
    ``total_mktcap`` in that currency, ``turnover`` as a fraction, ``factor`` for back-adjustment
    (adjusted = raw x factor). A suspended day has no row.

    Parameters
    ----------
    patience
        How fast and how often it is asked; ``None`` for what the source bears.

    Attributes
    ----------
    name
        As in the settings.
    zone, closes_at
        Where its sessions are, and the hour of that zone from which a day's bar is final.
    columns
        The optional columns that :meth:`bars` gives.
    point_in_time
        Whether :meth:`members` knows those that have left the index.
    probe
        A symbol that is there if anything is.
    """

    name: ClassVar[str] = ""
    zone: ClassVar[str] = "Asia/Shanghai"
    closes_at: ClassVar[int] = 18
    columns: tuple[str, ...] = ()
    pause_s: ClassVar[float] = 0.0
    point_in_time: ClassVar[bool] = True
    probe: ClassVar[str] = "600519.SH"

    def __init__(self, *, patience: Patience | None = None) -> None:
        self.patience = patience or Patience(pause_s=self.pause_s)
        self.notes: list[str] = []

    def note(self, line: str) -> None:
        """Add a line to the notes, once."""
        self.notes += [] if line in self.notes else [line]

    @abstractmethod
    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return one symbol's bars from ``start`` to ``end``, both included.

        Returns
        -------
        pandas.DataFrame
            :data:`~btalpha.feeds.sources.answers.BARS` and :attr:`columns`, ascending by date.
            Without rows where there was no session or no trade.

        Raises
        ------
        UnknownSymbol
            If the source has never had the symbol.
        SourceError
            If it does not answer, or not in the expected form.
        """

    def factor_steps(self, symbol: str) -> pd.DataFrame:
        """Return the whole history of the adjustment factor.

        Returns
        -------
        pandas.DataFrame
            ``date, factor``, ascending: the factor from that day on; before the first day it is 1. So a
            factor that the source has changed is found without asking for the bars again.
        """
        return steps_of(self.bars(symbol, pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")))

    def symbols(self) -> list[str]:
        """Return all symbols; for sources that can be listed, such as folders."""
        raise NotOffered(f"{self.name} cannot list its symbols", remedy="name an index or symbols")

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return who belonged to an index when: ``symbol, start, end``, NaT for those that still do."""
        raise NotOffered(
            f"{self.name} has no index membership", remedy="name symbols, or give a file of ranges"
        )

    def statements(self, symbols: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return statements of periods that end in the span: ``symbol, period_end, announce_date``, figures.

        Money is in CNY, shares in shares, ratios are fractions unless their name ends in ``_pct``; flows
        run from the start of the year. A restated period has a row a version where the source keeps them.
        """
        raise NotOffered(
            f"{self.name} has no statements with their days of announcement",
            remedy="take them from baostock, akshare or tushare",
        )

    def last_final_day(self, now: pd.Timestamp | None = None) -> pd.Timestamp:
        """Return the last day whose bar is final, by the clock of the exchange."""
        here = (now or pd.Timestamp.now("UTC")).tz_convert(self.zone)
        day = here.tz_localize(None).normalize()
        return day if here.hour >= self.closes_at else day - pd.Timedelta(days=1)

    def close(self) -> None:  # noqa: B027  - most sources have nothing to end
        """End the session with the source; called by ``with``."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def canonical_symbols(symbols: Sequence[str]) -> list[str]:
    """Return symbols in the one spelling, sorted, each once.

    Examples
    --------
    >>> canonical_symbols(["SZ000001", "600519.SH", "000001.sz"])
    ['000001.SZ', '600519.SH']
    """
    return sorted({canonical(symbol) for symbol in symbols})
