"""What the strategy sees: ``LSTMSignal``, with ``fit`` and ``predict`` and no torch in its face."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from ....feeds import Panel
from ...preprocessing import Preprocessor, ZScore
from ...provider import NotFittedError
from ...screening import ICScreen
from ..feature_signal import FeatureSignal

if TYPE_CHECKING:
    from .network import ScoreNet
    from .training import Data, Epoch, TrainingSettings


Result = TypeVar("Result")

# What a saved file must hold to build the same networks and to fit them again.
_SETTINGS = (
    "hidden",
    "layers",
    "dropout",
    "loss",
    "epochs",
    "patience",
    "learning_rate",
    "weight_decay",
    "length",
    "burn_in",
    "validation",
    "ensemble",
    "seed",
    "device",
)


class LSTMSignal(FeatureSignal):
    """Scores of an LSTM that reads each stock's cleaned, screened factors bar by bar.

    The fit window is split by time: the last ``validation`` share of it, after a gap of ``horizon +
    1`` sessions, decides when training stops (cleaning and screening use the whole window). Several
    networks that differ in their seed are averaged. A suspended day is not a bar: it neither moves
    the state nor has a score.

    Parameters
    ----------
    factors, preprocessor, screen, horizon, label
        See :class:`~btalpha.signals.models.feature_signal.FeatureSignal`.
    hidden, layers, dropout
        Size of the network.
    loss
        ``"correlation"`` (daily correlation with the ranked return) or ``"mse"``.
    epochs, patience, learning_rate, weight_decay
        Training; it stops after ``patience`` epochs without a better validation rank IC.
    length, burn_in
        Days of a training sequence and how many of them only warm up the state. A stock has no
        score before ``burn_in`` traded bars.
    validation
        Share of the fit window.
    ensemble
        Number of networks.
    seed
        Seed of the first network; the others follow.
    device
        ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``.
    on_epoch
        Called with (number of the network, epoch) after each pass, for progress bars.

    Attributes
    ----------
    networks_ : list
        The trained networks.
    history_ : list of list of Epoch
        What each network's epochs gave.

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
        hidden: int = 64,
        layers: int = 1,
        dropout: float = 0.1,
        loss: str = "correlation",
        epochs: int = 30,
        patience: int = 5,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-4,
        length: int = 60,
        burn_in: int = 20,
        validation: float = 0.2,
        ensemble: int = 3,
        seed: int = 0,
        device: str = "auto",
        on_epoch: "Callable[[int, Epoch], None] | None" = None,
    ) -> None:
        super().__init__(
            factors=factors, preprocessor=preprocessor, screen=screen, horizon=horizon, label=label
        )
        self.hidden = hidden
        self.layers = layers
        self.dropout = dropout
        self.loss = loss
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.length = length
        self.burn_in = burn_in
        self.validation = validation
        self.ensemble = ensemble
        self.seed = seed
        self.device = device
        self.on_epoch = on_epoch
        self.networks_: list[ScoreNet] = []
        self.history_: list[list[Epoch]] = []
        _check(self)

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

    def _settings_to_save(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SETTINGS}

    def _weights(self) -> dict[str, np.ndarray]:
        return {
            f"network.{number}.{name}": values.cpu().numpy()
            for number, network in enumerate(self.networks_)
            for name, values in network.state_dict().items()
        }

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        import torch

        assert self.features_ is not None
        self.networks_ = []
        for number in range(self.ensemble):
            prefix = f"network.{number}."
            weights = {
                name.removeprefix(prefix): torch.from_numpy(values)
                for name, values in arrays.items()
                if name.startswith(prefix)
            }
            network = self._network(len(self.features_.codes_ or []), self.seed + number)
            network.load_state_dict(weights)
            self.networks_.append(network)

    def _train(self, features: np.ndarray, labels: np.ndarray, panel: Panel) -> slice:
        from .training import Trainer

        data = self._data(features, labels)
        seeds = range(self.seed, self.seed + self.ensemble)
        trainers = [Trainer(self._settings(), seed, on_epoch=self._reporter(seed)) for seed in seeds]
        networks = [self._network(features.shape[2], seed).to(data.features.device) for seed in seeds]
        self.networks_ = _side_by_side(
            [partial(trainer.fit, network, data) for trainer, network in zip(trainers, networks, strict=True)]
        )
        self.history_ = [trainer.history for trainer in trainers]
        return data.validation

    def _score(self, features: np.ndarray, panel: Panel) -> np.ndarray:
        return np.mean(self._score_each(features, panel), axis=0)

    def _score_each(self, features: np.ndarray, panel: Panel) -> list[np.ndarray]:
        from .training import predict

        values, observed = self._tensors(features)
        runs = _side_by_side(
            [partial(predict, network.to(values.device), values, observed) for network in self.networks_]
        )
        warm = np.cumsum(~np.isnan(features[:, :, 0]), axis=0) >= self.burn_in
        # Networks differ in the spread of their scores; each gets the same say.
        return [ZScore().transform(np.where(warm, scores, np.nan), panel.universe_array) for scores in runs]

    def _settings(self) -> "TrainingSettings":
        from .training import TrainingSettings

        return TrainingSettings(
            loss=self.loss,
            epochs=self.epochs,
            patience=self.patience,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            length=self.length,
            burn_in=self.burn_in,
        )

    def _network(self, n_features: int, seed: int) -> "ScoreNet":
        from .network import ScoreNet, seeded

        with seeded(seed):
            return ScoreNet(n_features, hidden=self.hidden, layers=self.layers, dropout=self.dropout)

    def _data(self, features: np.ndarray, labels: np.ndarray) -> "Data":
        import torch

        from .training import Data

        rows = np.flatnonzero(np.isfinite(labels).any(axis=1))
        first, stop = int(rows[0]), int(rows[-1]) + 1
        split = stop - max(round(self.validation * (stop - first)), 1)
        train = slice(first, max(split - (self.horizon + 1), first))  # purged: no label reaches beyond split
        days = train.stop - train.start
        if days <= self.burn_in:
            raise ValueError(
                f"panel must leave more than burn_in = {self.burn_in} dates to train on, got {days} of "
                f"{len(labels)} before the {stop - split} of the validation and a gap of {self.horizon + 1}; "
                "give a longer panel or a smaller burn_in"
            )
        values, observed = self._tensors(features)
        return Data(
            features=values,
            observed=observed,
            labels=torch.from_numpy(labels.astype(np.float32)).to(values.device),
            train=train,
            validation=slice(split, stop),
        )

    def _tensors(self, features: np.ndarray) -> tuple[Any, Any]:
        import torch

        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        values = torch.from_numpy(features).to(device)
        return values, torch.isfinite(values).all(-1)

    def _reporter(self, seed: int) -> "Callable[[Epoch], None] | None":
        report = self.on_epoch
        return None if report is None else lambda epoch: report(seed - self.seed, epoch)


