"""Ridge, one factor and random scores: known answers."""

import numpy as np
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import FactorSignal, RandomSignal, RidgeSignal, compute_factors, evaluate
from btalpha.signals.features import FeaturePipeline, rank_labels
from btalpha.signals.labels import forward_returns
from btalpha.signals.models.feature_signal import _slope
from sklearn.linear_model import Ridge

CODES = ["rev5", "vol20", "turn5", "mom20"]


class TestRidge:
    def test_is_scikit_learns_on_ranked_labels_of_eligible_stocks(self, gappy: Panel) -> None:
        signal = RidgeSignal(factors=CODES, alpha=3.0, horizon=4).fit(gappy)
        features = FeaturePipeline(factors=CODES).fit_transform(gappy).astype(float)
        returns = np.where(gappy.universe_array & gappy.traded_array, forward_returns(gappy, 4), np.nan)
        known = np.isfinite(returns)
        labels = rank_labels(returns, gappy.universe_array)
        want = Ridge(alpha=3.0, fit_intercept=False).fit(features[known], labels[known])
        np.testing.assert_allclose(signal.coefficients_, want.coef_, rtol=1e-9)
        scores = signal.predict(gappy).to_numpy()
        eligible = gappy.universe_array & gappy.traded_array
        np.testing.assert_allclose(
            scores[eligible], signal.slope_ * want.predict(features[eligible]), rtol=1e-9
        )

    def test_the_scores_are_returns_per_day(self, market: Panel) -> None:
        """Regressed on its own scores of the fit, the return has slope 1."""
        signal = RidgeSignal(factors=CODES).fit(market)
        returns = np.where(market.traded_array, forward_returns(market, 5), np.nan)
        assert _slope(signal.predict(market).to_numpy(), returns) == pytest.approx(1.0)

    def test_finds_what_is_planted(self) -> None:
        panel = simulate_market(n_symbols=120, n_days=500, seed=11)
        signal = RidgeSignal(factors=CODES).fit(panel.until(panel.dates[299]))
        scores = signal.predict(panel).iloc[306:]
        assert evaluate(scores, panel, 5).summary()["rank_ic"] > 0.04

    @pytest.mark.parametrize("alpha", [-1.0, float("nan")])
    def test_alpha_is_checked(self, alpha: float) -> None:
        with pytest.raises(ValueError, match=f"alpha must be 0 or more, got {alpha}"):
            RidgeSignal(alpha=alpha)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"horizon": 0}, "horizon must be a whole number .* got 0"),
            ({"label": "x"}, "label must be one of"),
        ],
    )
    def test_labels_are_checked_before_the_work(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            RidgeSignal(**settings)


class TestSlope:
    def test_is_a_regression_within_days(self) -> None:
        rng = np.random.default_rng(0)
        scores = rng.normal(size=(50, 20))
        returns = 0.003 * scores + rng.normal(size=(50, 1))  # the level of a day does not count
        returns[3, 4] = np.nan
        assert _slope(scores, returns) == pytest.approx(0.003)

    @pytest.mark.parametrize("sign", [-1.0, 0.0])
    def test_never_turns_the_order_round(self, sign: float) -> None:
        scores = np.arange(10.0).reshape(2, 5)
        assert _slope(scores, sign * scores) == 1e-6

    def test_of_nothing(self) -> None:
        assert _slope(np.full((2, 3), np.nan), np.ones((2, 3))) == 1e-6


class TestFactor:
    def test_ranks_the_factor_among_the_members(self, gappy: Panel) -> None:
        scores = FactorSignal("vol20").predict(gappy)
        values = compute_factors(gappy, ["vol20"])["vol20"].where(gappy.universe)
        for row in (50, 120, 199):
            order = values.iloc[row].dropna().sort_values().index
            assert list(scores.iloc[row].dropna().sort_values().index) == list(order)

    def test_sign_turns_the_order_round(self, gappy: Panel) -> None:
        up, down = (FactorSignal("vol20", sign=sign).predict(gappy) for sign in (1, -1))
        np.testing.assert_array_equal(up, -down)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"sign": 0}, "sign must be 1 or -1, got 0"),
            ({"scale": 0.0}, "scale must be above 0, got 0.0"),
            ({"horizon": 0}, "horizon must be a whole number"),
        ],
    )
    def test_validation(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            FactorSignal("vol20", **settings)


class TestRandom:
    def test_is_uniform(self, market: Panel) -> None:
        values = RandomSignal(seed=0).predict(market).to_numpy()
        values = values[np.isfinite(values)]
        assert values.min() >= 0.0
        assert values.max() < 1.0
        assert values.mean() == pytest.approx(0.5, abs=0.01)
        np.testing.assert_allclose(np.quantile(values, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.02)

    def test_every_day_and_every_seed_is_another_draw(self, market: Panel) -> None:
        one, other = (RandomSignal(seed=seed).predict(market) for seed in (0, 1))
        assert abs(one.stack().corr(other.stack())) < 0.03
        assert abs(one.corrwith(one.shift()).mean()) < 0.03

    def test_seed_is_checked(self) -> None:
        with pytest.raises(ValueError, match="seed must be 0 or more, got -1"):
            RandomSignal(seed=-1)
