"""What ``btalpha check`` found: on the terminal, as plain data and as rows of CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ..feeds.quality import Dataset, Finding

SHOWN = 3
"""Examples of each finding on the terminal."""


def verdict(finding: Finding) -> str:
    """Return ``fine``, ``note``, ``error`` or ``not checked``."""
    if finding.skipped:
        return "not checked"
    return str(finding.level) if finding.hits.count else "fine"


_STYLES = {"fine": "green", "note": "yellow", "error": "bold red", "not checked": "dim"}


def print_findings(findings: Sequence[Finding], data: Dataset, console: Console | None = None) -> None:
    """Print a line for each check, then examples of what was found, then how it ended."""
    console = console or Console()
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, right in (("check", False), ("found", True), ("verdict", False), ("what", False)):
        grid.add_column(heading, justify="right" if right else "left", no_wrap=heading != "what")
    for finding in findings:
        said = verdict(finding)
        count = "–" if finding.skipped else f"{finding.hits.count:,}"
        what = finding.skipped or finding.tells
        grid.add_row(finding.check, count, Text(said, style=_STYLES[said]), Text(what))
    console.print(grid)
    for finding in findings:
        for line in _details(finding):
            console.print(line, soft_wrap=True)
    for line in data.repairs:
        console.print(Text(line, style="dim"), soft_wrap=True)
    console.print()
    console.print(Text(headline(findings, data)), soft_wrap=True)


def _details(finding: Finding) -> list[Text]:
    hits = finding.hits
    if not hits.count and not hits.remark:
        return []
    lines = [Text(f"\n{finding.check}: {hits.count:,} {finding.tells}", style=_STYLES[verdict(finding)])]
    lines += [Text("  " + "  ".join(part for part in example if part)) for example in hits.examples[:SHOWN]]
    return lines + ([Text(f"  {hits.remark}", style="dim")] if hits.remark else [])


def headline(findings: Sequence[Finding], data: Dataset) -> str:
    """Say in one sentence how it ended."""
    rows = data.rows
    size = f"{len(rows):,} rows, {len(rows.symbols):,} symbols, {rows.dates[0]} to {rows.dates[-1]}"
    bad = [finding.check for finding in findings if finding.failed]
    notes = sum(verdict(finding) == "note" for finding in findings)
    if bad:
        return f"{size}. Errors: {', '.join(bad)}. Checks with notes: {notes}."
    return f"{size}. No errors. Checks with notes: {notes}."


def to_plain(findings: Sequence[Finding], data: Dataset, shown: int) -> dict[str, Any]:
    """Return what the JSON file holds, with so many examples of each finding."""
    rows = data.rows
    return {
        "ok": not any(finding.failed for finding in findings),
        "headline": headline(findings, data),
        "rows": len(rows),
        "symbols": len(rows.symbols),
        "first": str(rows.dates[0]),
        "last": str(rows.dates[-1]),
        "calendar": data.calendar,
        "repairs": list(data.repairs),
        "findings": [
            {
                "check": finding.check,
                "level": str(finding.level),
                "verdict": verdict(finding),
                "count": finding.hits.count,
                "what": finding.tells,
                "skipped": finding.skipped,
                "remark": finding.hits.remark,
                "examples": [example._asdict() for example in finding.hits.examples[:shown]],
            }
            for finding in findings
        ],
    }


def example_rows(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Return one row an example: ``check, level, symbol, date, value``."""
    return [
        {"check": finding.check, "level": str(finding.level), **example._asdict()}
        for finding in findings
        for example in finding.hits.examples
    ]
