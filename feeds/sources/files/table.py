"""Bars of many symbols in one long table that fits into memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ...columns import holds_numbers, parse_dates, parse_flags, parse_numbers
from ...readers import naming, read_table
from ...universe import read_members
from ..answers import finish
from ..base import BARS, Source
from ..errors import ChangedAnswer, NotOffered, UnknownSymbol
from ..patience import Patience
from ..symbols import canonical

REQUIRED = ("date", "symbol", "open", "high", "low", "close", "volume")


class Conventions:
    """How a table names its columns and in which units it counts.

    Parameters
    ----------
    columns
        Column of the table -> name here, as ``{"trade_date": "date", "vol": "volume"}``.
    units
        Name here -> what one unit of the table is worth, as ``{"volume": 100, "turnover": 0.01}``.

    Examples
    --------
    >>> table = pd.DataFrame({"vol": [3.0]})
    >>> Conventions(columns={"vol": "volume"}, units={"volume": 100}).apply(table, "x")["volume"].tolist()
    [300.0]
    """

    def __init__(
        self, *, columns: Mapping[str, str] | None = None, units: Mapping[str, float] | None = None
    ) -> None:
        self.columns = dict(columns or {})
        self.units = dict(units or {})

    def apply(self, table: pd.DataFrame, what: str) -> pd.DataFrame:
        """Return the table under the names and in the units of the panel.

        Raises
        ------
        ChangedAnswer
            If a column that is named is not there.
        """
        missing = [name for name in self.columns if name not in table.columns]
        table = table.rename(columns=self.columns)
        missing += [name for name in self.units if name not in table.columns]
        if missing:
            raise ChangedAnswer(
                f"{what} has no column {', '.join(missing)}; it has {', '.join(map(str, table.columns))}",
                remedy="correct the names of the columns",
            )
        scaled = {name: table[name].astype(np.float64) * unit for name, unit in self.units.items()}
        return table.assign(**scaled)


def parse_bars(table: pd.DataFrame, what: str, notes: list[str]) -> pd.DataFrame:
    """Return a long table with days, canonical symbols and float64 figures; ``factor`` is 1 where missing.

    Raises
    ------
    DataError
        If a column is missing, or a date, symbol, flag or number cannot be read.
    """
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise ChangedAnswer(
            f"{what} lacks the column {', '.join(missing)}; it has {', '.join(map(str, table.columns))}",
            remedy="tell which of its columns they are, as in --columns trade_date=date,vol=volume",
        )
    spelt = table["symbol"].astype(str)
    known = {text: canonical(text) for text in spelt.unique()}
    parsed = {"date": parse_dates(table["date"], notes).dt.normalize(), "symbol": spelt.map(known)}
    left_out = []
    for name in table.columns.difference(["date", "symbol"], sort=False):
        if name == "is_st":
            flags = parse_flags(table[name], lambda row: f"{spelt.iloc[row]} in row {row}", notes)
            parsed[name] = pd.Series(flags.astype(np.float64), index=table.index)
        elif name in REQUIRED or holds_numbers(table[name]):
            values = parse_numbers(table[name], lambda row: f"{spelt.iloc[row]} in row {row}")
            parsed[name] = pd.Series(values, index=table.index)
        else:
            left_out.append(str(name))
    if left_out:
        notes.append(f"{what}: columns of text were left out: {', '.join(left_out)}")
    if "factor" not in parsed:
        notes.append(f"{what} has no column factor: its prices are taken as adjusted already")
        parsed["factor"] = pd.Series(1.0, index=table.index)
    return pd.DataFrame(parsed)


class TableSource(Source):
    """Bars of a long table; a subclass loads it.

    Parameters
    ----------
    path
        Where the table is.
    conventions
        Its names and units.
    members, statements
        Files of membership ranges and of statements, in the form that the panel reads.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        conventions: Conventions | None = None,
        members: str | Path | None = None,
        statements: str | Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(patience=patience)
        self.path = Path(path)
        self.conventions = conventions or Conventions()
        self.members_path = members
        self.statements_path = statements

    @abstractmethod
    def load(self) -> pd.DataFrame:
        """Return the rows as they are in the files, with ``symbol``."""

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        with naming(self.path):
            table = self.conventions.apply(self.load(), str(self.path))
            bars = parse_bars(table, str(self.path), self.notes)
        self.columns = tuple(name for name in bars.columns if name not in BARS)
        return {str(symbol): part for symbol, part in bars.groupby("symbol", sort=True)}

    def symbols(self) -> list[str]:
        """Return all symbols of the table, sorted."""
        return list(self._tables)

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        part = self._tables.get(canonical(symbol))
        if part is None:
            raise UnknownSymbol(f"{self.path} has no bar of {symbol}")
        return finish(part, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the ranges of the file of members that touch the span."""
        if self.members_path is None:
            raise NotOffered(f"{self.path} has no membership", remedy="give a file of ranges")
        ranges = read_members(self.members_path, index=index)
        ranges = ranges.assign(symbol=ranges["symbol"].map(canonical))
        return ranges[(ranges["start"] <= end) & ~(ranges["end"] < start)].reset_index(drop=True)

    def statements(self, symbols: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the rows of the file of statements for the symbols and the span."""
        if self.statements_path is None:
            raise NotOffered(f"{self.path} has no statements", remedy="give a file of statements")
        table = read_table(self.statements_path)
        names = table["symbol"].astype(str).map(canonical)
        ends = parse_dates(table["period_end"], self.notes)
        keep = names.isin([canonical(symbol) for symbol in symbols]) & (ends >= start) & (ends <= end)
        return table.assign(symbol=names, period_end=ends)[keep].reset_index(drop=True)
