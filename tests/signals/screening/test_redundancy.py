"""Factors that say the same."""

import numpy as np
import pandas as pd
import pytest
from btalpha.signals.screening.redundancy import rank_correlations, strongest_of_each_group

RNG = np.random.default_rng(0)
BASE = RNG.normal(size=(50, 30))
FACTORS = {
    "base": pd.DataFrame(BASE),
    "cube": pd.DataFrame(BASE**3),
    "minus": pd.DataFrame(-BASE),
    "near": pd.DataFrame(BASE + 0.5 * RNG.normal(size=BASE.shape)),
    "other": pd.DataFrame(RNG.normal(size=BASE.shape)),
    "flat": pd.DataFrame(np.ones(BASE.shape)),
}
ALL = np.ones(BASE.shape, dtype=bool)


def test_correlations_are_the_mean_over_every_fifth_day() -> None:
    got = rank_correlations(FACTORS, list(FACTORS), ALL)
    daily = [
        pd.concat({code: frame.iloc[t] for code, frame in FACTORS.items()}, axis=1).corr(method="spearman")
        for t in range(0, 50, 5)
    ]
    expected = sum(daily[1:], daily[0]) / len(daily)
    np.testing.assert_allclose(
        got.drop("flat", axis=1).drop("flat"), expected.drop("flat", axis=1).drop("flat")
    )
    assert (got["flat"] == 0.0).all()


def test_only_values_of_the_mask_count() -> None:
    mask = RNG.random(BASE.shape) < 0.7
    spoiled = {"base": FACTORS["base"], "cube": FACTORS["cube"].where(mask, -99.0)}
    assert rank_correlations(spoiled, ["base", "cube"], mask).at["base", "cube"] == pytest.approx(1.0)


def test_the_first_of_each_group_stays() -> None:
    dropped = strongest_of_each_group(list(FACTORS), FACTORS, ALL, max_correlation=0.9)
    assert dropped == {"cube": "base", "minus": "base"}
    again = strongest_of_each_group(["minus", "other", "base"], FACTORS, ALL, max_correlation=0.9)
    assert again == {"base": "minus"}


def test_a_factor_is_compared_with_those_that_stay_only() -> None:
    a, noise = BASE, RNG.normal(size=BASE.shape)
    chain = {"a": pd.DataFrame(a), "b": pd.DataFrame(a + 0.45 * noise), "c": pd.DataFrame(a + 0.9 * noise)}
    correlations = rank_correlations(chain, "abc", ALL)
    assert correlations.at["a", "b"] > 0.85 > correlations.at["a", "c"]
    assert correlations.at["b", "c"] > 0.85
    assert strongest_of_each_group("abc", chain, ALL, max_correlation=0.85) == {"b": "a"}


def test_one_keeps_all() -> None:
    assert strongest_of_each_group(list(FACTORS), FACTORS, ALL, max_correlation=1.0) == {}
