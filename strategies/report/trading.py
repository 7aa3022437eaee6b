"""Sections on the trading: stocks held, turnover, costs, trades and refused orders."""

from collections.abc import Mapping

import pandas as pd

from . import charts
from .evidence import Evidence
from .layout import Section, absent, facts, figure, halves, note
from .ledger import (
    COSTS,
    TOTALS,
    holdings_count,
    invested,
    last_holdings,
    monthly_costs,
    monthly_turnover,
    name_cost,
)
from .sortable import sortable
from .words import day, in_currency, number, percent

_MONEY = ("price", "value", *COSTS, *TOTALS, "profit", "pnl", "cash")
"""Columns that hold money."""


def holdings(evidence: Evidence) -> Section | None:
    """Show how many stocks were held, how much was turned over, what it cost."""
    dates = pd.DatetimeIndex(evidence.returns.index)
    makers = (_held, _invested, _turnover, _costs, _last)
    parts = [part for make in makers for part in make(evidence, dates)]
    return Section("holdings", "Holdings and costs", halves(parts)) if parts else None


def _held(evidence: Evidence, dates: pd.DatetimeIndex) -> list[str]:
    if evidence.holdings is None or not len(evidence.holdings):
        return []
    count = holdings_count(evidence.holdings, dates)
    drawing = charts.dated_line(count, name="held", label="Stocks held", steps=True)
    return [
        figure("Stocks held", drawing, note=f"{number(float(count.mean()), digits=1)} on an average session.")
    ]


def _invested(evidence: Evidence, dates: pd.DatetimeIndex) -> list[str]:
    share = invested(evidence.holdings, dates)
    if share is None or share.isna().all():
        return []
    drawing = charts.dated_line(share, name="invested", label="Share invested", as_percent=True)
    text = f"Of the portfolio's value, in stocks; {percent(float(share.mean()))} on an average session."
    return [figure("Share invested", drawing, note=text)]


def _turnover(evidence: Evidence, dates: pd.DatetimeIndex) -> list[str]:
    turnover = monthly_turnover(evidence.trades, evidence.holdings, dates)
    if turnover is None:
        return []
    bars = charts.dated_bars(turnover.to_frame(), name="turnover", label="Turnover by month", as_percent=True)
    text = "Half of what was bought and sold in the month, as a share of the mean value held."
    return [figure("Turnover by month", bars, note=text)]


def _costs(evidence: Evidence, dates: pd.DatetimeIndex) -> list[str]:
    costs = monthly_costs(evidence.trades, dates)
    if costs is None or evidence.trades is None:
        return []
    keys = [(f"cost{place + 1}", name_cost(str(column))) for place, column in enumerate(costs.columns)]
    bars = charts.dated_bars(costs, name="costs", label="Costs by month")
    legend = keys if len(keys) > 1 else ()
    title = in_currency("Costs by month", evidence.currency)
    return [figure(title, bars, keys=legend), _cost_facts(costs, evidence.trades, evidence.currency)]


def _last(evidence: Evidence, dates: pd.DatetimeIndex) -> list[str]:
    last = last_holdings(evidence.holdings)
    if last is None:
        return []
    named = with_names(last, evidence.names)
    names = named["name"] if "name" in named else [""] * len(named)
    rows = [
        (f"{symbol} {name}".strip(), percent(float(weight)))
        for symbol, name, weight in zip(named["symbol"], names, named["weight"], strict=True)
    ]
    return [facts(f"Held last, on {day(last['date'].iloc[0])}", rows, heads=("Stock", "Weight"))]


def _cost_facts(costs: pd.DataFrame, trades: pd.DataFrame, currency: str) -> str:
    totals = {name_cost(str(name)): float(costs[name].sum()) for name in costs.columns}
    if len(totals) > 1:
        totals["All costs"] = sum(totals.values())
    traded = float(trades["value"].abs().sum()) if "value" in trades.columns else 0.0
    rows = [
        (name, number(cost, digits=0), percent(cost / traded if traded else None, digits=3))
        for name, cost in totals.items()
    ]
    return facts("Costs by kind", rows, heads=("Kind", currency or "Amount", "Of value traded"))


def trades(evidence: Evidence) -> Section | None:
    """List every trade, to be sorted and searched."""
    return _listed(evidence, evidence.trades, "trades", "Trades", "No trades were made.")


def refusals(evidence: Evidence) -> Section | None:
    """List every order that was refused and why, to be sorted and searched."""
    return _listed(evidence, evidence.refusals, "refusals", "Refused orders", "No order was refused.")


def _listed(
    evidence: Evidence, table: pd.DataFrame | None, anchor: str, title: str, empty: str
) -> Section | None:
    if table is None:
        return None
    if not len(table):
        return Section(anchor, title, absent(empty))
    named = with_names(table, evidence.names)
    listed = sortable(named, name=f"{anchor}-table", label=title, file=f"{anchor}.csv")
    return Section(anchor, title, listed + _units(table, evidence.currency))


def _units(table: pd.DataFrame, currency: str) -> str:
    money = [str(name).replace("_", " ") for name in table.columns if name in _MONEY]
    if not money or not currency:
        return ""
    listed = f"{', '.join(money[:-1])} and {money[-1]}" if len(money) > 1 else money[0]
    return note(f"{listed[:1].upper()}{listed[1:]} in {currency}.")


def with_names(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Put a column ``name`` behind ``symbol``, where names are known and the table has none.

    Examples
    --------
    >>> with_names(pd.DataFrame({"symbol": ["600519.SH", "X"]}), {"600519.SH": "贵州茅台"})["name"].tolist()
    ['贵州茅台', '']
    """
    if not names or "symbol" not in table.columns or "name" in table.columns:
        return table
    column = [names.get(str(symbol), "") for symbol in table["symbol"]]
    return table.assign(name=column)[_after(list(table.columns), "symbol", "name")]


def _after(columns: list[str], place: str, new: str) -> list[str]:
    at = columns.index(place) + 1
    return [*columns[:at], new, *columns[at:]]
