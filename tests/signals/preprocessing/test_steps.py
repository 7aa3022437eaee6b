"""The contract that every cleaning step keeps, whatever it does."""

import copy
from collections.abc import Mapping

import numpy as np
import pytest
from btalpha.signals import NotFittedError
from btalpha.signals.preprocessing import (
    BoxplotOutliers,
    FillGaps,
    LinearInterpolationLooksAhead,
    MadOutliers,
    MinMax,
    Neutralize,
    Rank,
    RobustZScore,
    StatisticStep,
    StdOutliers,
    Step,
    ZScore,
)

RULES = [
    MadOutliers(),
    MadOutliers(replace="clip"),
    StdOutliers(n=1.0),
    StdOutliers(n=1.0, replace="clip"),
    BoxplotOutliers(n=0.5),
    BoxplotOutliers(n=0.5, replace="clip"),
    ZScore(),
    RobustZScore(),
    MinMax(),
    MinMax(low=-1.0),
]
OTHERS = [
    Rank(),
    Neutralize(),
    Neutralize(against=("size",)),
    Neutralize(against=("industry",)),
]
FILLING = [FillGaps(), FillGaps(max_age=0), FillGaps(median=False)]
LOOKING_AHEAD = [LinearInterpolationLooksAhead()]
ACROSS = RULES + OTHERS + FILLING
ALONG = [copy.deepcopy(step).set_params(axis="time") for step in RULES]
FIT_ROWS = 30
SIZES = np.random.default_rng(4).normal(23.0, 1.0, (60, 11))
SIZES[np.random.default_rng(6).random(SIZES.shape) < 0.05] = np.nan
INDUSTRIES = np.array(
    ["bank", "steel", "bank", "food", "food", "bank", "steel", None, "food", "bank", "coal"]
)


@pytest.fixture(params=ACROSS + ALONG + LOOKING_AHEAD, ids=repr)
def step(request: pytest.FixtureRequest) -> Step:
    return copy.deepcopy(request.param)


@pytest.fixture
def universe(holes: np.ndarray) -> np.ndarray:
    mask = np.random.default_rng(8).random(holes.shape) < 0.7
    mask[20] = False
    return mask


def surroundings(rows: slice, order: np.ndarray | slice = slice(None)) -> Mapping[str, np.ndarray]:
    return {"size": SIZES[rows][:, order], "industry": INDUSTRIES[order]}


def clean(
    step: Step, values: np.ndarray, universe: np.ndarray | None, order: np.ndarray | slice = slice(None)
) -> np.ndarray:
    early, whole = slice(FIT_ROWS), slice(len(values))
    fitted = copy.deepcopy(step).fit(
        values[early], None if universe is None else universe[early], surroundings(early, order)
    )
    return fitted.transform(values, universe, surroundings(whole, order))


