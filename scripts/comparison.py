"""Several models on the same bars, dates and random portfolios: one row each, and paired tests."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..signals.ic import mean_and_t
from .files import recorded, to_json, write_config
from .model_settings import model_label

if TYPE_CHECKING:
    from .run import Run
    from .settings import Settings


_TO_SCORE = ("factors", "screen", "fit", "predict")


def paired_test(first: pd.Series, other: pd.Series, *, lags: int) -> dict[str, float]:
    """Test whether two daily series have the same mean, day by day.

    Parameters
    ----------
    first, other
        Values by date; days on which either is missing do not count.
    lags
        Days by which neighbouring differences overlap (the horizon less one): the variance of their
        mean is Newey and West's, see :func:`~btalpha.signals.ic.mean_and_t`.

    Returns
    -------
    dict
        ``difference``, the mean of first minus other; its ``t``; ``p``, two-sided, by the normal
        distribution; ``n_days``. NaN where there are too few days.

    Examples
    --------
    >>> days = pd.bdate_range("2016-01-04", periods=4)
    >>> a, b = pd.Series([0.3, 0.1, 0.2, 0.4], days), pd.Series([0.1, 0.1, 0.1, 0.1], days)
    >>> {name: round(value, 3) for name, value in paired_test(a, b, lags=0).items()}
    {'difference': 0.15, 't': 2.683, 'p': 0.007, 'n_days': 4}
    """
    difference = (first - other).dropna()
    mean, t = mean_and_t(difference.to_numpy(dtype=float), lags=lags)
    p = math.erfc(abs(t) / math.sqrt(2.0)) if not math.isnan(t) else float("nan")
    return {"difference": mean, "t": t, "p": p, "n_days": len(difference)}


def compare(results: Sequence["Run"]) -> list[dict[str, Any]]:
    """Return the figures of each model, and how the first one differs from it.

    ``rank_ic_lead`` and ``return_lead`` are :func:`paired_test` of the first model and this one, on
    daily rank ICs and on daily returns after fees (fractions), with horizon - 1 lags.
    ``deflated_sharpe`` is that of ``metrics["tried"]``, see :func:`~btalpha.scripts.trials.tried`.
    """
    first, *others = results
    return [_figures(first), *({**_figures(other), **_leads(first, other)} for other in others)]


def comparison_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows as a flat table, one a model; ``rank_ic_lead_t`` is the ``t`` of ``rank_ic_lead``."""
    flat = [
        {
            (name if inner is None else f"{name}_{inner}"): number
            for name, value in row.items()
            for inner, number in (value.items() if isinstance(value, dict) else [(None, value)])
        }
        for row in rows
    ]
    return pd.DataFrame(flat).set_index("model")


def write_comparison(
    settings: "Settings", results: Sequence["Run"], seconds: dict[str, float], folder: Path
) -> list[dict[str, Any]]:
    """Write :data:`~btalpha.scripts.files.COMPARISON_FILES`; return the rows."""
    from .comparison_page import comparison_page

    rows = compare(results)
    comparison_table(rows).to_csv(folder / "comparison.csv")
    content = {
        "title": settings.title,
        "horizon": settings.model.horizon,
        "first": rows[0]["model"],
        "tried": {name: results[0].metrics["tried"][name] for name in ("n", "models")},
        "random": {"n": settings.random.n, "shared": True},
        "data": results[0].metrics["data"],
        "models": rows,
        "horizons": {
            row["model"]: result.metrics["signal"]["horizons"]
            for row, result in zip(rows, results, strict=True)
        },
        "seconds": seconds,
        "config": recorded(settings),
    }
    (folder / "comparison.json").write_text(to_json(content), encoding="utf-8")
    (folder / "comparison.html").write_text(comparison_page(settings, results, rows), encoding="utf-8")
    write_config(settings, folder)
    return rows


def _figures(result: "Run") -> dict[str, Any]:
    metrics = result.metrics
    strategy, chance, signal = metrics["strategy"], metrics["random"], metrics["signal"]
    own = ("total_return", "cagr", "sharpe", "volatility", "max_drawdown", "turnover", "costs")
    validation = [fit["validation_rank_ic"] for fit in metrics["fits"]]
    known = [value for value in validation if value is not None and math.isfinite(value)]
    return {
        "model": model_label(result.settings.model.names[0]),
        **{name: signal[name] for name in ("rank_ic", "rank_icir", "rank_ic_t", "ic", "icir", "n_days")},
        "validation_rank_ic": float(np.mean(known)) if known else float("nan"),
        **{name: strategy[name] for name in own},
        **{name: chance[name] for name in ("percentile", "p_value", "median_total_return")},
        "deflated_sharpe": metrics["tried"]["deflated_sharpe"],
        "seconds_to_score": sum(metrics["seconds"].get(name, 0.0) for name in _TO_SCORE),
    }


def _leads(first: "Run", other: "Run") -> dict[str, Any]:
    lags = first.settings.model.horizon - 1
    return {
        "rank_ic_lead": paired_test(first.evaluation.rank_ic, other.evaluation.rank_ic, lags=lags),
        "return_lead": paired_test(first.portfolio.returns, other.portfolio.returns, lags=lags),
    }
