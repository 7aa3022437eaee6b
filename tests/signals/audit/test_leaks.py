"""Leaks planted where a user would make them, each caught by its name; the honest twin passes."""

import copy
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, Statements
from btalpha.signals import (
    ICScreen,
    LookAheadError,
    Preprocessor,
    RidgeSignal,
    SignalProvider,
    WalkForward,
    assert_causal,
    compute_factors,
    forward_returns,
)
from btalpha.signals.audit import check_causal
from btalpha.signals.factors import register, unregister
from btalpha.signals.ic import daily_ic
from btalpha.signals.preprocessing.interpolation import LONG_NAME

CODES = ["rev5", "vol20", "turn5", "mom20"]
HORIZON = 3


def ridge(factors: list[str] = CODES, **options: object) -> RidgeSignal:
    return RidgeSignal(factors=factors, horizon=HORIZON, **options)  # type: ignore[arg-type]


def walk(panel: Panel, provider: SignalProvider) -> WalkForward:
    return WalkForward(provider, start=panel.dates[min(110, len(panel) - 1)], refit=30)


# -- a factor of one's own --------------------------------------------------------------------


def full_sample(values: np.ndarray) -> np.ndarray:
    return (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)


def centred(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).rolling(5, center=True, min_periods=1).mean().to_numpy() / values


def trailing(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).rolling(5).mean().to_numpy() / values


def shifted(values: np.ndarray) -> np.ndarray:
    return np.vstack([values[1:] / values[:-1], np.full((1, values.shape[1]), np.nan)])


@pytest.fixture
def registered() -> Iterator[Callable[[Callable[[np.ndarray], np.ndarray]], str]]:
    """Register a function of closing prices as the factor ``mine``, for this test."""

    def add(formula: Callable[[np.ndarray], np.ndarray]) -> str:
        @register("mine", kind="trend", formula="mine", inputs=("close",), warm_up=5)
        def mine(bars: object) -> np.ndarray:
            return formula(np.asarray(bars.close))  # type: ignore[attr-defined]

        return "mine"

    yield add
    unregister("mine")


class TestFactors:
    @pytest.mark.parametrize("leak", [full_sample, centred, shifted])
    def test_a_leaking_factor_is_named_behind_the_scores(
        self, gappy: Panel, registered: Callable, leak: Callable
    ) -> None:
        code = registered(leak)
        with pytest.raises(LookAheadError, match=r"mine of .* on \d{4}-\d\d-\d\d looks ahead"):
            assert_causal(code, gappy)
        for target in (ridge([*CODES, code]), walk(gappy, ridge([*CODES, code]))):
            with pytest.raises(LookAheadError) as caught:
                assert_causal(target, gappy)
            assert "scores of " in str(caught.value)
            assert "the factor mine moved first, on " in str(caught.value)

    def test_an_honest_factor_passes(self, gappy: Panel, registered: Callable) -> None:
        code = registered(trailing)
        assert_causal(code, gappy)
        assert_causal(walk(gappy, ridge([*CODES, code])), gappy)


# -- labels ------------------------------------------------------------------------------------


class WeighsByRecentIC(SignalProvider):
    """A factor times its recent IC; ``lag`` sessions after its day a label counts as known."""

    horizon = HORIZON

    def __init__(self, lag: int) -> None:
        self.lag = lag

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        factor = compute_factors(panel, ["rev5"])["rev5"]
        ic = pd.Series(daily_ic(factor.to_numpy(), forward_returns(panel, HORIZON)), index=panel.dates)
        return factor.mul(ic.shift(self.lag).rolling(20, min_periods=1).mean(), axis=0)


class LearnsFromGivenLabels(RidgeSignal):
    """Labels that were computed once, beforehand, over the whole history."""

    def __init__(self, labels: pd.DataFrame) -> None:
        super().__init__(factors=CODES, horizon=HORIZON)
        self.labels = labels


