"""The chain of cleaning steps over a factor library."""

import numpy as np
import pandas as pd
import pytest
from btalpha.signals import NotFittedError, Preprocessor
from btalpha.signals.preprocessing import (
    BoxplotOutliers,
    FillGaps,
    LinearInterpolationLooksAhead,
    MadOutliers,
    MinMax,
    Neutralize,
    Rank,
    RobustZScore,
    StdOutliers,
    Step,
    ZScore,
)

CASES = {
    "default": {},
    "mean and deviation": {"outliers": "std", "n_std": 1.0, "scale": "robust_zscore"},
    "box plot": {"outliers": "boxplot", "replace": "clip", "scale": "minmax"},
    "box plot along time": {"outliers": "boxplot", "n_iqr": 0.5, "scale": "minmax", "axis": "time"},
    "robust along time": {"outliers": "std", "scale": "robust_zscore", "axis": "time"},
    "neutralised": {"neutralize": ("size", "industry")},
    "neutralised along time": {"neutralize": ["industry"], "scale": "zscore", "axis": "time"},
    "looking ahead": {"gaps": "linear_interpolation_that_looks_ahead"},
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


@pytest.fixture
def context(factors: dict) -> dict[str, pd.DataFrame | pd.Series]:
    frame = factors["a"]
    sizes = np.random.default_rng(9).normal(23.0, 1.0, frame.shape)
    labels = [f"industry {i % 3}" for i in range(frame.shape[1])]
    return {
        "size": pd.DataFrame(sizes, index=frame.index, columns=frame.columns),
        "industry": pd.Series(labels, index=frame.columns),
    }


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


FILL, RANK = FillGaps(), Rank()
STEPS: list[tuple[dict, list[Step]]] = [
    ({"outliers": "clip"}, [MadOutliers(replace="clip"), FILL, RANK]),
    ({"replace": "clip"}, [MadOutliers(replace="clip"), FILL, RANK]),
    ({"outliers": "std", "n_std": 1.0}, [StdOutliers(n=1.0), FILL, RANK]),
    ({"outliers": "boxplot", "n_iqr": 0.5}, [BoxplotOutliers(n=0.5), FILL, RANK]),
    (
        {"gaps": "linear_interpolation_that_looks_ahead"},
        [MadOutliers(), LinearInterpolationLooksAhead(), RANK],
    ),
    ({"scale": "robust_zscore"}, [MadOutliers(), FILL, RobustZScore()]),
    ({"scale": "minmax"}, [MadOutliers(), FILL, MinMax(low=-1.0)]),
    ({"neutralize": ("size", "industry")}, [MadOutliers(), FILL, Neutralize(), RANK]),
    ({"neutralize": ("size",), "scale": "none"}, [MadOutliers(), FILL, Neutralize(against=("size",))]),
]


@pytest.mark.parametrize(("settings", "steps"), STEPS, ids=[str(one[0]) for one in STEPS])
def test_options_name_steps(
    factors: dict, universe: np.ndarray, context: dict, settings: dict, steps: list[Step]
) -> None:
    got = Preprocessor(**settings).fit_transform(factors, universe, context)
    by_hand = Preprocessor(steps=steps).fit_transform(factors, universe, context)
    arrays = {name: exposure.to_numpy() for name, exposure in context.items()}
    for code, frame in factors.items():
        values = frame.to_numpy()
        for step in steps:
            values = step.transform(values, universe, arrays)
        np.testing.assert_array_equal(got[code].to_numpy(), values)
        np.testing.assert_array_equal(by_hand[code].to_numpy(), values)


class TestContext:
    def test_is_found_by_name(self, factors: dict, universe: np.ndarray, context: dict) -> None:
        cleaning = Preprocessor(neutralize=("size", "industry"))
        want = cleaning.fit_transform(factors, universe, context)
        turned = {name: exposure.iloc[::-1] for name, exposure in context.items()}
        turned["size"] = turned["size"].iloc[:, ::-1]
        arrays = {name: exposure.to_numpy() for name, exposure in context.items()}
        for other in (turned, arrays):
            got = cleaning.fit_transform(factors, universe, other)
            for code in factors:
                pd.testing.assert_frame_equal(got[code], want[code], check_exact=True)

    def test_a_stock_that_it_does_not_know_has_no_value(self, factors: dict, context: dict) -> None:
        context = {"size": context["size"].drop(columns="s00"), "industry": context["industry"].drop("s02")}
        got = Preprocessor(neutralize=("size", "industry")).fit_transform(factors, None, context)["a"]
        assert got[["s00", "s02"]].isna().all().all()
        assert got[["s01", "s03"]].notna().any().all()

    def test_what_is_needed_is_named(self, factors: dict) -> None:
        assert Preprocessor().needs == ()
        assert Preprocessor(neutralize=["industry"]).needs == ("industry",)
        assert Preprocessor(steps=[ZScore(), Neutralize()]).needs == ("size", "industry")
        with pytest.raises(ValueError, match="context must hold the size of each stock"):
            Preprocessor(neutralize=["size"]).fit_transform(factors)

    def test_factors_need_not_share_their_axes(self, factors: dict, context: dict) -> None:
        other = {"a": factors["a"], "b": factors["b"].iloc[:, 2:9]}
        cleaning = Preprocessor(neutralize=("size", "industry"))
        together = cleaning.fit_transform(other, None, context)
        for code, frame in other.items():
            alone = cleaning.fit_transform({code: frame}, None, context)
            pd.testing.assert_frame_equal(together[code], alone[code], check_exact=True)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES.keys())
