"""How good scores are: IC, decay, quantile returns, turnover, autocorrelation, coverage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bottleneck as bn
import numpy as np
import pandas as pd

from ..feeds import Panel
from .ic import daily_ic, mean_and_t
from .labels import check_label, forward_returns

DECAY_HORIZONS = (1, 2, 3, 5, 10, 15, 20)


@dataclass(frozen=True)
class Evaluation:
    """What :func:`evaluate` found; the single numbers are in :meth:`summary`.

    Attributes
    ----------
    horizon
        Sessions.
    ic, rank_ic
        Pearson and Spearman correlation across stocks, by date.
    decay
        Mean rank IC by horizon, sessions.
    quantile_returns
        Mean return per day over the horizon (fraction, less the day's mean) of each fifth of the
        stocks by score, 1 the lowest.
    turnover
        Share of the best fifth that is replaced after ``horizon`` sessions, mean.
    rank_autocorrelation
        Mean rank correlation of the scores with those ``horizon`` sessions before.
    coverage
        Mean share of the universe's traded stocks that has a score.
    """

    horizon: int
    ic: pd.Series
    rank_ic: pd.Series
    decay: pd.Series
    quantile_returns: pd.Series
    turnover: float
    rank_autocorrelation: float
    coverage: float

    def summary(self) -> dict[str, Any]:
        """Return the mean figures; ``icir`` is the mean daily IC over its standard deviation."""
        mean, _ = mean_and_t(self.ic.to_numpy(), lags=self.horizon - 1)
        rank_mean, rank_t = mean_and_t(self.rank_ic.to_numpy(), lags=self.horizon - 1)
        return {
            "horizon": self.horizon,
            "ic": mean,
            "icir": _ratio(self.ic),
            "rank_ic": rank_mean,
            "rank_icir": _ratio(self.rank_ic),
            "rank_ic_t": rank_t,
            "n_days": int(self.rank_ic.notna().sum()),
            "turnover": self.turnover,
            "rank_autocorrelation": self.rank_autocorrelation,
            "coverage": self.coverage,
            "decay": {str(horizon): float(value) for horizon, value in self.decay.items()},
            "quantile_returns": {str(q): float(value) for q, value in self.quantile_returns.items()},
        }


def evaluate(
    scores: pd.DataFrame, panel: Panel, horizon: int = 5, *, label: str = "open", quantiles: int = 5
) -> Evaluation:
    """Compare scores with what followed, on the rows and stocks that have a score.

    Parameters
    ----------
    scores
        dates x symbols, each once; all must be in the panel. Rows without any score do not count.
    panel
        The bars, reaching beyond the scores where the labels shall be known.
    horizon, label
        See :func:`~btalpha.signals.labels.forward_returns`.
    quantiles
        Number of groups for ``quantile_returns``, 2 or more.

    Raises
    ------
    ValueError
        If a date or symbol of the scores is repeated or not in the panel, no row has a score, or
        ``horizon``, ``label`` or ``quantiles`` is out of its range.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> perfect = panel.frame(forward_returns(panel, 5))
    >>> round(evaluate(perfect, panel, 5).summary()["rank_ic"], 6)
    1.0
    """
    check_label(horizon, label)
    if quantiles < 2:
        raise ValueError(f"quantiles must be 2 groups or more, got {quantiles}")
    aligned = _align(scores, panel)
    values = np.where(panel.universe_array & np.isfinite(aligned), aligned, np.nan)
    scored = np.asarray(np.isfinite(values).any(axis=1))
    if not scored.any():
        raise ValueError(
            f"scores must have a value inside the universe, got none in {len(scores)} rows; "
            "a model that is not fitted or still warms up gives none"
        )
    target = forward_returns(panel, horizon, label=label)
    eligible = panel.universe_array & panel.traded_array
    return Evaluation(
        horizon=horizon,
        ic=pd.Series(daily_ic(values, target, method="pearson")[scored], index=panel.dates[scored]),
        rank_ic=pd.Series(daily_ic(values, target)[scored], index=panel.dates[scored]),
        decay=_decay(values, panel, label),
        quantile_returns=_quantile_returns(values, target, quantiles),
        turnover=_turnover(values, horizon, quantiles),
        rank_autocorrelation=_mean(daily_ic(values[horizon:], values[:-horizon])),
        coverage=_mean(np.isfinite(values[scored])[eligible[scored]].astype(np.float64)),
    )


def rank_autocorrelation(
    scores: pd.DataFrame, lags: Sequence[int] = DECAY_HORIZONS, *, dates: pd.DatetimeIndex | None = None
) -> pd.Series:
    """Return how much of the order of the scores is left so many sessions later.

    Parameters
    ----------
    scores
        dates x symbols, NaN where there is none.
    lags
        Sessions apart, each 1 or more.
    dates
        All sessions, where scores lack some of them; without it the dates of the scores.

    Returns
    -------
    pandas.Series
        Mean rank correlation across stocks of the scores with those so many sessions before, by lag; NaN
        where no two rows are so far apart.

    Examples
    --------
    >>> scores = pd.DataFrame(np.tile(np.arange(6.0), (4, 1)), pd.bdate_range("2016-01-04", periods=4))
    >>> rank_autocorrelation(scores, [1, 2, 9]).tolist()
    [1.0, 1.0, nan]
    """
    values = scores.reindex(dates).to_numpy(float) if dates is not None else scores.to_numpy(float)
    means = {
        lag: _mean(daily_ic(values[lag:], values[:-lag])) if lag < len(values) else np.nan for lag in lags
    }
    return pd.Series(means, name="rank_autocorrelation")


def _align(scores: pd.DataFrame, panel: Panel) -> np.ndarray:
    for what, got, known in (
        ("dates", scores.index, panel.dates),
        ("symbols", scores.columns, panel.symbols),
    ):
        if not got.is_unique:
            raise ValueError(f"{what} of the scores must be unique, got {got[got.duplicated()][0]} again")
        foreign = got.difference(known)
        if len(foreign):
            raise ValueError(
                f"{what} of the scores must be in the panel, got {len(foreign)} others such as {foreign[0]}; "
                f"the panel runs from {known[0]} to {known[-1]}"
            )
    return scores.reindex(index=panel.dates, columns=panel.symbols).to_numpy(dtype=np.float64)


def _decay(values: np.ndarray, panel: Panel, label: str) -> pd.Series:
    means = {
        days: _mean(daily_ic(values, forward_returns(panel, days, label=label))) for days in DECAY_HORIZONS
    }
    return pd.Series(means, name="rank_ic")


def _quantile_returns(values: np.ndarray, target: np.ndarray, quantiles: int) -> pd.Series:
    both = np.isfinite(values) & np.isfinite(target)
    ranks = bn.nanrankdata(np.where(both, values, np.nan), axis=1)
    count = both.sum(axis=1, keepdims=True)
    group = np.ceil(ranks * quantiles / np.maximum(count, 1))
    excess = np.where(both, target, np.nan)
    excess = excess - np.expand_dims(bn.nanmean(excess, axis=1), 1)
    return pd.Series(
        {q: _mean(bn.nanmean(np.where(group == q, excess, np.nan), axis=1)) for q in range(1, quantiles + 1)},
        name="return_per_day",
    )


def _turnover(values: np.ndarray, horizon: int, quantiles: int) -> float:
    count = np.isfinite(values).sum(axis=1, keepdims=True)
    best = bn.nanrankdata(values, axis=1) * quantiles > count * (quantiles - 1)
    held, after = best[:-horizon], best[horizon:]
    size = held.sum(axis=1)
    both = (size > 0) & (after.sum(axis=1) > 0)
    return float(1 - ((held & after).sum(axis=1)[both] / size[both]).mean()) if both.any() else float("nan")


def _ratio(series: pd.Series) -> float:
    spread = series.std(ddof=0)
    mean = series.mean()
    return float(mean / spread) if spread > 1e-12 * abs(mean) else float("nan")  # less is rounding


def _mean(values: np.ndarray) -> float:
    return float(bn.nanmean(values)) if np.isfinite(values).any() else float("nan")
