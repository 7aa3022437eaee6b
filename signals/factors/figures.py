"""Arithmetic on statements: one value a statement, from that statement and earlier ones only."""

from functools import cached_property

import numpy as np
import pandas as pd

from ...feeds import DataError, Statements


class Figures:
    """Figures of statements with their past, each as it was known when the statement came out.

    A statement factor is computed here, once for each announcement, and only then spread over
    the days (:meth:`Bars.announced <btalpha.signals.factors.bars.Bars.announced>`). All figures of a
    ratio so come from one report; a report that lacks one of them gives NaN, and the ratio of
    the report before stays in force until it is stale.

    Every method returns one float a row of ``statements.frame``. Flows are cumulative from the
    start of the year, as Chinese reports have them. Where a period is announced again, the
    later announcement counts from its own day on.

    Parameters
    ----------
    statements
        The statements, in order of visibility.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "symbol": "A", "period_end": ["2014-03-31", "2014-12-31", "2015-03-31"],
    ...     "announce_date": ["2014-04-20", "2015-03-20", "2015-04-20"],
    ...     "total_revenue": [20.0, 100.0, 30.0], "total_assets": [500.0, 560.0, 700.0]})
    >>> figures = Figures(Statements.from_long(table))
    >>> figures.ttm("total_revenue").tolist()
    [nan, 100.0, 110.0]
    >>> figures.mean("total_assets").tolist()
    [nan, nan, 600.0]
    >>> figures.growth("total_revenue").tolist()
    [nan, nan, 0.5]
    """

    def __init__(self, statements: Statements) -> None:
        self._frame = statements.frame
        self._values: dict[str, np.ndarray] = {}

    def __contains__(self, field: str) -> bool:
        return field in self._frame.columns

    def latest(self, field: str) -> np.ndarray:
        """Return the figure of the statement itself; one left out of a repeat is taken from the first."""
        if field not in self:
            raise DataError(
                f"statements have no field {field!r}", remedy="give the column, or drop the factor"
            )
        if field not in self._values:
            column = self._frame[field].astype(np.float64)
            if self._repeated:
                column = column.groupby(self._period, sort=False).ffill()
            self._values[field] = column.to_numpy()
        return self._values[field]

    def either(self, *fields: str) -> np.ndarray:
        """Return the first of several figures that the statements have a column for."""
        return self.latest(next((field for field in fields if field in self), fields[0]))

    def or_zero(self, field: str) -> np.ndarray:
        """Return a figure that a report leaves empty where there is none, with 0 in the empty places."""
        return np.nan_to_num(self.latest(field), nan=0.0)

    def year_ago(self, values: np.ndarray, *, years: int = 1) -> np.ndarray:
        """Return values of the same quarter some years before, as visible by now."""
        return self._take(values, self._period - 4 * years)

    def year_end(self, values: np.ndarray, *, years: int = 1) -> np.ndarray:
        """Return values of the end of the year so many years before the statement's own."""
        return self._take(values, self._period - self._quarter - 4 * years + 3)

    def ttm(self, field: str) -> np.ndarray:
        """Return the trailing twelve months of a flow: year to date + last year - its same quarter."""
        return self.ttm_of(self.latest(field))

    def ttm_of(self, values: np.ndarray) -> np.ndarray:
        """Return the trailing twelve months of year-to-date values."""
        joined = values + self.year_end(values) - self.year_ago(values)
        return np.where(self._quarter == 3, values, joined)

    def annual_of(self, values: np.ndarray, *, years: int = 0) -> np.ndarray:
        """Return values of the last full year that is visible with the statement, or some years before it."""
        this_year = values if years == 0 else self.year_ago(values, years=years)
        return np.where(self._quarter == 3, this_year, self.year_end(values, years=years + 1))

    def mean(self, field: str) -> np.ndarray:
        """Return the mean of a balance and that of a year before: the average over the trailing year."""
        values = self.latest(field)
        return (values + self.year_ago(values)) / 2.0

    def growth(self, field: str) -> np.ndarray:
        """Return the change from the same quarter of the year before, as a fraction of its size."""
        return self.growth_of(self.latest(field))

    def growth_of(self, values: np.ndarray) -> np.ndarray:
        """Return the change from a year ago over the absolute value of then.

        The absolute value keeps a smaller loss an improvement; NaN where the base is 0.
        """
        before = self.year_ago(values)
        return (values - before) / np.where(before == 0.0, np.nan, np.abs(before))

    @cached_property
    def _quarter(self) -> np.ndarray:
        """Quarter of each statement, 0 to 3."""
        return pd.DatetimeIndex(self._frame["period_end"]).quarter.to_numpy() - 1

    @cached_property
    def _period(self) -> np.ndarray:
        """A number for symbol and quarter; four less is the same quarter a year before."""
        symbol = pd.factorize(self._frame["symbol"])[0].astype(np.int64)
        year = pd.DatetimeIndex(self._frame["period_end"]).year.to_numpy().astype(np.int64)
        # Room for 10,000 years a symbol, so that no shift reaches a neighbour.
        return (symbol * 10_000 + year) * 4 + self._quarter

    @cached_property
    def _repeated(self) -> bool:
        return bool(pd.Index(self._period).has_duplicates)

    @cached_property
    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows sorted by period, then by visibility, and the key of that order."""
        rows = np.arange(len(self._period), dtype=np.int64)
        key = self._period * len(rows) + rows
        order = np.argsort(key, kind="stable")
        return order, key[order]

    def _take(self, values: np.ndarray, period: np.ndarray) -> np.ndarray:
        """Return, for each row, the value of another period of its symbol, as announced up to that row."""
        if not len(period):
            return np.full(0, np.nan)
        order, key = self._order
        rows = np.arange(len(period), dtype=np.int64)
        found = np.searchsorted(key, period * len(rows) + rows, side="right") - 1
        source = order[np.maximum(found, 0)]
        hit = (found >= 0) & (self._period[source] == period)
        return np.where(hit, values[source], np.nan)
