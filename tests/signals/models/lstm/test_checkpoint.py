"""A training that is interrupted goes on where it was, and gives the same bytes."""

import os
import signal as signals
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import LSTMSignal
from btalpha.signals.models.lstm.checkpoint import Checkpoint, digest
from btalpha.signals.models.lstm.data import Data
from btalpha.signals.models.lstm.network import ScoreNet, seeded
from btalpha.signals.models.lstm.training import Epoch, Trainer, TrainingSettings

T, N, F = 60, 8, 2
SETTINGS = TrainingSettings(epochs=5, patience=3, length=15, burn_in=4)


@pytest.fixture
def data() -> Data:
    rng = torch.Generator().manual_seed(0)
    features, labels = torch.randn(T, N, F, generator=rng), torch.randn(T, N, generator=rng)
    return Data(features, torch.ones(T, N, dtype=torch.bool), labels, slice(0, 40), slice(45, T))


def network() -> ScoreNet:
    with seeded(1):
        return ScoreNet(F, hidden=4, dropout=0.3)


def weights(network: ScoreNet) -> list[bytes]:
    return [values.numpy().tobytes() for values in network.state_dict().values()]


class InterruptedTrainingError(Exception):
    pass


def train(data: Data, place: Path, *, stop_after: int | None = None) -> tuple[ScoreNet, Trainer]:
    def on_epoch(epoch: Epoch) -> None:
        if epoch.number == stop_after:
            raise InterruptedTrainingError

    trainer = Trainer(SETTINGS, seed=3, on_epoch=on_epoch, checkpoint=Checkpoint(place, {"seed": 3}))
    return trainer.fit(network(), data), trainer


class TestResume:
    @pytest.mark.parametrize("stop_after", [1, 2, 4])
    def test_gives_the_same_bytes(self, data: Data, tmp_path: Path, stop_after: int) -> None:
        whole, plain = train(data, tmp_path / "a")
        with pytest.raises(InterruptedTrainingError):
            train(data, tmp_path / "b", stop_after=stop_after)
        rest, trainer = train(data, tmp_path / "b")
        assert weights(rest) == weights(whole)
        assert [(e.number, e.loss, e.rank_ic) for e in trainer.history] == [
            (e.number, e.loss, e.rank_ic) for e in plain.history
        ]

    def test_keeping_changes_nothing(self, data: Data, tmp_path: Path) -> None:
        assert weights(train(data, tmp_path)[0]) == weights(Trainer(SETTINGS, seed=3).fit(network(), data))

    def test_a_finished_training_is_not_done_again(self, data: Data, tmp_path: Path, monkeypatch) -> None:
        whole, _ = train(data, tmp_path)
        monkeypatch.setattr(Trainer, "run_epoch", None)
        again, trainer = train(data, tmp_path)
        assert weights(again) == weights(whole)
        assert len(trainer.history) == len(train(data, tmp_path)[1].history) > 1

    def test_another_key_is_another_training(self, tmp_path: Path) -> None:
        assert Checkpoint(tmp_path, {"seed": 1}).path != Checkpoint(tmp_path, {"seed": 2}).path


class TestDamage:
    @pytest.mark.parametrize("damage", ["cut", "text", "shape"])
    def test_is_put_aside_and_trained_anew(
        self, data: Data, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
    ) -> None:
        whole, trainer = train(data, tmp_path)
        path = trainer.checkpoint.path  # type: ignore[union-attr]
        if damage == "cut":
            path.write_bytes(path.read_bytes()[:-50])
        elif damage == "text":
            path.write_text("not a training")
        else:
            other = Trainer(SETTINGS, seed=3, checkpoint=Checkpoint(tmp_path, {"seed": 3}))
            path.unlink()
            with seeded(1):
                other.fit(ScoreNet(F, hidden=5), data)
        again, _ = train(data, tmp_path)
        assert weights(again) == weights(whole)
        assert "the training begins anew" in caplog.text
        assert path.with_suffix(".damaged").exists()


class TestDigest:
    def test_tells_shapes_values_and_types_apart(self) -> None:
        one = np.arange(6.0)
        others = [one.reshape(2, 3), one.astype(np.float32), one + np.eye(6)[5] * 1e-12, -one]
        assert len({digest(one), *map(digest, others)}) == 5
        assert digest(one) == digest(one[::1].copy())


class TestSignal:
    def make(self, place: Path | None, **settings) -> LSTMSignal:
        return LSTMSignal(
            factors=["rev5", "vol20"], hidden=4, epochs=3, ensemble=2, length=25, burn_in=8,
            horizon=3, checkpoints=place, **settings,
        )  # fmt: skip

    def test_other_settings_and_bars_are_other_trainings(self, gappy: Panel, tmp_path: Path) -> None:
        for number, (settings, panel) in enumerate(
            [
                ({}, gappy),
                ({"dropout": 0.2}, gappy),
                ({}, gappy.until(gappy.dates[150])),
                ({"seed": 7}, gappy),
            ]
        ):
            self.make(tmp_path, **settings).fit(panel)
            assert len(list(tmp_path.glob("*.training"))) == 2 * (number + 1)
        self.make(tmp_path, seed=1).fit(gappy)  # its first network is the second of seed 0
        assert len(list(tmp_path.glob("*.training"))) == 9

    @pytest.mark.slow
    def test_survives_being_killed(self, tmp_path: Path) -> None:
        script = textwrap.dedent(
            f"""
            import os, signal
            from btalpha.feeds import simulate_market
            from btalpha.signals import LSTMSignal
            def kill(network, epoch):
                if network == 1 and epoch.number == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
            LSTMSignal(
                factors=["rev5", "vol20"], hidden=4, epochs=3, ensemble=2, length=25, burn_in=8,
                horizon=3, checkpoints={str(tmp_path / "kept")!r}, on_epoch=kill,
            ).fit(simulate_market(n_symbols=20, n_days=200, seed=3))
            """
        )
        panel = simulate_market(n_symbols=20, n_days=200, seed=3)
        killed = subprocess.run([sys.executable, "-c", script], env=dict(os.environ), check=False)
        assert killed.returncode == -signals.SIGKILL
        assert any((tmp_path / "kept").glob("*.training"))
        resumed = self.make(tmp_path / "kept").fit(panel).predict(panel)
        pd.testing.assert_frame_equal(resumed, self.make(None).fit(panel).predict(panel), check_exact=True)
