"""What a run found, as a table on the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def print_summary(metrics: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the figures of ``metrics.json`` that one looks for first, with their units."""
    console = console or Console()
    strategy, chance, signal = metrics["strategy"], metrics["random"], metrics["signal"]
    table = Table(title=metrics["title"], show_header=True, title_justify="left")
    table.add_column("")
    table.add_column("portfolio", justify="right")
    table.add_column(f"median of {chance['n']} random", justify="right")
    table.add_row(
        "total return after fees", _percent(strategy["total_return"]), _percent(chance["median_total_return"])
    )
    table.add_row("return a year", _percent(strategy["cagr"]), "")
    table.add_row("volatility a year", _percent(strategy["volatility"]), "")
    table.add_row("Sharpe ratio a year", _number(strategy["sharpe"]), _number(chance["median_sharpe"]))
    table.add_row("largest drawdown", _percent(strategy["max_drawdown"]), "")
    table.add_row("turnover a year, one side", f"{strategy['turnover']:.1f} x", "")
    table.add_row("fees", f"{strategy['costs']:,.0f} CNY", f"{chance['median_costs']:,.0f} CNY")
    table.add_row("ahead of the random portfolios", f"{chance['percentile']:.0f} % of them", "")
    table.add_row("chance of a random one as good", f"p = {chance['p_value']:.3f}", "")
    matched = chance["matched_turnover"]
    table.add_row("ahead of those with our turnover", f"{matched['percentile']:.0f} % of them", "")
    table.add_row(
        f"daily rank IC, {signal['horizon']} sessions ahead",
        f"{signal['rank_ic']:+.4f}",
        f"over {signal['n_days']} days",
    )
    table.add_row("rank ICIR, daily", _number(signal["rank_icir"]), "")
    console.print(table)


def _percent(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:+.2%}".replace("+", "")


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.2f}"
