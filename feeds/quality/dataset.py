"""All that is checked together: bars, and beside them membership, statements and an index series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..benchmark import FIELDS as BENCHMARK_FIELDS
from ..calendars import exchange_sessions, recorded_days
from ..columns import parse_dates, parse_numbers, parse_symbols
from ..errors import DataError
from ..long_format import FLAGS
from ..readers import naming, read_table
from ..statement_records import FIELD, VALUE, are_records
from ..statements import KEYS
from ..universe import dated_ranges, one_index
from .duplicates import repeats
from .rows import FIELDS, Rows, parse_rows
from .values import impossible


@dataclass(frozen=True)
class Dataset:
    """What the checks read.

    Parameters
    ----------
    rows
        Every row of the file that has a date and a symbol.
    unplaced
        The others: ``row, symbol, date``.
    calendar
        Name of the exchange's calendar; ``None`` where sessions are not checked.
    members
        Membership ranges ``symbol, start, end``, possible or not.
    statements
        ``symbol, period_end, announce_date``.
    benchmark
        ``date, open, close``, as they stand in the file.
    limit
        Examples that a check gives.
    repairs
        What was read otherwise than it stands in the files.
    """

    rows: Rows
    unplaced: pd.DataFrame
    calendar: str | None = None
    members: pd.DataFrame | None = None
    statements: pd.DataFrame | None = None
    benchmark: pd.DataFrame | None = None
    limit: int = 5
    repairs: tuple[str, ...] = ()

    @cached_property
    def bars(self) -> Rows:
        """The rows that a panel would take: traded, with possible values, one a symbol and day."""
        rows = self.rows
        bars = rows.take(rows.traded & (impossible(rows) == 0) & ~repeats(rows))
        if not len(bars):
            raise DataError("no row is a bar that can be used", remedy="see the README for the columns")
        return bars

    @cached_property
    def sessions(self) -> np.ndarray:
        """The sessions of the calendar between the first and the last bar, ``datetime64[D]``."""
        dates = self.bars.dates
        found = exchange_sessions(self.calendar or "", dates[0], dates[-1])
        return found.to_numpy().astype("datetime64[D]")

    def lacks(self, names: tuple[str, ...]) -> list[str]:
        """Return which of these it has not: optional parts, or columns of the bars."""
        parts = {"calendar", "members", "statements", "benchmark"}
        return [
            name
            for name in names
            if (getattr(self, name) is None if name in parts else name not in self.rows)
        ]


def read_dataset(
    bars: str | Path,
    *,
    members: str | Path | None = None,
    index: str | None = None,
    statements: str | Path | None = None,
    benchmark: str | Path | None = None,
    calendar: str | None = "XSHG",
    limit: int = 5,
) -> Dataset:
    """Read files of bars, and what belongs to them, without refusing impossible values.

    Parameters
    ----------
    bars
        Parquet or CSV, a file or a folder, in the long format.
    members, index
        Membership ranges, and which index of them.
    statements
        Quarterly statements.
    benchmark
        An index series: date, open, close.
    calendar
        Exchange whose sessions are expected; ``None`` for no such check.
    limit
        Examples that a check gives.

    Raises
    ------
    DataError
        If a file cannot be read as a table of its kind, or there is no such calendar.
    """
    import pyarrow

    repairs: list[str] = []
    if calendar is not None:
        recorded_days(calendar)  # a name that is misspelt is told before the work
    with naming(bars):
        frame = read_table(bars, columns=("date", "symbol", *FIELDS, *FLAGS))
        rows, unplaced = parse_rows(frame, repairs)
    # Else Arrow keeps what the file took, as much again as the rows.
    pyarrow.default_memory_pool().release_unused()
    return Dataset(
        rows=rows,
        unplaced=unplaced,
        calendar=calendar,
        members=None if members is None else _members(members, index),
        statements=None if statements is None else _statements(statements, repairs),
        benchmark=None if benchmark is None else _benchmark(benchmark, repairs),
        limit=limit,
        repairs=tuple(repairs),
    )


def _members(path: str | Path, index: str | None) -> pd.DataFrame:
    with naming(path):
        return dated_ranges(one_index(read_table(path), index))


def _statements(path: str | Path, repairs: list[str]) -> pd.DataFrame:
    with naming(path):
        table = _with_columns(read_table(path, columns=(*KEYS, FIELD, VALUE)), KEYS)
        if are_records(table):  # a row a figure: one statement is many rows
            table = table.drop_duplicates(list(KEYS), ignore_index=True)
        dates = {name: parse_dates(table[name], repairs).dt.normalize() for name in KEYS[1:]}
        return pd.DataFrame({"symbol": parse_symbols(table["symbol"]), **dates})


def _benchmark(path: str | Path, repairs: list[str]) -> pd.DataFrame:
    with naming(path):
        table = _with_columns(read_table(path), ("date", *BENCHMARK_FIELDS))
        dates = parse_dates(table["date"], repairs).dt.normalize()
        values = {name: parse_numbers(table[name], lambda row: f"row {row}") for name in BENCHMARK_FIELDS}
        return pd.DataFrame({"date": dates, **values})


def _with_columns(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise DataError(f"column {', '.join(missing)} is missing", remedy=f"name them {', '.join(names)}")
    return table
