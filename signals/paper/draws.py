"""The experiment again and again, each time with other stocks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..threads import limited_threads, one_blas_thread
from .held import average
from .learner import Learner
from .material import Material
from .protocol import Protocol
from .screening import Screened
from .variants import as_published_looks_ahead, without_leaks

PUBLISHED, CAUSAL = "as_published", "without_leaks"
RANDOM, CHANCE, EVERYONE = "random", "chance", "everyone"


@dataclass(frozen=True)
class Draw:
    """What one draw of stocks gave.

    Attributes
    ----------
    number
        Of the draw.
    symbols
        Stocks left of those drawn.
    picks
        By variant, the stocks held; ``random`` is the paper's other portfolio and ``chance`` a second
        random one, which shows what luck alone does.
    paths
        By variant, H daily returns in equal parts; ``everyone`` is the mean of all stocks left.
    screened
        By variant that screens.
    one_network
        Whether both variants learned from the same numbers, and so have the same network.
    """

    number: int
    symbols: pd.Index
    picks: dict[str, list[str]]
    paths: dict[str, np.ndarray]
    screened: dict[str, Screened]
    one_network: bool


def draw_stocks(symbols: pd.Index, n: int, *, seed: int, number: int) -> pd.Index:
    """Draw ``n`` symbols without repeats; the same seed and number give the same ones.

    Raises
    ------
    ValueError
        If there are fewer.

    Examples
    --------
    >>> len(draw_stocks(pd.Index(list("abcdef")), 4, seed=1, number=0))
    4
    """
    if n > len(symbols):
        raise ValueError(f"stocks must be at most the {len(symbols)} that there are, got {n}")
    places = np.random.default_rng([seed, number, 0]).choice(len(symbols), n, replace=False)
    return symbols[np.sort(places)]


def run_draws(
    material: Material,
    symbols: pd.Index,
    protocol: Protocol,
    *,
    draws: int,
    seed: int,
    others: Mapping[str, pd.Series],
    n_jobs: int = 1,
) -> Iterator[Draw]:
    """Run the experiment on one draw of stocks after the other.

    Parameters
    ----------
    material
        Of all stocks without a gap.
    symbols
        All stocks, with gaps or not: what is drawn from.
    protocol
        What is done.
    draws, seed
        How many, and what they are drawn by. A draw's number is the seed of its network.
    others
        Scores by symbol that come from elsewhere, by name of the variant; a draw picks among its own stocks.
    n_jobs
        Workers, as joblib counts them. Results are the same bytes, whatever the number.

    Yields
    ------
    Draw
        In the order of their numbers.

    Raises
    ------
    ValueError
        If a draw leaves too few stocks for two portfolios.
    """
    from joblib import Parallel, delayed

    parts = (
        (number, material.of(draw_stocks(symbols, protocol.stocks, seed=seed, number=number)))
        for number in range(draws)
    )
    # Not mapped from files: a draw is small, and all of it is read.
    options: Any = {"n_jobs": n_jobs, "return_as": "generator", "max_nbytes": None, "batch_size": 1}
    workers: Any = Parallel(**options)
    yield from workers(
        delayed(run_draw)(number, part, protocol, seed=seed, others=_shared(others, part.symbols))
        for number, part in parts
    )


def run_draw(
    number: int, material: Material, protocol: Protocol, *, seed: int, others: Mapping[str, np.ndarray]
) -> Draw:
    """Run the experiment on the stocks of one draw; see :func:`run_draws`.

    Parameters
    ----------
    others
        N scores by variant; NaN is not picked.
    """
    count, k = len(material.symbols), protocol.k
    if count < 2 * k:
        raise ValueError(
            f"draw {number} leaves {count} stocks without a gap, two portfolios of k = {k} need {2 * k}; "
            "draw more stocks or hold fewer"
        )
    learner = Learner(protocol.network, seed=number)
    with limited_threads(1), one_blas_thread():
        forecasts = {
            PUBLISHED: as_published_looks_ahead(material, protocol, learner),
            CAUSAL: without_leaks(material.known, protocol, learner, held=len(material.returns)),
        }
    chance = np.random.default_rng([seed, number, 1])
    columns = {name: highest(forecast.scores, k) for name, forecast in forecasts.items()}
    columns |= {name: highest(scores, k) for name, scores in others.items()}
    columns |= {name: np.sort(chance.choice(count, k, replace=False)) for name in (RANDOM, CHANCE)}
    paths = {name: average(material.returns, chosen) for name, chosen in columns.items()}
    return Draw(
        number=number,
        symbols=material.symbols,
        picks={name: list(material.symbols[chosen]) for name, chosen in columns.items()},
        paths=paths | {EVERYONE: average(material.returns, np.arange(count))},
        screened={name: forecast.screened for name, forecast in forecasts.items()},
        one_network=learner.reused > 0,
    )


def highest(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the columns of the ``k`` highest scores, best first, ties in the order of the columns.

    Raises
    ------
    ValueError
        If fewer have a score.

    Examples
    --------
    >>> highest(np.array([1.0, np.nan, 3.0, 3.0]), 2).tolist()
    [2, 3]
    """
    scored = int(np.isfinite(scores).sum())
    if scored < k:
        raise ValueError(f"k must be at most the {scored} stocks with a score, got {k}")
    return np.argsort(-scores, kind="stable")[:k]


def _shared(others: Mapping[str, pd.Series], symbols: pd.Index) -> dict[str, np.ndarray]:
    return {name: scores.reindex(symbols).to_numpy(dtype=float) for name, scores in others.items()}
