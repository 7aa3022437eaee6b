"""The page of an audit: one HTML file that needs no network and no other file."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import tomli_w

from ..strategies.report.layout import Section, note
from ..strategies.report.page import write_whole
from ..strategies.report.sortable import sortable
from .audit_table import headline, placebo_table, rows
from .files import recorded
from .page_frame import framed

if TYPE_CHECKING:
    from .audit_steps import Audit


def write_page(result: "Audit", path: Path) -> None:
    """Write the page of an audit, whole or not at all."""
    write_whole(path, page(result))


def page(result: "Audit") -> str:
    """Return the page as HTML."""
    sections = [_verdicts(result), *_placebos(result), _all(result), _settings(result)]
    return framed(
        sections,
        title=f"Audit: {result.settings.title}",
        span="does any value depend on what came after it?",
        result=headline(result),
        notes=result.notes,
    )


def _verdicts(result: "Audit") -> Section:
    table = pd.DataFrame(rows(result.checks)).astype({"name": str})
    text = (
        "The panel is cut at several dates; behind each cut prices are ten times as high, days shuffled, "
        "symbols gone, the universe turned over, statements restated. All is fitted and computed again, "
        "and each value up to the cut has to be what it was."
    )
    shown = sortable(
        table.rename(columns={"name": "checked"}), name="verdicts", label="the verdicts", file="audit.json"
    )
    return Section("verdicts", "Verdicts", note(text) + shown)


def _placebos(result: "Audit") -> list[Section]:
    found = result.placebo
    if found is None:
        return []
    words = "".join(f"<p>{escape(sentence)}</p>" for sentence in found.sentences())
    table = sortable(placebo_table(found), name="placebos", label="the placebos", file="audit.json")
    return [Section("placebos", "Placebos", words + table)]


def _all(result: "Audit") -> Section:
    table = pd.DataFrame([vars(check) for check in result.checks])
    shown = sortable(table, name="checks", label="all checks", file="audit.json")
    return Section("checks", "All checks", shown)


def _settings(result: "Audit") -> Section:
    return Section("settings", "Settings", f"<pre>{escape(tomli_w.dumps(recorded(result.settings)))}</pre>")