class TestLabels:
    def test_a_label_shifted_by_one_is_caught(self, gappy: Panel) -> None:
        # From the open of t+1 to that of t+1+horizon: known horizon + 1 sessions later, not horizon.
        assert_causal(WeighsByRecentIC(HORIZON + 1), gappy)
        with pytest.raises(LookAheadError, match=r"scores of .* looks ahead"):
            assert_causal(WeighsByRecentIC(HORIZON), gappy)

    def test_todays_forward_return_as_score_is_caught(self, gappy: Panel) -> None:
        with pytest.raises(LookAheadError, match=r"scores of .* looks ahead"):
            assert_causal(lambda panel: panel.frame(forward_returns(panel, 1)), gappy)

    def test_labels_from_before_are_refused(self, gappy: Panel) -> None:
        labels = gappy.frame(forward_returns(gappy, HORIZON))
        words = rf"LearnsFromGivenLabels\.labels reaches to {gappy.dates[-1].date()}, the fit to "
        with pytest.raises(LookAheadError, match=words):
            assert_causal(LearnsFromGivenLabels(labels), gappy)
        with pytest.raises(LookAheadError, match=words):
            assert_causal(walk(gappy, LearnsFromGivenLabels(labels)), gappy)

    def test_labels_of_the_past_are_not(self, gappy: Panel) -> None:
        labels = gappy.frame(forward_returns(gappy, HORIZON)).iloc[:100]
        assert_causal(walk(gappy, LearnsFromGivenLabels(labels)), gappy)

    def test_a_fit_that_sees_one_row_more_is_caught_on_its_own_day(self, gappy: Panel) -> None:
        class FitsItself(WalkForward):
            """Fits up to some rows after each date of the schedule, and scores from the date on."""

            more = 0

            def predict(self, panel: Panel) -> pd.DataFrame:
                super().predict(panel)
                out = panel.frame(np.full((len(panel), len(panel.symbols)), np.nan))
                starts = [int(row) for row in panel.dates.get_indexer(pd.Index([f.date for f in self.fits_]))]
                for row in starts:
                    seen = panel.until(panel.dates[min(row + self.more, len(panel) - 1)])
                    model = copy.deepcopy(self.provider).fit(seen)
                    out.iloc[row:] = model.predict(panel).iloc[row:]
                return out

        class OneRowMore(FitsItself):
            more = 1

        start = gappy.dates[110]
        with pytest.raises(LookAheadError, match=r"scores of .*no factor moved, raw or cleaned: the labels"):
            assert_causal(OneRowMore(ridge(), start=start, refit=31), gappy, cuts=1)
        assert_causal(FitsItself(ridge(), start=start, refit=31), gappy, cuts=1)


# -- cleaning ------------------------------------------------------------------------------------


class TestCleaning:
    def test_interpolation_in_the_preprocessor_is_caught(self, gappy: Panel) -> None:
        def cleaned(gaps: str) -> Callable[[Panel], dict[str, pd.DataFrame]]:
            return lambda panel: Preprocessor(gaps=gaps).fit_transform(compute_factors(panel, CODES))  # type: ignore[arg-type]

        assert_causal(cleaned("forward"), gappy)
        with pytest.raises(LookAheadError, match=r"(rev5|vol20|turn5|mom20) of .* looks ahead"):
            assert_causal(cleaned(LONG_NAME), gappy)

    def test_the_cleaning_is_named_where_no_factor_moved(self, gappy: Panel, registered: Callable) -> None:
        # Of a factor that has no value on every third traded day the gaps reach the model.
        def holes(values: np.ndarray) -> np.ndarray:
            out = trailing(values)
            out[::3] = np.nan
            return out

        code = registered(holes)
        assert_causal(ridge([code]), gappy)
        leaking = ridge([code], preprocessor=Preprocessor(gaps=LONG_NAME))
        with pytest.raises(LookAheadError, match="the factors did not move, the cleaned mine did, on "):
            assert_causal(leaking, gappy)


# -- screening -----------------------------------------------------------------------------------


def best(panel: Panel) -> list[str]:
    universe = panel.universe_array & panel.traded_array
    labels = forward_returns(panel, HORIZON)
    screen = ICScreen(max_factors=2, min_factors=2)
    return screen.fit(compute_factors(panel, CODES), labels, universe=universe, horizon=HORIZON).selected_


class FittedOnce(ICScreen):
    """Keeps what it chose the first time, whatever it is fitted on later."""

    def fit(self, *arguments: object, **options: object) -> Self:
        return self if getattr(self, "table_", None) is not None else super().fit(*arguments, **options)  # type: ignore[arg-type]


class TestScreening:
    def test_factors_chosen_on_the_whole_sample_are_caught(self, gappy: Panel) -> None:
        with pytest.raises(LookAheadError) as caught:
            assert_causal(lambda panel: walk(gappy, ridge(best(panel))), gappy)
        assert str(caught.value).startswith("the choice of factors looks ahead: ")
        assert "which were chosen did: " in str(caught.value)
        with pytest.raises(LookAheadError, match=r"which were chosen did: .*; the screening"):
            assert_causal(lambda panel: ridge(best(panel)), gappy)

    def test_screening_at_each_fit_passes(self, gappy: Panel) -> None:
        screen = ICScreen(max_factors=2, min_factors=2)
        assert_causal(lambda _: walk(gappy, ridge(screen=screen)), gappy)
        chosen = best(gappy.until(gappy.dates[100]))
        assert_causal(lambda _: walk(gappy, ridge(chosen)), gappy)

    def test_a_screen_fitted_outside_is_caught_by_what_it_holds(self, gappy: Panel) -> None:
        screen = FittedOnce(max_factors=2, min_factors=2)
        universe = gappy.universe_array & gappy.traded_array
        labels = forward_returns(gappy, HORIZON)
        screen.fit(compute_factors(gappy, CODES), labels, universe=universe, horizon=HORIZON)
        with pytest.raises(LookAheadError, match=r"RidgeSignal\.features_\.screen_\.ic_ reaches to "):
            assert_causal(walk(gappy, ridge(screen=screen)), gappy)

    def test_a_fitted_screen_that_is_fitted_again_is_harmless(self, gappy: Panel) -> None:
        screen = ICScreen(max_factors=2, min_factors=2)
        universe = gappy.universe_array & gappy.traded_array
        labels = forward_returns(gappy, HORIZON)
        screen.fit(compute_factors(gappy, CODES), labels, universe=universe, horizon=HORIZON)
        assert_causal(walk(gappy, ridge(screen=screen)), gappy)