@pytest.mark.parametrize("masked", [True, False])
class TestEveryStep:
    def test_shape_and_type(self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool) -> None:
        out = clean(step, holes, universe if masked else None)
        assert (out.shape, out.dtype) == (holes.shape, np.float64)

    def test_does_something(self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool) -> None:
        out = clean(step, holes, universe if masked else None)
        assert not np.array_equal(out, holes, equal_nan=True)

    def test_changes_nothing_it_is_given(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        values, mask = holes.copy(), universe.copy() if masked else None
        sizes = SIZES.copy()
        out = clean(step, values, mask)
        out[:] = -1.0
        np.testing.assert_array_equal(values, holes)
        np.testing.assert_array_equal(SIZES, sizes)
        if mask is not None:
            np.testing.assert_array_equal(mask, universe)

    def test_works_on_read_only_strided_and_narrow_input(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        mask = universe if masked else None
        strided = np.asfortranarray(holes)
        strided.flags.writeable = False
        frozen = None if mask is None else np.asfortranarray(mask)
        if frozen is not None:
            frozen.flags.writeable = False
        want = clean(step, holes, mask)
        np.testing.assert_array_equal(clean(step, strided, frozen), want)
        np.testing.assert_array_equal(clean(step, holes.astype(np.float32), mask), want)

    @pytest.mark.parametrize("stop", [31, 40, 59])
    def test_is_causal(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool, stop: int
    ) -> None:
        mask = universe if masked else None
        other = holes.copy()
        other[stop:] = np.nan_to_num(other[stop:]) * 10 + 7
        whole = clean(step, holes, mask)[:stop]
        if isinstance(step, LinearInterpolationLooksAhead):
            assert not np.array_equal(clean(step, other, mask)[:stop], whole, equal_nan=True)
            return
        np.testing.assert_array_equal(clean(step, other, mask)[:stop], whole)
        part = clean(step, holes[:stop], None if mask is None else mask[:stop])
        np.testing.assert_array_equal(part, whole)

    def test_the_order_of_the_stocks_does_not_matter(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        order = np.random.default_rng(3).permutation(holes.shape[1])
        mask = universe if masked else None
        whole = clean(step, holes, mask)
        got = clean(step, holes[:, order], None if mask is None else mask[:, order], order)
        np.testing.assert_allclose(got, whole[:, order], rtol=1e-9, atol=1e-12)

    def test_only_filling_gives_nan_a_value(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        out = clean(step, holes, universe if masked else None)
        if not isinstance(step, FillGaps | LinearInterpolationLooksAhead):
            assert np.isnan(out[np.isnan(holes)]).all()
        assert np.isnan(out[:, 4]).all(), "a stock without a value never has one"
        assert not np.isinf(out).any()

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (40, 1)])
    def test_degenerate_shapes(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool, shape: tuple[int, int]
    ) -> None:
        values, mask = np.ones(shape), np.ones(shape, dtype=bool) if masked else None
        context = {"size": np.ones(shape), "industry": np.full(shape[1], "bank")}
        out = step.fit(values, mask, context).transform(values, mask, context)
        assert out.shape == shape
        assert np.isfinite(out).all()

    @pytest.mark.parametrize("value", [0.0, 0.1, -3e9, 1e-9])
    def test_constant_values(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool, value: float
    ) -> None:
        """They stay (outliers, gaps) or go to the middle of the scale; rounding errors are no spread."""
        context = {"size": SIZES[:3, :7], "industry": INDUSTRIES[:7]}
        values, mask = np.full((3, 7), value), universe[:3, :7] if masked else None
        out = step.fit(values, mask, context).transform(values, mask, context)
        middle = {MinMax: 0.5 * (step.low + step.high) if isinstance(step, MinMax) else 0.0}
        scales = isinstance(step, ZScore | RobustZScore | MinMax | Rank | Neutralize)
        want = middle.get(type(step), 0.0) if scales else value
        assert np.isin(out[np.isfinite(out)], [want]).all()
        assert np.isfinite(out).any()

    def test_rows_without_a_value(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        nothing = np.full((4, 3), np.nan)
        context = {"size": SIZES[:4, :3], "industry": INDUSTRIES[:3]}
        out = step.fit(nothing, universe[:4, :3] if masked else None, context).transform(
            nothing, None, context
        )
        assert np.isnan(out).all()

    def test_fit_transform_is_fit_then_transform(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        mask, context = universe if masked else None, surroundings(slice(60))
        twice = copy.deepcopy(step).fit(holes, mask, context).transform(holes, mask, context)
        np.testing.assert_array_equal(step.fit_transform(holes, mask, context), twice)


# Gaps are another case: one takes the stock's own earlier value, also one from outside the universe.
@pytest.mark.parametrize("step", RULES + OTHERS + ALONG, ids=repr)
def test_values_outside_the_universe_do_not_move_the_others(
    step: Step, holes: np.ndarray, universe: np.ndarray
) -> None:
    other = np.where(universe, holes, holes * 100 + 1)
    inside = universe & ~np.isnan(holes)
    before, after = clean(step, holes, universe), clean(step, other, universe)
    np.testing.assert_array_equal(before[inside], after[inside])


@pytest.mark.parametrize("step", ALONG, ids=repr)
class TestAlongTime:
    def test_needs_a_fit(self, step: Step, holes: np.ndarray) -> None:
        with pytest.raises(NotFittedError, match=type(step).__name__):
            copy.deepcopy(step).transform(holes)

    def test_uses_the_rows_of_the_fit_only(self, step: Step, holes: np.ndarray) -> None:
        fitted = copy.deepcopy(step).fit(holes[:FIT_ROWS])
        one_by_one = np.vstack([fitted.transform(row[None]) for row in holes])
        np.testing.assert_array_equal(one_by_one, fitted.transform(holes))

    def test_is_the_step_across_stocks_turned_round(
        self, step: StatisticStep, holes: np.ndarray, universe: np.ndarray
    ) -> None:
        across = copy.deepcopy(step).set_params(axis="stocks").transform(holes.T, universe.T).T
        np.testing.assert_array_equal(step.fit_transform(holes, universe), across)


@pytest.mark.parametrize("step", RULES, ids=repr)
def test_axis_is_checked(step: StatisticStep) -> None:
    with pytest.raises(ValueError, match="axis must be 'stocks' or 'time', got 'day'"):
        type(step)(axis="day")  # type: ignore[arg-type]


def test_a_universe_of_another_shape_is_refused(step: Step, holes: np.ndarray) -> None:
    with pytest.raises(
        ValueError, match=r"universe must have the shape of values, \(60, 11\), got \(60, 3\)"
    ):
        step.transform(holes, np.ones((60, 3), dtype=bool))
