"""Several models side by side on the terminal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ..strategies.report.words import NONE, number, p_value, percent, percentile

ROWS: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("rank IC", lambda row: number(row["rank_ic"], digits=4, signed=True)),
    ("rank ICIR", lambda row: number(row["rank_icir"])),
    ("validation", lambda row: number(row["validation_rank_ic"], digits=4, signed=True)),
    ("return after fees", lambda row: percent(row["total_return"])),
    ("Sharpe a year", lambda row: number(row["sharpe"])),
    ("Sharpe above 0, deflated", lambda row: percent(row["deflated_sharpe"])),
    ("largest drawdown", lambda row: percent(row["max_drawdown"])),
    ("turnover a year", lambda row: number(row["turnover"], digits=1, unit=" x")),
    ("beats random", lambda row: f"{percentile(row['percentile'])} %"),
    ("p", lambda row: p_value(row["p_value"])),
    ("lead: rank IC (t)", lambda row: lead(row, "rank_ic_lead", scale=1.0, unit="")),
    ("lead: a day (t)", lambda row: lead(row, "return_lead", scale=1e4, unit=" bp")),
)
"""What is shown of each model, and how."""


def print_comparison(
    title: str, rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any], console: Console | None = None
) -> None:
    """Print the models as columns, and below how to read the last two lines.

    Parameters
    ----------
    title
        Heading.
    rows
        What :func:`~btalpha.scripts.comparison.compare` returns.
    metrics
        Of any of the models: what they share is read from it.
    """
    console = console or Console()
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for row in rows:
        table.add_column(str(row["model"]), justify="right")
    for name, write in ROWS:
        table.add_row(name, *(write(row) for row in rows))
    console.print(table)
    console.print(how_to_read(rows, metrics), highlight=False)


def how_to_read(rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any]) -> str:
    """Say what the figures are, and how many models were tried."""
    chance, horizon = metrics["random"], metrics["signal"]["horizon"]
    return (
        f"Daily rank IC over {horizon} sessions, out of sample; validation: that of the rows that stop the "
        f"training. Turnover counts one side. Beats random: share of the same {chance['n']} random "
        f"portfolios (median {percent(chance['median_total_return'])}) that did worse; p: chance of a random "
        f"one as good. Lead: {rows[0]['model']} less the other, paired over days, after fees, t in "
        f"brackets (Newey-West, {horizon - 1} lags). {len(rows)} models were tried here: the best of "
        "several looks better than it is; deflated: the probability that its true Sharpe ratio is above 0, "
        "with that allowed for (Bailey and Lopez de Prado, 2014)."
    )


def lead(row: Mapping[str, Any], name: str, *, scale: float, unit: str) -> str:
    """Write the lead of the first model with its t; a dash for itself."""
    found = row.get(name)
    if found is None:
        return NONE
    digits = 4 if scale == 1.0 else 1
    mean = number(scale * found["difference"], digits=digits, signed=True, unit=unit)
    return f"{mean} ({number(found['t'], digits=1, signed=True)})"
