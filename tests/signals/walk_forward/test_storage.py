"""A whole walk-forward in one file."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import (
    FactorSignal,
    ICScreen,
    LSTMSignal,
    NotFittedError,
    RidgeSignal,
    SignalProvider,
    WalkForward,
)
from btalpha.signals.persistence import ModelFileError

CODES = ["rev5", "vol20", "turn5"]
MAKERS: dict[str, Callable[[], SignalProvider]] = {
    "ridge": lambda: RidgeSignal(factors=CODES, screen=ICScreen(min_factors=2), horizon=3),
    "lstm": lambda: LSTMSignal(
        factors=CODES, hidden=4, epochs=1, ensemble=2, length=25, burn_in=8, horizon=3
    ),
    "factor": lambda: FactorSignal("rev5", horizon=3),
}
OPTIONS = {"refit": 30, "window": 100, "purge": 6, "embargo": 2, "n_jobs": 1}


@pytest.fixture(params=MAKERS)
def fitted(request: pytest.FixtureRequest, gappy: Panel) -> WalkForward:
    return WalkForward(MAKERS[request.param](), start=gappy.dates[110], **OPTIONS).fit(gappy)


class TestLoaded:
    def test_it_predicts_the_same_bytes(self, fitted: WalkForward, gappy: Panel, tmp_path: Path) -> None:
        fitted.save(tmp_path / "walk")
        loaded = WalkForward.load(tmp_path / "walk")
        assert {name: getattr(loaded, name) for name in OPTIONS} == OPTIONS
        assert (loaded.start_, loaded.horizon) == (fitted.start_, 3)
        pd.testing.assert_frame_equal(loaded.predict(gappy), fitted.predict(gappy), check_exact=True)
        pd.testing.assert_frame_equal(
            loaded.predict_latest(gappy), fitted.predict_latest(gappy), check_exact=True
        )
        pd.testing.assert_frame_equal(loaded.fits_table(), fitted.fits_table(), check_exact=True)
        assert loaded.selected_factors_ == fitted.selected_factors_

    def test_saved_again_it_is_the_same_file(self, gappy: Panel, tmp_path: Path) -> None:
        WalkForward(MAKERS["ridge"](), start=gappy.dates[110], **OPTIONS).fit(gappy).save(tmp_path / "one")
        WalkForward.load(tmp_path / "one").save(tmp_path / "two")
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    def test_without_a_provider_a_fit_that_is_due_is_an_error(self, gappy: Panel, tmp_path: Path) -> None:
        WalkForward(MAKERS["ridge"](), start=gappy.dates[110], **OPTIONS).fit(
            gappy.until(gappy.dates[145])
        ).save(tmp_path / "walk")
        loaded = WalkForward.load(tmp_path / "walk")
        assert len(loaded.fits_) == 2
        with pytest.raises(
            ValueError, match=r"has no fit on these bars .* Remedy: WalkForward\.load\(path, provider="
        ):
            loaded.predict(gappy)

    def test_with_one_it_goes_on(self, gappy: Panel, tmp_path: Path) -> None:
        whole = WalkForward(MAKERS["ridge"](), start=gappy.dates[110], **OPTIONS).fit(gappy)
        WalkForward(MAKERS["ridge"](), start=gappy.dates[110], **OPTIONS).fit(
            gappy.until(gappy.dates[145])
        ).save(tmp_path / "walk")
        loaded = WalkForward.load(tmp_path / "walk", provider=MAKERS["ridge"]())
        pd.testing.assert_frame_equal(loaded.predict(gappy), whole.predict(gappy), check_exact=True)
        assert len(loaded.fits_) == 3

    def test_early_fits_without_a_label_keep_their_dates(self, gappy: Panel, tmp_path: Path) -> None:
        walk = WalkForward(FactorSignal("rev5", horizon=5), start=gappy.dates[2]).fit(gappy)
        walk.save(tmp_path / "walk")
        assert pd.isna(walk.fits_table()["last"].iloc[0])
        pd.testing.assert_frame_equal(WalkForward.load(tmp_path / "walk").fits_table(), walk.fits_table())


class TestRefused:
    def test_before_fit(self, tmp_path: Path) -> None:
        with pytest.raises(NotFittedError):
            WalkForward(FactorSignal("rev5")).save(tmp_path / "walk")

    def test_another_kind(self, tmp_path: Path) -> None:
        FactorSignal("rev5").save(tmp_path / "factor")
        with pytest.raises(ModelFileError, match="holds a FactorSignal, not a WalkForward"):
            WalkForward.load(tmp_path / "factor")

    def test_a_damaged_part(self, gappy: Panel, tmp_path: Path) -> None:
        WalkForward(FactorSignal("rev5"), start=gappy.dates[110]).fit(gappy).save(tmp_path / "walk")
        content = (tmp_path / "walk").read_bytes()
        (tmp_path / "walk").write_bytes(content[:-3] + b"???")
        with pytest.raises(ModelFileError, match="is damaged: its checksum differs"):
            WalkForward.load(tmp_path / "walk")

    def test_a_class_that_is_not_imported_is_not_imported_for_a_file(
        self, gappy: Panel, tmp_path: Path
    ) -> None:
        class Elsewhere(FactorSignal):
            def fit(self, panel: Panel) -> Self:
                return self

        Elsewhere.__module__ = "this"  # a module that prints when it is imported
        WalkForward(Elsewhere("rev5"), start=gappy.dates[110]).fit(gappy).save(tmp_path / "walk")
        Elsewhere.__module__ = "elsewhere"
        with pytest.raises(ModelFileError, match=r"of the class this:.*, which is not imported"):
            WalkForward.load(tmp_path / "walk")
