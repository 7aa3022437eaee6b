"""What the draws say, as numbers: all that ``paper.json``, the page and the README show."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...signals.paper import Draw
from ...signals.paper.draws import CAUSAL, CHANCE, EVERYONE, PUBLISHED, RANDOM
from ...signals.screening.significance import p_of_t
from ..screen_table import TABLE_1
from .run import SYSTEM, Experiment

PUBLISHED_RESULT = {"portfolio": -0.0040, "random": -0.0058, "stocks": 212, "factors": 11}
"""The paper's single result: mean returns over the ten sessions, fractions a day."""
LEAD = PUBLISHED_RESULT["portfolio"] - PUBLISHED_RESULT["random"]
VARIANTS = (PUBLISHED, CAUSAL, SYSTEM, CHANCE)


def summarise(experiment: Experiment) -> dict[str, Any]:
    """Return the content of ``paper.json``: returns are fractions, means over the sessions held."""
    draws, window, material = experiment.draws, experiment.settings.window, experiment.material
    return {
        "title": experiment.settings.title,
        "paper": {**PUBLISHED_RESULT, "difference": LEAD},
        "window": {
            "first": _day(material.dates[0]),
            "decision": _day(experiment.decision),
            "last": _day(material.dates[-1]),
            "sessions": window.sessions,
            "held": window.held,
            "entry": window.entry,
        },
        "stocks": {
            "all": experiment.all_stocks,
            "without_gap": len(material.symbols),
            "drawn": experiment.settings.draws.stocks,
            "left": _spread([len(draw.symbols) for draw in draws]),
        },
        "draws": len(draws),
        "k": experiment.settings.draws.k,
        "everyone": float(np.mean([draw.paths[EVERYONE].mean() for draw in draws])),
        "variants": {name: compare(draws, name) for name in VARIANTS},
        "factors": screened(experiment),
        "same_network": sum(draw.one_network for draw in draws),
        "system": {
            "first_bar": _day(experiment.first_bar),
            "stocks": experiment.all_stocks,
            "factors": experiment.system_factors,
        },
        "notes": [*_simulated(experiment), *experiment.repairs],
    }


def compare(draws: Sequence[Draw], variant: str) -> dict[str, float]:
    """Compare a variant's portfolios with the random ones of the same draws.

    Parameters
    ----------
    draws
        Two or more, with H >= 2 returns a path.
    variant
        Name of its paths.

    Returns
    -------
    dict of str to float
        Means over draws and sessions of ``portfolio``, ``random`` and ``difference``; the ``difference``'s
        ``std`` over draws, its 5th and 95th percentile ``p05`` and ``p95`` and ``t_draws``; shares of draws
        ``ahead`` of the random ten, ``ahead_of_everyone`` (the mean stock of the draw) and ``as_large`` as
        the paper's lead; ``over_everyone``, the mean lead over it; ``t_sessions`` and ``p_sessions``, the
        t statistic of the H daily leads over the random ten, each a mean over draws, and its two-sided
        p-value with H - 1 degrees of freedom; ``total``, the mean return over all H days.
    """
    own, chance, all_stocks = (_paths(draws, name) for name in (variant, RANDOM, EVERYONE))
    lead = (own - chance).mean(axis=1)
    over = (own - all_stocks).mean(axis=1)
    low, high = np.percentile(lead, [5, 95])
    t_sessions = t_statistic((own - chance).mean(axis=0))
    return {
        "portfolio": float(own.mean()),
        "random": float(chance.mean()),
        "difference": float(lead.mean()),
        "std": float(lead.std(ddof=1)),
        "p05": float(low),
        "p95": float(high),
        "t_draws": t_statistic(lead),
        "t_sessions": t_sessions,
        "p_sessions": p_of_t(t_sessions, own.shape[1]),
        "ahead": float((lead > 0).mean()),
        "as_large": float((lead >= LEAD).mean()),
        "over_everyone": float(over.mean()),
        "ahead_of_everyone": float((over > 0).mean()),
        "total": float(((1.0 + own).prod(axis=1) - 1.0).mean()),
    }


def t_statistic(values: np.ndarray) -> float:
    """Return the mean over its standard error; NaN where the values do not differ.

    Examples
    --------
    >>> round(t_statistic(np.array([1.0, 2.0, 3.0])), 3)
    3.464
    """
    spread = float(values.std(ddof=1))
    return float(values.mean()) / (spread / len(values) ** 0.5) if spread > 0 else float("nan")


def screened(experiment: Experiment) -> dict[str, Any]:
    """Return how the screening went: candidates, how many passed and were kept, and each factor's shares."""
    found = [draw.screened[PUBLISHED] for draw in experiment.draws]
    codes = experiment.material.known.codes
    listed = [*(code for code in TABLE_1 if code in codes), *(code for code in codes if code not in TABLE_1)]
    targets = list(found[0].shares.columns)
    share = {name: pd.concat([one.shares[name] for one in found], axis=1).mean(axis=1) for name in targets}
    passes = {name: pd.concat([one.passed[name] for one in found], axis=1).mean(axis=1) for name in targets}
    return {
        "target": experiment.settings.screen.target,
        "candidates": len(codes),
        "left_out": experiment.left_out,
        "kept": _spread([len(one.kept) for one in found]),
        "passed": {name: _spread([int(one.passed[name].sum()) for one in found]) for name in targets},
        "table_1": [code for code in TABLE_1 if code in codes],
        "missing": [code for code in TABLE_1 if code not in codes],
        "shares": {
            code: {
                name: {"share": float(share[name][code]), "passes": float(passes[name][code])}
                for name in targets
            }
            for code in listed
        },
    }


def draws_table(draws: Sequence[Draw]) -> pd.DataFrame:
    """Return ``draws.csv``: one row a draw and variant, mean returns a session as fractions."""
    rows = [
        {
            "draw": draw.number,
            "variant": name,
            "stocks": len(draw.symbols),
            "portfolio": draw.paths[name].mean(),
            "random": draw.paths[RANDOM].mean(),
            "everyone": draw.paths[EVERYONE].mean(),
            "difference": (draw.paths[name] - draw.paths[RANDOM]).mean(),
            "picks": " ".join(draw.picks[name]),
            "factors": " ".join(draw.screened[name].kept) if name in draw.screened else "",
        }
        for draw in draws
        for name in VARIANTS
    ]
    return pd.DataFrame(rows)


def _simulated(experiment: Experiment) -> list[str]:
    if experiment.settings.data.bars is not None:
        return []
    return ["The market is simulated: the paper's figures, of another one, stand here for their form."]


def _paths(draws: Sequence[Draw], name: str) -> np.ndarray:
    return np.array([draw.paths[name] for draw in draws])


def _spread(counts: Sequence[int]) -> dict[str, float]:
    return {"mean": float(np.mean(counts)), "min": int(min(counts)), "max": int(max(counts))}


def _day(date: pd.Timestamp) -> str:
    return date.date().isoformat()
