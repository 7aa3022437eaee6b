"""A table of bars in DuckDB or SQLite."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..answers import finish
from ..base import BARS, Source
from ..errors import MissingClient, SourceError, UnknownSymbol
from ..patience import Patience
from ..symbols import canonical
from .table import Conventions, parse_bars

_SQLITE = b"SQLite format 3\x00"


class DatabaseSource(Source):
    """Bars in a table of a DuckDB or SQLite file, which is opened to be read only.

    Names of tables and columns are quoted and values are bound, so none of them is ever run as SQL.

    Parameters
    ----------
    path
        The file of the database.
    table
        The table or view with one row a bar.
    conventions
        Its names and units.
    """

    name = "database"

    def __init__(
        self,
        path: str | Path,
        *,
        table: str = "bars",
        conventions: Conventions | None = None,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(patience=patience)
        self.path = Path(path)
        self.table = table
        self.conventions = conventions or Conventions()

    def symbols(self) -> list[str]:
        """Return all symbols of the table, sorted."""
        return sorted(self._spelt)

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        spelt = self._spelt.get(canonical(symbol))
        if spelt is None:
            raise UnknownSymbol(f"{self._what} has no bar of {symbol}")
        rows = self._query(f"SELECT * FROM {_quoted(self.table)} WHERE {self._symbol} = ?", [spelt])
        notes: list[str] = []
        bars = parse_bars(self.conventions.apply(rows, self._what), self._what, notes)
        self.notes += [note for note in notes if note not in self.notes]
        self.columns = tuple(name for name in bars.columns if name not in BARS)
        return finish(bars, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def close(self) -> None:
        """Close the database."""
        opened = vars(self).pop("_connection", None)
        if opened is not None:
            opened.close()

    @property
    def _what(self) -> str:
        return f"table {self.table} of {self.path}"

    @property
    def _symbol(self) -> str:
        names = {here: there for there, here in self.conventions.columns.items()}
        return _quoted(names.get("symbol", "symbol"))

    @cached_property
    def _spelt(self) -> dict[str, Any]:
        """Canonical symbol -> as the table spells it."""
        found = self._query(f"SELECT DISTINCT {self._symbol} AS spelt FROM {_quoted(self.table)}", [])
        return {canonical(text): text for text in found["spelt"] if text is not None}

    @cached_property
    def _connection(self) -> Any:
        if not self.path.is_file():
            raise SourceError(f"{self.path} does not exist", remedy="check the path of the database")
        with self.path.open("rb") as file:
            lite = file.read(len(_SQLITE)) == _SQLITE
        if lite:
            import sqlite3

            return sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            import duckdb
        except ImportError as error:
            raise MissingClient("DuckDB is not installed", remedy="pip install 'btalpha[duckdb]'") from error
        try:
            return duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            raise SourceError(
                f"{self.path} is neither DuckDB nor SQLite ({error})", remedy="check the file"
            ) from error

    def _query(self, sql: str, values: Sequence[Any]) -> pd.DataFrame:
        connection = self._connection
        try:
            answer = connection.execute(sql, values)
            names = [column[0] for column in answer.description]
            return pd.DataFrame(answer.fetchall(), columns=names)
        except Exception as error:  # each kind of database has its own
            raise SourceError(
                f"{self._what} cannot be read ({error})",
                remedy="name its table and columns, as in --table prices --columns ts_code=symbol",
            ) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
