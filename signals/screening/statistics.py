"""The numbers behind a screening: daily cross-sectional IC, and correlation over time per stock."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..ic import daily_ic, mean_and_t, row_correlation

# A correlation over time needs some points before its p-value means anything.
_MIN_POINTS = 10


def cross_section_statistics(
    factors: Mapping[str, pd.DataFrame], target: np.ndarray, *, lags: int
) -> pd.DataFrame:
    """Return coverage, mean rank IC, ICIR, t, share of right-signed days and agreement of the halves.

    Parameters
    ----------
    factors
        T x N frames.
    target
        T x N, NaN where a pair does not count.
    lags
        Overlap of the labels, for the t statistic.
    """
    return pd.DataFrame.from_dict(
        {code: _cross_section_row(frame.to_numpy(), target, lags) for code, frame in factors.items()},
        orient="index",
    )


def _cross_section_row(values: np.ndarray, target: np.ndarray, lags: int) -> dict[str, float | bool]:
    ic = daily_ic(values, target)
    known = ic[np.isfinite(ic)]
    mean, t = mean_and_t(ic, lags=lags)
    spread = float(known.std()) if len(known) else 0.0
    first, second = (half.mean() if len(half) else np.nan for half in np.array_split(known, 2))
    return {
        "coverage": _coverage(values, target),
        "ic": mean,
        "icir": mean / spread if spread > 0 else float("nan"),
        "t": t,
        "share": float((np.sign(known) == np.sign(mean)).mean()) if len(known) else float("nan"),
        "one_sign": bool(np.sign(first) == np.sign(second)),
        "strength": 0.0 if np.isnan(t) else abs(t),
    }


def time_series_statistics(
    factors: Mapping[str, pd.DataFrame], target: np.ndarray, *, level: float
) -> pd.DataFrame:
    """Return per factor the share of stocks whose correlation over time is significant, and its mean.

    The p-value is that of Pearson's r with n - 2 degrees of freedom (``scipy.stats.pearsonr``).
    Stocks with fewer than 10 pairs do not count.
    """
    return pd.DataFrame.from_dict(
        {code: _time_series_row(frame.to_numpy(), target, level) for code, frame in factors.items()},
        orient="index",
    )


def _time_series_row(values: np.ndarray, target: np.ndarray, level: float) -> dict[str, float | bool]:
    r, n = correlation_over_time(values, target)
    known = np.isfinite(r) & (n >= _MIN_POINTS)
    p = p_values(r[known], n[known])
    mean = float(r[known].mean()) if known.any() else float("nan")
    spread = float(r[known].std()) if known.any() else 0.0
    icir = mean / spread if spread > 0 else float("nan")
    share = float((p < level).mean()) if known.any() else float("nan")
    return {
        "coverage": _coverage(values, target),
        "ic": mean,
        "icir": icir,
        "t": icir * float(np.sqrt(known.sum())),
        "share": share,
        "n_stocks": int(known.sum()),
        "strength": share if known.any() else 0.0,
    }


def correlation_over_time(values: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Pearson's r and the number of pairs of each column of two T x N arrays."""
    both = np.isfinite(values) & np.isfinite(target)
    x, y = np.where(both, values, np.nan).T, np.where(both, target, np.nan).T
    return row_correlation(x, y), both.sum(axis=0)


def p_values(r: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return two-sided p-values of Pearson correlations of ``n`` pairs each; NaN for two pairs or fewer."""
    from scipy import stats

    freedom = np.where(n > 2, n - 2, np.nan)
    with np.errstate(divide="ignore"):
        t = np.abs(r) * np.sqrt(freedom / np.maximum(1.0 - r * r, 0.0))
    return 2.0 * stats.t.sf(t, freedom)


def _coverage(values: np.ndarray, target: np.ndarray) -> float:
    wanted = np.isfinite(target)
    return float(np.isfinite(values[wanted]).mean()) if wanted.any() else 0.0
