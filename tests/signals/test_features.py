"""From a panel to what a model reads."""

import logging

import numpy as np
import pytest
from btalpha.feeds import Panel
from btalpha.signals import ICScreen, NotFittedError, Preprocessor
from btalpha.signals.features import FeaturePipeline, rank_labels

CODES = ["rev5", "vol20", "turn5"]


class TestPipeline:
    def test_every_traded_day_is_finite_and_no_other(self, gappy: Panel) -> None:
        features = FeaturePipeline(factors=CODES).fit_transform(gappy)
        assert features.shape == (200, 16, 3)
        assert features.dtype == np.float32
        np.testing.assert_array_equal(
            np.isfinite(features), np.repeat(gappy.traded_array[:, :, None], 3, axis=2)
        )

    def test_fit_transform_is_fit_then_transform(self, gappy: Panel) -> None:
        for settings in ({}, {"preprocessor": Preprocessor(scale="zscore", axis="time")}):
            once = FeaturePipeline(factors=CODES, **settings).fit_transform(gappy)
            twice = FeaturePipeline(factors=CODES, **settings).fit(gappy).transform(gappy)
            np.testing.assert_array_equal(once, twice)

    def test_suspended_stocks_do_not_move_those_that_traded(self, gappy: Panel) -> None:
        row = int((~gappy.traded_array & gappy.universe_array).sum(axis=1)[60:].argmax()) + 60
        inside = gappy.universe_array[row] & gappy.traded_array[row]
        assert not gappy.traded_array[row].all()
        pipeline = FeaturePipeline(factors=["rev5"], preprocessor=Preprocessor(outliers="none"))
        ranks = pipeline.fit_transform(gappy)[row, inside, 0]
        n = len(ranks)
        evenly = ((np.arange(n) + 0.5) / n - 0.5) * np.sqrt(12)
        np.testing.assert_allclose(np.sort(ranks), evenly, rtol=1e-6)

    def test_keeps_what_the_screen_keeps_strongest_first(self, gappy: Panel) -> None:
        screen = ICScreen(max_factors=2, min_factors=2)
        pipeline = FeaturePipeline(factors=CODES, screen=screen, horizon=3)
        features = pipeline.fit_transform(gappy)
        assert pipeline.screen_ is not None
        assert pipeline.codes_ == pipeline.screen_.selected_
        assert features.shape[2] == len(pipeline.codes_) == 2
        assert screen.table_ is None, "the screen given stays unfitted"
        whole = FeaturePipeline(factors=pipeline.codes_).fit_transform(gappy)
        np.testing.assert_array_equal(features, whole)

    def test_a_factor_without_a_value_is_left_out_with_a_line(
        self, gappy: Panel, caplog: pytest.LogCaptureFixture
    ) -> None:
        early = gappy.until(gappy.dates[60])
        pipeline = FeaturePipeline(factors=["rev5", "mom240_20"])
        with caplog.at_level(logging.WARNING, logger="btalpha.features"):
            pipeline.fit(early)
        assert pipeline.codes_ == ["rev5"]
        assert "factor mom240_20 is left out: it has no value within 61 dates" in caplog.text


class TestErrors:
    def test_before_fit(self, gappy: Panel) -> None:
        with pytest.raises(NotFittedError, match="FeaturePipeline is not fitted"):
            FeaturePipeline().transform(gappy)

    def test_history_shorter_than_the_warm_up(self, gappy: Panel) -> None:
        with pytest.raises(
            ValueError, match="none of 2 factors has a value within 15 dates: they need more bars"
        ):
            FeaturePipeline(factors=["vol20", "mom20"]).fit(gappy.until(gappy.dates[14]))

    def test_nothing_passes_the_screen(self, gappy: Panel) -> None:
        strict = ICScreen(min_t=1e6, min_factors=0)
        with pytest.raises(
            ValueError, match="screen kept none of 3 factors over 200 dates; lower its thresholds"
        ):
            FeaturePipeline(factors=CODES, screen=strict).fit(gappy)

    def test_a_panel_without_the_inputs(self, gappy: Panel) -> None:
        fitted = FeaturePipeline(factors=["rev5", "turn5"]).fit(gappy)
        names = ("open", "high", "low", "close", "volume", "factor")
        poor = Panel(
            dates=gappy.dates, symbols=gappy.symbols, arrays={name: gappy.array(name) for name in names}
        )
        with pytest.raises(
            ValueError, match="the panel lacks the inputs of turn5, on which the model was fitted"
        ):
            fitted.transform(poor)


class TestRankLabels:
    def test_by_eye(self) -> None:
        labels = np.array([[0.1, 0.3, np.nan, 0.2, 0.9]])
        inside = np.array([[True, True, True, True, False]])
        places = rank_labels(labels, inside) / np.sqrt(12)
        np.testing.assert_allclose(places, [[-1 / 3, 1 / 3, np.nan, 0.0, np.nan]], atol=1e-15)

    def test_ties_share_and_a_day_without_any_has_none(self) -> None:
        places = rank_labels(np.array([[1.0, 1.0], [np.nan, np.nan]]), np.ones((2, 2), dtype=bool))
        np.testing.assert_array_equal(places, [[0.0, 0.0], [np.nan, np.nan]])


def test_the_screen_compares_with_its_own_target(market: Panel) -> None:
    """A screen against prices sees prices: levels, which follow the price, then look far stronger."""
    shares = {}
    for target in ("return", "price"):
        screen = ICScreen(method="time_series", target=target, min_share=0.0, max_correlation=1.0)
        pipeline = FeaturePipeline(
            factors=["ma"], preprocessor=Preprocessor(scale="none", outliers="none"), screen=screen
        )
        pipeline.fit(market)
        assert pipeline.screen_ is not None and pipeline.screen_.table_ is not None
        shares[target] = pipeline.screen_.table_.loc["ma", "share"]
    assert shares["price"] != shares["return"]
