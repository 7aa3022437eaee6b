"""Sections on what the portfolio earned: its path among random ones, month by month."""

import pandas as pd

from . import charts, tables
from .evidence import Evidence
from .layout import Section, figure, halves, note
from .words import percent, plural


def growth(evidence: Evidence) -> Section:
    """Show the portfolio's path among the random ones, where they ended, and drawdown."""
    randoms = evidence.random_returns
    other = evidence.benchmark if evidence.has_own_benchmark else None
    keys = [("portfolio", "Portfolio")]
    if randoms is not None:
        bands = [("band inner", "25th to 75th percentile"), ("band", "5th to 95th")]
        keys += [("random", "Random: median"), *bands]
    if other is not None:
        keys.append(("benchmark", evidence.benchmark_name))
    path = figure("Gain since the start", charts.fan(evidence.returns, randoms, other), keys=keys)
    places = _places(evidence)
    fall = _drawdown(evidence, half=bool(places))
    title = "Growth" if randoms is None else "Against random picks"
    return Section("growth", title, path + (halves([*places, fall]) if places else fall))


def _places(evidence: Evidence) -> list[str]:
    totals = evidence.random_totals
    if totals is None or len(totals) < 2:
        return []
    total = float(evidence.figures["total_return"] or 0.0)
    keys = [("portfolio", f"Portfolio {percent(total)}"), ("random", plural(len(totals), "random portfolio"))]
    return [figure("Total return: how many ended where", charts.places(total, totals), keys=keys)]


def _drawdown(evidence: Evidence, *, half: bool) -> str:
    ink = "benchmark" if evidence.has_own_benchmark else "random"
    keys = [("portfolio", "Portfolio")]
    if evidence.benchmark is not None:
        keys.append((ink, evidence.benchmark_name))
    drawing = charts.underwater(evidence.returns, evidence.benchmark, ink=ink, half=half)
    return figure("Fall from the last peak", drawing, keys=keys)


def monthly(evidence: Evidence) -> Section:
    """Show the excess return by month, or the plain return where there is no benchmark."""
    own = monthly_returns(evidence.returns)
    if evidence.benchmark is None:
        return Section("months", "Month by month", tables.months(own) + note("Return of the portfolio, %."))
    text = f"Return of the portfolio minus that of: {evidence.benchmark_name}. Percentage points."
    excess = own - monthly_returns(evidence.benchmark)
    return Section("months", "Month by month", tables.months(excess) + note(text))


def monthly_returns(returns: pd.Series) -> pd.Series:
    """Compound daily returns over months and years.

    Returns
    -------
    pandas.Series
        Fractions, indexed by (year, month); month 13 is the whole year.

    Examples
    --------
    >>> days = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-02-01"])
    >>> monthly_returns(pd.Series([0.1, 0.1, -0.5], days)).round(3).to_dict()
    {(2016, 1): 0.21, (2016, 2): -0.5, (2016, 13): -0.395}
    """
    dates = pd.DatetimeIndex(returns.index)
    wealth = 1.0 + returns
    by_month = wealth.groupby([dates.year, dates.month]).prod() - 1.0
    by_year = wealth.groupby([dates.year, [13] * len(dates)]).prod() - 1.0
    return pd.concat([by_month, by_year])
