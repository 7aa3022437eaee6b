"""Residuals on size and industry: by eye, against least squares, and where they are not defined."""

import numpy as np
import pytest
from btalpha.signals.preprocessing import Neutralize
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

NAN = float("nan")
LABELS = np.array(["bank", "steel", "bank", "food", "food", "bank", "steel", None, "food", "bank", "coal"])


def plain(
    y: np.ndarray, counted: np.ndarray, size: np.ndarray | None, labels: np.ndarray | None
) -> np.ndarray:
    """One day by NumPy's least squares on a design with one dummy a label."""
    n = len(y)
    groups = (
        np.zeros(n, dtype=int)
        if labels is None
        else np.array([sorted(set(map(str, labels))).index(str(x)) for x in labels])
    )
    design = [(groups == g).astype(float) for g in range(groups.max() + 1)]
    if size is not None:
        design.append(size)
    x = np.column_stack(design)
    known = ~np.isnan(x).any(axis=1)
    if labels is not None:
        known &= np.array([label is not None for label in labels])
    sample = counted & known & ~np.isnan(y)
    out = np.full(n, NAN)
    if not sample.any():
        return out
    used = x[sample]
    centred = used.copy()
    if size is not None:  # a size that does not differ within groups explains nothing
        for g in range(groups.max() + 1):
            inside = groups[sample] == g
            if inside.any():
                centred[inside, -1] -= used[inside, -1].mean()
        if np.allclose(centred[:, -1], 0.0):
            x = x[:, :-1]
    coefficients = np.linalg.lstsq(x[sample], y[sample], rcond=None)[0]
    answered = known & np.isin(groups, groups[sample])
    out[answered] = (y - x @ coefficients)[answered]
    return out


@pytest.mark.parametrize("against", [("size",), ("industry",), ("size", "industry")], ids=str)
def test_equals_least_squares(holes: np.ndarray, against: tuple[str, ...]) -> None:
    rng = np.random.default_rng(2)
    size = rng.normal(23.0, 1.0, holes.shape)
    size[rng.random(holes.shape) < 0.1] = NAN
    universe = rng.random(holes.shape) < 0.7
    universe[20] = False
    got = Neutralize(against=against).transform(holes, universe, {"size": size, "industry": LABELS})
    for day in range(len(holes)):
        x = size[day] if "size" in against else None
        want = plain(holes[day], universe[day], x, LABELS if "industry" in against else None)
        np.testing.assert_allclose(got[day], want, atol=1e-8, err_msg=str(day))
    assert np.nanmax(np.abs(got)) > 1


class TestByEye:
    def test_industry_is_its_mean(self) -> None:
        values = np.array([[1.0, 3.0, 10.0, 20.0]])
        out = Neutralize(against=("industry",)).transform(
            values, context={"industry": np.array([7, 7, 8, 8])}
        )
        assert out.tolist() == [[-1.0, 1.0, -5.0, 5.0]]

    def test_size_is_a_straight_line(self) -> None:
        # sizes 0 1 2 around the mean 1, values 0 0 3: slope 1.5, mean 1
        out = Neutralize(against=("size",)).transform(
            np.array([[0.0, 0.0, 3.0]]), context={"size": np.array([[0.0, 1.0, 2.0]])}
        )
        assert out.tolist() == [[0.5, -1.0, 0.5]]

    def test_outsiders_are_measured_by_the_members(self) -> None:
        values, size = np.array([[0.0, 2.0, 100.0]]), np.array([[0.0, 1.0, 3.0]])
        inside = np.array([[True, True, False]])
        out = Neutralize(against=("size",)).transform(values, inside, {"size": size})
        assert out.tolist() == [[0.0, 0.0, 94.0]]

    def test_missing_exposures_are_missing_residuals(self) -> None:
        values = np.array([[1.0, 2.0, 3.0, 9.0, 9.0]])
        context = {
            "size": np.array([[1.0, 5.0, 2.0, NAN, -np.inf]]),
            "industry": np.array(["a", None, "a", "a", "a"]),
        }
        out = Neutralize().transform(values, context=context)[0]
        np.testing.assert_array_equal(np.isnan(out), [False, True, False, True, True])
        np.testing.assert_array_equal(out[[0, 2]], [0.0, 0.0])


