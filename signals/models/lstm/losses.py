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


# With how many others of its day each stock is compared: enough that every order shows, and the cost stays
# linear in the number of stocks.
_RIVALS = 16


def pairwise(scores: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the logistic loss of the order of pairs of a day's stocks; all arguments T x N.

    Of each pair the one with the higher label shall have the higher score (RankNet: Burges et al.,
    "Learning to Rank using Gradient Descent", 2005), and it counts by how far the labels are apart.
    Each stock is compared with up to 16 others, evenly spread over the columns.

    Examples
    --------
    >>> labels, everybody = torch.tensor([[1.0, 2.0, 3.0]]), torch.ones(1, 3, dtype=torch.bool)
    >>> pairwise(9 * labels, labels, everybody) < pairwise(0 * labels, labels, everybody)
    tensor(True)
    >>> round(pairwise(0 * labels, labels, everybody).item(), 4)  # log 2: no order at all
    0.6931
    """
    n = scores.shape[1]
    filled = torch.where(mask, labels, torch.zeros_like(labels))
    total, weights = scores.new_zeros(()), scores.new_zeros(())
    for number in range(min(_RIVALS, n // 2)):
        shift = 1 + number * (n // 2) // min(_RIVALS, n // 2)
        apart = (filled - filled.roll(shift, 1)) * (mask & mask.roll(shift, 1))
        lead = (scores - scores.roll(shift, 1)) * apart.sign()
        total = total + (torch.nn.functional.softplus(-lead) * apart.abs()).sum()
        weights = weights + apart.abs().sum()
    return total / weights.clamp(min=1e-12)


LOSSES: dict[str, Loss] = {"mse": mse, "correlation": correlation, "pairwise": pairwise}
