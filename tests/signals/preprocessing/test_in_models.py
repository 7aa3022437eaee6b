"""Every way to clean inside a model: causal, kept in its file, and what it asks of the panel."""

import warnings
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.scripts.build import build_provider
from btalpha.scripts.settings import SettingsError, load_settings
from btalpha.signals import (
    LookAheadError,
    Preprocessor,
    RidgeSignal,
    SignalProvider,
    assert_causal,
    compute_factors,
)
from btalpha.signals.features import FeaturePipeline
from btalpha.signals.preprocessing import Neutralize

CODES = ["rev5", "vol20", "turn5"]
LONG_NAME = "linear_interpolation_that_looks_ahead"
CLEANINGS = {
    "std": {"outliers": "std", "replace": "clip", "n_std": 2.0, "scale": "robust_zscore"},
    "boxplot": {"outliers": "boxplot", "n_iqr": 1.0, "scale": "minmax"},
    "boxplot along time": {"outliers": "boxplot", "scale": "minmax", "axis": "time"},
    "std along time": {"outliers": "std", "n_std": 1.0, "scale": "robust_zscore", "axis": "time"},
    "neutral to size": {"neutralize": ["size"]},
    "neutral to both": {"neutralize": ("size", "industry"), "scale": "zscore"},
    "neutral along time": {"neutralize": ("size", "industry"), "scale": "zscore", "axis": "time"},
}


def ridge(**settings: object) -> RidgeSignal:
    return RidgeSignal(factors=CODES, preprocessor=Preprocessor(**settings), horizon=3)  # type: ignore[arg-type]


def without(panel: Panel, *fields: str, info: bool = True) -> Panel:
    return Panel(
        dates=panel.dates,
        symbols=panel.symbols,
        arrays={name: panel.array(name) for name in panel.fields if name not in fields},
        universe=panel.universe_array,
        info=panel.info if info else None,
    )


@pytest.mark.parametrize("settings", CLEANINGS.values(), ids=CLEANINGS.keys())
class TestEveryCleaning:
    def test_is_causal(self, gappy: Panel, settings: dict) -> None:
        assert_causal(ridge(**settings), gappy)

    def test_is_kept_in_the_file(self, gappy: Panel, settings: dict, tmp_path: Path) -> None:
        fitted = ridge(**settings).fit(gappy.until(gappy.dates[139]))
        fitted.save(tmp_path / "m")
        loaded = RidgeSignal.load(tmp_path / "m")
        pd.testing.assert_frame_equal(loaded.predict(gappy), fitted.predict(gappy), check_exact=True)
        loaded.save(tmp_path / "n")
        assert (tmp_path / "m").read_bytes() == (tmp_path / "n").read_bytes()
        again = loaded.fit(gappy.until(gappy.dates[139])).predict(gappy)
        pd.testing.assert_frame_equal(again, fitted.predict(gappy), check_exact=True)

    def test_changes_the_scores(self, gappy: Panel, settings: dict) -> None:
        early = gappy.until(gappy.dates[139])
        scores, plain = (ridge(**one).fit(early).predict(gappy) for one in (settings, {}))
        assert not np.allclose(scores, plain, equal_nan=True)
        assert scores.notna().equals(plain.notna())

    def test_can_be_named_in_settings(self, gappy: Panel, settings: dict, tmp_path: Path) -> None:
        lines = [
            f"{name} = {list(one) if isinstance(one, tuple) else one!r}" for name, one in settings.items()
        ]
        path = tmp_path / "run.toml"
        path.write_text("\n".join(["[model]", "name = 'ridge'", "[factors]", *lines]), encoding="utf-8")
        provider = build_provider(load_settings(path, {}))
        assert isinstance(provider, RidgeSignal) and provider.preprocessor is not None
        assert provider.preprocessor.get_settings() == Preprocessor(**settings).get_settings()


