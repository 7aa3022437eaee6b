"""The cleaning of a whole factor library: outliers, gaps, scaling, in this order."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from ..provider import NotFittedError
from .gaps import FillGaps
from .outliers import MadOutliers
from .scaling import Rank, ZScore
from .step import Axis, Step

_OUTLIERS = ("mad", "clip", "none")
_GAPS = ("forward", "none")
_SCALES = ("rank", "zscore", "none")


class Preprocessor:
    """Clean factors in the paper's order, causally. Infinite values count as missing.

    Parameters
    ----------
    outliers
        ``"mad"`` (further than ``n_mad`` MAD from the median becomes the median, the paper's),
        ``"clip"`` (becomes the bound) or ``"none"``.
    n_mad
        Multiple of the MAD.
    gaps
        ``"forward"`` (at most ``max_age`` sessions, then the day's median) or ``"none"``. The
        paper's linear interpolation needs the value after the gap and is not among them.
    scale
        ``"rank"``, ``"zscore"`` or ``"none"``.
    axis
        ``"stocks"``: each day across its universe. ``"time"``: each stock with the statistics
        of the rows given to ``fit``; a stock without any there becomes NaN.
    steps
        Instead of all the above: your own steps, in order.

    Examples
    --------
    >>> values = pd.DataFrame([[1.0, 2.0, 3.0, 4.0, 100.0]], columns=list("abcde"))
    >>> cleaned = Preprocessor(scale="zscore").fit({"ma": values}).transform({"ma": values})
    >>> cleaned["ma"].round(3).to_numpy().tolist()
    [[-1.569, -0.588, 0.392, 1.373, 0.392]]
    """

    def __init__(
        self,
        *,
        outliers: str = "mad",
        n_mad: float = 3.0,
        gaps: str = "forward",
        max_age: int = 5,
        scale: str = "rank",
        axis: Axis = "stocks",
        steps: Sequence[Step] | None = None,
    ) -> None:
        for name, value, allowed in (
            ("outliers", outliers, _OUTLIERS),
            ("gaps", gaps, _GAPS),
            ("scale", scale, _SCALES),
        ):
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        if steps is None and scale == "rank" and axis == "time":
            raise ValueError(
                "scale must be 'zscore' or 'none' along time, got 'rank', which works across stocks only"
            )
        if not n_mad > 0:
            raise ValueError(f"n_mad must be above 0 MAD, got {n_mad}")
        self.outliers = outliers
        self.n_mad = n_mad
        self.gaps = gaps
        self.max_age = max_age
        self.scale = scale
        self.axis: Axis = axis
        self.steps = steps
        self.fitted_: dict[str, list[Step]] | None = None
        self._symbols: pd.Index | None = None
        self._chain()  # the steps check the rest

    def fit(self, factors: Mapping[str, pd.DataFrame], universe: np.ndarray | None = None) -> Self:
        """Learn each factor's statistics; only ``axis="time"`` keeps any.

        Parameters
        ----------
        factors
            One dates x symbols frame a factor.
        universe
            T x N mask of the values that count in the statistics.
        """
        self.fit_transform(factors, universe)
        return self

    def transform(
        self, factors: Mapping[str, pd.DataFrame], universe: np.ndarray | None = None
    ) -> dict[str, pd.DataFrame]:
        """Return the cleaned factors; the frames given are not changed.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        KeyError
            For a factor that ``fit`` did not see.
        """
        if self.fitted_ is None:
            raise NotFittedError(self)
        return {code: self._clean(code, frame, universe) for code, frame in factors.items()}

    def fit_transform(
        self, factors: Mapping[str, pd.DataFrame], universe: np.ndarray | None = None
    ) -> dict[str, pd.DataFrame]:
        """Do what :meth:`fit` and :meth:`transform` do with the same factors, without cleaning them twice."""
        self.fitted_ = {}
        self._symbols = next(iter(factors.values())).columns if factors else None
        cleaned = {}
        for code, frame in factors.items():
            values = _finite(frame)
            chain = [copy.deepcopy(step) for step in self._chain()]
            for step in chain:
                values = step.fit(values, universe).transform(values, universe)
            self.fitted_[code] = chain
            cleaned[code] = _like(frame, values)
        return cleaned

    @property
    def symbols(self) -> list[str] | None:
        """Symbols whose statistics along time were learned; ``None`` where each day stands by itself."""
        return list(self._symbols) if self._along_time and self._symbols is not None else None

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the learned statistics as named arrays; empty across stocks."""
        return {
            f"step.{code}.{place}.{number}": values
            for code, chain in (self.fitted_ or {}).items()
            for place, step in enumerate(chain)
            for number, values in enumerate(step.statistics_ or ())
        }

    def restore(
        self, codes: Sequence[str], symbols: Sequence[str] | None, arrays: Mapping[str, np.ndarray]
    ) -> Self:
        """Take back what :attr:`symbols` and :meth:`get_arrays` gave, without fitting."""
        self._symbols = None if symbols is None else pd.Index(symbols)
        self.fitted_ = {code: self._chain() for code in codes}
        for code, chain in self.fitted_.items():
            for place, step in enumerate(chain):
                prefix = f"step.{code}.{place}."
                names = sorted(name for name in arrays if name.startswith(prefix))
                step.statistics_ = tuple(arrays[name] for name in names) or None
        return self

    def get_settings(self) -> dict[str, Any]:
        """Return the settings as plain data.

        Raises
        ------
        ValueError
            If the steps are your own.
        """
        if self.steps is not None:
            raise ValueError("a preprocessor with steps of your own has no settings that a file could hold")
        names = ("outliers", "n_mad", "gaps", "max_age", "scale", "axis")
        return {name: getattr(self, name) for name in names}

    def _clean(self, code: str, frame: pd.DataFrame, universe: np.ndarray | None) -> pd.DataFrame:
        assert self.fitted_ is not None
        if code not in self.fitted_:
            raise KeyError(f"factor {code!r} was not in fit; fit the preprocessor with it")
        known = frame
        if self._along_time and self._symbols is not None and not frame.columns.equals(self._symbols):
            # Statistics along time belong to a stock: one that was not in the fit has none.
            known = frame.reindex(columns=self._symbols)
            if universe is not None:
                mask = pd.DataFrame(universe, columns=frame.columns)
                universe = mask.reindex(columns=self._symbols, fill_value=False).to_numpy()
        values = _finite(known)
        for step in self.fitted_[code]:
            values = step.transform(values, universe)
        cleaned = _like(known, values)
        return cleaned if known is frame else cleaned.reindex(columns=frame.columns)

    @property
    def _along_time(self) -> bool:
        return any(step.axis == "time" for step in self._chain())

    def _chain(self) -> list[Step]:
        if self.steps is not None:
            return list(self.steps)
        chain: list[Step] = []
        if self.outliers != "none":
            replace = "median" if self.outliers == "mad" else "clip"
            chain.append(MadOutliers(n=self.n_mad, replace=replace, axis=self.axis))
        if self.gaps != "none":
            chain.append(FillGaps(max_age=self.max_age))
        if self.scale == "zscore":
            chain.append(ZScore(axis=self.axis))
        elif self.scale == "rank":
            chain.append(Rank())
        return chain


def _finite(frame: pd.DataFrame) -> np.ndarray:
    values = frame.to_numpy(dtype=np.float64)
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _like(frame: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    # A chain without a step hands the factor's own values through: they are copied.
    copied = np.shares_memory(values, frame.to_numpy())
    return pd.DataFrame(values, index=frame.index, columns=frame.columns, copy=copied)
