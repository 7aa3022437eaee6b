"""Gaps: carried forward for a while, then the day's median. Nothing is taken from the future."""

import numpy as np

from .kernels import fill_forward, median_and_mad
from .step import Step


class FillGaps(Step):
    """Carry the last value of a stock forward, then use the median of the day.

    Parameters
    ----------
    max_age
        Sessions for which a value is carried forward.
    median
        Whether older gaps become the median of the universe on that day (of the values that are
        there, not of those carried forward). Either way a stock has no value before its first one.

    Examples
    --------
    >>> gappy = np.array([[1.0, 5.0], [np.nan, 6.0], [np.nan, 7.0]])
    >>> FillGaps(max_age=1).transform(gappy).tolist()
    [[1.0, 5.0], [1.0, 6.0], [7.0, 7.0]]
    """

    def __init__(self, *, max_age: int = 5, median: bool = True) -> None:
        super().__init__(axis="stocks")
        if max_age < 0:
            raise ValueError(f"max_age must be 0 sessions or more, got {max_age}")
        self.max_age = max_age
        self.median = median

    def _statistics(self, sample: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
        if not self.median:
            return (np.full(len(sample), np.nan),)
        return (median_and_mad(np.sort(sample, axis=1))[0],)

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        return fill_forward(np.ascontiguousarray(values), self.max_age, statistics[0])
