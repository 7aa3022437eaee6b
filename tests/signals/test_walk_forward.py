"""WalkForward: which rows are scored by which fit, and when fits are made again."""

import copy
from typing import Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    FactorSignal,
    NotFittedError,
    RandomSignal,
    RidgeSignal,
    SignalProvider,
    WalkForward,
)
from btalpha.signals.walk_forward import fingerprint


class Spy(SignalProvider):
    """Scores every stock with the number of dates that its fit saw; counts the fits of all copies."""

    fits: list[tuple[pd.Timestamp, pd.Timestamp]] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.length = 0

    def fit(self, panel: Panel) -> Self:
        Spy.fits.append((panel.dates[0], panel.dates[-1]))
        self.length = len(panel)
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel.frame(np.full((len(panel), len(panel.symbols)), float(self.length)))


@pytest.fixture(autouse=True)
def _forget() -> None:
    Spy.fits.clear()


class TestRows:
    def test_are_scored_by_the_latest_fit_before_them(self, gappy: Panel) -> None:
        walk = WalkForward(Spy(), start=gappy.dates[100], refit=30)
        column = walk.fit(gappy).predict(gappy).iloc[:, 0]
        assert column[:100].isna().all()
        assert column[100:].tolist() == [101.0] * 30 + [131.0] * 30 + [161.0] * 30 + [191.0] * 10
        assert [fit.date for fit in walk.fits_] == list(gappy.dates[[100, 130, 160, 190]])

    def test_a_window_bounds_what_a_fit_sees(self, gappy: Panel) -> None:
        WalkForward(Spy(), start=gappy.dates[40], refit=100, window=50).fit(gappy).predict(gappy)
        dates = gappy.dates
        assert Spy.fits == [(dates[0], dates[40]), (dates[91], dates[140])]

    def test_without_a_start_the_last_date_of_the_fit_is_the_first(self, gappy: Panel) -> None:
        walk = WalkForward(Spy(), refit=1000).fit(gappy.until(gappy.dates[120]))
        assert walk.predict(gappy).iloc[:, 0].first_valid_index() == gappy.dates[120]

    def test_equal_a_fit_by_hand(self, gappy: Panel) -> None:
        ridge = RidgeSignal(factors=["rev5", "vol20"])
        walk = WalkForward(ridge, start=gappy.dates[100], refit=60)
        got = walk.fit(gappy).predict(gappy)
        by_hand = copy.deepcopy(ridge).fit(gappy.until(gappy.dates[160])).predict(gappy)
        pd.testing.assert_frame_equal(got.iloc[160:], by_hand.iloc[160:], rtol=1e-12)
        assert ridge.features_ is None, "the provider given stays unfitted"

    def test_are_found_by_name_whatever_the_order_of_the_provider(self, gappy: Panel) -> None:
        class Turned(RandomSignal):
            def predict(self, panel: Panel) -> pd.DataFrame:
                return super().predict(panel).iloc[::-1, ::-1].iloc[:, 2:]

        got = WalkForward(Turned(seed=1), start=gappy.dates[50]).fit(gappy).predict(gappy)
        want = RandomSignal(seed=1).predict(gappy)
        assert got.columns.equals(gappy.symbols)
        pd.testing.assert_frame_equal(got.iloc[50:, :-2], want.iloc[50:, :-2])
        assert got.iloc[:, -2:].isna().all().all()

    def test_of_a_panel_that_ends_before_the_start_have_no_score(self, gappy: Panel) -> None:
        early = gappy.until(gappy.dates[99])
        walk = WalkForward(Spy(), start=gappy.dates[100]).fit(early)
        scores = walk.predict(early)
        assert scores.index.equals(early.dates)
        assert scores.isna().all().all()
        assert Spy.fits == []

    def test_are_predicted_without_sight_of_the_next_fits_rows(self, gappy: Panel) -> None:
        class Length(Spy):
            def predict(self, panel: Panel) -> pd.DataFrame:
                return panel.frame(np.full((len(panel), len(panel.symbols)), float(len(panel))))

        walk = WalkForward(Length(), start=gappy.dates[100], refit=60).fit(gappy)
        assert walk.predict(gappy).iloc[100:, 0].unique().tolist() == [160.0, 200.0]


