"""Steps that mix times: each stock at a stretch of its own."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from btalpha.signals import LSTMSignal
from btalpha.signals.models.lstm.checkpoint import Checkpoint
from btalpha.signals.models.lstm.data import Data
from btalpha.signals.models.lstm.mixing import Stretches, mixed_stretches
from btalpha.signals.models.lstm.network import ScoreNet, seeded
from btalpha.signals.models.lstm.run import Epoch
from btalpha.signals.models.lstm.training import Trainer, TrainingSettings

T, N, F = 120, 13, 2


@pytest.fixture
def data() -> Data:
    """The label of a day is its first feature of the day before; some days have no bar."""
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(T, N, F, generator=rng)
    labels = torch.cat([torch.full((1, N), torch.nan), features[:-1, :, 0]])
    observed = torch.rand(T, N, generator=rng) > 0.1
    features[~observed], labels[~observed] = torch.nan, torch.nan
    return Data(features, observed, labels, train=slice(0, 80), validation=slice(90, T))


def settings(**changes: object) -> TrainingSettings:
    defaults = {"loss": "mse", "epochs": 2, "learning_rate": 0.02, "length": 20, "burn_in": 5, "parts": 3}
    return TrainingSettings(**{**defaults, **changes})  # type: ignore[arg-type]


def network(outputs: int = 1) -> ScoreNet:
    with seeded(1):
        return ScoreNet(F, hidden=8, outputs=outputs)


def weights(network: ScoreNet) -> list[bytes]:
    return [values.numpy().tobytes() for values in network.state_dict().values()]


class Noting(Trainer):
    """Counts from which labels it learned."""

    def mixed_step(self, run, data: Data, stretches: Stretches) -> float:
        for stock, days in zip(stretches.stocks, stretches.days.T, strict=True):
            learned = days[self.settings.burn_in :]
            learned = learned[(learned >= self.settings.burn_in) & (learned < data.train.stop)]
            self.counts[learned, stock] += 1
        return super().mixed_step(run, data, stretches)

    counts: np.ndarray


def by_hand(net: ScoreNet, data: Data, some: Stretches, burn_in: int) -> float:
    """Go stock by stock and bar by bar, from an empty state."""
    errors = []
    for stock, days in zip(some.stocks, some.days.T, strict=True):
        state = None
        for number, day in enumerate(days):
            if not 0 <= day < data.train.stop or not data.observed[day, stock]:
                continue
            outputs, state = net.outputs(data.features[day, stock].reshape(1, 1, -1), state)
            told = data.targets[day, stock]
            if number >= burn_in and day >= burn_in:
                errors += [float(e) for e in ((outputs[0, 0] - told) ** 2).detach() if torch.isfinite(e)]
    return float(np.mean(errors))


class TestStep:
    @pytest.mark.parametrize("outputs", [1, 2])
    def test_equals_each_stock_by_itself_bar_by_bar(self, data: Data, outputs: int) -> None:
        if outputs == 2:
            object.__setattr__(data, "daily", torch.stack([data.labels, -data.labels], -1))
        starts = np.array([-9, 6, 21, 36, 66])
        for some in mixed_stretches(starts, 20, N, 3, np.random.default_rng(2)):
            trainer, net = Trainer(settings(), seed=0), network(outputs)
            wanted = by_hand(network(outputs), data, some, 5)
            assert trainer.mixed_step(trainer.begin(net, data), data, some) == pytest.approx(wanted, rel=1e-5)

    def test_equals_the_plain_step_where_all_are_at_one_stretch(self, data: Data) -> None:
        some = Stretches(np.arange(N), np.arange(30, 50)[:, None].repeat(N, 1))
        nets, losses = [network(), network()], []
        for net in nets:
            trainer = Trainer(settings(), seed=0)
            run = trainer.begin(net, data)
            mixed = net is nets[0]
            losses.append(
                trainer.mixed_step(run, data, some) if mixed else trainer.train_step(run, data, slice(30, 50))
            )
        assert losses[0] == pytest.approx(losses[1], rel=1e-6)
        for one, two in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
            torch.testing.assert_close(one, two)

    def test_without_labels_nothing_is_learned(self, data: Data) -> None:
        data.labels[:80] = torch.nan
        net, trainer = network(), Trainer(settings(), seed=0)
        assert np.isnan(trainer.run_epoch(trainer.begin(net, data), data).loss)
        assert weights(net) == weights(network())


class TestPass:
    @pytest.mark.parametrize("parts", [2, 5, 99])
    @pytest.mark.parametrize("train", [slice(0, 80), slice(30, 61), slice(0, 7)])
    def test_each_label_after_the_first_warm_up_counts_once(
        self, data: Data, train: slice, parts: int
    ) -> None:
        object.__setattr__(data, "train", train)
        trainer = Noting(settings(parts=parts), seed=4)
        trainer.counts = np.zeros((T, N), dtype=int)
        trainer.run_epoch(trainer.begin(network(), data), data)
        assert (trainer.counts[max(train.start, 5) : train.stop] == 1).all()
        assert (trainer.counts[train.stop :] == 0).all()
        assert (trainer.counts[:5] == 0).all()

    def test_a_step_mixes_times(self) -> None:
        steps = list(mixed_stretches(np.arange(0, 80, 10), 20, 40, 2, np.random.default_rng(0)))
        assert len(steps) == 16
        assert all(len(np.unique(step.days[0])) > 4 for step in steps)

    def test_rows_after_the_training_rows_are_not_read(self, data: Data) -> None:
        spoiled = copy.copy(data)
        object.__setattr__(spoiled, "labels", data.labels.clone())
        object.__setattr__(spoiled, "features", data.features.clone())
        spoiled.labels[80:90], spoiled.features[80:90] = 1e6, 1e6
        trainers = [Trainer(settings(), seed=0) for _ in range(2)]
        for trainer, one in zip(trainers, (data, spoiled), strict=True):
            trainer.fit(network(), one)
        losses = [[epoch.loss for epoch in trainer.history] for trainer in trainers]
        assert losses[0] == losses[1]

    def test_learns_what_only_a_memory_can_tell(self, data: Data) -> None:
        object.__setattr__(data, "observed", torch.ones(T, N, dtype=torch.bool))
        data.features.nan_to_num_()
        data.labels[1:] = data.features[:-1, :, 0]
        trainer = Trainer(settings(epochs=25, patience=25), seed=0)
        assert trainer.validate(trainer.fit(network(), data), data) > 0.9


class TestBytes:
    def test_seed_decides_them(self, data: Data) -> None:
        fits = [weights(Trainer(settings(), seed=seed).fit(network(), data)) for seed in (3, 3, 4)]
        assert fits[0] == fits[1] != fits[2]

    def test_an_interrupted_training_gives_the_same(self, data: Data, tmp_path: Path) -> None:
        def stop(epoch: Epoch) -> None:
            raise InterruptedError

        place, one = Checkpoint(tmp_path, {}), settings(epochs=4)
        with pytest.raises(InterruptedError):
            Trainer(one, 3, on_epoch=stop, checkpoint=place).fit(network(), data)
        rest = Trainer(one, 3, checkpoint=place).fit(network(), data)
        assert weights(rest) == weights(Trainer(one, 3).fit(network(), data))


class TestSignal:
    @pytest.mark.parametrize(
        "wrong", [{"parts": 0, "loss": "mse"}, {"parts": 2, "loss": "correlation"}, {"parts": 2}]
    )
    def test_names_the_rule(self, wrong: dict) -> None:
        with pytest.raises(
            ValueError, match=rf"parts must be 1, or more with loss 'mse', got {wrong['parts']}"
        ):
            LSTMSignal(**wrong)
