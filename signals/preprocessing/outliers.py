"""Outliers by the median absolute deviation, by mean and standard deviation, by box plot."""

from abc import abstractmethod
from typing import Literal

import numpy as np

from ..tally import OUTLIERS
from .row_statistics import mean_and_std, median_and_mad, medians, quartiles
from .step import Axis, StatisticStep

Replace = Literal["median", "clip"]


class Outliers(StatisticStep):
    """Values outside of two bounds become the median or the bound that they pass.

    A rule of your own gives :meth:`_bounds`.

    Parameters
    ----------
    replace
        ``"median"`` (of the sample, the paper's) or ``"clip"`` (to the bound).
    axis
        See :class:`~btalpha.signals.preprocessing.step.StatisticStep`.

    Notes
    -----
    A sample without a spread has no measure of "far", and its values stay as they are; so they do
    where no value counts. NaN stays NaN.
    """

    repairs = OUTLIERS

    def __init__(self, *, replace: Replace = "median", axis: Axis = "stocks") -> None:
        super().__init__(axis=axis)
        if replace not in ("median", "clip"):
            raise ValueError(f"replace must be 'median' or 'clip', got {replace!r}")
        self.replace: Replace = replace

    @abstractmethod
    def _bounds(
        self, values: np.ndarray, counted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return lower bound, upper bound and, where it is known already, median of each row.

        Infinite bounds let every value be.
        """

    def _statistics(self, values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, ...]:
        low, high, median = self._bounds(values, counted)
        if self.replace == "clip":
            return low, high
        return low, high, medians(values, counted) if median is None else median

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        low, high = statistics[:2]
        if self.replace == "clip":
            return np.clip(values, low, high, out=values)
        np.copyto(values, statistics[2], where=(values < low) | (values > high))
        return values


class MadOutliers(Outliers):
    """Values further than ``n`` median absolute deviations from the median become the median.

    Parameters
    ----------
    n
        Multiple of the MAD (not scaled to a standard deviation), 3 in the paper.
    replace
        ``"median"`` (the paper's) or ``"clip"`` (to the bound).
    axis
        See :class:`~btalpha.signals.preprocessing.step.StatisticStep`.

    Notes
    -----
    Where the MAD is 0 (at least half of the values are equal) there is no measure of "far" and
    the values stay as they are, and so they do where no value counts in the statistics.

    Examples
    --------
    >>> MadOutliers(n=3).transform(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 3.0]]
    """

    def __init__(self, *, n: float = 3.0, replace: Replace = "median", axis: Axis = "stocks") -> None:
        super().__init__(replace=replace, axis=axis)
        if not n > 0:
            raise ValueError(f"n must be above 0 MAD, got {n}")
        self.n = n

    def _bounds(
        self, values: np.ndarray, counted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        median, mad = median_and_mad(values, counted)
        return *_around(median, self.n * mad), median


class StdOutliers(Outliers):
    """Values further than ``n`` standard deviations (ddof 0) from the mean become the median.

    Parameters
    ----------
    n
        Multiple of the standard deviation.
    replace
        ``"median"`` or ``"clip"`` (to the bound).
    axis
        See :class:`~btalpha.signals.preprocessing.step.StatisticStep`.

    Notes
    -----
    Outliers widen the deviation that they are measured with: of m values none lies further than
    sqrt(m - 1) deviations from the mean, so with ``n=3`` fewer than 11 have no outlier at all.
    The MAD has no such limit. Constant rows, and rows where no value counts, stay as they are.

    Examples
    --------
    >>> StdOutliers(n=1.5).transform(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 3.0]]
    """

    def __init__(self, *, n: float = 3.0, replace: Replace = "median", axis: Axis = "stocks") -> None:
        super().__init__(replace=replace, axis=axis)
        if not n > 0:
            raise ValueError(f"n must be above 0 standard deviations, got {n}")
        self.n = n

    def _bounds(
        self, values: np.ndarray, counted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        mean, std = mean_and_std(values, counted)
        return *_around(mean, self.n * std), None


class BoxplotOutliers(Outliers):
    """Values beyond the whiskers of a box plot, ``n`` interquartile ranges off the box, become the median.

    Parameters
    ----------
    n
        Length of the whiskers in interquartile ranges, 1.5 as Tukey drew them.
    replace
        ``"median"`` or ``"clip"`` (to the end of the whisker).
    axis
        See :class:`~btalpha.signals.preprocessing.step.StatisticStep`.

    Notes
    -----
    Bounds: Q1 - n IQR and Q3 + n IQR, quartiles as in ``np.percentile``, so a skewed sample has
    a longer way out on its longer side. Where the IQR is 0, and where no value counts, the values
    stay as they are.

    Examples
    --------
    >>> BoxplotOutliers(replace="clip").transform(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 7.0]]
    """

    def __init__(self, *, n: float = 1.5, replace: Replace = "median", axis: Axis = "stocks") -> None:
        super().__init__(replace=replace, axis=axis)
        if not n > 0:
            raise ValueError(f"n must be above 0 interquartile ranges, got {n}")
        self.n = n

    def _bounds(
        self, values: np.ndarray, counted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        first, third = quartiles(values, counted)
        reach = self.n * (third - first)
        return _around(first, reach)[0], _around(third, reach)[1], None


def _around(center: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return center - reach and center + reach; no bounds where there is no spread or no center."""
    wide = np.where(reach > 0, reach, np.inf)
    middle = np.where(np.isfinite(center), center, 0.0)
    return middle - wide, middle + wide
