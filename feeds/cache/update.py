"""Bringing a symbol up to date: only what is missing is asked for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..sources.answers import with_factor
from ..sources.base import Source
from ..sources.errors import ChangedAnswer
from .store import Held, Store

_DAY = pd.Timedelta(days=1)
SETTLED = pd.Timedelta(days=10)
"""A day without a bar is asked for again until it is so old: a source may be late."""


@dataclass(frozen=True)
class Outcome:
    """What an update did.

    Attributes
    ----------
    symbol
        Whose.
    asked
        Spans that were asked for, empty where nothing was missing.
    new_bars
        Bars that were not there before.
    refreshed
        Earlier bars that got another factor.
    total
        Bars that are there now, in the span that was wanted.
    last_bar
        The last of them.
    """

    symbol: str
    asked: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
    new_bars: int = 0
    refreshed: int = 0
    total: int = 0
    last_bar: pd.Timestamp | None = None


class Updater:
    """Brings symbols up to date, one at a time and safe beside other processes.

    Parameters
    ----------
    store
        Where they are kept.
    source
        Who is asked.
    """

    def __init__(self, store: Store, source: Source) -> None:
        self.store = store
        self.source = source

    def update(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> Outcome:
        """Ask for the missing sessions of a symbol from ``start`` to ``end`` and keep them.

        What is there is not asked for again, but where sessions are added the history of the factor is:
        bars of which the source has changed the factor get the new one.

        Raises
        ------
        SourceError
            If the source does not answer; what was there stays.
        """
        with self.store.locked(symbol):
            held = self.store.read(symbol)
            spans = missing_spans(held, start, end)
            parts = [self.source.bars(symbol, *span) for span in spans]
            new = pd.concat(parts, ignore_index=True) if parts else None
            if new is None or (held is None and new.empty):
                return _outcome(symbol, held, start, end, spans)
            after, refreshed = self._joined(symbol, held, new, spans, end)
            if held is None or not _same(held, after):
                self.store.write(symbol, after)
            return _outcome(symbol, after, start, end, spans, len(new), refreshed)

    def _joined(
        self,
        symbol: str,
        held: Held | None,
        new: pd.DataFrame,
        spans: list[tuple[pd.Timestamp, pd.Timestamp]],
        end: pd.Timestamp,
    ) -> tuple[Held, int]:
        """Return what is to be kept, and how many earlier bars have got another factor."""
        bars, refreshed = self._with_earlier(symbol, held, new)
        if held is None:
            return Held(bars, spans[0][0], _settled(bars, end)), refreshed
        last = max(held.last, _settled(bars, end)) if end > held.last else held.last
        return Held(bars, min(held.first, spans[0][0]), last), refreshed

    def _with_earlier(self, symbol: str, held: Held | None, new: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Join new bars to earlier ones, and give all of them the factor that the source has now."""
        if held is None:
            return new, 0
        if list(new.columns) != list(held.bars.columns):
            raise ChangedAnswer(
                f"{symbol} has the columns {', '.join(new.columns)}, before it had "
                f"{', '.join(held.bars.columns)}",
                remedy="fetch into another folder",
            )
        bars = pd.concat([held.bars, new], ignore_index=True)
        bars = bars.drop_duplicates("date", keep="last").sort_values("date", kind="stable", ignore_index=True)
        adjusted = with_factor(bars, self.source.factor_steps(symbol))[list(bars.columns)]
        changed = ~np.isclose(adjusted["factor"], bars["factor"], rtol=1e-12, atol=0.0)
        return adjusted, int((changed & bars["date"].isin(held.bars["date"]).to_numpy()).sum())


def _outcome(
    symbol: str,
    held: Held | None,
    start: pd.Timestamp,
    end: pd.Timestamp,
    spans: list[tuple[pd.Timestamp, pd.Timestamp]],
    new: int = 0,
    refreshed: int = 0,
) -> Outcome:
    dates = pd.Series(dtype="datetime64[ns]") if held is None else held.bars["date"]
    inside = dates[(dates >= start) & (dates <= end)]
    last = None if inside.empty else inside.iloc[-1]
    return Outcome(symbol, tuple(spans), new, refreshed, len(inside), last)


def _same(one: Held, other: Held) -> bool:
    return one.first == other.first and one.last == other.last and one.bars.equals(other.bars)


def missing_spans(
    held: Held | None, start: pd.Timestamp, end: pd.Timestamp
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Return the spans of ``start`` to ``end`` that were not asked for, so that no hole stays.

    Examples
    --------
    >>> day = pd.Timestamp
    >>> held = Held(pd.DataFrame(), day("2016-01-04"), day("2016-02-29"))
    >>> spans = missing_spans(held, day("2015-12-01"), day("2016-03-31"))
    >>> [[str(d.date()) for d in span] for span in spans]
    [['2015-12-01', '2016-01-03'], ['2016-03-01', '2016-03-31']]
    """
    if held is None:
        return [(start, end)]
    spans = []
    if start < held.first:
        spans.append((start, held.first - _DAY))
    if end > held.last:
        spans.append((held.last + _DAY, end))
    return spans


def _settled(bars: pd.DataFrame, end: pd.Timestamp) -> pd.Timestamp:
    """Return the day up to which nothing more is to come."""
    old = end - SETTLED
    return old if bars.empty else min(end, max(old, bars["date"].iloc[-1]))
