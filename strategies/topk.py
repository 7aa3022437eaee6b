"""``TopK``: hold the k names with the highest scores, in any Cerebro."""

from __future__ import annotations

from datetime import date
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from ..feeds.collector import named_feeds
from .arguments import (
    check_execution,
    check_source,
    check_window,
    chosen_feeds,
    fills_at_close,
    refuse_unknown,
)
from .exchange.lots import plain
from .market_view import MarketView
from .own_book import OwnBook
from .planner import Plan, Reason, Rules, plan_orders
from .planning.rules import gap_of
from .schedule import Schedule
from .score_source import FrameScores, ProviderScores, ScoreSource, Universe
from .session_clock import SessionClock


class TopK(bt.Strategy):
    """Hold the k names with the highest scores, rebalanced at set sessions.

    At the close of a session the scores of that session are turned into orders, which Backtrader
    executes at the next open, sales before buys. An order is good for that one session: what could
    not be filled is cancelled and reported, with its reason, in :attr:`refusals`. The strategy
    trades with its own positions only and leaves every other one in the broker alone. It needs no
    ``notify_*`` method, so a subclass may use them all.

    Bars are daily. Feeds may start late, pause (suspensions) or end (delistings), and stamp their bars at
    different times of a date (CSV files at the end of the session, other zones at their own midnight): a
    session is over when the last of them has delivered. A name without a bar on the session gets no
    order; when it is held it keeps its place and counts at its last price. Any broker will do;
    the lots and delistings of ``AShareBroker`` are heeded.

    Params:

      - ``signal`` (def: ``None``): fitted provider of scores; it is shown the bars that the feeds have
        delivered so far, on the sessions to rebalance. Give either this or ``scores``

      - ``scores`` (def: ``None``): ready frame of scores, dates x symbols (feed names), NaN = not to be
        held. With ``optstrategy`` wrap it in a list

      - ``k`` (def: ``10``): names to hold

      - ``rebalance`` (def: ``5``): every so many sessions, ``"weekly"``, ``"monthly"`` or a list of dates
        (each counts on the first session from it on). Unless there are dates, the first time is the first
        session on which any name has a score

      - ``weights`` (def: ``"equal"``): ``"equal"``, ``"score"`` (in proportion to it, nothing for a score
        of 0 or less) or ``"inverse_volatility"``

      - ``volatility_window`` (def: ``20``): daily returns from which the volatility is estimated

      - ``max_weight`` (def: ``1.0``): largest weight of a name, fraction of the value

      - ``buffer`` (def: ``0``): a held name stays while it is among the best ``k + buffer``

      - ``max_changes`` (def: ``None``): names given up at one rebalance at most for having fallen behind

      - ``min_holding`` (def: ``0``): sessions that a name is held at least, that of its purchase included

      - ``cash_reserve`` (def: ``0.0``): fraction kept in cash, of the broker's cash and what is held here

      - ``execution`` (def: ``"open"``): ``"open"`` fills at the next open; ``"close"`` at the close that the
        scores are of, for which the broker needs ``set_coc(True)``

      - ``gap`` (def: ``None``): allowance for the way to the fill: buys are sized as if prices rose by this
        fraction and sales brought in as much less, so the broker need not refuse a buy for cash; ``None``
        means 0.02 for fills at the open and 0 at the close

      - ``lot`` (def: ``1``): shares are bought in multiples of it, where the broker knows no lots itself

      - ``tolerance`` (def: ``0.0``): a name that stays is left alone within this fraction of its target

      - ``universe`` (def: ``None``): frame of booleans, dates x symbols: what may be held; the latest row
        at or before a session counts

      - ``symbols`` (def: ``None``): names of the feeds to trade; ``None`` means every feed

      - ``start`` (def: ``None``): first date to rebalance on; earlier bars only inform the provider

    Raises
    ------
    ValueError
        For a parameter that does not exist ("did you mean ...?"), is out of range, or for scores
        that have no date or no symbol in common with the feeds.
    DataError
        If a feed has no name, or two have the same.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> cerebro = bt.Cerebro(stdstats=False)
    >>> _ = panel.add_to(cerebro)
    >>> _ = cerebro.addstrategy(TopK, scores=-panel.adjusted("close").pct_change(5, fill_method=None), k=3)
    >>> strategy, = cerebro.run()
    >>> len(strategy.held())
    3
    """

    lines: Any  # for type checkers: Backtrader turns the names into lines

    params = (
        ("signal", None),
        ("scores", None),
        ("k", 10),
        ("rebalance", 5),
        ("weights", "equal"),
        ("volatility_window", 20),
        ("max_weight", 1.0),
        ("buffer", 0),
        ("max_changes", None),
        ("min_holding", 0),
        ("cash_reserve", 0.0),
        ("execution", "open"),
        ("gap", None),
        ("lot", 1),
        ("tolerance", 0.0),
        ("universe", None),
        ("symbols", None),
        ("start", None),
    )

    def __init__(self, *args: object, **unknown: object) -> None:
        # Backtrader hands over what is no parameter, and without this would ignore it.
        refuse_unknown(args, unknown, list(self.p._getkeys()))
        feeds = chosen_feeds(named_feeds(self.datas), self.p.symbols)
        check_source(self.p.signal, self.p.scores)
        # In the order of symbols, by which ties are broken.
        self._names = sorted(feeds)
        self._feeds = [feeds[name] for name in self._names]
        self._rules = self._make_rules()
        if self.p.k > len(feeds):
            raise ValueError(f"k must be at most the number of feeds, {len(feeds)}, got {self.p.k}")
        check_window(self.p.volatility_window)
        self._schedule = Schedule(self.p.rebalance)
        self._first = None if self.p.start is None else pd.Timestamp(self.p.start).date()
        self._universe = None if self.p.universe is None else Universe(self.p.universe, self._names)
        if self.p.scores is not None:
            self._source: ScoreSource = FrameScores(self.p.scores, self._names)
        self.refusals: list[tuple[date, str, str, str]] = []

    def _make_rules(self) -> Rules:
        return Rules(
            k=self.p.k,
            weights=self.p.weights,
            max_weight=self.p.max_weight,
            buffer=self.p.buffer,
            max_changes=self.p.max_changes,
            min_holding=self.p.min_holding,
            cash_reserve=self.p.cash_reserve,
            gap=gap_of(self.p.execution, self.p.gap),
            lot=self.p.lot,
            tolerance=self.p.tolerance,
        )

    def start(self) -> None:
        """Begin with nothing held."""
        check_execution(self.p.execution, self.broker)
        if self.p.signal is not None:
            self._source = ProviderScores(self.p.signal, self._feeds, self._names)
        self._sessions = SessionClock(self._feeds)
        self._view = MarketView(self._feeds, self.p.volatility_window if self._rules.needs_volatility else 0)
        self._book = OwnBook(len(self._names))
        self._session: date | None = None
        self._settled: date | None = None
        self._now = 0.0

    def stop(self) -> None:
        """Complain if the scores were of no use."""
        self._source.finish()

    def held(self) -> dict[str, float]:
        """Return the shares this strategy holds, by name, in the broker's units."""
        shares = self._book.shares
        return {self._names[index]: plain(shares[index]) for index in np.flatnonzero(shares)}

    # -- the session ------------------------------------------------------------------------

    def prenext(self) -> None:
        """Go on before every feed has started; no feed is read before its first bar."""
        self.next()

    def next(self) -> None:
        """Settle yesterday's orders and, where it is time, rebalance."""
        now = self.lines.datetime[0]
        step = self._sessions.session(now)
        if step is None:
            return
        session, is_over = step
        if session == self._session:
            self._view.refuse_intraday(self._names, now, session)
        self._session = session
        if not is_over or session == self._settled:
            return
        self._settled, self._now = session, now
        self._source.update()
        self._settle(session)
        if (self._first is not None and session < self._first) or not self._schedule.is_due(session):
            return
        scores = self._scores(session)
        if scores is None or (self._schedule.last is None and np.isnan(scores).all()):
            return
        self._rebalance(session, scores)
        self._schedule.done(session)

    def _scores(self, session: date) -> np.ndarray | None:
        scores = self._source.row(session)
        if scores is None or self._universe is None:
            return scores
        return np.where(self._universe.members(session), scores, np.nan)

    # -- orders -----------------------------------------------------------------------------

    def _settle(self, session: date) -> None:
        """Book what was filled; cancel and report what was not."""
        orders = self._book.settle()
        unsold = any(order.issell() and order.status != order.Completed for order, _ in orders)
        for order, index in orders:
            if order.status == order.Completed:
                continue
            default = Reason.UNFILLED
            if order.status in (order.Margin, order.Rejected):
                default = Reason.CASH
            elif order.alive():
                self.broker.cancel(order)
                if not self._view.traded(index, session, self._now):
                    default = Reason.SUSPENDED
            reason = Reason(order.info.get("refusal", default))
            if unsold and reason in (Reason.CASH, Reason.PARTIAL):
                reason = Reason.UNFUNDED
            self._refuse(session, index, "buy" if order.isbuy() else "sell", reason)
        self._book.close(self, self.broker, self._names)

    def _rebalance(self, session: date, scores: np.ndarray) -> None:
        matter = ~np.isnan(scores) | (self._book.shares != 0)
        state = self._view.observe(session, self._now, matter, self._book.marks)
        self._note_delisted(session, state)
        lots_of = getattr(self.broker, "lots_of", None)
        plan = plan_orders(
            scores=scores,
            holdings=self._book.shares,
            prices=self._book.marks,
            cash=self.broker.getcash(),
            rules=self._rules,
            blocked=state,
            fee=self._fee,
            lots=None if lots_of is None else lots_of(self._feeds, matter),
            ages=self._book.ages,
            volatility=self._view.volatility(matter) if self._rules.needs_volatility else None,
        )
        for refusal in plan.refusals:
            self._refuse(session, refusal.index, refusal.side, refusal.reason)
        self._send(plan)

    def _note_delisted(self, session: date, state: np.ndarray) -> None:
        is_delisted = getattr(self.broker, "is_delisted", None)
        if is_delisted is not None:
            for index in np.flatnonzero(state == Reason.SUSPENDED):
                if is_delisted(self._names[index], session):
                    state[index] = Reason.DELISTED

    def _fee(self, changes: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """Return what the broker's schemes charge for some changes of shares, at today's rates."""
        fees = np.zeros(len(self._names))
        for index in np.flatnonzero(changes):
            scheme = self.broker.getcommissioninfo(self._feeds[index])
            if hasattr(scheme, "set_date"):
                scheme.set_date(self._session)
            fees[index] = scheme.getcommission(float(changes[index]), float(prices[index]))
        return fees

    def _send(self, plan: Plan) -> None:
        shares = self._book.shares
        # Where the broker fills at the close, an order may ask for the open.
        fill = {"coc": False} if self.p.execution == "open" and fills_at_close(self.broker) else {}
        for index in plan.sell_order:
            size = plain(-plan.changes[index])
            reason = "exit" if size == shares[index] else "trim"
            self._book.sent(self.sell(data=self._feeds[index], size=size, reason=reason, **fill), index)
        for index in plan.buy_order:
            reason = "add" if shares[index] else "enter"
            size = plain(plan.changes[index])
            self._book.sent(self.buy(data=self._feeds[index], size=size, reason=reason, **fill), index)

    def _refuse(self, session: date, index: int, side: str, reason: Reason) -> None:
        self.refusals.append((session, self._names[index], side, reason.text))
