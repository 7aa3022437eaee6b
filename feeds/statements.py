"""Quarterly statements joined point in time: by announcement, never by period end."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .columns import holds_numbers, parse_dates, parse_numbers, parse_symbols
from .errors import DataError
from .long_format import DateLike
from .statement_records import are_records, to_records, widened

KEYS = ("symbol", "period_end", "announce_date")
# Statutory deadlines of A-share reports: month and day, and how many years after the period's own.
_DEADLINES = {3: (4, 30, 0), 6: (8, 31, 0), 9: (10, 31, 0), 12: (4, 30, 1)}
DEFAULT_MAX_AGE = 400


@dataclass(frozen=True)
class Statements:
    """Statements of many symbols, each visible from the day it was announced.

    Parameters
    ----------
    frame
        Sorted by ``visible, period_end, symbol``; built by :meth:`from_long`.
    repairs
        What was filled in on reading, counted.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "symbol": ["A", "A"], "period_end": ["2015-12-31", "2016-03-31"],
    ...     "announce_date": ["2016-03-15", None], "revenue": [100.0, 30.0]})
    >>> statements = Statements.from_long(table)
    >>> days = pd.to_datetime(["2016-03-14", "2016-03-15", "2016-05-03"])
    >>> statements.values("revenue", days, pd.Index(["A"])).ravel().tolist()
    [nan, 100.0, 30.0]
    >>> statements.as_of("2016-04-29")[["period_end", "field", "value"]].to_numpy().tolist()
    [[Timestamp('2015-12-31 00:00:00'), 'revenue', 100.0]]
    """

    frame: pd.DataFrame
    repairs: tuple[str, ...] = ()

    @classmethod
    def from_long(cls, table: pd.DataFrame) -> "Statements":
        """Build from a table with ``symbol, period_end, announce_date`` and one column a figure.

        Instead of a column a figure there may be a row a figure, with its name in ``field`` and ``value``.
        Restatements are further rows of a period, with dates of their own; all of them are kept.

        A missing ``announce_date``, or one before the period ended (a prospectus, say), becomes
        the statutory deadline of the report (30 April, 31 August, 31 October, 30 April), the last
        day on which it may have been unknown. An infinite figure counts as missing, and of several
        rows with one symbol, period and day the last counts. ``repairs`` counts all of this.

        Raises
        ------
        DataError
            If a key column or a symbol is missing, a date or figure cannot be read, or a period
            end is not the end of a calendar quarter.
        """
        repairs: list[str] = []
        if are_records(table):
            _require_keys(table)
            table = widened(table, KEYS, repairs)
        frame = _parse(table, repairs)
        unknown = frame["announce_date"].isna()
        early = frame["announce_date"] < frame["period_end"]
        deadline = frame["period_end"].map(statutory_deadline)
        frame["visible"] = frame["announce_date"].mask(unknown | early, deadline)
        frame = frame.sort_values(["visible", "period_end", "symbol"], kind="stable", ignore_index=True)
        again = frame.duplicated(["symbol", "period_end", "visible"])
        counts = {
            "without announcement date count from their statutory deadline": unknown.sum(),
            "announced before their period ended count from their statutory deadline": early.sum(),
            "repeat a period of the same day: the last row of the day counts": again.sum(),
        }
        repairs += [f"{int(count):,} statements {what}" for what, count in counts.items() if count]
        return cls(frame=frame, repairs=tuple(repairs))

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the figures, in the order of the table."""
        return tuple(str(name) for name in self.frame.columns if name not in (*KEYS, "visible"))

    def until(self, date: DateLike) -> "Statements":
        """Return the statements that were visible at the close of ``date``."""
        last = self.frame["visible"].searchsorted(pd.Timestamp(date), side="right")
        return Statements(frame=self.frame.iloc[:last], repairs=self.repairs)

    def records(self) -> pd.DataFrame:
        """Return all figures, one a row, with every restatement, in the order in which they became visible.

        Columns ``symbol, period_end, announce_date`` (NaT where it is not known), ``visible`` (the day from
        whose close on the figure counts), ``field, value``. :meth:`from_long` takes them back.
        """
        return to_records(self.frame, (*KEYS, "visible"))

    def as_of(self, date: DateLike) -> pd.DataFrame:
        """Return what was visible at the close of a date: of each figure the version known then.

        Returns
        -------
        pandas.DataFrame
            The columns of :meth:`records`, one row for each symbol, period and field, sorted by these.
            Nothing is left out for its age.
        """
        known = self.until(date).records()
        figure = ["symbol", "period_end", "field"]
        latest = known.drop_duplicates(figure, keep="last")
        return latest.sort_values(figure, kind="stable", ignore_index=True)

    def values(
        self, field: str, dates: pd.DatetimeIndex, symbols: pd.Index, *, max_age_days: int = DEFAULT_MAX_AGE
    ) -> np.ndarray:
        """Return the latest visible figure of each day and symbol, as an array.

        Parameters
        ----------
        field
            One of :attr:`fields`.
        dates, symbols
            Axes of the result, lengths T and N.
        max_age_days
            A figure is stale, hence NaN, once its period ended more than so many days ago.

        Returns
        -------
        numpy.ndarray
            T x N floats; NaN before the first announcement and where stale. Where a period is
            announced again, the later announcement counts from its own day on.
        """
        return self._spread(self._events(field), dates, symbols, max_age_days)

    def ttm(
        self, field: str, dates: pd.DatetimeIndex, symbols: pd.Index, *, max_age_days: int = DEFAULT_MAX_AGE
    ) -> np.ndarray:
        """Return trailing-twelve-month figures of a flow that is reported cumulatively, year to date.

        At a visible quarter: year to date + last full year - year to date of the same quarter a
        year before, each as visible on that day; NaN while one of the three is not.
        Shapes and the rule of age are those of :meth:`values`.
        """
        return self._spread(_ttm_events(self._events(field)), dates, symbols, max_age_days)

    def _events(self, field: str) -> pd.DataFrame:
        if field not in self.fields:
            raise DataError(
                f"statements have no field {field!r}", remedy=f"use one of {', '.join(self.fields)}"
            )
        events = self.frame[["symbol", "period_end", "visible", field]].rename(columns={field: "value"})
        return events[events["value"].notna()]

    @staticmethod
    def _spread(
        events: pd.DataFrame, dates: pd.DatetimeIndex, symbols: pd.Index, max_age_days: int
    ) -> np.ndarray:
        """Write each event at the first day it is visible and carry it forward until the next."""
        out = np.full((len(dates), len(symbols)), np.nan)
        period = np.full(out.shape, np.nan)
        day = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
        rows = dates.searchsorted(events["visible"].to_numpy(), side="left")
        columns = pd.Index(symbols).get_indexer(pd.Index(events["symbol"]))
        ends = events["period_end"].to_numpy().astype("datetime64[D]").astype(np.int64)
        # A late correction of an old period must not hide a newer one that is already known.
        newest = events.assign(end=ends).groupby("symbol")["end"].cummax().to_numpy() == ends
        inside = newest & (columns >= 0) & (rows < len(dates))
        # Ascending order of visibility: where two fall on one day, the later period is written last.
        out[rows[inside], columns[inside]] = events["value"].to_numpy()[inside]
        period[rows[inside], columns[inside]] = ends[inside]
        out, period = _forward_fill(out, period)
        out[day[:, None] - period > max_age_days] = np.nan
        return out


