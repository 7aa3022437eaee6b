"""One fit of a walk-forward: what it saw, what it learned, and the same as bytes without pickle."""

import hashlib
import io
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..provider import SignalProvider
from .windows import Window, table_of


@dataclass(frozen=True)
class Learned:
    """What a fit produced.

    Attributes
    ----------
    provider
        The fitted copy.
    validation_rank_ic
        Rank IC on the rows that stopped the training; NaN where there are none.
    screening
        The table of :class:`~btalpha.signals.ICScreen`, one row a factor; ``None`` without a screen.
    """

    provider: SignalProvider
    validation_rank_ic: float
    screening: pd.DataFrame | None

    @classmethod
    def of(cls, provider: SignalProvider) -> "Learned":
        """Read off a provider that was just fitted."""
        screen = getattr(getattr(provider, "features_", None), "screen_", None)
        return cls(
            provider=provider,
            validation_rank_ic=float(getattr(provider, "validation_rank_ic_", np.nan)),
            screening=None if screen is None else screen.table_,
        )

    def pack(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return it as plain data and arrays of bytes; the provider's own ``save`` writes its part."""
        parts = {"provider": _saved(self.provider)}
        if self.screening is not None:
            table = io.BytesIO()
            self.screening.to_parquet(table)
            parts["screening"] = np.frombuffer(table.getvalue(), dtype=np.uint8)
        facts = {
            "validation_rank_ic": self.validation_rank_ic,
            "digests": {name: _digest(part) for name, part in parts.items()},
        }
        return facts, parts

    @classmethod
    def unpack(
        cls, kind: type[SignalProvider], facts: Mapping[str, Any], parts: Mapping[str, np.ndarray]
    ) -> "Learned":
        """Take back what :meth:`pack` gave.

        Raises
        ------
        ValueError
            If the bytes are not those that were packed.
        """
        for name, digest in facts["digests"].items():
            if _digest(parts[name]) != digest:
                raise ValueError(f"its part {name} is damaged")
        table = parts["screening"].tobytes() if "screening" in facts["digests"] else None
        return cls(
            provider=_loaded(kind, parts["provider"]),
            validation_rank_ic=float(facts["validation_rank_ic"]),
            screening=None if table is None else pd.read_parquet(io.BytesIO(table)),
        )


@dataclass(frozen=True)
class Fit:
    """One fit of a walk-forward.

    Attributes
    ----------
    window
        The bars that it saw, see :class:`.windows.Window`.
    learned
        What it learned, see :class:`Learned`.
    fingerprint
        Of the bars.
    """

    window: Window
    learned: Learned
    fingerprint: str

    @property
    def date(self) -> pd.Timestamp:
        """First date that it scores."""
        return self.window.date

    @property
    def first(self) -> pd.Timestamp:
        """First date of its window."""
        return self.window.first

    @property
    def last(self) -> Any:
        """Last date whose label it may have learned from; NaT where there is none."""
        return self.window.last

    @property
    def provider(self) -> SignalProvider:
        """The fitted copy."""
        return self.learned.provider

    @property
    def codes(self) -> list[str]:
        """Factors in use; empty for a provider that has none."""
        features = getattr(self.provider, "features_", None)
        return list(features.codes_ or []) if features is not None else []

    @property
    def validation_rank_ic(self) -> float:
        """Rank IC on the rows that stopped the training; NaN where there are none."""
        return self.learned.validation_rank_ic


def fits_table(fits: Iterable[Fit]) -> pd.DataFrame:
    """Return one row a fit; see :meth:`.walk.WalkForward.fits_table`."""
    fits = list(fits)
    return table_of([fit.window for fit in fits]).assign(
        factors=np.array([len(fit.codes) for fit in fits], dtype=np.int64),
        validation_rank_ic=np.array([fit.validation_rank_ic for fit in fits], dtype=np.float64),
        codes=pd.Series([" ".join(fit.codes) for fit in fits], dtype=object),
    )


def _saved(provider: SignalProvider) -> np.ndarray:
    with tempfile.TemporaryDirectory(prefix="btalpha-") as folder:
        path = Path(folder) / "provider"
        provider.save(path)
        return np.frombuffer(path.read_bytes(), dtype=np.uint8)


def _loaded(kind: type[SignalProvider], content: np.ndarray) -> SignalProvider:
    with tempfile.TemporaryDirectory(prefix="btalpha-") as folder:
        path = Path(folder) / "provider"
        path.write_bytes(content.tobytes())
        return kind.load(path)


def _digest(content: np.ndarray) -> str:
    return hashlib.blake2b(content.tobytes(), digest_size=16).hexdigest()
