"""The LSTM's benchmark: the rival does the same work, and every figure is there."""

import json

import numpy as np
import pytest
import torch
from btalpha.scripts.benchmarks import lstm
from btalpha.scripts.benchmarks._lstm_windows import Windows, predict_windows
from btalpha.signals.models.lstm.data import Data
from btalpha.signals.models.lstm.network import ScoreNet


@pytest.fixture
def data() -> Data:
    rng = torch.Generator().manual_seed(0)
    observed = torch.rand(12, 3, generator=rng) < 0.8
    labels = torch.where(observed, torch.randn(12, 3, generator=rng), torch.nan)
    return Data(torch.randn(12, 3, 2, generator=rng), observed, labels, slice(0, 8), slice(9, 12))


def test_windows_are_the_last_traded_bars_of_each_labelled_stock_day(data: Data) -> None:
    windows = Windows(data, data.train, 3, labelled=True)
    assert len(windows) > 5
    for (bars, label), (date, stock) in zip(
        (windows[i] for i in range(len(windows))), windows.keys, strict=True
    ):
        dates = np.flatnonzero(data.observed[: date + 1, stock].numpy())[-3:]
        assert dates[-1] == date < 8
        assert torch.equal(bars, data.features[dates, stock])
        assert label == float(data.labels[date, stock])


def test_window_by_window_is_the_network_on_each_window(data: Data) -> None:
    network = ScoreNet(2, hidden=4).eval()
    scores = predict_windows(network, data, 3)
    windows = Windows(data, slice(0, 12), 3, labelled=False)
    for number, key in enumerate(windows.keys):
        with torch.no_grad():
            assert scores[key] == pytest.approx(network(windows[number][0][None])[0][0, -1].item(), abs=1e-6)
    assert np.isfinite(scores).sum() == len(windows)


def test_prints_every_figure(capsys: pytest.CaptureFixture) -> None:
    lstm.main(
        ["--stocks", "12", "--days", "130", "--epochs", "1", "--window-epochs", "1", "--window-share", "0.5",
         "--stocks-of-a-day", "20"]
    )  # fmt: skip
    result = json.loads(capsys.readouterr().out)
    training = result["training"]
    assert training["labels_a_second"] > 0
    assert training["times_faster"] == pytest.approx(
        training["labels_a_second"] / training["windows_labels_a_second"], abs=0.06
    )
    assert 0 < training["share_of_matrix_multiply_rate"] < 1.5
    assert result["prediction"]["times_faster"] > 0
    assert result["one_more_day"]["stocks"] == 20
