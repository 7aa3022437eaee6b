"""Scaling: z-score, and rank across stocks."""

import bottleneck as bn
import numpy as np

from .kernels import places
from .step import Axis, Step


class ZScore(Step):
    """Subtract the mean and divide by the standard deviation (ddof 0).

    A constant row or column becomes 0; one without values stays NaN.

    Examples
    --------
    >>> ZScore().transform(np.array([[1.0, 2.0, 3.0]])).round(4).tolist()
    [[-1.2247, 0.0, 1.2247]]
    """

    def __init__(self, *, axis: Axis = "stocks") -> None:
        super().__init__(axis=axis)

    def _statistics(self, sample: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
        mean = np.expand_dims(bn.nanmean(sample, axis=axis), axis)
        std = np.expand_dims(bn.nanstd(sample, axis=axis), axis)
        return mean, std

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        mean, std = statistics
        # Rounding errors of a constant row are not a spread.
        flat = std <= 1e-12 * np.abs(mean)
        return (values - mean) / np.where(flat, np.inf, std)


class Rank(Step):
    """Rank across the stocks of the day, evenly spread with mean 0 and about unit variance.

    A value becomes its place among the universe's values of that day (mean place for ties),
    from -sqrt(3) to sqrt(3). A stock outside the universe gets the place that it would have, so
    it does not move the others. A day with one value gives 0, a day without any NaN.

    Examples
    --------
    >>> Rank().transform(np.array([[10.0, 30.0, 20.0]])).round(4).tolist()
    [[-1.1547, 1.1547, 0.0]]
    """

    def __init__(self, *, axis: Axis = "stocks") -> None:
        if axis != "stocks":
            raise ValueError(
                f"axis of Rank must be 'stocks', got {axis!r}; use ZScore(axis='time') along time"
            )
        super().__init__(axis=axis)

    def _statistics(self, sample: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
        return (np.sort(sample, axis=1),)  # NaN sort to the end

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        return (places(np.ascontiguousarray(values), statistics[0]) - 0.5) * np.sqrt(12.0)
