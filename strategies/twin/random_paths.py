"""Random portfolios through the twin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..exchange.fees import FeeSchedule
from ..exchange.fill_rules import FillRules
from ..span import market_of, on_dates, window_of
from ..trade_options import TradeOptions
from .carry import Terms, carry
from .market import Market
from .sources import Matched, Scores, Uniform
from .venue import make_venue

# Portfolios are carried in batches of this many, always whole ones: so a portfolio's values have the same
# bytes however many are asked for, and the arrays stay in the processor's cache.
_BATCH = 100


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
    venue = make_venue(
        options.cash, options.fees, options.exchange, options.listings, options.delistings, options.recovery
    )
    market = Market(named, venue)
    columns = np.flatnonzero(panel.symbols.isin(named.symbols))
    rows = market.rows + int(panel.dates.searchsorted(window.dates[0]))
    terms = Terms(rules=options.rules(), rebalance=options.rebalance, at_close=options.execution == "close")
    batches: list[np.ndarray] = []
    costs: list[np.ndarray] = []
    for begin in range(0, n, _BATCH):
        seeds = [seed_of(seed, number) for number in range(begin, begin + _BATCH)]
        scores: Scores = Uniform(seeds, drawn[np.ix_(rows, columns)], rows, columns, len(panel.symbols))
        if kept is not None:
            scores = Matched(scores, kept)
        paths = carry(market, venue, scores, terms, _BATCH, options.cash)
        batches.append(paths.values)
        costs.append(paths.fees)
        if progress is not None:
            progress(min(begin + _BATCH, n), n)
    values = pd.DataFrame(np.hstack(batches)[:, :n], index=window.dates[market.rows])
    _, returns = on_dates(values, window.dates[first:], options.cash)
    return returns, pd.Series(np.concatenate(costs)[:n], name="costs")
