"""The page of a comparison: several models in one HTML file that needs no network."""

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import tomli_w

from ..strategies.report.axes import date_axis, number_axis, percent_axis, thin, zero_line
from ..strategies.report.charts import growth
from ..strategies.report.layout import Section, absent, facts, figure, note
from ..strategies.report.svg import INK, draw
from ..strategies.report.words import NONE, day, number, p_value, plural
from .comparison_table import ROWS, how_to_read
from .files import recorded
from .page_frame import framed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .run import Run
    from .settings import Settings

LINES = ("portfolio", "benchmark", "cost2", "cost3")
"""Inks of the models, in their order; more of them have no line."""


def comparison_page(settings: "Settings", results: Sequence["Run"], rows: Sequence[dict[str, Any]]) -> str:
    """Return the page as HTML; it links to ``MODEL/tearsheet.html`` beside it."""
    returns = results[0].portfolio.returns
    parts = [_table(rows), _gains(results, rows), _ics(results, rows), _tests(rows), _settings(settings)]
    return framed(
        parts,
        title=f"{settings.title}: {plural(len(rows), 'model')} side by side",
        span=f"{day(returns.index[0])} to {day(returns.index[-1])} · {plural(len(returns), 'session')}",
        result=how_to_read(rows, results[0].metrics),
        notes=results[0].metrics["data"]["notes"],
    )


def _table(rows: Sequence[dict[str, Any]]) -> Section:
    heads = ["", *(str(row["model"]) for row in rows)]
    body = [[name, *(write(row) for row in rows)] for name, write in ROWS]
    names = [escape(str(row["model"])) for row in rows]
    links = "".join(f'<li><a href="{name}/tearsheet.html">Tearsheet of {name}</a></li>' for name in names)
    table = facts("Out of sample, after fees", body, heads=heads)
    html = f'<div class="scroll">{table}</div><ul class="notes">{links}</ul>'
    return Section("table", "Side by side", html)


def _gains(results: Sequence["Run"], rows: Sequence[dict[str, Any]]) -> Section:
    lines = _by_model([result.portfolio.returns for result in results], rows)
    gains, median = thin(growth(lines)), thin(growth(results[0].chance.median))

    def plot(axes: "Axes") -> None:
        axes.plot(median.index, median.iloc[:, 0], color=INK["random"], linewidth=1.3)
        _lines(axes, gains)
        percent_axis(axes)

    drawing = draw(plot, name="gains", label="Gain since the start of each model")
    keys = [*_keys(gains), ("random", "Random: median")]
    return Section("gains", "Growth", figure("Gain since the start, after fees", drawing, keys=keys))


def _ics(results: Sequence["Run"], rows: Sequence[dict[str, Any]]) -> Section:
    daily = _by_model([result.evaluation.rank_ic for result in results], rows)
    if not daily.notna().any(axis=None):
        return Section("ic", "Rank IC", absent("No day has five stocks with a score and a return."))
    summed = thin(daily.fillna(0.0).cumsum())

    def plot(axes: "Axes") -> None:
        _lines(axes, summed)
        number_axis(axes)

    text = "Daily rank correlation of scores and returns, summed up: a steady slope is a steady signal."
    drawing = draw(plot, name="ic", label="Cumulated rank IC of each model")
    return Section("ic", "Rank IC", figure("Rank IC, cumulated", drawing, keys=_keys(summed), note=text))


def _tests(rows: Sequence[dict[str, Any]]) -> Section:
    body = []
    for row in rows[1:]:
        for name, title in (("rank_ic_lead", "daily rank IC"), ("return_lead", "daily return after fees")):
            test = row[name]
            what = f"{rows[0]['model']} less {row['model']}: {title}"
            mean, t = number(test["difference"], digits=5, signed=True), number(test["t"], signed=True)
            p = NONE if math.isnan(test["p"]) else p_value(test["p"])
            body.append([what, mean, t, p, f"{test['n_days']:,}"])
    heads = ["", "Mean difference", "t", "p, two-sided", "Days"]
    table = facts("Paired over days", body, heads=heads)
    text = "t by Newey and West with horizon - 1 lags; p by the normal distribution, for each test by itself."
    return Section("tests", "Is the first one better?", f'<div class="scroll">{table}</div>' + note(text))


def _settings(settings: "Settings") -> Section:
    return Section("settings", "Settings", f"<pre>{escape(tomli_w.dumps(recorded(settings)))}</pre>")


def _by_model(series: Sequence[pd.Series], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    named = {str(row["model"]): one for row, one in zip(rows, series, strict=True)}
    return pd.concat(named, axis=1).sort_index()


def _lines(axes: "Axes", table: pd.DataFrame) -> None:
    for ink, name in zip(LINES, table.columns, strict=False):
        axes.plot(table.index, table[name], color=INK[ink], linewidth=1.8)
    zero_line(axes)
    date_axis(axes, pd.DatetimeIndex(table.index))


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [(f"{colour} line", str(name)) for colour, name in zip(LINES, table.columns, strict=False)]
