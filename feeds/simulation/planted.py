"""The planted predictability: the part of tomorrow's return that today's figures tell.

Every trading day each stock's expected return gets a component that depends on nothing but
what was published up to the day before::

    expected return = STRENGTH x (sum of WEIGHTS[leg] x leg)

Each leg is a cross-sectional rank scaled to mean 0 and variance 1:

``reversal``      minus the adjusted return of the last 5 sessions
``turnover``      minus the mean turnover of the last 20 sessions
``volatility``    minus the standard deviation of daily returns over the last 20 sessions
``quality``       net profit (parent, trailing twelve months) / parent equity, as announced
``interaction``   reversal x rank of (mean turnover of 5 / of 20 sessions): a reversal is
                  stronger after busy days and turns into momentum after quiet ones. It is
                  not linear in the other legs: a network can use it, a regression cannot.
"""

import numpy as np

STRENGTH = 0.0009  # fraction a day for one unit of the weighted sum
WEIGHTS = {"reversal": 0.5, "turnover": 0.5, "volatility": 0.4, "quality": 0.45, "interaction": 0.5}
WINDOW = 20  # sessions that the legs look back
SHORT = 5
MIN_TRADED = 10  # sessions with a bar among the last WINDOW


def expected_return(close: np.ndarray, turnover: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Return the planted part of the next session's expected return.

    Parameters
    ----------
    close
        (WINDOW + 1) x N adjusted closes, the last row being today's; a suspended day repeats the
        close before, NaN stands before the listing.
    turnover
        WINDOW x N fractions of float shares; NaN on a day without a bar.
    quality
        N figures; NaN counts as the middle rank.

    Returns
    -------
    numpy.ndarray
        N fractions a day; NaN for a stock that was listed less than WINDOW + 1 sessions ago or
        has fewer than MIN_TRADED bars in the window.
    """
    bars = ~np.isnan(turnover)
    count = bars.sum(axis=0)
    known = ~np.isnan(close[0]) & (count >= MIN_TRADED)
    filled = np.where(bars, turnover, 0.0)
    mean_turnover = _ratio(filled.sum(axis=0), count)
    busy = _ratio(_ratio(filled[-SHORT:].sum(axis=0), bars[-SHORT:].sum(axis=0)), mean_turnover)
    reversal = -rank_scaled(np.where(known, close[-1] / close[-1 - SHORT], np.nan))
    legs = {
        "reversal": reversal,
        "turnover": -rank_scaled(np.where(known, mean_turnover, np.nan)),
        "volatility": -rank_scaled(np.where(known, (close[1:] / close[:-1]).std(axis=0), np.nan)),
        "quality": rank_scaled(np.where(known, quality, np.nan)),
        "interaction": reversal * rank_scaled(np.where(known, busy, np.nan)),
    }
    total = sum(WEIGHTS[name] * leg for name, leg in legs.items())
    return np.where(known, STRENGTH * total, np.nan)


def rank_scaled(values: np.ndarray) -> np.ndarray:
    """Return ranks scaled to mean 0 and variance 1; 0 where a value is NaN, ties by position.

    Examples
    --------
    >>> rank_scaled(np.array([3.0, np.nan, 1.0, 2.0])).round(4).tolist()
    [1.2247, 0.0, -1.2247, 0.0]
    >>> rank_scaled(np.array([7.0])).tolist()
    [0.0]
    """
    out = np.zeros(len(values))
    order = np.argsort(values, kind="stable")  # NaN last
    count = int((~np.isnan(values)).sum())
    if count < 2:
        return out
    unit = np.sqrt((count**2 - 1) / 12.0)  # standard deviation of the ranks 0 .. count - 1
    out[order[:count]] = (np.arange(count) - (count - 1) / 2.0) / unit
    return out


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide; NaN where the divisor is 0 or NaN."""
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
