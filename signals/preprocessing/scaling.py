"""Scaling by center and spread: z-score, robust z-score, min-max."""

import numpy as np

from .row_statistics import extremes, mean_and_std, median_and_mad, median_and_mean_deviation
from .step import Axis, StatisticStep

MAD_TO_STD = 1.4826  # of a normal distribution: 1 / 0.6745
MEAN_DEVIATION_TO_STD = 1.2533  # likewise: sqrt(pi / 2)


class ZScore(StatisticStep):
    """Subtract the mean and divide by the standard deviation (ddof 0).

    A constant row or column becomes 0; one without values in the sample becomes NaN. NaN stays.

    Examples
    --------
    >>> ZScore().transform(np.array([[1.0, 2.0, 3.0]])).round(4).tolist()
    [[-1.2247, 0.0, 1.2247]]
    """

    def _statistics(self, values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, ...]:
        return mean_and_std(values, counted)

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        return _shift_and_divide(values, *statistics)


class RobustZScore(StatisticStep):
    """Subtract the median and divide by 1.4826 times the median absolute deviation.

    With that factor normal values get unit variance, as by :class:`ZScore`, and an outlier moves
    neither center nor spread.

    Notes
    -----
    Where the MAD is 0 though the values differ (at least half of them are equal), 1.2533 times
    the mean absolute deviation from the median takes its place (Iglewicz and Hoaglin, "How to
    detect and handle outliers", 1993). A constant row or column becomes 0; one without values in
    the sample becomes NaN. NaN stays.

    Examples
    --------
    >>> RobustZScore().transform(np.array([[1.0, 2.0, 3.0, 4.0, 100.0]])).round(4).tolist()
    [[-1.349, -0.6745, 0.0, 0.6745, 65.4256]]
    """

    def _statistics(self, values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, ...]:
        median, mad = median_and_mad(values, counted)
        spread = MAD_TO_STD * mad
        equal = np.flatnonzero(mad == 0)
        if len(equal):
            spread[equal] = (
                MEAN_DEVIATION_TO_STD * median_and_mean_deviation(values[equal], counted[equal])[1]
            )
        return median, spread

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        return _shift_and_divide(values, *statistics)


class MinMax(StatisticStep):
    """Put the least value of the sample at ``low`` and the greatest at ``high``.

    A value that is not in the sample (a stock outside the universe; along time a later day) may
    lie beyond them. A constant row or column goes to the middle; one without values in the sample
    becomes NaN. NaN stays.

    Parameters
    ----------
    low, high
        Ends of the range.
    axis
        See :class:`~btalpha.signals.preprocessing.step.StatisticStep`.

    Examples
    --------
    >>> MinMax().transform(np.array([[2.0, 3.0, 6.0]])).tolist()
    [[0.0, 0.25, 1.0]]
    """

    def __init__(self, *, low: float = 0.0, high: float = 1.0, axis: Axis = "stocks") -> None:
        super().__init__(axis=axis)
        if not -np.inf < low < high < np.inf:
            raise ValueError(f"low must lie below high and both be finite, got low={low}, high={high}")
        self.low = low
        self.high = high

    def _statistics(self, values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, ...]:
        return extremes(values, counted)

    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        least, greatest = statistics
        spread = greatest - least
        _shift_and_divide(values, least, spread)  # 0 to 1
        values *= self.high - self.low
        values += np.where(spread == 0, 0.5 * (self.low + self.high), self.low)
        return values


def _shift_and_divide(values: np.ndarray, center: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Center and divide in place; 0 where there is no spread."""
    values -= center
    values /= np.where(spread == 0, np.inf, spread)
    return values
