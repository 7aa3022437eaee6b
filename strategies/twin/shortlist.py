"""Which names matter to a portfolio: those it holds, and the best of the others."""

from __future__ import annotations

import numpy as np


def shortlist(scores: np.ndarray, open_to: np.ndarray, held: np.ndarray, count: int) -> np.ndarray:
    """Return the best names that a portfolio does not hold.

    Parameters
    ----------
    scores
        P x N, or 1 x N for all.
    open_to
        N booleans: names that can be bought. Their scores are numbers.
    held
        P x M names held; N stands for no name.
    count
        How many to return.

    Returns
    -------
    numpy.ndarray
        P x ``count`` names in no particular order; N where there are not so many. Of names with the same
        score the earlier ones.

    Examples
    --------
    >>> shortlist(np.array([[0.3, 0.2, 0.9, 0.2]]), np.array([True, True, False, True]), np.array([[0]]), 1)
    array([[1]])
    """
    columns, size = np.flatnonzero(open_to), len(open_to)
    place = np.full(size + 1, len(columns))
    place[columns] = np.arange(len(columns))
    # One more column takes what the names that cannot be bought would overwrite, and fills up short lists.
    left = np.full((len(held), len(columns) + 1 + count), -np.inf)
    left[:, : len(columns)] = scores[:, columns]
    np.put_along_axis(left, place[held], -np.inf, axis=1)
    top = _best(left, count)
    known = np.take_along_axis(left, top, axis=1) > -np.inf
    return np.where(known, np.append(columns, np.full(1 + count, size))[top], size)


def _best(values: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the largest values of each row; ties go to the earlier ones."""
    top = np.argpartition(values, -count, axis=1)[:, -count:]
    least = np.take_along_axis(values, top, axis=1).min(axis=1, keepdims=True)
    tied = np.flatnonzero((values >= least).sum(axis=1) > count)
    if len(tied):
        top[tied] = np.argsort(-values[tied], axis=1, kind="stable")[:, :count]
    return top
