"""What trading A-shares costs, by date: commission, stamp duty and transfer fee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import backtrader as bt
import numpy as np

# (first day, rate) pairs, ascending: the rate holds from that day on.
RateTable = tuple[tuple[date, float], ...]


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
        If a rate is not a fraction in [0, 1), the minimum is negative, or a table is empty or
        not ascending by date.

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
            days = [day for day, _ in table]
            if not days or days != sorted(set(days)):
                raise ValueError(f"{name} must be (first day, rate) pairs, ascending by day, got {table!r}")
            for day, rate in table:
                _check_rate(f"{name} from {day}", rate)

    def of(self, value: Any, day: date) -> Fees:
        """Return the fees of fills on a day.

        Parameters
        ----------
        value
            Value traded, CNY, a number or an array: positive for a purchase, negative for a sale;
            0 costs nothing. NaN gives NaN.
        day
            The day of the fill.

        Returns
        -------
        Fees
            By kind, of the shape of ``value``.
        """
        size = abs(value)
        charged = np.maximum if isinstance(value, np.ndarray) else max
        commission = charged(size * self.commission, self.minimum * (size > 0))
        stamp = size * rate_on(self.stamp_duty, day) * (value < 0)
        return Fees(commission, stamp, size * rate_on(self.transfer_fee, day))


def rate_on(table: RateTable, day: date) -> float:
    """Return the rate that holds on a day; before the first day of the table, its first rate.

    Examples
    --------
    >>> table = FeeSchedule().stamp_duty
    >>> rate_on(table, date(2023, 8, 27)), rate_on(table, date(2023, 8, 28))
    (0.001, 0.0005)
    """
    rate = table[0][1]
    for first, value in table:
        if day >= first:
            rate = value
    return rate


class AShareFees(bt.CommInfoBase):
    """Backtrader commission scheme of A-shares: commission with a minimum, stamp duty, transfer fee.

    Backtrader asks a scheme for a price and a size, never for a day. ``AShareBroker`` tells it the
    day of every fill; under another broker the scheme charges the rates of ``date``, or the latest
    ones.

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

    def set_date(self, day: date) -> None:
        """Charge the rates of this day from now on."""
        self._day = day

    def fees(self, size: float, price: float) -> Fees:
        """Return the fees of a fill by kind, CNY; a negative size is a sale."""
        return self.p.schedule.of(size * price, self._day)

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return self.fees(size, price).total
