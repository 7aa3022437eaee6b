"""Steps that mix times: each stock of a step is at a stretch of days of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stretches:
    """What one step reads: some stocks (n), and the days of each (L x n); days out of range are not read."""

    stocks: np.ndarray
    days: np.ndarray


def mixed_stretches(
    starts: np.ndarray, length: int, n_stocks: int, parts: int, rng: np.random.Generator
) -> Iterator[Stretches]:
    """Yield each stretch of each stock once, in steps of 1 / ``parts`` of the stocks.

    Days of one stretch share their market, so a step on one stretch alone leans to one time. Here each
    stock goes through the stretches in an order of its own.

    Parameters
    ----------
    starts
        First day of each stretch.
    length
        L, days of a stretch.
    n_stocks, parts
        N, and in how many steps they are gone through.
    rng
        Draws the orders.

    Examples
    --------
    >>> steps = list(mixed_stretches(np.array([0, 10]), 3, 4, 2, np.random.default_rng(0)))
    >>> len(steps), steps[0].days.shape
    (4, (3, 2))
    >>> sorted((int(s), int(d)) for step in steps for s, d in zip(step.stocks, step.days[0]))
    [(0, 0), (0, 10), (1, 0), (1, 10), (2, 0), (2, 10), (3, 0), (3, 10)]
    """
    orders = rng.permuted(np.tile(np.arange(len(starts)), (n_stocks, 1)), axis=1)
    for order in orders.T:
        for some in np.array_split(rng.permutation(n_stocks), min(parts, n_stocks)):
            stocks = np.sort(some)  # neighbours in memory
            yield Stretches(stocks, starts[order[stocks]] + np.arange(length)[:, None])
