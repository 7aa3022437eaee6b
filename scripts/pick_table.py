"""Tomorrow's portfolio on the terminal, and as plain data."""

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .picking import plain_fit

if TYPE_CHECKING:
    from .picking import Picked


def to_plain(picked: "Picked", files: list[str]) -> dict[str, Any]:
    """Return what ``pick.json`` holds: CNY, raw shares, fractions, ISO dates."""
    found, following = picked.found, picked.fresh.following
    return {
        "as_of": found.session.isoformat(),
        "for": None if following is None else following.date().isoformat(),
        "model": plain_fit(picked.fit, picked.walk, picked.panel),
        "value": found.value,
        "cash": found.cash,
        "cash_left": found.cash_left,
        "fees": found.fees,
        "gap": found.rules.gap,
        "k": found.rules.k,
        "stale": list(picked.fresh.problems),
        "targets": _rows(found.targets),
        "orders": _rows(found.orders),
        "refusals": _rows(found.refusals),
        "warnings": picked.warnings,
        "notes": picked.notes,
        "files": files,
    }


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict(orient="records")


def print_pick(picked: "Picked", console: Console | None = None) -> None:
    """Print what will be held, what is to be sold, what cannot be traded, and what to know of it."""
    console = console or Console()
    found, following = picked.found, picked.fresh.following
    when = "the next open" if following is None else f"the open of {following.date()}"
    heading = f"{picked.settings.title}: for {when}, from the close of {found.session}"
    console.print(Text(heading, style="bold"))
    sales = found.orders[found.orders["side"] == "sell"]
    for draw, rows in ((_targets, found.targets), (_sales, sales), (_refusals, found.refusals)):
        if len(rows):
            console.print()
            console.print(draw(rows))
    console.print()
    money = f"Worth {found.value:,.0f} CNY, of which {found.cash:,.0f} in cash; after the orders "
    money += f"{found.cash_left:,.0f} in cash, fees of {found.fees:,.0f}."
    console.print(Text(money), soft_wrap=True)
    for line in picked.warnings:
        console.print(Text(f"warning: {line}", style="yellow"), soft_wrap=True)
    for line in picked.notes:
        console.print(Text(line, style="dim"), soft_wrap=True)


def _table(title: str, columns: dict[str, bool]) -> Table:
    """Return an empty table; of each column, whether it is one of numbers."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, is_number in columns.items():
        table.add_column(name, justify="right" if is_number else "left", no_wrap=bool(name))
    return table


def _targets(targets: pd.DataFrame) -> Table:
    names = ("rank", "score", "weight", "shares", "close", "value", "change")
    title = "To be held (score: expected return a day, basis points)"
    table = _table(title, {"symbol": False, **dict.fromkeys(names, True), "": False})
    for row in _rows(targets):
        table.add_row(
            row["symbol"],
            "–" if row["rank"] is None else str(row["rank"]),
            "–" if row["score"] is None else f"{1e4 * row['score']:+.1f}",
            f"{row['weight']:.1%}",
            f"{row['shares']:,}",
            f"{row['close']:,.2f}",
            f"{row['value']:,.0f}",
            f"{row['change']:+,}" if row["change"] else "0",
            " ".join(part for part in (row["action"], row["remark"] and f"({row['remark']})") if part),
        )
    return table


def _sales(sales: pd.DataFrame) -> Table:
    numbers = dict.fromkeys(("shares", "close", "value"), True)
    table = _table("To be sold, before the purchases", {"symbol": False, **numbers, "": False})
    for row in _rows(sales):
        said = "all of it" if row["reason"] == "exit" else "a part"
        remark = f"{said} ({row['remark']})" if row["remark"] else said
        table.add_row(
            row["symbol"], f"{row['shares']:,}", f"{row['close']:,.2f}", f"{row['value']:,.0f}", remark
        )
    return table


def _refusals(refusals: pd.DataFrame) -> Table:
    table = _table("Cannot be traded", dict.fromkeys(("symbol", "wanted", "because", ""), False))
    for row in _rows(refusals):
        table.add_row(row["symbol"], f"to {row['side']}", row["reason"], row["remark"])
    return table
