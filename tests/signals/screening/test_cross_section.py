"""Screening across stocks: what the table holds, against SciPy and plain code."""

import warnings

import numpy as np
import pandas as pd
import pytest
from btalpha.signals.ic import daily_ic, mean_and_t
from btalpha.signals.screening.cross_section import cross_section_statistics
from btalpha.signals.screening.significance import p_of_t
from scipy import stats


@pytest.fixture
def pair(holes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A factor and what followed, 60 days x 11 stocks, both with gaps."""
    return holes, 0.4 * holes[::-1] + np.random.default_rng(1).normal(size=holes.shape)


def by_scipy(values: np.ndarray, target: np.ndarray, measure: object) -> np.ndarray:
    out = np.full(len(values), np.nan)
    for t in range(len(values)):
        both = np.isfinite(values[t]) & np.isfinite(target[t])
        if both.sum() >= 5:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                out[t] = measure(values[t, both], target[t, both]).statistic  # type: ignore[operator]
    return out


@pytest.mark.parametrize(("correlation", "prefix"), [("spearman", "rank_"), ("pearson", "")])
def test_is_made_of_daily_correlations(
    pair: tuple[np.ndarray, np.ndarray], correlation: str, prefix: str
) -> None:
    values, target = pair
    table, daily = cross_section_statistics(
        {"x": pd.DataFrame(values)}, target, lags=3, correlation=correlation
    )
    row = table.loc["x"]
    rank, plain = (by_scipy(values, target, f) for f in (stats.spearmanr, stats.pearsonr))
    judged = rank if correlation == "spearman" else plain
    np.testing.assert_allclose(daily[:, 0], judged, atol=1e-12)
    known = judged[np.isfinite(judged)]
    assert row["rank_ic"] == pytest.approx(np.nanmean(rank))
    assert row["ic"] == pytest.approx(np.nanmean(plain))
    assert row["rank_icir"] == pytest.approx(np.nanmean(rank) / np.nanstd(rank))
    assert row["icir"] == pytest.approx(np.nanmean(plain) / np.nanstd(plain))
    assert row[f"{prefix}t"] == pytest.approx(mean_and_t(judged, lags=3)[1])
    assert row["strength"] == abs(row[f"{prefix}t"])
    assert row["p"] == pytest.approx(p_of_t(row[f"{prefix}t"], len(known)))
    assert row["share"] == np.mean(np.sign(known) == np.sign(known.mean()))
    assert row["n_days"] == len(known)
    half = (len(known) + 1) // 2
    assert row["one_sign"] == (np.sign(known[:half].mean()) == np.sign(known[half:].mean()))


def test_by_eye() -> None:
    target = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], (4, 1))
    values = target.copy()
    values[3] = values[3, ::-1]  # three days right, one day the wrong way round
    row = cross_section_statistics({"x": pd.DataFrame(values)}, target, lags=0)[0].loc["x"]
    assert (row["ic"], row["rank_ic"], row["share"], row["coverage"]) == (0.5, 0.5, 0.75, 1.0)
    assert row["rank_icir"] == pytest.approx(0.5 / 0.75**0.5)
    assert not row["one_sign"], "the mean of the second half is 0"


def test_coverage_is_of_the_known_labels() -> None:
    target = np.array([[0.1, np.nan, 0.2, 0.3, 0.1, 0.2]])
    values = np.array([[1.0, 1.0, np.nan, 2.0, np.inf, 3.0]])
    table, _ = cross_section_statistics({"x": pd.DataFrame(values)}, target, lags=0)
    assert table.at["x", "coverage"] == 0.6


def test_nothing_known() -> None:
    empty = np.full((4, 6), np.nan)
    row = cross_section_statistics({"x": pd.DataFrame(empty)}, empty, lags=0)[0].loc["x"]
    assert (row["coverage"], row["strength"], row["n_days"], row["one_sign"]) == (0.0, 0.0, 0, False)
    assert row[["ic", "rank_ic", "icir", "rank_icir", "t", "rank_t", "p", "share"]].isna().all()


def test_a_factor_does_not_change_another(pair: tuple[np.ndarray, np.ndarray]) -> None:
    values, target = pair
    factors = {f"f{i}": pd.DataFrame(np.roll(values, i, axis=1)) for i in range(12)}
    together, daily = cross_section_statistics(factors, target, lags=1)
    for place, (code, frame) in enumerate(factors.items()):
        alone, one = cross_section_statistics({code: frame}, target, lags=1)
        pd.testing.assert_frame_equal(together.loc[[code]], alone)
        np.testing.assert_array_equal(daily[:, place], one[:, 0])


def test_equals_alphalens_per_day() -> None:
    pytest.importorskip("alphalens", reason="pip install alphalens-reloaded to compare with it")
    from alphalens.performance import factor_information_coefficient
    from alphalens.utils import get_clean_factor_and_forward_returns

    rng = np.random.default_rng(0)
    dates, symbols = pd.bdate_range("2016-01-04", periods=60), [f"s{i:02}" for i in range(30)]
    prices = pd.DataFrame(np.exp(rng.normal(0, 0.02, (60, 30)).cumsum(axis=0)), dates, symbols)
    factor = pd.DataFrame(rng.normal(size=(60, 30)).round(1), dates, symbols)
    factor = factor.mask(rng.random(factor.shape) < 0.2)
    stacked = factor.rename_axis(index="date", columns="asset").T.unstack().dropna()  # noqa: PD010
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clean = get_clean_factor_and_forward_returns(stacked, prices, periods=(1, 5), max_loss=1.0)
        want = factor_information_coefficient(clean)
    for name, horizon in (("1D", 1), ("5D", 5)):
        followed = (prices.shift(-horizon) / prices - 1.0).to_numpy()
        got = pd.Series(daily_ic(factor.to_numpy(), followed), index=dates)
        assert len(want) == 55
        np.testing.assert_allclose(got.reindex(want.index), want[name], atol=1e-12)
