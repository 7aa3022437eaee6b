"""The settings of steps as scikit-learn reads and writes them."""

import numpy as np
import pytest
from btalpha.signals import NotFittedError, Preprocessor
from btalpha.signals.preprocessing import FillGaps, MadOutliers, Neutralize, Rank, ZScore
from sklearn.base import clone
from sklearn.pipeline import make_pipeline


def test_are_those_of_the_constructor() -> None:
    assert MadOutliers(n=2.0, axis="time").get_params() == {"n": 2.0, "replace": "median", "axis": "time"}
    assert repr(FillGaps(max_age=3)) == "FillGaps(max_age=3, median=True)"


def test_to_set_them_checks_them_and_forgets_the_fit() -> None:
    step = ZScore(axis="time").fit(np.ones((3, 2)))
    assert step.set_params(axis="time") is step
    with pytest.raises(NotFittedError):
        step.transform(np.ones((3, 2)))
    with pytest.raises(ValueError, match="n must be above 0 MAD, got -1"):
        MadOutliers().set_params(n=-1)
    with pytest.raises(ValueError, match="MadOutliers has no parameter 'm'; there are n, replace, axis"):
        MadOutliers().set_params(m=1)


@pytest.mark.parametrize(
    "one",
    [MadOutliers(n=2.0), Neutralize(against=["size"]), Preprocessor(scale="minmax", neutralize=("size",))],
    ids=repr,
)
def test_scikit_learn_clones(one: MadOutliers | Neutralize | Preprocessor) -> None:
    twin = clone(one)
    assert type(twin) is type(one) and twin is not one
    assert twin.get_params() == one.get_params()


def test_steps_stand_in_a_pipeline_of_scikit_learn(holes: np.ndarray) -> None:
    pipeline = make_pipeline(MadOutliers(), FillGaps(), ZScore(axis="time"), Rank())
    got = pipeline.fit(holes[:30]).transform(holes)
    past, want = holes[:30], holes
    for step in (MadOutliers(), FillGaps(), ZScore(axis="time"), Rank()):
        step.fit(past)
        past, want = step.transform(past), step.transform(want)
    np.testing.assert_array_equal(got, want)
    assert pipeline.set_params(madoutliers__n=1.0).named_steps["madoutliers"].n == 1.0