class TestFits:
    def test_are_used_again_on_a_longer_panel(self, gappy: Panel) -> None:
        walk = WalkForward(Spy(), start=gappy.dates[100], refit=30).fit(gappy)
        for stop in (100, 115, 129, 130, 159, 165, 199):
            walk.predict(gappy.until(gappy.dates[stop]))
        assert [last for _, last in Spy.fits] == list(gappy.dates[[100, 130, 160, 190]])

    @pytest.mark.parametrize("what", ["close", "universe", "statements", "benchmark", "info"])
    def test_are_made_again_for_another_history(self, gappy: Panel, what: str) -> None:
        walk = WalkForward(Spy(), start=gappy.dates[100], refit=1000).fit(gappy)
        walk.predict(gappy)
        walk.predict(changed(gappy, what))
        assert len(Spy.fits) == 2

    def test_are_not_made_again_where_only_later_bars_differ(self, gappy: Panel) -> None:
        close = gappy.array("close").copy()
        close[101:] *= 2
        walk = WalkForward(Spy(), start=gappy.dates[100], refit=1000).fit(gappy)
        walk.predict(gappy)
        walk.predict(gappy.with_arrays({"close": close}))
        assert len(Spy.fits) == 1

    def test_are_forgotten_by_fit(self, gappy: Panel) -> None:
        walk = WalkForward(Spy(), start=gappy.dates[100], refit=1000)
        for _ in range(2):
            walk.fit(gappy).predict(gappy)
        assert len(Spy.fits) == 2

    def test_are_reported(self, gappy: Panel) -> None:
        seen: list[tuple[int, int]] = []
        walk = WalkForward(
            Spy(), start=gappy.dates[100], refit=50, on_fit=lambda done, total: seen.append((done, total))
        )
        walk.fit(gappy).predict(gappy)
        assert seen == [(0, 2), (1, 2), (2, 2)]

    def test_name_their_factors(self, gappy: Panel) -> None:
        walk = WalkForward(RidgeSignal(factors=["rev5", "vol20"]), start=gappy.dates[150], refit=1000)
        walk.fit(gappy).predict(gappy)
        assert walk.selected_factors_ == {gappy.dates[150].date().isoformat(): ["rev5", "vol20"]}
        assert np.isnan(walk.fits_[0].validation_rank_ic)

    def test_of_a_factor_have_none(self, gappy: Panel) -> None:
        walk = WalkForward(FactorSignal("rev5", horizon=3), start=gappy.dates[150])
        walk.fit(gappy).predict(gappy)
        assert list(walk.selected_factors_.values()) == [[]]
        assert walk.horizon == 3


def changed(panel: Panel, what: str) -> Panel:
    """The panel with one early detail changed."""
    if what == "close":
        close = panel.array("close").copy()
        close[3, 0] += 0.01
        return panel.with_arrays({"close": close})
    if what == "universe":
        universe = panel.universe_array.copy()
        universe[3, 0] = ~universe[3, 0]
        return panel.with_universe(universe)
    parts = {name: getattr(panel, name) for name in ("statements", "benchmark", "info")}
    if what == "statements":
        frame = parts[what].frame.copy()
        frame.loc[0, "net_profit"] = -1.0
        parts[what] = type(parts[what])(frame=frame)
    elif what == "benchmark":
        parts[what] = parts[what].assign(close=parts[what]["close"] + 1)
    else:
        parts[what] = parts[what].assign(industry="one")
    arrays = {name: panel.array(name) for name in panel.fields}
    universe = panel.universe_array
    return Panel(dates=panel.dates, symbols=panel.symbols, arrays=arrays, universe=universe, **parts)


class TestFingerprint:
    def test_of_equal_panels_is_equal(self, gappy: Panel) -> None:
        arrays = {name: gappy.array(name).copy() for name in gappy.fields}
        assert fingerprint(gappy.with_arrays(arrays)) == fingerprint(gappy)
        assert fingerprint(gappy.until(gappy.dates[-1])) == fingerprint(gappy)

    @pytest.mark.parametrize("what", ["close", "universe", "statements", "benchmark", "info"])
    def test_sees(self, gappy: Panel, what: str) -> None:
        assert fingerprint(changed(gappy, what)) != fingerprint(gappy)

    def test_sees_dates_and_symbols(self, gappy: Panel) -> None:
        parts = {fingerprint(gappy), fingerprint(gappy.until(gappy.dates[-2]))}
        assert len(parts | {fingerprint(gappy.select(gappy.symbols[1:]))}) == 3


class TestValidation:
    def test_before_fit(self, gappy: Panel) -> None:
        with pytest.raises(NotFittedError, match="WalkForward is not fitted"):
            WalkForward(Spy()).predict(gappy)

    def test_start_without_history(self, gappy: Panel) -> None:
        walk = WalkForward(RidgeSignal(factors=["rev5"]), start="2000-01-01")
        with pytest.raises(ValueError, match=r"panel must have 12 dates or more .* got 0 of 1"):
            walk.fit(gappy)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"refit": 0}, "refit must be 1 session or more, got 0"),
            ({"refit": "week"}, "refit must be a number of sessions or one of .*, got 'week'"),
            ({"window": 0}, "window must be 1 session or more, or None, got 0"),
            ({"start": "soon"}, "start must be a date such as 2015-01-05, got 'soon'"),
            ({"start": "2015-01-05T00:00+08:00"}, "start must be a date without a time zone, got"),
        ],
    )
    def test_settings(self, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            WalkForward(Spy(), **settings)


class TestLatest:
    def test_it_is_the_last_row_of_predict(self, market: Panel) -> None:
        walk = WalkForward(RidgeSignal(factors=["rev5", "vol20"]), start=market.dates[60], refit=20)
        walk.fit(market)
        for row in (50, 60, 75, 85, len(market) - 1):
            seen = market.until(market.dates[row])
            pd.testing.assert_frame_equal(walk.predict_latest(seen), walk.predict(seen).iloc[-1:])

    def test_session_by_session_it_fits_once_a_refit_date(self, market: Panel) -> None:
        walk = WalkForward(RidgeSignal(factors=["rev5", "vol20"]), start=market.dates[60], refit=20)
        walk.fit(market.until(market.dates[50]))
        for date in market.dates[55:105]:
            walk.predict_latest(market.until(date))
        assert [fit.date for fit in walk.fits_] == list(market.dates[[60, 80, 100]])
        fitted = [fit.provider for fit in walk.fits_]
        walk.predict_latest(market.until(market.dates[106]))
        assert [fit.provider for fit in walk.fits_] == fitted
