"""Factors that say the same: of a correlated group only the strongest stays."""

from collections.abc import Mapping, Sequence

import bottleneck as bn
import numpy as np
import pandas as pd

from ..row_order import order_rows, rank_pairs

# Ranks of a factor change slowly: every fifth day gives the same correlations for a fifth of the work.
_EVERY = 5


def rank_correlations(
    factors: Mapping[str, pd.DataFrame], codes: Sequence[str], mask: np.ndarray
) -> pd.DataFrame:
    """Correlate the daily cross-sectional ranks of factors with each other.

    Parameters
    ----------
    factors
        T x N frames.
    codes
        Which of them, F in number.
    mask
        T x N: which values count.

    Returns
    -------
    pandas.DataFrame
        F x F; every fifth day is used. A value that is missing counts as the middle of its day.
    """
    rows = []
    for code in codes:
        values = np.where(mask[::_EVERY], factors[code].to_numpy(dtype=np.float64)[::_EVERY], np.nan)
        ranks = rank_pairs(values, order_rows(values), values)
        centred = ranks - np.expand_dims(bn.nanmean(ranks, axis=1), 1)
        spread = np.expand_dims(bn.nanstd(ranks, axis=1), 1)
        scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
        rows.append(np.nan_to_num(scaled).ravel())
    stacked = np.stack(rows) if rows else np.empty((0, 1))
    norms = np.sqrt((stacked * stacked).sum(axis=1))
    scale = np.where(norms > 0, norms, 1.0)
    return pd.DataFrame(
        (stacked @ stacked.T) / np.outer(scale, scale), index=list(codes), columns=list(codes)
    )


def strongest_of_each_group(
    codes: Sequence[str],
    factors: Mapping[str, pd.DataFrame],
    mask: np.ndarray,
    *,
    max_correlation: float,
) -> dict[str, str]:
    """Name the factors to drop: each maps to the stronger one that it repeats.

    Parameters
    ----------
    codes
        Strongest first.
    factors, mask
        As in :func:`rank_correlations`.
    max_correlation
        Bound of the absolute rank correlation; 1 drops nothing.
    """
    if max_correlation >= 1 or len(codes) < 2:
        return {}
    correlations = rank_correlations(factors, codes, mask).abs()
    twins = correlations > max_correlation
    dropped: dict[str, str] = {}
    kept: list[str] = []
    for code in codes:
        twin = next((other for other in kept if twins.at[code, other]), None)
        if twin is None:
            kept.append(code)
        else:
            dropped[code] = twin
    return dropped
