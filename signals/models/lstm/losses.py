"""Losses over the stocks of each day."""

from collections.abc import Callable

import torch

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def mse(scores: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean squared error over the pairs that count; all arguments T x N."""
    return ((scores - labels)[mask] ** 2).mean()


def correlation(scores: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return 1 less the mean daily correlation of scores and labels; all arguments T x N.

    It is what is wanted, the order of the stocks of a day, whatever the level and the spread.

    Examples
    --------
    >>> labels = torch.tensor([[1.0, 2.0, 3.0]])
    >>> round(correlation(2 * labels + 1, labels, torch.ones(1, 3, dtype=torch.bool)).item(), 4)
    0.0
    """
    weight = mask.to(scores.dtype)
    count = weight.sum(1, keepdim=True).clamp(min=1)
    x = (scores - (scores * weight).sum(1, keepdim=True) / count) * weight
    y = torch.where(mask, labels, torch.zeros_like(labels))
    y = (y - y.sum(1, keepdim=True) / count) * weight
    norm = ((x * x).sum(1) * (y * y).sum(1)).clamp(min=1e-12).sqrt()
    days = mask.sum(1) > 1
    return 1.0 - ((x * y).sum(1) / norm)[days].mean()


LOSSES: dict[str, Loss] = {"mse": mse, "correlation": correlation}
