"""The page of a screening: one HTML file that needs no network and no other file."""

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import tomli_w

from ..signals import ICScreen
from ..strategies.report.layout import Section, absent, figure, note
from ..strategies.report.page import write_whole
from ..strategies.report.sortable import sortable
from ..strategies.report.words import day, plural
from . import screen_charts as charts
from .files import recorded
from .page_frame import framed
from .screen_table import headline, paper_line

if TYPE_CHECKING:
    from .commands.screen import Screening

BARS = 40
"""Factors with a bar; the table holds all of them."""

_HEADS = {
    "ic": "IC",
    "rank_ic": "Rank IC",
    "icir": "ICIR",
    "rank_icir": "Rank ICIR",
    "t": "t",
    "rank_t": "Rank t",
    "n_days": "Days",
    "n_stocks": "Stocks",
    "one_sign": "Halves agree",
}


def write_page(result: "Screening", path: Path) -> None:
    """Write the page of a screening, whole or not at all."""
    write_whole(path, page(result))


def page(result: "Screening") -> str:
    """Return the page as HTML."""
    sections = [_strength(result), _time(result), _correlations(result), _table(result), _settings(result)]
    title = f"Factor screening, {result.screen.method.replace('_', ' ')}, target {result.screen.target}"
    span = f"{day(result.dates[0])} to {day(result.dates[-1])}"
    counts = f"{plural(len(result.dates), 'session')} · {plural(len(result.symbols), 'stock')}"
    return framed(
        sections,
        title=title,
        span=f"{span} · {counts}",
        result=f"{headline(result.screen)} {paper_line(result.screen)}".strip(),
        notes=result.notes,
    )


def _strength(result: "Screening") -> Section:
    table = _ranked(result.table)
    column, words = _judged(result.screen)
    keys = [("portfolio", "kept"), ("random", "not kept")]
    parts = []
    if result.screen.method == "time_series":
        drawing = charts.bars(
            table["share"],
            table["kept"],
            name="share",
            label="Share of significant stocks by factor",
            threshold=result.screen.min_share,
        )
        line = ("benchmark", f"threshold, {result.screen.min_share:.1%}")
        text = f"Significant at {result.screen.level:g}; strongest first."
        parts.append(figure("Share of significant stocks", drawing, keys=[*keys, line], note=text))
    drawing = charts.bars(table[column], table["kept"], name="ic", label=f"{words} by factor")
    parts.append(figure(words, drawing, keys=keys, note=_cut(len(result.table))))
    return Section("strength", "Information coefficient", "".join(parts))


def _judged(screen: ICScreen) -> tuple[str, str]:
    if screen.method == "time_series":
        return "ic", "Mean correlation over time of the stocks"
    if screen.correlation == "pearson":
        return "ic", "Mean daily IC"
    return "rank_ic", "Mean daily rank IC"


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["ic"].notna()].iloc[:BARS]


def _cut(n: int) -> str:
    return f"The {BARS} strongest of {n}; the table below holds all." if n > BARS else "Strongest first."


def _time(result: "Screening") -> Section:
    chosen = result.daily.iloc[:, : len(charts.LINES)]
    if chosen.empty or not chosen.notna().any(axis=None):
        return Section("time", "IC over time", absent("No day has five stocks with a value and a return."))
    horizon = plural(result.settings.model.horizon, "session")
    text = (
        f"Daily rank correlation across stocks with the return over {horizon}, summed up: "
        "a steady slope is a steady factor."
    )
    keys = list(zip(charts.LINES, map(str, chosen.columns), strict=False))
    return Section(
        "time",
        "IC over time",
        figure("Rank IC, cumulated", charts.over_time(chosen), keys=keys, note=text),
    )


def _correlations(result: "Screening") -> Section:
    if len(result.correlations) < 2:
        return Section("correlations", "Correlation of factors", absent("There is one factor only."))
    bound = result.screen.max_correlation
    rule = (
        f"Of two beyond {bound:g} either way only the stronger is kept." if bound < 1 else "None is dropped."
    )
    drawing = charts.heat_map(result.correlations)
    text = f"Mean rank correlation across stocks, kept factors first. {rule}"
    return Section("correlations", "Correlation of factors", figure("Rank correlation", drawing, note=text))


def _table(result: "Screening") -> Section:
    table = result.table.rename_axis("factor").copy()
    for name in ("passed", "kept", "one_sign"):
        if name in table:
            table[name] = table[name].map({True: "yes", False: "no"})
    first = ["kept", "reason"]
    table = table[[*first, *table.columns.difference(first, sort=False)]].rename(columns=_HEADS)
    shown = sortable(table, name="factors", label="the factors", file="screening.csv")
    text = "Shares and coverage are fractions. " + (
        "t is the median over the stocks."
        if result.screen.method == "time_series"
        else "t is corrected for overlapping horizons (Newey-West)."
    )
    return Section("table", "All factors", note(text) + shown)


def _settings(result: "Screening") -> Section:
    content = recorded(result.settings)
    chosen = {name: content[name] for name in ("data", "factors", "screen", "versions") if name in content}
    chosen["model"] = {name: content["model"][name] for name in ("horizon", "label")}
    return Section("settings", "Settings", f"<pre>{escape(tomli_w.dumps(chosen))}</pre>")
