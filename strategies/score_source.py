"""Where a strategy's scores come from: a frame that is ready, or a provider asked as time goes by."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ..feeds.collector import Collector


class ScoreSource(Protocol):
    """Gives one row of scores a session, in the order of the strategy's symbols."""

    def update(self) -> None:
        """Take note of the bars of this session."""
        ...

    def row(self, session: date) -> np.ndarray | None:
        """Return the scores known at the close of a session; NaN = not to be held, None = no row."""
        ...

    def finish(self) -> None:
        """Complain, at the end of the run, about scores that were of no use."""
        ...


class FrameScores:
    """Scores from a ready dates x symbols frame.

    Parameters
    ----------
    frame
        Scores; the row of ``t`` is traded from the next open on. NaN = not to be held.
    symbols
        What can be traded, N names; columns that are not among them are left out with a warning.
    name
        Of the argument, for messages.

    Raises
    ------
    ValueError
        If dates are not ascending and unique, a value is infinite or no number, or no column is
        among the symbols.
    """

    def __init__(self, frame: pd.DataFrame, symbols: Sequence[str], *, name: str = "scores") -> None:
        dates = _checked_dates(frame, name)
        _check_columns(frame, symbols, name)
        self._name, self._dates = name, dates
        self._values = _checked_values(frame.reindex(columns=list(symbols)), name)
        if np.isnan(self._values).all():
            raise ValueError(f"{name} must have a value for a feed on some date, got nothing but NaN")
        self._rows = {day.toordinal(): row for row, day in enumerate(dates)}
        self._asked: list[date] = []
        self._used = False

    def update(self) -> None:
        """Nothing to note: the frame is complete."""

    def row(self, session: date) -> np.ndarray | None:
        """Return the row of a session, N scores, or None where the frame has none."""
        self._asked = [*self._asked[:1], session]
        row = self._rows.get(session.toordinal())
        if row is None:
            return None
        self._used = True
        return self._values[row]

    def finish(self) -> None:
        """Complain if no session was in the frame.

        Raises
        ------
        ValueError
            Naming the dates on both sides.
        """
        if self._asked and not self._used:
            raise ValueError(
                f"no session of the run is in {self._name}: sessions asked about run from {self._asked[0]} "
                f"to {self._asked[-1]}, {self._name} from {self._dates[0]} to {self._dates[-1]}; nearest "
                f"date in {self._name}: {self._nearest()}. Remedy: give {self._name} for dates of the feeds."
            )

    def _nearest(self) -> date:
        return min(self._dates, key=lambda day: min(abs((day - asked).days) for asked in self._asked))


class Universe:
    """What may be held on a date, from a dates x symbols frame of booleans.

    The latest row at or before a session counts, so that a list that is renewed once a month may be given
    as it is. Before the first row nothing may be held.

    Parameters
    ----------
    frame
        True for what may be held.
    symbols
        The N names that can be traded; a name without a column may not be held.

    Raises
    ------
    ValueError
        If a value is neither true nor false, or as :class:`FrameScores` does.
    """

    def __init__(self, frame: pd.DataFrame, symbols: Sequence[str]) -> None:
        self._days = _checked_dates(frame, "universe")
        _check_columns(frame, symbols, "universe")
        values = _checked_values(frame.reindex(columns=list(symbols)), "universe")
        if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            raise ValueError("universe must hold true and false (or 1 and 0), got other numbers")
        self._members = values == 1.0

    def members(self, session: date) -> np.ndarray:
        """Return N booleans: what may be held at the close of a session."""
        row = bisect_right(self._days, session) - 1
        return self._members[row] if row >= 0 else np.zeros(self._members.shape[1], dtype=bool)


