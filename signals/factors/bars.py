"""Packed bars: the traded bars of each stock without the gaps, which windows then count."""

from functools import cached_property

import numpy as np
import pandas as pd

from ...feeds import DataError, Panel, Statements
from ...feeds.statements import DEFAULT_MAX_AGE
from . import packing
from .figures import Figures
from .operators import Packed, direction, divide, ref


class Bars:
    """The bars of a panel with suspended days taken out, stock by stock.

    Every array is T x N float64: one column a stock, row i its i-th traded bar, NaN below its
    last one. Packing to the top keeps time's order, so a formula that looks only up the rows
    looks only into the past. Fields are packed when they are first used and kept.

    Prices (``open high low close pre_close``) are adjusted, raw x ``factor``, in CNY on the
    scale of the panel's factors; everything else is as the panel has it: volume in shares,
    amount in CNY, turnover as a fraction of the float.

    Parameters
    ----------
    panel
        Where the bars come from; it is not changed.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "date": ["2016-01-04", "2016-01-05", "2016-01-06", "2016-01-05"],
    ...     "symbol": ["A", "A", "A", "B"], "open": 1.0, "high": 2.0, "low": 1.0,
    ...     "close": [1.0, 1.5, 2.0, 1.2], "volume": 100.0, "factor": [2.0, 2.0, 2.0, 1.0]})
    >>> bars = Bars(Panel.from_long(table))
    >>> bars.close
    array([[2. , 1.2],
           [3. , nan],
           [4. , nan]])
    >>> bars.unpack(bars.close)
    array([[2. , nan],
           [3. , 1.2],
           [4. , nan]])
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self._fields: dict[str, Packed] = {}

    # -- axes -------------------------------------------------------------------------------

    @cached_property
    def counts(self) -> np.ndarray:
        """Return how many bars each of the N stocks has."""
        return self.panel.traded_array.sum(axis=0)

    def pack(self, values: np.ndarray) -> Packed:
        """Take the traded bars out of a dates x symbols array."""
        return packing.pack(np.ascontiguousarray(values, dtype=np.float64), self._places)

    def unpack(self, values: Packed) -> np.ndarray:
        """Put packed values back on their dates, T x N, NaN on days without a bar."""
        return packing.unpack(np.ascontiguousarray(values, dtype=np.float64), self._places)

    @cached_property
    def _places(self) -> np.ndarray:
        return packing.places(self.panel.traded_array)

    # -- what a formula may read -------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Tell whether a field, ``statement:<field>`` or ``index:<field>`` is there."""
        kind, _, field = name.rpartition(":")
        if kind == "statement":
            return self.panel.statements is not None and field in self.panel.statements.fields
        if kind == "index":
            return self.panel.benchmark is not None and field in self.panel.benchmark.columns
        return field in self.panel

    def field(self, name: str) -> Packed:
        """Return a field of the panel as it is there, prices raw."""
        if name not in self._fields:
            self._fields[name] = self.pack(self.panel.array(name))
        return self._fields[name]

    def adjusted(self, name: str) -> Packed:
        """Return a price field times ``factor``."""
        key = f"adjusted:{name}"
        if key not in self._fields:
            self._fields[key] = self.field(name) * self.field("factor")
        return self._fields[key]

    def index(self, field: str) -> Packed:
        """Return a column of the benchmark on the dates of each stock's own bars.

        ``index("close") / ref(index("close"), 1)`` then spans the same days as the stock's
        own return, suspensions included; NaN on dates the benchmark lacks.
        """
        key = f"index:{field}"
        if key not in self._fields:
            if self.panel.benchmark is None:
                raise DataError("the panel has no benchmark", remedy="give Panel.from_long(benchmark=...)")
            series = self.panel.benchmark[field].reindex(self.panel.dates).to_numpy(np.float64)
            self._fields[key] = self.pack(np.broadcast_to(series[:, None], self._places.shape))
        return self._fields[key]

    def statement(self, field: str) -> Packed:
        """Return a statement figure point in time: the latest announced by the day of the bar."""
        return self._statement(field, ttm=False)

    def ttm(self, field: str) -> Packed:
        """Return the trailing twelve months of a year-to-date flow, from announced statements only."""
        return self._statement(field, ttm=True)

    def announced(self, values: np.ndarray, *, max_age_days: int = DEFAULT_MAX_AGE) -> Packed:
        """Spread one value a statement over the bars from its announcement on.

        Parameters
        ----------
        values
            One number a row of ``panel.statements.frame``, NaN where there is none. It may use
            no row that became visible later.
        max_age_days
            A value is stale, hence NaN, once its period ended more than so many days ago.

        Returns
        -------
        numpy.ndarray
            T x N packed; by the rules of
            :meth:`Statements.values <btalpha.feeds.statements.Statements.values>`, NaN before the first
            announcement.
        """
        ends, rows, columns = self._announcements
        days = _day_numbers(self.panel.dates)
        values = np.ascontiguousarray(values, dtype=np.float64)
        return packing.spread(values, ends, rows, columns, days, self._places, max_age_days)

    @cached_property
    def figures(self) -> Figures:
        """The statements' figures with their past, for ratios that :meth:`announced` spreads."""
        return Figures(self._statements)

    @property
    def open(self) -> Packed:
        """Adjusted opening price."""
        return self.adjusted("open")

    @property
    def high(self) -> Packed:
        """Adjusted highest price."""
        return self.adjusted("high")

    @property
    def low(self) -> Packed:
        """Adjusted lowest price."""
        return self.adjusted("low")

    @property
    def close(self) -> Packed:
        """Adjusted closing price."""
        return self.adjusted("close")

    @property
    def volume(self) -> Packed:
        """Volume in shares, not adjusted for splits."""
        return self.field("volume")

    @property
    def amount(self) -> Packed:
        """Traded value in CNY."""
        return self.field("amount")

    @property
    def turnover(self) -> Packed:
        """Volume as a fraction of the float shares."""
        return self.field("turnover")

    @cached_property
    def typical(self) -> Packed:
        """Typical price, (high + low + close) / 3."""
        return (self.high + self.low + self.close) / 3.0

    @cached_property
    def returns(self) -> Packed:
        """Return from the close of the bar before, as a fraction."""
        return divide(self.close, ref(self.close, 1)) - 1.0

    @cached_property
    def direction(self) -> Packed:
        """Sign of the move of the close: 1, 0 or -1."""
        return direction(self.close)

    @cached_property
    def index_returns(self) -> Packed:
        """Benchmark return over the same days as :attr:`returns`, as a fraction."""
        level = self.index("close")
        return divide(level, ref(level, 1)) - 1.0

    @cached_property
    def _announcements(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """End of period of each statement, the row from which it is known, and its column or -1."""
        frame = self._statements.frame
        rows = self.panel.dates.searchsorted(pd.DatetimeIndex(frame["visible"]), side="left")
        columns = self.panel.symbols.get_indexer(pd.Index(frame["symbol"]))
        return _day_numbers(pd.DatetimeIndex(frame["period_end"])), rows, columns

    @property
    def _statements(self) -> Statements:
        if self.panel.statements is None:
            raise DataError("the panel has no statements", remedy="give Panel.from_long(statements=...)")
        return self.panel.statements

    def _statement(self, field: str, *, ttm: bool) -> Packed:
        key = f"{'ttm' if ttm else 'statement'}:{field}"
        if key not in self._fields:
            read = self._statements.ttm if ttm else self._statements.values
            self._fields[key] = self.pack(read(field, self.panel.dates, self.panel.symbols))
        return self._fields[key]


def _day_numbers(dates: pd.DatetimeIndex) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)
