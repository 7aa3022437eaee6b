"""What trading A-shares costs, by date: commission, stamp duty and transfer fee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import backtrader as bt
import numpy as np

from ...feeds.rate_table import RateTable, check_table, rate_on


def _check_rate(name: str, rate: float) -> None:
    if not 0.0 <= rate < 1.0:
        raise ValueError(f"{name} must be a fraction in [0, 1), got {rate!r}; 0.03 % is 0.0003")


@dataclass(frozen=True)
class Fees:
    """What one or more fills cost, in CNY by kind; scalars or arrays."""

    commission: Any
    stamp_duty: Any
    transfer_fee: Any

    @property
    def total(self) -> Any:
        """All kinds together, CNY."""
        return self.commission + self.stamp_duty + self.transfer_fee


@dataclass(frozen=True, kw_only=True)
class FeeSchedule:
    """Fees of the Shanghai and Shenzhen exchanges as a pure function of value, side and date.

    Parameters
    ----------
    commission
        The broker's rate on both sides, as a fraction of the value traded.
    minimum
        Smallest commission of one order, CNY.
    stamp_duty
        Rates on sales, by first day: 0.1 % until 2023-08-27, then 0.05 %.
    transfer_fee
        Rates on both sides, by first day: 0.002 % until 2022-04-28, then 0.001 %.

    Raises
    ------
    ValueError
        If a rate is not a fraction in [0, 1), the minimum is negative, or a table is empty, not
        made of (date, rate) pairs or not ascending by date.

    Notes
    -----
    Sources: announcements of the Ministry of Finance and the State Taxation Administration
    (2023 no. 39, stamp duty halved from 2023-08-28) and of China Securities Depository and Clearing
    (2022, transfer fee halved from 2022-04-29). Before a table's first day its first rate is used.

    Examples
    --------
    >>> fees = FeeSchedule().of(-10_000.0, date(2016, 1, 4))
    >>> fees.commission, fees.stamp_duty, round(fees.transfer_fee, 2), round(fees.total, 2)
    (5.0, 10.0, 0.2, 15.2)
    """

    commission: float = 0.0003
    minimum: float = 5.0
    stamp_duty: RateTable = ((date(2008, 9, 19), 0.001), (date(2023, 8, 28), 0.0005))
    transfer_fee: RateTable = ((date(2015, 8, 1), 0.00002), (date(2022, 4, 29), 0.00001))

    def __post_init__(self) -> None:
        _check_rate("commission", self.commission)
        if not self.minimum >= 0.0:
            raise ValueError(f"minimum must be >= 0 CNY, got {self.minimum!r}")
        for name in ("stamp_duty", "transfer_fee"):
            table = getattr(self, name)
            check_table(name, table)
            for day, rate in table:
                _check_rate(f"{name} from {day}", rate)

    def of(self, value: Any, day: date, *, filled: Any = 0.0) -> Fees:
        """Return the fees of fills on a day.

        The minimum commission holds for an order, not for each of its fills: a fill pays what the
        order costs so far less what was charged before. So the fills of an order, one after the
        other, pay together what they would pay at once.

        Parameters
        ----------
        value
            Value traded, CNY, a number or an array: positive for a purchase, negative for a sale;
            0 costs nothing. NaN gives NaN.
        day
            The day of the fill.
        filled
            Value of the same order that was filled before, CNY, without sign; a number or an array
            of the shape of ``value``. 0 means that these are first fills.

        Returns
        -------
        Fees
            By kind, of the shape of ``value``.

        Raises
        ------
        ValueError
            If ``filled`` is negative or NaN.

        Examples
        --------
        An order over 30,000 CNY costs 9 CNY, the first third of it the minimum:

        >>> schedule, day = FeeSchedule(), date(2016, 1, 4)
        >>> first = schedule.of(10_000.0, day)
        >>> rest = schedule.of(20_000.0, day, filled=10_000.0)
        >>> round(first.commission, 2), round(rest.commission, 2)
        (5.0, 4.0)
        """
        known = filled >= 0.0
        if not (known if isinstance(known, bool) else np.all(known)):  # np.all is slow on one number
            raise ValueError(f"filled must be >= 0 CNY, for purchases and sales alike, got {filled!r}")
        size = abs(value)
        commission = self._commission(filled + size) - self._commission(filled)
        stamp = size * rate_on(self.stamp_duty, day) * (value < 0)
        return Fees(commission, stamp, size * rate_on(self.transfer_fee, day))

    def _commission(self, size: Any) -> Any:
        """Return the commission of whole orders, CNY, by their values without sign."""
        charged = np.maximum if isinstance(size, np.ndarray) else max
        return charged(size * self.commission, self.minimum * (size > 0))


class AShareFees(bt.CommInfoBase):
    """Backtrader commission scheme of A-shares: commission with a minimum, stamp duty, transfer fee.

    Backtrader asks a scheme for a price and a size, never for a day or for what was filled of the
    order before. ``AShareBroker`` tells it both for every fill; under another broker the scheme
    charges the rates of ``date``, or the latest ones, and the minimum for every fill.

    Params:

      - ``schedule`` (def: ``FeeSchedule()``): the rates

      - ``date`` (def: ``None``): day whose rates are charged until a broker says otherwise;
        ``None`` means the latest

    Examples
    --------
    >>> AShareFees().getcommission(size=-1000, price=10.0)  # 5 + 0.05 % + 0.001 %
    10.1
    """

    params = (
        ("schedule", FeeSchedule()),
        ("date", None),
        ("stocklike", True),
        ("commtype", bt.CommInfoBase.COMM_PERC),
        ("percabs", True),
    )

    def __init__(self) -> None:
        super().__init__()
        if not isinstance(self.p.schedule, FeeSchedule):
            raise TypeError(f"schedule must be a FeeSchedule, got {type(self.p.schedule).__name__}")
        self._day: date = self.p.date or date.max
        self._filled = 0.0

    def set_date(self, day: date) -> None:
        """Charge the rates of this day from now on, for orders of which nothing was filled before."""
        self.set_fill(day)

    def set_fill(self, day: date, filled: float = 0.0) -> None:
        """Charge from now on the rates of a day, and an order of which a part was filled before.

        Parameters
        ----------
        day
            The day of the fill.
        filled
            Value of the same order that was filled before, CNY, without sign.

        Raises
        ------
        ValueError
            By the next question for fees, if ``filled`` is negative or NaN.

        Examples
        --------
        >>> scheme = AShareFees()
        >>> scheme.set_fill(date(2016, 1, 4), filled=10_000.0)
        >>> round(scheme.getcommission(size=2_000, price=10.0), 2)  # 9 - 5 + 0.002 %
        4.4
        """
        self._day, self._filled = day, filled

    def fees(self, size: float, price: float) -> Fees:
        """Return the fees of a fill by kind, CNY; a negative size is a sale."""
        return self.p.schedule.of(size * price, self._day, filled=self._filled)

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return self.fees(size, price).total
