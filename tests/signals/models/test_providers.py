"""The contract that every provider keeps, whatever its model."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    EnsembleSignal,
    FactorSignal,
    ICScreen,
    LightGBMSignal,
    LSTMSignal,
    NotFittedError,
    Preprocessor,
    RandomSignal,
    RidgeSignal,
    SignalProvider,
    SklearnSignal,
    assert_causal,
)
from btalpha.signals.persistence import ModelFileError, write_model

CODES = ["rev5", "vol20", "turn5", "mom20"]


def lstm(**settings: object) -> LSTMSignal:
    tiny = {"hidden": 4, "epochs": 2, "ensemble": 2, "length": 25, "burn_in": 8, "horizon": 3, "seed": 5}
    return LSTMSignal(factors=CODES, **{**tiny, **settings})  # type: ignore[arg-type]


def trees(**settings: object) -> LightGBMSignal:
    tiny = {"n_estimators": 8, "min_child_samples": 20, "ensemble": 2, "horizon": 3, "seed": 5}
    return LightGBMSignal(factors=CODES, **{**tiny, **settings})  # type: ignore[arg-type]


def lgbm_regressor() -> SklearnSignal:
    from lightgbm import LGBMRegressor

    return SklearnSignal(LGBMRegressor(n_estimators=5, n_jobs=1, verbosity=-1), factors=CODES)


def linear(target: str = "rank") -> SklearnSignal:
    from sklearn.linear_model import LinearRegression

    return SklearnSignal(LinearRegression(), factors=CODES, target=target, horizon=3)


MAKERS: dict[str, Callable[[], SignalProvider]] = {
    "ridge": lambda: RidgeSignal(factors=CODES, alpha=2.0, horizon=3),
    "ridge screened": lambda: RidgeSignal(factors=CODES, screen=ICScreen(max_factors=2, min_factors=2)),
    "ridge along time": lambda: RidgeSignal(
        factors=CODES, preprocessor=Preprocessor(scale="zscore", axis="time")
    ),
    "lstm": lstm,
    "lstm with dropout and mse": lambda: lstm(layers=2, dropout=0.3, loss="mse", ensemble=1),
    "lstm with mixed steps": lambda: lstm(loss="mse", parts=3, ensemble=1),
    "lstm with an output a day": lambda: lstm(outputs="daily", target="zscore", loss="pairwise", ensemble=1),
    "lstm on factors alone": lambda: lstm(inputs=(), ensemble=1),
    "ridge on bars": lambda: RidgeSignal(factors=CODES, inputs=["bars"], horizon=3),
    "factor": lambda: FactorSignal("rev5", sign=-1, horizon=4),
    "random": lambda: RandomSignal(seed=3),
    "lightgbm": trees,
    "lightgbm on returns": lambda: trees(target="return", ensemble=1, bagging_fraction=1.0),
    "lightgbm on the market": lambda: trees(inputs=["market"], ensemble=1),
    "scikit-learn": linear,
    "scikit-learn on returns": lambda: linear("return"),
    "scikit-learn with trees": lgbm_regressor,
    "ensemble": lambda: EnsembleSignal(
        [RidgeSignal(factors=CODES, horizon=3), lstm(), FactorSignal("rev5", horizon=3)], weights=[1, 2, 1]
    ),
    "ensemble of those that know": lambda: EnsembleSignal(
        [RidgeSignal(factors=CODES), EnsembleSignal([FactorSignal("mom20"), FactorSignal("vol20")])],
        min_members=1,
    ),
}
NEED_LIGHTGBM = {"lightgbm", "lightgbm on the market", "lightgbm on returns", "scikit-learn with trees"}
ABLE = [pytest.param(name, marks=pytest.mark.lightgbm) if name in NEED_LIGHTGBM else name for name in MAKERS]
LEARNING = [name for name in ABLE if name not in ("factor", "random")]


@pytest.fixture(scope="module")
def early(gappy: Panel) -> Panel:
    return gappy.until(gappy.dates[139])


@pytest.fixture(scope="module")
def fitted_ones(early: Panel) -> dict[str, SignalProvider]:
    return Fitted(early)


class Fitted(dict):
    """Providers by name, fitted when they are first asked for."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel

    def __missing__(self, name: str) -> SignalProvider:
        self[name] = MAKERS[name]().fit(self.panel)
        return self[name]


