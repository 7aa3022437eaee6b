"""Tables that the reader sorts and searches: rows travel as compact data, ``table.js`` shows them in pages.

A trade costs some sixty bytes this way, and six hundred as HTML. The first rows are written as HTML too,
for readers without JavaScript and for a look at the file.
"""

import json
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from .words import NONE, number, plural

MAX_BYTES = 1_750_000
"""Size of a table on the page, some thirty thousand trades; the files beside it hold all rows."""

STATIC_ROWS = 20
"""Rows that are there without JavaScript."""

_FRACTIONS = ("weight", "turnover", "return", "score")
_SHARES = ("size", "shares")


def sortable(table: pd.DataFrame, *, name: str, label: str, file: str) -> str:
    """Write a table that its reader can sort by any column, search, and turn the pages of.

    Parameters
    ----------
    table
        Any columns; a named index becomes the first ones. Dates, numbers and text are told
        apart by column; missing values show as a dash and sort last.
    name
        Its identifier, unique on the page.
    label
        What a screen reader says.
    file
        Where all rows are, named where not all fit.
    """
    flat = table.reset_index() if table.index.name or table.index.nlevels > 1 else table
    columns, data, rows = _fitting(flat)
    heads = "".join(column.head() for column in columns)
    first = "".join(
        f"<tr>{''.join(column.cell(row) for column in columns)}</tr>" for row in range(min(rows, STATIC_ROWS))
    )
    cut = escape(_cut(rows, flat, file))
    return (
        f'<div class="table-tools">{_search(rows, label, name)}<output>{cut}</output>'
        f"{_pager(label)}</div>{_without_script(rows)}"
        f'<div class="scroll tall" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table id="{name}" class="sortable" data-rows="{rows}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{first}</tbody></table></div>"
        f'<script type="application/json" id="{name}-data">{data}</script>'
    )


def _fitting(flat: pd.DataFrame) -> tuple[list["_Column"], str, int]:
    """Return the columns of as many of the last rows as fit, their data as JSON, and the number of rows."""
    rows = len(flat)
    while True:
        shown = flat.iloc[len(flat) - rows :]
        columns = [_column(str(title), shown.iloc[:, place]) for place, title in enumerate(shown.columns)]
        data = json.dumps([column.data for column in columns], ensure_ascii=False, separators=(",", ":"))
        data = data.replace("<", "\\u003c")  # nothing inside may end the script
        size = len(data.encode())
        if size <= MAX_BYTES or rows <= STATIC_ROWS:
            return columns, data, rows
        rows = max(STATIC_ROWS, int(rows * 0.97 * MAX_BYTES / size))


def _search(rows: int, label: str, name: str) -> str:
    return (
        f'<input type="search" placeholder="Search {plural(rows, "row")}" '
        f'aria-label="Search {escape(label)}" data-table="{name}">'
    )


def _pager(label: str) -> str:
    back, forth = (
        f'<button type="button" aria-label="{when} rows of {escape(label)}">{arrow}</button>'
        for when, arrow in (("Earlier", "←"), ("Later", "→"))
    )
    return f'<span class="pager" hidden>{back}<span></span>{forth}</span>'


def _cut(rows: int, flat: pd.DataFrame, file: str) -> str:
    if rows == len(flat):
        return ""
    return f"The last {rows:,} of {len(flat):,} rows; all of them are in {file}."


def _without_script(rows: int) -> str:
    if rows <= STATIC_ROWS:
        return ""
    text = f"Without JavaScript only the first {STATIC_ROWS} rows are shown."
    return f'<noscript><p class="note">{text}</p></noscript>'


@dataclass(frozen=True)
class _Column:
    """One column: ``data`` as ``table.js`` reads it, and the texts of its first rows."""

    title: str
    data: dict[str, Any]
    texts: list[str]

    def head(self) -> str:
        """Return the heading, which is the button that sorts."""
        words = escape(self.title[:1].upper() + self.title[1:].replace("_", " "))
        return f'<th scope="col"{self._kind()}><button type="button">{words}</button></th>'

    def cell(self, row: int) -> str:
        """Return one of the first cells."""
        return f"<td{self._kind()}>{escape(self.texts[row])}</td>"

    def _kind(self) -> str:
        return "" if "words" in self.data else ' class="number"'


def _column(title: str, column: pd.Series) -> _Column:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return _numbers(title, column.to_numpy(dtype=float, na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    words, places = pd.factorize(column.astype(object).where(column.notna(), None).map(_text), sort=True)
    names = [str(word) for word in places]
    texts = [NONE if word < 0 else names[word] for word in words[:STATIC_ROWS]]
    return _Column(title, {"words": names, "values": words.tolist()}, texts)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _numbers(title: str, values: np.ndarray) -> _Column:
    """Return numbers as they are shown: rounded, fractions of a known kind in per cent."""
    unit = "%" if title in _FRACTIONS else ""
    values = 100.0 * values if unit else values
    known = values[np.isfinite(values)]
    digits = 2 if unit else _digits(title, known)
    rounded = [round(value, digits) if np.isfinite(value) else None for value in values.tolist()]
    data = {"digits": digits, "unit": unit, "values": [_short(value) for value in rounded]}
    texts = [number(value, digits=digits, unit=unit) for value in rounded[:STATIC_ROWS]]
    return _Column(title, data, texts)


def _short(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _digits(title: str, known: np.ndarray) -> int:
    """Choose decimals for a column: none for counts, shares and large sums, more for small numbers."""
    largest = float(np.abs(known).max(initial=0.0))
    if largest >= 100_000 or bool((known == np.round(known)).all()):
        return 0
    if title in _SHARES and float(np.median(np.abs(known))) >= 100.0:
        return 0
    return 4 if largest < 1 else 2
