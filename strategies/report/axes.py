"""What the charts share: date and percentage axes, thinning of long series."""

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .svg import INK, NARROW
from .words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_POINTS = 420
"""Points of a line; more cannot be told apart at the width of a page, and only cost bytes."""


def thin(table: pd.DataFrame, *, points: int = MAX_POINTS) -> pd.DataFrame:
    """Keep every n-th row, the last one always.

    Examples
    --------
    >>> thin(pd.DataFrame({"x": range(10)}), points=4)["x"].tolist()
    [0, 3, 6, 9]
    """
    step = ceil(len(table) / points)
    return table.iloc[(len(table) - 1) % step :: step] if step > 1 else table


def thin_lows(series: pd.Series, *, points: int = MAX_POINTS) -> pd.Series:
    """Keep the lowest of every n values, so that no trough is lost.

    Examples
    --------
    >>> thin_lows(pd.Series([0.0, -0.3, -0.1, 0.0]), points=2).tolist()
    [-0.3, -0.1]
    """
    step = ceil(len(series) / points)
    if step <= 1:
        return series
    groups = np.arange(len(series)) // step
    return series.loc[series.groupby(groups).idxmin()]


def is_narrow(axes: "Axes") -> bool:
    """Tell whether the chart is the one for a narrow page."""
    figure = axes.get_figure()
    return figure is not None and figure.get_size_inches()[0] * 72 <= NARROW[0] + 1  # type: ignore[union-attr]


def date_axis(axes: "Axes", dates: pd.DatetimeIndex) -> None:
    """Put a readable number of dates below the chart: years, months or days by the span."""
    from matplotlib.dates import AutoDateLocator, MonthLocator, YearLocator
    from matplotlib.ticker import FuncFormatter

    days, narrow = (dates[-1] - dates[0]).days, is_narrow(axes)
    if days > 5 * 365:
        locator = YearLocator(ceil(days / 365 / (5 if narrow else 12)))
    elif days > 70:
        months = ceil(days / 30.5 / (4.5 if narrow else 9))
        step = next((step for step in (1, 2, 3, 4, 6) if step >= months), 12)
        locator = MonthLocator(bymonth=range(1, 13, step))
    else:
        locator = AutoDateLocator(minticks=1, maxticks=4 if narrow else 9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: _date_label(value, place, days)))
    if days < 4:
        axes.set_xticks(list(dates.to_pydatetime()))
        axes.margins(x=0.6 if days == 0 else 0.3)
    else:
        axes.margins(x=0.01)


def _date_label(value: float, place: int | None, days: int) -> str:
    from matplotlib.dates import num2date

    moment = num2date(value)
    if days > 5 * 365:
        return f"{moment:%Y}"
    text = f"{moment:%b}" if days > 70 else f"{moment.day} {moment:%b}"
    with_year = place == 0 or (moment.month == 1 and days > 70)
    return f"{text}\n{moment:%Y}" if with_year else f"{text}\n "  # two lines each, so that all stand level


def percent_axis(axes: "Axes") -> None:
    """Label the vertical axis in per cent, with as many decimals as tell its steps apart."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: percent(value, digits=digits_of(axes.get_yticks(), 100)))
    )


def number_axis(axes: "Axes", *, whole: bool = False) -> None:
    """Label the vertical axis in plain numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=whole))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: number(value, digits=digits_of(axes.get_yticks(), 1)))
    )


def digits_of(places: ArrayLike, scale: float) -> int:
    """Return the decimals that tell the labels of an axis apart.

    Examples
    --------
    >>> digits_of([0.0, 0.005, 0.01], 100), digits_of([0, 10], 1)
    (1, 0)
    """
    ticks = np.asarray(places, dtype=float) * scale
    exact = (
        digits
        for digits in range(4)
        if np.allclose(ticks * 10**digits, np.round(ticks * 10**digits), atol=1e-6)
    )
    return next(exact, 4)


def zero_line(axes: "Axes") -> None:
    """Mark zero."""
    axes.axhline(0.0, color=INK["muted"], linewidth=0.8, zorder=1.5)
