"""evaluate: perfect, inverted and random scores, and each figure by a plain loop."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import RandomSignal, evaluate, forward_returns
from btalpha.signals.evaluation import rank_autocorrelation

HORIZON = 5


@pytest.fixture(scope="module")
def perfect(market: Panel) -> pd.DataFrame:
    return market.frame(forward_returns(market, HORIZON))


@pytest.fixture(scope="module")
def noisy(market: Panel, perfect: pd.DataFrame) -> pd.DataFrame:
    noise = np.random.default_rng(1).normal(0, np.nanstd(perfect.to_numpy()) * 2, perfect.shape)
    return (perfect + noise).where(market.traded)


class TestKnownAnswers:
    def test_perfect_scores(self, market: Panel, perfect: pd.DataFrame) -> None:
        found = evaluate(perfect, market, HORIZON)
        summary = found.summary()
        assert summary["rank_ic"] == pytest.approx(1.0)
        assert summary["ic"] == pytest.approx(1.0)
        assert summary["n_days"] == len(market) - 1 - HORIZON
        assert found.quantile_returns.is_monotonic_increasing
        assert found.quantile_returns[5] > 0 > found.quantile_returns[1]
        assert found.decay.idxmax() == HORIZON

    def test_inverted_scores(self, market: Panel, perfect: pd.DataFrame) -> None:
        found = evaluate(-perfect, market, HORIZON)
        assert found.summary()["rank_ic"] == pytest.approx(-1.0)
        assert found.quantile_returns.is_monotonic_decreasing

    def test_random_scores(self, market: Panel) -> None:
        summary = evaluate(RandomSignal(seed=1).predict(market), market, HORIZON).summary()
        assert abs(summary["rank_ic"]) < 0.03
        assert abs(summary["rank_ic_t"]) < 3
        assert abs(summary["rank_autocorrelation"]) < 0.03
        assert summary["turnover"] == pytest.approx(0.8, abs=0.03)
        assert summary["coverage"] == 1.0

    def test_scores_that_never_change(self, market: Panel) -> None:
        fixed = market.frame(np.tile(np.arange(40.0), (len(market), 1)))
        found = evaluate(fixed, market, HORIZON)
        assert found.turnover == 0.0
        assert found.rank_autocorrelation == pytest.approx(1.0)

    def test_only_the_order_counts_for_the_rank_ic(self, market: Panel, noisy: pd.DataFrame) -> None:
        one, other = (evaluate(scores, market, HORIZON) for scores in (noisy, np.exp(20 * noisy)))
        pd.testing.assert_series_equal(one.rank_ic, other.rank_ic)
        assert (one.turnover, one.coverage) == (other.turnover, other.coverage)


class TestByAPlainLoop:
    def test_icir_and_n_days(self, market: Panel, noisy: pd.DataFrame) -> None:
        found = evaluate(noisy.iloc[100:200], market, HORIZON)
        target = market.frame(forward_returns(market, HORIZON))
        ic = pd.Series(
            {
                date: noisy.loc[date].corr(target.loc[date], method="spearman")
                for date in market.dates[100:200]
            }
        )
        np.testing.assert_allclose(found.rank_ic, ic, atol=1e-12)
        assert found.summary()["rank_icir"] == pytest.approx(ic.mean() / ic.std(ddof=0))
        assert found.summary()["n_days"] == 100

    @pytest.mark.parametrize("quantiles", [2, 5, 7])
    def test_quantile_returns(self, market: Panel, noisy: pd.DataFrame, quantiles: int) -> None:
        target = market.frame(forward_returns(market, HORIZON))
        days: list[list[float]] = []
        for date in market.dates:
            pairs = pd.DataFrame({"score": noisy.loc[date], "label": target.loc[date]}).dropna()
            if pairs.empty:
                continue
            group = np.ceil(pairs["score"].rank() * quantiles / len(pairs))
            excess = pairs["label"] - pairs["label"].mean()
            days.append([excess[group == q].mean() for q in range(1, quantiles + 1)])
        got = evaluate(noisy, market, HORIZON, quantiles=quantiles).quantile_returns
        np.testing.assert_allclose(got, np.nanmean(days, axis=0), atol=1e-12)

    def test_turnover_of_the_best_group(self, market: Panel, noisy: pd.DataFrame) -> None:
        best = [
            set(row.dropna().sort_values().index[int(np.floor(0.8 * row.count())) :])
            for _, row in noisy.iterrows()
        ]
        replaced = [
            1 - len(held & after) / len(held)
            for held, after in zip(best[:-HORIZON], best[HORIZON:], strict=True)
            if held and after
        ]
        assert evaluate(noisy, market, HORIZON).turnover == pytest.approx(np.mean(replaced))

    def test_coverage_counts_stocks_of_the_universe_that_traded(self, market: Panel) -> None:
        half = np.zeros((len(market), 40), dtype=bool)
        half[:, :20] = True
        scores = RandomSignal(seed=1).predict(market).iloc[:, :10]
        found = evaluate(scores, market.with_universe(half), HORIZON)
        traded = market.traded_array[:, :20]
        assert found.coverage == pytest.approx(traded[:, :10].sum() / traded.sum())


class TestEdges:
    def test_scores_outside_the_universe_do_not_count(self, market: Panel, perfect: pd.DataFrame) -> None:
        half = np.zeros((len(market), 40), dtype=bool)
        half[:, :20] = True
        bad = perfect.copy()
        bad.iloc[:, 20:] *= -1
        assert evaluate(bad, market.with_universe(half), HORIZON).summary()["rank_ic"] == pytest.approx(1.0)

    def test_infinite_scores_are_no_scores(self, market: Panel, perfect: pd.DataFrame) -> None:
        infinite = perfect.copy()
        infinite.iloc[:, 0] = np.inf
        assert evaluate(infinite, market, HORIZON).summary()["ic"] == pytest.approx(1.0)

    @pytest.mark.parametrize("horizon", [399, 400, 1000])
    def test_horizon_beyond_the_panel(self, market: Panel, noisy: pd.DataFrame, horizon: int) -> None:
        summary = evaluate(noisy, market, horizon).summary()
        assert summary["n_days"] == 0
        for key in ("ic", "icir", "rank_ic", "rank_icir", "rank_ic_t", "turnover"):
            assert np.isnan(summary[key]) or key == "turnover"

    def test_few_days_have_a_mean_without_a_t(self, market: Panel, perfect: pd.DataFrame) -> None:
        summary = evaluate(perfect.iloc[50:52], market, HORIZON).summary()
        assert (summary["rank_ic"], summary["n_days"]) == (pytest.approx(1.0), 2)
        assert np.isnan(summary["rank_ic_t"])

    def test_few_stocks_have_no_ic(self, market: Panel, perfect: pd.DataFrame) -> None:
        few = market.select(market.symbols[:3])
        assert evaluate(perfect[few.symbols], few, HORIZON).summary()["n_days"] == 0

    def test_leaves_the_scores_alone(self, market: Panel, noisy: pd.DataFrame) -> None:
        before = noisy.copy()
        evaluate(noisy, market, HORIZON)
        pd.testing.assert_frame_equal(noisy, before)


class TestValidation:
    def test_foreign_dates(self, market: Panel, noisy: pd.DataFrame) -> None:
        later = noisy.set_axis(noisy.index + pd.Timedelta(days=3000))
        with pytest.raises(
            ValueError, match="dates of the scores must be in the panel, got 400 others such as"
        ):
            evaluate(later, market)

    def test_foreign_symbols(self, market: Panel, noisy: pd.DataFrame) -> None:
        with pytest.raises(
            ValueError, match="symbols of the scores must be in the panel, got 1 others such as X"
        ):
            evaluate(noisy.rename(columns={market.symbols[0]: "X"}), market)

    def test_repeated_dates(self, market: Panel, noisy: pd.DataFrame) -> None:
        with pytest.raises(ValueError, match=r"dates of the scores must be unique, got 20.* again"):
            evaluate(pd.concat([noisy, noisy.iloc[3:4]]), market)

    def test_no_score(self, market: Panel, noisy: pd.DataFrame) -> None:
        for empty in (noisy * np.nan, noisy.iloc[:0]):
            with pytest.raises(ValueError, match="scores must have a value inside the universe, got none in"):
                evaluate(empty, market)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"horizon": 0}, "horizon must be a whole number of sessions, 1 or more, got 0"),
            ({"label": "vwap"}, "label must be one of open, close, got 'vwap'"),
            ({"quantiles": 1}, "quantiles must be 2 groups or more, got 1"),
        ],
    )
    def test_settings(self, market: Panel, noisy: pd.DataFrame, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            evaluate(noisy, market, **settings)


class TestRankAutocorrelation:
    def test_by_a_plain_loop(self, noisy: pd.DataFrame) -> None:
        found = rank_autocorrelation(noisy, [1, 4])
        for lag in (1, 4):
            later = noisy.iloc[lag:]
            pairs = zip(later.to_numpy(), noisy.to_numpy(), strict=False)
            each = [pd.Series(now).corr(pd.Series(before), method="spearman") for now, before in pairs]
            assert found[lag] == pytest.approx(np.nanmean(each))

    def test_agrees_with_evaluate(self, market: Panel, noisy: pd.DataFrame) -> None:
        wanted = evaluate(noisy, market, HORIZON).rank_autocorrelation
        assert rank_autocorrelation(noisy)[HORIZON] == pytest.approx(wanted)

    def test_scores_on_some_sessions_alone_count_sessions_between_them(self, market: Panel) -> None:
        every = pd.DataFrame(np.tile(np.arange(8.0), (3, 1)), market.dates[[0, 4, 8]])
        found = rank_autocorrelation(every, [1, 4], dates=market.dates[:9])
        assert np.isnan(found[1])
        assert found[4] == pytest.approx(1.0)
