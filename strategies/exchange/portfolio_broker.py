"""A broker for portfolios of few names out of many, in any market."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from typing import Any

import backtrader as bt

from ..planning.reasons import Reason
from .positions import Positions
from .valuing_broker import ValuingBroker


class PortfolioBroker(ValuingBroker):
    """Backtrader's own broker, made for portfolios of few names out of many; takes all its parameters.

    Orders, fills and values are Backtrader's to the last bit, except where Backtrader's trip up a
    portfolio:

    - A buy for which the cash does not suffice at the opening price fills as far as the cash goes instead
      of not at all; the rest stays open, with the reason in ``order.info["refusal"]``.
    - A buy that the cash cannot pay for when it is submitted is refused by itself; orders behind it,
      sales above all, go their way.
    - A held name whose close is NaN counts at its last price, and nothing is filled at a price of NaN.
    - A position sold out costs nothing from then on, where Backtrader looks at every name ever held on
      each bar.

    Examples
    --------
    >>> cerebro = bt.Cerebro()
    >>> cerebro.broker = PortfolioBroker(cash=1_000_000.0)
    >>> cerebro.broker.setcommission(commission=0.001)
    """

    _froze = False

    def init(self) -> None:
        """Start without fees and positions."""
        super().init()
        self.positions = Positions()
        self._fees: dict[str, float] = {}

    def start(self) -> None:
        """Begin a run."""
        super().start()
        # Orders are many small objects, at each ten thousandth of which the garbage collector would walk
        # over everything in the process: for the time of the run it leaves alone what was there before.
        # Somebody else's freeze is left as it is; one of a run that failed is taken over.
        if PortfolioBroker._froze or gc.get_freeze_count() == 0:
            gc.freeze()
            PortfolioBroker._froze = True

    def stop(self) -> None:
        """End a run."""
        super().stop()
        if PortfolioBroker._froze:
            gc.unfreeze()
            PortfolioBroker._froze = False

    def get_fees(self) -> dict[str, float]:
        """Return the fees charged so far, CNY by kind."""
        return dict(self._fees)

    def next(self) -> None:
        """Process the orders of the bar and value what is held."""
        while self._toactivate:
            self._toactivate.popleft().activate()
        if self.p.checksubmit:
            self.check_submitted()
        self._charge_interest()
        self._process_order_history()
        self._try_pending()
        self._settle_futures()
        self.positions.tidy()
        self._get_value()

    def notify(self, order: Any) -> None:
        """Queue a copy of an order for its owner: what ``order.clone()`` makes, several times faster."""
        order.executed.markpending()
        copy = _shallow(order)
        copy.executed = _shallow(order.executed)
        self.notifs.append(copy)

    # -- the steps of a bar -------------------------------------------------------------------

    def check_submitted(self) -> None:
        """Accept what the cash can pay for at the price it was ordered at; refuse the rest one by one."""
        cash, sizes = self.cash, {}
        while self.submitted:
            order = self.submitted.popleft()
            if self._take_children(order) is None:
                continue
            left = self._cash_after(order, cash, sizes)
            if left >= 0.0:
                cash = left
                self.submit_accept(order)
                continue
            order.info["refusal"] = Reason.CASH
            order.margin()
            self.notify(order)
            self._ococheck(order)
            self._bracketize(order, cancel=True)

    def _cash_after(self, order: Any, cash: float, positions: dict[Any, bt.Position]) -> float:
        """Return the cash after an order at its price; note its effect on a copy of the position."""
        if math.isnan(order.created.price):
            order.created.price = order.created.pclose = self._last_prices.get(order.data, 0.0)
        price = order.created.price
        position = positions.get(order.data)
        if position is None:
            position = positions[order.data] = self.positions[order.data].clone()
        scheme, size = self.getcommissioninfo(order.data), order.executed.remsize
        if not _is_plain(order, scheme, position.size):
            return self._execute(order, cash=cash, position=position) or 0.0
        if self.p.coo and order.exectype == order.Market:
            price = order.data.open[0]
        left = _left(cash, scheme, size, price)
        if left >= 0.0:
            position.size += size
        return left

    def _charge_interest(self) -> None:
        """Charge for positions held; a scheme without a rate and a rule of its own charges nothing."""
        charged = 0.0
        for data, position in self.positions.items():
            scheme = self.getcommissioninfo(data)
            if position.size and (scheme._creditrate or _has_own_interest(type(scheme))):
                now = data.datetime.datetime()
                charge = scheme.get_credit_interest(data, position, now)
                self.d_credit[data] += charge
                charged += charge
                position.datetime = now
        self.cash -= charged

    def _try_pending(self) -> None:
        """Try every pending order once, in the order of submission."""
        pending = self.pending
        # Orders of a group may take each other out of the queue meanwhile: its end is marked, not counted.
        pending.append(None)
        while (order := pending.popleft()) is not None:
            if order.expire():
                self.notify(order)
                self._ococheck(order)
                self._bracketize(order, cancel=True)
            elif not order.active():
                pending.append(order)
            else:
                self._try_exec(order)
                if order.alive():
                    pending.append(order)
                elif order.status == order.Completed:
                    self._bracketize(order)

    def _settle_futures(self) -> None:
        for data, position in self.positions.items():
            scheme = self.getcommissioninfo(data)
            if position.size and not scheme.stocklike:
                close = self._price(data)
                self.cash += scheme.cashadjust(position.size, position.adjbase, close)
                position.adjbase = close  # type: ignore[assignment]

    def _try_exec(self, order: Any) -> None:
        """Try an order on the current bar; one at the market needs no more of it than the open."""
        if order.exectype != order.Market or self.p.slip_perc or self.p.slip_fixed:
            super()._try_exec(order)
            return
        opened = getattr(order.data, "tick_open", None)
        self._try_exec_market(order, order.data.open[0] if opened is None else opened, None, None)

    # -- fills ----------------------------------------------------------------------------------

    def _execute(
        self,
        order: Any,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: Any = None,
        dtcoc: float | None = None,
    ) -> float | None:
        if ago is None:
            return super()._execute(order, ago, price, cash, position, dtcoc)
        if price is None or math.isnan(price):
            order.info["refusal"] = Reason.NO_PRICE
            return None
        filler, filled = self.p.filler, len(order.executed)
        size = self._size_to_fill(order, price, ago, dtcoc)
        if size is not None:
            self.p.filler = lambda *_: size
        try:
            super()._execute(order, ago, price, cash, position, dtcoc)
        finally:
            if size is not None:
                self.p.filler = filler
        for fill in islice(order.executed.exbits, filled, None):
            self._record(order, fill)
        return None

    def _size_to_fill(self, order: Any, price: float, ago: int, dtcoc: float | None) -> float | None:
        """Return how much of an order to fill, without sign; None where nothing stands against all of it."""
        del dtcoc
        scheme = self.getcommissioninfo(order.data)
        held = self.positions.get(order.data)
        if not (order.isbuy() and _is_plain(order, scheme, held.size if held else 0)):
            return None
        if _left(self.cash, scheme, order.executed.remsize, price) >= 0.0:
            order.info.pop("refusal", None)
            return None
        size = order.executed.remsize if self.p.filler is None else self.p.filler(order, price, ago)
        # Only one who deals in fractions of a unit gets fractions.
        fraction = order.executed.remsize % 1.0 != 0.0
        paid = self._affordable(scheme, size, price, float if fraction else math.floor)
        order.info["refusal"] = Reason.PARTIAL if paid or order.executed.size else Reason.CASH
        return paid

    def _affordable(
        self, scheme: Any, size: float, price: float, whole: Callable[[float], float], step: float = 1.0
    ) -> float:
        """Return the largest size, up to ``size``, that the cash pays for with its fee.

        ``whole`` cuts a size down to what may be ordered, ``step`` is the distance of two such sizes.
        """
        if _left(self.cash, scheme, size, price) >= 0.0:
            return size
        for _ in range(3):
            # The fee depends on the size and the size on the fee; three rounds settle both.
            size = whole(max((self.cash - scheme.getcommission(size, price)) / price, 0.0))
        while size > 0 and _left(self.cash, scheme, size, price) < 0.0:
            size = whole(max(size - step, 0.0))
        return size

    def _record(self, order: Any, fill: Any) -> None:
        """Add the fees of a fill to the totals, and note them on the fill for the analyzers."""
        fill.fees = self._kinds(order, fill)
        for kind, amount in fill.fees.items():
            self._fees[kind] = self._fees.get(kind, 0.0) + amount

    def _kinds(self, order: Any, fill: Any) -> dict[str, float]:
        return {"commission": fill.comm}


@lru_cache(maxsize=64)
def _has_own_interest(scheme: type) -> bool:
    base = bt.CommInfoBase
    rule = getattr(scheme, "_get_credit_interest", None), getattr(scheme, "get_credit_interest", None)
    return rule != (base._get_credit_interest, base.get_credit_interest)


def _is_plain(order: Any, scheme: Any, held: float) -> bool:
    """Say whether an order buys stock for cash or sells stock that is held, without leverage."""
    if not scheme.stocklike or scheme.get_leverage() != 1.0 or order.data._compensate is not None:
        return False
    return held >= 0 and held + order.executed.remsize >= 0


def _shallow(thing: Any) -> Any:
    # copy.copy looks for hooks on the class first, and Backtrader's orders make that search slow.
    # A copy of the dictionary as a whole shares its keys with it, which is most of its memory.
    copy = object.__new__(type(thing))
    copy.__dict__ = thing.__dict__.copy()
    return copy


def _left(cash: float, scheme: Any, size: float, price: float) -> float:
    # The order of the two subtractions is Backtrader's, so that both round to the same cent.
    return cash - scheme.getvaluesize(size, price) - scheme.getcommission(size, price)
