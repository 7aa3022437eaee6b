"""What trades and holdings say over time: stocks held, turnover, costs."""

import numpy as np
import pandas as pd

COSTS = {
    "commission": "Commission",
    "stamp_duty": "Stamp duty",
    "transfer_fee": "Transfer fee",
    "slippage": "Slippage",
}
"""Columns of ``trades`` that hold one kind of cost each, and their names on the page."""

TOTALS = ("fees", "fee", "cost", "costs")
"""Columns of ``trades`` that hold all costs together."""


def cost_columns(trades: pd.DataFrame) -> list[str]:
    """Return the columns that hold costs: one per kind where there are such, else the total.

    Examples
    --------
    >>> cost_columns(pd.DataFrame(columns=["date", "commission", "stamp_duty", "fees"]))
    ['commission', 'stamp_duty']
    >>> cost_columns(pd.DataFrame(columns=["date", "fees"]))
    ['fees']
    """
    kinds = [name for name in COSTS if name in trades.columns]
    return kinds or [name for name in TOTALS if name in trades.columns][:1]


def name_cost(column: str) -> str:
    """Name a cost column on the page."""
    return COSTS.get(column, "Fees")


def holdings_count(holdings: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.Series:
    """Count the stocks held on every session.

    Parameters
    ----------
    holdings
        One row per session and stock held, columns ``date`` and ``symbol``; or one row per
        session and one column per stock, where zero and NaN are not held.
    dates
        The sessions to count on; one without a row holds nothing.

    Examples
    --------
    >>> days = pd.to_datetime(["2016-01-04", "2016-01-05"])
    >>> held = pd.DataFrame({"date": [days[0], days[0]], "symbol": ["A", "B"]})
    >>> holdings_count(held, days).tolist()
    [2, 0]
    """
    if "symbol" in holdings.columns:
        count = holdings.groupby(pd.DatetimeIndex(_dates(holdings, "holdings")))["symbol"].nunique()
    else:
        count = (holdings.fillna(0.0) != 0.0).sum(axis=1)
    return count.reindex(dates, fill_value=0)


def invested(holdings: pd.DataFrame | None, dates: pd.DatetimeIndex) -> pd.Series | None:
    """Return the share of the portfolio that was in stocks, a fraction by session; None without weights."""
    if holdings is None or not len(holdings) or not {"date", "weight"} <= set(holdings.columns):
        return None
    return holdings["weight"].groupby(_dates(holdings, "holdings")).sum().reindex(dates, fill_value=0.0)


def last_holdings(holdings: pd.DataFrame | None, *, most: int = 10) -> pd.DataFrame | None:
    """Return what was held last, the largest weights first, ties by symbol; None without weights.

    Examples
    --------
    >>> days = pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-05"])
    >>> held = pd.DataFrame({"date": days, "symbol": ["A", "B", "C"], "weight": [0.9, 0.2, 0.7]})
    >>> last_holdings(held)["symbol"].tolist()
    ['C', 'B']
    """
    if holdings is None or not len(holdings) or not {"date", "symbol", "weight"} <= set(holdings.columns):
        return None
    dates = _dates(holdings, "holdings")
    last = holdings.loc[np.asarray(dates == dates.max())].sort_values("symbol", kind="stable")
    return last.sort_values("weight", ascending=False, kind="stable").iloc[:most]


def monthly_turnover(
    trades: pd.DataFrame | None, holdings: pd.DataFrame | None, dates: pd.DatetimeIndex
) -> pd.Series | None:
    """Return one-way turnover by month, a fraction: half the value traded over the mean value held.

    Both tables need ``date`` and ``value``; None where they do not have them, or are empty. Months of
    ``dates`` in which nothing was held have no turnover, 0.
    """
    for table in (trades, holdings):
        if table is None or not len(table) or not {"date", "value"} <= set(table.columns):
            return None
    assert trades is not None
    assert holdings is not None
    traded = _by_month(trades["value"].abs().groupby(_dates(trades, "trades")).sum(), "sum")
    held = _by_month(holdings["value"].abs().groupby(_dates(holdings, "holdings")).sum(), "mean")
    ratio = traded.reindex(held.index, fill_value=0.0) / 2 / held.where(held > 0)
    return ratio.fillna(0.0).reindex(_months(dates), fill_value=0.0)


def monthly_costs(trades: pd.DataFrame | None, dates: pd.DatetimeIndex) -> pd.DataFrame | None:
    """Return costs by kind in the months of ``dates``; None where none is known, or none was charged."""
    if trades is None or not len(trades) or "date" not in trades.columns:
        return None
    columns = cost_columns(trades)
    if not columns:
        return None
    costs = trades[columns].abs().groupby(_dates(trades, "trades")).sum()
    charged = costs.columns[(costs != 0.0).any()]  # a kind that was never charged has nothing to show
    if not len(charged):
        return None
    return costs[list(charged)].resample("MS").sum().reindex(_months(dates), fill_value=0.0)


def _months(dates: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return pd.date_range(dates[0].normalize().replace(day=1), dates[-1], freq="MS")


def _by_month(series: pd.Series, how: str) -> pd.Series:
    monthly = series.resample("MS")
    return monthly.sum() if how == "sum" else monthly.mean()


def _dates(table: pd.DataFrame, name: str) -> pd.Series:
    if "date" not in table.columns:
        raise ValueError(f"{name} needs a column date, got {', '.join(map(str, table.columns))}")
    return pd.to_datetime(table["date"]).rename(None)
