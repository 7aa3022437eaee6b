"""What to trade at the next open: the plan that ``TopK`` makes at the last close, without any feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ..feeds import Panel
from .last_close import LastClose
from .pick_tables import PlanTables
from .planner import Rules, plan_orders
from .trade_options import TradeOptions
from .twin.venue import make_venue


@dataclass(frozen=True)
class Pick:
    """A portfolio to be held from the next open on.

    Attributes
    ----------
    session
        Date of the scores and prices.
    targets
        Names that are held once all orders are filled, the best score first: ``rank`` among all that have a
        score, ``symbol``, ``score``, ``weight`` (fraction of the value), ``shares`` (raw), ``close`` (CNY),
        ``value`` (CNY), ``change`` (shares), ``action`` (``buy``, ``add``, ``keep``, ``trim``), ``remark``.
    orders
        Sales, then buys, the best first: ``side``, ``symbol``, ``shares``, ``close``, ``value``, ``reason``
        (``exit``, ``trim``, ``enter``, ``add``), ``remark``.
    refusals
        Names wanted and not bought, or unwanted and not sold: ``symbol``, ``side``, ``reason``, ``remark``.
    value, cash, cash_left, fees
        CNY at the last close: of everything, of the cash now and after the orders, and of their fees.
    rules
        How the portfolio is formed; ``rules.gap`` is the rise until the open that buys are sized to pay for.
    """

    session: date
    targets: pd.DataFrame
    orders: pd.DataFrame
    refusals: pd.DataFrame
    value: float
    cash: float
    cash_left: float
    fees: float
    rules: Rules


def pick(
    panel: Panel,
    scores: pd.Series,
    *,
    cash: float,
    holdings: Mapping[str, float] | None = None,
    ages: Mapping[str, int] | None = None,
    options: TradeOptions | None = None,
) -> Pick:
    """Plan the orders for the open after the panel's last date, as ``TopK`` does at that close.

    The open is not known, so sizes are those of the last close, as in a backtest. Nor is it known who will be
    suspended, or locked at a limit, tomorrow: a name without a bar on the last date counts as suspended, and
    one that closed at its limit is ordered and gets a remark.

    Parameters
    ----------
    panel
        Bars up to the close of the scores.
    scores
        By symbol; NaN = not to be held.
    cash
        At hand beside the holdings, CNY.
    holdings
        Raw shares by symbol.
    ages
        Sessions since the purchase, that one included, by symbol, for ``min_holding``; what is not there
        counts as held for long enough.
    options
        How to trade; its dates, schedule and cash do not matter.

    Raises
    ------
    ValueError
        If there is no score, cash is negative, a holding has no bar, or an option is out of range.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> found = pick(panel, -panel["close"].iloc[-1], cash=100_000.0, options=TradeOptions(k=3))
    >>> found.targets["action"].tolist(), bool((found.targets["shares"] % 100 == 0).all())
    (['buy', 'buy', 'buy'], True)
    """
    options = options or TradeOptions()
    rules, venue = options.rules(), make_venue(panel, options)
    held = {symbol: float(shares) for symbol, shares in (holdings or {}).items() if shares}
    _check(panel, scores, cash, held)
    known = scores.reindex(panel.symbols).to_numpy(dtype=float)
    matter = ~np.isnan(known) | panel.symbols.isin(list(held))
    close = LastClose(panel.select(panel.symbols[matter]), venue)
    shares = np.array([held.get(symbol, 0.0) for symbol in close.symbols])
    since = np.array([(ages or {}).get(symbol, rules.min_holding) for symbol in close.symbols])
    plan = plan_orders(
        scores=known[matter],
        holdings=shares,
        prices=close.prices,
        cash=cash,
        rules=rules,
        blocked=close.state,
        fee=close.fee,
        lots=close.lots,
        ages=np.where(shares > 0.0, since, 0),
        volatility=close.volatility if rules.needs_volatility else None,
    )
    tables = PlanTables(close, plan, known[matter], shares)
    worth = cash + float((shares * close.prices).sum())
    fees = float(close.fee(plan.changes, close.prices).sum())
    return Pick(
        session=close.session,
        targets=tables.targets(worth),
        orders=tables.orders(),
        refusals=tables.refusals(),
        value=worth,
        cash=float(cash),
        cash_left=cash - float((plan.changes * close.prices).sum()) - fees,
        fees=fees,
        rules=rules,
    )


def _check(panel: Panel, scores: pd.Series, cash: float, held: Mapping[str, float]) -> None:
    last = panel.dates[-1].date()
    if not (np.isfinite(cash) and cash >= 0.0):
        raise ValueError(f"cash must be a number of CNY, 0 or more, got {cash!r}")
    if not (cash or held):
        raise ValueError("there is neither cash nor a holding to plan with; give cash, in CNY")
    if not scores.reindex(panel.symbols).notna().any():
        raise ValueError(f"no stock has a score on {last}. Remedy: give more history, or another date")
    for symbol, shares in held.items():
        if not (np.isfinite(shares) and shares > 0.0):
            raise ValueError(f"holdings must be positive numbers of raw shares, got {shares!r} of {symbol}")
        if symbol not in panel.symbols or not panel.select([symbol]).traded_array.any():
            raise ValueError(
                f"{symbol} is held and has no bar up to {last}, so it cannot be valued. Remedy: give its "
                "bars, correct the symbol, or take it out of the holdings"
            )
