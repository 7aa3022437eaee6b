"""LSTMSignal: suspended days, warm-up, seeds, and that it learns."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import LSTMSignal, evaluate, forward_returns
from btalpha.signals.ic import daily_ic
from btalpha.signals.models.lstm.training import Epoch
from btalpha.signals.provider import NotFittedError

CODES = ["rev5", "vol20", "turn5", "mom20"]


def tiny(**settings: object) -> LSTMSignal:
    defaults = {"hidden": 4, "epochs": 2, "ensemble": 2, "length": 25, "burn_in": 8, "horizon": 3, "seed": 5}
    return LSTMSignal(factors=CODES, **{**defaults, **settings})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted(gappy: Panel) -> LSTMSignal:
    return tiny().fit(gappy.until(gappy.dates[139]))


class TestOnePass:
    def test_equals_step_by_step_on_truncated_panels(self, fitted: LSTMSignal, gappy: Panel) -> None:
        whole = fitted.predict(gappy)
        for date in gappy.dates[150:200:7]:
            last = fitted.predict(gappy.until(date)).iloc[-1]
            np.testing.assert_allclose(last, whole.loc[date], rtol=1e-5, atol=1e-9)


class TestOneMoreDay:
    """predict_latest carries the state on; it gives what a pass over all days gives."""

    def test_equals_the_last_row_whatever_was_asked_before(self, fitted: LSTMSignal, gappy: Panel) -> None:
        whole = fitted.predict(gappy)
        for date in gappy.dates[[150, 151, 152, 160, 155, 155, 199]]:  # on, ahead, back, again
            got = fitted.predict_latest(gappy.until(date))
            assert got.index.tolist() == [date]
            np.testing.assert_allclose(got.iloc[0], whole.loc[date], rtol=1e-4, atol=1e-9)

    def test_reads_only_what_is_new(self, fitted: LSTMSignal, gappy: Panel, monkeypatch) -> None:
        from btalpha.signals.models.lstm.memory import Memory

        fitted.predict_latest(gappy.until(gappy.dates[170]))
        monkeypatch.setattr(Memory, "read", None)  # a second pass over the history would fail
        steps = []
        advance = Memory.advance
        monkeypatch.setattr(Memory, "advance", lambda *args: (steps.append(1), advance(*args)))
        fitted.predict_latest(gappy.until(gappy.dates[171]))
        assert len(steps) == len(fitted.networks_)

    def test_a_mended_bar_is_read_again(self, fitted: LSTMSignal, gappy: Panel) -> None:
        fitted.predict_latest(gappy.until(gappy.dates[180]))
        arrays = {name: gappy.array(name).copy() for name in gappy.fields}
        for name in ("open", "high", "low", "close"):
            arrays[name][120:140] *= np.linspace(0.5, 2.0, len(gappy.symbols))
        mended = gappy.with_arrays(arrays).until(gappy.dates[181])
        np.testing.assert_allclose(
            fitted.predict_latest(mended).iloc[0], fitted.predict(mended).iloc[-1], rtol=1e-4, atol=1e-9
        )

    def test_other_stocks_are_read_anew(self, fitted: LSTMSignal, gappy: Panel) -> None:
        fitted.predict_latest(gappy)
        fewer = gappy.select(list(gappy.symbols[:9]))
        np.testing.assert_allclose(
            fitted.predict_latest(fewer).iloc[0], fitted.predict(fewer).iloc[-1], rtol=1e-4, atol=1e-9
        )

    def test_a_new_fit_forgets(self, gappy: Panel) -> None:
        signal = tiny(epochs=1).fit(gappy.until(gappy.dates[120]))
        signal.predict_latest(gappy)
        signal.seed = 99
        signal.fit(gappy.until(gappy.dates[120]))
        np.testing.assert_allclose(
            signal.predict_latest(gappy).iloc[0], signal.predict(gappy).iloc[-1], rtol=1e-4, atol=1e-9
        )

    def test_must_be_fitted(self, gappy: Panel) -> None:
        with pytest.raises(NotFittedError):
            tiny().predict_latest(gappy)


class TestOutputs:
    def test_daily_has_an_output_a_session(self, gappy: Panel, tmp_path) -> None:
        signal = tiny(outputs="daily").fit(gappy.until(gappy.dates[139]))
        assert signal.networks_[0].head.out_features == 3
        signal.save(tmp_path / "m")
        pd.testing.assert_frame_equal(LSTMSignal.load(tmp_path / "m").predict(gappy), signal.predict(gappy))

    def test_daily_labels_are_places_of_each_sessions_return(self, gappy: Panel) -> None:
        labels = tiny(outputs="daily")._daily_labels(gappy)
        opens = gappy.adjusted("open").ffill()
        everybody = gappy.traded & pd.DataFrame(gappy.universe_array, gappy.dates, gappy.symbols)
        entered = gappy.adjusted("open").shift(-1).notna()
        for day in range(3):
            # Where a stock is suspended its last close stands in; those days are left out of the comparison.
            returns = opens.shift(-day - 2) / opens.shift(-day - 1) - 1
            quiet = gappy.traded.shift(-day - 1, fill_value=False) & gappy.traded.shift(
                -day - 2, fill_value=False
            )
            rows = np.flatnonzero((everybody & entered).eq(everybody & quiet).all(axis=1))[:40]
            assert len(rows) > 5
            for t in rows:
                here = (everybody & entered & quiet).iloc[t].to_numpy()
                got = pd.Series(labels[t, here, day]).rank().to_numpy()
                np.testing.assert_array_equal(got, returns.iloc[t][here].rank().to_numpy())

    @pytest.mark.parametrize("loss", ["correlation", "mse", "pairwise"])
    @pytest.mark.parametrize("outputs", ["horizon", "daily"])
    @pytest.mark.parametrize("target", ["rank", "zscore"])
    def test_all_combinations_find_what_is_planted(
        self, planted: Panel, loss: str, outputs: str, target: str
    ) -> None:
        signal = LSTMSignal(
            factors=CODES, hidden=12, epochs=6, ensemble=1, length=40, burn_in=10,
            loss=loss, outputs=outputs, target=target,
        )  # fmt: skip
        scores = signal.fit(planted.until(planted.dates[299])).predict(planted).iloc[306:]
        assert evaluate(scores, planted, 5).summary()["rank_ic"] > 0.04


class TestSuspendedDays:
    def test_have_no_score_and_do_not_move_the_state(self, fitted: LSTMSignal) -> None:
        """Taking a suspended day out of the features altogether changes no other score of the stock."""
        features = (
            np.random.default_rng(0).normal(size=(50, 3, fitted.features_.n_features)).astype(np.float32)
        )
        features[20:26, 1] = np.nan
        panel = _panel(50, 3)
        with_gap = fitted._score_each(features, panel)[0]
        assert np.isnan(with_gap[20:26, 1]).all()
        closed = features.copy()
        closed[:44, 1] = np.delete(features[:, 1], slice(20, 26), axis=0)
        closed[44:, 1] = np.nan
        raw = [_raw(fitted, values) for values in (features, closed)]
        np.testing.assert_allclose(np.delete(raw[0][:, 1], slice(20, 26)), raw[1][:44, 1], atol=1e-6)
        np.testing.assert_allclose(raw[0][:, [0, 2]], raw[1][:, [0, 2]], atol=1e-6)

    def test_warm_up_counts_traded_bars(self, fitted: LSTMSignal, gappy: Panel) -> None:
        everybody = gappy.with_universe(np.ones(gappy.universe_array.shape, dtype=bool))
        scores = fitted.predict(everybody)
        age = everybody.traded.cumsum()
        assert scores.notna().equals(everybody.traded & (age >= 8))


def _raw(signal: LSTMSignal, features: np.ndarray) -> np.ndarray:
    from btalpha.signals.models.lstm.data import to_tensors
    from btalpha.signals.models.lstm.training import predict

    return predict(signal.networks_[0], *to_tensors(features, "cpu"))


def _panel(days: int, stocks: int) -> Panel:
    close = np.ones((days, stocks))
    symbols = pd.Index([f"s{i}" for i in range(stocks)])
    return Panel(dates=pd.bdate_range("2016-01-04", periods=days), symbols=symbols, arrays={"close": close})


class TestEnsemble:
    def test_is_the_mean_of_its_networks(self, fitted: LSTMSignal, gappy: Panel) -> None:
        each = fitted.predict_each(gappy)
        assert len(each) == 2
        assert not each[0].equals(each[1])
        np.testing.assert_allclose(fitted.predict(gappy), sum(each) / 2, rtol=1e-12)

    def test_its_second_network_is_the_first_of_the_next_seed(self, fitted: LSTMSignal, gappy: Panel) -> None:
        next_seed = tiny(seed=6, ensemble=1).fit(gappy.until(gappy.dates[139]))
        weights = {name: values for name, values in next_seed._weights().items() if "network" in name}
        for name, values in weights.items():
            np.testing.assert_array_equal(values, fitted._weights()[name.replace("network.0", "network.1")])

    def test_other_seed_other_scores(self, fitted: LSTMSignal, gappy: Panel) -> None:
        other = tiny(seed=50).fit(gappy.until(gappy.dates[139])).predict(gappy)
        assert not other.equals(fitted.predict(gappy))

    def test_reports_epochs_by_network(self, gappy: Panel) -> None:
        seen: list[tuple[int, Epoch]] = []
        signal = tiny(on_epoch=lambda number, epoch: seen.append((number, epoch))).fit(gappy)
        for wanted, history in enumerate(signal.history_):  # networks may train side by side
            assert [epoch for number, epoch in seen if number == wanted] == history
            assert [epoch.number for epoch in history] == [1, 2]
        best = [max(epoch.rank_ic for epoch in history) for history in signal.history_]
        assert signal.validation_rank_ic_ == pytest.approx(np.mean(best))

    def test_does_not_depend_on_how_many_train_side_by_side(
        self, fitted: LSTMSignal, gappy: Panel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for cores in (1, 5):
            monkeypatch.setattr("btalpha.signals.threads.os.cpu_count", lambda cores=cores: cores)
            again = tiny().fit(gappy.until(gappy.dates[139])).predict(gappy)
            pd.testing.assert_frame_equal(again, fitted.predict(gappy), check_exact=True)

    def test_leaves_the_number_of_threads_as_it_was(self, gappy: Panel) -> None:
        import torch

        before = torch.get_num_threads()
        tiny().fit(gappy).predict(gappy)
        assert torch.get_num_threads() == before

    def test_a_loaded_one_knows_how_it_was_trained(self, fitted: LSTMSignal, tmp_path) -> None:
        fitted.save(tmp_path / "m")
        loaded = LSTMSignal.load(tmp_path / "m")
        assert loaded.validation_rank_ic_ == fitted.validation_rank_ic_
        for got, wanted in zip(loaded.history_, fitted.history_, strict=True):
            assert [(e.number, e.loss, e.rank_ic) for e in got] == [
                (e.number, e.loss, e.rank_ic) for e in wanted
            ]


@pytest.fixture(scope="module")
def planted() -> Panel:
    return simulate_market(n_symbols=120, n_days=500, seed=11, strength=2.0)


class TestLearning:
    """Fitted on 300 days; scored on the rows whose labels begin after them."""

    def later_scores(self, panel: Panel) -> pd.DataFrame:
        signal = LSTMSignal(
            factors=CODES, hidden=12, epochs=8, ensemble=1, length=40, burn_in=10, dropout=0.1
        )
        return signal.fit(panel.until(panel.dates[299])).predict(panel).iloc[306:]

    def test_finds_what_is_planted(self, planted: Panel) -> None:
        assert evaluate(self.later_scores(planted), planted, 5).summary()["rank_ic"] > 0.06

    def test_finds_nothing_in_shuffled_labels(self, planted: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        def shuffled(panel: Panel, horizon: int, *, label: str) -> np.ndarray:
            rng = np.random.default_rng(0)
            return np.array([rng.permutation(row) for row in forward_returns(panel, horizon, label=label)])

        monkeypatch.setattr("btalpha.signals.models.feature_signal.forward_returns", shuffled)
        ic = daily_ic(self.later_scores(planted).to_numpy(), shuffled(planted, 5, label="open")[306:])
        assert abs(np.nanmean(ic)) < 0.03


class TestValidation:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"hidden": 0}, "hidden must be 1 or more, got 0"),
            ({"layers": 0}, "layers must be 1 or more, got 0"),
            ({"dropout": 1.0}, r"dropout must be in \[0, 1\), got 1.0"),
            ({"loss": "hinge"}, "loss must be 'correlation', 'mse' or 'pairwise', got 'hinge'"),
            ({"outputs": "all"}, "outputs must be 'horizon' or 'daily', got 'all'"),
            ({"target": "sign"}, "target must be 'rank' or 'zscore', got 'sign'"),
            ({"epochs": 0}, "epochs must be 1 or more, got 0"),
            ({"patience": 0}, "patience must be 1 or more, got 0"),
            ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
            ({"weight_decay": -0.1}, "weight_decay must be 0 or more, got -0.1"),
            ({"burn_in": 0}, "burn_in must be from 1 to length - 1 = 24 days, got 0"),
            ({"burn_in": 25}, "burn_in must be from 1 to length - 1 = 24 days, got 25"),
            ({"validation": 1.0}, "validation must be a share between 0 and 1, got 1.0"),
            ({"ensemble": 0}, "ensemble must be 1 network or more, got 0"),
            ({"seed": -1}, "seed must be 0 or more, got -1"),
            ({"device": "gpu"}, "device must be 'auto', 'cpu' or 'cuda', got 'gpu'"),
            ({"horizon": 0}, "horizon must be a whole number"),
        ],
    )
    def test_settings(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            tiny(**settings)

    def test_too_few_days_to_train_on(self, gappy: Panel) -> None:
        with pytest.raises(
            ValueError, match=r"panel must leave more than burn_in = 8 dates to train on, got \d of 16"
        ):
            tiny().fit(gappy.until(gappy.dates[75]).between(gappy.dates[60], gappy.dates[75]))
