"""assert_causal lets causal code pass and catches planted leaks, naming date, symbol and value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals import (
    FACTORS,
    FactorSignal,
    ICScreen,
    LookAheadError,
    LSTMSignal,
    Preprocessor,
    RandomSignal,
    RidgeSignal,
    SignalProvider,
    WalkForward,
    assert_causal,
    compute_factors,
    forward_returns,
)
from btalpha.signals.features import FeaturePipeline

CODES = ["rev5", "vol20", "turn5", "mom20"]


def ridge() -> RidgeSignal:
    return RidgeSignal(factors=CODES, screen=ICScreen(min_factors=2), horizon=3)


def lstm() -> LSTMSignal:
    return LSTMSignal(factors=CODES, hidden=4, epochs=1, ensemble=2, length=25, burn_in=8, horizon=3)


PROVIDERS: dict[str, Callable[[], SignalProvider]] = {
    "ridge": ridge,
    "ridge along time": lambda: RidgeSignal(
        factors=CODES, preprocessor=Preprocessor(scale="zscore", axis="time")
    ),
    "lstm": lstm,
    "factor": lambda: FactorSignal("rev5"),
    "random": lambda: RandomSignal(seed=3),
}


@pytest.mark.parametrize("make", PROVIDERS.values(), ids=PROVIDERS.keys())
class TestProvidersAreCausal:
    def test_alone(self, gappy: Panel, make: Callable[[], SignalProvider]) -> None:
        assert_causal(make(), gappy)

    def test_walking_forward(self, gappy: Panel, make: Callable[[], SignalProvider]) -> None:
        walk = WalkForward(make(), start=gappy.dates[130], refit=25)
        assert_causal(walk, gappy, fit_until=gappy.dates[125], cuts=2)
        assert len(walk.fits_) == 0, "the provider given is not touched"


# -- planted leaks: each looks ahead in one way ------------------------------------------------


def full_sample_zscore(panel: Panel) -> pd.DataFrame:
    close = panel["close"]
    return (close - close.mean()) / close.std()


def centred_window(panel: Panel) -> pd.DataFrame:
    return panel["close"].rolling(5, center=True, min_periods=1).mean()


def linear_interpolation(panel: Panel) -> pd.DataFrame:
    return panel["close"].interpolate(limit_area="inside")


def shifted_label(panel: Panel) -> pd.DataFrame:
    return panel.frame(forward_returns(panel, 1, label="close"))


def backward_fill(panel: Panel) -> pd.DataFrame:
    return panel["close"].bfill()


def by_period_end(panel: Panel) -> pd.DataFrame:
    assert panel.statements is not None
    figures = panel.statements.frame.drop_duplicates(["period_end", "symbol"], keep="last")
    table = figures.pivot_table(index="period_end", columns="symbol", values="net_profit").sort_index()
    return table.reindex(panel.dates, method="ffill").reindex(columns=panel.symbols)


def todays_members(panel: Panel) -> pd.DataFrame:
    return panel["close"] * np.where(panel.universe_array[-1], 1.0, np.nan)


def todays_adjustment(panel: Panel) -> pd.DataFrame:
    return panel["close"] * panel["factor"] / panel["factor"].ffill().iloc[-1]


def whole_sample_choice(panel: Panel) -> Mapping[str, pd.DataFrame]:
    """Keeps the factors that are above 0 on the last day: which ones depends on the future."""
    factors = compute_factors(panel, CODES)
    return {code: frame for code, frame in factors.items() if frame.ffill().iloc[-1].median() > 0}


LEAKS = [
    full_sample_zscore,
    centred_window,
    linear_interpolation,
    shifted_label,
    backward_fill,
    by_period_end,
    todays_members,
    todays_adjustment,
]


class ScreensInPredict(RidgeSignal):
    """Ignores what fit learned: screens and fits over all that predict is given."""

    def predict(self, panel: Panel) -> pd.DataFrame:
        return RidgeSignal(factors=self.factors, screen=self.screen, horizon=3).fit(panel).predict(panel)


class CleansInPredict(SignalProvider):
    """Fits the cleaning statistics along time on the panel to predict."""

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        cleaning = Preprocessor(scale="zscore", axis="time")
        return cleaning.fit_transform(compute_factors(panel, ["vol20"]))["vol20"]


class LearnsShiftedLabels(SignalProvider):
    """Its feature is the label of the row before the last: one row too late."""

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel["close"].pct_change(fill_method=None).shift(-1)


class TestPlantedLeaks:
    @pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
    def test_functions_are_caught(self, gappy: Panel, leak: Callable[[Panel], pd.DataFrame]) -> None:
        with pytest.raises(LookAheadError, match=r"scores of .* looks ahead"):
            assert_causal(leak, gappy)

    def test_screening_over_the_whole_sample(self, gappy: Panel) -> None:
        leaking = ScreensInPredict(factors=CODES, screen=ICScreen(max_factors=2), horizon=3)
        with pytest.raises(LookAheadError):
            assert_causal(leaking, gappy)
        with pytest.raises(LookAheadError):
            assert_causal(WalkForward(leaking, start=gappy.dates[130], refit=30), gappy)

    @pytest.mark.parametrize("leak", [CleansInPredict, LearnsShiftedLabels])
    def test_providers_are_caught(self, gappy: Panel, leak: type[SignalProvider]) -> None:
        with pytest.raises(LookAheadError):
            assert_causal(leak(), gappy)

    def test_a_choice_of_factors_over_the_whole_sample(self, gappy: Panel) -> None:
        with pytest.raises(LookAheadError, match="which frames there are looks ahead: "):
            assert_causal(whole_sample_choice, gappy)

    def test_one_leaking_value_is_enough(self, gappy: Panel) -> None:
        row, column = 150, 5
        later = float(np.nansum(gappy.array("close")[row + 1 :, column]))

        def leak(panel: Panel) -> pd.DataFrame:
            frame = panel["close"].copy()
            if len(panel) > row:
                frame.iloc[row, column] = float(np.nansum(panel.array("close")[row + 1 :, column]))
            return frame

        assert later > 0
        with pytest.raises(LookAheadError) as caught:
            assert_causal(leak, gappy, cuts=50)
        symbol, day = gappy.symbols[column], gappy.dates[row].date()
        assert f"scores of {symbol} on {day} looks ahead: it is {later:.6g} on the whole panel" in str(
            caught.value
        )
        assert str(caught.value).endswith("1 values moved")

    @pytest.mark.parametrize("size", [np.inf, 1e15])
    def test_a_huge_value_elsewhere_hides_nothing(self, gappy: Panel, size: float) -> None:
        def leak(panel: Panel) -> pd.DataFrame:
            frame = panel["close"] * float(panel["close"].stack().mean())  # noqa: PD013
            frame.iloc[10, 0] = size
            return frame

        with pytest.raises(LookAheadError):
            assert_causal(leak, gappy)

    @pytest.mark.parametrize(
        ("corruption", "leak"),
        [
            ("the panel ends there", len),
            ("later prices are ten times as high", lambda panel: panel["close"].max().max()),
            ("later days are shuffled", lambda panel: panel["volume"].iloc[-1].sum()),
            ("half of the symbols have no later bar", lambda panel: panel.traded_array.sum()),
            ("the later universe is turned over", lambda panel: panel.universe_array[-1].sum()),
        ],
    )
    def test_every_corruption_is_needed(
        self, gappy: Panel, corruption: str, leak: Callable[[Panel], float]
    ) -> None:
        length = len(gappy)

        def scores(panel: Panel) -> pd.DataFrame:
            # What only that corruption shows; a shorter panel shows it only where it is to.
            cut = len(panel) < length and corruption != "the panel ends there"
            return panel["open"].notna() * float(leak(gappy if cut else panel))

        with pytest.raises(LookAheadError, match=re.escape(f"where {corruption} (after")):
            assert_causal(scores, gappy)


class TestOtherTargets:
    def test_a_code(self, gappy: Panel) -> None:
        assert_causal("vol20", gappy)

    def test_a_factor_is_checked_by_its_own_function(self, gappy: Panel) -> None:
        good = FACTORS["rev5"]
        assert_causal(good, gappy)
        leaking = replace(good, function=lambda bars, **_: bars.close[::-1].cumsum(axis=0)[::-1])
        with pytest.raises(LookAheadError, match=r"rev5 of .* looks ahead"):
            assert_causal(leaking, gappy)

    def test_features(self, gappy: Panel) -> None:
        fitted = FeaturePipeline(factors=CODES).fit(gappy.until(gappy.dates[120]))

        def features(panel: Panel) -> dict[str, pd.DataFrame]:
            values = fitted.transform(panel)
            return {code: panel.frame(values[:, :, i]) for i, code in enumerate(CODES)}

        assert_causal(features, gappy)


class TestValidation:
    def test_panel(self, gappy: Panel) -> None:
        with pytest.raises(ValueError, match="panel must have 3 dates or more to be cut, got 2"):
            assert_causal("rev5", gappy.until(gappy.dates[1]))

    def test_cuts(self, gappy: Panel) -> None:
        with pytest.raises(ValueError, match="cuts must be 1 or more, got 0"):
            assert_causal("rev5", gappy, cuts=0)

    @pytest.mark.parametrize("place", [-2, -1])
    def test_fit_until_leaves_rows_to_compare(self, gappy: Panel, place: int) -> None:
        date = gappy.dates[place]
        with pytest.raises(ValueError, match=f"fit_until must lie from .* got {date.date()}"):
            assert_causal(RandomSignal(), gappy, fit_until=date)

    def test_three_days_are_enough(self, gappy: Panel) -> None:
        few = gappy.until(gappy.dates[2])
        assert_causal(RandomSignal(), few)
        with pytest.raises(LookAheadError):
            assert_causal(LearnsShiftedLabels(), few)


class TestFactorsAreCausal:
    """The prefix law is in the factors' contract suite; here every future is corrupted, too."""

    @pytest.mark.parametrize("form", ["raw", "scaled"])
    def test_every_factor(self, form: str) -> None:
        panel = simulate_market(n_symbols=8, n_days=300, seed=4)
        computed = compute_factors(panel, form=form)
        assert len(computed) > 100
        codes = list(computed)
        assert_causal(lambda other: compute_factors(other, codes, form=form), panel, cuts=2)
