"""Information coefficients: the correlation of scores with what followed, day by day."""

import bottleneck as bn
import numpy as np

MIN_STOCKS = 5


def daily_ic(
    scores: np.ndarray, labels: np.ndarray, *, method: str = "rank", min_stocks: int = MIN_STOCKS
) -> np.ndarray:
    """Correlate scores with labels across the stocks of each day.

    Parameters
    ----------
    scores, labels
        T x N; a pair counts where both are finite.
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
    if scores.shape != labels.shape:
        raise ValueError(f"scores must have the shape of the labels, {labels.shape}, got {scores.shape}")
    if method not in ("rank", "pearson"):
        raise ValueError(f"method must be 'rank' or 'pearson', got {method!r}")
    both = np.isfinite(scores) & np.isfinite(labels)
    x, y = np.where(both, scores, np.nan), np.where(both, labels, np.nan)
    if method == "rank":
        x, y = bn.nanrankdata(x, axis=1), bn.nanrankdata(y, axis=1)
    out = row_correlation(x, y)
    out[both.sum(axis=1) < min_stocks] = np.nan
    return out


def row_correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of each row of two T x N arrays that are NaN in the same places.

    Values in [-1, 1], NaN where a row has no spread.
    """
    x, y = _centred(x), _centred(y)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    out[~np.isfinite(out)] = np.nan
    return np.clip(out, -1.0, 1.0)  # rounding may lead a hair beyond


def _centred(values: np.ndarray) -> np.ndarray:
    count = np.isfinite(values).sum(axis=1, keepdims=True)
    total = np.where(np.isfinite(values), values, 0.0).sum(axis=1, keepdims=True)
    centred = values - total / np.maximum(count, 1)
    # A constant row leaves rounding errors, which must not pass for a signal.
    scale = np.abs(np.where(np.isfinite(values), values, 0.0)).max(axis=1, keepdims=True, initial=0.0)
    centred[np.abs(centred) <= 1e-12 * scale] = 0.0
    return np.where(np.isfinite(centred), centred, 0.0)


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