class ProviderScores:
    """Scores from a fitted provider that is shown the bars delivered so far, whenever a row is needed.

    Parameters
    ----------
    provider
        Anything with ``predict(panel)``, fitted.
    feeds
        The N feeds to trade.
    symbols
        Their names.
    """

    def __init__(self, provider: Any, feeds: Sequence[Any], symbols: Sequence[str]) -> None:
        self._provider, self._symbols = provider, list(symbols)
        self._collector, self._feeds = Collector(feeds), feeds
        self._forgetful: bool | None = None

    def update(self) -> None:
        """Collect the bars of the session where the feeds would forget them."""
        if self._forgetful is None:
            # Only now, as Backtrader arranges for it after the start. With exactbars=1 a feed forgets bars,
            # so they are collected at once instead of when needed.
            self._forgetful = any(line.mode for feed in self._feeds for line in feed.lines)
        if self._forgetful:
            self._collector.update()

    def row(self, session: date) -> np.ndarray | None:
        """Return the last row of the provider's prediction from everything delivered so far.

        Raises
        ------
        ValueError
            If the prediction is no frame whose last row is the session's, or has infinite values.
        """
        predict = getattr(self._provider, "predict_latest", self._provider.predict)
        scores = predict(self._collector.panel())
        kind = type(self._provider).__name__
        if not isinstance(scores, pd.DataFrame) or not len(scores):
            raise ValueError(f"{kind}.predict must return a frame of dates x symbols, got {scores!r:.80}")
        last = pd.Timestamp(scores.index[-1]).date()
        if last != session:
            raise ValueError(
                f"{kind}.predict must end with the panel's last date {session}, its last row is of {last}"
            )
        return _checked_values(scores.iloc[-1:].reindex(columns=self._symbols), f"{kind}.predict")[0]

    def finish(self) -> None:
        """Nothing to complain about: every session has a row."""


def _checked_dates(frame: pd.DataFrame, name: str) -> list[date]:
    if not isinstance(frame, pd.DataFrame):
        hint = f"; with optstrategy wrap it in a list: {name}=[frame]" if isinstance(frame, str) else ""
        raise ValueError(f"{name} must be a DataFrame of dates x symbols, got {type(frame).__name__}{hint}")
    if not frame.size:
        raise ValueError(f"{name} must have at least one date and one symbol, got shape {frame.shape}")
    try:
        index = pd.DatetimeIndex(frame.index)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be indexed by date, got an index of {frame.index.dtype}") from error
    days = [stamp.date() for stamp in index]
    for before, after in pairwise(days):
        if after <= before:
            raise ValueError(
                f"{name} must have ascending, unique dates, got {after} after {before}; use sort_index()"
            )
    return days


def _check_columns(frame: pd.DataFrame, symbols: Sequence[str], name: str) -> None:
    if not frame.columns.is_unique:
        raise ValueError(
            f"{name} has the symbol {frame.columns[frame.columns.duplicated()][0]!r} twice; keep one"
        )
    unknown = frame.columns.difference(pd.Index(symbols))
    if len(unknown) == len(frame.columns):
        raise ValueError(
            f"no symbol of {name} has a feed: {name} has {', '.join(map(str, frame.columns[:3]))}, "
            f"the feeds are {', '.join(symbols[:3])}. Remedy: name each feed by its symbol."
        )
    lost = [column for column in unknown if frame[column].notna().any()]
    if lost:
        warnings.warn(
            f"{len(lost)} of {len(frame.columns)} symbols in {name} have no feed and cannot be traded: "
            f"{', '.join(map(str, lost[:5]))}{' ...' if len(lost) > 5 else ''}",
            stacklevel=2,
        )


def _checked_values(frame: pd.DataFrame, name: str) -> np.ndarray:
    try:
        values = frame.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numeric: {error}") from error
    if np.isinf(values).any():
        row, column = np.argwhere(np.isinf(values))[0]
        raise ValueError(
            f"{name} must be finite or NaN, got {values[row, column]} for {frame.columns[column]} on "
            f"{pd.DatetimeIndex(frame.index)[row].date()}"
        )
    return values
