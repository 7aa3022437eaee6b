"""From correlations to p-values, and from many p-values to those that many tests allow."""

import numpy as np


def p_values(r: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return two-sided p-values of correlations.

    Under independence r sqrt(n - 2) / sqrt(1 - r^2) follows Student's t with n - 2 degrees of freedom;
    ``scipy.stats.pearsonr`` and ``spearmanr`` take the same.

    Parameters
    ----------
    r
        Correlations, any shape, NaN where there is none.
    n
        Number of independent pairs of each; a fraction is allowed.

    Returns
    -------
    numpy.ndarray
        In [0, 1]; NaN where ``r`` is and for two pairs or fewer.

    Examples
    --------
    >>> p_values(np.array([0.0, 0.5, 1.0]), np.array([20, 20, 20])).round(4).tolist()
    [1.0, 0.0248, 0.0]
    """
    from scipy.special import betainc

    freedom = np.where(n > 2, n - 2.0, np.nan)
    # 1 - r^2 is df / (df + t^2), at which the incomplete beta function is the two-sided tail of t.
    return betainc(0.5 * freedom, 0.5, np.maximum((1.0 - r) * (1.0 + r), 0.0))


def p_of_t(t: float, n: int) -> float:
    """Return the two-sided p-value of the t statistic of a mean over ``n`` values; NaN for fewer than 2.

    Examples
    --------
    >>> round(p_of_t(2.262, 10), 3), p_of_t(float("inf"), 10)
    (0.05, 0.0)
    """
    from scipy.special import stdtr

    return float(2.0 * stdtr(n - 1.0, -abs(t))) if n > 1 else float("nan")


def adjusted(p: np.ndarray) -> np.ndarray:
    """Return p-values raised for the number of tests: those up to a level have that false-discovery rate.

    Of the tests whose adjusted value is at most q, a share of q at most is expected to be false.
    Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57: the i-th smallest of m values becomes the
    least of p_(k) m / k over k >= i.

    Parameters
    ----------
    p
        Any shape, one family of tests. NaN is no test and stays.

    Returns
    -------
    numpy.ndarray
        Of the same shape, in [0, 1].

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03, np.nan])).round(6).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    out = np.full(p.shape, np.nan)
    known = np.isfinite(p)
    values = p[known]
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    least = np.minimum.accumulate(scaled[::-1])[::-1]
    raised = np.empty(len(values))
    raised[order] = np.minimum(least, 1.0)
    out[known] = raised
    return out
