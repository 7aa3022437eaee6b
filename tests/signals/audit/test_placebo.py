"""Shuffled labels and late scores lose the IC; a leak keeps it, or loses it at once."""

from typing import Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import (
    FactorSignal,
    ICScreen,
    LSTMSignal,
    RidgeSignal,
    SignalProvider,
    WalkForward,
    forward_returns,
)
from btalpha.signals.audit import Placebo, ShuffledLabels, run_placebo, shuffle_labels
from btalpha.signals.audit.placebo import delayed_ic

CODES = ["rev5", "vol20", "turn5", "mom20", "maxret20", "amihud20"]
HORIZON = 5


@pytest.fixture(scope="module")
def strong() -> Panel:
    """A market in which there is much to find."""
    return simulate_market(n_symbols=60, n_days=420, seed=3, strength=3.0)


def walk(panel: Panel, provider: SignalProvider) -> WalkForward:
    return WalkForward(provider, start=panel.dates[200], refit=60)


class KnowsTheReturns(RidgeSignal):
    """A ridge whose scores are what will follow: no label is needed for that."""

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel.frame(forward_returns(panel, self.horizon))


class KnowsTomorrow(SignalProvider):
    """Scores are the return of the next session."""

    horizon = 1

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel.frame(forward_returns(panel, 1))


class TestShuffledLabels:
    @pytest.mark.parametrize("seed", range(5))
    def test_stocks_change_places_within_the_day(self, holes: np.ndarray, seed: int) -> None:
        out = ShuffledLabels(seed)(holes)
        np.testing.assert_array_equal(np.isnan(out), np.isnan(holes))
        np.testing.assert_array_equal(np.sort(out, axis=1), np.sort(holes, axis=1))
        assert not np.array_equal(out, holes, equal_nan=True)

    def test_days_change_places_whole(self, holes: np.ndarray) -> None:
        out = ShuffledLabels(1, "days")(holes)
        assert np.isnan(out[7]).all(), "a day without labels stays where it is"

        def multiset(rows: np.ndarray) -> list[tuple[float, ...]]:
            return sorted(map(tuple, np.nan_to_num(rows, nan=99.0).tolist()))

        assert multiset(out) == multiset(holes)
        assert not np.array_equal(out, holes, equal_nan=True)

    def test_the_same_seed_gives_the_same_order(self, holes: np.ndarray) -> None:
        for by in ("stocks", "days"):
            one, two, other = (ShuffledLabels(seed, by)(holes) for seed in (1, 1, 2))
            np.testing.assert_array_equal(one, two)
            assert not np.array_equal(one, other, equal_nan=True)

    def test_screening_and_training_get_them(self, strong: Panel) -> None:
        plain = RidgeSignal(factors=CODES, screen=ICScreen(min_factors=1), horizon=HORIZON)
        shuffled = shuffle_labels(plain, 0)
        assert plain.label_transform is None, "the provider given is not touched"
        true, placebo = plain.fit(strong), shuffled.fit(strong)
        assert isinstance(placebo, RidgeSignal)
        for model in (true, placebo):
            assert model.features_ is not None
            assert model.features_.screen_ is not None
        strength = [abs(m.features_.screen_.table_["t"]).max() for m in (true, placebo)]  # type: ignore[union-attr,index]
        assert strength[0] > 5
        assert strength[1] < 4
        assert true.coefficients_ is not None
        assert placebo.coefficients_ is not None
        assert np.abs(placebo.coefficients_).max() < np.abs(true.coefficients_).max() / 3

    def test_an_output_a_day_learns_them_too(self, strong: Panel) -> None:
        plain = LSTMSignal(factors=CODES[:2], horizon=2, outputs="daily")
        shuffled = shuffle_labels(plain, 0)
        assert isinstance(shuffled, LSTMSignal)
        true, placebo = plain._daily_labels(strong), shuffled._daily_labels(strong)
        assert true.shape == (*strong.traded_array.shape, 2)
        for day in range(2):
            assert abs(np.nanmean(true[:, :, day] * placebo[:, :, day])) < 0.05
            np.testing.assert_allclose(np.sort(placebo[:, :, day]), np.sort(true[:, :, day]))

    def test_what_learns_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"must be a FeatureSignal, .* got FactorSignal"):
            shuffle_labels(FactorSignal("rev5"), 0)


