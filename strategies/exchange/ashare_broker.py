"""The broker of the Chinese stock exchanges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import backtrader as bt
import numpy as np

from ...feeds.boards import LimitTable
from ..planning.reasons import Reason
from ..planning.sizing import Lots
from .check_parameters import check_parameters
from .day_book import DayBook
from .fees import AShareFees
from .fill_rules import SAME, FillRules
from .instrument import Instrument, lots_of
from .lots import plain
from .order_sessions import OrderSessions
from .orphans import Closure, Orphans, to_dates
from .portfolio_broker import PortfolioBroker

# Backtrader's classes take their parameters through a metaclass, which type checkers cannot follow.
_SellOrder: Any = bt.order.SellOrder


class AShareBroker(PortfolioBroker):
    """Backtrader broker with the rules and fees of the Shanghai, Shenzhen and Beijing exchanges.

    Works with any feeds and strategies; see :class:`Instrument` for what it needs of a feed.

    - Fees: commission with a minimum an order, stamp duty on sales and transfer fee, by date.
    - Lots: a buy is cut down to whole lots of raw shares (100; STAR 200, then single shares); what is left
      of a holding is sold whole. Short sales are not filled.
    - Settlement: what was bought today is not sold today (T+1).
    - Price limits: nobody buys on a bar that never left its upper limit, or sells on one that never left
      its lower limit. An order at the close is not filled at a close at the limit.
    - Volume: all orders of a bar together fill at most a part of its volume.
    - Sessions: an order without ``valid`` lives for the next session alone, and is cancelled after it. With
      ``valid`` it waits, through a suspension too.
    - A name that is delisted, or was not traded for very long, is closed at its last price times
      ``recovery``, and noted in :attr:`closures`.

    What was not filled in full has its :class:`~btalpha.strategies.Reason` in ``order.info["refusal"]``.

    Params:

      - ``fees`` (def: ``None``): an ``AShareFees``, for rates other than the default ones

      - ``lots`` (def: ``True``): trade in lots, and only what is held can be sold

      - ``t_plus_1`` (def: ``True``): sell from the day after the purchase

      - ``limits`` (def: ``True``): heed price limits; a ``LimitTable`` for rates other than the default ones

      - ``participation`` (def: ``0.1``): largest part of a bar's volume; ``None`` for any

      - ``day_orders`` (def: ``True``): cancel after one session what has no ``valid``

      - ``listings`` (def: ``None``): names to their first sessions; a day outside the band is free anyhow

      - ``delistings`` (def: ``None``): names to their first date without the share

      - ``gone_after`` (def: ``365``): days without a bar after which a held name counts as gone; ``None``
        for never

      - ``recovery`` (def: ``1.0``): fraction of the last price that a delisted or gone name brings

    and all those of ``bt.brokers.BackBroker``, slippage among them. A scheme set for one name with
    ``addcommissioninfo`` comes before ``fees``, as usual.

    Examples
    --------
    >>> cerebro = bt.Cerebro()
    >>> cerebro.broker = AShareBroker(cash=1_000_000.0, participation=0.05)
    >>> cerebro.broker.get_fees()
    {}
    """

    params = (
        ("fees", None),
        ("lots", True),
        ("t_plus_1", True),
        ("limits", True),
        ("participation", 0.1),
        ("day_orders", True),
        ("listings", None),
        ("delistings", None),
        ("gone_after", 365),
        ("recovery", 1.0),
    )

    def init(self) -> None:
        """Start with the A-share scheme for every name that has no scheme of its own."""
        # Called twice, on creation and at the start: what was set in between stays.
        if None not in self.comminfo:
            self.comminfo[None] = self.p.fees or AShareFees()
        super().init()
        check_parameters(self.p)
        self._rules = FillRules(
            lots=bool(self.p.lots),
            t_plus_1=bool(self.p.t_plus_1),
            limits=bool(self.p.limits),
            participation=self.p.participation,
        )
        self._instruments: dict[Any, Instrument] = {}
        self._book = DayBook()
        self._sessions = OrderSessions()
        self._orphans = Orphans(self.p.delistings or {}, self.p.gone_after)
        self._listings = to_dates(self.p.listings or {}, "listings")
        # Time of the latest bar and its date, once somebody has asked on this bar.
        self._latest: tuple[float, date] | None = None
        # feed -> owner -> size
        self._owners: dict[Any, dict[Any, float]] = {}
        self.closures: list[Closure] = []
        # Feeds whose positions were closed on this bar: a sale that was on its way has nothing to sell.
        self._closed: set[Any] = set()

    def instrument(self, data: Any) -> Instrument:
        """Return a feed as the exchange sees it."""
        found = self._instruments.get(data)
        if found is None:
            table = self.p.limits if isinstance(self.p.limits, LimitTable) else LimitTable()
            found = self._instruments[data] = Instrument(data, table)
        return found

    def lots_of(self, datas: Sequence[Any], matter: np.ndarray) -> Lots | None:
        """Return the sizes that orders may have at the current bars, for a planner; ``None`` without lots.

        Parameters
        ----------
        datas
            N feeds.
        matter
            N booleans: those that may be traded; nobody looks at the lots of the others.
        """
        return lots_of([self.instrument(data) for data in datas], matter) if self.p.lots else None

    def is_delisted(self, name: str, day: date) -> bool:
        """Say whether a name is known to be delisted by a day."""
        return self._orphans.is_delisted(name, day)

    # -- the session ----------------------------------------------------------------------------

    def next(self) -> None:
        """Close what is gone, cancel what its session left over, and process the orders of the bar."""
        self._latest = None
        self._closed.clear()
        for data, kind in self._orphans.find(self.positions, self._now):
            self._close(data, kind)
        super().next()

    def _now(self) -> tuple[float, date]:
        """Return the time of the latest bar, and its date in the feed's own zone."""
        if self._latest is None:
            lines = [data.lines.datetime for data in self.cerebro.datas if len(data)]
            times = [line[0] for line in lines]
            latest = max(times)
            self._latest = latest, lines[times.index(latest)].date(0)
        return self._latest

    def _try_pending(self) -> None:
        if self.pending:
            now, today = self._now()
            self._sessions.begin(now, today, at_open=self.p.coo)
            self._expire(now)
        if self.pending and self.p.day_orders:
            for order, reason in self._sessions.ended(self.pending):
                order.info.setdefault("refusal", reason)
                self.cancel(order)
        super()._try_pending()

    def _expire(self, now: float) -> None:
        """End the orders at the market of which ``valid`` is over; Backtrader looks at it for others only."""
        over = [each for each in self.pending if each.exectype == each.Market and each.valid]
        for order in over:
            if now > order.valid:
                self.pending.remove(order)
                bt.order.OrderBase.expire(order)
                self.notify(order)
                self._ococheck(order)
                self._bracketize(order, cancel=True)

    def _try_exec(self, order: Any) -> None:
        """Try an order on a bar of today that came after it; Backtrader tries limits on older bars too."""
        if order.exectype == order.Market and self.p.coc and order.info.get("coc", True):
            super()._try_exec(order)
            # The close at which it was sent does not come again; what is left waits for an open.
            if order.alive():
                order.info["coc"] = False
        elif order.exectype == order.Historical or self._sessions.is_due(order):
            super()._try_exec(order)

    def _close(self, data: Any, kind: str) -> None:
        """Close the position of a delisted or gone name, without fees, and tell its owners."""
        position, (now, today) = self.positions[data], self._now()
        price = self._price(data) * self.p.recovery
        self._closed.add(data)
        owners = self._owners.pop(data, {None: position.size})
        # Sums of fractions differ in the last bit: rounding is no holding, and the last gets all the rest.
        shares = {owner: size for owner, size in owners.items() if abs(size) > SAME * abs(position.size)}
        for number, (owner, share) in enumerate(shares.items(), 1):
            size = position.size if number == len(shares) else share
            order = _SellOrder(owner=owner, data=data, size=size, exectype=bt.Order.Market)
            order.addinfo(reason=kind)
            self._ocoize(order, None)
            order.submit(self)
            order.accept(self)
            cost, gain = size * position.price, size * (price - position.price)
            left, left_price, *_ = position.update(-size, price, data.num2date(now))
            self.cash += size * price
            order.execute(now, -size, price, -size, cost, 0.0, 0, 0.0, 0.0, None, gain, left, left_price)
            order.addcomminfo(self.getcommissioninfo(data))
            self.notify(order)
            self.closures.append(Closure(today, data._name, size, price, kind, owner))

    # -- fills ------------------------------------------------------------------------------------

    def _execute(
        self,
        order: Any,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: Any = None,
        dtcoc: float | None = None,
    ) -> float | None:
        scheme, data = self.getcommissioninfo(order.data), order.data
        if not isinstance(scheme, AShareFees):
            return super()._execute(order, ago, price, cash, position, dtcoc)
        day = data.lines.datetime.date(ago or 0) if dtcoc is None else data.num2date(dtcoc).date()
        scheme.set_fill(day, sum(abs(bit.size * bit.price) for bit in order.executed.exbits))
        try:
            return super()._execute(order, ago, price, cash, position, dtcoc)
        finally:
            scheme.set_date(day)

    def _size_to_fill(self, order: Any, price: float, ago: int, dtcoc: float | None) -> float | None:
        """Return how much of an order the exchange fills; why not more goes to the order."""
        data, remaining = order.data, abs(order.executed.remsize)
        at_close = dtcoc is not None or order.exectype == order.Close
        # Backtrader fills at the close of the order's bar when the bar after it is there.
        bar = ago - 1 if dtcoc is not None and data.lines.datetime[0] != dtcoc else ago
        size, reason = self._filled(order, price, ago, bar, at_close)
        if reason is not None and size < remaining:
            order.info["refusal"] = reason
            return size
        order.info.pop("refusal", None)
        if self.p.filler is None:
            # What was cut off is less than a lot, or rounding: the order is complete without it.
            order.executed.remsize = math.copysign(size, order.executed.remsize)
        return size

    def _filled(
        self, order: Any, price: float, ago: int, bar: int, at_close: bool
    ) -> tuple[float, Reason | None]:
        data, rules, buys = order.data, self._rules, order.isbuy()
        if not buys and data in self._closed:
            return 0.0, Reason.DELISTED
        share = self.instrument(data)
        is_new = self._listings.get(data._name) == share.first_day(data.lines.datetime.date(0))
        day = data.lines.datetime.date(bar)
        facts = share.facts(bar, is_new=is_new, limits=rules.limits, used=self._book.traded(data, day))
        code = rules.barred(facts, price, buys=buys, at_close=at_close)
        if code:
            return 0.0, Reason(int(code))
        size = abs(order.executed.remsize if self.p.filler is None else self.p.filler(order, price, ago))
        if buys:
            fee = self.getcommissioninfo(data).getcommission
            filled, code = rules.buy(facts, size, price, self.cash, fee)
        else:
            bought = self._book.bought(data, day)
            filled, code = rules.sale(facts, size, self.positions[data].size, bought)
        return plain(filled), Reason(int(code)) if code else None

    def _record(self, order: Any, fill: Any) -> None:
        super()._record(order, fill)
        factor = self.instrument(order.data).factor(0 if fill.dt == order.data.lines.datetime[0] else -1)
        day = order.data.num2date(fill.dt).date()
        self._orphans.seen(order.data)
        sizes = self._owners.setdefault(order.data, {})
        sizes[order.owner] = sizes.get(order.owner, 0.0) + fill.size
        self._book.note(order.data, day, fill.size, raw_shares=abs(fill.size) * factor)

    def _kinds(self, order: Any, fill: Any) -> dict[str, float]:
        scheme = self.getcommissioninfo(order.data)
        if not isinstance(scheme, AShareFees):
            return super()._kinds(order, fill)
        return dict(vars(scheme.fees(fill.size, fill.price)))