def statutory_deadline(period_end: pd.Timestamp) -> pd.Timestamp:
    """Return the last day on which an A-share report of that period may be published.

    Examples
    --------
    >>> statutory_deadline(pd.Timestamp("2015-12-31")).date().isoformat()
    '2016-04-30'
    """
    month, day, years = _DEADLINES[period_end.month]
    return pd.Timestamp(period_end.year + years, month, day)


def _parse(table: pd.DataFrame, repairs: list[str]) -> pd.DataFrame:
    """Check the keys and read every figure; a column of text, such as a name, is left out."""
    _require_keys(table)
    symbols = parse_symbols(table["symbol"])
    ends = parse_dates(table["period_end"], repairs)
    columns: dict[str, Any] = {"symbol": symbols, "period_end": ends.to_numpy()}
    columns["announce_date"] = parse_dates(table["announce_date"], repairs).to_numpy()
    _require_quarter_ends(ends, symbols)
    figures = [str(name) for name in table.columns if name not in KEYS and holds_numbers(table[name])]
    for name in figures:
        values = parse_numbers(table[name], lambda row: f"{symbols[row]} for {ends.iloc[row].date()}")
        infinite = np.isinf(values)
        if infinite.any():
            repairs.append(f"{int(infinite.sum()):,} infinite figures of {name} were taken as missing")
        columns[name] = np.where(infinite, np.nan, values)
    left_out = [str(name) for name in table.columns if str(name) not in columns]
    if left_out:
        repairs.append(f"statement columns of text were left out: {', '.join(left_out)}")
    return pd.DataFrame(columns)


def _require_keys(table: pd.DataFrame) -> None:
    missing = [name for name in KEYS if name not in table.columns]
    if missing:
        raise DataError(
            f"statements lack the column {', '.join(missing)}", remedy=f"name the keys {', '.join(KEYS)}"
        )


def _require_quarter_ends(ends: pd.Series, symbols: np.ndarray) -> None:
    bad = ~ends.dt.is_quarter_end.to_numpy(dtype=bool)  # a missing date is none either
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        got = "missing" if pd.isna(ends.iloc[row]) else ends.iloc[row].date()
        raise DataError(
            f"period_end of {symbols[row]} (row {row}) is {got}, not the end of a calendar quarter",
            remedy="give quarter ends such as 2015-12-31",
        )


def _forward_fill(values: np.ndarray, period: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    last = np.where(np.isnan(period), 0, np.arange(len(period))[:, None])
    np.maximum.accumulate(last, axis=0, out=last)
    columns = np.arange(values.shape[1])
    return values[last, columns], period[last, columns]


def _ttm_events(events: pd.DataFrame) -> pd.DataFrame:
    """Replace each announcement by the total of the newest period then known.

    Every announcement makes one, for a late or restated year before changes the total of a
    newer quarter.
    """
    known: dict[tuple[str, int, int], float] = {}
    newest: dict[str, tuple[int, int, int]] = {}
    totals = np.full(len(events), np.nan)
    at_newest = np.zeros(len(events), dtype=np.int64)
    periods = pd.DatetimeIndex(events["period_end"])
    rows = zip(events["symbol"], periods.year, periods.month, events["value"], strict=True)
    for at, (symbol, year, month, value) in enumerate(rows):
        known[symbol, year, month] = value
        newest[symbol] = max(newest.get(symbol, (0, 0, 0)), (year, month, at))
        last_year, last_month, at_newest[at] = newest[symbol]
        totals[at] = _trailing(known, symbol, last_year, last_month)
    return events.assign(value=totals, period_end=periods[at_newest])


def _trailing(known: dict[tuple[str, int, int], float], symbol: str, year: int, month: int) -> float:
    """Year to date + last full year - year to date a year before; NaN while one is unknown."""
    to_date = known[symbol, year, month]
    if month == 12:
        return to_date
    full_year = known.get((symbol, year - 1, 12), np.nan)
    return to_date + full_year - known.get((symbol, year - 1, month), np.nan)
