"""What a broker's positions are worth, although a price may be missing."""

from __future__ import annotations

from typing import Any

import backtrader as bt


class ValuingBroker(bt.brokers.BackBroker):
    """Backtrader's broker, with the same values to the last bit, but for a held name whose close is NaN.

    That counts at its last price, where Backtrader's makes the value of the whole portfolio NaN.
    """

    def init(self) -> None:
        """Start without prices."""
        super().init()
        self._last_prices: dict[Any, float] = {}

    def _price(self, data: Any) -> float:
        """Return the close of a feed, the last one before it where it is NaN."""
        close = data.close[0]
        if close == close:
            self._last_prices[data] = close
            return close
        return self._last_prices.get(data, self.positions[data].price)

    def _get_value(self, datas: Any = None, lever: bool = False) -> float:
        """Value what is held, adding up in Backtrader's own order; see ``BackBroker.get_value``."""
        while self._cash_addition:
            added = self._cash_addition.popleft()
            self._fundshares += added / self._fundval
            self.cash += added
        if datas and len(datas) == 1:
            return self._value_of_one(datas[0], lever)
        value = plain = gains = 0.0
        for data in datas or self.positions:
            worth, gain, leverage = self._worth(data)
            worth = worth if self.p.shortcash else abs(worth)
            value += worth
            gains += gain
            if worth > 0:
                plain += (worth - gain) / leverage
                plain += gain
            else:
                plain += worth
        self._note_value(value, plain, gains)
        return self._valuelever if lever else self._value

    def _worth(self, data: Any) -> tuple[float, float, float]:
        """Return the value of a position, the gain in it and its leverage."""
        scheme, position, price = self.getcommissioninfo(data), self.positions[data], self._price(data)
        if self.p.shortcash:
            worth = scheme.getvaluesize(position.size, price)
        else:
            worth = scheme.getvalue(position, price)
        return worth, scheme.profitandloss(position.size, position.price, price), scheme.get_leverage()

    def _value_of_one(self, data: Any, lever: bool) -> float:
        worth, gain, leverage = self._worth(data)
        return (worth - gain) / leverage + gain if lever and worth > 0 else worth

    def _note_value(self, value: float, plain: float, gains: float) -> None:
        """Keep the value of the portfolio, with leverage and without, for those who ask."""
        if self._fundhist:
            self._fundval, self._value = self._process_fund_history()
            self.cash = self._value - plain
            self._fundshares = self._value / self._fundval
            plain, value = self._value, self._value * (value / (plain or 1.0))
        else:
            self._value = self.cash + plain
            self._fundval = self._value / self._fundshares
        self._valuemkt, self._valuelever, self._valuemktlever = plain, self.cash + value, value
        self._leverage = value / (plain or 1.0)
        self._unrealized = gains
