"""Brokers for portfolios: a lean one for any market, and one with the fees of A-shares."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import backtrader as bt

from .fees import AShareFees


class PortfolioBroker(bt.brokers.BackBroker):
    """Backtrader's own broker, made for portfolios of few names out of many.

    It differs from ``BackBroker`` in two points and accepts all its parameters. A position sold out
    is dropped, where Backtrader looks at every name ever held on each bar. And a buy for which the
    cash does not suffice at the opening price fills as far as the cash goes instead of not at all;
    the rest stays open.

    Examples
    --------
    >>> cerebro = bt.Cerebro()
    >>> cerebro.broker = PortfolioBroker(cash=1_000_000.0)
    >>> cerebro.broker.setcommission(commission=0.001)
    """

    def init(self) -> None:
        """Start without fees."""
        super().init()
        self._fees: dict[str, float] = {}

    def next(self) -> None:
        """Process the orders of the bar, then forget what is held no more."""
        super().next()
        for data in [data for data, position in self.positions.items() if not position.size]:
            del self.positions[data]

    def notify(self, order: Any) -> None:
        """Queue a copy of an order for its owner: what ``order.clone()`` makes, several times faster."""
        order.executed.markpending()
        copy = _shallow(order)
        copy.executed = _shallow(order.executed)
        self.notifs.append(copy)

    def get_fees(self) -> dict[str, float]:
        """Return the fees charged so far, CNY by kind."""
        return dict(self._fees)

    def _execute(
        self,
        order: Any,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: Any = None,
        dtcoc: float | None = None,
    ) -> float | None:
        if ago is None or price is None:
            return super()._execute(order, ago, price, cash, position, dtcoc)
        filler, filled = self.p.filler, len(order.executed)
        if self._pays_in_full(order):
            self.p.filler = _cash_filler(self, filler)
        try:
            super()._execute(order, ago, price, cash, position, dtcoc)
        finally:
            self.p.filler = filler
        for fill in islice(order.executed.exbits, filled, None):
            self._record(order, fill)
        return None

    def _pays_in_full(self, order: Any) -> bool:
        """Say whether an order buys stock for cash, without leverage and not to cover a short position."""
        scheme = self.getcommissioninfo(order.data)
        if not order.isbuy() or not scheme.stocklike or scheme.get_leverage() != 1.0:
            return False
        held = self.positions.get(order.data)
        return held is None or held.size >= 0

    def _record(self, order: Any, fill: Any) -> None:
        """Add the fees of a fill to the totals, and note them on the fill for the analyzers."""
        fill.fees = self._kinds(order, fill)
        for kind, amount in fill.fees.items():
            self._fees[kind] = self._fees.get(kind, 0.0) + amount

    def _kinds(self, order: Any, fill: Any) -> dict[str, float]:
        return {"commission": fill.comm}


class AShareBroker(PortfolioBroker):
    """Backtrader broker that charges the fees of the Shanghai and Shenzhen exchanges by date.

    Today it knows fees: commission with a minimum per order, stamp duty on sales and transfer fee,
    each at the rate of the day of the fill, with totals by kind. It does not know settlement (T+1),
    price limits, lots or volume caps: the lot is a parameter of ``TopK``.

    Params:

      - ``fees`` (def: ``None``): an ``AShareFees``, for rates other than the default ones

    and all those of ``bt.brokers.BackBroker``. A scheme set for one name with ``addcommissioninfo``
    comes before it, as usual.

    Examples
    --------
    >>> cerebro = bt.Cerebro()
    >>> cerebro.broker = AShareBroker(cash=1_000_000.0)
    >>> cerebro.broker.get_fees()
    {}
    """

    params = (("fees", None),)

    def init(self) -> None:
        """Start with the A-share scheme for every name that has no scheme of its own."""
        # Called twice, on creation and at the start: what was set in between stays.
        if None not in self.comminfo:
            self.comminfo[None] = self.p.fees or AShareFees()
        super().init()

    def _execute(
        self,
        order: Any,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: Any = None,
        dtcoc: float | None = None,
    ) -> float | None:
        scheme = self.getcommissioninfo(order.data)
        if isinstance(scheme, AShareFees):
            scheme.set_date(order.data.datetime.date(0))
        return super()._execute(order, ago, price, cash, position, dtcoc)

    def _kinds(self, order: Any, fill: Any) -> dict[str, float]:
        scheme = self.getcommissioninfo(order.data)
        if not isinstance(scheme, AShareFees):
            return super()._kinds(order, fill)
        return dict(vars(scheme.fees(fill.size, fill.price)))


def _shallow(thing: Any) -> Any:
    # copy.copy looks for hooks on the class first, and Backtrader's orders make that search slow.
    copy = object.__new__(type(thing))
    copy.__dict__.update(thing.__dict__)
    return copy


def _cash_filler(broker: PortfolioBroker, inner: Callable[..., float] | None) -> Callable[..., float]:
    """Return a volume filler that fills a buy as far as the cash goes."""

    def fill(order: Any, price: float, ago: int) -> float:
        size = order.executed.remsize if inner is None else inner(order, price, ago)
        scheme = broker.getcommissioninfo(order.data)
        if _left(broker.cash, scheme, size, price) >= 0.0:
            return size
        for _ in range(3):
            # The fee depends on the size and the size on the fee; three rounds settle both.
            size = max(int((broker.cash - scheme.getcommission(size, price)) / price), 0)
        while size > 0 and _left(broker.cash, scheme, size, price) < 0.0:
            size -= 1
        return size

    return fill


def _left(cash: float, scheme: Any, size: float, price: float) -> float:
    # The order of the two subtractions is Backtrader's, so that both round to the same cent.
    return cash - scheme.getvaluesize(size, price) - scheme.getcommission(size, price)
