"""Any regressor of scikit-learn's kind as a signal, on the same features as the LSTM."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...feeds import Panel
from ..preprocessing import Preprocessor
from ..provider import NotFittedError
from ..screening import ICScreen
from .boosters import array_to_text, from_text, score_days, text_to_array
from .feature_signal import FeatureSignal
from .rows import check_target, learning_rows, targets


class SklearnSignal(FeatureSignal):
    """Scores of any regressor with scikit-learn's ``fit`` and ``predict`` on today's factors.

    The estimator that is given is never fitted: each :meth:`fit` works on a clone. It learns from one
    row a stock-day, float64 and without NaN, each day with the same weight where it takes
    ``sample_weight``. What is random in it is its own: give it a ``random_state``.

    A file holds numbers and text, no pickle. So what can be saved is a regressor that is linear in
    its features (``coef_`` and ``intercept_``) and LightGBM's; a loaded one predicts, but cannot be
    fitted again, for its file has no estimator.

    Parameters
    ----------
    estimator
        A regressor, or a pipeline that ends in one.
    target
        What is learned: ``"rank"``, the place among the universe of the day (mean 0 and about unit
        variance), or ``"return"``, the daily return beyond the universe's mean (fraction).
    factors, preprocessor, screen, horizon, label, inputs
        See :class:`~btalpha.signals.models.feature_signal.FeatureSignal`.

    Attributes
    ----------
    estimator_ : regressor or None
        The fitted clone; ``None`` in a provider that was loaded.

    Raises
    ------
    TypeError
        If ``estimator`` has no ``fit`` and ``predict``, or is a class.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from sklearn.linear_model import LinearRegression
    >>> panel = simulate_market(n_symbols=20, n_days=120, seed=1)
    >>> signal = SklearnSignal(LinearRegression(), factors=["rev5", "vol20"])
    >>> signal.fit(panel).predict(panel).shape
    (120, 20)
    """

    def __init__(
        self,
        estimator: Any,
        *,
        target: str = "rank",
        factors: Sequence[str] | None = None,
        preprocessor: Preprocessor | None = None,
        screen: ICScreen | None = None,
        horizon: int = 5,
        label: str = "open",
        inputs: Sequence[str] = (),
    ) -> None:
        super().__init__(
            factors=factors,
            preprocessor=preprocessor,
            screen=screen,
            horizon=horizon,
            label=label,
            inputs=inputs,
        )
        check_target(target)
        _check_estimator(estimator)
        self.estimator = estimator
        self.target = target
        self.estimator_: Any = None
        self._linear: tuple[np.ndarray, float] | None = None
        self._trees: str | None = None
        self._booster: Any = None

    def save(self, path: str | Path) -> None:
        """Write the fitted model, its features and its settings to one file.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        NotImplementedError
            If the regressor is neither linear nor LightGBM's: only pickle could hold it.
        ValueError
            If the preprocessor has steps of your own, which no file can hold.
        """
        if self.features_ is None:
            raise NotFittedError(self)
        if self._linear is None and self._trees is None:
            raise NotImplementedError(
                f"a fitted {type(self.estimator_).__name__} can only be kept by pickle, which runs code when "
                "it is read; keep the estimator and the bars, and fit again, or take a linear regressor "
                "(Ridge, Lasso, ...), LGBMRegressor or LightGBMSignal, which can be saved"
            )
        super().save(path)

    def _labels(self, returns: np.ndarray, universe: np.ndarray) -> np.ndarray:
        return targets(self.target, returns, universe)

    def _settings_to_save(self) -> dict[str, Any]:
        return {"estimator": None, "target": self.target}

    def _weights(self) -> dict[str, np.ndarray]:
        if self._linear is not None:
            coefficients, intercept = self._linear
            return {"coefficients": coefficients, "intercept": np.array([intercept])}
        assert self._trees is not None
        return {"trees": text_to_array(self._trees)}

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        assert self.features_ is not None
        n_features = self.features_.n_features
        if "trees" in arrays:
            self._trees = array_to_text(arrays["trees"])
            self._booster = from_text(self._trees, n_features)
            return
        coefficients = arrays["coefficients"]
        if coefficients.shape != (n_features,):
            raise ValueError(f"{coefficients.shape} coefficients where there are {n_features} features")
        self._linear = coefficients, float(arrays["intercept"][0])

    def _train(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> slice:
        from sklearn.base import clone
        from sklearn.utils.validation import has_fit_parameter

        if self.estimator is None:
            raise ValueError(
                "this SklearnSignal was loaded from a file, which holds what was learned but no estimator; "
                "build it anew with SklearnSignal(estimator, ...) to fit it"
            )
        rows = learning_rows(features, labels, slice(None), np.float64)
        model: Any = clone(self.estimator)
        if has_fit_parameter(model, "sample_weight"):
            model.fit(rows.features, rows.labels, sample_weight=rows.weights)
        else:
            model.fit(rows.features, rows.labels)
        self.estimator_ = model
        self._linear = _linear_form(model, features.shape[2])
        booster = getattr(model, "booster_", None)
        self._trees = booster.model_to_string() if booster is not None else None
        self._booster = None if self._trees is None else from_text(self._trees, features.shape[2])
        return slice(None)

    def _score(self, features: np.ndarray, panel: Panel) -> np.ndarray:
        if self._booster is not None:
            return score_days(self._booster, features)
        # Day by day: a row does not depend on how many follow, and no second copy is held in float64.
        return np.stack([self._score_day(day.astype(np.float64)) for day in features])

    def _score_day(self, day: np.ndarray) -> np.ndarray:
        """Score one day's N x F features; NaN without a bar."""
        if self._linear is not None:
            coefficients, intercept = self._linear
            return day @ coefficients + intercept
        observed = np.isfinite(day[:, 0])
        out = np.full(len(day), np.nan)
        if observed.any():
            out[observed] = np.asarray(self.estimator_.predict(day[observed]), dtype=np.float64).reshape(-1)
        return out


def _check_estimator(estimator: Any) -> None:
    if estimator is None:  # from a file
        return
    usable = callable(getattr(estimator, "fit", None)) and callable(getattr(estimator, "predict", None))
    if isinstance(estimator, type) or not usable:
        raise TypeError(
            "estimator must be a regressor with fit and predict, such as sklearn.linear_model.Ridge(), "
            f"got {estimator!r}" + ("; make an instance of it" if isinstance(estimator, type) else "")
        )


def _linear_form(model: Any, n_features: int) -> tuple[np.ndarray, float] | None:
    """Return (coefficients, intercept) where the model's prediction is no more than them, else None."""
    coefficients = np.asarray(getattr(model, "coef_", np.nan), dtype=np.float64).reshape(-1)
    if coefficients.shape != (n_features,):
        return None
    intercept = np.asarray(getattr(model, "intercept_", 0.0), dtype=np.float64).reshape(-1)
    if len(intercept) != 1:
        return None
    # Some have coefficients and put a link function behind them: what counts is what they predict.
    probe = np.random.default_rng(0).normal(size=(16, n_features))
    mine = probe @ coefficients + intercept[0]
    theirs = np.asarray(model.predict(probe), dtype=np.float64).reshape(-1)
    return (coefficients, float(intercept[0])) if np.allclose(mine, theirs, rtol=1e-6, atol=1e-9) else None