class TestDegenerateDays:
    def test_the_only_stock_of_its_industry_is_0(self) -> None:
        rng = np.random.default_rng(0)
        values, size = rng.normal(size=(5, 6)), rng.normal(size=(5, 6))
        labels = np.array(["a", "a", "a", "a", "a", "alone"])
        out = Neutralize().transform(values, context={"size": size, "industry": labels})
        np.testing.assert_array_equal(out[:, -1], 0.0)
        want = Neutralize(against=("size",)).transform(values[:, :5], context={"size": size[:, :5]})
        np.testing.assert_allclose(out[:, :5], want, atol=1e-14)

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_no_more_stocks_than_regressors(self, n: int) -> None:
        values, size = np.array([[0.1, 0.7, 0.3]])[:, :n], np.array([[22.1, 23.7, 25.3]])[:, :n]
        labels = np.array(["a", "a", "b"])[:n]
        out = Neutralize().transform(values, context={"size": size, "industry": labels})
        np.testing.assert_array_equal(out, np.zeros((1, n)))

    def test_equal_sizes_explain_nothing(self) -> None:
        values, size = np.array([[0.3, 0.5, 1.0]]), np.full((1, 3), 23.456)
        out = Neutralize(against=("size",)).transform(values, context={"size": size})
        np.testing.assert_allclose(out, values - 0.6, atol=1e-15)

    def test_sizes_that_differ_by_rounding_errors_are_equal(self) -> None:
        values, size = np.array([[0.3, 0.5, 1.0]]), np.array([[0.3, 0.1 + 0.2, 0.3]])
        assert size[0, 1] != size[0, 0]
        out = Neutralize(against=("size",)).transform(values, context={"size": size})
        np.testing.assert_allclose(out, values - 0.6, atol=1e-15)

    def test_an_exact_fit_leaves_no_rounding_errors(self) -> None:
        rng = np.random.default_rng(1)
        size, level = rng.normal(23.0, 1.0, (50, 40)), {"a": 0.3, "b": -7.1, "c": 1e4}
        labels = rng.choice(list(level), 40)
        values = 0.37 * size + np.array([level[label] for label in labels])
        out = Neutralize().transform(values, context={"size": size, "industry": labels})
        assert (out == 0.0).all()

    def test_an_outsider_of_an_industry_without_members_has_none(self) -> None:
        inside = np.array([[True, True, False, False]])
        out = Neutralize(against=("industry",)).transform(
            np.array([[1.0, 3.0, 5.0, 5.0]]), inside, {"industry": np.array(["a", "a", "a", "b"])}
        )
        np.testing.assert_array_equal(out, [[-1.0, 1.0, 3.0, NAN]])

    def test_a_day_without_members_has_none(self) -> None:
        out = Neutralize(against=("size",)).transform(
            np.ones((1, 3)), np.zeros((1, 3), dtype=bool), {"size": np.ones((1, 3))}
        )
        assert np.isnan(out).all()


@settings(deadline=None)  # the first call compiles
@given(
    values=arrays(np.float64, (2, 9), elements=st.integers(-99, 99).map(float) | st.just(NAN)),
    size=arrays(np.float64, (2, 9), elements=st.integers(200, 280).map(lambda x: x / 10) | st.just(NAN)),
    groups=arrays(np.int64, 9, elements=st.integers(0, 3)),
)
def test_properties(values: np.ndarray, size: np.ndarray, groups: np.ndarray) -> None:
    context = {"size": size, "industry": groups}
    out = Neutralize().transform(values, context=context)
    np.testing.assert_array_equal(np.isnan(out), np.isnan(values) | np.isnan(size))
    filled = np.nan_to_num(out)
    for group in range(4):
        np.testing.assert_allclose(filled[:, groups == group].sum(axis=1), 0.0, atol=1e-7)
    np.testing.assert_allclose((filled * np.nan_to_num(size)).sum(axis=1), 0.0, atol=1e-5)
    np.testing.assert_allclose(Neutralize().transform(out, context=context), out, atol=1e-7)
    shifted = Neutralize().transform(values + 5.0 * groups - 3.0 * size, context=context)
    np.testing.assert_allclose(shifted, out, atol=1e-7)


class TestValidation:
    @pytest.mark.parametrize("against", [(), ("beta",), "size", ("size", "size")])
    def test_against(self, against) -> None:
        with pytest.raises(ValueError, match="against must name 'size', 'industry' or both, got "):
            Neutralize(against=against)

    def test_context_is_needed(self) -> None:
        with pytest.raises(
            ValueError, match=r"context must hold the size and industry of each stock .* got nothing"
        ):
            Neutralize().transform(np.ones((2, 2)))
        with pytest.raises(
            ValueError, match=r"must hold the industry .* got size; give context={'industry': \.\.\.}"
        ):
            Neutralize().transform(np.ones((2, 2)), context={"size": np.ones((2, 2))})

    def test_shapes(self) -> None:
        with pytest.raises(ValueError, match=r"size must have the shape of values, \(2, 3\), got \(3,\)"):
            Neutralize(against=("size",)).transform(np.ones((2, 3)), context={"size": np.ones(3)})
        with pytest.raises(ValueError, match=r"industry must have one label a stock, 3, got shape \(2,\)"):
            Neutralize(against=("industry",)).transform(np.ones((2, 3)), context={"industry": np.ones(2)})
