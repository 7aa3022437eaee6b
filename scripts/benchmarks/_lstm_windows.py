"""The usual way: a sample is the last bars of one stock, and only its last step has a loss."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from ...signals.ic import daily_ic
from ...signals.models.lstm.data import Data
from ...signals.models.lstm.network import ScoreNet

BATCH = 800


@dataclass(frozen=True)
class Usual:
    """What the training gave: labels learned from, seconds without validation, best rank IC of an epoch."""

    labels: int
    seconds: float
    rank_ic: float


class Windows(Dataset):
    """Windows of a stock's traded bars, by the date and stock of their last bar."""

    def __init__(self, data: Data, rows: slice, length: int, *, labelled: bool) -> None:
        self.length = length
        self._bars, self._ends, self.keys = [], [], []
        observed = data.observed.numpy()
        wanted = np.isfinite(data.labels.numpy()) if labelled else observed
        for stock in range(observed.shape[1]):
            dates = np.flatnonzero(observed[:, stock])
            self._bars.append(data.features[dates, stock])
            for place, date in enumerate(dates):
                if rows.start <= date < rows.stop and place + 1 >= length and wanted[date, stock]:
                    self._ends.append((stock, place + 1))
                    self.keys.append((date, stock))
        self._labels = [float(data.labels[date, stock]) for date, stock in self.keys]

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, float]:
        stock, end = self._ends[number]
        return self._bars[stock][end - self.length : end], self._labels[number]


def train_windows(
    network: ScoreNet, data: Data, length: int, *, epochs: int, share: float = 1.0, seed: int = 0
) -> Usual:
    """Train by windows; ``share`` below 1 stops each epoch early."""
    torch.manual_seed(seed)
    loader = DataLoader(Windows(data, data.train, length, labelled=True), batch_size=BATCH, shuffle=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-4)
    labels, seconds, rank_ics = 0, 0.0, []
    for _ in range(epochs):
        begin = perf_counter()
        network.train()
        for number, (bars, wanted) in enumerate(loader):
            if number >= max(round(share * len(loader)), 1):
                break
            optimizer.zero_grad()
            loss = ((network(bars)[0][:, -1] - wanted.float()) ** 2).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            labels += len(wanted)
        seconds += perf_counter() - begin
        rank_ics.append(_validate(network, data, length))
    return Usual(labels, seconds, max(rank_ics))


def predict_windows(network: ScoreNet, data: Data, length: int, rows: slice | None = None) -> np.ndarray:
    """Score each date of each stock from a window of its own: T x N, NaN where it has too few bars."""
    windows = Windows(data, rows or slice(0, len(data.observed)), length, labelled=False)
    out = np.full(tuple(data.observed.shape), np.nan)
    network.eval()
    keys = iter(windows.keys)
    with torch.no_grad():
        for bars, _ in DataLoader(windows, batch_size=BATCH):
            for score, key in zip(network(bars)[0][:, -1].tolist(), keys, strict=False):
                out[key] = score
    return out


def _validate(network: ScoreNet, data: Data, length: int) -> float:
    scores = predict_windows(network, data, length, data.validation)[data.validation]
    return float(np.nanmean(daily_ic(scores, data.labels[data.validation].numpy(), min_stocks=2)))
