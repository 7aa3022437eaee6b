"""Analyzers that collect what reports need, from any strategy.

Each gives its rows as plain lists (``get_analysis``), which survive ``optstrategy``, and as a frame
(``to_frame``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import backtrader as bt
import pandas as pd

from .planning.reasons import Reason

_TURNED_DOWN = {
    bt.Order.Margin: Reason.CASH.text,
    bt.Order.Rejected: "rejected by the broker",
    bt.Order.Expired: "expired",
    bt.Order.Canceled: "cancelled",
}
_FEE_KINDS = ("commission", "stamp_duty", "transfer_fee")


def rows_to_frame(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> pd.DataFrame:
    """Make a frame of rows whose first column is a date."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.assign(date=pd.to_datetime(frame["date"]))


def name_of(feed: Any, strategy: Any) -> str:
    """Return the name of a feed, or its place among the strategy's where it has none."""
    if feed._name:
        return str(feed._name)
    return f"data{next((place for place, data in enumerate(strategy.datas) if data is feed), 0)}"


class TableAnalyzer(bt.Analyzer):
    """Base of the analyzers below: rows of a table with fixed columns, the first of them a date."""

    columns: tuple[str, ...] = ()

    def create_analysis(self) -> None:
        """Begin with no rows."""
        self.rows: list[tuple[Any, ...]] = []

    def get_analysis(self) -> dict[str, list[Any]]:
        """Return the table as one list a column."""
        return {name: [row[number] for row in self.rows] for number, name in enumerate(self.columns)}

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a frame with a plain index; ``date`` is a time-zone naive timestamp."""
        return rows_to_frame(self.rows, self.columns)


class Values(TableAnalyzer):
    """Cash and value of the whole portfolio at every close, in CNY.

    Columns: ``date, cash, value``.
    """

    columns = ("date", "cash", "value")

    def notify_cashvalue(self, cash: float, value: float) -> None:
        """Note the state at the close."""
        self.rows.append((self.strategy.datetime.date(0), cash, value))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a date; of several bars of one date the last counts."""
        return super().to_frame().drop_duplicates("date", keep="last", ignore_index=True)


class Trades(TableAnalyzer):
    """Every fill.

    Columns: ``date, symbol, size`` (shares, negative for a sale), ``price`` (CNY a share), ``value``
    (CNY, always positive), ``commission, stamp_duty, transfer_fee`` (CNY by kind; where the broker does
    not tell them apart everything is commission), ``fees`` (their sum) and ``reason`` (``enter``,
    ``add``, ``trim`` or ``exit`` for orders of ``TopK``, else empty).
    """

    columns = ("date", "symbol", "size", "price", "value", *_FEE_KINDS, "fees", "reason")

    def notify_order(self, order: Any) -> None:
        """Note the fills that this message is about."""
        for fill in order.executed.iterpending():
            if fill is None or not fill.size:
                continue
            kinds = getattr(fill, "fees", {"commission": fill.comm})
            fees = [kinds.get(kind, 0.0) for kind in _FEE_KINDS]
            day = order.data.num2date(fill.dt).date()
            value = abs(fill.size * fill.price)
            reason = order.info.get("reason", "")
            row = (
                day,
                name_of(order.data, self.strategy),
                fill.size,
                fill.price,
                value,
                *fees,
                fill.comm,
                reason,
            )
            self.rows.append(row)


class Holdings(TableAnalyzer):
    """What is held at every close; of several bars of one date the last counts.

    Columns: ``date, symbol, size`` (shares), ``price`` (the last close, CNY), ``value`` (CNY) and
    ``weight`` (fraction of the portfolio's value, NaN where that is 0). Sorted by symbol within a date.
    """

    columns = ("date", "symbol", "size", "price", "value", "weight")

    def create_analysis(self) -> None:
        """Begin with no rows and no date."""
        super().create_analysis()
        self._day, self._first = None, 0

    def next(self) -> None:
        """Note the open positions."""
        broker, day = self.strategy.broker, self.strategy.datetime.date(0)
        if day == self._day:
            del self.rows[self._first :]
        self._day, self._first = day, len(self.rows)
        total = broker.getvalue() or math.nan
        held = ((name_of(data, self.strategy), pos.size, data.close[0]) for data, pos in self._open(broker))
        for name, size, price in sorted(held):
            self.rows.append((day, name, size, price, size * price, size * price / total))

    def _open(self, broker: Any) -> Iterator[tuple[Any, Any]]:
        positions = getattr(broker, "positions", None)
        if positions is None:  # brokers of live accounts answer for one feed at a time
            positions = {data: broker.getposition(data) for data in self.strategy.datas if len(data)}
        return ((data, position) for data, position in positions.items() if position.size)


class Refusals(TableAnalyzer):
    """Names wanted and not bought, or unwanted and not sold, with the reason.

    Columns: ``date, symbol, side`` (``buy`` or ``sell``), ``reason``. The list that a strategy keeps in
    ``refusals``, as ``TopK`` does; for any other strategy the orders that the broker turned down: for lack
    of cash, rejected, expired, or cancelled by the rules of ``AShareBroker``.
    """

    columns = ("date", "symbol", "side", "reason")

    def notify_order(self, order: Any) -> None:
        """Note an order that ended without being filled in full, once."""
        if hasattr(self.strategy, "refusals") or order.status not in _TURNED_DOWN:
            return
        reason = order.info.get("refusal")
        if reason is None and order.status == order.Canceled:  # the strategy's own doing
            return
        text = _TURNED_DOWN[order.status] if reason is None else Reason(reason).text
        side = "buy" if order.isbuy() else "sell"
        self.rows.append((self.strategy.datetime.date(0), name_of(order.data, self.strategy), side, text))

    def stop(self) -> None:
        """Take over the strategy's list."""
        if hasattr(self.strategy, "refusals"):
            self.rows = list(self.strategy.refusals)


class FeeTotals(bt.Analyzer):
    """Fees charged over the whole run, CNY by kind; needs ``PortfolioBroker`` or ``AShareBroker``."""

    def stop(self) -> None:
        """Ask the broker."""
        get_fees = getattr(self.strategy.broker, "get_fees", None)
        if get_fees is not None:
            self.rets.update(get_fees())
