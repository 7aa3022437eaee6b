"""Screening along time, the paper's: how many stocks does a factor move with?"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..ic import Target, rows
from ..ic_kernels import correlate_columns, effective_pairs
from .each import covered, each_factor
from .significance import adjusted, p_values

MIN_POINTS = 10
"""A correlation over time needs some points before its p-value means anything."""


def time_series_statistics(
    factors: Mapping[str, pd.DataFrame],
    target: np.ndarray,
    *,
    level: float,
    correlation: str = "pearson",
    lags: int = 0,
    false_discovery: str = "none",
) -> tuple[pd.DataFrame, np.ndarray]:
    """Correlate factors with what followed over the days of each stock.

    Parameters
    ----------
    factors
        F frames, T x N.
    target
        T x N, NaN where a pair does not count.
    level
        Of significance.
    correlation
        ``"pearson"`` or ``"spearman"``.
    lags
        How many days a label overlaps the next ones: the p-values then rest on the pairs that
        :func:`~btalpha.signals.ic_kernels.effective_pairs` counts, 3 at least. 0 takes all.
    false_discovery
        ``"none"``, ``"stocks"`` (Benjamini-Hochberg over the stocks of each factor) or
        ``"factors"`` (over all stocks of all factors).

    Returns
    -------
    pandas.DataFrame
        One row a factor: coverage; ic, the mean correlation of the stocks that have one; icir, that
        over its standard deviation across stocks; t, the median over stocks of the t statistic
        behind the p-value; share of significant stocks; n_stocks, those with 10 pairs or more;
        strength, the share. A stock whose value never changes counts and is not significant.
    numpy.ndarray
        N x F correlations, NaN for a stock with fewer pairs.
    """
    compared, known = Target(target.T), int(np.isfinite(target).sum())
    method = "rank" if correlation == "spearman" else "pearson"

    def stocks(values: np.ndarray) -> tuple[OverTime, float]:
        found = correlation_over_time(values, target, method=method, lags=lags, turned=compared)
        share, few = covered(found.pairs, known), found.pairs < MIN_POINTS
        for each in (found.r, found.p, found.t):
            each[few] = np.nan
        return found, share

    measured = each_factor(stocks, factors)
    p = np.column_stack([found.p for found, _ in measured.values()])
    if false_discovery == "stocks":
        p = np.column_stack([adjusted(column) for column in p.T])
    elif false_discovery == "factors":
        p = adjusted(p)
    rows = {
        code: {"coverage": share, **_summary(found, p[:, place] < level)}
        for place, (code, (found, share)) in enumerate(measured.items())
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table, np.column_stack([found.r for found, _ in measured.values()])


def _summary(found: "OverTime", significant: np.ndarray) -> dict[str, float]:
    counted, known = found.pairs >= MIN_POINTS, found.r[np.isfinite(found.r)]
    mean = float(known.mean()) if len(known) else float("nan")
    spread = float(known.std()) if len(known) else 0.0
    share = float(significant[counted].mean()) if counted.any() else float("nan")
    return {
        "ic": mean,
        "icir": mean / spread if spread > 0 else float("nan"),
        "t": float(np.nanmedian(found.t)) if len(known) else float("nan"),
        "share": share,
        "n_stocks": int(counted.sum()),
        "strength": share if len(known) else 0.0,
    }


class OverTime(NamedTuple):
    """Correlation over time of each stock, its p-value and t statistic, and its number of pairs."""

    r: np.ndarray
    p: np.ndarray
    t: np.ndarray
    pairs: np.ndarray


def correlation_over_time(
    values: np.ndarray,
    target: np.ndarray,
    *,
    method: str = "pearson",
    lags: int = 0,
    turned: Target | None = None,
) -> OverTime:
    """Return each stock's correlation over time and how sure it is.

    Parameters
    ----------
    values, target
        T x N.
    method
        ``"pearson"`` or ``"rank"``.
    lags
        As in :func:`time_series_statistics`.
    turned
        The :class:`~btalpha.signals.ic.Target` of the target's transpose, where it is at hand.

    Examples
    --------
    >>> day = np.arange(12.0)[:, None]
    >>> found = correlation_over_time(day, day**2, method="rank")
    >>> found.r.tolist(), found.p.tolist(), found.pairs.tolist()
    ([1.0], [0.0], [12])
    """
    turned = turned or Target(target.T)
    if method == "pearson":
        r, pairs = correlate_columns(rows(values), rows(target))
    else:
        r, pairs = turned.correlate(values.T, method)
    worth = pairs
    if lags:
        worth = np.maximum(effective_pairs(*turned.pairs(values.T, method), lags), np.minimum(pairs, 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = r * np.sqrt(np.where(worth > 2, worth - 2.0, np.nan) / ((1.0 - r) * (1.0 + r)))
    return OverTime(r, p_values(r, worth), t, pairs)
