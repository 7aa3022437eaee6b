"""Outliers by the median absolute deviation."""

from typing import Literal

import numpy as np

from .kernels import median_and_mad
from .step import Axis, Step


class MadOutliers(Step):
    """Values further than ``n`` median absolute deviations from the median become the median.

    Parameters
    ----------
    n
        Multiple of the MAD (not scaled to a standard deviation), 3 in the paper.
    replace
        ``"median"`` (the paper's) or ``"clip"`` (to the bound).
    axis
        See :class:`~btalpha.signals.preprocessing.step.Step`.

    Notes
    -----
    Where the MAD is 0 (at least half of the values are equal) there is no measure of "far" and
    the values stay as they are, and so they do where no value counts in the statistics.

    Examples
    --------
    >>> MadOutliers(n=3).transform(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 3.0]]
    """

    def __init__(
        self, *, n: float = 3.0, replace: Literal["median", "clip"] = "median", axis: Axis = "stocks"
    ) -> None:
        super().__init__(axis=axis)
        if not n > 0:
            raise ValueError(f"n must be above 0 MAD, got {n}")
        if replace not in ("median", "clip"):
            raise ValueError(f"replace must be 'median' or 'clip', got {replace!r}")
        self.n = n
        self.replace = replace

    def _statistics(self, sample: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
        median, mad = median_and_mad(np.sort(sample if axis == 1 else sample.T, axis=1))
        return np.expand_dims(median, axis), np.expand_dims(mad, axis)

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        median, mad = statistics
        bound = np.where(mad > 0, self.n * mad, np.inf)
        if self.replace == "clip":
            center = np.where(np.isnan(median), 0.0, median)
            return np.clip(values, center - bound, center + bound)
        with np.errstate(invalid="ignore"):
            return np.where(np.abs(values - median) > bound, median, values)