def _side_by_side(jobs: "list[Callable[[], Result]]") -> "list[Result]":
    """Run jobs in threads, one a core: PyTorch lets go of the interpreter, and the data is shared."""
    from .network import one_thread

    def alone(job: "Callable[[], Result]") -> "Result":
        with one_thread():
            return job()

    with one_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(alone, jobs))


def _check(signal: LSTMSignal) -> None:
    for name, rule, holds in (
        ("hidden", "1 or more", signal.hidden >= 1),
        ("layers", "1 or more", signal.layers >= 1),
        ("dropout", "in [0, 1)", 0 <= signal.dropout < 1),
        ("loss", "'correlation' or 'mse'", signal.loss in ("correlation", "mse")),
        ("epochs", "1 or more", signal.epochs >= 1),
        ("patience", "1 or more", signal.patience >= 1),
        ("learning_rate", "above 0", signal.learning_rate > 0),
        ("weight_decay", "0 or more", signal.weight_decay >= 0),
        ("burn_in", f"from 1 to length - 1 = {signal.length - 1} days", 0 < signal.burn_in < signal.length),
        ("validation", "a share between 0 and 1", 0 < signal.validation < 1),
        ("ensemble", "1 network or more", signal.ensemble >= 1),
        ("seed", "0 or more", signal.seed >= 0),
        ("device", "'auto', 'cpu' or 'cuda'", signal.device.split(":")[0] in ("auto", "cpu", "cuda")),
    ):
        if not holds:
            raise ValueError(f"{name} must be {rule}, got {getattr(signal, name)!r}")
