"""A run that ``btalpha backtest`` left behind: its settings and its fitted model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..signals import WalkForward
from .build import build_provider
from .model_settings import MODELS
from .settings import Settings, SettingsError, load_settings


@dataclass(frozen=True)
class SavedRun:
    """Settings of one model, and the file of its fits; ``None`` where it could not be saved."""

    settings: Settings
    file: Path | None

    def load(self) -> WalkForward:
        """Read the fits; a class of the user's own is imported, which runs its module.

        Raises
        ------
        SettingsError
            If the run has no file, or the user's class cannot be imported.
        ModelFileError
            If the file is damaged or of another version.
        """
        if self.file is None:
            raise SettingsError(
                f"the run of {self.settings.model.name} has no saved model; --refit fits it on the data"
            )
        if any(name not in MODELS for name in self.settings.model.used):
            build_provider(self.settings)
        return WalkForward.load(self.file)


def find_run(model: Path, overrides: Mapping[str, Any]) -> SavedRun:
    """Find the run that a model belongs to.

    Parameters
    ----------
    model
        The file ``model`` of a run, or the run's folder.
    overrides
        As for :func:`~btalpha.scripts.settings.load_settings`.

    Raises
    ------
    SettingsError
        If there is none, or the folder holds the runs of several models.
    """
    folder = model if model.is_dir() else model.parent
    file = folder / "model" if model.is_dir() else model
    config = folder / "config.toml"
    if not config.is_file():
        what = "there is no" if not model.exists() else "there is a model, but no"
        raise SettingsError(
            f"--model {model}: {what} config.toml of a run in {folder}; name the folder that btalpha "
            "backtest wrote with --out, or the file model in it"
        )
    settings = load_settings(config, overrides)
    if len(settings.model.names) > 1:
        names = sorted(entry.parent.name for entry in folder.glob("*/config.toml"))
        raise SettingsError(
            f"--model {model}: the folder compares several models; name one of {', '.join(names)} in it"
        )
    if not model.exists():
        raise SettingsError(f"--model {model} does not exist; is it {folder}?")
    return SavedRun(settings, file if file.is_file() else None)
