"""Tables of the page: sortable ones, a heat map of months, a grid of factors."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from .words import NONE, day, number, percent

MAX_ROWS = 4000
"""Rows of a table on the page; the files beside it hold all of them."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FRACTIONS = ("weight", "turnover", "return", "score")
_UNITS = {"size": "shares", "price": "CNY", "value": "CNY", "fee": "CNY", "fees": "CNY", "commission": "CNY"}
_UNITS |= {
    "stamp_duty": "CNY",
    "transfer_fee": "CNY",
    "slippage": "CNY",
    "profit": "CNY",
    "pnl": "CNY",
    "cash": "CNY",
}


def sortable(table: pd.DataFrame, *, name: str, label: str, file: str) -> str:
    """Write a table that its reader can sort by any column and search.

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
    shown = flat.iloc[-MAX_ROWS:]
    heads = "".join(_head(str(column), shown[column]) for column in shown.columns)
    cells = [_cells(str(column), shown[column]) for column in shown.columns]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    cut = (
        f"The last {MAX_ROWS:,} of {len(flat):,} rows; all of them are in {file}."
        if len(flat) > MAX_ROWS
        else ""
    )
    opening = f'<div class="scroll tall" tabindex="0" role="region" aria-label="{label}">'
    return (
        f'<div class="table-tools"><input type="search" placeholder="Search {len(shown):,} rows" '
        f'aria-label="Search {label}" data-table="{name}"><output>{escape(cut)}</output></div>'
        f'{opening}<table id="{name}" class="sortable">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _head(name: str, column: pd.Series) -> str:
    unit = _UNITS.get(name, "")
    words = escape(name[:1].upper() + name[1:].replace("_", " ")) + (
        f" <small>{unit}</small>" if unit else ""
    )
    kind = ' class="number"' if _is_number(column) else ""
    return f'<th scope="col"{kind}><button type="button">{words}</button></th>'


def _cells(name: str, column: pd.Series) -> list[str]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return [f"<td>{NONE if pd.isna(value) else f'{value:%Y-%m-%d}'}</td>" for value in column]
    if not _is_number(column):
        return [f"<td>{NONE if pd.isna(value) else escape(str(value))}</td>" for value in column]
    values = column.to_numpy(dtype=float)
    texts = _formatted(name, values)
    return [
        f'<td class="number" data-value="{value:.10g}">{text}</td>'
        if np.isfinite(value)
        else f'<td class="number" data-value="">{NONE}</td>'
        for value, text in zip(values, texts, strict=True)
    ]


def _formatted(name: str, values: np.ndarray) -> list[str]:
    if name in _FRACTIONS:
        return [percent(float(value), digits=2) for value in values]
    return [number(float(value), digits=_digits(values[np.isfinite(values)])) for value in values]


def _digits(known: np.ndarray) -> int:
    """Choose decimals for a column: none for counts and large sums, more for small numbers."""
    largest = float(np.abs(known).max(initial=0.0))
    if largest >= 100_000 or bool((known == np.round(known)).all()):
        return 0
    return 4 if largest < 1 else 2


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def months(excess: pd.Series) -> str:
    """Write a heat map of years and months with the year's own figure last; fractions in per cent.

    ``excess`` is indexed by (year, month), where month 13 is the whole year.
    """
    grid = excess.unstack()  # noqa: PD010
    grid = grid.reindex(columns=range(1, 14)).sort_index()
    scale = float(grid.loc[:, :12].abs().max().max()) or 1.0
    heads = "".join(f'<th scope="col" class="number">{month}</th>' for month in (*MONTHS, "Year"))
    rows = "".join(
        f'<tr><th scope="row">{year}</th>{"".join(_heat(float(value), scale) for value in row)}</tr>'
        for year, row in zip(grid.index, grid.to_numpy(dtype=float), strict=True)
    )
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Returns by month"><table class="heat">'
        f'<thead><tr><th scope="col">%</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _heat(value: float, scale: float) -> str:
    if not np.isfinite(value):
        return '<td class="number"></td>'
    side = "ahead" if value >= 0 else "behind"
    share = min(55, round(55 * abs(value) / scale))
    text = number(100 * value, digits=1, signed=True)
    return f'<td class="number {side}" style="--share:{share}%">{text}</td>'


def factor_grid(selected: Mapping[pd.Timestamp, Sequence[str]]) -> str:
    """Write which factors were kept at each refit, the most often kept first, ties by code."""
    dates = sorted(selected)
    counts = pd.Series([code for codes in selected.values() for code in codes], dtype=object).value_counts()
    order = sorted(counts.index, key=lambda code: (-int(counts[code]), str(code)))
    heads = "".join(f'<th scope="col" class="date"><span>{day(date)}</span></th>' for date in dates)
    rows = "".join(
        f'<tr><th scope="row"><code>{_breakable(str(code))}</code></th><td class="number">{counts[code]}</td>'
        + "".join(_kept(code in selected[date]) for date in dates)
        + "</tr>"
        for code in order
    )
    return (
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Factors kept at each refit">'
        f'<table class="grid"><thead><tr><th scope="col">Factor</th><th scope="col" class="number">Kept</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _breakable(code: str) -> str:
    return escape(code).replace("_", "_<wbr>")


def _kept(kept: bool) -> str:
    return '<td class="kept"><span>kept</span></td>' if kept else "<td></td>"
