"""The figures of a run, as ``metrics.json`` holds them."""

from typing import Any

import pandas as pd

from ..feeds import Panel
from ..signals import Evaluation, WalkForward
from ..signals.walk_forward import Fit
from ..strategies.backtest import BacktestResult
from ..strategies.random_portfolios import RandomBenchmark
from ..strategies.report import performance, sessions_per_year
from .settings import Settings


def gather_metrics(
    settings: Settings,
    panel: Panel,
    walk: WalkForward,
    evaluation: Evaluation,
    portfolio: BacktestResult,
    chance: RandomBenchmark,
    matched: RandomBenchmark,
) -> dict[str, Any]:
    """Return what ``metrics.json`` holds: fractions, CNY and sessions as the names say."""
    year = sessions_per_year(pd.DatetimeIndex(portfolio.returns.index))
    return {
        "title": settings.title,
        "strategy": {
            **performance(portfolio.returns, year),
            "turnover": portfolio.turnover,
            "costs": portfolio.costs,
            "refusals": portfolio.refusals["reason"].value_counts().to_dict(),
        },
        "random": {**_place(portfolio, chance), "matched_turnover": _place(portfolio, matched)},
        "signal": evaluation.summary(),
        "selected_factors": walk.selected_factors_,
        "fits": [_fit_row(fit) for fit in walk.fits_],
        "data": {
            "first": panel.dates[0].date().isoformat(),
            "last": panel.dates[-1].date().isoformat(),
            "symbols": len(panel.symbols),
            "traded_from": portfolio.returns.index[0].date().isoformat(),
            "traded_to": portfolio.returns.index[-1].date().isoformat(),
            "sessions_per_year": year,
        },
    }


def _place(portfolio: BacktestResult, chance: RandomBenchmark) -> dict[str, Any]:
    """Return where the portfolio stands among random ones, by total return and by Sharpe ratio."""
    by_return, by_sharpe = chance.rank(portfolio), chance.rank_sharpe(portfolio)
    return {
        "n": by_return.n,
        "median_total_return": by_return.median_total_return,
        "median_sharpe": by_sharpe.median_sharpe,
        "median_costs": float(chance.costs.median()),
        "percentile": by_return.percentile,
        "p_value": by_return.p_value,
        "sharpe_percentile": by_sharpe.percentile,
        "sharpe_p_value": by_sharpe.p_value,
    }


def _fit_row(fit: Fit) -> dict[str, Any]:
    return {
        "date": fit.date.date().isoformat(),
        "first": fit.first.date().isoformat(),
        "last": None if pd.isna(fit.last) else fit.last.date().isoformat(),
        "until": fit.window.until.date().isoformat(),
        "sessions": fit.window.sessions,
        "purge": fit.window.purge,
        "embargo": fit.window.embargo,
        "factors": len(fit.codes),
        "validation_rank_ic": fit.validation_rank_ic,
        "codes": fit.codes,
    }
