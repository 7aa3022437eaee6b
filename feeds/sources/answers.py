"""From the answer of a client to bars: columns, numbers, dates and the factor, each checked."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .errors import ChangedAnswer, NoAnswer

BARS = ("date", "symbol", "open", "high", "low", "close", "volume", "factor")
"""Columns that every source gives; ``pre_close, amount, turnover, total_mktcap, is_st`` where it has them."""
PRICES = ("open", "high", "low", "close")


def pick(frame: pd.DataFrame, names: Mapping[str, str], what: str) -> pd.DataFrame:
    """Return the named columns under the panel's names.

    Parameters
    ----------
    frame
        The answer.
    names
        Column of the answer -> name here.
    what
        Whose answer it is, for the message.

    Raises
    ------
    ChangedAnswer
        If the answer lacks one of them.

    Examples
    --------
    >>> pick(pd.DataFrame({"vol": [1]}), {"vol": "volume"}, "daily of x")["volume"].tolist()
    [1]
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ChangedAnswer(
            f"{what} lacks the column {', '.join(missing)}; it has {', '.join(map(str, frame.columns))}",
            remedy="install the tested version of the client, or report the change",
        )
    return frame[list(names)].rename(columns=dict(names))


def numbers(frame: pd.DataFrame, columns: Sequence[str], what: str) -> pd.DataFrame:
    """Return the frame with columns read as float64; empty text becomes NaN.

    Raises
    ------
    ChangedAnswer
        If a cell holds anything else.
    """
    read = {}
    for name in columns:
        values = frame[name]
        text = values.where(values.notna() & (values.astype(str).str.strip() != ""))
        parsed = pd.to_numeric(text, errors="coerce").astype(np.float64)
        bad = parsed.isna() & text.notna()
        if bad.any():
            raise ChangedAnswer(
                f"{name} of {what} is {text[bad].iloc[0]!r}, not a number",
                remedy="install the tested version of the client, or report the change",
            )
        read[name] = parsed
    return frame.assign(**read)


def days(column: pd.Series, what: str, format: str = "%Y-%m-%d") -> pd.Series:
    """Return a column of text, dates or datetimes as days without a time zone; empty cells stay missing.

    Raises
    ------
    ChangedAnswer
        If a cell is no date of that format.
    """
    text = column.where(column.notna() & (column.astype(str).str.strip() != ""))
    try:
        kind = None if column.dtype.kind == "M" else format
        dates = pd.to_datetime(text.astype(str).where(text.notna()) if kind else text, format=kind)
    except (ValueError, TypeError) as error:
        raise ChangedAnswer(
            f"{column.name} of {what} cannot be read as days ({error})",
            remedy="install the tested version of the client, or report the change",
        ) from error
    return dates.dt.normalize().astype("datetime64[ns]")


