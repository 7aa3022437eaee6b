"""The charts of the page. Each function takes data and returns inline SVG."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .axes import date_axis, digits_of, number_axis, percent_axis, thin, thin_lows, zero_line
from .metrics import drawdown
from .svg import INK, draw
from .words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BANDS = ((5, 95, 0.16), (25, 75, 0.22))
"""Percentiles of the fan and the opacity of each band."""

_COST_INKS = ("cost1", "cost2", "cost3", "cost4")


def growth(returns: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Return the gain since the start, fractions, with a row of zeros the day before the first."""
    gain = (1.0 + pd.DataFrame(returns)).cumprod() - 1.0
    before = pd.DataFrame(0.0, index=[gain.index[0] - pd.Timedelta(days=1)], columns=gain.columns)
    return pd.concat([before, gain])


def fan(portfolio: pd.Series, randoms: pd.DataFrame | None, benchmark: pd.Series | None) -> str:
    """Draw the portfolio over the bands of the random ones, with the benchmark where it is another line."""
    line = thin(growth(portfolio))
    edges = None if randoms is None else _edges(thin(growth(randoms)))
    other = None if benchmark is None else thin(growth(benchmark))

    def plot(axes: "Axes") -> None:
        if edges is not None:
            for low, high, alpha in BANDS:
                band = {"color": INK["random"], "alpha": alpha, "linewidth": 0}
                axes.fill_between(edges.index, edges[low], edges[high], **band)
            axes.plot(edges.index, edges[50], color=INK["random"], linewidth=1.3)
        if other is not None:
            axes.plot(other.index, other.iloc[:, 0], color=INK["benchmark"], linewidth=1.3)
        axes.plot(line.index, line.iloc[:, 0], color=INK["portfolio"], linewidth=2.2)
        zero_line(axes)
        percent_axis(axes)
        date_axis(axes, pd.DatetimeIndex(line.index))

    return draw(plot, name="fan", label="Gain since the start: the portfolio among random portfolios")


def _edges(gains: pd.DataFrame) -> pd.DataFrame:
    percentiles = sorted({50, *(edge for low, high, _ in BANDS for edge in (low, high))})
    values = np.percentile(gains.to_numpy(), percentiles, axis=1)
    return pd.DataFrame(values.T, index=gains.index, columns=percentiles)


def places(total_return: float, random_totals: np.ndarray) -> str:
    """Draw how the random portfolios ended, with the portfolio among them."""

    def plot(axes: "Axes") -> None:
        bins = min(40, max(5, round(2 * len(random_totals) ** 0.5)))
        axes.hist(random_totals, bins=bins, color=INK["random"], alpha=0.55, rwidth=0.92)
        axes.axvline(total_return, color=INK["portfolio"], linewidth=2.2)
        number_axis(axes, whole=True)
        _percent_below(axes)

    return draw(plot, name="places", label="Total returns of the random portfolios", half=True)


def underwater(portfolio: pd.Series, benchmark: pd.Series | None, *, ink: str, half: bool) -> str:
    """Draw the loss from the highest value so far, the benchmark's in the colour ``ink``."""
    line = thin_lows(drawdown(portfolio))
    other = None if benchmark is None else thin_lows(drawdown(benchmark))
    lowest = min(-0.01, float(line.min()), 0.0 if other is None else float(other.min()))

    def plot(axes: "Axes") -> None:
        if other is not None:
            axes.plot(other.index, other, color=INK[ink], linewidth=1.1)
        axes.fill_between(line.index, line, 0.0, color=INK["portfolio"], alpha=0.18, linewidth=0)
        axes.plot(line.index, line, color=INK["portfolio"], linewidth=1.5)
        axes.set_ylim(1.05 * lowest, 0.0)
        percent_axis(axes)
        date_axis(axes, pd.DatetimeIndex(line.index))

    return draw(plot, name="drawdown", label="Drawdown", half=half)


def dated_line(
    series: pd.Series, *, name: str, label: str, as_percent: bool = False, steps: bool = False
) -> str:
    """Draw one series over time."""
    line = thin(series.to_frame())

    def plot(axes: "Axes") -> None:
        style = "steps-post" if steps else "default"
        marker = "o" if len(line) == 1 else ""
        axes.plot(line.index, line.iloc[:, 0], color=INK["portfolio"], drawstyle=style, marker=marker)
        if not steps:
            zero_line(axes)
        else:
            axes.set_ylim(bottom=0)
        percent_axis(axes) if as_percent else number_axis(axes, whole=steps)
        date_axis(axes, pd.DatetimeIndex(line.index))

    return draw(plot, name=name, label=label, half=True)


def dated_bars(table: pd.DataFrame, *, name: str, label: str, as_percent: bool = False) -> str:
    """Draw bars over time, one per row; several columns are stacked and then must not be negative.

    With one column, bars below zero have a colour of their own.
    """
    width = 0.8 * (np.diff(table.index.to_numpy()).min() / np.timedelta64(1, "D") if len(table) > 1 else 1.0)

    def plot(axes: "Axes") -> None:
        floor = np.zeros(len(table))
        for ink, column in zip(_COST_INKS, table.columns, strict=False):
            heights = table[column].to_numpy(dtype=float)
            below = np.where(heights < 0, INK["behind"], INK[ink])
            axes.bar(table.index, heights, width=width, bottom=floor, color=list(below))
            floor = floor + heights
        zero_line(axes)
        percent_axis(axes) if as_percent else number_axis(axes)
        date_axis(axes, pd.DatetimeIndex(table.index))
        if len(table) == 1:
            axes.set_xlim(table.index[0] - pd.Timedelta(days=3), table.index[0] + pd.Timedelta(days=3))

    return draw(plot, name=name, label=label, half=True)


def named_bars(values: pd.Series, *, name: str, label: str, as_percent: bool = True) -> str:
    """Draw one bar per label, its value on it; fractions in per cent unless told otherwise."""
    heights = values.to_numpy(dtype=float)
    largest = float(np.abs(heights).max()) if len(heights) else 0.0
    digits = next(digits for digits, least in ((1, 0.01), (2, 0.001), (3, 0.0)) if largest >= least)

    def text(value: float) -> str:
        return percent(value, digits=digits, signed=True) if as_percent else number(value, digits=3)

    def plot(axes: "Axes") -> None:
        colours = [INK["behind"] if value < 0 else INK["portfolio"] for value in heights]
        bars = axes.bar([str(key) for key in values.index], heights, width=0.66, color=colours)
        texts = [text(float(value)) for value in heights]
        axes.bar_label(bars, labels=texts, padding=3, fontsize=11, color=INK["muted"])
        zero_line(axes)
        percent_axis(axes) if as_percent else number_axis(axes)
        axes.margins(y=0.14)

    return draw(plot, name=name, label=label, half=True)


def _percent_below(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: percent(value, digits=digits_of(axes.get_xticks(), 100)))
    )
