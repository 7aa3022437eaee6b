"""A strategy's own scores through the twin: what the event-driven backtest is compared with."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...feeds import Panel
from ..score_source import FrameScores
from ..span import market_of, on_dates, scores_of, window_of
from ..trade_options import TradeOptions
from .carry import carry, terms_of
from .market import Market
from .sources import Given
from .venue import make_venue


def own_path(panel: Panel, signal: pd.DataFrame | Any, options: TradeOptions) -> tuple[pd.Series, float]:
    """Trade scores as :func:`~btalpha.strategies.run_backtest` does, without Backtrader and without tables.

    Parameters
    ----------
    panel, signal
        As there.
    options
        As there.

    Returns
    -------
    tuple
        Values at each close, CNY, by date, and all fees, CNY.

    Raises
    ------
    ValueError
        As ``run_backtest`` does.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> value, fees = own_path(panel, -panel["close"], TradeOptions(k=3))
    >>> len(value) == len(panel), fees > 0
    (True, True)
    """
    window, first = window_of(panel, options.start, options.end)
    scores = scores_of(panel, signal, window)
    named = market_of(window, scores, options.k)
    venue = make_venue(panel, options)
    market, symbols = Market(named, venue), list(named.symbols)
    source = FrameScores(scores[symbols], symbols)
    paths = carry(market, venue, Given(source), terms_of(options), 1, options.cash)
    source.finish()
    values = pd.Series(paths.values[:, 0], index=window.dates[market.rows])
    value, _ = on_dates(values, window.dates[first:], options.cash)
    return value.rename("value"), float(paths.fees[0])
