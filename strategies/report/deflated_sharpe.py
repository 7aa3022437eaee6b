"""The Sharpe ratio of the best of many trials, deflated for having been chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

_EULER = float(np.euler_gamma)


@dataclass(frozen=True)
class DeflatedSharpe:
    """How sure one can be that a Sharpe ratio is no luck of the draw; ratios are per session.

    Attributes
    ----------
    sharpe
        Sharpe ratio of the returns.
    benchmark
        The largest one to be expected of as many trials that are worth nothing.
    probability
        That the true ratio is above 0, the number of trials allowed for: the deflated Sharpe ratio, 0..1.
    n_trials
        Trials that the strategy was chosen from.
    """

    sharpe: float
    benchmark: float
    probability: float
    n_trials: int


def deflated_sharpe(
    returns: pd.Series,
    *,
    trials: Sequence[float] | np.ndarray | None = None,
    n_trials: int | None = None,
    variance: float | None = None,
) -> DeflatedSharpe | None:
    """Deflate the Sharpe ratio of a strategy by the trials that it was chosen from.

    Parameters
    ----------
    returns
        Daily returns of the strategy, fractions, at least two, no NaN.
    trials
        Sharpe ratios of all trials, that of the strategy included, per session (a ratio a year over the
        square root of the sessions of a year); NaN for one without, which counts as well. Without it give
        the next two.
    n_trials, variance
        Number of independent trials, and the variance of their Sharpe ratios per session.

    Returns
    -------
    DeflatedSharpe or None
        ``None`` for returns that never change, which have no Sharpe ratio.

    Raises
    ------
    ValueError
        If returns or trials are too few or not finite, or the trials are given twice or not at all.

    Notes
    -----
    Bailey and Lopez de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014): the
    probability of :func:`probabilistic_sharpe` above the ratio of :func:`expected_largest`. Trials that
    resemble each other count for fewer; to count them all is to be careful.

    Examples
    --------
    >>> returns = pd.Series([0.02, -0.02, 0.015, -0.01] * 60)
    >>> one, many = (deflated_sharpe(returns, n_trials=n, variance=0.001) for n in (1, 50))
    >>> round(one.probability, 3), round(many.probability, 3)
    (0.875, 0.516)
    """
    values = np.asarray(returns, dtype=float)
    if len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"returns must be at least two finite fractions, got {len(values)} values")
    count, spread = _trials(trials, n_trials, variance)
    deviation = values.std(ddof=1)
    if not deviation > 1e-12:
        return None
    sharpe = float(values.mean() / deviation)
    benchmark = expected_largest(count, spread)
    skewness, kurtosis = float(stats.skew(values)), float(stats.kurtosis(values, fisher=False))
    probability = probabilistic_sharpe(sharpe, benchmark, len(values), skewness, kurtosis)
    return DeflatedSharpe(sharpe, benchmark, probability, count)


def expected_largest(n_trials: int, variance: float) -> float:
    """Return the largest Sharpe ratio to be expected of trials whose true ratios are 0.

    Parameters
    ----------
    n_trials
        Independent trials, 1 or more; of one alone 0 is expected.
    variance
        Of the trials' Sharpe ratios.

    Examples
    --------
    >>> round(expected_largest(100, 0.5 / 250), 4)
    0.1132
    """
    if n_trials == 1:
        return 0.0
    first, second = stats.norm.ppf([1.0 - 1.0 / n_trials, 1.0 - 1.0 / (n_trials * np.e)])
    return float(np.sqrt(variance) * ((1.0 - _EULER) * first + _EULER * second))


def probabilistic_sharpe(
    sharpe: float, benchmark: float, sessions: int, skewness: float = 0.0, kurtosis: float = 3.0
) -> float:
    """Return the probability that a true Sharpe ratio is above a benchmark, both per session.

    Parameters
    ----------
    sharpe, benchmark
        The ratio that was observed, and the one to be above.
    sessions
        Number of returns behind it, T >= 2.
    skewness, kurtosis
        Of the returns; 0 and 3 are those of a normal distribution.

    Examples
    --------
    >>> round(probabilistic_sharpe(0.1, 0.0, 401), 3)
    0.977
    """
    squared = 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    return float(stats.norm.cdf((sharpe - benchmark) * np.sqrt((sessions - 1) / squared)))


def _trials(
    trials: Sequence[float] | np.ndarray | None, n_trials: int | None, variance: float | None
) -> tuple[int, float]:
    """Return the number of trials and the variance of their ratios."""
    if trials is not None:
        ratios = np.asarray(trials, dtype=float)
        if n_trials is not None or variance is not None:
            raise ValueError("give trials, or n_trials and variance, not both")
        known = ratios[~np.isnan(ratios)]
        if not len(known) or not np.isfinite(known).all():
            raise ValueError(
                "trials must be finite Sharpe ratios, or NaN for those without, at least one finite"
            )
        return len(ratios), float(known.var(ddof=1)) if len(known) > 1 else 0.0
    if n_trials is None or variance is None:
        raise ValueError("give trials, or both n_trials and variance")
    if isinstance(n_trials, bool) or not isinstance(n_trials, int) or n_trials < 1:
        raise ValueError(f"n_trials must be a whole number >= 1, got {n_trials!r}")
    if not (variance >= 0.0 and np.isfinite(variance)):
        raise ValueError(f"variance must be a finite number >= 0, got {variance!r}")
    return n_trials, float(variance)
