"""Sections on the trading: stocks held, turnover, costs, trades and refused orders."""

import pandas as pd

from . import charts, tables
from .evidence import Evidence
from .layout import Section, absent, facts, figure, halves
from .ledger import holdings_count, monthly_costs, monthly_turnover, name_cost
from .words import number, percent


def holdings(evidence: Evidence) -> Section | None:
    """Show how many stocks were held, how much was turned over, what it cost."""
    parts = [*_held(evidence), *_turnover(evidence), *_costs(evidence.trades)]
    return Section("holdings", "Holdings and costs", halves(parts)) if parts else None


def _held(evidence: Evidence) -> list[str]:
    if evidence.holdings is None or not len(evidence.holdings):
        return []
    count = holdings_count(evidence.holdings, pd.DatetimeIndex(evidence.returns.index))
    drawing = charts.dated_line(count, name="held", label="Stocks held", steps=True)
    return [
        figure("Stocks held", drawing, note=f"{number(float(count.mean()), digits=1)} on an average session.")
    ]


def _turnover(evidence: Evidence) -> list[str]:
    turnover = monthly_turnover(evidence.trades, evidence.holdings)
    if turnover is None:
        return []
    bars = charts.dated_bars(turnover.to_frame(), name="turnover", label="Turnover by month", as_percent=True)
    text = "Half of what was bought and sold in the month, as a share of the mean value held."
    return [figure("Turnover by month", bars, note=text)]


def _costs(trades: pd.DataFrame | None) -> list[str]:
    costs = monthly_costs(trades)
    if costs is None or trades is None:
        return []
    keys = [(f"cost{place + 1}", name_cost(str(column))) for place, column in enumerate(costs.columns)]
    bars = charts.dated_bars(costs, name="costs", label="Costs by month")
    legend = keys if len(keys) > 1 else ()
    return [figure("Costs by month, CNY", bars, keys=legend), _cost_facts(costs, trades)]


def _cost_facts(costs: pd.DataFrame, trades: pd.DataFrame) -> str:
    totals = {name_cost(str(name)): float(costs[name].sum()) for name in costs.columns}
    if len(totals) > 1:
        totals["All costs"] = sum(totals.values())
    traded = float(trades["value"].abs().sum()) if "value" in trades.columns else 0.0
    rows = [
        (name, number(cost, digits=0), percent(cost / traded if traded else None, digits=3))
        for name, cost in totals.items()
    ]
    return facts("Costs by kind", rows, heads=("Kind", "CNY", "Of value traded"))


def trades(evidence: Evidence) -> Section | None:
    """List every trade, sortable."""
    return _listed(evidence.trades, "trades", "Trades", "No trades were made.")


def refusals(evidence: Evidence) -> Section | None:
    """List every order that was refused and why, sortable."""
    return _listed(evidence.refusals, "refusals", "Refused orders", "No order was refused.")


def _listed(table: pd.DataFrame | None, anchor: str, title: str, empty: str) -> Section | None:
    if table is None:
        return None
    if not len(table):
        return Section(anchor, title, absent(empty))
    return Section(
        anchor, title, tables.sortable(table, name=f"{anchor}-table", label=title, file=f"{anchor}.csv")
    )
