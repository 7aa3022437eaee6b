"""Sequences of traded bars: a suspended day is taken out, not filled."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Sequences:
    """Dates x stocks features, closed up so that each stock's traded bars follow one another.

    Attributes
    ----------
    bars
        N x L x F: row i of a stock is its i-th traded bar; zeros after its last.
    place
        T x N: which bar a date is; only meaningful where ``observed``.
    observed
        T x N mask of dates with a bar.
    """

    bars: torch.Tensor
    place: torch.Tensor
    observed: torch.Tensor

    def to_dates(self, scores: torch.Tensor) -> torch.Tensor:
        """Put N x L (x M) scores of bars back on their dates: T x N (x M), meaningless where not observed."""
        if scores.ndim == 2:
            return scores.gather(1, self.place.T).T
        place = self.place.T.unsqueeze(-1).expand(-1, -1, scores.shape[-1])
        return scores.gather(1, place).transpose(0, 1)


def close_up(features: torch.Tensor, observed: torch.Tensor) -> Sequences:
    """Take the days without a bar out of dates x stocks features.

    Parameters
    ----------
    features
        T x N x F; values where not ``observed`` are not read.
    observed
        T x N mask.

    Examples
    --------
    >>> features = torch.tensor([[1.0], [9.0], [2.0]]).unsqueeze(-1)
    >>> sequences = close_up(features, torch.tensor([[True], [False], [True]]))
    >>> sequences.bars.ravel().tolist()
    [1.0, 2.0]
    >>> sequences.to_dates(torch.tensor([[10.0, 20.0]])).ravel().tolist()
    [10.0, 10.0, 20.0]
    """
    place = (observed.cumsum(0) - 1).clamp(min=0)
    longest = int(observed.sum(0).max()) if observed.numel() else 0
    # A stable sort moves the observed days to the front without changing their order.
    order = torch.sort((~observed).to(torch.int8), dim=0, stable=True).indices[: max(longest, 1)]
    picked = observed.gather(0, order)
    bars = features.gather(0, order.unsqueeze(-1).expand(-1, -1, features.shape[-1]))
    bars = torch.where(picked.unsqueeze(-1), bars, torch.zeros((), dtype=bars.dtype, device=bars.device))
    return Sequences(bars=bars.transpose(0, 1).contiguous(), place=place, observed=observed)
