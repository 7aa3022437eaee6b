"""The charts of a screening, as inline SVG in the look of the tearsheet."""

from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..strategies.report.axes import date_axis, is_narrow, number_axis, thin, zero_line
from ..strategies.report.svg import INK, draw, quiet_matplotlib, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = ("portfolio", "benchmark", "cost2", "cost3", "random")
"""Inks of the lines over time, strongest factor first."""
_WIDTHS = {"wide": 1000, "narrow": 360}
_VARIABLES = {stand_in: f"var(--{name})" for name, stand_in in INK.items()}
_LETTER = 6.3
"""Mean width of a letter of a label, in points."""


def bars(values: pd.Series, kept: pd.Series, *, name: str, label: str, threshold: float | None = None) -> str:
    """Draw one horizontal bar a factor, kept ones in colour; NaN has none.

    Parameters
    ----------
    values
        By factor, first one on top.
    kept
        Mask of the same factors.
    name, label
        Prefix of identifiers, unique on the page; what a screen reader says.
    threshold
        Where to draw a line, if at all.
    """
    colours = [INK["portfolio"] if stays else INK["random"] for stays in kept]

    def plot(axes: "Axes") -> None:
        places = np.arange(len(values))
        axes.barh(places, np.nan_to_num(values.to_numpy(dtype=float)), height=0.7, color=colours)
        axes.set_yticks(places, [str(code) for code in values.index])
        axes.set_ylim(len(values) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.axvline(0.0, color=INK["muted"], linewidth=0.8)
        if threshold is not None:
            axes.axvline(threshold, color=INK["benchmark"], linewidth=1.4)

    return _tall(plot, codes=list(values.index), name=name, label=label, row=19, below=26)


def over_time(daily: pd.DataFrame) -> str:
    """Draw the cumulated daily IC of up to five factors, T x F."""
    lines = thin(daily.fillna(0.0).cumsum())

    def plot(axes: "Axes") -> None:
        for ink, code in zip(LINES, lines.columns, strict=False):
            axes.plot(lines.index, lines[code], color=INK[ink], linewidth=1.6)
        zero_line(axes)
        number_axis(axes)
        date_axis(axes, pd.DatetimeIndex(lines.index))

    return draw(plot, name="ic-time", label="Cumulated rank IC of the strongest factors")


def heat_map(correlations: pd.DataFrame) -> str:
    """Draw the F x F correlations below the diagonal; the stronger, the fuller the colour."""
    codes = [f"{code}  {place}" for place, code in enumerate(correlations.index, 1)]
    values = correlations.to_numpy()

    def plot(axes: "Axes") -> None:
        wide = not is_narrow(axes)
        for row, column in zip(*np.tril_indices(len(values)), strict=True):
            _cell(axes, int(row), int(column), float(values[row, column]), written=wide and row != column)
        axes.set_yticks(range(len(codes)), codes)
        shown = range(0, len(codes), 1 if wide else 1 + len(codes) // 10)
        axes.set_xticks(shown, [str(place + 1) for place in shown])
        axes.set_xlim(-0.6, len(codes) - 0.4)
        axes.set_ylim(len(codes) - 0.4, -0.6)
        axes.grid(visible=False)
        axes.tick_params(length=0)

    label = "Rank correlations of factors"
    return _tall(plot, codes=codes, name="correlations", label=label, row=22, below=26)


def _cell(axes: "Axes", row: int, column: int, value: float, *, written: bool) -> None:
    from matplotlib.patches import Rectangle

    ink = INK["portfolio"] if value >= 0 else INK["behind"]
    corner, strength = (column - 0.47, row - 0.47), min(abs(value), 1.0) * 0.8
    axes.add_patch(Rectangle(corner, 0.94, 0.94, facecolor=ink, alpha=strength, linewidth=0))
    if written:
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=9, color=INK["ink"])


def _tall(
    plot: Callable[["Axes"], None], *, codes: Sequence[str], name: str, label: str, row: int, below: int
) -> str:
    """Draw a chart with one line a factor, for a wide and a narrow page."""
    height = row * len(codes) + below + 8
    left = 16 + _LETTER * max((len(code) for code in codes), default=0)
    return "".join(
        _drawn(plot, (width, height), left=left, below=below, prefix=f"{name}-{kind}", label=label, kind=kind)
        for kind, width in _WIDTHS.items()
    )


def _drawn(
    plot: Callable[["Axes"], None],
    size: tuple[int, int],
    *,
    left: float,
    below: int,
    prefix: str,
    label: str,
    kind: str,
) -> str:
    from matplotlib.figure import Figure

    width, height = size
    with quiet_matplotlib():
        figure = Figure(figsize=(width / 72, height / 72))
        axes = figure.add_subplot()
        plot(axes)
        axes.tick_params(labelsize=10.5)
        figure.subplots_adjust(left / width, below / height, 1 - 14 / width, 1 - 6 / height)
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    markup = tidy(buffer.getvalue().decode(), prefix=prefix, colours=_VARIABLES)
    return markup.replace("<svg ", f'<svg class="{kind}" role="img" aria-label="{escape(label)}" ', 1)
