"""The figures of the page, as inline SVG in the look of the tearsheet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...signals.paper import Draw
from ...signals.paper.draws import RANDOM
from ...strategies.report.axes import number_axis, percent_axis, zero_line
from ...strategies.report.svg import INK, draw
from ...strategies.report.words import number
from .summary import LEAD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAND = (5, 95)
"""Percentiles of the draws between which a band lies."""


def daily(one: Draw, variant: str, held: pd.DatetimeIndex) -> str:
    """Draw what one draw's portfolio and random stocks returned on each day held, as the paper's Figure 3."""

    def plot(axes: "Axes") -> None:
        for name, ink in ((RANDOM, "random"), (variant, "portfolio")):
            axes.plot(range(len(held)), one.paths[name], color=INK[ink], marker="o", markersize=4)
        zero_line(axes)
        percent_axis(axes)
        _days(axes, held)

    return draw(plot, name="one-draw", label="Return of each day held, one draw")


def growth(draws: Sequence[Draw], variant: str, days: pd.DatetimeIndex) -> str:
    """Draw the gain since the decision: means over draws and the bands in which most draws lie.

    Parameters
    ----------
    days
        The day of the decision and the H days held.
    """

    def plot(axes: "Axes") -> None:
        for name, ink in ((RANDOM, "random"), (variant, "portfolio")):
            gains = _gains(draws, name)
            low, high = np.percentile(gains, BAND, axis=0)
            axes.fill_between(range(len(days)), low, high, color=INK[ink], alpha=0.18, linewidth=0)
            axes.plot(range(len(days)), gains.mean(axis=0), color=INK[ink], linewidth=2.0)
        zero_line(axes)
        percent_axis(axes)
        _days(axes, days)

    return draw(plot, name=f"growth-{variant.replace('_', '-')}", label="Gain since the decision")


def leads(draws: Sequence[Draw], variant: str, edges: np.ndarray, highest: int) -> str:
    """Draw the distribution over draws of the lead over random stocks, in points a session.

    Parameters
    ----------
    edges, highest
        Of the bars, and the most draws in one, so that all variants have the same axes.
    """
    values = lead_points(draws, variant)

    def plot(axes: "Axes") -> None:
        axes.hist(values, bins=list(edges), color=INK["portfolio"], alpha=0.5, rwidth=0.92)
        axes.axvline(0.0, color=INK["muted"], linewidth=1.0)
        axes.axvline(float(values.mean()), color=INK["portfolio"], linewidth=2.2)
        axes.axvline(100 * LEAD, color=INK["benchmark"], linewidth=2.2)
        axes.set_ylim(0, 1.08 * highest)
        axes.set_xlim(edges[0], edges[-1])
        number_axis(axes, whole=True)
        _points_below(axes)

    return draw(
        plot, name=f"leads-{variant.replace('_', '-')}", label="Lead over random stocks by draw", half=True
    )


def lead_points(draws: Sequence[Draw], variant: str) -> np.ndarray:
    """Return each draw's lead over its random stocks, in percentage points a session."""
    return np.array([100 * (one.paths[variant] - one.paths[RANDOM]).mean() for one in draws])


def bars_of(draws: Sequence[Draw], variants: Sequence[str]) -> tuple[np.ndarray, int]:
    """Return edges that hold every variant's leads and the paper's, and the most draws in one bar."""
    all_leads = [lead_points(draws, name) for name in variants]
    low = min(min(values.min() for values in all_leads), 0.0)
    high = max(max(values.max() for values in all_leads), 100 * LEAD)
    room = 0.02 * (high - low)
    edges = np.linspace(low - room, high + room, min(31, max(8, len(draws) // 6)))
    return edges, max(int(np.histogram(values, edges)[0].max()) for values in all_leads)


def _gains(draws: Sequence[Draw], name: str) -> np.ndarray:
    gains = np.cumprod(1.0 + np.array([one.paths[name] for one in draws]), axis=1) - 1.0
    return np.concatenate([np.zeros((len(gains), 1)), gains], axis=1)


def _days(axes: "Axes", days: pd.DatetimeIndex) -> None:
    """Name sessions below the chart; weekends take no room."""
    from ...strategies.report.axes import is_narrow

    shown = range(0, len(days), max(1, len(days) // (4 if is_narrow(axes) else 11)))
    axes.set_xticks(list(shown), [f"{days[place].day} {days[place]:%b}" for place in shown])
    axes.margins(x=0.02)


def _points_below(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, digits=1, signed=True)))