@pytest.fixture(params=ABLE)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def fitted(name: str, fitted_ones: dict[str, SignalProvider]) -> SignalProvider:
    return copy.deepcopy(fitted_ones[name])


class TestScores:
    def test_have_the_axes_of_the_panel(self, fitted: SignalProvider, gappy: Panel) -> None:
        scores = fitted.predict(gappy)
        assert scores.index.equals(gappy.dates)
        assert scores.columns.equals(gappy.symbols)
        assert (scores.dtypes == np.float64).all()

    def test_are_of_members_that_traded(self, fitted: SignalProvider, gappy: Panel) -> None:
        scores = fitted.predict(gappy).to_numpy()
        eligible = gappy.universe_array & gappy.traded_array
        assert np.isnan(scores[~eligible]).all()
        assert np.isfinite(scores[60:][eligible[60:]]).mean() > 0.9
        assert not np.isinf(scores).any()

    def test_are_not_moved_by_the_labels_to_come(self, fitted: SignalProvider, gappy: Panel) -> None:
        """Predicting changes nothing in the provider: twice gives the same bytes, also after another panel."""
        once = fitted.predict(gappy)
        fitted.predict(gappy.until(gappy.dates[80]))
        pd.testing.assert_frame_equal(fitted.predict(gappy), once, check_exact=True)

    def test_have_the_size_of_a_daily_return(self, fitted: SignalProvider, name: str, gappy: Panel) -> None:
        if name != "random":
            spread = float(np.nanstd(fitted.predict(gappy)))
            assert 0 < spread < 0.03


class TestCausality:
    def test_no_row_moves_when_only_later_ones_do(self, name: str, gappy: Panel) -> None:
        assert_causal(MAKERS[name](), gappy, cuts=1)


class TestFit:
    def test_returns_itself(self, name: str, early: Panel) -> None:
        provider = MAKERS[name]()
        assert provider.fit(early) is provider

    def test_same_settings_same_bytes(
        self, fitted: SignalProvider, name: str, early: Panel, gappy: Panel, tmp_path: Path
    ) -> None:
        again = MAKERS[name]().fit(early)
        pd.testing.assert_frame_equal(again.predict(gappy), fitted.predict(gappy), check_exact=True)
        again.save(tmp_path / "again")
        fitted.save(tmp_path / "fitted")
        assert (tmp_path / "again").read_bytes() == (tmp_path / "fitted").read_bytes()

    def test_again_forgets_what_it_learned(self, fitted: SignalProvider, name: str, gappy: Panel) -> None:
        other = gappy.between(gappy.dates[20], gappy.dates[180])
        want = MAKERS[name]().fit(other).predict(gappy)
        pd.testing.assert_frame_equal(fitted.fit(other).predict(gappy), want, check_exact=True)

    def test_changes_no_global_random_state(self, name: str, early: Panel) -> None:
        import torch

        before, numpy_before = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
        MAKERS[name]().fit(early).predict(early)
        assert torch.equal(torch.get_rng_state(), before)
        np.testing.assert_array_equal(np.random.get_state()[1], numpy_before[1])  # noqa: NPY002

    @pytest.mark.parametrize("learning", LEARNING)
    def test_does_not_depend_on_the_global_random_state(
        self, learning: str, fitted_ones: dict[str, SignalProvider], early: Panel
    ) -> None:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(987)
            other = MAKERS[learning]().fit(early)
        want = fitted_ones[learning].predict(early)
        pd.testing.assert_frame_equal(other.predict(early), want, check_exact=True)

    @pytest.mark.parametrize("learning", LEARNING)
    def test_learns_from_no_label_beyond_the_fit_date(
        self, learning: str, fitted_ones: dict[str, SignalProvider], gappy: Panel, tmp_path: Path
    ) -> None:
        """Bars after the fit date are poisoned: the file that is saved has the same bytes."""
        poisoned = {}
        for field in gappy.fields:
            poisoned[field] = gappy.array(field).copy()
            poisoned[field][140:] = poisoned[field][140:] * 1000
        late = gappy.with_arrays(poisoned)
        MAKERS[learning]().fit(late.until(late.dates[139])).save(tmp_path / "poisoned")
        fitted_ones[learning].save(tmp_path / "clean")
        assert (tmp_path / "poisoned").read_bytes() == (tmp_path / "clean").read_bytes()


