"""How it is trained: sequences with a loss at every step, early stopping on later rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import torch

from ...ic import daily_ic
from .checkpoint import Checkpoint
from .data import Data
from .losses import LOSSES
from .network import ScoreNet
from .run import Epoch, Run
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
    checkpoint
        Where the training is kept after each pass, and taken up again; ``None`` keeps nothing.
    """

    settings: TrainingSettings
    seed: int
    on_epoch: Callable[[Epoch], None] | None = None
    checkpoint: Checkpoint | None = None
    history: list[Epoch] = field(default_factory=list)

    def fit(self, network: ScoreNet, data: Data) -> ScoreNet:
        """Train and return the network with the weights of its best validation rank IC.

        Without any validation rank IC the last weights stay. What is drawn comes from the trainer's
        seed alone, so networks may train side by side.
        """
        run = self.begin(network, data)
        while not self.is_over(run):
            epoch = self.run_epoch(run, data)
            run.count(epoch)
            if self.checkpoint is not None:
                self.checkpoint.save(run)
            if self.on_epoch is not None:
                self.on_epoch(epoch)
        network.load_state_dict(run.best_weights)
        return network

    def begin(self, network: ScoreNet, data: Data) -> Run:
        """Return a fresh run, or the one that the checkpoint holds, whose epochs are reported again."""
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=self.settings.learning_rate, weight_decay=self.settings.weight_decay
        )
        dropout = torch.Generator(data.features.device).manual_seed(self.seed)
        run = Run(network, optimizer, np.random.default_rng(self.seed), dropout, self.history)
        if self.checkpoint is not None and self.checkpoint.restore(run) and self.on_epoch is not None:
            for epoch in run.history:
                self.on_epoch(epoch)
        return run

    def is_over(self, run: Run) -> bool:
        """Tell whether all epochs are done, or patience has run out."""
        return len(run.history) >= self.settings.epochs or run.since >= self.settings.patience

    def run_epoch(self, run: Run, data: Data) -> Epoch:
        """Go once through the training rows, then validate."""
        begin = perf_counter()
        run.network.train()
        losses = [self.train_step(run, data, rows) for rows in self.sequences(data, run.order)]
        rank_ic = self.validate(run.network, data)
        known = [loss for loss in losses if np.isfinite(loss)]
        loss = float(np.mean(known)) if known else float("nan")
        return Epoch(len(run.history) + 1, loss, rank_ic, perf_counter() - begin)

    def sequences(self, data: Data, rng: np.random.Generator) -> Iterator[slice]:
        """Yield the rows of each sequence in random order, from a random offset in each pass."""
        step = self.settings.length - self.settings.burn_in
        first = data.train.start - int(rng.integers(0, step))
        starts = np.arange(first, data.train.stop - self.settings.burn_in, step)
        for start in rng.permutation(starts):
            yield slice(max(int(start), 0), min(int(start) + self.settings.length, data.train.stop))

    def train_step(self, run: Run, data: Data, rows: slice) -> float:
        """Learn from one sequence of days, all stocks at once; return the loss, NaN if none has two."""
        labels = (data.labels.unsqueeze(-1) if data.daily is None else data.daily)[rows]
        mask = torch.isfinite(labels)
        mask[: self.settings.burn_in] = False
        mask &= mask.sum(1, keepdim=True) > 1  # a day with one stock has no order to learn
        stocks = mask.any(0).any(-1).nonzero().squeeze(1)
        if not len(stocks):
            return float("nan")
        sequences = close_up(data.features[rows][:, stocks], data.observed[rows][:, stocks])
        outputs = sequences.to_dates(run.network.outputs(sequences.bars, generator=run.dropout)[0])
        loss = LOSSES[self.settings.loss](*map(_days, (outputs, labels[:, stocks], mask[:, stocks])))
        run.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), self.settings.clip)
        run.optimizer.step()
        return loss.item()

    def validate(self, network: ScoreNet, data: Data) -> float:
        """Return the mean daily rank IC on the validation rows; NaN where there is none."""
        stop = data.validation.stop
        scores = predict(network, data.features[:stop], data.observed[:stop])[data.validation]
        # In a small universe a day's IC is noise, but the mean over the days is all there is.
        ic = daily_ic(scores, data.labels[data.validation].cpu().numpy(), min_stocks=2)
        return float(np.nanmean(ic)) if np.isfinite(ic).any() else float("nan")


def _days(values: torch.Tensor) -> torch.Tensor:
    """Turn T x N x M into (T M) x N: an order of stocks for each day and output."""
    return values.transpose(1, 2).flatten(0, 1)


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
