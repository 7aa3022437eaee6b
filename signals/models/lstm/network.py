"""What is learned: an LSTM that reads a stock's features bar by bar and gives a score after each."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch
from torch import nn

State = tuple[torch.Tensor, torch.Tensor]


class ScoreNet(nn.Module):
    """LSTM with a linear head.

    Parameters
    ----------
    n_features
        F, width of the input.
    hidden, layers, dropout
        Size of the state, number of stacked LSTMs, share of their output that is dropped before the
        head while it learns.
    outputs
        M, how many returns it predicts; the score is their mean.
    """

    def __init__(
        self, n_features: int, *, hidden: int = 64, layers: int = 1, dropout: float = 0.0, outputs: int = 1
    ) -> None:
        super().__init__()
        self.lstm = nn.LSTM(n_features, hidden, num_layers=layers, batch_first=True)
        self.dropout = dropout
        self.head = nn.Linear(hidden, outputs)

    def forward(
        self, bars: torch.Tensor, state: State | None = None, *, generator: torch.Generator | None = None
    ) -> tuple[torch.Tensor, State]:
        """Score every bar: the mean of :meth:`outputs`, B x L, and the state after the last bar."""
        outputs, after = self.outputs(bars, state, generator=generator)
        return outputs.mean(-1), after

    def outputs(
        self, bars: torch.Tensor, state: State | None = None, *, generator: torch.Generator | None = None
    ) -> tuple[torch.Tensor, State]:
        """Predict after every bar.

        Parameters
        ----------
        bars
            B x L x F: sequences of consecutive traded bars.
        state
            State after the bars before, or ``None`` at the start.
        generator
            Draws the dropout; ``None`` drops nothing.

        Returns
        -------
        tuple
            B x L x M, and the state after the last bar.
        """
        hidden, after = self.lstm(bars, state)
        if generator is not None and self.dropout > 0:
            # PyTorch's own dropout draws from one state for the whole process, which networks that
            # train side by side would share.
            kept = torch.rand(hidden.shape, generator=generator, device=hidden.device) >= self.dropout
            hidden = hidden * kept / (1.0 - self.dropout)
        return self.head(hidden), after


# PyTorch's own random state is one for the whole process.
_DRAWING = Lock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed PyTorch's own draws inside the block; the caller's random state is as it was after it.

    Blocks in several threads wait for each other.
    """
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # not those of the GPUs, which stay untouched
        yield
