"""What a network remembers of each stock, so that one more day costs one step."""

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from .network import ScoreNet, State
from .sequences import close_up

# Stocks that are read at once: bounds what a pass over the whole history holds.
_STOCKS_AT_ONCE = 1024


class Memory:
    """State of a network after the last bar of each stock.

    Reading some dates and then advancing over the others gives what one pass over all of them gives,
    to float tolerance.

    Parameters
    ----------
    network
        Trained.
    n_stocks
        N.

    Examples
    --------
    >>> memory = Memory(ScoreNet(2, hidden=3), n_stocks=2)
    >>> memory.advance(torch.zeros(2, 2), torch.tensor([True, False]))
    >>> [bool(np.isnan(score)) for score in memory.scores()]
    [False, True]
    """

    def __init__(self, network: ScoreNet, n_stocks: int) -> None:
        self.network = network.eval()
        weight = next(network.parameters())
        size = (network.lstm.num_layers, n_stocks, network.lstm.hidden_size)
        self._hidden, self._cell = weight.new_zeros(size), weight.new_zeros(size)
        self._seen = torch.zeros(n_stocks, dtype=torch.bool, device=weight.device)

    def read(self, features: torch.Tensor, observed: torch.Tensor) -> None:
        """Take in T dates at once: features T x N x F, observed T x N."""
        for first in range(0, observed.shape[1], _STOCKS_AT_ONCE):
            columns = torch.arange(first, min(first + _STOCKS_AT_ONCE, observed.shape[1]))
            columns = columns.to(observed.device)[observed[:, columns].any(0)]
            if not len(columns):
                continue
            bars = close_up(features[:, columns], observed[:, columns]).bars
            packed = pack_padded_sequence(
                bars, observed[:, columns].sum(0).cpu(), batch_first=True, enforce_sorted=False
            )
            self._take(packed, columns)

    def advance(self, features: torch.Tensor, observed: torch.Tensor) -> None:
        """Take in one date: features N x F, observed N."""
        columns = observed.nonzero().squeeze(1)
        if len(columns):
            self._take(features[columns].unsqueeze(1), columns)

    def scores(self) -> np.ndarray:
        """Score after the last bar of each stock: length N, NaN for a stock that had none."""
        with torch.no_grad():
            scores = self.network.head(self._hidden[-1]).mean(-1)
        return torch.where(self._seen, scores, torch.nan).cpu().numpy().astype(np.float64)

    def _take(self, bars: "torch.Tensor | torch.nn.utils.rnn.PackedSequence", columns: torch.Tensor) -> None:
        before: State = (self._hidden[:, columns].contiguous(), self._cell[:, columns].contiguous())
        with torch.no_grad():
            _, (hidden, cell) = self.network.lstm(bars, before)
        self._hidden[:, columns], self._cell[:, columns], self._seen[columns] = hidden, cell, True
