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
from .mixing import Stretches, mixed_stretches
from .network import ScoreNet
from .run import Epoch, Run
from .sequences import Sequences, close_up

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
    parts
        1: a step is one stretch of days of all stocks. More: so many steps instead, each of another part
        of the stocks, each stock at a stretch of its own. Not for a loss that compares stocks of a day.
    """

    loss: str = "correlation"
    epochs: int = 30
    patience: int = 5
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    clip: float = 1.0
    length: int = 60
    burn_in: int = 20
    parts: int = 1


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
        losses = list(self.steps(run, data))
        rank_ic = self.validate(run.network, data)
        known = [loss for loss in losses if np.isfinite(loss)]
        loss = float(np.mean(known)) if known else float("nan")
        return Epoch(len(run.history) + 1, loss, rank_ic, perf_counter() - begin)

    def steps(self, run: Run, data: Data) -> Iterator[float]:
        """Take all steps of one pass; yield the loss of each."""
        if self.settings.parts == 1:
            for rows in self.sequences(data, run.order):
                yield self.train_step(run, data, rows)
            return
        starts, n_stocks = self._starts(data, run.order), data.observed.shape[1]
        for some in mixed_stretches(starts, self.settings.length, n_stocks, self.settings.parts, run.order):
            yield self.mixed_step(run, data, some)

    def sequences(self, data: Data, rng: np.random.Generator) -> Iterator[slice]:
        """Yield the rows of each sequence in random order, from a random offset in each pass."""
        for start in rng.permutation(self._starts(data, rng)):
            yield slice(max(int(start), 0), min(int(start) + self.settings.length, data.train.stop))

    def train_step(self, run: Run, data: Data, rows: slice) -> float:
        """Learn from one sequence of days, all stocks at once; return the loss, NaN if none has two."""
        labels = data.targets[rows]
        mask = torch.isfinite(labels)
        mask[: self.settings.burn_in] = False
        mask &= mask.sum(1, keepdim=True) > 1  # a day with one stock has no order to learn
        stocks = mask.any(0).any(-1).nonzero().squeeze(1)
        sequences = close_up(data.features[rows][:, stocks], data.observed[rows][:, stocks])
        return self._learn(run, sequences, labels[:, stocks], mask[:, stocks])

    def mixed_step(self, run: Run, data: Data, stretches: Stretches) -> float:
        """Learn from some stocks, each at days of its own; return the loss, NaN where no label is known."""
        stocks, days = (torch.from_numpy(part).to(data.labels.device) for part in vars(stretches).values())
        inside = (days >= 0) & (days < data.train.stop)
        days = days.clamp(0, data.train.stop - 1)
        labels = data.targets[days, stocks]
        mask = torch.isfinite(labels) & (inside & (days >= self.settings.burn_in)).unsqueeze(-1)
        mask[: self.settings.burn_in] = False
        kept = mask.any(0).any(-1).nonzero().squeeze(1)
        days, stocks = days[:, kept], stocks[kept]
        sequences = close_up(data.features[days, stocks], data.observed[days, stocks] & inside[:, kept])
        return self._learn(run, sequences, labels[:, kept], mask[:, kept])

    def validate(self, network: ScoreNet, data: Data) -> float:
        """Return the mean daily rank IC on the validation rows; NaN where there is none."""
        stop = data.validation.stop
        scores = predict(network, data.features[:stop], data.observed[:stop])[data.validation]
        # In a small universe a day's IC is noise, but the mean over the days is all there is.
        ic = daily_ic(scores, data.labels[data.validation].cpu().numpy(), min_stocks=2)
        return float(np.nanmean(ic)) if np.isfinite(ic).any() else float("nan")

    def _starts(self, data: Data, rng: np.random.Generator) -> np.ndarray:
        step = self.settings.length - self.settings.burn_in
        first = data.train.start - int(rng.integers(0, step))
        return np.arange(first, data.train.stop - self.settings.burn_in, step)

    def _learn(self, run: Run, sequences: Sequences, labels: torch.Tensor, mask: torch.Tensor) -> float:
        if not mask.shape[1]:
            return float("nan")
        outputs = sequences.to_dates(run.network.outputs(sequences.bars, generator=run.dropout)[0])
        loss = LOSSES[self.settings.loss](*map(_days, (outputs, labels, mask)))
        run.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), self.settings.clip)
        run.optimizer.step()
        return loss.item()


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
