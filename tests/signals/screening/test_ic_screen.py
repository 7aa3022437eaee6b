"""ICScreen: what stays, what goes, and why."""

import numpy as np
import pandas as pd
import pytest
from btalpha.signals import ICScreen, NotFittedError

T, N = 120, 40


@pytest.fixture(scope="module")
def label() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(T, N))


@pytest.fixture(scope="module")
def factors(label: np.ndarray) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    noise = [rng.normal(size=label.shape) for _ in range(4)]
    turning = label + noise[2]
    turning[T // 2 :] *= -0.6
    return {
        "noise": pd.DataFrame(noise[3]),
        "weak": pd.DataFrame(-label + 3 * noise[1]),
        "turning": pd.DataFrame(turning),
        "twin": pd.DataFrame(np.exp(label + noise[0])),
        "strong": pd.DataFrame(label + noise[0]),
        "empty": pd.DataFrame(np.full(label.shape, np.nan)),
    }


class TestCrossSection:
    def test_keeps_what_holds_up(self, factors: dict, label: np.ndarray) -> None:
        screen = ICScreen().fit(factors, label)
        assert screen.selected_ == ["strong", "weak"], "strongest first; a negative IC is as good"
        assert screen.table_ is not None
        assert dict(screen.table_["reason"]) == {
            "strong": "",
            "twin": "repeats strong",
            "weak": "",
            "turning": "halves differ in sign",
            "noise": screen.table_.at["noise", "reason"],
            "empty": "too few days with an IC",
        }
        assert screen.table_.at["noise", "reason"] in ("|t| below 2", "halves differ in sign")
        assert list(screen.table_.index[screen.table_["kept"]]) == ["strong", "weak"]

    def test_does_not_depend_on_the_order_given(self, factors: dict, label: np.ndarray) -> None:
        turned = dict(reversed(factors.items()))
        one, other = ICScreen().fit(factors, label), ICScreen().fit(turned, label)
        assert one.selected_ == other.selected_
        pd.testing.assert_frame_equal(one.table_, other.table_)

    def test_equal_strength_is_ordered_by_code(self, factors: dict, label: np.ndarray) -> None:
        same = dict.fromkeys(("c", "a", "b"), factors["strong"])
        assert ICScreen(max_correlation=1).fit(same, label).selected_ == ["a", "b", "c"]

    def test_a_perfect_factor_is_the_strongest(self, factors: dict, label: np.ndarray) -> None:
        perfect = {**factors, "perfect": pd.DataFrame(label)}
        assert ICScreen().fit(perfect, label).selected_[0] == "perfect"

    def test_overlap_lowers_t(self, factors: dict, label: np.ndarray) -> None:
        smooth = pd.DataFrame(label).rolling(5, min_periods=1).mean().to_numpy()
        slow = {
            "x": pd.DataFrame(smooth + np.random.default_rng(3).normal(size=label.shape).cumsum(axis=0) / 3)
        }
        alone, overlapping = (ICScreen().fit(slow, smooth, horizon=h).table_ for h in (1, 5))
        assert alone is not None
        assert overlapping is not None
        assert overlapping.at["x", "t"] < alone.at["x", "t"]

    def test_max_factors(self, factors: dict, label: np.ndarray) -> None:
        screen = ICScreen(max_factors=1).fit(factors, label)
        assert screen.selected_ == ["strong"]
        assert screen.table_ is not None
        assert screen.table_.at["weak", "reason"] == "weaker than the best 1"

    def test_pairs_outside_the_universe_do_not_count(self, factors: dict, label: np.ndarray) -> None:
        inside = np.random.default_rng(4).random(label.shape) < 0.8
        spoiled = {"strong": factors["strong"].where(inside, -9.0), "noise": factors["noise"]}
        want = ICScreen().fit(factors, np.where(inside, label, np.nan)).table_
        got = ICScreen().fit(spoiled, label, universe=inside).table_
        assert want is not None
        assert got is not None
        assert got.at["strong", "t"] == pytest.approx(want.at["strong", "t"])


class TestMinFactors:
    def test_the_strongest_stay_where_none_passes(self, factors: dict, label: np.ndarray) -> None:
        screen = ICScreen(min_t=1e9).fit(factors, label)
        assert screen.selected_ == ["strong"]
        assert screen.table_ is not None
        assert screen.table_.at["strong", "reason"] == "kept though |t| below 1e+09"

    def test_those_that_pass_stay_as_they_are(self, factors: dict, label: np.ndarray) -> None:
        few = {code: factors[code] for code in ("noise", "weak", "turning", "strong")}
        screen = ICScreen(min_factors=3).fit(few, label)
        assert screen.table_ is not None
        assert screen.selected_[:2] == ["strong", "weak"]
        assert len(screen.selected_) == 3
        assert (screen.table_.loc[["strong", "weak"], "reason"] == "").all()
        assert screen.table_.at[screen.selected_[2], "reason"].startswith("kept though ")
        assert screen.table_["passed"].sum() == 2

    def test_one_that_passes_is_never_pushed_out(self, label: np.ndarray) -> None:
        noise = np.random.default_rng(6).normal(size=label.shape)
        turning = np.where(np.arange(T)[:, None] < T // 2, noise - 0.1 * label, label)
        # Over the whole window the turning factor is the stronger one, but its sign does not hold.
        weak = {"weak": pd.DataFrame(label + 10 * noise[::-1]), "turning": pd.DataFrame(turning)}
        screen = ICScreen(min_factors=1, max_correlation=1).fit(weak, label)
        assert screen.table_ is not None
        assert screen.table_.at["turning", "t"] > screen.table_.at["weak", "t"] > 2
        assert screen.selected_ == ["weak"]
        assert ICScreen(min_factors=2, max_correlation=1).fit(weak, label).selected_ == ["weak", "turning"]

    def test_zero_may_keep_none(self, factors: dict, label: np.ndarray) -> None:
        assert ICScreen(min_t=1e9, min_factors=0).fit(factors, label).selected_ == []

    def test_a_factor_without_an_ic_never_stays(self, factors: dict, label: np.ndarray) -> None:
        assert ICScreen().fit({"empty": factors["empty"]}, label).selected_ == []


class TestTimeSeries:
    def test_keeps_what_is_significant_for_most_stocks(self, factors: dict, label: np.ndarray) -> None:
        screen = ICScreen(method="time_series").fit(factors, label)
        assert screen.selected_ == ["strong", "weak"]
        assert screen.table_ is not None
        reasons = screen.table_["reason"]
        assert reasons["noise"] == "share below 89.6%"
        assert reasons["empty"] == "too few pairs"
        assert screen.table_.at["strong", "share"] == 1.0

    def test_share_decides(self, factors: dict, label: np.ndarray) -> None:
        few = {code: factors[code] for code in ("noise", "weak")}
        share = ICScreen(method="time_series").fit(few, label).table_
        assert share is not None
        reached = float(share.at["weak", "share"])
        assert ICScreen(method="time_series", min_share=reached).fit(few, label).selected_ == ["weak"]

    @pytest.mark.parametrize("correlation", ["pearson", "spearman"])
    def test_correlation(self, factors: dict, label: np.ndarray, correlation: str) -> None:
        bent = {"bent": pd.DataFrame(np.exp(6 * label))}
        screen = ICScreen(method="time_series", correlation=correlation, min_factors=0).fit(bent, label)
        assert screen.table_ is not None
        if correlation == "spearman":
            assert screen.table_.at["bent", "ic"] == pytest.approx(1.0)
        else:
            assert screen.table_.at["bent", "ic"] < 0.5

    def test_a_longer_horizon_makes_fewer_stocks_significant(self, label: np.ndarray) -> None:
        walk = pd.DataFrame(np.random.default_rng(7).normal(size=label.shape)).cumsum()
        gain = pd.DataFrame(label).rolling(10, min_periods=1).sum().to_numpy()
        shares = []
        for horizon, lags in ((1, None), (10, None), (1, 9)):
            screen = ICScreen(method="time_series", lags=lags).fit({"x": walk}, gain, horizon=horizon)
            assert screen.table_ is not None
            shares.append(screen.table_.at["x", "share"])
        assert shares[1] == shares[2] < 0.5 * shares[0]

    def test_keeps_the_correlation_of_each_stock(self, factors: dict, label: np.ndarray) -> None:
        named = {code: frame.set_axis([f"s{i}" for i in range(N)], axis=1) for code, frame in factors.items()}
        screen = ICScreen(method="time_series").fit(named, label)
        assert screen.ic_ is not None
        assert screen.table_ is not None
        assert list(screen.ic_.columns) == list(named)
        assert screen.ic_.index[3] == "s3"
        assert screen.ic_["weak"].mean() == pytest.approx(screen.table_.at["weak", "ic"])


class TestThresholds:
    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            ({"min_ic": 0.4}, "|rank IC| below 0.4"),
            ({"min_icir": 2.5}, "|rank ICIR| below 2.5"),
            ({"min_t": 30.0}, "|t| below 30"),
            ({"min_ic": 0.4, "correlation": "pearson"}, "|IC| below 0.4"),
            ({"min_icir": 2.5, "correlation": "pearson"}, "|ICIR| below 2.5"),
        ],
    )
    def test_each_can_be_asked_for(
        self, factors: dict, label: np.ndarray, settings: dict, reason: str
    ) -> None:
        pair = {code: factors[code] for code in ("strong", "weak")}
        screen = ICScreen(min_factors=0, **settings).fit(pair, label)
        assert screen.table_ is not None
        assert screen.selected_ == ["strong"]
        assert screen.table_["reason"].to_dict() == {"strong": "", "weak": reason}

    def test_both_correlations_are_in_the_table(self, factors: dict, label: np.ndarray) -> None:
        bent = {"bent": pd.DataFrame(np.exp(6 * label))}
        screen = ICScreen().fit(bent, label)
        assert screen.table_ is not None
        assert screen.table_.at["bent", "rank_ic"] == pytest.approx(1.0)
        assert screen.table_.at["bent", "ic"] < 0.7

    def test_the_best_n(self, factors: dict, label: np.ndarray) -> None:
        every = {code: factors[code] for code in ("noise", "weak", "strong")}
        assert ICScreen(min_t=0, max_factors=2).fit(every, label).selected_ == ["strong", "weak"]

    def test_false_discoveries_over_factors(self, label: np.ndarray) -> None:
        rng = np.random.default_rng(8)
        many = {f"noise{i:03}": pd.DataFrame(rng.normal(size=(T, N))) for i in range(60)}
        many["weak"] = pd.DataFrame(label + 4 * rng.normal(size=label.shape))
        loose = ICScreen(min_t=0, level=0.2, min_factors=0).fit(many, label)
        strict = ICScreen(min_t=0, level=0.2, false_discovery="factors", min_factors=0).fit(many, label)
        assert strict.selected_[0] == "weak"
        assert len(strict.selected_) < 5 < len(loose.selected_)
        assert strict.table_ is not None
        assert set(strict.table_["reason"]) == {"", "q above 0.2", "halves differ in sign"}
        assert (strict.table_["q"] >= strict.table_["p"]).all()

    def test_daily_ics_are_kept(self, factors: dict, label: np.ndarray) -> None:
        screen = ICScreen().fit(factors, label)
        assert screen.ic_ is not None
        assert screen.table_ is not None
        assert screen.ic_.shape == (T, len(factors))
        assert screen.ic_["weak"].mean() == pytest.approx(screen.table_.at["weak", "rank_ic"])


