"""Any regressor, and several providers as one: known answers and refusals."""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    EnsembleSignal,
    FactorSignal,
    RandomSignal,
    RidgeSignal,
    SignalProvider,
    SklearnSignal,
)
from btalpha.signals.persistence import ModelFileError
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge, TweedieRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CODES = ["rev5", "vol20", "turn5", "mom20"]


class Given(SignalProvider):
    """Scores that are given."""

    horizon = 5

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel.frame(self.values)

    def save(self, path: str | Path) -> None:
        Path(path).write_text("given")


class TestSklearn:
    def test_of_ridge_is_a_regression_with_days_of_equal_weight(self, gappy: Panel) -> None:
        signal = SklearnSignal(Ridge(alpha=2.0), factors=CODES, horizon=4).fit(gappy)
        from btalpha.signals.features import FeaturePipeline, rank_labels
        from btalpha.signals.labels import forward_returns

        features = FeaturePipeline(factors=CODES).fit_transform(gappy).astype(float)
        returns = np.where(gappy.universe_array & gappy.traded_array, forward_returns(gappy, 4), np.nan)
        labels, known = rank_labels(returns, gappy.universe_array), np.isfinite(returns)
        weights = np.broadcast_to(1.0 / np.maximum(known.sum(axis=1, keepdims=True), 1), known.shape)[known]
        want = Ridge(alpha=2.0).fit(features[known], labels[known], weights / weights.mean())
        np.testing.assert_allclose(signal.estimator_.coef_, want.coef_, rtol=1e-9)

    def test_never_fits_what_was_given(self, gappy: Panel) -> None:
        mine = RandomForestRegressor(3, max_depth=2, random_state=0)
        SklearnSignal(mine, factors=CODES).fit(gappy)
        assert not hasattr(mine, "estimators_")

    @pytest.mark.parametrize(
        "estimator",
        [
            KNeighborsRegressor(3),  # takes no weights
            make_pipeline(StandardScaler(), LinearRegression()),
            RandomForestRegressor(3, max_depth=2, random_state=0),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_what_only_pickle_could_hold_is_not_saved(self, estimator, gappy: Panel, tmp_path: Path) -> None:
        signal = SklearnSignal(estimator, factors=CODES).fit(gappy)
        assert signal.predict(gappy).notna().any().any()
        with pytest.raises(NotImplementedError, match=r"can only be kept by pickle.*keep the estimator"):
            signal.save(tmp_path / "m")
        assert not (tmp_path / "m").exists()

    def test_coefficients_behind_a_link_are_not_taken_for_a_line(self, gappy: Panel, tmp_path: Path) -> None:
        class Positive(TweedieRegressor):
            def fit(self, X, y, sample_weight=None):
                return super().fit(X, y + 10.0, sample_weight)

        signal = SklearnSignal(Positive(power=0, link="log"), factors=CODES).fit(gappy)
        with pytest.raises(NotImplementedError, match="Positive"):
            signal.save(tmp_path / "m")

    def test_a_loaded_one_cannot_be_fitted(self, gappy: Panel, tmp_path: Path) -> None:
        SklearnSignal(LinearRegression(), factors=CODES).fit(gappy).save(tmp_path / "m")
        with pytest.raises(ValueError, match="no estimator; build it anew"):
            SklearnSignal.load(tmp_path / "m").fit(gappy)

    @pytest.mark.parametrize(("estimator", "hint"), [(Ridge, "make an instance"), (3, "got 3")])
    def test_what_is_no_regressor(self, estimator: object, hint: str) -> None:
        with pytest.raises(TypeError, match=f"estimator must be a regressor .*{hint}"):
            SklearnSignal(estimator)

    def test_target_is_checked(self) -> None:
        with pytest.raises(ValueError, match="target must be one of rank, return, got 'price'"):
            SklearnSignal(Ridge(), target="price")


class TestEnsemble:
    @pytest.fixture
    def day(self, small_panel: Panel) -> np.ndarray:
        """Zeros, dates x five symbols."""
        return np.zeros((len(small_panel), len(small_panel.symbols)))

    def test_is_the_mean_of_ranks_with_the_mean_spread(self, small_panel: Panel, day: np.ndarray) -> None:
        one, two = day + np.array([1.0, 2.0, 3.0, 4.0, 5.0]), day + np.array([50.0, 10.0, 20.0, 30.0, 1000.0])
        both = EnsembleSignal([Given(one), Given(two)], weights=[3, 1]).fit(small_panel)
        ranks = np.sqrt(12.0) * ((np.array([[1, 2, 3, 4, 5], [4, 1, 2, 3, 5]]) - 0.5) / 5 - 0.5)
        spread = 0.75 * np.std(one[0]) + 0.25 * np.std(two[0])
        want = (0.75 * ranks[0] + 0.25 * ranks[1]) * spread
        np.testing.assert_allclose(both.predict(small_panel), day + want)

    def test_a_stock_needs_all_members_or_as_many_as_said(self, small_panel: Panel, day: np.ndarray) -> None:
        one, two = (
            day + np.array([1.0, 2.0, 3.0, 4.0, np.nan]),
            day + np.array([np.nan, 1.0, 2.0, 3.0, np.nan]),
        )
        for least, known in ((None, "01110"), (2, "01110"), (1, "11110")):
            both = EnsembleSignal([Given(one), Given(two)], min_members=least).fit(small_panel)
            found = both.predict(small_panel).notna().to_numpy()
            assert (found == np.array([digit == "1" for digit in known])).all()

    def test_leaves_the_given_ones_alone(self, gappy: Panel) -> None:
        ridge = RidgeSignal(factors=CODES)
        EnsembleSignal([ridge]).fit(gappy)
        assert ridge.features_ is None

    def test_a_class_of_ones_own_has_to_be_given(
        self, small_panel: Panel, day: np.ndarray, tmp_path: Path
    ) -> None:
        EnsembleSignal([Given(day)]).fit(small_panel).save(tmp_path / "m")
        with pytest.raises(ModelFileError, match=r"class Given, .* load\(path, kinds=\[Given\]\)"):
            EnsembleSignal.load(tmp_path / "m")

    @pytest.mark.parametrize(
        ("members", "settings", "message"),
        [
            ([], {}, "members must be one provider or more, .* got none"),
            ([Ridge()], {}, r"members must be one provider or more, .* got Ridge\(\)"),
            ([FactorSignal("rev5"), RandomSignal()], {}, "same number of sessions ahead, got horizons 5, 1"),
            (
                [FactorSignal("rev5")],
                {"weights": [1, 2]},
                r"weights must be 1 numbers above 0, .* got \[1, 2\]",
            ),
            ([FactorSignal("rev5")], {"weights": [0.0]}, r"weights must be .* got \[0.0\]"),
            ([FactorSignal("rev5")], {"min_members": 2}, "min_members must be from 1 to the 1 members"),
        ],
    )
    def test_validation(self, members: list, settings: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            EnsembleSignal(members, **settings)
