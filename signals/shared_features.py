"""Features that several models read: computed once, kept on disk while the models run."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from ..feeds import Panel
from .preprocessing import Preprocessor
from .screening import ICScreen
from .walk_forward import fingerprint

if TYPE_CHECKING:
    from .features import FeaturePipeline

_current: ContextVar["SharedFeatures | None"] = ContextVar("btalpha_shared_features", default=None)


class SharedFeatures:
    """What was computed so far, as files; :func:`shared_features` makes one.

    Attributes
    ----------
    computed, reused
        How often features were computed, and how often they were there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fitted: dict[str, dict[str, object]] = {}
        self._files: dict[str, Path] = {}
        self.computed = 0
        self.reused = 0

    def fit(
        self, pipeline: "FeaturePipeline", panel: Panel, compute: Callable[[Panel], np.ndarray]
    ) -> np.ndarray:
        """Fit a pipeline and return its features; those of one with the same settings are taken."""
        settings = _settings(pipeline)
        if settings is None:
            return compute(panel)
        key = f"{settings} {fingerprint(panel)}"
        values = self._get(key)
        if values is None or key not in self._fitted:
            values = self._put(key, compute(panel))
            names = ("codes_", "inputs_", "preprocessor_", "screen_")
            self._fitted[key] = {name: getattr(pipeline, name) for name in names}
        for name, value in self._fitted[key].items():
            setattr(pipeline, name, value)
        pipeline.shared_key_ = key
        return values

    def transform(
        self, pipeline: "FeaturePipeline", panel: Panel, compute: Callable[[Panel], np.ndarray]
    ) -> np.ndarray:
        """Return a panel's features; those of a pipeline that was fitted alike are taken."""
        if pipeline.shared_key_ not in self._fitted:
            return compute(panel)
        key = f"{pipeline.shared_key_} {fingerprint(panel)}"
        values = self._get(key)
        return self._put(key, compute(panel)) if values is None else values

    def _get(self, key: str) -> np.ndarray | None:
        file = self._files.get(key)
        if file is None:
            return None
        self.reused += 1
        # Mapped, and private: a model that writes into them writes into its own copy.
        return np.load(file, mmap_mode="c")

    def _put(self, key: str, values: np.ndarray) -> np.ndarray:
        self.computed += 1
        if 2 * values.nbytes < shutil.disk_usage(self._folder).free:  # a full disk would end the run
            file = self._folder / f"{len(self._files)}.npy"
            np.save(file, values)
            self._files[key] = file
        return values


@contextmanager
def shared_features() -> Iterator[SharedFeatures]:
    """Let all models that are fitted and asked inside the block share their features.

    Features of the same factors, cleaning, screening and horizon on the same bars are computed once.
    They lie in a temporary folder (``TMPDIR`` moves it), not in memory, and are gone after the block.
    Models in other processes, and with cleaning or screening of your own class, compute their own.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import LSTMSignal, RidgeSignal
    >>> panel = simulate_market(n_symbols=10, n_days=80, seed=1)
    >>> with shared_features() as shared:
    ...     for alpha in (1.0, 10.0):
    ...         _ = RidgeSignal(factors=["rev5"], alpha=alpha).fit(panel).predict(panel)
    >>> shared.computed, shared.reused
    (2, 2)
    """
    with TemporaryDirectory(prefix="btalpha-features-") as folder:
        token = _current.set(SharedFeatures(Path(folder)))
        try:
            shared = _current.get()
            assert shared is not None
            yield shared
        finally:
            _current.reset(token)


def current() -> SharedFeatures | None:
    """Return where features are shared at the moment, if they are."""
    return _current.get()


def _settings(pipeline: "FeaturePipeline") -> str | None:
    """Return what a pipeline's features depend on beside the bars, as text; None if that cannot be told."""
    if pipeline.label_transform is not None:
        return None
    cleaning, screen = pipeline.preprocessor or Preprocessor(), pipeline.screen
    if type(cleaning) is not Preprocessor or cleaning.steps is not None:
        return None
    if screen is not None and type(screen) is not ICScreen:
        return None
    content = {
        "factors": None if pipeline.factors is None else list(pipeline.factors),
        "cleaning": cleaning.get_settings(),
        "screen": None if screen is None else screen.get_settings(),
        "horizon": pipeline.horizon,
        "label": pipeline.label,
        "inputs": pipeline.inputs,
    }
    return json.dumps(content, sort_keys=True, default=str)