class TestTransform:
    def test_gives_the_kept_factors_in_order(self, factors: dict, label: np.ndarray) -> None:
        kept = ICScreen().fit(factors, label).transform(factors)
        assert list(kept) == ["strong", "weak"]
        assert kept["weak"] is factors["weak"]

    def test_needs_a_fit(self, factors: dict) -> None:
        with pytest.raises(NotFittedError, match="ICScreen is not fitted"):
            ICScreen().transform(factors)


def test_settings_build_the_same_screen(factors: dict, label: np.ndarray) -> None:
    screen = ICScreen(
        method="time_series", min_share=0.4, lags=3, target="price", max_factors=3, min_factors=2
    )
    again = ICScreen(**screen.get_settings())
    assert vars(again) == vars(screen)


class TestValidation:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"correlation": "kendall"}, "correlation must be None, 'pearson' or 'spearman', got 'kendall'"),
            ({"target": "profit"}, "target must be 'return' or 'price', got 'profit'"),
            (
                {"false_discovery": "days"},
                "false_discovery must be 'none', 'stocks' or 'factors', got 'days'",
            ),
            ({"false_discovery": "stocks"}, "false_discovery must be 'factors' or 'none' for cross_section"),
            ({"min_ic": 1.5}, r"min_ic must be in \[0, 1\], got 1.5"),
            ({"min_icir": -0.1}, "min_icir must be 0 or more, got -0.1"),
            ({"lags": -1}, "lags must be 0 or more, or None, got -1"),
            ({"method": "lasso"}, "method must be 'cross_section' or 'time_series', got 'lasso'"),
            ({"min_t": -1}, "min_t must be 0 or more, got -1"),
            ({"level": 1.0}, "level must be between 0 and 1, got 1.0"),
            ({"min_share": 1.1}, r"min_share must be in \[0, 1\], got 1.1"),
            ({"max_correlation": 0}, r"max_correlation must be in \(0, 1\], got 0"),
            ({"max_factors": 0}, "max_factors must be 1 or more, or None, got 0"),
            ({"min_factors": -1}, "min_factors must be 0 or more, got -1"),
            ({"min_factors": 3, "max_factors": 2}, "min_factors must be at most max_factors = 2, got 3"),
        ],
    )
    def test_settings(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            ICScreen(**settings)

    def test_arguments(self, factors: dict, label: np.ndarray) -> None:
        with pytest.raises(ValueError, match="factors must hold one factor or more to screen, got none"):
            ICScreen().fit({}, label)
        with pytest.raises(ValueError, match="horizon must be 1 session or more, got 0"):
            ICScreen().fit(factors, label, horizon=0)
        with pytest.raises(
            ValueError, match=r"noise must have the labels' shape \(119, 40\), got \(120, 40\)"
        ):
            ICScreen().fit(factors, label[1:])
        with pytest.raises(
            ValueError, match=r"universe must have the labels' shape \(120, 40\), got \(1, 40\)"
        ):
            ICScreen().fit(factors, label, universe=np.ones((1, N), dtype=bool))
