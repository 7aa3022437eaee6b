"""Ridge regression on the same features as the LSTM: the baseline that it has to beat."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...feeds import Panel
from ..preprocessing import Preprocessor
from ..screening import ICScreen
from .feature_signal import FeatureSignal


class RidgeSignal(FeatureSignal):
    """Linear scores by ridge regression (scikit-learn) of the ranked return on today's factors.

    Parameters
    ----------
    alpha
        Penalty on the squared coefficients, in units of one row.
    factors, preprocessor, screen, horizon, label, inputs
        See :class:`~btalpha.signals.models.feature_signal.FeatureSignal`.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=120, seed=1)
    >>> scores = RidgeSignal(factors=["rev5", "vol20"]).fit(panel).predict(panel)
    >>> scores.shape
    (120, 20)
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
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
        if not alpha >= 0:
            raise ValueError(f"alpha must be 0 or more, got {alpha}")
        self.alpha = alpha
        self.coefficients_: np.ndarray | None = None

    def _settings_to_save(self) -> dict[str, Any]:
        return {"alpha": self.alpha}

    def _weights(self) -> dict[str, np.ndarray]:
        assert self.coefficients_ is not None
        return {"coefficients": self.coefficients_}

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.coefficients_ = arrays["coefficients"]

    def _train(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> slice:
        from sklearn.linear_model import Ridge

        known = np.isfinite(labels) & np.isfinite(features[:, :, 0])
        model = Ridge(alpha=self.alpha, fit_intercept=False)
        self.coefficients_ = model.fit(features[known].astype(np.float64), labels[known]).coef_
        return slice(None)

    def _score(self, features: np.ndarray, panel: Panel) -> np.ndarray:
        assert self.coefficients_ is not None
        # Day by day: a row does not depend on how many follow, and no second copy is held in float64.
        return np.stack([day.astype(np.float64) @ self.coefficients_ for day in features])
