"""What is learned: an LSTM that reads a stock's features bar by bar and gives a score after each."""

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
        Size of the state, number of stacked LSTMs, dropout between them and before the head.
    """

    def __init__(self, n_features: int, *, hidden: int = 64, layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            n_features, hidden, num_layers=layers, dropout=dropout if layers > 1 else 0.0, batch_first=True
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, 1)

    def forward(self, bars: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Score every bar.

        Parameters
        ----------
        bars
            B x L x F: sequences of consecutive traded bars.
        state
            State after the bars before, or ``None`` at the start.

        Returns
        -------
        tuple
            B x L scores, and the state after the last bar.
        """
        hidden, after = self.lstm(bars, state)
        return self.head(self.dropout(hidden)).squeeze(-1), after