class CleansItself(SignalProvider):
    """Holds what the cleaned factor ranks high, also on the days of a gap."""

    def __init__(self, gaps: str) -> None:
        self.gaps = gaps

    def fit(self, panel: Panel) -> Self:
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return Preprocessor(gaps=self.gaps).fit_transform(compute_factors(panel, ["vol20"]))["vol20"]


class TestInterpolation:
    def test_is_caught(self, gappy: Panel) -> None:
        assert_causal(CleansItself("forward"), gappy)
        with pytest.raises(LookAheadError, match="looks ahead"):
            assert_causal(CleansItself(LONG_NAME), gappy)

    def test_needs_its_long_name_in_settings_too(self, tmp_path: Path) -> None:
        path = tmp_path / "run.toml"
        path.write_text("[factors]\ngaps = 'linear'", encoding="utf-8")
        with pytest.raises(SettingsError, match=rf"factors\.gaps: .*'{LONG_NAME}'.*got 'linear'"):
            load_settings(path, {})
        assert load_settings(None, {"factors.gaps": LONG_NAME}).factors.gaps == LONG_NAME


class TestNeutralFeatures:
    def test_are_uncorrelated_with_size_and_equal_across_industries(self, gappy: Panel) -> None:
        cleaning = Preprocessor(outliers="none", neutralize=("size", "industry"), scale="none")
        features = FeaturePipeline(factors=["rev5"], preprocessor=cleaning).fit_transform(gappy)[:, :, 0]
        assert gappy.info is not None
        labels = gappy.info["industry"].reindex(gappy.symbols).to_numpy()
        size = np.log(gappy.array("total_mktcap"))
        inside = gappy.universe_array & gappy.traded_array
        inside[:10] = False
        for day in np.flatnonzero(inside.any(axis=1)):
            left, log_size = features[day, inside[day]], size[day, inside[day]]
            assert abs(left @ (log_size - log_size.mean())) < 1e-6
            for label in set(labels[inside[day]]):
                assert abs(left[labels[inside[day]] == label].sum()) < 1e-6
        assert np.nanmax(np.abs(features)) > 1e-3

    def test_are_those_of_the_step_by_itself(self, gappy: Panel) -> None:
        cleaning = Preprocessor(outliers="none", gaps="none", neutralize=("size", "industry"), scale="none")
        features = FeaturePipeline(factors=["rev5"], preprocessor=cleaning).fit_transform(gappy)[:, :, 0]
        assert gappy.info is not None
        inside = gappy.universe_array & gappy.traded_array
        context = {
            "size": np.log(gappy.array("total_mktcap")),
            "industry": gappy.info["industry"].reindex(gappy.symbols).to_numpy(),
        }
        raw = compute_factors(gappy, ["rev5"])["rev5"].to_numpy()
        want = np.nan_to_num(Neutralize().transform(raw, inside, context)).astype(np.float32)
        np.testing.assert_array_equal(features, np.where(gappy.traded_array, want, np.nan))

    def test_ask_for_what_the_panel_lacks(self, gappy: Panel) -> None:
        pipeline = FeaturePipeline(
            factors=["rev5"], preprocessor=Preprocessor(neutralize=("size", "industry"))
        )
        with pytest.raises(ValueError, match="neutralize by industry needs the industry of each stock"):
            pipeline.fit(without(gappy, info=False))
        with pytest.raises(ValueError, match=r"neutralize by size needs market values .*; give the panel"):
            pipeline.fit(without(gappy, "total_mktcap"))

    def test_take_the_size_from_statements_where_the_bars_have_none(self, gappy: Panel) -> None:
        assert gappy.statements is not None
        bare = without(gappy, "total_mktcap")
        bare.statements = gappy.statements
        pipeline = FeaturePipeline(factors=["rev5"], preprocessor=Preprocessor(neutralize=["size"]))
        assert np.nanstd(pipeline.fit_transform(bare)) > 0


def test_nothing_warns_on_the_way(gappy: Panel) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for settings in CLEANINGS.values():
            Preprocessor(**{**settings, "neutralize": ()}).fit_transform(compute_factors(gappy, CODES))
