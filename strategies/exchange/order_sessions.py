"""When an order is tried, and how long it lives that has no ``valid``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..planning.reasons import Reason


@dataclass
class _Session:
    """A session of an order: whether its share has a bar of it, and one that came after the order."""

    day: date
    traded: bool = False
    tried: bool = False


class OrderSessions:
    """Keeps, for each pending order, the session in which it is tried.

    A session is a date on which any feed delivers a bar. An order at the market or at the close lives for
    one; any other order lives on, but not over a session in which its share was not traded.
    """

    def __init__(self) -> None:
        self._sessions: dict[int, _Session] = {}

    def begin(self, now: float, today: date, *, at_open: bool) -> None:
        """Begin a step: its time, its date, and whether orders are for the open of the bar that is there."""
        self._now, self._today, self._at_open = now, today, at_open

    def is_due(self, order: Any) -> bool:
        """Say whether there is a bar of today that came after an order."""
        return self._is_new(order) and self._has_bar(order)

    def ended(self, pending: Iterable[Any]) -> list[tuple[Any, Reason]]:
        """Return the orders whose session is over, each with why it was not filled.

        Bars of today are there already. Asked with the pending orders on every step on which there are any.
        """
        orders = [order for order in pending if order.active() and order.valid is None]
        before, self._sessions = self._sessions, {}
        over = []
        for order in orders:
            session = before.get(order.ref)
            if session is None or session.day == self._today:
                session = session or _Session(self._today)
            elif not session.traded:
                over.append((order, Reason.SUSPENDED))
            elif session.tried and order.exectype in (order.Market, order.Close):
                over.append((order, Reason.UNFILLED))
            else:
                session = _Session(self._today)
            session.traded = session.traded or self._has_bar(order)
            session.tried = session.tried or (session.traded and self._is_new(order))
            self._sessions[order.ref] = session
        return over

    def _has_bar(self, order: Any) -> bool:
        times = order.data.lines.datetime
        return len(order.data) > 0 and (times[0] == self._now or times.date(0) == self._today)

    def _is_new(self, order: Any) -> bool:
        return self._at_open or order.data.lines.datetime[0] > order.created.dt