class TestPlacebo:
    def test_an_honest_model_loses_its_ic(self, strong: Panel) -> None:
        seen: list[tuple[int, int]] = []
        found = run_placebo(
            walk(strong, RidgeSignal(factors=CODES, horizon=HORIZON)),
            strong,
            seeds=range(6),
            by=["stocks", "days"],
            on_step=lambda done, todo: seen.append((done, todo)),
        )
        assert seen[-1] == (13, 13)
        assert found.shuffled.groupby("by").size().to_dict() == {"days": 6, "stocks": 6}
        assert found.rank_ic > 0.1
        assert found.t > 5
        mean, spread, top = found.chance()
        chosen = found.shuffled[found.shuffled["by"] == "stocks"]
        assert mean == pytest.approx(chosen["rank_ic"].to_numpy().mean())
        assert spread == pytest.approx(chosen["rank_ic"].to_numpy().std(ddof=1))
        assert top == chosen["t"].abs().max()
        assert abs(mean) < found.rank_ic / 3
        assert not found.keeps_ic_without_labels
        assert not found.falls_at_once
        assert not found.keeps_ic_when_late
        table = found.delayed["rank_ic"]
        assert list(table.index) == [0, 1, 2, 5, 10, 20]
        assert abs(table[20]) < table[0] / 2
        labels, late = found.sentences()
        assert "the IC is lost with the labels, as it should be. With whole days shuffled " in labels
        assert late.endswith("it falls with the delay, as it should.")

    def test_an_ic_that_needs_no_labels_is_caught(self, strong: Panel) -> None:
        leaking = KnowsTheReturns(factors=CODES, horizon=HORIZON)
        found = run_placebo(leaking, strong, seeds=range(3), by=["stocks"])
        assert found.keeps_ic_without_labels
        assert "so it comes from elsewhere: a leak?" in found.sentences()[0]

    def test_scores_that_know_tomorrow_fall_at_once(self, strong: Panel) -> None:
        found = run_placebo(KnowsTomorrow(), strong)
        assert found.shuffled.empty
        assert found.falls_at_once
        assert "look for a leak" in found.sentences()[1]
        assert "nothing to shuffle" in found.sentences()[0]

    def test_a_market_without_anything_to_find(self) -> None:
        panel = simulate_market(n_symbols=30, n_days=260, seed=3, strength=0.0)
        found = run_placebo(walk(panel, RidgeSignal(factors=CODES[:2])), panel, seeds=[0, 1], by=["stocks"])
        assert "too weak" in found.sentences()[1] or abs(found.t) >= 3


class TestWords:
    def placebo(self, **changes: object) -> Placebo:
        rows = [("stocks", seed, value, 10 * value) for seed, value in enumerate([0.01, -0.02, 0.005])]
        content = {
            "rank_ic": 0.08,
            "t": 6.0,
            "n_days": 100,
            "shuffled": pd.DataFrame(rows, columns=["by", "seed", "rank_ic", "t"]),
            "delayed": pd.DataFrame({"rank_ic": [0.08, 0.07, 0.01], "t": 1.0}, index=[0, 1, 20]),
        }
        return Placebo(**{**content, **changes})  # type: ignore[arg-type]

    def test_as_it_should_be(self) -> None:
        labels, late = self.placebo().sentences()
        assert labels == (
            "Shuffled labels: rank IC -0.0017 in the mean of 3 placebos (standard deviation 0.0161, largest |t| "
            "0.2), +0.0800 with the true ones: the IC is lost with the labels, as it should be."
        )
        assert late == (
            "Late scores: the rank IC is +0.0800 in time, +0.0700 one day late and +0.0100 20 days late: it "
            "falls with the delay, as it should."
        )

    def test_placebos_as_strong_as_the_model(self) -> None:
        assert "1 of the placebos are as strong" in self.placebo(rank_ic=0.015).sentences()[0]

    def test_an_ic_that_stays(self) -> None:
        slow = pd.DataFrame({"rank_ic": [0.05, 0.05, 0.06], "t": 5.0}, index=[0, 1, 20])
        assert self.placebo(delayed=slow).sentences()[1].endswith("slower than the delay.")


def test_delayed_scores_are_those_of_earlier_days(strong: Panel) -> None:
    # What follows in five sessions, known five sessions too early: a delay of five puts it right.
    ahead = strong.frame(forward_returns(strong, 1)).shift(-5)
    table = delayed_ic(ahead, strong, 1, delays=[0, 5])
    assert table.at[5, "rank_ic"] == pytest.approx(1.0)
    assert abs(table.at[0, "rank_ic"]) < 0.2
