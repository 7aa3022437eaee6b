"""The panel: bars of many symbols over many days, with the universe and the statements beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .bar_files import read_bars
from .benchmark import parse_benchmark
from .dense_table import DenseTable, frozen
from .errors import DataError
from .long_format import DateLike, parse_long
from .readers import naming, read_table
from .statements import Statements
from .universe import universe_of

if TYPE_CHECKING:
    from .panel_feed import PanelFeed
    from .panel_feeds import Extra


class Panel:
    """Immutable dates x symbols table of raw bars.

    Prices are kept as they were quoted; ``factor`` makes them comparable over time
    (adjusted = raw x factor, back-adjusted). A day on which a symbol did not trade has NaN in
    every field. Build it with :meth:`from_long`, :meth:`read` or :meth:`from_feeds`.

    Parameters
    ----------
    dates, symbols
        T trading dates, ascending, unique, time-zone naive; N symbols, sorted.
    arrays
        One T x N array a field.
    universe
        T x N mask of what may be held; ``None`` means everything, always.
    statements, benchmark, info
        Statements by announcement date; an index series (``open, close``) by date; facts by symbol.
    repairs
        What was repaired or left out on reading, counted.

    Examples
    --------
    >>> bars = pd.DataFrame({
    ...     "date": ["2016-01-04", "2016-01-05", "2016-01-05"], "symbol": ["A", "A", "B"],
    ...     "open": [10.0, 10.1, 5.0], "high": [10.5, 10.4, 5.2], "low": [9.9, 10.0, 4.9],
    ...     "close": [10.2, 10.3, 5.1], "volume": [100, 200, 300]})
    >>> panel = Panel.from_long(bars)
    >>> panel["close"]  # doctest: +NORMALIZE_WHITESPACE
    symbol         A    B
    date
    2016-01-04  10.2  NaN
    2016-01-05  10.3  5.1
    >>> len(panel.until("2016-01-04"))
    1
    """

    def __init__(
        self,
        *,
        dates: pd.DatetimeIndex,
        symbols: pd.Index,
        arrays: Mapping[str, np.ndarray],
        universe: np.ndarray | None = None,
        statements: Statements | None = None,
        benchmark: pd.DataFrame | None = None,
        info: pd.DataFrame | None = None,
        repairs: tuple[str, ...] = (),
    ) -> None:
        self.dates = dates
        self.symbols = symbols
        self.statements = statements
        self.benchmark = benchmark
        self.info = info
        self.repairs = repairs
        shape = (len(dates), len(symbols))
        self._arrays = {name: frozen(values, shape, name) for name, values in arrays.items()}
        mask = np.ones(shape, dtype=bool) if universe is None else universe
        self._universe = frozen(mask, shape, "universe")

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame | DenseTable,
        *,
        statements: Statements | pd.DataFrame | None = None,
        members: pd.DataFrame | None = None,
        benchmark: pd.DataFrame | None = None,
        info: pd.DataFrame | None = None,
    ) -> Panel:
        """Build a panel from a long table, one row a bar.

        Parameters
        ----------
        frame
            Columns ``date, symbol, open, high, low, close, volume`` (raw prices, shares) and any other
            numeric field; ``factor`` defaults to 1 where it is missing. Or what a reader made of one.
        statements
            Statements, or a long table of them (``symbol, period_end, announce_date`` and figures).
        members
            Membership ranges ``symbol, start, end``: they become the universe.
        benchmark
            Index series with ``open`` and ``close``, by date (as index or as column ``date``).
        info
            Facts by symbol that hold on every day; a date of delisting, say, would look ahead.

        Raises
        ------
        DataError
            If a table cannot be used; see :func:`~btalpha.feeds.long_format.parse_long`.
        """
        table = frame if isinstance(frame, DenseTable) else parse_long(frame).to_dense()
        if isinstance(statements, pd.DataFrame):
            statements = Statements.from_long(statements)
        panel = cls(
            dates=table.dates,
            symbols=table.symbols,
            arrays=table.arrays,
            statements=statements,
            benchmark=None if benchmark is None else parse_benchmark(benchmark),
            info=None if info is None else info.copy(),
            repairs=(*table.repairs, *(statements.repairs if statements else ())),
        )
        return panel if members is None else panel.with_members(members)

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        statements: str | Path | None = None,
        members: pd.DataFrame | None = None,
        benchmark: pd.DataFrame | None = None,
        cache: bool | str | Path = False,
    ) -> Panel:
        """Read bars (and statements) in the long format from parquet or CSV, a file or a folder.

        With ``cache``, a folder or ``True`` for one of the user's own, the bars that were read are kept as
        they are in memory, and mapped the next time instead of being read.

        Raises
        ------
        DataError
            If a file cannot be read or holds bars that cannot be used; the message names the file.
        """
        with naming(statements):
            figures = None if statements is None else Statements.from_long(read_table(statements))
        with naming(path):
            table = read_bars(path, cache=cache)
            return cls.from_long(table, statements=figures, members=members, benchmark=benchmark)

    @classmethod
    def from_feeds(cls, datas: Iterable[Any]) -> Panel:
        """Build a panel from the bars that Backtrader feeds have delivered so far."""
        from .collector import panel_from_feeds

        return panel_from_feeds(datas)

    def __len__(self) -> int:
        return len(self.dates)

    def __repr__(self) -> str:
        span = f"{self.dates[0].date()}..{self.dates[-1].date()}" if len(self) else "no dates"
        return f"<Panel {len(self)} dates x {len(self.symbols)} symbols, {span}, {len(self.fields)} fields>"

    def __contains__(self, field: str) -> bool:
        return field in self._arrays

    def __getitem__(self, field: str) -> pd.DataFrame:
        return self.frame(self.array(field))

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields."""
        return tuple(self._arrays)

    def array(self, field: str) -> np.ndarray:
        """Return a field as a read-only T x N array; raises :class:`DataError` where it is absent."""
        try:
            return self._arrays[field]
        except KeyError:
            raise DataError(
                f"the panel has no field {field!r}", remedy=f"use one of {', '.join(self.fields)}"
            ) from None

    def adjusted_array(self, field: str) -> np.ndarray:
        """Return a price field times ``factor``, T x N, CNY on the scale of the first factor."""
        return self.array(field) * self.array("factor")

    def adjusted(self, field: str) -> pd.DataFrame:
        """Return a price field times ``factor`` as a dates x symbols frame."""
        return self.frame(self.adjusted_array(field))

    def frame(self, values: np.ndarray) -> pd.DataFrame:
        """Put the panel's axes around a T x N array."""
        return pd.DataFrame(values, index=self.dates, columns=self.symbols, copy=False)

    @property
    def traded_array(self) -> np.ndarray:
        """T x N mask: the symbol has a bar on that day."""
        return ~np.isnan(self._arrays["close"])

    @property
    def traded(self) -> pd.DataFrame:
        """Dates x symbols mask: the symbol has a bar on that day."""
        return self.frame(self.traded_array)

    @property
    def universe_array(self) -> np.ndarray:
        """T x N mask: the symbol belongs to the universe on that day."""
        return self._universe

    @property
    def universe(self) -> pd.DataFrame:
        """Dates x symbols mask: the symbol belongs to the universe on that day."""
        return self.frame(self.universe_array)

    def until(self, date: DateLike) -> Panel:
        """Return what was known at the close of ``date``: its bars and every earlier one (views)."""
        return self._rows(0, int(self.dates.searchsorted(pd.Timestamp(date), side="right")))

    def between(self, start: DateLike, end: DateLike) -> Panel:
        """Return the bars from ``start`` to ``end``, both included (views)."""
        first = int(self.dates.searchsorted(pd.Timestamp(start), side="left"))
        return self._rows(first, int(self.dates.searchsorted(pd.Timestamp(end), side="right")))

    def select(self, symbols: Iterable[str]) -> Panel:
        """Return the panel of some symbols, in the panel's own order.

        Raises
        ------
        DataError
            If a symbol is not in the panel.
        """
        wanted = pd.Index([symbols] if isinstance(symbols, str) else list(symbols))
        unknown = wanted[~wanted.isin(self.symbols)]
        if len(unknown):
            raise DataError(
                f"the panel has no symbol {', '.join(map(str, unknown[:5]))}",
                remedy=f"its symbols run from {self.symbols[0]} to {self.symbols[-1]}",
            )
        columns = np.flatnonzero(self.symbols.isin(wanted))
        return self._derive(
            symbols=self.symbols[columns],
            arrays={name: values[:, columns] for name, values in self._arrays.items()},
            universe=self._universe[:, columns],
        )

    def with_members(self, ranges: pd.DataFrame) -> Panel:
        """Return the panel with membership ranges (``symbol, start, end``) as its universe.

        Raises
        ------
        DataError
            If a range cannot be read, or no member of any day is in the panel.
        """
        mask, lines = universe_of(ranges, self.dates, self.symbols)
        return self._derive(universe=mask, repairs=(*self.repairs, *lines))

    def with_universe(self, mask: np.ndarray) -> Panel:
        """Return the panel with another universe: a T x N mask of what may be held."""
        return self._derive(universe=mask)

    def with_arrays(self, arrays: Mapping[str, np.ndarray]) -> Panel:
        """Return the panel with some fields replaced or added, each T x N."""
        return self._derive(arrays={**self._arrays, **arrays})

    def add_to(self, cerebro: Any, *, extra: Extra = (), adjusted: bool = True) -> list[PanelFeed]:
        """Add one :class:`PanelFeed` a symbol to a Cerebro, named by the symbol, and return them.

        ``extra`` names fields to deliver as lines of their own, or maps names to dates x symbols
        frames; ``adjusted=False`` delivers raw prices. See :func:`~btalpha.feeds.panel_feeds.add_panel`.
        """
        from .panel_feeds import add_panel

        return add_panel(self, cerebro, extra=extra, adjusted=adjusted)

    def _rows(self, first: int, last: int) -> Panel:
        dates = self.dates[first:last]
        known = dates[-1] if len(dates) else pd.Timestamp.min  # without a day nothing is known
        return self._derive(
            dates=dates,
            arrays={name: values[first:last] for name, values in self._arrays.items()},
            universe=self._universe[first:last],
            benchmark=None if self.benchmark is None else self.benchmark.loc[:known],
            statements=None if self.statements is None else self.statements.until(known),
        )

    def _derive(self, **changes: Any) -> Panel:
        names = ("dates", "symbols", "statements", "benchmark", "info", "repairs")
        parts = {name: getattr(self, name) for name in names}
        return Panel(**{**parts, "arrays": self._arrays, "universe": self._universe, **changes})
