"""Rank across the stocks of a day."""

import numpy as np

from .rank_kernels import gather_rows, places
from .step import Axis, Context, Step

ROWS = 64  # sorted at a time: few enough to stay in the processor's cache


class Rank(Step):
    """Rank across the stocks of the day, evenly spread with mean 0 and about unit variance.

    A value becomes its place among the universe's values of that day (mean place for ties),
    from -sqrt(3) to sqrt(3). A stock outside the universe gets the place that it would have, so
    it does not move the others. A day with one value gives 0, a constant day 0 throughout, a day
    without any NaN.

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
        self.axis = axis

    def _clean(self, values: np.ndarray, counted: np.ndarray, context: Context) -> np.ndarray:
        ordered = np.empty((ROWS, values.shape[1] + 1))
        for first in range(0, len(values), ROWS):
            some = slice(first, first + ROWS)
            part = ordered[: len(values[some])]
            counts = gather_rows(values[some], counted[some], part)
            part[:, : counts.max()].sort(axis=1)  # NaN sort to the end
            places(values[some], part, counts)
        values -= 0.5
        values *= np.sqrt(12.0)
        return values
