"""What the strategy sees: ``LSTMSignal``, with ``fit`` and ``predict`` and no torch in its face."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ....feeds import Panel
from ...labels import daily_forward_returns
from ...preprocessing import Preprocessor, ZScore
from ...provider import NotFittedError
from ...screening import ICScreen
from ...timing import stage
from ..feature_signal import FeatureSignal
from .options import SAVED, TRAINING, check_options

if TYPE_CHECKING:
    from .data import Data
    from .ensemble import Ensemble
    from .network import ScoreNet
    from .run import Epoch


class LSTMSignal(FeatureSignal):
    """Scores of an LSTM that reads each stock's cleaned, screened factors bar by bar.

    The fit window is split by time: the last ``validation`` share of it, after a gap of ``horizon +
    1`` sessions, decides when training stops (cleaning and screening use the whole window). Several
    networks that differ in their seed are averaged. A suspended day is not a bar: it neither moves
    the state nor has a score.

    Parameters
    ----------
    factors, preprocessor, screen, horizon, label, inputs
        See :class:`~btalpha.signals.models.feature_signal.FeatureSignal`.
    hidden, layers, dropout
        Size of the network.
    outputs
        ``"horizon"``: one, the mean return of the horizon; ``"daily"``: one for each of its sessions,
        whose mean is the score.
    target
        What is learned from returns: ``"rank"``, the place among the day's universe, or ``"zscore"``.
    loss
        ``"correlation"`` (daily correlation with the target), ``"mse"`` or ``"pairwise"`` (the order
        of pairs of a day's stocks).
    epochs, patience, learning_rate, weight_decay
        Training; it stops after ``patience`` epochs without a better validation rank IC.
    length, burn_in
        Days of a training sequence and how many of them only warm up the state. A stock has no
        score before ``burn_in`` traded bars.
    parts
        1: a step learns from one stretch of days of all stocks. More, with loss ``"mse"``: so many steps
        instead, each with another part of the stocks, each of them at a stretch of its own.
    validation
        Share of the fit window.
    ensemble
        Number of networks.
    seed
        Seed of the first network; the others follow.
    device
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``.
    checkpoints
        Folder in which each network's training is kept after each epoch. A fit that was interrupted,
        however, goes on from there when it is asked for again, and gives the same bytes. The files may
        be deleted at any time. ``None`` keeps nothing.
    on_epoch
        Called with (number of the network, epoch) after each pass, for progress bars.

    Attributes
    ----------
    ensemble_ : Ensemble or None
        The trained networks.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=160, seed=1)
    >>> signal = LSTMSignal(factors=["rev5", "vol20"], hidden=4, epochs=1, ensemble=1, seed=7)
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
        inputs: Sequence[str] = ("bars", "market"),
        hidden: int = 64,
        layers: int = 1,
        dropout: float = 0.1,
        outputs: str = "horizon",
        target: str = "rank",
        loss: str = "correlation",
        epochs: int = 30,
        patience: int = 5,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-4,
        length: int = 60,
        burn_in: int = 20,
        parts: int = 1,
        validation: float = 0.2,
        ensemble: int = 3,
        seed: int = 0,
        device: str = "auto",
        checkpoints: str | Path | None = None,
        on_epoch: "Callable[[int, Epoch], None] | None" = None,
    ) -> None:
        super().__init__(
            factors=factors,
            preprocessor=preprocessor,
            screen=screen,
            horizon=horizon,
            label=label,
            inputs=inputs,
        )
        self.hidden = hidden
        self.layers = layers
        self.dropout = dropout
        self.outputs = outputs
        self.target = target
        self.loss = loss
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.length = length
        self.burn_in = burn_in
        self.parts = parts
        self.validation = validation
        self.ensemble = ensemble
        self.seed = seed
        self.device = device
        self.checkpoints = checkpoints
        self.on_epoch = on_epoch
        self.ensemble_: Ensemble | None = None
        check_options(self)

    @property
    def networks_(self) -> "list[ScoreNet]":
        """The trained networks; empty before :meth:`fit`."""
        return [] if self.ensemble_ is None else self.ensemble_.networks

    @property
    def history_(self) -> "list[list[Epoch]]":
        """What each network's epochs gave; without the seconds for a loaded one."""
        return [] if self.ensemble_ is None else self.ensemble_.history

    @property
    def validation_rank_ic_(self) -> float:
        """Mean over the networks of the best validation rank IC; NaN where there is none.

        Screening has seen these rows too, and it is the best of several epochs: it flatters a little.
        """
        runs = [[epoch.rank_ic for epoch in run if np.isfinite(epoch.rank_ic)] for run in self.history_]
        best = [max(run) for run in runs if run]
        return float(np.mean(best)) if best else float("nan")

    def predict_each(self, panel: Panel) -> list[pd.DataFrame]:
        """Return the scores of each network by itself, as :meth:`predict` would with it alone.

        Their spread shows how much of a result is the seed's.
        """
        if self.features_ is None:
            raise NotFittedError(self)
        runs = self._score_each(self.features_.transform(panel), panel)
        return [self._finish(scores, panel) for scores in runs]

    def predict_latest(self, panel: Panel) -> pd.DataFrame:
        """Return the last row of :meth:`predict`, to float tolerance, from the state of the day before.

        The networks read the whole history at the first call, and afterwards only the days that have
        come; where an earlier day has changed they read all of it again.
        """
        if self.features_ is None or self.ensemble_ is None:
            raise NotFittedError(self)
        features = self.features_.transform(panel)
        with stage("predict"):
            runs = [scores[None] for scores in self.ensemble_.latest_scores(features)]
            scores = np.mean(self._equal_say(runs, features, panel.universe_array[-1:]), axis=0)
        return self._finish(scores, panel.between(panel.dates[-1], panel.dates[-1]))

    def _settings_to_save(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in SAVED}

    def _weights(self) -> dict[str, np.ndarray]:
        return {} if self.ensemble_ is None else self.ensemble_.weights()

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        assert self.features_ is not None
        self.ensemble_ = self._build(self.features_.n_features)
        self.ensemble_.restore(arrays)

    def _labels(self, returns: np.ndarray, universe: np.ndarray) -> np.ndarray:
        if self.target == "zscore":
            return ZScore().transform(returns, universe)
        return super()._labels(returns, universe)

    def _train(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> slice:
        from .training import TrainingSettings

        data = self._data(features, labels, panel)
        settings = TrainingSettings(**{name: getattr(self, name) for name in TRAINING})
        self.ensemble_ = self._build(features.shape[2])
        self.ensemble_.fit(data, settings, on_epoch=self.on_epoch, checkpoints=self.checkpoints)
        return data.validation

    def _score(self, features: np.ndarray, panel: Panel) -> np.ndarray:
        return np.mean(self._score_each(features, panel), axis=0)

    def _score_each(self, features: np.ndarray, panel: Panel) -> list[np.ndarray]:
        assert self.ensemble_ is not None
        return self._equal_say(self.ensemble_.scores(features), features, panel.universe_array)

    def _equal_say(
        self, runs: list[np.ndarray], features: np.ndarray, universe: np.ndarray
    ) -> list[np.ndarray]:
        """Bring the scores of each network to the same spread, without those of the warm-up.

        The rows of runs and universe are the last ones of the features.
        """
        warm = np.cumsum(~np.isnan(features[:, :, 0]), axis=0)[-len(universe) :] >= self.burn_in
        return [ZScore().transform(np.where(warm, scores, np.nan), universe) for scores in runs]

    def _build(self, n_features: int) -> "Ensemble":
        from .ensemble import Ensemble, Shape

        outputs = self.horizon if self.outputs == "daily" else 1
        shape = Shape(n_features, self.hidden, self.layers, self.dropout, outputs)
        seeds = [self.seed + number for number in range(self.ensemble)]
        return Ensemble(shape, seeds, device=self.device)

    def _data(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> "Data":
        from .data import Data, split_rows, to_labels, to_tensors

        train, validation = split_rows(
            labels, validation=self.validation, horizon=self.horizon, burn_in=self.burn_in
        )
        values, observed = to_tensors(features, self.device)
        daily = None if self.outputs == "horizon" else to_labels(self._daily_labels(panel), values.device)
        return Data(values, observed, to_labels(labels, values.device), train, validation, daily)

    def _daily_labels(self, panel: Panel) -> np.ndarray:
        eligible = panel.universe_array & panel.traded_array
        returns = daily_forward_returns(panel, self.horizon, label=self.label)
        days = [
            self._transformed(np.where(eligible, returns[..., day], np.nan)) for day in range(self.horizon)
        ]
        labels = [self._labels(self._transformed(day), panel.universe_array) for day in days]
        return np.stack(labels, axis=-1)
