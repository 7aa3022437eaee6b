"""Which names to hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .reasons import Reason
from .rules import Rules


@dataclass(frozen=True)
class Selection:
    """Which names to hold, and why not others; arrays of ... x N.

    Attributes
    ----------
    chosen
        Names to hold at a target weight.
    bound
        Held names that keep what they have, because they cannot be sold now.
    places
        Places that the bound names leave, ... x 1.
    unbought, unsold
        Codes of :class:`Reason`: why a name among the best is not to be bought, or not to be kept, and why
        one that is not wanted stays; 0 elsewhere.
    ranking
        Positions of the names, the best score first, NaN last, ties by position.
    """

    chosen: np.ndarray
    bound: np.ndarray
    places: np.ndarray
    unbought: np.ndarray
    unsold: np.ndarray
    ranking: np.ndarray


def select(
    scores: np.ndarray, held: np.ndarray, state: np.ndarray, ages: np.ndarray, rules: Rules
) -> Selection:
    """Choose the names to hold.

    A held name that cannot be traded keeps its place. Of the others the best ``k`` are chosen, except
    that a held one stays while it is within the buffer, has not been held long enough, or the limit of
    changes is used up.

    Parameters
    ----------
    scores
        ... x N; NaN = not to be held.
    held
        ... x N booleans.
    state
        ... x N codes of :class:`Reason`: why a name cannot be traded now, 0 where it can.
    ages
        ... x N sessions since the purchase, that one included.
    rules
        See :class:`Rules`.

    Examples
    --------
    >>> picked = select(np.array([3.0, 2.0, 1.0]), np.array([False, False, True]), np.zeros(3, int),
    ...                 np.zeros(3, int), Rules(k=2, buffer=1))
    >>> picked.chosen
    array([ True, False,  True])
    """
    scored, blocked = ~np.isnan(scores), state != Reason.TRADABLE
    young = held & ~blocked & (ages < rules.min_holding)
    bound = held & (blocked | (young & ~scored))
    places = np.maximum(rules.k - _count(bound), 0)
    ranking = np.argsort(-scores, axis=-1, kind="stable")
    candidate = scored & ~blocked & ~bound
    ahead = _ahead(candidate, ranking)

    within = held & candidate & (ahead < places + rules.buffer)
    young &= candidate
    behind = held & candidate & ~within & ~young
    retained = _retained(behind, held & ~scored & ~bound, ranking, rules)
    # Those that may not be sold yet come first where there are more than places.
    kept = _first(young, ranking, places)
    kept |= _first((within | retained) & ~young, ranking, places - _count(kept))
    unheld = candidate & ~held
    free = places - _count(kept)
    entering = _first(unheld, ranking, free)

    too_young, retained = kept & young & ~within, kept & retained
    unwanted = bound & ~(scored & (_ahead(scored, ranking) < rules.k + rules.buffer))
    # Who would be held if the names that are not wanted gave up their places.
    more = np.maximum(rules.k - _count(bound & ~unwanted), 0)
    stays = _first(held & candidate & (ahead < more + rules.buffer), ranking, more)
    vacant = more - _count(stays)
    waiting = ~kept & ~entering & (stays | _first(unheld, ranking, vacant))
    favourite = scored & blocked & ~held & (ahead < more)
    if rules.buffer:
        favourite &= _ahead(unheld, ranking) < vacant
    why = np.where(_count(too_young) > 0, Reason.HOLDING, Reason.OCCUPIED)
    why = np.where(_count(retained) > 0, Reason.CHANGES, why)
    return Selection(
        chosen=kept | entering,
        bound=bound,
        places=places,
        unbought=np.where(favourite, state, np.where(waiting, why, 0)),
        unsold=_unsold(unwanted, too_young, retained, state),
        ranking=ranking,
    )


def _unsold(
    unwanted: np.ndarray, too_young: np.ndarray, retained: np.ndarray, state: np.ndarray
) -> np.ndarray:
    """Give the reason of each name that stays although others are better."""
    reasons = np.where(unwanted, np.where(state == Reason.TRADABLE, Reason.HOLDING, state), 0)
    return np.where(too_young, Reason.HOLDING, np.where(retained, Reason.CHANGES, reasons))


def _count(mask: np.ndarray) -> np.ndarray:
    return mask.sum(axis=-1, keepdims=True)


def _ahead(mask: np.ndarray, ranking: np.ndarray) -> np.ndarray:
    """Count, for each name, the names of the mask that rank before it."""
    sorted_mask = np.take_along_axis(mask, ranking, axis=-1)
    counts = np.empty(mask.shape, dtype=np.int64)
    np.put_along_axis(counts, ranking, np.cumsum(sorted_mask, axis=-1) - sorted_mask, axis=-1)
    return counts


def _first(mask: np.ndarray, ranking: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Keep the best-ranked names of a mask, so many of them."""
    return mask & (_ahead(mask, ranking) < count)


def _retained(behind: np.ndarray, gone: np.ndarray, ranking: np.ndarray, rules: Rules) -> np.ndarray:
    """Return the names that fell behind and stay, because only so many may change: the best of them."""
    if rules.max_changes is None:
        return np.zeros_like(behind)
    allowed = np.maximum(rules.max_changes - _count(gone), 0)
    return _first(behind, ranking, np.maximum(_count(behind) - allowed, 0))
