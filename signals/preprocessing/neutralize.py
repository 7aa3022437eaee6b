"""Neutralisation: what is left of a factor when size and industry have explained what they can."""

from collections.abc import Sequence

import numba
import numpy as np
import pandas as pd

from .step import Context, Step

EXPOSURES = ("size", "industry")


class Neutralize(Step):
    """Residual of each day's regression on size and industry across the stocks of the universe.

    Ordinary least squares of the day's values on the size and on one dummy an industry (a
    constant, where industry is not among them). Stocks outside the universe do not move the
    coefficients and get their residual by them.

    Parameters
    ----------
    against
        ``"size"``, ``"industry"`` or both.

    Notes
    -----
    What it :attr:`needs` comes in ``context``:

    - ``size``: T x N, the **logarithm** of the market value known at the close of each day.
    - ``industry``: length N, a label of each stock (text or number; ``None`` and NaN: unknown).

    NaN stays, and a stock whose size or industry is not known becomes NaN. Defined results:

    - the only stock of its industry is explained by its dummy: 0;
    - as many regressors as stocks or more explain all of them: 0;
    - where within each industry all have the same size, or there is none but single ones, size
      explains nothing: the industry's mean is subtracted;
    - an outsider whose industry has no stock in the day's universe has no coefficient: NaN, and
      so has everybody on a day without a value that counts.

    By Frisch, Waugh and Lovell the dummies are the industries' means, and the coefficient of size
    is that of values on sizes, both as deviations from them: no matrix is inverted.

    Examples
    --------
    >>> values = np.array([[1.0, 3.0, 10.0, 20.0]])
    >>> Neutralize(against=("industry",)).transform(values, context={"industry": ["a", "a", "b", "b"]})
    array([[-1.,  1., -5.,  5.]])
    >>> sizes = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> Neutralize(against=("size",)).transform(5.0 - 2.0 * sizes, context={"size": sizes})
    array([[0., 0., 0., 0.]])
    """

    def __init__(self, *, against: Sequence[str] = EXPOSURES) -> None:
        known = not isinstance(against, str) and set(against) <= set(EXPOSURES)
        if not known or not against or len(set(against)) < len(against):
            raise ValueError(f"against must name 'size', 'industry' or both, got {against!r}")
        self.against = against

    @property
    def needs(self) -> tuple[str, ...]:
        """What must be in ``context``: the same as ``against``."""
        return tuple(self.against)

    def _clean(self, values: np.ndarray, counted: np.ndarray, context: Context) -> np.ndarray:
        missing = [name for name in self.against if name not in context]
        if missing:
            raise ValueError(
                f"context must hold the {' and '.join(missing)} of each stock for {self!r}, "
                f"got {', '.join(context) or 'nothing'}; give context={{{missing[0]!r}: ...}}"
            )
        size = _sizes(context["size"], values.shape) if "size" in self.against else np.zeros((0, 0))
        groups = np.zeros(values.shape[1], np.int64)
        if "industry" in self.against:
            groups = _groups(context["industry"], values.shape[1])
        residuals(values, counted, size, groups)
        return values


def _sizes(size: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if np.shape(size) != shape:
        raise ValueError(f"size must have the shape of values, {shape}, got {np.shape(size)}")
    size = np.require(size, dtype=np.float64, requirements=["C", "W"])
    return np.where(np.isinf(size), np.nan, size) if np.isinf(size).any() else size


def _groups(labels: np.ndarray, n: int) -> np.ndarray:
    if np.shape(labels) != (n,):
        raise ValueError(f"industry must have one label a stock, {n}, got shape {np.shape(labels)}")
    return pd.factorize(np.asarray(labels, dtype=object))[0].astype(np.int64)


@numba.njit(cache=True, nogil=True)
def residuals(
    values: np.ndarray, counted: np.ndarray, size: np.ndarray, groups: np.ndarray
) -> None:  # pragma: no cover
    """Replace the values of each row by the residuals of their regression on size and group.

    Parameters
    ----------
    values, counted
        R x C values and the mask of those that the coefficients are of.
    size
        R x C; 0 x 0 for none.
    groups
        Length C: number of the group from 0 on, -1 for unknown.

    Examples
    --------
    >>> values = np.array([[1.0, 3.0, 7.0, 9.0]])
    >>> everybody = np.ones((1, 4), dtype=bool)
    >>> residuals(values, everybody, np.zeros((0, 0)), np.array([0, 0, 0, -1]))
    >>> values.round(2)
    array([[-2.67, -0.67,  3.33,   nan]])
    """
    n_groups = groups.max() + 1 if len(groups) else 0
    count = np.zeros(n_groups)
    y_mean, x_mean, y_size = np.zeros(n_groups), np.zeros(n_groups), np.zeros(n_groups)
    no_size = np.zeros(values.shape[1])
    for row in range(values.shape[0]):
        y = values[row]
        x = size[row] if size.shape[0] else no_size
        inside = counted[row]
        _means(y, x, inside, groups, count, y_mean, x_mean, y_size)
        slope = _slope(y, x, inside, groups, y_mean, x_mean) if size.shape[0] else 0.0
        for column in range(len(y)):
            group = groups[column]
            if group < 0 or count[group] == 0:
                y[column] = np.nan
                continue
            by_size = slope * (x[column] - x_mean[group])
            y[column] -= y_mean[group] + by_size
            # What is fitted exactly leaves rounding errors, which a later scaling would blow up.
            if abs(y[column]) <= 1e-12 * (y_size[group] + abs(by_size)):
                y[column] = 0.0


@numba.njit(cache=True, nogil=True)
def _means(
    y: np.ndarray,
    x: np.ndarray,
    inside: np.ndarray,
    groups: np.ndarray,
    count: np.ndarray,
    y_mean: np.ndarray,
    x_mean: np.ndarray,
    y_size: np.ndarray,
) -> None:  # pragma: no cover
    """Write each group's count, means and greatest |y| over what counts and is known."""
    count[:] = 0.0
    y_mean[:] = 0.0
    x_mean[:] = 0.0
    y_size[:] = 0.0
    for column in range(len(y)):
        group = groups[column]
        if inside[column] and group >= 0 and not np.isnan(y[column]) and not np.isnan(x[column]):
            count[group] += 1.0
            y_mean[group] += y[column]
            x_mean[group] += x[column]
            y_size[group] = max(y_size[group], abs(y[column]))
    for group in range(len(count)):
        if count[group] > 0:
            y_mean[group] /= count[group]
            x_mean[group] /= count[group]


@numba.njit(cache=True, nogil=True)
def _slope(
    y: np.ndarray,
    x: np.ndarray,
    inside: np.ndarray,
    groups: np.ndarray,
    y_mean: np.ndarray,
    x_mean: np.ndarray,
) -> float:  # pragma: no cover
    """Return the coefficient of x within groups; 0 where x does not differ but by rounding errors."""
    xx = xy = whole = 0.0
    for column in range(len(y)):
        group = groups[column]
        if inside[column] and group >= 0 and not np.isnan(y[column]) and not np.isnan(x[column]):
            x_off = x[column] - x_mean[group]
            xx += x_off * x_off
            xy += x_off * (y[column] - y_mean[group])
            whole += x[column] * x[column]
    return xy / xx if xx > 1e-24 * whole else 0.0
