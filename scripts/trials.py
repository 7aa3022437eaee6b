"""How many models were tried in a run, and what is left of each one's Sharpe ratio with that allowed for."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..strategies.report import sessions_per_year
from ..strategies.report.deflated_sharpe import deflated_sharpe
from ..strategies.report.metrics import sharpe_ratios


def tried(models: Sequence[str], returns: Sequence[pd.Series]) -> list[dict[str, Any]]:
    """Return the table ``tried`` of each model's ``metrics.json``.

    Parameters
    ----------
    models
        Names of all models that were tried, in the order of ``returns``.
    returns
        Daily returns of their portfolios after fees, fractions, on the same dates.

    Returns
    -------
    list of dict
        ``n`` and ``models``, the same for all. ``deflated_sharpe``, the probability (0..1) that the model's
        true Sharpe ratio is above 0, all models counted as trials
        (:func:`~btalpha.strategies.report.deflated_sharpe.deflated_sharpe`); ``luck_sharpe``, the largest
        ratio a year to be expected of as many models that are worth nothing. A model whose returns never
        change has NaN for both; it counts among the trials.

    Examples
    --------
    >>> days = pd.bdate_range("2016-01-04", periods=240)
    >>> one = pd.Series([0.02, -0.02, 0.015, -0.01] * 60, days)
    >>> first, _ = tried(["a", "b"], [one, -one])
    >>> first["n"], round(first["deflated_sharpe"], 3)
    (2, 0.62)
    """
    known = {"n": len(models), "models": list(models)}
    if min(map(len, returns)) < 2:
        return [{**known, "deflated_sharpe": math.nan, "luck_sharpe": math.nan} for _ in returns]
    ratios = sharpe_ratios(pd.concat(list(returns), axis=1, keys=range(len(returns))), 1)
    any_known = bool(ratios.notna().any())
    found = [deflated_sharpe(one, trials=ratios.to_numpy()) if any_known else None for one in returns]
    year = math.sqrt(sessions_per_year(pd.DatetimeIndex(returns[0].index)))
    return [
        {
            **known,
            "deflated_sharpe": math.nan if one is None else one.probability,
            "luck_sharpe": math.nan if one is None else one.benchmark * year,
        }
        for one in found
    ]
