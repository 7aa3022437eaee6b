"""Where a training is: all that the next epoch depends on."""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch

from .network import ScoreNet

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Epoch:
    """What one pass gave: mean training loss, validation rank IC (NaN where there is none), seconds."""

    number: int
    loss: float
    rank_ic: float
    seconds: float


@dataclass
class Run:
    """A training under way; between two epochs it can be written to disk and taken up again.

    Attributes
    ----------
    network, optimizer
        What learns.
    order
        Draws the sequences' order and offset.
    dropout
        Draws what is dropped.
    history
        The epochs so far.
    best, best_weights, since
        Best validation rank IC, the weights that gave it, and how many epochs ago that was.
    """

    network: ScoreNet
    optimizer: torch.optim.Optimizer
    order: np.random.Generator
    dropout: torch.Generator
    history: list[Epoch] = field(default_factory=list)
    best: float = -np.inf
    best_weights: Weights = field(default_factory=dict)
    since: int = 0

    def __post_init__(self) -> None:
        self.best_weights = self.best_weights or copy.deepcopy(self.network.state_dict())

    def count(self, epoch: Epoch) -> None:
        """Take the epoch's weights as the best so far if its validation rank IC says so.

        Without any validation rank IC the last weights are the best.
        """
        self.history.append(epoch)
        if epoch.rank_ic > self.best or np.isneginf(self.best):
            self.best = epoch.rank_ic if np.isfinite(epoch.rank_ic) else self.best
            self.best_weights, self.since = copy.deepcopy(self.network.state_dict()), 0
        else:
            self.since += 1
