"""The audit of a configuration: its tables, factors, cleaning, walk-forward, and placebos."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..feeds import Panel, read_members
from ..signals import WalkForward, compute_factors
from ..signals.audit import (
    Check,
    Placebo,
    check_causal,
    check_members,
    check_statements,
    check_universe,
    run_placebo,
)
from ..signals.factors import computable
from ..signals.features import neutralisation_context
from ..signals.schedule import refit_dates
from .build import build_preprocessor, build_walk_forward
from .settings import Settings, SettingsError

FITS = 3
"""Refits that are audited: each later one is made by the same code."""

Count = Callable[[int, int], None]

_QUICK = {"hidden": 8, "layers": 1, "epochs": 1, "patience": 1, "ensemble": 1}
_SHORT = {"epochs": 8, "ensemble": 1}


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    settings
        What was audited.
    checks
        One verdict on each thing that was checked.
    placebo
        ``None`` where it was not asked for.
    notes
        What was left out or made smaller.
    """

    settings: Settings
    checks: tuple[Check, ...]
    placebo: Placebo | None
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing looks ahead."""
        return all(check.holds for check in self.checks)


def learns_from_factors(settings: Settings) -> bool:
    """Tell whether the model reads cleaned factors, as all do but one factor and random scores."""
    return settings.model.name not in ("factor", "random")


def check_tables(settings: Settings, panel: Panel, cuts: int) -> list[Check]:
    """Check the universe, the membership ranges and the statements of all symbols."""
    checks = [check_universe(panel)]
    data = settings.data
    if data.members is not None:
        checks.append(check_members(read_members(data.members, index=data.index), panel, cuts=cuts))
    if panel.statements is not None:
        checks.append(check_statements(panel.statements))
    return checks


def draw_symbols(panel: Panel, n: int, seed: int) -> Panel:
    """Return the panel of some symbols that belong to the universe at some time, drawn by seed."""
    members = np.flatnonzero((panel.universe_array & panel.traded_array).any(axis=0))
    if len(members) <= n:
        return panel
    chosen = np.random.default_rng(seed).choice(members, n, replace=False)
    return panel.select(panel.symbols[np.sort(chosen)])


def first_score(settings: Settings, panel: Panel) -> pd.Timestamp:
    """Return the date from which the walk-forward scores; a default is taken from the whole panel."""
    start = build_walk_forward(settings, panel).start
    assert start is not None
    return panel.dates[int(panel.dates.searchsorted(start))]


def quick(settings: Settings, start: pd.Timestamp) -> tuple[Settings, list[str]]:
    """Return settings with the least training, for the path of the data is the same, and say so."""
    changed = _with(settings, "walk_forward", {"start": start.date()})
    if settings.model.name != "lstm":
        return changed, []
    told = "networks of 8 units trained for 1 epoch: the way of the data is that of longer training"
    return _with(changed, "model", _QUICK), [told]


def few_fits(settings: Settings, panel: Panel, start: pd.Timestamp) -> Panel:
    """Return the panel up to the end of what the first :data:`FITS` fits score."""
    dates = refit_dates(panel.dates, start, settings.walk_forward.refit)
    if len(dates) <= FITS:
        return panel
    last = int(panel.dates.get_indexer(dates[FITS : FITS + 1])[0]) - 1
    return panel.until(panel.dates[max(last, int(panel.dates.searchsorted(start)) + 2)])


def check_features(settings: Settings, panel: Panel, cuts: int, count: Count | None = None) -> list[Check]:
    """Check every factor that the configuration computes, raw in formula and as it is cleaned."""
    if settings.model.name == "random":
        return []
    codes = settings.factors.codes or None if learns_from_factors(settings) else [settings.model.code]
    able, _ = computable(panel, codes)
    if not able:
        raise SettingsError("none of the factors can be computed on these bars; see btalpha factors --data")
    fitted_until = panel.dates[len(panel) // 3]

    def values(other: Panel) -> dict[str, pd.DataFrame]:
        factors = compute_factors(other, able)
        out = {f"factor {code}": frame for code, frame in factors.items()}
        if not learns_from_factors(settings):
            return out
        cleaned = _cleaned(settings, other, factors, fitted_until)
        return {**out, **{f"cleaned {code}": frame for code, frame in cleaned.items()}}

    return check_causal(values, panel, cuts=cuts, seed=settings.seed, on_step=count)


def _cleaned(
    settings: Settings, panel: Panel, factors: Mapping[str, pd.DataFrame], date: pd.Timestamp
) -> dict[str, pd.DataFrame]:
    """Clean as a model does: statistics from the rows up to a date, applied to all rows."""
    preprocessor = build_preprocessor(settings)
    counted = panel.universe_array & panel.traded_array
    known = panel.until(date)
    learned = {code: frame.iloc[: len(known)] for code, frame in factors.items()}
    preprocessor.fit(learned, counted[: len(known)], neutralisation_context(known, preprocessor))
    return preprocessor.transform(factors, counted, neutralisation_context(panel, preprocessor))


def check_walk(settings: Settings, panel: Panel, cuts: int, count: Count | None = None) -> list[Check]:
    """Check the walk-forward: when it is fitted, which factors each fit chose, and the scores."""

    def build(other: Panel) -> WalkForward:
        # Built for each panel, as a run would: what the building itself took from it is seen, too.
        return build_walk_forward(settings, other)

    return check_causal(
        build,
        panel,
        name=lambda frame: f"walk-forward: {frame}",
        cuts=cuts,
        seed=settings.seed,
        on_step=count,
    )


def try_placebos(
    settings: Settings, panel: Panel, seeds: int, count: Count | None = None
) -> tuple[Placebo, list[str]]:
    """Run the model as it is and with shuffled labels, and say what was made smaller for it."""
    start = first_score(settings, panel)
    small = _with(settings, "walk_forward", {"start": start.date()})
    small = _with(small, "screen", {"min_factors": max(settings.screen.min_factors, 1)})
    notes = []
    if settings.model.name == "lstm":
        epochs = min(settings.model.epochs, _SHORT["epochs"])
        small = _with(small, "model", {**_SHORT, "epochs": epochs})
        notes = [f"placebos with one network of up to {epochs} epochs each, the true labels likewise"]
    walk = build_walk_forward(small, panel)
    found = run_placebo(
        walk, panel, label=settings.model.label, seeds=range(seeds), by=["stocks"], on_step=count
    )
    return found, notes


def placebo_checks(found: Placebo) -> list[Check]:
    """Turn what the placebos found into verdicts; an IC that goes in a day is a doubt, no proof."""
    labels, late = found.sentences()
    checks = []
    if len(found.shuffled):
        verdict = "looks ahead" if found.keeps_ic_without_labels else "holds"
        checks.append(
            Check("placebo: shuffled labels", 0, len(found.shuffled), found.n_days, verdict, labels)
        )
    verdict = "doubtful" if found.falls_at_once else "holds"
    return [*checks, Check("placebo: late scores", 0, len(found.delayed), found.n_days, verdict, late)]


def _with(settings: Settings, section: str, changes: Mapping[str, Any]) -> Settings:
    part = copy.copy(getattr(settings, section))
    return settings.model_copy(update={section: part.model_copy(update=dict(changes))})
