"""Carry many portfolios through one pass of the bars, as Backtrader would carry each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..exchange.orphans import is_gone
from ..planner import Lots, Reason, Rules, plan_orders
from ..schedule import Rule, Schedule
from ..trade_options import TradeOptions
from .fills import Bars, Orders, fill
from .market import Market
from .portfolios import Portfolios
from .shortlist import shortlist
from .sources import Scores
from .venue import GONE_AFTER, Venue

# Daily returns behind a volatility, as TopK has it by default.
_WINDOW = 20


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How portfolios are formed, when, and at which price they trade: as in ``TopK``."""

    rules: Rules
    rebalance: Rule
    at_close: bool


def terms_of(options: TradeOptions) -> Terms:
    """Return the terms that a backtest's options come to."""
    at_close = options.execution == "close"
    return Terms(rules=options.rules(), rebalance=options.rebalance, at_close=at_close)


@dataclass(frozen=True)
class Paths:
    """What portfolios did: values at the closes of S sessions, S x P, and fees, P; CNY."""

    values: np.ndarray
    fees: np.ndarray


def carry(market: Market, venue: Venue, scores: Scores, terms: Terms, count: int, cash: float) -> Paths:
    """Trade scores with many portfolios at once.

    A session goes as in the event-driven run: positions in names that are gone are closed, the orders of
    the session before are filled, what is held is valued at the close, and where it is time the planner
    makes orders of the scores known then. An order lives for one session.

    Parameters
    ----------
    market, venue
        What is traded, and where.
    scores
        Where scores come from.
    terms
        How to trade.
    count, cash
        Number of portfolios, and the cash of each at the start, CNY.
    """
    owned = Portfolios.begin(count, cash, market.size)
    schedule, orders = Schedule(terms.rebalance), None
    values = np.empty((len(market.days), count))
    for session, day in enumerate(market.days):
        if venue.is_exchange:
            _close_gone(owned, market, venue, session)
        if orders is not None:
            _fill(owned, orders, market, venue, terms, session)
            orders = None
        values[session] = owned.worth(market.marks[session])
        owned.age()
        if not schedule.is_due(day):
            continue
        scored = scores.scored(session, day)
        if scored is None or (schedule.last is None and not scored.any()):
            continue
        orders = _plan(owned, scores, scored, market, venue, terms, session)
        schedule.done(day)
    return Paths(values, owned.fees)


def _close_gone(owned: Portfolios, market: Market, venue: Venue, session: int) -> None:
    """Close, at the last price, what is delisted or was not traded for very long."""
    last = market.last_bar[session]
    days = market.ordinals[session] - market.ordinals[last]
    suspects = (last >= 0) & (last < session) & (market.delisted[session] | (days > GONE_AFTER))
    if not suspects.any():
        return
    names = owned.names
    bars = session - np.maximum(last[names], owned.filled)
    gone = market.delisted[session][names] | is_gone(bars, days[names], GONE_AFTER)
    where = (owned.shares > 0.0) & suspects[names] & gone & (bars > 0)
    if where.any():
        owned.close(where, market.marks[session][names] * venue.recovery)


def _fill(
    owned: Portfolios, orders: Orders, market: Market, venue: Venue, terms: Terms, session: int
) -> None:
    """Fill the orders of the session before, at its close or at the open of this one."""
    row = orders.session if terms.at_close else session
    prices = (market.closes if terms.at_close else market.opens)[row]
    facts = market.facts.pick((row, owned.names))
    bars = Bars(prices[owned.names], facts, market.days[row], terms.at_close)
    sizes, owned.cash, fees = fill(orders, owned.shares, owned.cash, bars, venue)
    owned.fees = owned.fees + fees
    owned.book(sizes, session)
    owned.tidy(market.size)


def _plan(
    owned: Portfolios,
    scores: Scores,
    scored: np.ndarray,
    market: Market,
    venue: Venue,
    terms: Terms,
    session: int,
) -> Orders:
    """Plan the orders of all portfolios, of which each is given the names that matter to it."""
    rules, marks = terms.rules, market.marks[session]
    tradable = market.traded[session] & (marks > 0.0)
    table = scores.draw(session, owned, tradable[:-1])
    owned.lay_out(shortlist(table, scored & tradable[:-1], owned.names, rules.k + rules.buffer))
    names, known = owned.names, np.append(scored, False)
    own = np.take_along_axis(np.broadcast_to(table, (len(names), market.size)), _inside(names, market), 1)
    lots = None
    if venue.rules.lots:
        least, step = market.lots
        lots = Lots(least[names], step[names], market.factors[session][names])
    plan = plan_orders(
        scores=np.where(known[names], own, np.nan),
        holdings=owned.shares,
        prices=marks[names],
        cash=owned.cash,
        rules=rules,
        blocked=np.where(tradable, int(Reason.TRADABLE), int(Reason.SUSPENDED))[names],
        fee=partial(venue.fee, day=market.days[session]),
        lots=lots,
        ages=owned.ages,
        volatility=market.volatility(session, _WINDOW)[names] if rules.needs_volatility else None,
    )
    return Orders(plan.changes, plan.ranking, session)


def _inside(names: np.ndarray, market: Market) -> np.ndarray:
    """Return the names with some real one in the place of none, which has no score anyhow."""
    return np.minimum(names, market.size - 1)
