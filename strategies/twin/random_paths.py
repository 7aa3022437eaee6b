"""Random portfolios through the twin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..exchange.fees import FeeSchedule
from ..exchange.fill_rules import FillRules
from ..span import market_of, on_dates, window_of
from ..trade_options import TradeOptions
from .carry import carry, terms_of
from .market import Market
from .sources import Matched, Scores, Uniform
from .venue import make_venue

# Portfolios are carried in batches with these bounds, always whole ones, so that a portfolio's values have
# the same bytes however many are asked for. A few need no large batch; many are faster in large ones, as
# long as their arrays stay in the processor's cache.
_BOUNDS = (0, 50, 250, 500)


def batches_of(n: int) -> list[range]:
    """Return the batches that n portfolios are in.

    Examples
    --------
    >>> batches_of(3), batches_of(600)
    ([range(0, 50)], [range(0, 50), range(50, 250), range(250, 500), range(500, 1000)])
    """
    bounds = [*_BOUNDS, *range(2 * _BOUNDS[-1], n + _BOUNDS[-1], _BOUNDS[-1])]
    return [range(begin, end) for begin, end in pairwise(bounds) if begin < n]


def seed_of(seed: int, portfolio: int) -> int:
    """Return the seed of one random portfolio, which depends on these two numbers alone."""
    return int(np.random.SeedSequence(seed, spawn_key=(portfolio,)).generate_state(1, np.uint64)[0])


def twin_lacks(market: Panel, options: TradeOptions) -> str | None:
    """Say what the twin cannot do of a market and options; None where it can do all."""
    for value, kind in ((options.fees, FeeSchedule), (options.exchange, FillRules)):
        if isinstance(value, kind) and type(value) is not kind:
            return f"{type(value).__name__} may not be elementwise as {kind.__name__} is"
    if not market.symbols.is_monotonic_increasing:
        return "the panel's symbols are not in their order"
    closes = market.adjusted_array("close")[market.traded_array]
    if not (np.isfinite(closes) & (closes > 0.0)).all():
        return "a close is not a positive number of CNY"
    return None


def random_paths(
    panel: Panel,
    eligible: np.ndarray,
    options: TradeOptions,
    seed: int,
    n: int,
    kept: Mapping[date, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the daily returns, T x n, and the fees, CNY, of n random portfolios.

    Parameters
    ----------
    panel
        The bars of the dates to trade, and the session before.
    eligible
        T x N mask of what may be picked.
    options
        How to trade.
    seed, n
        Portfolio i depends on ``seed`` and i alone.
    kept
        Names to keep, by date; ``None`` to draw all of them anew.
    progress
        Called with (portfolios done, n).
    """
    window, first = window_of(panel, options.start, options.end)
    drawn = eligible & panel.universe_array & panel.traded_array
    named = market_of(window, panel.frame(np.where(drawn, 0.0, np.nan)), options.k)
    venue = make_venue(panel, options)
    market = Market(named, venue)
    columns = np.flatnonzero(panel.symbols.isin(named.symbols))
    rows = market.rows + int(panel.dates.searchsorted(window.dates[0]))
    terms = terms_of(options)
    values: list[np.ndarray] = []
    costs: list[np.ndarray] = []
    for batch in batches_of(n):
        seeds = [seed_of(seed, number) for number in batch]
        scores: Scores = Uniform(seeds, drawn[np.ix_(rows, columns)], rows, columns, len(panel.symbols))
        if kept is not None:
            scores = Matched(scores, kept)
        paths = carry(market, venue, scores, terms, len(batch), options.cash)
        values.append(paths.values)
        costs.append(paths.fees)
        if progress is not None:
            progress(min(batch.stop, n), n)
    table = pd.DataFrame(np.hstack(values)[:, :n], index=window.dates[market.rows])
    _, returns = on_dates(table, window.dates[first:], options.cash)
    return returns, pd.Series(np.concatenate(costs)[:n], name="costs")
