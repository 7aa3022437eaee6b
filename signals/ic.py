"""Information coefficients: the correlation of scores with what followed, day by day."""

from typing import Literal

import numpy as np

from .ic_kernels import correlate_rows, rank_correlate_rows
from .row_order import order_rows, rank_pairs

MIN_STOCKS = 5


class Target:
    """What followed, prepared once and compared with many scores, row by row.

    Parameters
    ----------
    values
        R x C, NaN where unknown. Rows are days where stocks are compared; give the transpose where
        days are compared, stock by stock.

    Examples
    --------
    >>> target = Target(np.array([[0.1, 0.2, 0.4, np.nan]]))
    >>> target.correlate(np.array([[1.0, 2.0, 3.0, 4.0]]), "rank")
    (array([1.]), array([3]))
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = rows(values)
        self._order: np.ndarray | None = None

    def correlate(self, scores: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
        """Return each row's correlation with scores of the same shape and its number of pairs.

        The correlation is NaN where a side has no spread; infinite values count as missing.
        """
        scores = self._like(scores, method)
        if method == "pearson":
            return correlate_rows(scores, self.values)
        return rank_correlate_rows(scores, order_rows(scores), self.values, self._sorted())

    def pairs(self, scores: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
        """Return what is correlated: scores and values, or their ranks among the complete pairs."""
        scores = self._like(scores, method)
        if method == "pearson":
            return scores, self.values
        return (
            rank_pairs(scores, order_rows(scores), self.values),
            rank_pairs(self.values, self._sorted(), scores),
        )

    def _like(self, scores: np.ndarray, method: str) -> np.ndarray:
        if scores.shape != self.values.shape:
            raise ValueError(
                f"scores must have the shape of the labels, {self.values.shape}, got {scores.shape}"
            )
        if method not in ("rank", "pearson"):
            raise ValueError(f"method must be 'rank' or 'pearson', got {method!r}")
        return rows(scores)

    def _sorted(self) -> np.ndarray:
        if self._order is None:
            self._order = order_rows(self.values)
        return self._order


def daily_ic(
    scores: np.ndarray,
    labels: np.ndarray | Target,
    *,
    method: Literal["rank", "pearson"] = "rank",
    min_stocks: int = MIN_STOCKS,
) -> np.ndarray:
    """Correlate scores with labels across the stocks of each day.

    Parameters
    ----------
    scores
        T x N; a pair counts where both sides are finite.
    labels
        T x N, or the :class:`Target` made of them where many scores are compared with the same.
    method
        ``"rank"`` (Spearman, mean ranks for ties) or ``"pearson"``.
    min_stocks
        A day with fewer pairs has no IC.

    Returns
    -------
    numpy.ndarray
        Length T, in [-1, 1]; NaN on days with too few pairs or a constant side.

    Raises
    ------
    ValueError
        If the shapes differ or ``method`` is unknown.

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    >>> daily_ic(scores, scores ** 3).round(6).tolist()
    [1.0]
    """
    target = labels if isinstance(labels, Target) else Target(labels)
    out, pairs = target.correlate(scores, method)
    out[pairs < min_stocks] = np.nan
    return out


def rows(values: np.ndarray) -> np.ndarray:
    """Return float64 values, the rows one after the other in memory; a copy only where it is needed."""
    return np.ascontiguousarray(values, dtype=np.float64)


def mean_and_t(values: np.ndarray, *, lags: int = 0) -> tuple[float, float]:
    """Return the mean of a series and its t statistic, corrected for overlapping horizons.

    The variance of the mean is Newey and West's (1987) with Bartlett weights over ``lags`` (the
    horizon less one: labels of neighbouring days share their days).

    Parameters
    ----------
    values
        A series; NaN are left out.
    lags
        Number of autocovariances, 0 for independent values.

    Returns
    -------
    tuple of float
        (mean, t). The mean is NaN without any value, t for fewer than three; of equal values t is
        infinite, or 0 where they are 0.

    Examples
    --------
    >>> mean_and_t(np.array([1.0, 2.0, 3.0, np.nan]))
    (2.0, 4.242640687119285)
    """
    values = values[np.isfinite(values)]
    n = len(values)
    mean = float(values.mean()) if n else float("nan")
    if n < 3:
        return mean, float("nan")
    centred = values - mean
    variance = float(centred @ centred) / n
    for lag in range(1, min(lags, n - 1) + 1):
        weight = 1.0 - lag / (lags + 1.0)
        variance += 2.0 * weight * float(centred[lag:] @ centred[:-lag]) / n
    if variance <= (1e-12 * mean) ** 2:  # rounding errors of equal values are not a spread
        return mean, 0.0 if mean == 0.0 else float(np.copysign(np.inf, mean))
    return mean, mean / float(np.sqrt(variance / n))
