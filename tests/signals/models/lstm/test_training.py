"""How a network is trained: sequences, purge, early stopping."""

import copy

import numpy as np
import pytest
import torch
from btalpha.feeds import Panel
from btalpha.signals import LSTMSignal
from btalpha.signals.features import FeaturePipeline, rank_labels
from btalpha.signals.labels import forward_returns
from btalpha.signals.models.lstm.network import ScoreNet
from btalpha.signals.models.lstm.training import Data, Epoch, Trainer, TrainingSettings, predict

T, N, F = 120, 12, 2


@pytest.fixture
def data() -> Data:
    """The label of a day is its first feature of the day before: only a memory can tell it."""
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(T, N, F, generator=rng)
    labels = torch.cat([torch.full((1, N), torch.nan), features[:-1, :, 0]])
    observed = torch.ones(T, N, dtype=torch.bool)
    return Data(features, observed, labels, train=slice(0, 80), validation=slice(90, T))


def settings(**changes: object) -> TrainingSettings:
    defaults = {"epochs": 25, "patience": 25, "learning_rate": 0.03, "length": 20, "burn_in": 5}
    return TrainingSettings(**{**defaults, **changes})  # type: ignore[arg-type]


def network(seed: int = 1) -> ScoreNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ScoreNet(F, hidden=8)


class Scripted(Trainer):
    """Validation rank ICs that are given, and weights that tell the epoch."""

    def train_step(self, network: ScoreNet, *_: object) -> float:
        return 0.0

    def validate(self, network: ScoreNet, data: Data) -> float:
        number = len(self.history) + 1
        with torch.no_grad():
            network.head.bias.fill_(number)
        return self.script[number - 1]

    script: tuple[float, ...] = ()


class TestLearning:
    def test_learns_what_only_a_memory_can_tell(self, data: Data) -> None:
        trainer = Trainer(settings(), seed=0)
        fitted = trainer.fit(network(), data)
        assert trainer.validate(fitted, data) > 0.9
        assert trainer.history[-1].loss < 0.2 < trainer.history[0].loss

    def test_shuffled_labels_teach_nothing(self, data: Data) -> None:
        order = np.random.default_rng(0).permutation(T)
        shuffled = copy.copy(data)
        object.__setattr__(shuffled, "labels", data.labels[order])
        trainer = Trainer(settings(epochs=8), seed=0)
        trainer.fit(network(), shuffled)
        assert abs(np.mean([epoch.rank_ic for epoch in trainer.history])) < 0.1

    def test_seed_decides_the_bytes(self, data: Data) -> None:
        def weights(seed: int) -> list[bytes]:
            fitted = Trainer(settings(epochs=2), seed=seed).fit(network(), data)
            return [values.numpy().tobytes() for values in fitted.state_dict().values()]

        assert weights(3) == weights(3)
        assert weights(3) != weights(4)


class TestSequences:
    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("train", [slice(0, 80), slice(30, 61), slice(0, 7)])
    def test_each_label_after_the_first_warm_up_counts_once(
        self, data: Data, train: slice, seed: int
    ) -> None:
        object.__setattr__(data, "train", train)
        one = settings()
        learned = np.zeros(T, dtype=int)
        for rows in Trainer(one, seed=0).sequences(data, np.random.default_rng(seed)):
            assert rows.stop - rows.start > one.burn_in
            assert rows.stop <= train.stop
            learned[rows.start + one.burn_in : rows.stop] += 1
        begin = max(train.start, one.burn_in)
        assert (learned[begin : train.stop] == 1).all()
        assert (learned[train.stop :] == 0).all()
        assert (learned[: one.burn_in] == 0).all()

    def test_the_burn_in_only_warms_the_state_up(self, data: Data) -> None:
        losses = []
        for spoiled_rows in (slice(0, 0), slice(0, 5), slice(0, 6)):
            data.labels[spoiled_rows] = torch.arange(float(N))
            trainer, one = Trainer(settings(), seed=0), network()
            losses.append(trainer.train_step(trainer.begin(one, data), data, slice(0, 20)))
        assert losses[0] == losses[1] != losses[2]

    def test_rows_after_the_training_rows_are_not_read(self, data: Data) -> None:
        spoiled = copy.copy(data)
        object.__setattr__(spoiled, "labels", data.labels.clone())
        object.__setattr__(spoiled, "features", data.features.clone())
        spoiled.labels[80:90] = 1e6
        spoiled.features[80:90] = 1e6
        trainer, other = (Trainer(settings(epochs=1), seed=0) for _ in range(2))
        trainer.fit(network(), data)
        other.fit(network(), spoiled)
        assert trainer.history[0].loss == other.history[0].loss

    def test_a_day_with_one_stock_teaches_nothing(self, data: Data) -> None:
        alone = copy.copy(data)
        object.__setattr__(alone, "labels", data.labels.clone())
        alone.labels[:, 1:] = torch.nan
        before = network()
        for loss in ("mse", "correlation"):
            trainer = Trainer(settings(epochs=1, loss=loss), seed=0)
            fitted = trainer.fit(copy.deepcopy(before), alone)
            assert np.isnan(trainer.history[0].loss)
            assert all(
                torch.equal(a, b)
                for a, b in zip(fitted.state_dict().values(), before.state_dict().values(), strict=True)
            )


