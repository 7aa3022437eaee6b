"""The deflated Sharpe ratio: the paper's own example, its properties, its messages."""

import numpy as np
import pandas as pd
import pytest
from btalpha.strategies.report.deflated_sharpe import (
    deflated_sharpe,
    expected_largest,
    probabilistic_sharpe,
)
from hypothesis import given
from hypothesis import strategies as st

# A ratio of 2.5 a year from five years of 250 days; the trials' ratios a year have a variance of 1/2.
SHARPE, DAYS, VARIANCE = 2.5 / np.sqrt(250), 1250, 0.5 / 250


def paper(n_trials, **moments):
    return probabilistic_sharpe(SHARPE, expected_largest(n_trials, VARIANCE), DAYS, **moments)


def test_example_of_the_paper():
    assert expected_largest(100, VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    assert paper(100, skewness=-3.0, kurtosis=10.0) == pytest.approx(0.9004, abs=5e-5)
    # With 46 trials it would have passed at 95 %, with normal returns even with 88.
    assert paper(46, skewness=-3.0, kurtosis=10.0) == pytest.approx(0.9505, abs=5e-5)
    assert paper(88) == pytest.approx(0.9505, abs=5e-5)


def test_expected_largest_is_that_of_many_draws():
    draws = np.random.default_rng(0).normal(0.0, 0.3, (20_000, 50)).max(axis=1)
    assert expected_largest(50, 0.09) == pytest.approx(draws.mean(), rel=0.02)  # an approximation
    assert expected_largest(1, 0.09) == 0.0


@given(st.integers(1, 500), st.floats(1e-6, 0.1))
def test_more_trials_deflate_more(n_trials, variance):
    returns = pd.Series(np.random.default_rng(1).normal(0.001, 0.01, 300))
    fewer, more = (deflated_sharpe(returns, n_trials=n, variance=variance) for n in (n_trials, n_trials + 1))
    assert 0.0 <= more.probability <= fewer.probability <= 1.0
    assert more.benchmark > fewer.benchmark
    assert fewer.sharpe == pytest.approx(returns.mean() / returns.std())


def test_trials_stand_for_their_number_and_variance():
    returns = pd.Series(np.random.default_rng(1).normal(0.001, 0.01, 300))
    ratios = [0.1, 0.0, -0.05, 0.02]
    listed = deflated_sharpe(returns, trials=ratios)
    assert listed == deflated_sharpe(returns, n_trials=4, variance=float(np.var(ratios, ddof=1)))
    assert deflated_sharpe(returns, trials=[0.1]).benchmark == 0.0


def test_returns_that_never_change_have_none():
    assert deflated_sharpe(pd.Series([0.01] * 9), n_trials=2, variance=0.1) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "give trials, or both n_trials and variance"),
        ({"n_trials": 3}, "give trials, or both n_trials and variance"),
        ({"trials": [0.1], "n_trials": 3}, "not both"),
        ({"trials": []}, "at least one"),
        ({"trials": [np.nan]}, "trials must be finite"),
        ({"n_trials": 0, "variance": 0.1}, "n_trials must be a whole number >= 1, got 0"),
        ({"n_trials": 2, "variance": -1.0}, "variance must be a finite number >= 0, got -1.0"),
    ],
)
def test_messages(wrong, message):
    with pytest.raises(ValueError, match=message):
        deflated_sharpe(pd.Series([0.1, 0.2]), **wrong)


def test_too_few_returns():
    with pytest.raises(ValueError, match="returns must be at least two finite fractions, got 1 values"):
        deflated_sharpe(pd.Series([0.1]), n_trials=2, variance=0.1)
