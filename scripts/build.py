"""From settings to the objects that they describe."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..feeds import Panel, read_members, simulate_market
from ..feeds.readers import data_bytes, read_table
from ..signals import (
    EnsembleSignal,
    FactorSignal,
    ICScreen,
    LightGBMSignal,
    LSTMSignal,
    Preprocessor,
    RandomSignal,
    RidgeSignal,
    SignalProvider,
    WalkForward,
)
from .model_settings import MODELS
from .own_provider import own_provider
from .settings import DataSettings, Settings, SettingsError

if TYPE_CHECKING:
    from ..signals.models.lstm.run import Epoch

# Less is read in about the time in which it is found in the cache.
WORTH_CACHING_BYTES = 8 << 20


def build_panel(data: DataSettings) -> Panel:
    """Read the bars that the settings name, or simulate a market where they name none.

    Raises
    ------
    DataError
        If a file cannot be read or used.
    SettingsError
        If no bar lies between ``data.start`` and ``data.end``.
    """
    panel = _simulated(data) if data.bars is None else _from_files(data, data.bars)
    first = panel.dates[0] if data.start is None else pd.Timestamp(data.start)
    last = panel.dates[-1] if data.end is None else pd.Timestamp(data.end)
    chosen = panel.between(first, last)
    if not len(chosen):
        raise SettingsError(
            f"no bar lies from data.start {first.date()} to data.end {last.date()}; "
            f"the data runs from {panel.dates[0].date()} to {panel.dates[-1].date()}"
        )
    return chosen


def _simulated(data: DataSettings) -> Panel:
    return simulate_market(data.simulated_symbols, data.simulated_days, seed=data.simulated_seed)


def _from_files(data: DataSettings, bars: Path) -> Panel:
    members = None if data.members is None else read_members(data.members, index=data.index)
    benchmark = None if data.benchmark is None else read_table(data.benchmark)
    cache = data.cache if data_bytes(bars) >= WORTH_CACHING_BYTES else False
    return Panel.read(bars, statements=data.statements, members=members, benchmark=benchmark, cache=cache)


def build_provider(
    settings: Settings, *, on_epoch: "Callable[[int, Epoch], None] | None" = None
) -> SignalProvider:
    """Return the unfitted model of the settings, which name one.

    Raises
    ------
    SettingsError
        If a class of the user's own cannot be imported or built.
    """
    model = settings.model
    (name,) = model.names
    if name not in MODELS:
        return own_provider(name)
    if name == "ensemble":
        members = [build_provider(settings.with_model(one), on_epoch=on_epoch) for one in model.members]
        return EnsembleSignal(members, weights=model.member_weights)
    if name == "factor":
        return FactorSignal(model.code, sign=model.sign, horizon=model.horizon)
    if name == "random":
        return RandomSignal(seed=settings.seed)
    shared = _features(settings)
    if name == "ridge":
        return RidgeSignal(alpha=model.alpha, **shared)
    if name == "lightgbm":
        return LightGBMSignal(seed=settings.seed, **model.lightgbm.model_dump(), **shared)
    return LSTMSignal(
        hidden=model.hidden,
        layers=model.layers,
        dropout=model.dropout,
        outputs=model.outputs,
        target=model.target,
        loss=model.loss,
        epochs=model.epochs,
        patience=model.patience,
        learning_rate=model.learning_rate,
        weight_decay=model.weight_decay,
        length=model.length,
        burn_in=model.burn_in,
        parts=model.parts,
        validation=model.validation,
        ensemble=model.ensemble,
        seed=settings.seed,
        device=model.device,
        checkpoints=settings.walk_forward.checkpoints,
        on_epoch=on_epoch,
        **shared,
    )


def _features(settings: Settings) -> dict[str, Any]:
    factors, screen = settings.factors, settings.screen
    return {
        "factors": factors.codes or None,
        "preprocessor": build_preprocessor(settings),
        "screen": None if screen.method == "none" else build_screen(settings),
        "horizon": settings.model.horizon,
        "label": settings.model.label,
        "inputs": settings.model.inputs,
    }


def build_preprocessor(settings: Settings) -> Preprocessor:
    """Return the unfitted cleaning of the settings."""
    return Preprocessor(**settings.factors.model_dump(exclude={"codes"}))


def build_screen(settings: Settings) -> ICScreen:
    """Return the unfitted screen of the settings.

    Raises
    ------
    SettingsError
        If they name none, or settings that do not go together.
    """
    if settings.screen.method == "none":
        raise SettingsError(
            "screen.method is 'none', which keeps every factor; name cross_section or time_series"
        )
    try:
        return ICScreen(**settings.screen.model_dump(exclude={"form", "start", "complete_only"}))
    except ValueError as error:
        raise SettingsError(f"screen: {error}") from error


def build_walk_forward(
    settings: Settings,
    panel: Panel,
    *,
    on_fit: Callable[[int, int], None] | None = None,
    on_epoch: "Callable[[int, Epoch], None] | None" = None,
) -> WalkForward:
    """Return the unfitted walk-forward; without ``walk_forward.start`` it scores the last 40 % of the dates.

    Raises
    ------
    SettingsError
        If the start lies outside the bars, or the purge is too small for the horizon.
    """
    walk = settings.walk_forward
    start = panel.dates[int(0.6 * len(panel))] if walk.start is None else pd.Timestamp(walk.start)
    if not panel.dates[0] < start <= panel.dates[-1]:
        raise SettingsError(
            f"walk_forward.start {start.date()} lies outside the bars, which run from "
            f"{panel.dates[0].date()} to {panel.dates[-1].date()}; leave bars before it to learn from"
        )
    provider = build_provider(settings, on_epoch=on_epoch)
    options = walk.model_dump(exclude={"start"})
    try:
        return WalkForward(provider, start=start, on_fit=on_fit, **options)
    except ValueError as error:
        raise SettingsError(f"walk_forward: {error}") from error
