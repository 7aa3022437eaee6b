"""Key figures of a series of daily returns, with a defined answer for every degenerate series."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

A_SHARE_SESSIONS = 244
"""Sessions in a usual A-share year; used where a series is too short to count its own."""

_YEAR_DAYS = 365.25
_FLAT = 1e-12


class RandomRank(NamedTuple):
    """Where a portfolio stands among random ones; returns are fractions, the percentile runs 0..100."""

    n: int
    median_total_return: float
    percentile: float
    p_value: float


class SharpeRank(NamedTuple):
    """Where a portfolio stands among random ones by its Sharpe ratio a year; the percentile runs 0..100."""

    n: int
    median_sharpe: float
    percentile: float
    p_value: float


def sessions_per_year(dates: pd.DatetimeIndex, *, default: int = A_SHARE_SESSIONS) -> int:
    """Count the sessions a year has on this calendar.

    Parameters
    ----------
    dates
        The sessions, ascending.
    default
        Answer where ``dates`` span less than a year, too little to count holidays, sessions per year. It is
        for a calendar of weekdays: dates with weekends among them mean 365, dates weeks or months apart as
        many as fit into a year.

    Returns
    -------
    int
        Sessions per 365.25 days, rounded.

    Examples
    --------
    >>> sessions_per_year(pd.bdate_range("2014-01-01", "2015-12-31"))
    261
    >>> sessions_per_year(pd.bdate_range("2014-01-01", "2014-03-31"))
    244
    >>> [sessions_per_year(pd.date_range("2014-01-01", periods=9, freq=freq)) for freq in ("D", "W", "MS")]
    [365, 52, 12]
    """
    if len(dates) < 2:
        return default
    if (span := (dates[-1] - dates[0]).days) >= 364:
        return max(1, round((len(dates) - 1) / span * _YEAR_DAYS))
    apart = float(np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D")))
    if len(dates) > 3 and apart > 4:
        return max(1, round(_YEAR_DAYS / apart))
    return 365 if bool((dates.day_of_week > 4).any()) else default


def performance(returns: pd.Series, periods_per_year: float) -> dict[str, float | None]:
    """Compute the key figures of one portfolio.

    They agree with ``quantstats.stats`` wherever that is defined, and need neither it nor pyplot.

    Parameters
    ----------
    returns
        Daily returns as fractions, length T >= 1, oldest first; no NaN, none below -1.
    periods_per_year
        Sessions per year, for annualising.

    Returns
    -------
    dict
        ``total_return`` (fraction), ``cagr`` (fraction per year, compounded over T sessions),
        ``sharpe`` (annualised, no risk-free rate), ``volatility`` (sample standard deviation,
        fraction per square root of a year), ``max_drawdown`` (fraction, zero or negative, from a
        start of 1). ``None`` stands for what is not defined: volatility and Sharpe of one
        session, Sharpe of returns that never change, a growth too large for a float. Returns of
        all zero give 0.0 for the rest; a total loss gives a total return, CAGR and drawdown of -1.

    Raises
    ------
    ValueError
        If ``returns`` is empty, has a NaN or infinite value, or one below -1, or if
        ``periods_per_year`` is not positive.

    Examples
    --------
    >>> figures = performance(pd.Series([0.10, -0.50, 0.20]), 3)
    >>> {name: round(value, 4) for name, value in figures.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'total_return': -0.34, 'cagr': -0.34, 'sharpe': -0.305, 'volatility': 0.6557, 'max_drawdown': -0.5}
    >>> performance(pd.Series([0.0, 0.0]), 244)["sharpe"] is None
    True
    """
    values = _checked(returns)
    if not periods_per_year > 0:
        raise ValueError(f"periods_per_year must be positive, got {periods_per_year!r}")
    wealth = np.cumprod(1.0 + values)
    volatility = _volatility(values, periods_per_year)
    return {
        "total_return": float(wealth[-1] - 1.0),
        "cagr": _growth(float(wealth[-1]), len(values) / periods_per_year),
        "sharpe": float(values.mean() * periods_per_year / volatility) if volatility else None,
        "volatility": volatility,
        "max_drawdown": float(
            min(0.0, (wealth / np.maximum.accumulate(np.maximum(wealth, 1.0)) - 1.0).min())
        ),
    }


def drawdown(returns: pd.Series) -> pd.Series:
    """Return the loss from the highest value so far, a fraction <= 0 per session (the start counts as 1).

    Examples
    --------
    >>> drawdown(pd.Series([-0.1, 0.2, -0.5])).round(2).tolist()
    [-0.1, 0.0, -0.5]
    """
    wealth = (1.0 + returns).cumprod()
    return wealth / wealth.cummax().clip(lower=1.0) - 1.0


def rank_among(total_return: float, random_totals: np.ndarray) -> RandomRank:
    """Place one total return among those of random portfolios.

    Parameters
    ----------
    total_return
        Of the portfolio, a fraction.
    random_totals
        Of the random portfolios, fractions, length n >= 1.

    Returns
    -------
    RandomRank
        ``percentile`` is the share of random portfolios below, ties counted half; ``p_value`` is
        one-sided, (1 + how many do at least as well) / (n + 1), so it is never zero (Phipson and
        Smyth, 2010).

    Examples
    --------
    >>> rank_among(0.3, np.array([0.1, 0.2, 0.3, 0.4]))
    RandomRank(n=4, median_total_return=0.25, percentile=62.5, p_value=0.6)
    """
    return RandomRank(
        len(random_totals), float(np.median(random_totals)), *_place(total_return, random_totals)
    )


def rank_sharpe_among(sharpe: float, random_ratios: np.ndarray) -> SharpeRank:
    """Place one Sharpe ratio among those of random portfolios, as :func:`rank_among` does total returns.

    Examples
    --------
    >>> rank_sharpe_among(1.0, np.array([0.0, 0.5, 2.0]))
    SharpeRank(n=3, median_sharpe=0.5, percentile=66.66666666666667, p_value=0.5)
    """
    return SharpeRank(len(random_ratios), float(np.median(random_ratios)), *_place(sharpe, random_ratios))


def sharpe_ratios(returns: pd.DataFrame, periods_per_year: float | None = None) -> pd.Series:
    """Return the Sharpe ratio of each column, as :func:`performance` defines it; NaN where there is none.

    Parameters
    ----------
    returns
        Daily returns as fractions, T x n, without NaN.
    periods_per_year
        Sessions of a year; without it those of the calendar of ``returns``.

    Examples
    --------
    >>> sharpe_ratios(pd.DataFrame({0: [0.1, -0.5, 0.2], 1: [0.1, 0.1, 0.1]}), 3).round(3).tolist()
    [-0.305, nan]
    """
    year = periods_per_year or sessions_per_year(pd.DatetimeIndex(returns.index))
    spread = returns.std(ddof=1)
    return returns.mean() * np.sqrt(year) / spread.where(spread >= _FLAT)


def _place(own: float, others: np.ndarray) -> tuple[float, float]:
    """Return percentile and p-value of a figure among others; more is better."""
    below, equal, n = int((others < own).sum()), int((others == own).sum()), len(others)
    return 100 * (below + equal / 2) / n, (1 + n - below) / (n + 1)


def rank_from(figures: Mapping[str, object]) -> RandomRank | None:
    """Read the ``random`` table of ``metrics.json``; None where one of its four keys is missing."""
    values = [figures.get(name) for name in RandomRank._fields]
    if any(not isinstance(value, int | float) for value in values):
        return None
    n, *rest = [float(value) for value in values if isinstance(value, int | float)]
    return RandomRank(int(n), *rest)


def _checked(returns: pd.Series) -> np.ndarray:
    values = np.asarray(returns, dtype=float)
    if values.size == 0:
        raise ValueError("returns is empty; at least one session is needed")
    bad = ~np.isfinite(values) | (values < -1.0)
    if bad.any():
        place = int(bad.argmax())
        raise ValueError(
            f"returns must be finite fractions of at least -1, got {values[place]} "
            f"at {returns.index[place]!s}; drop or fill that session first"
        )
    return values


def _volatility(values: np.ndarray, periods_per_year: float) -> float | None:
    if len(values) < 2:
        return None
    spread = float(values.std(ddof=1))
    return 0.0 if spread < _FLAT else spread * float(np.sqrt(periods_per_year))


def _growth(wealth: float, years: float) -> float | None:
    with np.errstate(over="ignore"):
        growth = float(np.float64(wealth) ** (1.0 / years) - 1.0)
    return growth if np.isfinite(growth) else None
