"""The network of a draw: trained once where both variants learn from the same numbers."""

from typing import TYPE_CHECKING

import numpy as np

from .protocol import Network

if TYPE_CHECKING:
    from ..models.lstm.network import ScoreNet


class Learner:
    """Train and ask the network of one draw; what was learned last is remembered.

    Training depends on nothing but features, labels, options and seed. So where the two variants give the
    same bytes to learn from, the second one gets the network of the first, and :attr:`reused` counts it.

    Parameters
    ----------
    options
        Of the network.
    seed
        Of its weights and the order of its sequences.
    """

    def __init__(self, options: Network, *, seed: int) -> None:
        self.options = options
        self.seed = seed
        self.reused = 0
        self._last: tuple[np.ndarray, np.ndarray, ScoreNet] | None = None

    def scores(self, features: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Learn labels from features, then score what is asked.

        Parameters
        ----------
        features
            W x N x F, float32, finite.
        labels
            W x N, or W x N x H for an output a day; NaN where not known.
        asked
            T x N x F, of the same stocks.

        Returns
        -------
        numpy.ndarray
            T x N; row t depends on rows of ``asked`` up to t.
        """
        from ..models.lstm.fixed_epochs import score_all

        return score_all(self._network(features, labels), asked)

    def _network(self, features: np.ndarray, labels: np.ndarray) -> "ScoreNet":
        from ..models.lstm.ensemble import Shape
        from ..models.lstm.fixed_epochs import train_for_epochs
        from ..models.lstm.training import TrainingSettings

        if self._last is not None and _same(self._last[:2], (features, labels)):
            self.reused += 1
            return self._last[2]
        names = ("epochs", "learning_rate", "weight_decay", "loss", "length", "burn_in")
        settings = TrainingSettings(**{name: getattr(self.options, name) for name in names})
        outputs = labels.shape[2] if labels.ndim == 3 else 1
        shape = Shape(features.shape[2], self.options.hidden, self.options.layers, outputs=outputs)
        network = train_for_epochs(features, labels, shape, settings, seed=self.seed)
        self._last = (features.copy(), labels.copy(), network)
        return network


def _same(some: tuple[np.ndarray, ...], others: tuple[np.ndarray, ...]) -> bool:
    return all(np.array_equal(one, two, equal_nan=True) for one, two in zip(some, others, strict=True))
