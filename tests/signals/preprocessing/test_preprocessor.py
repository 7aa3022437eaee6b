"""The chain of cleaning steps over a factor library."""

import numpy as np
import pandas as pd
import pytest
from btalpha.signals import NotFittedError, Preprocessor
from btalpha.signals.preprocessing import FillGaps, MadOutliers, Rank, ZScore

CASES = {
    "default": {},
    "the paper's along time": {"scale": "zscore", "axis": "time"},
    "clip and z-score": {"outliers": "clip", "scale": "zscore"},
    "nothing": {"outliers": "none", "gaps": "none", "scale": "none"},
}


@pytest.fixture
def factors(holes: np.ndarray) -> dict[str, pd.DataFrame]:
    symbols = [f"s{i:02}" for i in range(holes.shape[1])]
    return {"a": pd.DataFrame(holes, columns=symbols), "b": pd.DataFrame(holes[::-1] ** 3, columns=symbols)}


@pytest.fixture
def universe(holes: np.ndarray) -> np.ndarray:
    return np.random.default_rng(2).random(holes.shape) < 0.8


def test_is_its_steps_in_the_papers_order(factors: dict, universe: np.ndarray) -> None:
    got = Preprocessor(n_mad=2.0, max_age=3).fit(factors, universe).transform(factors, universe)
    for code, frame in factors.items():
        values = frame.to_numpy()
        for step in (MadOutliers(n=2.0), FillGaps(max_age=3), Rank()):
            values = step.transform(values, universe)
        np.testing.assert_array_equal(got[code].to_numpy(), values)


def test_along_time_is_its_steps_fitted_one_after_the_other(factors: dict, universe: np.ndarray) -> None:
    early = {code: frame.iloc[:40] for code, frame in factors.items()}
    fitted = Preprocessor(scale="zscore", axis="time").fit(early, universe[:40])
    past, values = early["a"].to_numpy(), factors["a"].to_numpy()
    for step in (MadOutliers(axis="time"), FillGaps(), ZScore(axis="time")):
        step.fit(past, universe[:40])
        past, values = step.transform(past, universe[:40]), step.transform(values, universe)
    np.testing.assert_array_equal(fitted.transform(factors, universe)["a"].to_numpy(), values)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES.keys())
class TestEveryChain:
    def test_fit_transform_is_fit_then_transform(
        self, factors: dict, universe: np.ndarray, settings: dict
    ) -> None:
        once = Preprocessor(**settings).fit_transform(factors, universe)
        twice = Preprocessor(**settings).fit(factors, universe).transform(factors, universe)
        assert list(once) == list(twice) == list(factors)
        for code in once:
            pd.testing.assert_frame_equal(once[code], twice[code])

    def test_changes_nothing_it_is_given(self, factors: dict, universe: np.ndarray, settings: dict) -> None:
        before = {code: frame.copy() for code, frame in factors.items()}
        cleaned = Preprocessor(**settings).fit_transform(factors, universe)
        for code in factors:
            cleaned[code].iloc[:, :] = -1.0
            pd.testing.assert_frame_equal(factors[code], before[code])

    def test_what_is_saved_cleans_the_same(self, factors: dict, universe: np.ndarray, settings: dict) -> None:
        fitted = Preprocessor(**settings).fit(factors, universe)
        again = Preprocessor(**fitted.get_settings()).restore(
            list(factors), fitted.symbols, fitted.get_arrays()
        )
        want, got = (one.transform(factors, universe) for one in (fitted, again))
        for code in factors:
            pd.testing.assert_frame_equal(got[code], want[code])

    def test_stocks_in_another_order_are_found_by_name(
        self, factors: dict, universe: np.ndarray, settings: dict
    ) -> None:
        fitted = Preprocessor(**settings).fit(factors, universe)
        turned = {code: frame.iloc[:, ::-1] for code, frame in factors.items()}
        want, got = fitted.transform(factors, universe), fitted.transform(turned, universe[:, ::-1])
        for code in factors:
            pd.testing.assert_frame_equal(got[code].iloc[:, ::-1], want[code], rtol=1e-12)


def test_infinite_values_count_as_missing(factors: dict) -> None:
    infinite = {"a": factors["a"].mask(factors["a"] > 1.5, np.inf).mask(factors["a"] < -1.5, -np.inf)}
    missing = {"a": infinite["a"].replace([np.inf, -np.inf], np.nan)}
    for settings in CASES.values():
        got, want = (Preprocessor(**settings).fit_transform(frames)["a"] for frames in (infinite, missing))
        pd.testing.assert_frame_equal(got, want)


def test_along_time_a_new_stock_has_no_value(factors: dict) -> None:
    few = {code: frame[["s00", "s02"]] for code, frame in factors.items()}
    for settings in ({"scale": "zscore", "axis": "time"}, {"steps": [ZScore(axis="time")]}):
        fitted = Preprocessor(**settings).fit(few)
        other = {"a": factors["a"][["s01", "s02"]]}
        got = fitted.transform(other)["a"]
        assert got["s01"].isna().all()
        np.testing.assert_allclose(got["s02"], fitted.transform({"a": few["a"]})["a"]["s02"])


def test_steps_of_your_own_are_copied_for_each_factor(factors: dict) -> None:
    own = ZScore(axis="time")
    Preprocessor(steps=[own]).fit(factors)
    assert own.statistics_ is None


class TestErrors:
    def test_before_fit(self, factors: dict) -> None:
        with pytest.raises(NotFittedError, match="Preprocessor is not fitted"):
            Preprocessor().transform(factors)

    def test_a_factor_it_has_not_seen(self, factors: dict) -> None:
        with pytest.raises(KeyError, match="factor 'b' was not in fit"):
            Preprocessor().fit({"a": factors["a"]}).transform(factors)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"outliers": "iqr"}, "outliers must be one of mad, clip, none, got 'iqr'"),
            ({"gaps": "linear"}, "gaps must be one of forward, none, got 'linear'"),
            ({"scale": "minmax"}, "scale must be one of rank, zscore, none, got 'minmax'"),
            ({"axis": "days"}, "axis must be 'stocks' or 'time', got 'days'"),
            ({"axis": "time"}, "scale must be 'zscore' or 'none' along time, got 'rank'"),
            ({"n_mad": 0.0}, "n_mad must be above 0 MAD, got 0.0"),
            ({"max_age": -2}, "max_age must be 0 sessions or more, got -2"),
        ],
    )
    def test_settings(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Preprocessor(**settings)

    def test_steps_of_your_own_have_no_settings(self) -> None:
        with pytest.raises(ValueError, match="steps of your own"):
            Preprocessor(steps=[ZScore()]).get_settings()
