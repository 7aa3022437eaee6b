"""Screening across stocks: daily IC and rank IC, their mean, steadiness and significance."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..ic import MIN_STOCKS, Target, mean_and_t
from .each import covered, each_factor
from .significance import p_of_t


def cross_section_statistics(
    factors: Mapping[str, pd.DataFrame], target: np.ndarray, *, lags: int, correlation: str = "spearman"
) -> tuple[pd.DataFrame, np.ndarray]:
    """Compare factors with what followed across the stocks of each day.

    Parameters
    ----------
    factors
        F frames, T x N.
    target
        T x N, NaN where a pair does not count.
    lags
        Overlap of the labels, for the t statistics; see :func:`~btalpha.signals.ic.mean_and_t`.
    correlation
        ``"spearman"`` or ``"pearson"``: on which share, halves and strength rest.

    Returns
    -------
    pandas.DataFrame
        One row a factor: coverage; ic, rank_ic (means); icir, rank_icir (mean over standard
        deviation, daily); t, rank_t; p (of the judged t, n_days - 1 degrees of freedom); share of
        days with the sign of the mean; n_days; one_sign (of the means of both halves); strength, the
        absolute judged t. NaN where there is no IC.
    numpy.ndarray
        T x F daily ICs of the judged correlation.
    """
    compared, known = Target(target), int(np.isfinite(target).sum())

    def row(values: np.ndarray) -> tuple[dict[str, float | bool], np.ndarray]:
        ic, pairs = compared.correlate(values, "pearson")
        rank_ic, _ = compared.correlate(values, "rank")
        ic[pairs < MIN_STOCKS] = rank_ic[pairs < MIN_STOCKS] = np.nan
        judged = rank_ic if correlation == "spearman" else ic
        return {"coverage": covered(pairs, known), **_summary(ic, rank_ic, judged, lags)}, judged

    rows = each_factor(row, factors)
    table = pd.DataFrame.from_dict({code: row for code, (row, _) in rows.items()}, orient="index")
    return table, np.column_stack([daily for _, daily in rows.values()])


def _summary(ic: np.ndarray, rank_ic: np.ndarray, judged: np.ndarray, lags: int) -> dict[str, float | bool]:
    mean, icir, t = _mean(ic, lags)
    rank_mean, rank_icir, rank_t = _mean(rank_ic, lags)
    known = judged[np.isfinite(judged)]
    middle, _, judged_t = _mean(judged, lags)
    first, second = (half.mean() if len(half) else np.nan for half in np.array_split(known, 2))
    return {
        "ic": mean,
        "rank_ic": rank_mean,
        "icir": icir,
        "rank_icir": rank_icir,
        "t": t,
        "rank_t": rank_t,
        "p": p_of_t(judged_t, len(known)),
        "share": float((np.sign(known) == np.sign(middle)).mean()) if len(known) else float("nan"),
        "n_days": len(known),
        "one_sign": bool(np.sign(first) == np.sign(second)),
        "strength": 0.0 if np.isnan(judged_t) else abs(judged_t),
    }


def _mean(ic: np.ndarray, lags: int) -> tuple[float, float, float]:
    mean, t = mean_and_t(ic, lags=lags)
    known = ic[np.isfinite(ic)]
    spread = float(known.std()) if len(known) else 0.0
    return mean, mean / spread if spread > 0 else float("nan"), t
