"""How long an order lives that has no ``valid``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from ..planning.reasons import Reason


class OrderSessions:
    """Keeps, for each pending order, the session in which it is tried.

    A session is a date on which any feed delivers a bar. An order at the market or at the close lives for
    one; any other order lives on, but not over a session in which its share was not traded.
    """

    def __init__(self) -> None:
        self._session: dict[int, date] = {}

    def ended(self, pending: Iterable[Any], today: date) -> list[tuple[Any, Reason]]:
        """Return the orders whose session is over by ``today``, each with why it was not filled.

        Bars of today are there already. Asked with the pending orders on every bar on which there are any.
        """
        orders = [order for order in pending if order.active() and order.valid is None]
        self._session = {order.ref: self._session.get(order.ref, today) for order in orders}
        over = []
        for order in orders:
            session = self._session[order.ref]
            if session == today:
                continue
            if not _had_bar(order.data, session):
                over.append((order, Reason.SUSPENDED))
            elif order.exectype in (order.Market, order.Close):
                over.append((order, Reason.UNFILLED))
            else:
                self._session[order.ref] = today
        return over


def _had_bar(data: Any, session: date) -> bool:
    """Say whether a feed delivered a bar on a date; asked for the last few dates only."""
    times = data.lines.datetime
    for ago in range(min(len(data), 2)):
        day = times.date(-ago)
        if day <= session:
            return day == session
    return False