class TestStopping:
    @pytest.mark.parametrize(
        ("script", "epochs", "kept"),
        [
            ((0.1, 0.3, 0.2, 0.1, 0.5), 4, 2.0),  # two epochs without a better one
            ((0.1, 0.2, 0.3, 0.4, 0.5), 5, 5.0),
            ((-0.3, -0.1, -0.2), 3, 2.0),
            ((np.nan, np.nan, np.nan), 3, 3.0),  # nothing to choose by: the last
            ((np.nan, 0.1, np.nan, 0.05), 4, 2.0),
        ],
    )
    def test_keeps_the_best_and_stops_in_time(
        self, data: Data, script: tuple[float, ...], epochs: int, kept: float
    ) -> None:
        trainer = Scripted(settings(epochs=len(script), patience=2), seed=0)
        trainer.script = script
        fitted = trainer.fit(network(), data)
        assert len(trainer.history) == epochs
        assert fitted.head.bias.item() == kept

    def test_reports_each_epoch(self, data: Data) -> None:
        seen: list[Epoch] = []
        trainer = Trainer(settings(epochs=2), seed=0, on_epoch=seen.append)
        trainer.fit(network(), data)
        assert seen == trainer.history
        assert [epoch.number for epoch in seen] == [1, 2]
        assert all(epoch.seconds > 0 for epoch in seen)

    def test_without_validation_labels_there_is_no_rank_ic(self, data: Data) -> None:
        data.labels[data.validation] = torch.nan
        assert np.isnan(Trainer(settings(), seed=0).validate(network(), data))

    def test_three_stocks_can_be_validated(self, data: Data) -> None:
        few = Data(
            data.features[:, :3], data.observed[:, :3], data.labels[:, :3], data.train, data.validation
        )
        assert np.isfinite(Trainer(settings(), seed=0).validate(network(), few))


class TestPredict:
    def test_one_pass_equals_step_by_step_with_the_state_carried_on(self, data: Data) -> None:
        fitted = network().eval()
        data.observed[7:11, 3] = False
        got = predict(fitted, data.features, data.observed)
        for i in (0, 3):
            state, scores = None, []
            for t in np.flatnonzero(data.observed[:, i]):
                with torch.no_grad():
                    score, state = fitted(data.features[t : t + 1, i][None], state)
                scores.append(score.item())
            np.testing.assert_allclose(got[data.observed[:, i].numpy(), i], scores, rtol=1e-4, atol=1e-6)

    def test_stocks_are_scored_by_themselves(self, data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = predict(network(), data.features, data.observed)
        monkeypatch.setattr("btalpha.signals.models.lstm.training._STOCKS_AT_ONCE", 5)
        np.testing.assert_allclose(predict(network(), data.features, data.observed), whole, atol=1e-6)


class TestSplit:
    @pytest.mark.parametrize(("horizon", "label"), [(1, "open"), (5, "open"), (10, "close")])
    def test_no_training_label_reaches_into_the_validation(
        self, gappy: Panel, horizon: int, label: str
    ) -> None:
        signal = LSTMSignal(factors=["rev5"], horizon=horizon, label=label, burn_in=8, length=25)
        features = FeaturePipeline(factors=["rev5"]).fit_transform(gappy)
        labels = rank_labels(forward_returns(gappy, horizon, label=label), gappy.universe_array)
        split = signal._data(features, labels, gappy)
        last_price = split.train.stop - 1 + horizon + (1 if label == "open" else 0)
        assert last_price < split.validation.start
        known = np.flatnonzero(np.isfinite(labels).any(axis=1))
        assert (split.train.start, split.validation.stop) == (known[0], known[-1] + 1)
        share = (split.validation.stop - split.validation.start) / len(known)
        assert share == pytest.approx(0.2, abs=0.01)
