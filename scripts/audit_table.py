"""An audit on the terminal and as plain data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..signals.audit import Check, Placebo
from .files import recorded

if TYPE_CHECKING:
    from .audit_steps import Audit

_STYLES = {"holds": "green", "doubtful": "yellow", "looks ahead": "bold red"}
_GROUPS = {"factor": "factors", "cleaned": "cleaned factors"}


class Row(NamedTuple):
    """One line of the table: what was checked, how, and what came out."""

    name: str
    cuts: int
    futures: int
    values: int
    verdict: str
    finding: str


def rows(checks: Sequence[Check]) -> list[Row]:
    """Sum up the factors that hold, in one line a group; each other thing has its own.

    Examples
    --------
    >>> for row in rows([Check("factor ma", 3, 15, 10, "holds"), Check("factor bbi", 3, 15, 10, "holds"),
    ...                  Check("factor mine", 3, 15, 10, "looks ahead", "why")]):
    ...     print(row.name, row.values, row.verdict)
    factors, 2 of 3 20 holds
    factor mine 10 looks ahead
    """
    out: list[Row] = []
    summed: set[str] = set()
    for check in checks:
        kind = check.name.split(" ")[0]
        if kind in _GROUPS and kind not in summed:
            summed.add(kind)
            out += _sum_up(_GROUPS[kind], [one for one in checks if one.name.startswith(f"{kind} ")])
        if kind not in _GROUPS or check.verdict != "holds":
            out.append(_row(check))
    return out


def _sum_up(words: str, group: list[Check]) -> list[Row]:
    fine = [check for check in group if check.verdict == "holds"]
    if not fine:
        return []
    count = f"{len(fine)}" if len(fine) == len(group) else f"{len(fine)} of {len(group)}"
    most = max(fine, key=lambda check: check.futures)
    values = sum(check.values for check in fine)
    return [Row(f"{words}, {count}", most.cuts, most.futures, values, "holds", "")]


def _row(check: Check) -> Row:
    return Row(check.name, check.cuts, check.futures, check.values, check.verdict, check.finding)


def print_audit(result: "Audit", console: Console | None = None) -> None:
    """Print the verdicts, what was found, and the placebos."""
    console = console or Console()
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("checked", overflow="fold")
    for heading in ("cuts", "futures", "values"):
        grid.add_column(heading, justify="right", no_wrap=True)
    grid.add_column("verdict", no_wrap=True)
    for row in rows(result.checks):
        counts = (f"{count:,}" if count else "–" for count in (row.cuts, row.futures, row.values))
        grid.add_row(Text(row.name), *counts, Text(row.verdict, style=_STYLES[row.verdict]))
    console.print(grid)
    for row in rows(result.checks):
        if row.finding:
            console.print()
            said = row.finding if row.name.startswith("placebo") else f"{row.name}: {row.finding}"
            console.print(Text(said), soft_wrap=True)
    if result.placebo is not None:
        console.print()
        console.print(_placebos(result.placebo))
    for note in result.notes:
        console.print(Text(note, style="dim"), soft_wrap=True)
    console.print()
    console.print(Text(headline(result)))


def headline(result: "Audit") -> str:
    """Say in one sentence how it ended."""
    bad = sum(not check.holds for check in result.checks)
    doubts = sum(check.verdict == "doubtful" for check in result.checks)
    values = sum(check.values for check in result.checks)
    if bad:
        return f"{bad} of {len(result.checks)} checks found values that look ahead."
    text = f"Nothing looks ahead in {len(result.checks)} checks, {values:,} values compared"
    return f"{text}; {doubts} of them cannot be told for sure." if doubts else f"{text}."


def placebo_table(found: Placebo) -> pd.DataFrame:
    """Return the rank IC of the model, of its placebos, and of its late scores, one row each."""
    table = [("true labels", found.rank_ic, found.t)]
    table += [(f"labels shuffled by {row.by}, seed {row.seed}", row.rank_ic, row.t) for row in _tuples(found)]
    for delay, row in found.delayed.iterrows():
        table.append((f"scores {delay} sessions late", float(row["rank_ic"]), float(row["t"])))
    return pd.DataFrame(table, columns=["placebo", "rank_ic", "t"])


def _tuples(found: Placebo) -> Any:
    return found.shuffled.itertuples(index=False)


def _placebos(found: Placebo) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("placebo")
    grid.add_column("rank IC", justify="right")
    grid.add_column("t", justify="right")
    for name, rank_ic, t in placebo_table(found).itertuples(index=False):
        grid.add_row(str(name), f"{rank_ic:+.4f}", f"{t:+.1f}")
    return grid


def to_plain(result: "Audit") -> dict[str, Any]:
    """Return what ``audit.json`` holds."""
    placebo: dict[str, Any] | None = None
    found = result.placebo
    if found is not None:
        placebo = {
            "rank_ic": found.rank_ic,
            "t": found.t,
            "n_days": found.n_days,
            "shuffled": found.shuffled.to_dict("records"),
            "chance": dict(zip(("mean", "std", "largest_t"), found.chance(), strict=True)),
            "delayed": found.delayed.reset_index().to_dict("records"),
            "sentences": found.sentences(),
        }
    return {
        "holds": result.holds,
        "headline": headline(result),
        "checks": [_row(check)._asdict() for check in result.checks],
        "placebo": placebo,
        "notes": list(result.notes),
        "settings": recorded(result.settings),
    }
