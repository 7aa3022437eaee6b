"""A broker for portfolios of few names out of many, in any market."""

from __future__ import annotations

import gc
import math
from itertools import islice
from typing import Any

import backtrader as bt
import numpy as np

from ..planning.reasons import Reason
from .affordable import affordable
from .lots import plain
from .positions import Positions
from .schemes import cash_left, has_own_interest, has_upkeep, is_plain
from .valuing_broker import ValuingBroker

# Schemes to look through on each bar; with more of them the positions are looked through.
_FEW = 8


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
        # Of stock without interest nothing is charged and nothing settled from bar to bar.
        plain = len(self.comminfo) <= _FEW and not any(map(has_upkeep, self.comminfo.values()))
        if not plain:
            self._charge_interest()
        if self._userhist:
            self._process_order_history()
        self._try_pending()
        if not plain:
            self._settle_futures()
        self.positions.tidy()
        self._get_value()

    def submit(self, order: Any, check: bool = True) -> Any:
        """Take an order; what is asked of it again and again it answers itself from now on.

        A Backtrader order looks for each of its parameters in vain before it asks the object that has them.
        """
        p = order.p
        order.owner, order.data, order.parent, order.tradeid = p.owner, p.data, p.parent, p.tradeid
        return super().submit(order, check)

    def notify(self, order: Any) -> None:
        """Queue a copy of an order for its owner: what ``order.clone()`` makes, several times faster."""
        executed = order.executed
        executed.markpending()
        # A copy of a dictionary as a whole shares its keys with it, which is most of its memory.
        copy, copied = object.__new__(type(order)), object.__new__(type(executed))
        copy.__dict__, copied.__dict__ = order.__dict__.copy(), executed.__dict__.copy()
        copy.executed = copied
        self.notifs.append(copy)

    # -- the steps of a bar -------------------------------------------------------------------

    def check_submitted(self) -> None:
        """Accept what the cash can pay for at the price it was ordered at; refuse the rest one by one."""
        cash, sizes = self.cash, {}
        while self.submitted:
            order = self.submitted.popleft()
            if self._take_children(order) is None:
                continue
            rest = self._cash_after(order, cash, sizes)
            if rest >= 0.0:
                cash = rest
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
        if not is_plain(order, scheme, position.size):
            return self._execute(order, cash=cash, position=position) or 0.0
        if self.p.coo and order.exectype == order.Market:
            price = order.data.open[0]
        rest = cash_left(cash, scheme, size, price)
        if rest >= 0.0:
            position.size += size
        return rest

    def _charge_interest(self) -> None:
        """Charge for positions held; a scheme without a rate and a rule of its own charges nothing."""
        charged = 0.0
        for data, position in self.positions.items():
            scheme = self.getcommissioninfo(data)
            if position.size and (scheme._creditrate or has_own_interest(type(scheme))):
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
        if size is None and filler is None:
            size = abs(order.executed.remsize)
        if size is None or not self._fill_stock(order, ago, price, size, dtcoc):
            self.p.filler = filler if size is None else lambda *_: size
            try:
                super()._execute(order, ago, price, cash, position, dtcoc)
            finally:
                self.p.filler = filler
        for fill in islice(order.executed.exbits, filled, None):
            self._record(order, fill)
        return None

    def _fill_stock(self, order: Any, ago: int, price: float, size: float, dtcoc: float | None) -> bool:
        """Fill stock that is bought for cash, or held and sold: bit for bit what ``BackBroker`` makes of it.

        Returns false, with nothing done, for any other order, and for a buy that lacks cash.
        """
        data, scheme = order.data, self.getcommissioninfo(order.data)
        position = self.positions[data]
        size = size if order.isbuy() else -size
        if not size or not is_plain(order, scheme, position.size) or position.size + size < 0:
            return False
        fee, worth, gain = scheme.getcommission(size, price), scheme.getvaluesize(size, price), 0.0
        if size > 0:
            cash = self.cash - worth - fee
            if cash < 0.0:
                return False
            position.adjbase = price  # type: ignore[assignment]
            parts = (0, 0.0, 0.0, size, worth, fee)
        else:
            worth = scheme.getvaluesize(-size, position.price)
            gain = scheme.profitandloss(-size, position.price, price)
            cash = self.cash + (worth + gain) - fee
            parts = (size, worth, fee + self._interest_paid(data), 0, 0.0, 0.0)
        self.cash = cash
        scheme.confirmexec(size, price)
        rest, mean, *_ = position.update(size, price, data.datetime.datetime())
        time = dtcoc or data.datetime[ago]
        order.execute(time, size, price, *parts, scheme.margin, gain, rest, mean)
        order.addcomminfo(scheme)
        self.notify(order)
        self._ococheck(order)
        return True

    def _interest_paid(self, data: Any) -> float:
        return self.d_credit.pop(data, 0.0) if self.p.int2pnl else 0.0

    def _size_to_fill(self, order: Any, price: float, ago: int, dtcoc: float | None) -> float | None:
        """Return how much of an order to fill, without sign; None where nothing stands against all of it."""
        del dtcoc
        scheme = self.getcommissioninfo(order.data)
        held = self.positions.get(order.data)
        if not (order.isbuy() and is_plain(order, scheme, held.size if held else 0)):
            return None
        if cash_left(self.cash, scheme, order.executed.remsize, price) >= 0.0:
            order.info.pop("refusal", None)
            return None
        size = order.executed.remsize if self.p.filler is None else self.p.filler(order, price, ago)
        # Only one who deals in fractions of a unit gets fractions.
        fraction = order.executed.remsize % 1.0 != 0.0
        paid = affordable(
            self.cash, size, price, fee=scheme.getcommission, whole=np.asarray if fraction else np.floor
        )
        order.info["refusal"] = Reason.PARTIAL if paid or order.executed.size else Reason.CASH
        return plain(paid)

    def _record(self, order: Any, fill: Any) -> None:
        """Add the fees of a fill to the totals, and note them on the fill for the analyzers."""
        fill.fees = self._kinds(order, fill)
        for kind, amount in fill.fees.items():
            self._fees[kind] = self._fees.get(kind, 0.0) + amount

    def _kinds(self, order: Any, fill: Any) -> dict[str, float]:
        return {"commission": fill.comm}
