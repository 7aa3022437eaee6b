"""Features shared between models: the same bytes, computed once."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import ICScreen, Preprocessor, RidgeSignal, WalkForward, shared_features

CODES = ["rev5", "vol20", "turn5", "mom20"]


def walk(gappy: Panel, **settings: object) -> WalkForward:
    provider = RidgeSignal(factors=CODES, screen=ICScreen(min_factors=2), **settings)  # type: ignore[arg-type]
    return WalkForward(provider, start=gappy.dates[120], refit=40)


def test_the_scores_are_the_same_and_computed_once(gappy: Panel) -> None:
    models = [{"alpha": 1.0}, {"alpha": 50.0}]
    want = [walk(gappy, **settings).fit(gappy).predict(gappy) for settings in models]
    with shared_features() as shared:
        got = [walk(gappy, **settings).fit(gappy).predict(gappy) for settings in models]
    for one, other in zip(want, got, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert (shared.computed, shared.reused) == (4, 4)  # two fits, each with its features and its scores'


@pytest.mark.parametrize(
    "other",
    [
        {"horizon": 3},
        {"label": "close"},
        {"preprocessor": Preprocessor(scale="zscore")},
        {"factors": CODES[:3]},
        {"screen": ICScreen(min_factors=2)},
        {"inputs": ["market"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_settings_are_not_shared(gappy: Panel, other: dict) -> None:
    want = RidgeSignal(**{"factors": CODES, **other}).fit(gappy).predict(gappy)
    with shared_features() as shared:
        RidgeSignal(factors=CODES).fit(gappy).predict(gappy)
        got = RidgeSignal(**{"factors": CODES, **other}).fit(gappy).predict(gappy)
    assert shared.reused == 0
    pd.testing.assert_frame_equal(got, want, check_exact=True)


def test_other_bars_are_not_shared(gappy: Panel) -> None:
    close = gappy.array("close").copy()
    close[70] *= 1.01
    moved = gappy.with_arrays({"close": close})
    want = RidgeSignal(factors=CODES).fit(moved).predict(moved)
    with shared_features() as shared:
        RidgeSignal(factors=CODES).fit(gappy).predict(gappy)
        got = RidgeSignal(factors=CODES).fit(moved).predict(moved)
    assert shared.reused == 0
    pd.testing.assert_frame_equal(got, want, check_exact=True)


def test_a_model_that_writes_into_its_features_spoils_no_other(gappy: Panel) -> None:
    with shared_features():
        pipelines = [RidgeSignal(factors=CODES).fit(gappy).features_ for _ in range(3)]
        first = pipelines[0].transform(gappy).copy()
        pipelines[1].transform(gappy)[:] = 7.0
        np.testing.assert_array_equal(pipelines[2].transform(gappy), first)


def test_a_full_disk_only_costs_time(gappy: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 0}))
    want = RidgeSignal(factors=CODES).fit(gappy).predict(gappy)
    with shared_features() as shared:
        got = [RidgeSignal(factors=CODES).fit(gappy).predict(gappy) for _ in range(2)]
    assert shared.reused == 0
    pd.testing.assert_frame_equal(got[1], want, check_exact=True)
