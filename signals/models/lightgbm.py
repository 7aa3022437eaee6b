"""Boosted trees on the same features as the LSTM: the strongest of the usual rivals."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..preprocessing import Preprocessor
from ..provider import NotFittedError
from ..screening import ICScreen
from .boosters import array_to_text, from_text, import_lightgbm, score_days, text_to_array
from .boosting import Growing, side_by_side
from .feature_signal import FeatureSignal
from .rows import TARGETS, learning_rows, targets
from .split import chronological_split

if TYPE_CHECKING:
    from lightgbm import Booster

# What a saved file must hold to fit the same trees again.
_SETTINGS = (
    "target",
    "n_estimators",
    "learning_rate",
    "num_leaves",
    "min_child_samples",
    "feature_fraction",
    "bagging_fraction",
    "lambda_l2",
    "patience",
    "validation",
    "ensemble",
    "seed",
)


class LightGBMSignal(FeatureSignal):
    """Scores of boosted regression trees (LightGBM) on today's factors; ``pip install 'btalpha[lightgbm]'``.

    The fit window is split by time, as by ``LSTMSignal``: the last ``validation`` share of it, after
    a gap of ``horizon + 1`` sessions, decides how many trees are kept (cleaning and screening use
    the whole window). Each day has the same weight, however many stocks it has. Several ensembles of
    trees, which differ in the seed of their draws of rows and features, are averaged. Each is grown
    by one thread, so that the same seed gives the same bytes on any number of cores.

    Parameters
    ----------
    factors, preprocessor, screen, horizon, label, inputs
        See :class:`~btalpha.signals.models.feature_signal.FeatureSignal`.
    target
        What is learned: ``"rank"``, the place among the universe of the day, or ``"return"``, the
        return beyond its mean.
    n_estimators
        Most trees of an ensemble.
    learning_rate, num_leaves, min_child_samples, feature_fraction, bagging_fraction, lambda_l2
        LightGBM's own. The defaults suit daily returns, where nearly all is noise: small steps, large
        leaves, each tree on a part of the rows and factors.
    patience
        Stop after so many trees without a better validation rank IC.
    validation
        Share of the fit window.
    ensemble
        Number of averaged ensembles of trees.
    seed
        Seed of the first; the others follow.

    Attributes
    ----------
    boosters_ : list of lightgbm.Booster
        The trees that were kept.
    history_ : list of list of float
        Validation rank IC after each tree; NaN where the trees do not order.

    Raises
    ------
    MissingExtraError
        By :meth:`fit` and :meth:`load`, where LightGBM is not installed.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=160, seed=1)
    >>> signal = LightGBMSignal(factors=["rev5", "vol20"], min_child_samples=20, n_estimators=5)
    >>> signal.fit(panel.until(panel.dates[120])).predict(panel).shape
    (160, 20)
    """

    def __init__(
        self,
        *,
        factors: Sequence[str] | None = None,
        preprocessor: Preprocessor | None = None,
        screen: ICScreen | None = None,
        horizon: int = 5,
        label: str = "open",
        inputs: Sequence[str] = (),
        target: str = "rank",
        n_estimators: int = 500,
        learning_rate: float = 0.03,
        num_leaves: int = 31,
        min_child_samples: int = 500,
        feature_fraction: float = 0.7,
        bagging_fraction: float = 0.7,
        lambda_l2: float = 10.0,
        patience: int = 50,
        validation: float = 0.2,
        ensemble: int = 3,
        seed: int = 0,
    ) -> None:
        super().__init__(
            factors=factors,
            preprocessor=preprocessor,
            screen=screen,
            horizon=horizon,
            label=label,
            inputs=inputs,
        )
        self.target = target
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.lambda_l2 = lambda_l2
        self.patience = patience
        self.validation = validation
        self.ensemble = ensemble
        self.seed = seed
        self.boosters_: list[Booster] = []
        self.history_: list[list[float]] = []
        self._texts: list[str] = []
        _check(self)

    @property
    def validation_rank_ic_(self) -> float:
        """Mean over the ensembles of the best validation rank IC; NaN where there is none.

        Screening has seen these rows too, and it is the best of several numbers of trees: it flatters.
        """
        runs = [[value for value in run if np.isfinite(value)] for run in self.history_]
        best = [max(run) for run in runs if run]
        return float(np.mean(best)) if best else float("nan")

    def predict_each(self, panel: Panel) -> list[pd.DataFrame]:
        """Return the scores of each ensemble of trees by itself, as :meth:`predict` would with it alone."""
        if self.features_ is None:
            raise NotFittedError(self)
        runs = self._score_each(self.features_.transform(panel))
        return [self._finish(scores, panel) for scores in runs]

    def _labels(self, returns: np.ndarray, universe: np.ndarray) -> np.ndarray:
        return targets(self.target, returns, universe)

    def _settings_to_save(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SETTINGS}

    def _weights(self) -> dict[str, np.ndarray]:
        return {f"trees.{number}": text_to_array(text) for number, text in enumerate(self._texts)}

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        assert self.features_ is not None
        texts = [array_to_text(arrays[f"trees.{number}"]) for number in range(self.ensemble)]
        self._keep(texts, self.features_.n_features)

    def _train(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> slice:
        import_lightgbm()
        train, validation = chronological_split(labels, validation=self.validation, gap=self.horizon + 1)
        rows = learning_rows(features, labels, train)
        if len(rows.labels) < 2 * self.min_child_samples:
            raise ValueError(
                f"panel must have {2 * self.min_child_samples} stock-days to train on, or no tree can split "
                f"them into leaves of min_child_samples = {self.min_child_samples}, got {len(rows.labels)} "
                f"before the {validation.stop - validation.start} dates of the validation and a gap of "
                f"{self.horizon + 1}; give a longer panel, more stocks or a smaller min_child_samples"
            )
        growing = Growing(_parameters(self), self.n_estimators, self.patience)
        grown = growing.grow(rows, learning_rows(features, labels, validation), self._seeds())
        self.history_ = [history for _, history in grown]
        self._keep([text for text, _ in grown], features.shape[2])
        return validation

    def _seeds(self) -> range:
        return range(self.seed, self.seed + self.ensemble)

    def _keep(self, texts: list[str], n_features: int) -> None:
        # Scored from their text from the start, as they will be after reading.
        self.boosters_ = [from_text(text, n_features) for text in texts]
        self._texts = texts

    def _score(self, features: np.ndarray, panel: Panel) -> np.ndarray:
        return np.mean(self._score_each(features), axis=0)

    def _score_each(self, features: np.ndarray) -> list[np.ndarray]:
        return side_by_side([partial(score_days, booster, features) for booster in self.boosters_])


def _parameters(signal: LightGBMSignal) -> dict[str, Any]:
    return {
        "objective": "regression",
        "learning_rate": signal.learning_rate,
        "num_leaves": signal.num_leaves,
        "min_data_in_leaf": signal.min_child_samples,
        "feature_fraction": signal.feature_fraction,
        "bagging_fraction": signal.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l2": signal.lambda_l2,
    }


def _check(signal: LightGBMSignal) -> None:
    for name, rule, holds in (
        ("target", " or ".join(map(repr, TARGETS)), signal.target in TARGETS),
        ("n_estimators", "1 tree or more", signal.n_estimators >= 1),
        ("learning_rate", "above 0", signal.learning_rate > 0),
        ("num_leaves", "2 or more", signal.num_leaves >= 2),
        ("min_child_samples", "1 stock-day or more", signal.min_child_samples >= 1),
        ("feature_fraction", "above 0 and at most 1", 0 < signal.feature_fraction <= 1),
        ("bagging_fraction", "above 0 and at most 1", 0 < signal.bagging_fraction <= 1),
        ("lambda_l2", "0 or more", signal.lambda_l2 >= 0),
        ("patience", "1 or more", signal.patience >= 1),
        ("validation", "a share between 0 and 1", 0 < signal.validation < 1),
        ("ensemble", "1 or more", signal.ensemble >= 1),
        ("seed", "0 or more", signal.seed >= 0),
    ):
        if not holds:
            raise ValueError(f"{name} must be {rule}, got {getattr(signal, name)!r}")
