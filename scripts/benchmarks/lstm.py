"""Time the LSTM against the usual way: overlapping windows from a DataLoader, a loss on the last step.

``python -m btalpha.scripts.benchmarks.lstm`` simulates a market, ``--data bars.parquet`` takes real bars.
Both ways train the same network on the same features, labels and rows, and both may use the whole machine as
each does it: ours trains a network a core, side by side, the usual way lets PyTorch spread each operation
over the cores. Told are the labels learned from a second, without validation, and the validation rank IC of
the best epoch, the mean over seeds. Ours has more epochs in less time: the seconds stand beside. The share of
the machine's own rate of matrix multiplication tells how much is left. Then, in one thread each, prediction
over the whole history against window by window, and one more day of 5,000 stocks against one step of their
training. ``--large`` trains on 5,000 x 2,500 x 30 and tells the memory. Prints one JSON object.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...feeds import Panel, read_members, simulate_market
from ...signals import Preprocessor
from ...signals.features import FeaturePipeline, rank_labels
from ...signals.labels import forward_returns
from ...signals.models.lstm.data import Data, split_rows, to_labels, to_tensors
from ...signals.models.lstm.ensemble import Shape
from ...signals.models.lstm.memory import Memory
from ...signals.models.lstm.network import ScoreNet
from ...signals.models.lstm.threads import one_thread, side_by_side
from ...signals.models.lstm.training import Trainer, TrainingSettings, predict
from ...signals.threads import threads_allowed
from ._lstm_windows import Usual, predict_windows, train_windows

CODES = ["rev5", "mom20", "mom60", "vol20", "turn20", "amihud20", "pvcorr10", "bias", "cci", "ma"]
HIDDEN, HORIZON, WINDOW, PARTS = 64, 5, 20, 4


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    with one_thread():
        data = load(options)
        result: dict[str, Any] = {
            "stocks": data.observed.shape[1],
            "days": data.observed.shape[0],
            "features": data.features.shape[2],
            "training": training(data, options),
            "prediction": prediction(data),
            "one_more_day": one_more_day(options.stocks_of_a_day, data.features.shape[2]),
        }
        if options.large:
            result["large"] = large()
    print(json.dumps(result, indent=2))


def training(data: Data, options: argparse.Namespace) -> dict[str, Any]:
    """Train both ways."""
    cores, n_features = threads_allowed(), data.features.shape[2]
    ours = train_side_by_side(data, networks=max(options.seeds, cores), epochs=options.epochs)
    with torch_threads(cores):
        windows = [
            train_windows(
                Shape(n_features, hidden=HIDDEN).build(seed=seed),
                data,
                WINDOW,
                epochs=options.window_epochs,
                share=options.window_share,
                seed=seed,
            )
            for seed in range(options.seeds)
        ]
    rate = cores * float(np.mean([run.labels / run.seconds for run in ours]))
    usual = sum(run.labels for run in windows) / sum(run.seconds for run in windows)
    reached = flops_a_label(n_features) * rate
    return {
        "cores": cores,
        "labels_a_second": round(rate),
        "windows_labels_a_second": round(usual),
        "times_faster": round(rate / usual, 1),
        "networks": len(ours),
        "epochs": options.epochs,
        "parts": PARTS,
        "seconds_a_network": round(sum(run.seconds for run in ours) / len(ours) / cores, 1),
        "validation_rank_ic": round(float(np.mean([run.rank_ic for run in ours])), 4),
        "windows_networks": len(windows),
        "windows_epochs": options.window_epochs,
        "windows_share_of_each_epoch": options.window_share,
        "windows_seconds_a_network": round(sum(run.seconds for run in windows) / len(windows), 1),
        "windows_validation_rank_ic": round(float(np.mean([run.rank_ic for run in windows])), 4),
        "share_of_matrix_multiply_rate": round(reached / (cores * matrix_rate()), 3),
    }


def train_side_by_side(data: Data, *, networks: int, epochs: int) -> list[Usual]:
    """Train networks by sequences, one a core at a time."""

    def train(seed: int) -> Usual:
        trainer = Watched(
            TrainingSettings(loss="mse", epochs=epochs, patience=epochs, parts=PARTS), seed=seed
        )
        network = Shape(data.features.shape[2], hidden=HIDDEN).build(seed=seed)
        seconds = timed(lambda: trainer.fit(network, data)) - trainer.validating
        labels = int(torch.isfinite(data.labels[data.train]).sum()) * epochs
        return Usual(labels, seconds, max(epoch.rank_ic for epoch in trainer.history))

    return side_by_side([partial(train, seed) for seed in range(networks)])


class Watched(Trainer):
    """Notes the seconds of its validation, which the usual way leaves out too."""

    validating = 0.0

    def validate(self, network: ScoreNet, data: Data) -> float:
        """Validate, and count the time."""
        begin = time.perf_counter()
        try:
            return super().validate(network, data)
        finally:
            self.validating += time.perf_counter() - begin


def prediction(data: Data) -> dict[str, Any]:
    """Score the whole history both ways."""
    network = Shape(data.features.shape[2], hidden=HIDDEN).build(seed=0)
    seconds = timed(lambda: predict(network, data.features, data.observed))
    windows = timed(lambda: predict_windows(network, data, WINDOW))
    return {
        "seconds": round(seconds, 2),
        "windows_seconds": round(windows, 2),
        "times_faster": round(windows / seconds, 1),
    }


def one_more_day(n_stocks: int, n_features: int) -> dict[str, Any]:
    """Carry the state of many stocks on by a day, and train one step on them."""
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(60, n_stocks, n_features, generator=rng)
    observed, labels = torch.ones(60, n_stocks, dtype=torch.bool), torch.randn(60, n_stocks, generator=rng)
    network = Shape(n_features, hidden=HIDDEN).build(seed=0)
    data = Data(features, observed, labels, slice(0, 60), slice(59, 60))
    trainer = Trainer(TrainingSettings(loss="mse"), seed=0)
    run = trainer.begin(network, data)
    step = best(lambda: trainer.train_step(run, data, slice(0, 60)), 3)
    memory = Memory(network, n_stocks)
    day = best(lambda: (memory.advance(features[0], observed[0]), memory.scores()), 10)
    return {
        "stocks": n_stocks,
        "seconds": round(day, 4),
        "training_step_seconds": round(step, 3),
        "share_of_a_training_step": round(day / step, 4),
    }


def large() -> dict[str, Any]:
    """Train an epoch on 5,000 stocks x 2,500 dates x 30 factors that are drawn at random."""
    rng = np.random.default_rng(0)
    features = np.empty((2500, 5000, 30), dtype=np.float32)
    for day in features:
        day[:] = rng.standard_normal(day.shape, dtype=np.float32)
    values, observed = to_tensors(features, "cpu")
    labels = torch.from_numpy(rng.standard_normal((2500, 5000), dtype=np.float32))
    data = Data(values, observed, labels, slice(0, 2000), slice(2006, 2500))
    trainer = Trainer(TrainingSettings(loss="mse", epochs=1, parts=PARTS), seed=0)
    seconds = timed(lambda: trainer.fit(Shape(30, hidden=HIDDEN).build(seed=0), data))
    return {
        "features_gib": round(features.nbytes / 2**30, 2),
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "seconds_an_epoch": round(seconds, 1),
        "labels_a_second": round(2000 * 5000 / seconds),
    }


def load(options: argparse.Namespace) -> Data:
    """Compute features and labels, and split them by time."""
    panel = load_panel(options)
    features = FeaturePipeline(factors=CODES, preprocessor=Preprocessor(outliers="clip")).fit_transform(panel)
    returns = np.where(panel.universe_array & panel.traded_array, forward_returns(panel, HORIZON), np.nan)
    labels = rank_labels(returns, panel.universe_array)
    train, validation = split_rows(labels, validation=0.2, horizon=HORIZON, burn_in=20)
    values, observed = to_tensors(features, "cpu")
    return Data(values, observed, to_labels(labels, values.device), train, validation)


def load_panel(options: argparse.Namespace) -> Panel:
    """Read the bars that the options name, or simulate a market."""
    if options.data is None:
        return simulate_market(options.stocks, options.days, seed=1)
    members = None if options.members is None else read_members(options.members, index=options.index)
    panel = Panel.read(options.data, members=members)
    return panel if options.end is None else panel.until(options.end)


def flops_a_label(n_features: int) -> float:
    """Count the multiplications and additions of one training label, the warm-up of its sequence included."""
    settings = TrainingSettings()
    step = 2 * 4 * HIDDEN * (n_features + HIDDEN) + 2 * HIDDEN
    backward = 3  # twice the work of the pass forward, on top of it
    return backward * step * settings.length / (settings.length - settings.burn_in)


def matrix_rate(size: int = 1024) -> float:
    """Return the multiplications and additions a second of one large matrix product, in one thread."""
    left, right = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / best(lambda: left @ right, 5)


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Let PyTorch spread each operation over some threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def timed(job: Callable[[], Any]) -> float:
    """Return the seconds that a job takes."""
    begin = time.perf_counter()
    job()
    return time.perf_counter() - begin


def best(job: Callable[[], Any], repeat: int) -> float:
    """Return the least of several times."""
    return min(timed(job) for _ in range(repeat))


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Time the LSTM against overlapping windows.")
    parser.add_argument("--data", type=Path, help="bars; without it a market is simulated")
    parser.add_argument("--members", type=Path, help="membership ranges")
    parser.add_argument("--index", help="which index of the membership file")
    parser.add_argument("--end", help="last date of the bars that is used")
    parser.add_argument("--stocks", type=int, default=200)
    parser.add_argument("--days", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--window-epochs", type=int, default=2, help="epochs of the windows")
    parser.add_argument("--seeds", type=int, default=4, help="networks trained each way")
    parser.add_argument("--window-share", type=float, default=1.0, help="part of the windows in each epoch")
    parser.add_argument("--stocks-of-a-day", type=int, default=5000)
    parser.add_argument("--large", action="store_true", help="5,000 x 2,500 x 30 as well: minutes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