class TestSchedule:
    def test_a_start_that_depends_on_the_length_is_caught(self, gappy: Panel) -> None:
        def thirds(panel: Panel) -> WalkForward:
            return WalkForward(ridge(), start=panel.dates[len(panel) // 2], refit=30)

        with pytest.raises(LookAheadError, match="the fit schedule looks ahead: there is a fit on "):
            assert_causal(thirds, gappy)

    def test_each_part_of_a_walk_forward_has_its_verdict(self, gappy: Panel) -> None:
        seen: list[tuple[int, int]] = []
        provider = walk(gappy, ridge())
        checks = check_causal(provider, gappy, cuts=2, on_step=lambda done, todo: seen.append((done, todo)))
        assert [check.name for check in checks] == ["fit schedule", "choice of factors", "scores"]
        assert {check.verdict for check in checks} == {"holds"}
        assert all(check.values > 0 for check in checks)
        todo = checks[0].futures
        assert seen == [(number, todo) for number in range(1, todo + 1)]
        assert todo == 6 * checks[0].cuts, "six futures: the panel has statements"


# -- the universe and the statements, inside a provider ----------------------------------------------


class HoldsTodaysMembers(RidgeSignal):
    """Replaces the universe of each day by that of the last one."""

    def predict(self, panel: Panel) -> pd.DataFrame:
        today = np.tile(panel.universe_array[-1], (len(panel), 1))
        return super().predict(panel.with_universe(today))


class ReadsStatements(SignalProvider):
    """The latest profit, dated by one of the columns of the table of statements."""

    def __init__(self, dated_by: str) -> None:
        self.dated_by = dated_by

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        assert panel.statements is not None
        figures = panel.statements.frame.drop_duplicates([self.dated_by, "symbol"], keep="last")
        table = figures.pivot_table(index=self.dated_by, columns="symbol", values="net_profit").sort_index()
        return table.reindex(panel.dates, method="ffill").reindex(columns=panel.symbols)


class TestUniverseAndStatements:
    def test_todays_members_are_caught(self, gappy: Panel) -> None:
        with pytest.raises(LookAheadError, match=r"scores of .* where the (panel ends|later universe)"):
            assert_causal(HoldsTodaysMembers(factors=CODES, horizon=HORIZON), gappy)

    def test_statements_by_period_end_are_caught(self, gappy: Panel) -> None:
        assert_causal(ReadsStatements("visible"), gappy)
        with pytest.raises(LookAheadError, match=r"scores of .* looks ahead"):
            assert_causal(ReadsStatements("period_end"), gappy)

    def test_a_restatement_under_its_old_date_is_caught(self, gappy: Panel) -> None:
        length = len(gappy)

        def latest(panel: Panel) -> pd.DataFrame:
            # The last figure of each period, whenever it came: only the restated future shows it.
            statements = (panel if len(panel) == length else gappy).statements
            assert statements is not None
            last = statements.frame.drop_duplicates(["symbol", "period_end"], keep="last")
            first = statements.frame.drop_duplicates(["symbol", "period_end"])
            dated = last.merge(first[["symbol", "period_end", "visible"]], on=["symbol", "period_end"])
            table = dated.pivot_table(index="visible_y", columns="symbol", values="net_profit").sort_index()
            return table.reindex(panel.dates, method="ffill").reindex(columns=panel.symbols)

        with pytest.raises(LookAheadError, match="where later statements are restated"):
            assert_causal(latest, gappy)


def test_restating_leaves_what_was_known(gappy: Panel) -> None:
    from btalpha.signals.audit.futures import restate

    assert gappy.statements is not None
    day = gappy.dates[100]
    other = restate(gappy.statements, day)
    pd.testing.assert_frame_equal(other.until(day).frame, gappy.statements.until(day).frame)
    assert isinstance(other, Statements)
    keys = ["visible", "period_end", "symbol"]
    pd.testing.assert_frame_equal(
        other.frame, other.frame.sort_values(keys, kind="stable", ignore_index=True)
    )
    again = other.frame[other.frame["visible"] == day + pd.Timedelta(days=1)]
    assert len(again) >= len(gappy.symbols) - 1, "each symbol that had announced does so again"
