"""How much of each name to hold."""

from __future__ import annotations

import numpy as np

from .rules import Rules
from .selection import Selection


def target_weights(
    selection: Selection, scores: np.ndarray, volatility: np.ndarray, total: np.ndarray, rules: Rules
) -> np.ndarray:
    """Return the target weight of each chosen name, fractions of the portfolio's value.

    Parameters
    ----------
    selection
        Which names to hold.
    scores, volatility
        ... x N; a volatility that is NaN or not positive is unknown.
    total
        ... x 1: what can be shared among the chosen names, as a fraction of the portfolio's value.
    rules
        See :class:`Rules`.

    Returns
    -------
    numpy.ndarray
        ... x N, 0 where not chosen. They add up to ``total`` where all places are taken and no weight
        is cut, to the share of the places that are taken otherwise.

    Examples
    --------
    >>> from .selection import select
    >>> rules = Rules(k=2, weights="score", max_weight=0.6)
    >>> scores, none = np.array([3.0, 1.0, 0.5]), np.zeros(3, int)
    >>> picked = select(scores, none > 0, none, none, rules)
    >>> target_weights(picked, scores, np.full(3, np.nan), np.ones(1), rules)
    array([0.6, 0.4, 0. ])
    """
    chosen = selection.chosen
    shape = np.where(chosen, _shape(chosen, scores, volatility, rules), 0.0)
    number = chosen.sum(axis=-1, keepdims=True)
    goal = total * number / np.maximum(selection.places, 1)
    weights = goal * _share(shape)
    return _capped(weights, shape, goal, rules.max_weight)


def _shape(chosen: np.ndarray, scores: np.ndarray, volatility: np.ndarray, rules: Rules) -> np.ndarray:
    """Return what the weights are proportional to."""
    if rules.weights == "equal":
        return np.ones(chosen.shape)
    if rules.weights == "score":
        raw = np.where(chosen, np.maximum(np.nan_to_num(scores), 0.0), 0.0)
    else:
        known = chosen & np.isfinite(volatility) & (np.nan_to_num(volatility) > 0.0)
        raw = np.divide(1.0, volatility, out=np.full(chosen.shape, np.inf), where=known)
        least = raw.min(axis=-1, keepdims=True, initial=np.inf)
        raw = np.where(known, raw, np.where(np.isfinite(least), least, 0.0))
    nothing = raw.sum(axis=-1, keepdims=True) <= 0.0
    return np.where(nothing, 1.0, raw)


def _share(shape: np.ndarray) -> np.ndarray:
    total = shape.sum(axis=-1, keepdims=True)
    return np.divide(shape, total, out=np.zeros(shape.shape), where=total > 0.0)


def _capped(weights: np.ndarray, shape: np.ndarray, goal: np.ndarray, most: float) -> np.ndarray:
    """Cut weights to the largest one allowed and hand what is cut off to the others, in proportion."""
    capped = np.zeros(weights.shape, dtype=bool)
    # Rounding alone must not count as above, or equal weights would be cut for ever.
    while (over := (weights > most * (1.0 + 1e-12)) & ~capped).any():
        capped |= over
        rest = np.maximum(goal - most * capped.sum(axis=-1, keepdims=True), 0.0)
        others = rest * _share(np.where(capped, 0.0, shape))
        # A portfolio in which nothing is cut keeps its weights to the last bit.
        weights = np.where(capped, most, np.where(over.any(axis=-1, keepdims=True), others, weights))
    return weights
