"""What a backtest is of: the dates, the scores on them, and the names that are scored and traded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..feeds import Panel
from ..feeds.long_format import DateLike


def first_sessions(panel: Panel) -> dict[str, pd.Timestamp]:
    """Return the first session of every name that first trades after the panel's first date."""
    traded = panel.traded_array
    first = np.argmax(traded, axis=0)
    return {panel.symbols[column]: panel.dates[first[column]] for column in np.flatnonzero(first).tolist()}


def window_of(panel: Panel, start: DateLike | None, end: DateLike | None) -> tuple[Panel, int]:
    """Return the panel from the session before ``start`` to ``end``, and the row that ``start`` is in it."""
    dates = panel.dates
    if not len(dates):
        raise ValueError("the panel has no dates")
    begin = 0 if start is None else int(dates.searchsorted(pd.Timestamp(start), side="left"))
    stop = len(dates) if end is None else int(dates.searchsorted(pd.Timestamp(end), side="right"))
    if begin >= stop:
        raise ValueError(
            f"no session from start={start} to end={end}: the panel runs from {dates[0].date()} to "
            f"{dates[-1].date()}. Remedy: choose dates within it, start before end."
        )
    before = max(begin - 1, 0)
    return panel.between(dates[before], dates[stop - 1]), begin - before


def scores_of(panel: Panel, signal: Any, window: Panel) -> pd.DataFrame:
    """Return the scores of a window's dates, from a frame or a fitted provider."""
    if callable(getattr(signal, "predict", None)):
        signal = signal.predict(panel.until(window.dates[-1]))
    if not isinstance(signal, pd.DataFrame):
        raise ValueError(
            f"signal must be a frame of scores or have predict(panel), got {type(signal).__name__}"
        )
    scores = signal.loc[(signal.index >= window.dates[0]) & (signal.index <= window.dates[-1])]
    if not scores.notna().to_numpy().any():
        span = "no dates" if not len(signal) else f"{signal.index[0]} to {signal.index[-1]}"
        raise ValueError(
            f"no score from {window.dates[0].date()} to {window.dates[-1].date()}: the scores run over "
            f"{span}. Remedy: give scores for the dates to trade."
        )
    return scores


def market_of(window: Panel, scores: pd.DataFrame, k: int) -> Panel:
    """Return the panel of the symbols that are scored and trade at some time in the window."""
    scored = scores.columns[np.flatnonzero(scores.notna().to_numpy().any(axis=0))]
    trading = window.symbols[np.flatnonzero(window.traded_array.any(axis=0))]
    symbols = trading[trading.isin(scored)]
    if len(symbols) < k:
        raise ValueError(
            f"k={k} is larger than the {len(symbols)} symbols that have a score and a bar from "
            f"{window.dates[0].date()} to {window.dates[-1].date()}. Remedy: a smaller k or more symbols."
        )
    return _rescaled(window.select(symbols))


def _rescaled(market: Panel) -> Panel:
    """Make every symbol's factor 1 on its first bar, so that prices begin as they were quoted.

    A back-adjusted price may be thousands of times the quoted one, and a single share of it dearer
    than a tenth of the portfolio. Returns are the same on any scale.
    """
    factor = market.array("factor")
    first = np.argmax(market.traded_array, axis=0)
    return market.with_arrays({"factor": factor / factor[first, np.arange(factor.shape[1])]})


def on_dates(values: Any, dates: pd.DatetimeIndex, cash: float) -> tuple[Any, Any]:
    """Return values at the closes of sessions, CNY, on other dates, and the returns on them.

    Parameters
    ----------
    values
        A series by session, or a frame of one portfolio a column. A date without a session has the value
        before it.
    dates
        The dates that are asked for.
    cash
        At the start, CNY: the value before the first session.

    Examples
    --------
    >>> days = pd.date_range("2016-01-04", periods=3)
    >>> value, returns = on_dates(pd.Series([11.0, 22.0], index=days[[0, 2]]), days, 10.0)
    >>> value.tolist(), returns.round(2).tolist()
    ([11.0, 11.0, 22.0], [0.1, 0.0, 1.0])
    """
    value = values.reindex(values.index.union(dates)).ffill().fillna(cash)
    returns = value / value.shift(1, fill_value=cash) - 1.0
    return value.reindex(dates), returns.reindex(dates)
