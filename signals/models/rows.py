"""Stock-days as rows of a table: what a model without a memory learns from."""

from typing import NamedTuple

import bottleneck as bn
import numpy as np

from ..features import rank_labels

TARGETS = ("rank", "return")


class Rows(NamedTuple):
    """R stock-days: features R x F, labels and weights of length R (weights of mean 1).

    ``known`` is the dates x stocks mask of where they come from, in its order.
    """

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    known: np.ndarray


def learning_rows(features: np.ndarray, labels: np.ndarray, dates: slice, dtype: type = np.float32) -> Rows:
    """Take the stock-days with a known label out of some dates, each day with the same weight.

    A stock-day is taken once: nothing is copied per window, and the features are held twice while a
    model learns, here and in the array that they come from.

    Parameters
    ----------
    features
        T x N x F, NaN on days without a bar.
    labels
        T x N, NaN where unknown.
    dates
        The rows of both to take from.
    dtype
        Of the features.

    Examples
    --------
    >>> features = np.array([[[1.0], [2.0]], [[3.0], [np.nan]]])
    >>> rows = learning_rows(features, np.array([[0.1, 0.2], [0.3, 0.4]]), slice(None))
    >>> rows.features.ravel().tolist(), rows.weights.tolist()
    ([1.0, 2.0, 3.0], [0.75, 0.75, 1.5])
    """
    features, labels = features[dates], labels[dates]
    known = np.isfinite(labels) & np.isfinite(features[:, :, 0])
    count = known.sum(axis=1)
    weights = np.repeat(1.0 / np.maximum(count, 1), count)
    taken = np.empty((int(count.sum()), features.shape[2]), dtype=dtype)
    last = np.cumsum(count)
    for day in np.flatnonzero(count):
        taken[last[day] - count[day] : last[day]] = features[day, known[day]]
    return Rows(taken, labels[known], weights / weights.mean() if len(weights) else weights, known)


def targets(kind: str, returns: np.ndarray, universe: np.ndarray) -> np.ndarray:
    """Return what is learned, T x N: places among the universe of the day, or returns beyond its mean.

    What all stocks of a day have in common is taken off, for no feature that compares stocks tells it.
    """
    if kind == "rank":
        return rank_labels(returns, universe)
    inside = np.where(universe, returns, np.nan)
    known = np.isfinite(inside).any(axis=1)
    inside[known] -= np.expand_dims(bn.nanmean(inside[known], axis=1), 1)
    return inside


def check_target(kind: str) -> None:
    """Raise ``ValueError`` where :func:`targets` cannot be asked for that."""
    if kind not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}, got {kind!r}")
