"""The memories of an ensemble, carried from one day to the next."""

import numpy as np

from .checkpoint import digest
from .data import to_tensors
from .memory import Memory
from .network import ScoreNet


class Carried:
    """Remembers what networks have read, and reads only what is new.

    Whether the days before are the same is checked, not believed: where history has changed (a bar was
    mended, stocks were added), everything is read again.

    Parameters
    ----------
    networks
        Trained.
    device
        As in :func:`~btalpha.signals.models.lstm.data.to_tensors`.
    """

    def __init__(self, networks: list[ScoreNet], device: str) -> None:
        self.networks = networks
        self.device = device
        self._memories: list[Memory] = []
        self._rows = 0
        self._digest = ""

    def scores(self, features: np.ndarray) -> list[np.ndarray]:
        """Score the stocks after the last of T dates: for each network length N, NaN without a bar.

        Parameters
        ----------
        features
            T x N x F, NaN on days without a bar.
        """
        known = 0 < self._rows <= len(features) and digest(features[: self._rows]) == self._digest
        values, observed = to_tensors(features, self.device)
        if not known:
            self._memories = [
                Memory(network.to(values.device), features.shape[1]) for network in self.networks
            ]
            for memory in self._memories:
                memory.read(values, observed)
        for row in range(self._rows, len(features) if known else 0):
            for memory in self._memories:
                memory.advance(values[row], observed[row])
        if not known or self._rows < len(features):
            self._rows, self._digest = len(features), digest(features)
        seen = observed[-1].cpu().numpy()
        return [np.where(seen, memory.scores(), np.nan) for memory in self._memories]
