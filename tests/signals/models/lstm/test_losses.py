"""Losses: known answers, masks, gradients."""

import numpy as np
import pytest
import torch
from btalpha.signals.models.lstm.losses import LOSSES, correlation, mse

NAN = float("nan")


@pytest.fixture
def data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    scores, labels = torch.randn(2, 6, 9, generator=rng, dtype=torch.float64)
    mask = torch.rand(6, 9, generator=rng) < 0.7
    mask[2] = False
    mask[4] = False
    mask[4, 1] = True  # a day with one stock
    return scores, torch.where(mask, labels, torch.tensor(NAN)), mask


def test_correlation_is_one_less_the_mean_of_numpys(data: tuple) -> None:
    scores, labels, mask = data
    days = [np.corrcoef(scores[t][mask[t]], labels[t][mask[t]])[0, 1] for t in range(6) if mask[t].sum() > 1]
    assert correlation(scores, labels, mask).item() == pytest.approx(1 - np.mean(days))


def test_mse_is_the_mean_over_the_pairs(data: tuple) -> None:
    scores, labels, mask = data
    assert mse(scores, labels, mask).item() == pytest.approx(((scores - labels)[mask] ** 2).mean().item())


@pytest.mark.parametrize("scale", [0.5, 100.0])
def test_correlation_does_not_see_level_and_spread(data: tuple, scale: float) -> None:
    scores, labels, mask = data
    moved = scale * scores + torch.arange(6.0, dtype=torch.float64)[:, None]
    assert correlation(moved, labels, mask).item() == pytest.approx(correlation(scores, labels, mask).item())


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
class TestGradients:
    def test_of_pairs_that_do_not_count_are_0(self, data: tuple, loss) -> None:
        scores, labels, mask = data
        scores = scores.clone().requires_grad_()
        loss(scores, labels, mask).backward()
        assert torch.isfinite(scores.grad).all()
        assert (scores.grad[~mask] == 0).all()
        assert (scores.grad[mask & (mask.sum(1, keepdim=True) > 1)] != 0).all()

    def test_of_equal_scores_are_finite(self, data: tuple, loss) -> None:
        _, labels, mask = data
        scores = torch.zeros(6, 9, dtype=torch.float64, requires_grad=True)
        loss(scores, labels, mask).backward()
        assert torch.isfinite(scores.grad).all()
