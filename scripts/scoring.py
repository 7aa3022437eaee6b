"""From a panel to the scores of a model, walk-forward, with what they cost and how good they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..feeds import Panel
from ..signals import Evaluation, WalkForward, evaluate
from ..signals.factors import computable
from ..signals.models.boosters import import_lightgbm
from ..signals.tally import collect_counts
from ..signals.timing import collect_seconds
from .build import build_provider, build_walk_forward
from .model_settings import model_label
from .progress import Stages
from .settings import Settings, SettingsError

HORIZONS = (1, 5, 10)
"""Sessions ahead at which the quality of scores is told, whatever they were made for."""

_READ_FACTORS = {"lstm", "ridge", "lightgbm"}

# Factors that are named where many are left out.
_NAMED = 6


@dataclass(frozen=True)
class Scored:
    """What a model gave before anything was traded; ``seconds`` are those of its own stages.

    ``cleaning`` counts what was repaired in its factors, over all fits and predictions, by
    :mod:`btalpha.signals.tally`'s names.
    """

    settings: Settings
    walk: WalkForward
    scores: pd.DataFrame
    evaluation: Evaluation
    by_seed: dict[str, Any]
    horizons: dict[str, Any]
    seconds: dict[str, float]
    cleaning: dict[str, int]


def each_model(settings: Settings) -> list[Settings]:
    """Return settings of one model each; where there are several, the title tells which it is."""
    names = settings.model.names
    if len(names) == 1:
        return [settings]
    title = settings.title
    return [
        settings.with_model(name).model_copy(update={"title": f"{title}: {model_label(name)}"})
        for name in names
    ]


def check_model(settings: Settings) -> None:
    """Refuse a model that cannot be built here, before any bars are read."""
    if "lightgbm" in settings.model.used:
        import_lightgbm()
    build_provider(settings)


def check_span(settings: Settings, panel: Panel) -> None:
    """Refuse at once what would fail after minutes of training."""
    walk = build_walk_forward(settings, panel)
    start = pd.Timestamp(walk.start) if walk.start is not None else panel.dates[-1]
    before = int((panel.dates <= start).sum())
    need = settings.model.length + settings.model.horizon + 1 if "lstm" in settings.model.used else 30
    if before < need:
        raise SettingsError(
            f"{before} sessions lie before walk_forward.start {start.date()}, the model needs {need} to "
            "learn from; start later or give earlier bars"
        )
    held = int(panel.universe_array[panel.dates >= start].sum(axis=1).max())
    if settings.strategy.k > held:
        raise SettingsError(
            f"strategy.k {settings.strategy.k} is larger than the universe of {held} stocks; "
            "choose a smaller k"
        )


def score(settings: Settings, panel: Panel, shown: Stages) -> Scored:
    """Fit a model walk-forward, score every row from the start on, and judge the scores."""
    walk = build_walk_forward(settings, panel, on_fit=shown.count, on_epoch=shown.epoch)
    shown.most_epochs = settings.model.epochs
    with collect_seconds() as seconds:
        with collect_counts() as tally:
            scores = walk.fit(panel).predict(panel)
        evaluation = _evaluate(scores, panel, settings)
        each = walk.predict_each(panel)
        by_seed = _by_seed(each, panel, settings)
        horizons = _by_horizon(scores, each, panel, settings)
    return Scored(settings, walk, scores, evaluation, by_seed, horizons, seconds, tally.counts)


def left_out(panel: Panel, settings: Settings) -> list[str]:
    """Say which factors lack their inputs, for a model that reads factors."""
    if not _READ_FACTORS & settings.model.used:
        return []
    able, missing = computable(panel, settings.factors.codes or None)
    if not missing:
        return []
    total, named = len(able) + len(missing), ", ".join(list(missing)[:_NAMED])
    if len(missing) > _NAMED:
        named += f" and {len(missing) - _NAMED} more (btalpha factors --data lists them)"
    return [f"{len(missing)} of {total} factors lack their inputs in this data: {named}"]


def _evaluate(scores: pd.DataFrame, panel: Panel, settings: Settings) -> Evaluation:
    if not np.isfinite(scores.to_numpy()).any():
        raise SettingsError(
            f"no stock has a score on any of the {len(panel)} dates: the factors need more history "
            "than there is"
        )
    return evaluate(scores, panel, settings.model.horizon, label=settings.model.label)


def _by_seed(each: list[pd.DataFrame], panel: Panel, settings: Settings) -> dict[str, Any]:
    """Return the rank IC of each network by itself: how much of the result is the seed's."""
    ics = [_evaluate(scores, panel, settings).summary()["rank_ic"] for scores in each]
    return {"n": len(ics), "rank_ic": ics, "mean": float(np.mean(ics)), "std": float(np.std(ics))}


def _by_horizon(
    scores: pd.DataFrame, each: list[pd.DataFrame], panel: Panel, settings: Settings
) -> dict[str, Any]:
    """Return how good the scores are 1, 5 and 10 sessions ahead, and the networks by themselves."""
    names = ("ic", "icir", "rank_ic", "rank_icir")
    found: dict[str, Any] = {}
    for horizon in HORIZONS:
        whole, *alone = (
            evaluate(one, panel, horizon, label=settings.model.label).summary() for one in (scores, *each)
        )
        found[str(horizon)] = {name: whole[name] for name in names} | {
            f"seeds_{name}": {
                "mean": float(np.mean([one[name] for one in alone])),
                "std": float(np.std([one[name] for one in alone])),
            }
            for name in names
        }
    return found
