"""The scores of the last close from a saved walk-forward: of every kind of model, those of the backtest."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    EnsembleSignal,
    FactorSignal,
    LightGBMSignal,
    LSTMSignal,
    NotFittedError,
    RandomSignal,
    RidgeSignal,
    SignalProvider,
    SklearnSignal,
    WalkForward,
)
from btalpha.signals.walk_forward import latest_fit, latest_scores, refit_due

CODES = ["rev5", "vol20", "turn5"]


def lstm() -> LSTMSignal:
    return LSTMSignal(factors=CODES, hidden=4, epochs=1, ensemble=2, length=25, burn_in=8, horizon=3)


def linear() -> SklearnSignal:
    from sklearn.linear_model import LinearRegression

    return SklearnSignal(LinearRegression(), factors=CODES, horizon=3)


MAKERS: dict[str, Callable[[], SignalProvider]] = {
    "ridge": lambda: RidgeSignal(factors=CODES, horizon=3),
    "lstm": lstm,
    "lightgbm": lambda: LightGBMSignal(
        factors=CODES, n_estimators=5, min_child_samples=20, ensemble=1, horizon=3
    ),
    "scikit-learn": linear,
    "factor": lambda: FactorSignal("rev5", horizon=3),
    "random": lambda: RandomSignal(seed=4),
    "ensemble": lambda: EnsembleSignal([RidgeSignal(factors=CODES, horizon=3), lstm()]),
}
KINDS = [pytest.param(name, marks=[pytest.mark.lightgbm] * (name == "lightgbm")) for name in MAKERS]


def walk_of(panel: Panel, kind: str = "ridge", start: int = 110, refit: int | str = 30) -> WalkForward:
    return WalkForward(MAKERS[kind](), start=panel.dates[start], refit=refit).fit(panel)


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_gives_the_last_row_of_the_backtest(
    kind: str, gappy: Panel, tmp_path: Path
) -> None:
    walk = walk_of(gappy, kind)
    walk.save(tmp_path / "model")
    loaded = WalkForward.load(tmp_path / "model")
    for row in (len(gappy) - 1, 125):
        day = gappy.dates[row]
        expected = walk.predict(gappy.until(day)).iloc[-1]
        assert expected.notna().any()
        found = latest_scores(loaded, gappy.until(day))
        pd.testing.assert_series_equal(found, expected, check_names=False, rtol=1e-5)
        if kind not in ("lstm", "ensemble"):
            np.testing.assert_array_equal(found, expected)


def test_bars_that_were_mended_since_do_not_matter(gappy: Panel, tmp_path: Path) -> None:
    walk_of(gappy).save(tmp_path / "model")
    renewed = gappy.with_arrays({"factor": gappy.array("factor") * 2.0})
    loaded = WalkForward.load(tmp_path / "model")
    assert latest_scores(loaded, renewed).notna().any()
    with pytest.raises(ValueError, match="has no fit on these bars"):
        loaded.predict_latest(renewed)


def test_the_fit_of_a_date(gappy: Panel) -> None:
    walk = walk_of(gappy)
    assert latest_fit(walk, gappy.dates[139]).date == gappy.dates[110]
    assert latest_fit(walk, gappy.dates[140]).date == gappy.dates[140]
    with pytest.raises(ValueError, match=f"seen what came after {gappy.dates[109].date()}"):
        latest_fit(walk, gappy.dates[109])
    with pytest.raises(NotFittedError):
        latest_fit(WalkForward(FactorSignal("rev5")), gappy.dates[0])


class TestRefitDue:
    @pytest.mark.parametrize(("rows", "due"), [(111, None), (140, None), (141, 140), (175, 170)])
    def test_so_many_sessions(self, gappy: Panel, rows: int, due: int | None) -> None:
        fit = walk_of(gappy.until(gappy.dates[120])).fits_[-1]
        expected = None if due is None else gappy.dates[due]
        assert refit_due(fit, 30, gappy.dates[:rows]) == expected

    def test_periods_and_data_that_begins_after_the_fit(self) -> None:
        from btalpha.feeds import simulate_market

        panel = simulate_market(n_symbols=5, n_days=200, seed=1)
        walk = WalkForward(FactorSignal("rev5"), start=panel.dates[30], refit="quarter")
        fit = walk.fit(panel.until(panel.dates[40])).fits_[-1]
        later = panel.dates[panel.dates > fit.date]
        quarters = later.to_period("Q") != fit.date.to_period("Q")
        assert refit_due(fit, "quarter", later[~quarters]) is None
        assert refit_due(fit, "quarter", later[: int(quarters.argmax()) + 5]) == later[quarters][0]
