"""``TopK``: hold the k names with the highest scores, in any Cerebro."""

from __future__ import annotations

from datetime import date
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from ..feeds.collector import named_feeds
from .arguments import chosen_feeds, refuse_unknown
from .planner import Plan, Reason, Rules, plan_orders
from .schedule import Schedule
from .score_source import FrameScores, ProviderScores, ScoreSource


class TopK(bt.Strategy):
    """Hold the k names with the highest scores in equal parts, rebalanced at set sessions.

    At the close of a session the scores of that session are turned into orders, which Backtrader
    executes at the next open, sales before buys. An order is good for that one session: what could
    not be filled is cancelled and reported, with its reason, in :attr:`refusals`. The strategy
    trades with its own positions only and leaves every other one in the broker alone. It needs no
    ``notify_*`` method, so a subclass may use them all.

    Bars are daily, and of one time of day for all feeds: a feed whose bars of a date come later than
    the others' is not seen on that date. Feeds may start late, pause (suspensions) or end (delistings).
    A name without a bar on the session gets no order; when it is held it keeps its place and counts at
    its last price.

    Params:

      - ``signal`` (def: ``None``): fitted provider of scores; it is shown the bars that the feeds have
        delivered so far, on the sessions to rebalance. Give either this or ``scores``

      - ``scores`` (def: ``None``): ready frame of scores, dates x symbols (feed names), NaN = not to be
        held. With ``optstrategy`` wrap it in a list

      - ``k`` (def: ``10``): names to hold

      - ``rebalance`` (def: ``5``): every so many sessions, ``"weekly"`` or ``"monthly"``. The first time is
        the first session on which any name has a score

      - ``cash_reserve`` (def: ``0.0``): fraction of the value kept in cash

      - ``gap`` (def: ``0.02``): allowance for the way to the next open: buys are sized as if prices rose
        by this fraction and sales brought in as much less, so the broker need not refuse a buy for cash

      - ``lot`` (def: ``1``): shares are bought in multiples of it

      - ``tolerance`` (def: ``0.0``): a name that stays is left alone within this fraction of its target

      - ``universe`` (def: ``None``): frame of booleans, dates x symbols: what may be held on a date

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
        ("cash_reserve", 0.0),
        ("gap", 0.02),
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
        self._check_source()
        # In the order of symbols, by which ties are broken.
        self._names = sorted(feeds)
        self._feeds = [feeds[name] for name in self._names]
        self._rules = Rules(
            k=self.p.k,
            cash_reserve=self.p.cash_reserve,
            gap=self.p.gap,
            lot=self.p.lot,
            tolerance=self.p.tolerance,
        )
        if self.p.k > len(feeds):
            raise ValueError(f"k must be at most the number of feeds, {len(feeds)}, got {self.p.k}")
        self._schedule = Schedule(self.p.rebalance)
        self._first = None if self.p.start is None else pd.Timestamp(self.p.start).date()
        self._universe = None
        if self.p.universe is not None:
            self._universe = FrameScores(self.p.universe.astype(float), self._names, name="universe")
        if self.p.scores is not None:
            self._source: ScoreSource = FrameScores(self.p.scores, self._names)
        self.refusals: list[tuple[date, str, str, str]] = []

    def _check_source(self) -> None:
        if (self.p.signal is None) == (self.p.scores is None):
            given = "neither" if self.p.signal is None else "both"
            raise ValueError(f"give exactly one of signal= and scores=, got {given}")
        if isinstance(self.p.signal, type):
            raise ValueError(f"signal must be a provider, not its class; write {self.p.signal.__name__}(...)")
        if self.p.signal is not None and not callable(getattr(self.p.signal, "predict", None)):
            hint = "; a frame of scores goes to scores=" if isinstance(self.p.signal, pd.DataFrame) else ""
            raise ValueError(f"signal must have predict(panel), got {type(self.p.signal).__name__}{hint}")

    def start(self) -> None:
        """Begin with nothing held."""
        if self.p.signal is not None:
            self._source = ProviderScores(self.p.signal, self._feeds, self._names)
        # The lines themselves: reaching them through the feed is most of the cost of reading them.
        self._closes = [feed.lines.close for feed in self._feeds]
        self._times = [feed.lines.datetime for feed in self._feeds]
        self._session: date | None = None
        self._shares = np.zeros(len(self._names), dtype=np.int64)
        self._marks = np.full(len(self._names), np.nan)
        self._sent: list[tuple[Any, int]] = []

    def stop(self) -> None:
        """Complain if the scores were of no use."""
        self._source.finish()

    def held(self) -> dict[str, int]:
        """Return the shares this strategy holds, by name."""
        return {self._names[index]: int(self._shares[index]) for index in np.flatnonzero(self._shares)}

    # -- the session ------------------------------------------------------------------------

    def prenext(self) -> None:
        """Go on before every feed has started; no feed is read before its first bar."""
        self.next()

    def next(self) -> None:
        """Settle yesterday's orders and, where it is time, rebalance."""
        session = self._current_session()
        if session is None:
            return
        if session == self._session:
            self._refuse_intraday(session)
            return
        self._session = session
        self._source.update()
        self._settle()
        if (self._first is not None and session < self._first) or not self._schedule.is_due(session):
            return
        scores = self._scores()
        if scores is None or (self._schedule.last is None and np.isnan(scores).all()):
            return
        self._rebalance(scores)
        self._schedule.done(session)

    def _current_session(self) -> date | None:
        """Return the date of the bars being delivered; None if none of the names traded."""
        now = self.lines.datetime[0]
        for times in self._times:
            if len(times) and times[0] == now:
                return times.date(0)
        return None

    def _refuse_intraday(self, session: date) -> None:
        """Complain about a second bar of a date: scores of the date, known at its close, would look ahead."""
        now = self.lines.datetime[0]
        for name, times in zip(self._names, self._times, strict=True):
            if len(times) > 1 and times[0] == now and times.date(-1) == session:
                raise ValueError(
                    f"TopK trades daily bars, but {name} has a second bar of {session}; add the feed with "
                    "cerebro.resampledata(feed, timeframe=bt.TimeFrame.Days)"
                )

    def _scores(self) -> np.ndarray | None:
        assert self._session is not None
        scores = self._source.row(self._session)
        if scores is None or self._universe is None:
            return scores
        members = self._universe.row(self._session)
        return np.full_like(scores, np.nan) if members is None else np.where(members == 1.0, scores, np.nan)

    # -- orders -----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Book what was filled; cancel and report what was not."""
        for order, index in self._sent:
            self._shares[index] += order.executed.size
            if order.executed.size:
                self._marks[index] = order.executed.price
            if order.alive():
                self.broker.cancel(order)
                short = Reason.PARTIAL if order.executed.size else Reason.CASH
                self._refuse(index, order, short if self._traded(index) else Reason.SUSPENDED)
            elif order.status in (order.Margin, order.Rejected):
                self._refuse(index, order, Reason.CASH)
        self._sent = []

    def _rebalance(self, scores: np.ndarray) -> None:
        state = self._observe(scores)
        plan = plan_orders(
            scores=scores,
            holdings=self._shares,
            prices=self._marks,
            cash=self.broker.getcash(),
            rules=self._rules,
            blocked=state,
            fee=self._fee,
        )
        self._report(plan)
        for index in plan.sell_order:
            size = -int(plan.changes[index])
            reason = "exit" if size == self._shares[index] else "trim"
            self._send(self.sell(data=self._feeds[index], size=size, reason=reason), index)
        for index in plan.buy_order:
            reason = "add" if self._shares[index] else "enter"
            size = int(plan.changes[index])
            self._send(self.buy(data=self._feeds[index], size=size, reason=reason), index)

    def _observe(self, scores: np.ndarray) -> np.ndarray:
        """Mark every name that matters at its last price, and say why those are blocked that are."""
        state = np.zeros(len(self._names), dtype=np.int64)
        for index in np.flatnonzero(~np.isnan(scores) | (self._shares != 0)).tolist():
            if not len(self._closes[index]):
                state[index] = Reason.NOT_LISTED
                continue
            close = self._closes[index][0]
            if close > 0:
                self._marks[index] = close
            if not self._traded(index):
                state[index] = Reason.SUSPENDED
            elif not close > 0:
                state[index] = Reason.NO_PRICE
        return state

    def _traded(self, index: int) -> bool:
        """Say whether a feed delivered a bar of the current session."""
        times = self._times[index]
        if not len(times):
            return False
        # Feeds in other time zones have other times for the same date.
        return times[0] == self.lines.datetime[0] or times.date(0) == self._session

    def _fee(self, changes: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """Return what the broker's schemes charge for some changes of shares."""
        fees = np.zeros(len(self._names))
        for index in np.flatnonzero(changes):
            scheme = self.broker.getcommissioninfo(self._feeds[index])
            fees[index] = scheme.getcommission(float(changes[index]), float(prices[index]))
        return fees

    def _send(self, order: Any, index: int) -> None:
        if order is not None:
            self._sent.append((order, int(index)))

    def _report(self, plan: Plan) -> None:
        assert self._session is not None
        for refusal in plan.refusals:
            name = self._names[refusal.index]
            self.refusals.append((self._session, name, refusal.side, refusal.reason.text))

    def _refuse(self, index: int, order: Any, reason: Reason) -> None:
        assert self._session is not None
        side = "buy" if order.isbuy() else "sell"
        self.refusals.append((self._session, self._names[index], side, reason.text))