def with_factor(bars: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return bars with the factor of their day, from steps that hold from their day on.

    Parameters
    ----------
    bars
        With ``date``, ascending.
    steps
        ``date, factor``, ascending; before the first the factor is 1.

    Examples
    --------
    >>> bars = pd.DataFrame({"date": pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-06"])})
    >>> steps = pd.DataFrame({"date": pd.to_datetime(["2016-01-05"]), "factor": [1.25]})
    >>> with_factor(bars, steps)["factor"].tolist()
    [1.0, 1.25, 1.25]
    """
    at = steps["date"].to_numpy().searchsorted(bars["date"].to_numpy(), side="right")
    values = np.concatenate([[1.0], steps["factor"].to_numpy(dtype=np.float64)])
    return bars.assign(factor=values[at])


def steps_of(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the days on which the factor of ascending bars changes, as ``date, factor``.

    Examples
    --------
    >>> days = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-06"])
    >>> steps_of(pd.DataFrame({"date": days, "factor": [1.0, 1.0, 2.0]}))["factor"].tolist()
    [1.0, 2.0]
    """
    changed = bars["factor"].ne(bars["factor"].shift())
    return bars.loc[changed, ["date", "factor"]].reset_index(drop=True)


def check_steps(steps: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return factor steps in order, the last of a day.

    Raises
    ------
    ChangedAnswer
        If a day is missing, or a factor is not a finite number above zero.
    """
    bad = steps["date"].isna() | ~(np.isfinite(steps["factor"]) & (steps["factor"] > 0))
    if bad.any():
        row = steps[bad].iloc[0]
        raise ChangedAnswer(
            f"the factor of {what} on {row['date']} is {row['factor']}",
            remedy="try another source for this symbol",
        )
    ordered = steps.sort_values("date", kind="stable").drop_duplicates("date", keep="last")
    return ordered[["date", "factor"]].reset_index(drop=True)


def finish(
    bars: pd.DataFrame,
    symbol: str,
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    columns: Sequence[str],
    notes: list[str],
) -> pd.DataFrame:
    """Return bars as every source gives them: in order, in the span, traded, each column there.

    Left out without a word are days outside the span, and suspended ones as the panel knows them: without
    volume, or without any price. What else is left out is counted in the notes.

    Parameters
    ----------
    bars
        :data:`BARS` but the symbol, and ``columns``.
    symbol, start, end
        What was asked.
    columns
        Optional columns of the source.
    notes
        Receives a line about each kind of row that was left out, with its first day.

    Raises
    ------
    NoAnswer
        If two rows of a day differ: half of one answer and half of another.
    """
    bars = bars.assign(symbol=symbol)[[*BARS, *columns]]
    traded = (bars["volume"].fillna(0.0) != 0) & bars[list(PRICES)].notna().any(axis=1)
    bars = bars[traded & (bars["date"].isna() | bars["date"].between(start, end))]
    bars = _without(bars, bars["date"].isna().to_numpy(), "bars without a date", symbol, notes)
    bars = _without(bars, bars.duplicated().to_numpy(), "repeated rows", symbol, notes)
    twice = bars["date"].duplicated()
    if twice.any():
        raise NoAnswer(f"{symbol} has two different bars on {bars.loc[twice, 'date'].iloc[0].date()}")
    lacking = bars[[*PRICES, "factor"]].isna().any(axis=1).to_numpy()
    bars = _without(bars, lacking, "bars without one of their prices or the factor", symbol, notes)
    bars = _without(bars, ~_possible(bars), "impossible bars", symbol, notes)
    bars = _without_infinite(bars, symbol, columns, notes)
    return bars.sort_values("date", kind="stable", ignore_index=True)


def _without(bars: pd.DataFrame, bad: np.ndarray, words: str, symbol: str, notes: list[str]) -> pd.DataFrame:
    """Leave out rows, counted with their first day."""
    if not bad.any():
        return bars
    first = bars.loc[bad, "date"].min()
    at = "" if pd.isna(first) else f", the first on {first.date()}"
    notes.append(f"{symbol}: {int(bad.sum()):,} {words} left out{at}")
    return bars[~bad]


def _without_infinite(
    bars: pd.DataFrame, symbol: str, columns: Sequence[str], notes: list[str]
) -> pd.DataFrame:
    """Take infinite figures beside the bar as missing, counted: the panel would refuse the whole file."""
    infinite = np.isinf(bars[list(columns)].to_numpy(dtype=np.float64))
    if not infinite.any():
        return bars
    notes.append(f"{symbol}: {int(infinite.sum()):,} infinite figures were taken as missing")
    return bars.assign(**{name: bars[name].where(~np.isinf(bars[name])) for name in columns})


def _possible(bars: pd.DataFrame) -> np.ndarray:
    figures = bars[[*PRICES, "volume", "factor"]].to_numpy(dtype=np.float64)
    positive = (np.isfinite(figures) & (figures > 0)).all(axis=1)
    return positive & (bars["high"] >= bars["low"]).to_numpy()


def empty_bars(columns: Sequence[str]) -> pd.DataFrame:
    """Return bars without rows, with the columns and types of :func:`finish`."""
    kinds = {"date": "datetime64[ns]", "symbol": object}
    return pd.DataFrame(
        {name: pd.Series(dtype=kinds.get(name, np.float64)) for name in (*BARS, *columns)}  # pyright: ignore
    )
