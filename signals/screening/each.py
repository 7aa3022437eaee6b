"""The same work for each factor, on all cores."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import pandas as pd

from ..threads import threads_allowed

Result = TypeVar("Result")
# Beyond, memory is what they wait for.
_MOST_THREADS = 8


def each_factor(
    work: Callable[[np.ndarray], Result], factors: Mapping[str, pd.DataFrame]
) -> dict[str, Result]:
    """Apply ``work`` to the values of each factor, in threads; results are in the order of the factors.

    Sorting and the compiled loops let go of the interpreter, so that threads do run at once.

    Examples
    --------
    >>> each_factor(np.sum, {"a": pd.DataFrame([[1, 2]]), "b": pd.DataFrame([[3, 4]])})
    {'a': np.int64(3), 'b': np.int64(7)}
    """
    threads = min(threads_allowed(), _MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        return dict(
            zip(factors, pool.map(work, (frame.to_numpy() for frame in factors.values())), strict=True)
        )


def covered(pairs: np.ndarray, known: int) -> float:
    """Return the share of the known targets that have a value, from the complete pairs of each row.

    Examples
    --------
    >>> covered(np.array([3, 1]), 8), covered(np.array([0]), 0)
    (0.5, 0.0)
    """
    return float(pairs.sum() / known) if known else 0.0
