"""What every model on cleaned factors shares: features in, calibrated scores out."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..features import FeaturePipeline, rank_labels
from ..inputs import check_kinds
from ..labels import check_label, forward_returns
from ..persistence import fits_model, read_model, write_model
from ..preprocessing import Preprocessor
from ..provider import NotFittedError, SignalProvider
from ..screening import ICScreen
from ..timing import stage


class FeatureSignal(SignalProvider):
    """A model that orders stocks by cleaned, screened factors.

    A subclass trains on features and labels, ranked unless it says otherwise (:meth:`_train`), and
    scores features (:meth:`_score`). The order that it gives becomes an expected return by a
    regression of the returns on the scores over the rows that the subclass names.

    Parameters
    ----------
    factors, preprocessor, screen
        See :class:`~btalpha.signals.features.FeaturePipeline`.
    horizon
        Sessions that a score looks ahead.
    label
        ``"open"`` or ``"close"``, see :func:`~btalpha.signals.labels.forward_returns`.
    inputs
        Beside the factors: ``"bars"`` and ``"market"``, see
        :func:`~btalpha.signals.inputs.compute_inputs`.

    Attributes
    ----------
    features_ : FeaturePipeline
        The fitted pipeline; ``features_.codes_`` names the factors in use.
    slope_ : float
        Expected return per day of one unit of score.
    label_transform : callable or None
        Applied to the T x N labels before screening and training, to try what they are worth
        (:func:`~btalpha.signals.audit.shuffle_labels`); ``None`` learns from them as they are.
    """

    label_transform: Callable[[np.ndarray], np.ndarray] | None = None

    def __init__(
        self,
        *,
        factors: Sequence[str] | None = None,
        preprocessor: Preprocessor | None = None,
        screen: ICScreen | None = None,
        horizon: int = 5,
        label: str = "open",
        inputs: Sequence[str] = (),
    ) -> None:
        check_label(horizon, label)
        check_kinds(inputs)
        self.factors = factors
        self.preprocessor = preprocessor
        self.screen = screen
        self.horizon = horizon
        self.label = label
        self.inputs = tuple(inputs)
        self.features_: FeaturePipeline | None = None
        self.slope_: float = 1.0

    def fit(self, panel: Panel) -> Self:
        """Learn from the panel: features, model and the scale of its scores.

        Rows whose label is not known within the panel are not learned from, so a panel that ends
        at the fit date purges itself.

        Raises
        ------
        ValueError
            If too few rows have two stocks or more with a known label, or no factor has a value.
        """
        returns = forward_returns(panel, self.horizon, label=self.label)
        returns = np.where(panel.universe_array & panel.traded_array, returns, np.nan)
        self._require_rows(returns)
        returns = self._transformed(returns)
        self.features_ = FeaturePipeline(
            factors=self.factors,
            preprocessor=self.preprocessor,
            screen=self.screen,
            horizon=self.horizon,
            label=self.label,
            label_transform=self.label_transform,
            inputs=self.inputs,
        )
        features = self.features_.fit_transform(panel)
        labels = self._labels(returns, panel.universe_array)
        with stage("fit"):
            rows = self._train(features, labels, panel)
        scores = np.where(panel.universe_array, self._score(features, panel), np.nan)
        self.slope_ = _slope(scores[rows], returns[rows])
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        """Score the universe's stocks that traded on each date.

        Returns
        -------
        pandas.DataFrame
            dates x symbols: expected return per day over the horizon (fraction) beyond the
            universe's mean; NaN outside the universe, on days without a bar and during warm-up.
        """
        if self.features_ is None:
            raise NotFittedError(self)
        features = self.features_.transform(panel)
        with stage("predict"):
            scores = self._score(features, panel)
        return self._finish(scores, panel)

    def _require_rows(self, returns: np.ndarray) -> None:
        known = int((np.isfinite(returns).sum(axis=1) > 1).sum())
        if known < 2 * (self.horizon + 1):
            raise ValueError(
                f"panel must have {2 * (self.horizon + 1)} dates or more on which two stocks of the universe "
                f"have a known return {self.horizon} sessions ahead, got {known} of {len(returns)}; "
                "give a longer panel, more stocks or a shorter horizon"
            )

    def _transformed(self, returns: np.ndarray) -> np.ndarray:
        return returns if self.label_transform is None else self.label_transform(returns)

    def _finish(self, scores: np.ndarray, panel: Panel) -> pd.DataFrame:
        eligible = panel.universe_array & panel.traded_array
        return panel.frame(np.where(eligible, self.slope_ * scores, np.nan))

    def save(self, path: str | Path) -> None:
        """Write the fitted model, its features and its settings to one file.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If the preprocessor has steps of your own, which no file can hold.
        """
        if self.features_ is None:
            raise NotFittedError(self)
        preprocessor = self.features_.preprocessor_
        assert preprocessor is not None
        settings = {
            "model": {
                **self._settings_to_save(),
                "horizon": self.horizon,
                "label": self.label,
                "inputs": self.inputs,
            },
            "input_names": self.features_.inputs_,
            "codes": self.features_.codes_,
            "preprocessor": preprocessor.get_settings(),
            "symbols": preprocessor.symbols,
            "slope": self.slope_,
        }
        write_model(path, type(self).__name__, settings, {**self._weights(), **preprocessor.get_arrays()})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote; the provider predicts the same bytes.

        Fitted again, it learns from the same factors without screening.

        Raises
        ------
        ModelFileError
            If the file is not a saved provider of this class and version.
        """
        settings, arrays = read_model(path, cls.__name__)
        with fits_model(path):
            signal = cls(**settings["model"])
            signal.slope_ = settings["slope"]
            signal.features_ = FeaturePipeline(
                horizon=signal.horizon, label=signal.label, inputs=signal.inputs
            )
            signal.features_.inputs_ = settings["input_names"]
            signal.features_.codes_ = settings["codes"]
            signal.features_.preprocessor_ = Preprocessor(**settings["preprocessor"]).restore(
                settings["codes"], settings["symbols"], arrays
            )
            signal.factors, signal.preprocessor = settings["codes"], Preprocessor(**settings["preprocessor"])
            signal._restore(arrays)
            return signal

    def _labels(self, returns: np.ndarray, universe: np.ndarray) -> np.ndarray:
        """Return what is learned, T x N, from returns; NaN where unknown."""
        return rank_labels(returns, universe)

    @abstractmethod
    def _settings_to_save(self) -> dict[str, Any]:
        """Return the constructor's arguments of this model as plain data, without horizon and label."""

    @abstractmethod
    def _weights(self) -> dict[str, np.ndarray]:
        """Return what was learned, as named arrays."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what :meth:`_weights` gave; other arrays may be among them."""

    @abstractmethod
    def _train(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> slice:
        """Fit the model (T x N x F features, T x N labels); return the rows that calibrate its scores."""

    @abstractmethod
    def _score(self, features: np.ndarray, panel: Panel) -> np.ndarray:
        """Return T x N scores in any unit; row t may depend on rows up to t only."""


def _slope(scores: np.ndarray, returns: np.ndarray) -> float:
    """Regress returns on scores within days; never below a hair above 0, so that the order stays."""
    both = np.isfinite(scores) & np.isfinite(returns)
    x, y = _within_day(scores, both), _within_day(returns, both)
    variance = float((x * x).sum())
    slope = float((x * y).sum()) / variance if variance > 0 else 0.0
    return max(slope, 1e-6)


def _within_day(values: np.ndarray, both: np.ndarray) -> np.ndarray:
    filled = np.where(both, values, 0.0)
    mean = filled.sum(axis=1, keepdims=True) / np.maximum(both.sum(axis=1, keepdims=True), 1)
    return np.where(both, filled - mean, 0.0)
