"""Closing up suspended days and putting scores back, against a plain loop per stock."""

import numpy as np
import pytest
import torch
from btalpha.signals.models.lstm.sequences import close_up


@pytest.fixture
def observed() -> np.ndarray:
    mask = np.random.default_rng(0).random((30, 9)) < 0.7
    mask[:, 2] = False  # never traded
    mask[:, 3] = True
    mask[:10, 4] = False  # listed late
    mask[20:, 5] = False  # delisted
    return mask


def test_equals_a_plain_loop(observed: np.ndarray) -> None:
    features = np.random.default_rng(1).normal(size=(*observed.shape, 3))
    features[~observed] = np.nan
    sequences = close_up(torch.from_numpy(features), torch.from_numpy(observed))
    longest = observed.sum(axis=0).max()
    assert sequences.bars.shape == (9, longest, 3)
    scores = torch.from_numpy(np.random.default_rng(2).normal(size=(9, longest)))
    back = sequences.to_dates(scores).numpy()
    for i in range(9):
        rows = np.flatnonzero(observed[:, i])
        np.testing.assert_array_equal(sequences.bars[i, : len(rows)], features[rows, i])
        assert (sequences.bars[i, len(rows) :] == 0).all()
        np.testing.assert_array_equal(back[rows, i], scores[i, : len(rows)])
        np.testing.assert_array_equal(sequences.place[rows, i], np.arange(len(rows)))


@pytest.mark.parametrize("shape", [(5, 2), (1, 1), (4, 0)])
def test_nobody_traded(shape: tuple[int, int]) -> None:
    sequences = close_up(torch.full((*shape, 3), torch.nan), torch.zeros(shape, dtype=torch.bool))
    assert sequences.bars.shape == (shape[1], 1, 3)
    assert (sequences.bars == 0).all()
    assert sequences.to_dates(torch.zeros(shape[1], 1)).shape == shape
