"""Networks that differ in nothing but their seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .carried import Carried
from .checkpoint import Checkpoint, identify
from .data import Data, to_tensors
from .network import ScoreNet, seeded
from .run import Epoch
from .threads import one_thread, side_by_side
from .training import Trainer, TrainingSettings, predict


@dataclass(frozen=True)
class Shape:
    """What decides the size of a network; see :class:`~btalpha.signals.models.lstm.network.ScoreNet`."""

    n_features: int
    hidden: int = 64
    layers: int = 1
    dropout: float = 0.0
    outputs: int = 1

    def build(self, seed: int) -> ScoreNet:
        """Return a network with weights drawn from the seed."""
        with seeded(seed):
            return ScoreNet(
                self.n_features,
                hidden=self.hidden,
                layers=self.layers,
                dropout=self.dropout,
                outputs=self.outputs,
            )


class Ensemble:
    """Several networks, trained and asked side by side.

    Parameters
    ----------
    shape
        Of each network.
    seeds
        One a network.
    device
        As in :func:`~btalpha.signals.models.lstm.data.to_tensors`.

    Examples
    --------
    >>> ensemble = Ensemble(Shape(2, hidden=3), seeds=[1, 2])
    >>> features = np.zeros((4, 5, 2), dtype=np.float32)
    >>> [scores.shape for scores in ensemble.scores(features)]
    [(4, 5), (4, 5)]
    """

    def __init__(self, shape: Shape, seeds: list[int], *, device: str = "auto") -> None:
        self.shape = shape
        self.seeds = seeds
        self.device = device
        self.networks = [shape.build(seed) for seed in seeds]
        self.history: list[list[Epoch]] = []
        self._carried: Carried | None = None

    def fit(
        self,
        data: Data,
        settings: TrainingSettings,
        *,
        on_epoch: Callable[[int, Epoch], None] | None = None,
        checkpoints: str | Path | None = None,
    ) -> None:
        """Train all networks; ``on_epoch`` gets the number of the network and the epoch."""
        place = None if checkpoints is None else (checkpoints, self._key(data, settings))
        trainers = [
            Trainer(
                settings,
                seed,
                on_epoch=None if on_epoch is None else partial(on_epoch, number),
                checkpoint=None if place is None else Checkpoint(place[0], place[1] | {"seed": seed}),
            )
            for number, seed in enumerate(self.seeds)
        ]
        jobs = [
            partial(trainer.fit, network.to(data.features.device), data)
            for trainer, network in zip(trainers, self.networks, strict=True)
        ]
        self.networks = side_by_side(jobs)
        self.history = [trainer.history for trainer in trainers]
        self._carried = None

    def scores(self, features: np.ndarray) -> list[np.ndarray]:
        """Score T x N x F features in one pass over each stock's history: T x N for each network."""
        values, observed = to_tensors(features, self.device)
        return side_by_side(
            [partial(predict, network.to(values.device), values, observed) for network in self.networks]
        )

    def latest_scores(self, features: np.ndarray) -> list[np.ndarray]:
        """Return the last rows of :meth:`scores`; days that were read before are not read again."""
        if self._carried is None:
            self._carried = Carried(self.networks, self.device)
        with one_thread():
            return self._carried.scores(features)

    def weights(self) -> dict[str, np.ndarray]:
        """Return all weights as named arrays, and the history without its seconds."""
        weights = {
            f"network.{number}.{name}": values.cpu().numpy()
            for number, network in enumerate(self.networks)
            for name, values in network.state_dict().items()
        }
        # Seconds would make two files of the same training differ.
        return weights | {
            f"history.{number}": np.array([(epoch.loss, epoch.rank_ic) for epoch in epochs]).reshape(-1, 2)
            for number, epochs in enumerate(self.history)
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what :meth:`weights` gave; other arrays may be among them."""
        for number, network in enumerate(self.networks):
            prefix = f"network.{number}."
            network.load_state_dict(
                {
                    name.removeprefix(prefix): torch.from_numpy(values)
                    for name, values in arrays.items()
                    if name.startswith(prefix)
                }
            )
        self.history = [
            [
                Epoch(row + 1, float(loss), float(rank_ic), float("nan"))
                for row, (loss, rank_ic) in enumerate(arrays.get(f"history.{number}", ()))
            ]
            for number in range(len(self.networks))
        ]
        self._carried = None

    def _key(self, data: Data, settings: TrainingSettings) -> dict[str, Any]:
        return identify(data) | {"shape": vars(self.shape), "training": vars(settings)}
