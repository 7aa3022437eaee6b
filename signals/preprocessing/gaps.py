"""Gaps: carried forward for a while, then the day's median. Nothing is taken from the future."""

import numpy as np

from ..tally import GAPS
from .gap_kernels import fill_forward
from .step import Context, Step


class FillGaps(Step):
    """Carry the last value of a stock forward, then use the median of the day.

    Parameters
    ----------
    max_age
        Sessions for which a value is carried forward.
    median
        Whether older gaps become the median of the universe on that day (of the values that are
        there, not of those carried forward). Either way a stock has no value before its first one.

    Notes
    -----
    A stock without a value stays NaN throughout; on a day on which no value of the universe is
    there, gaps too old to be carried stay NaN.

    Examples
    --------
    >>> gappy = np.array([[1.0, 5.0], [np.nan, 6.0], [np.nan, 7.0]])
    >>> FillGaps(max_age=1).transform(gappy).tolist()
    [[1.0, 5.0], [1.0, 6.0], [7.0, 7.0]]
    """

    repairs = GAPS

    def __init__(self, *, max_age: int = 5, median: bool = True) -> None:
        if max_age < 0:
            raise ValueError(f"max_age must be 0 sessions or more, got {max_age}")
        self.max_age = max_age
        self.median = median

    def _clean(self, values: np.ndarray, counted: np.ndarray, context: Context) -> np.ndarray:
        fill_forward(values, counted, self.max_age, self.median)
        return values
