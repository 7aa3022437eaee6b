"""The state carried on gives what one pass over all days gives."""

import numpy as np
import pytest
import torch
from btalpha.signals.models.lstm.memory import Memory
from btalpha.signals.models.lstm.network import ScoreNet, seeded
from btalpha.signals.models.lstm.training import predict

T, N, F = 40, 7, 3


@pytest.fixture
def bars() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    observed = torch.rand(T, N, generator=rng) < 0.8
    observed[:30, 5] = False  # listed late
    observed[:, 6] = False  # never traded
    return torch.randn(T, N, F, generator=rng), observed


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("read", [0, 1, 17, 40])
def test_reading_and_advancing_equals_one_pass(
    bars, layers: int, outputs: int, read: int, monkeypatch
) -> None:
    features, observed = bars
    with seeded(4):
        network = ScoreNet(F, hidden=5, layers=layers, outputs=outputs)
    monkeypatch.setattr("btalpha.signals.models.lstm.memory._STOCKS_AT_ONCE", 3)
    memory = Memory(network, N)
    if read:
        memory.read(features[:read], observed[:read])
    whole = predict(network, features, observed)
    for t in range(read, T):
        memory.advance(features[t], observed[t])
        got = memory.scores()
        seen = observed[t].numpy()
        np.testing.assert_allclose(got[seen], whole[t, seen], rtol=1e-4, atol=1e-6)
        assert np.isnan(got[~observed[: t + 1].any(0).numpy()]).all()


def test_a_day_without_a_bar_does_not_move_the_state(bars) -> None:
    features, observed = bars
    memory = Memory(ScoreNet(F, hidden=5), N)
    memory.read(features, observed)
    before = memory.scores()
    memory.advance(torch.full((N, F), 9.0), torch.zeros(N, dtype=torch.bool))
    np.testing.assert_array_equal(memory.scores(), before)
