"""A whole walk-forward in one file: settings, windows, and each fit as its provider saves it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..persistence import fits_model, read_model, write_model
from ..provider import SignalProvider
from .fit import Fit, Learned
from .windows import Window, text

_KIND = "WalkForward"


class FixedProvider(SignalProvider):
    """Stands where the provider of a saved walk-forward was: it says what is missing when it is to fit."""

    def __init__(self, horizon: int, label: str) -> None:
        self.horizon = horizon
        self.label = label

    def fit(self, panel: Panel) -> NoReturn:
        """Refuse.

        Raises
        ------
        ValueError
            Always, with the remedy.
        """
        raise ValueError(
            f"the saved walk-forward has no fit on these bars from {panel.dates[0].date()} to "
            f"{panel.dates[-1].date()}, and nothing to fit with. Remedy: WalkForward.load(path, "
            "provider=...) with the unfitted provider, or the bars that it was saved with"
        )

    def predict(self, panel: Panel) -> NoReturn:
        """Refuse, as :meth:`fit` does."""
        self.fit(panel)


@dataclass(frozen=True)
class SavedWalk:
    """What a file holds; ``settings`` are arguments of the constructor."""

    settings: dict[str, Any]
    start: pd.Timestamp
    provider: FixedProvider
    fits: list[Fit]


def write_walk(
    path: str | Path,
    settings: Mapping[str, Any],
    *,
    fits: Sequence[Fit],
    start: pd.Timestamp,
    horizon: int,
    label: str,
) -> None:
    """Write one file, whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    rows = []
    for number, fit in enumerate(fits):
        facts, parts = fit.learned.pack()
        arrays |= {f"{number}.{name}": part for name, part in parts.items()}
        window = {name: _plain(value) for name, value in vars(fit.window).items()}
        kind = _class_name(type(fit.provider))
        rows.append({"window": window, "fingerprint": fit.fingerprint, "class": kind, **facts})
    content = {
        "settings": dict(settings),
        "start": start.isoformat(),
        "horizon": horizon,
        "label": label,
        "fits": rows,
    }
    write_model(path, _KIND, content, arrays)


def read_walk(path: str | Path) -> SavedWalk:
    """Read what :func:`write_walk` wrote.

    Raises
    ------
    ModelFileError
        If the file is not one of ours or damaged, or a provider's class is not imported.
    """
    content, arrays = read_model(path, _KIND)
    with fits_model(path):
        return SavedWalk(
            settings=content["settings"],
            start=pd.Timestamp(content["start"]),
            provider=FixedProvider(content["horizon"], content["label"]),
            fits=[_fit(number, row, arrays) for number, row in enumerate(content["fits"])],
        )


def _fit(number: int, row: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fit:
    parts = {name: arrays[f"{number}.{name}"] for name in row["digests"]}
    window = {name: _date(name, value) for name, value in row["window"].items()}
    learned = Learned.unpack(_class_of(row["class"]), row, parts)
    return Fit(Window(**window), learned, row["fingerprint"])


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else text(value)


def _date(name: str, value: Any) -> Any:
    return pd.Timestamp(value) if name in ("date", "first", "last", "until") else value


def _class_name(kind: type[SignalProvider]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_of(name: str) -> type[SignalProvider]:
    # Only classes that are there already: a file must not decide what is imported.
    for kind in _classes(SignalProvider):
        if _class_name(kind) == name:
            return kind
    raise ValueError(f"it holds a provider of the class {name}, which is not imported: import it first")


def _classes(kind: type[SignalProvider]) -> Iterator[type[SignalProvider]]:
    for child in kind.__subclasses__():
        yield child
        yield from _classes(child)