class TestEveryChain:
    def test_fit_transform_is_fit_then_transform(
        self, factors: dict, universe: np.ndarray, context: dict, settings: dict
    ) -> None:
        once = Preprocessor(**settings).fit_transform(factors, universe, context)
        twice = Preprocessor(**settings).fit(factors, universe, context).transform(factors, universe, context)
        assert list(once) == list(twice) == list(factors)
        for code in once:
            pd.testing.assert_frame_equal(once[code], twice[code])

    def test_changes_nothing_it_is_given(
        self, factors: dict, universe: np.ndarray, context: dict, settings: dict
    ) -> None:
        before = {code: frame.copy() for code, frame in factors.items()}
        cleaned = Preprocessor(**settings).fit_transform(factors, universe, context)
        for code in factors:
            cleaned[code].iloc[:, :] = -1.0
            pd.testing.assert_frame_equal(factors[code], before[code])

    def test_what_is_saved_cleans_the_same(
        self, factors: dict, universe: np.ndarray, context: dict, settings: dict
    ) -> None:
        fitted = Preprocessor(**settings).fit(factors, universe, context)
        again = Preprocessor(**fitted.get_settings()).restore(
            list(factors), fitted.symbols, fitted.get_arrays()
        )
        want, got = (one.transform(factors, universe, context) for one in (fitted, again))
        for code in factors:
            pd.testing.assert_frame_equal(got[code], want[code])

    def test_stocks_in_another_order_are_found_by_name(
        self, factors: dict, universe: np.ndarray, context: dict, settings: dict
    ) -> None:
        fitted = Preprocessor(**settings).fit(factors, universe, context)
        turned = {code: frame.iloc[:, ::-1] for code, frame in factors.items()}
        want, got = (
            fitted.transform(factors, universe, context),
            fitted.transform(turned, universe[:, ::-1], context),
        )
        for code in factors:
            pd.testing.assert_frame_equal(got[code].iloc[:, ::-1], want[code], rtol=1e-12)


def test_infinite_values_count_as_missing(factors: dict, context: dict) -> None:
    infinite = {"a": factors["a"].mask(factors["a"] > 1.5, np.inf).mask(factors["a"] < -1.5, -np.inf)}
    missing = {"a": infinite["a"].replace([np.inf, -np.inf], np.nan)}
    for settings in CASES.values():
        got, want = (
            Preprocessor(**settings).fit_transform(frames, None, context)["a"]
            for frames in (infinite, missing)
        )
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
            ({"outliers": "iqr"}, "outliers must be one of mad, std, boxplot, clip, none, got 'iqr'"),
            ({"gaps": "backward"}, "gaps must be one of forward, none, linear_inter.*, got 'backward'"),
            ({"gaps": "linear"}, "gaps='linear' is refused: .* value after it.* Use gaps='forward'; "),
            ({"gaps": "linear"}, "say gaps='linear_interpolation_that_looks_ahead'"),
            ({"scale": "max"}, "scale must be one of rank, zscore, robust_zscore, minmax, none, got 'max'"),
            ({"replace": "mean"}, "replace must be 'median' or 'clip', got 'mean'"),
            ({"outliers": "none", "replace": "mean"}, "replace must be 'median' or 'clip', got 'mean'"),
            ({"neutralize": ("beta",)}, r"against must name 'size', 'industry' or both, got \('beta',\)"),
            ({"neutralize": "size"}, "against must name 'size', 'industry' or both, got 'size'"),
            ({"n_std": 0.0}, "n_std must be above 0 standard deviations, got 0.0"),
            ({"n_iqr": -1.0}, "n_iqr must be above 0 interquartile ranges, got -1.0"),
            ({"axis": "days"}, "axis must be 'stocks' or 'time', got 'days'"),
            (
                {"axis": "time"},
                "scale must be 'zscore', 'robust_zscore', 'minmax' or 'none' along time, got 'rank'",
            ),
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
