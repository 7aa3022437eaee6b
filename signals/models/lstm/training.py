"""How it is trained: sequences with a loss at every step, early stopping on later rows."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import torch

from ...ic import daily_ic
from .losses import LOSSES
from .network import ScoreNet
from .sequences import close_up

# Stocks that are scored at once: bounds the memory of a pass over the whole history.
_STOCKS_AT_ONCE = 1024


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Attributes
    ----------
    loss
        A key of :data:`~btalpha.signals.models.lstm.losses.LOSSES`.
    epochs, patience
        At most so many passes; stop after ``patience`` of them without a better validation rank IC.
    learning_rate, weight_decay, clip
        AdamW's, and the bound of the gradient's norm.
    length, burn_in
        Days of a training sequence, and how many of them only warm the state up.
    """

    loss: str = "correlation"
    epochs: int = 30
    patience: int = 5
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    clip: float = 1.0
    length: int = 60
    burn_in: int = 20


@dataclass(frozen=True)
class Epoch:
    """What one pass gave: mean training loss, validation rank IC (NaN where there is none), seconds."""

    number: int
    loss: float
    rank_ic: float
    seconds: float


@dataclass(frozen=True)
class Data:
    """Features T x N x F, labels T x N (NaN where unknown), and the rows to learn and to validate on."""

    features: torch.Tensor
    observed: torch.Tensor
    labels: torch.Tensor
    train: slice
    validation: slice


@dataclass
class Trainer:
    """Train one network; each step is a short method that a subclass may replace.

    Parameters
    ----------
    settings
        See :class:`TrainingSettings`.
    seed
        Of the dropout and the order of the sequences.
    on_epoch
        Called after each pass.
    """

    settings: TrainingSettings
    seed: int
    on_epoch: Callable[[Epoch], None] | None = None
    history: list[Epoch] = field(default_factory=list)
    _dropout: torch.Generator | None = field(default=None, init=False, repr=False)

    def fit(self, network: ScoreNet, data: Data) -> ScoreNet:
        """Train and return the network with the weights of its best validation rank IC.

        Without any validation rank IC the last weights stay. What is drawn comes from the trainer's
        seed alone, so networks may train side by side.
        """
        self._dropout = torch.Generator(data.features.device).manual_seed(self.seed)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=self.settings.learning_rate, weight_decay=self.settings.weight_decay
        )
        rng = np.random.default_rng(self.seed)
        best, best_weights, since = -np.inf, copy.deepcopy(network.state_dict()), 0
        for number in range(1, self.settings.epochs + 1):
            epoch = self.run_epoch(number, network, optimizer, data, rng)
            self.history.append(epoch)
            if self.on_epoch is not None:
                self.on_epoch(epoch)
            if epoch.rank_ic > best or np.isneginf(best):
                best = epoch.rank_ic if np.isfinite(epoch.rank_ic) else best
                best_weights, since = copy.deepcopy(network.state_dict()), 0
            else:
                since += 1
            if since >= self.settings.patience:
                break
        network.load_state_dict(best_weights)
        return network

    def run_epoch(
        self,
        number: int,
        network: ScoreNet,
        optimizer: torch.optim.Optimizer,
        data: Data,
        rng: np.random.Generator,
    ) -> Epoch:
        """Go once through the training rows, then validate."""
        begin = perf_counter()
        network.train()
        losses = [self.train_step(network, optimizer, data, rows) for rows in self.sequences(data, rng)]
        rank_ic = self.validate(network, data)
        known = [loss for loss in losses if np.isfinite(loss)]
        loss = float(np.mean(known)) if known else float("nan")
        return Epoch(number, loss, rank_ic, perf_counter() - begin)

    def sequences(self, data: Data, rng: np.random.Generator) -> Iterator[slice]:
        """Yield the rows of each sequence in random order, from a random offset in each pass."""
        step = self.settings.length - self.settings.burn_in
        first = data.train.start - int(rng.integers(0, step))
        starts = np.arange(first, data.train.stop - self.settings.burn_in, step)
        for start in rng.permutation(starts):
            yield slice(max(int(start), 0), min(int(start) + self.settings.length, data.train.stop))

    def train_step(
        self, network: ScoreNet, optimizer: torch.optim.Optimizer, data: Data, rows: slice
    ) -> float:
        """Learn from one sequence of days, all stocks at once; return the loss, NaN if none has two."""
        mask = torch.isfinite(data.labels[rows])
        mask[: self.settings.burn_in] = False
        mask &= mask.sum(1, keepdim=True) > 1  # a day with one stock has no order to learn
        stocks = mask.any(0).nonzero().squeeze(1)
        if not len(stocks):
            return float("nan")
        sequences = close_up(data.features[rows][:, stocks], data.observed[rows][:, stocks])
        scores = sequences.to_dates(network(sequences.bars, generator=self._dropout)[0])
        loss = LOSSES[self.settings.loss](scores, data.labels[rows][:, stocks], mask[:, stocks])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), self.settings.clip)
        optimizer.step()
        return loss.item()

    def validate(self, network: ScoreNet, data: Data) -> float:
        """Return the mean daily rank IC on the validation rows; NaN where there is none."""
        stop = data.validation.stop
        scores = predict(network, data.features[:stop], data.observed[:stop])[data.validation]
        # In a small universe a day's IC is noise, but the mean over the days is all there is.
        ic = daily_ic(scores, data.labels[data.validation].cpu().numpy(), min_stocks=2)
        return float(np.nanmean(ic)) if np.isfinite(ic).any() else float("nan")


def predict(network: ScoreNet, features: torch.Tensor, observed: torch.Tensor) -> np.ndarray:
    """Score every date in one pass over each stock's history.

    Returns
    -------
    numpy.ndarray
        T x N, NaN on days without a bar.
    """
    network.eval()
    out = np.full(tuple(observed.shape), np.nan)
    with torch.no_grad():
        for first in range(0, observed.shape[1], _STOCKS_AT_ONCE):
            some = slice(first, first + _STOCKS_AT_ONCE)
            sequences = close_up(features[:, some], observed[:, some])
            scores = sequences.to_dates(network(sequences.bars)[0]).cpu().numpy()
            seen = observed[:, some].cpu().numpy()
            out[:, some] = np.where(seen, scores, np.nan)
    return out
