"""The contract that every cleaning step keeps, whatever it does."""

import copy

import numpy as np
import pytest
from btalpha.signals import NotFittedError
from btalpha.signals.preprocessing import FillGaps, MadOutliers, Rank, Step, ZScore

ACROSS = [MadOutliers(), MadOutliers(replace="clip"), FillGaps(), FillGaps(median=False), ZScore(), Rank()]
ALONG = [MadOutliers(axis="time"), MadOutliers(axis="time", replace="clip"), ZScore(axis="time")]
FIT_ROWS = 30


def name(step: Step) -> str:
    return "-".join([type(step).__name__, *(str(v) for k, v in vars(step).items() if k != "statistics_")])


@pytest.fixture(params=ACROSS + ALONG, ids=name)
def step(request: pytest.FixtureRequest) -> Step:
    return copy.deepcopy(request.param)


@pytest.fixture
def universe(holes: np.ndarray) -> np.ndarray:
    mask = np.random.default_rng(8).random(holes.shape) < 0.7
    mask[20] = False
    return mask


def clean(step: Step, values: np.ndarray, universe: np.ndarray | None) -> np.ndarray:
    fitted = copy.deepcopy(step).fit(values[:FIT_ROWS], None if universe is None else universe[:FIT_ROWS])
    return fitted.transform(values, universe)


@pytest.mark.parametrize("masked", [True, False])
class TestEveryStep:
    def test_shape_and_type(self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool) -> None:
        out = clean(step, holes, universe if masked else None)
        assert (out.shape, out.dtype) == (holes.shape, np.float64)

    def test_changes_nothing_it_is_given(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        values, mask = holes.copy(), universe.copy() if masked else None
        out = clean(step, values, mask)
        out[:] = -1.0
        np.testing.assert_array_equal(values, holes)
        if mask is not None:
            np.testing.assert_array_equal(mask, universe)

    def test_works_on_read_only_and_strided_input(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        mask = universe if masked else None
        strided = np.asfortranarray(holes)
        strided.flags.writeable = False
        np.testing.assert_array_equal(clean(step, strided, mask), clean(step, holes, mask))

    @pytest.mark.parametrize("stop", [31, 40, 59])
    def test_is_causal(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool, stop: int
    ) -> None:
        mask = universe if masked else None
        other = holes.copy()
        other[stop:] = np.nan_to_num(other[stop:]) * 10 + 7
        whole = clean(step, holes, mask)[:stop]
        np.testing.assert_array_equal(clean(step, other, mask)[:stop], whole)
        part = clean(step, holes[:stop], None if mask is None else mask[:stop])
        np.testing.assert_array_equal(part, whole)

    def test_the_order_of_the_stocks_does_not_matter(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        order = np.random.default_rng(3).permutation(holes.shape[1])
        mask = universe if masked else None
        whole = clean(step, holes, mask)
        got = clean(step, holes[:, order], None if mask is None else mask[:, order])
        np.testing.assert_allclose(got, whole[:, order], rtol=1e-9, atol=1e-12)

    def test_only_filling_gives_nan_a_value(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool
    ) -> None:
        out = clean(step, holes, universe if masked else None)
        if not isinstance(step, FillGaps):
            assert np.isnan(out[np.isnan(holes)]).all()
        assert np.isnan(out[:, 4]).all(), "a stock without a value never has one"
        assert not np.isinf(out).any()

    @pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (40, 1)])
    def test_degenerate_shapes(
        self, step: Step, holes: np.ndarray, universe: np.ndarray, masked: bool, shape: tuple[int, int]
    ) -> None:
        values = np.ones(shape)
        out = clean(step, values, np.ones(shape, dtype=bool) if masked else None)
        assert out.shape == shape
        assert np.isfinite(out).all()


# FillGaps is another case: a gap takes the stock's own earlier value, also one from outside the universe.
@pytest.mark.parametrize("step", [one for one in ACROSS + ALONG if not isinstance(one, FillGaps)], ids=name)
def test_values_outside_the_universe_do_not_move_the_others(
    step: Step, holes: np.ndarray, universe: np.ndarray
) -> None:
    other = np.where(universe, holes, holes * 100 + 1)
    inside = universe & ~np.isnan(holes)
    before, after = clean(step, holes, universe), clean(step, other, universe)
    np.testing.assert_array_equal(before[inside], after[inside])


@pytest.mark.parametrize("step", ALONG, ids=name)
class TestAlongTime:
    def test_needs_a_fit(self, step: Step, holes: np.ndarray) -> None:
        with pytest.raises(NotFittedError, match=type(step).__name__):
            copy.deepcopy(step).transform(holes)

    def test_uses_the_rows_of_the_fit_only(self, step: Step, holes: np.ndarray) -> None:
        fitted = copy.deepcopy(step).fit(holes[:FIT_ROWS])
        one_by_one = np.vstack([fitted.transform(row[None]) for row in holes])
        np.testing.assert_array_equal(one_by_one, fitted.transform(holes))


@pytest.mark.parametrize("step", [MadOutliers, ZScore])
def test_axis_is_checked(step: type[Step]) -> None:
    with pytest.raises(ValueError, match="axis must be 'stocks' or 'time', got 'day'"):
        step(axis="day")  # type: ignore[arg-type]
