"""A network trained for a fixed number of epochs: nothing is held back to stop by."""

import numpy as np
import torch

from .data import Data
from .ensemble import Shape
from .network import ScoreNet
from .threads import one_thread
from .training import Trainer, TrainingSettings, predict


class FixedEpochs(Trainer):
    """Learn from all rows for all epochs, and keep the last weights."""

    def validate(self, network: ScoreNet, data: Data) -> float:
        """Return NaN: no row is left to validate on."""
        return float("nan")


def train_for_epochs(
    features: np.ndarray, labels: np.ndarray, shape: Shape, settings: TrainingSettings, *, seed: int
) -> ScoreNet:
    """Train one network on every row with a label, on a CPU and in one thread.

    Parameters
    ----------
    features
        T x N x F, float32, finite: each stock has a value on each day.
    labels
        T x N, or T x N x M for a network of M outputs; NaN where unknown.
    shape
        Of the network.
    settings
        ``patience`` has no say.
    seed
        Of weights, dropout and order of the sequences: same seed, same bytes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> features, labels = rng.normal(size=(12, 5, 2)).astype(np.float32), rng.normal(size=(12, 5))
    >>> settings = TrainingSettings(loss="mse", epochs=2, length=6, burn_in=1)
    >>> network = train_for_epochs(features, labels, Shape(2, hidden=3), settings, seed=1)
    >>> score_all(network, features).shape
    (12, 5)
    """
    values = torch.from_numpy(features)
    told = torch.from_numpy(labels.astype(np.float32))
    days = np.flatnonzero(np.isfinite(labels).reshape(len(labels), -1).any(axis=1))
    rows = slice(0, int(days[-1]) + 1 if len(days) else 0)
    data = Data(
        features=values,
        observed=torch.ones(values.shape[:2], dtype=torch.bool),
        labels=told if told.ndim == 2 else told[..., 0],
        train=rows,
        validation=slice(rows.stop, rows.stop),
        daily=told if told.ndim == 3 else None,
    )
    with one_thread():
        return FixedEpochs(settings, seed).fit(shape.build(seed), data)


def score_all(network: ScoreNet, features: np.ndarray) -> np.ndarray:
    """Score T x N x F features day by day in one pass, T x N: row t depends on rows up to t."""
    values = torch.from_numpy(features)
    with one_thread():
        return predict(network, values, torch.ones(values.shape[:2], dtype=torch.bool))