class TestFiles:
    def test_predict_the_same_bytes(self, fitted: SignalProvider, gappy: Panel, tmp_path: Path) -> None:
        fitted.save(tmp_path / "m")
        loaded = type(fitted).load(tmp_path / "m")
        pd.testing.assert_frame_equal(loaded.predict(gappy), fitted.predict(gappy), check_exact=True)
        assert loaded.horizon == fitted.horizon
        loaded.save(tmp_path / "n")
        assert (tmp_path / "m").read_bytes() == (tmp_path / "n").read_bytes()

    def test_of_another_kind_are_refused(self, fitted: SignalProvider, tmp_path: Path) -> None:
        write_model(tmp_path / "m", "Other", {}, {})
        with pytest.raises(ModelFileError, match=f"holds a Other, not a {type(fitted).__name__}"):
            type(fitted).load(tmp_path / "m")

    def test_hold_no_pickle(self, fitted: SignalProvider, tmp_path: Path, monkeypatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("pickle is used")

        for module in ("pickle", "_pickle", "joblib"):
            for call in ("dump", "dumps", "load", "loads"):
                monkeypatch.setattr(f"{module}.{call}", refuse, raising=False)
        fitted.save(tmp_path / "m")
        assert isinstance(type(fitted).load(tmp_path / "m"), type(fitted))

    def test_with_garbage_are_refused(self, fitted: SignalProvider, tmp_path: Path) -> None:
        (tmp_path / "m").write_bytes(b"garbage")
        with pytest.raises(ModelFileError, match="is not a saved provider"):
            type(fitted).load(tmp_path / "m")

    def test_of_another_shape_are_refused(self, fitted_ones: dict, tmp_path: Path) -> None:
        from btalpha.signals.persistence import read_model

        fitted_ones["lstm"].save(tmp_path / "m")
        settings, arrays = read_model(tmp_path / "m", "LSTMSignal")
        settings["model"]["hidden"] = 5
        write_model(tmp_path / "m", "LSTMSignal", settings, arrays)
        with pytest.raises(ModelFileError, match="m does not fit this version"):
            LSTMSignal.load(tmp_path / "m")

    @pytest.mark.parametrize("learning", LEARNING)
    def test_need_a_fit(self, learning: str, gappy: Panel, tmp_path: Path) -> None:
        for call in (lambda one: one.save(tmp_path / "m"), lambda one: one.predict(gappy)):
            with pytest.raises(NotFittedError, match=r"is not fitted\. Remedy: call fit"):
                call(MAKERS[learning]())


class TestBadPanels:
    @pytest.mark.parametrize("learning", LEARNING)
    def test_one_stock_has_no_order(self, learning: str, early: Panel) -> None:
        alone = early.select(early.symbols[:1])
        with pytest.raises(ValueError, match=r"on which two stocks .* got 0 of 140"):
            MAKERS[learning]().fit(alone)

    @pytest.mark.parametrize("learning", LEARNING)
    @pytest.mark.parametrize("days", [1, 2, 5])
    def test_few_days(self, learning: str, early: Panel, days: int) -> None:
        with pytest.raises(
            ValueError, match=rf"panel must have \d+ dates or more .* of {days}; give a longer panel"
        ):
            MAKERS[learning]().fit(early.until(early.dates[days - 1]))

    def test_two_stocks_are_enough(self, name: str, early: Panel) -> None:
        two = early.select(early.symbols[[5, 7]])
        if name == "ridge screened":
            with pytest.raises(ValueError, match="screen kept none of 4 factors over 140 dates"):
                MAKERS[name]().fit(two)
            return
        assert MAKERS[name]().fit(two).predict(two).notna().any().any()

    def test_a_universe_without_members_has_no_score(self, fitted: SignalProvider, gappy: Panel) -> None:
        nobody = gappy.with_universe(np.zeros(gappy.universe_array.shape, dtype=bool))
        assert fitted.predict(nobody).isna().all().all()
