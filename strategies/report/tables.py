"""Tables of the page beside the sortable ones: a heat map of months, a grid of factors."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from .words import day, number

MANY_REFITS = 8
"""Refits beyond which dates stand upright, so that more of them fit."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
        f'<tr><th scope="row"><code>{escape(str(code))}</code></th><td class="number">{counts[code]}</td>'
        + "".join(_kept(code in selected[date]) for date in dates)
        + "</tr>"
        for code in order
    )
    top = f'<tr><th scope="col">Factor</th><th scope="col" class="number">Kept</th>{heads}</tr>'
    many = " many" if len(dates) > MANY_REFITS else ""
    return (
        '<div class="scroll tall" tabindex="0" role="region" aria-label="Factors kept at each refit">'
        f'<table class="grid{many}"><thead>{top}</thead><tbody>{rows}</tbody></table></div>'
    )


def _kept(kept: bool) -> str:
    return '<td class="kept"><span>kept</span></td>' if kept else "<td></td>"
