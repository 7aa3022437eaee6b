"""The day-by-day walk: what a stock does today depends on what was published before."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..boards import limit_rates, to_cents
from .corporate_actions import SPLIT_ABOVE, CorporateActions, declared_dividends
from .firms import Firms
from .lifetimes import Lifetimes
from .planted import WINDOW, expected_return
from .shocks import Shocks

LOCKED_VOLUME = 0.2  # of the usual volume changes hands on a day that never leaves its limit
SMALLEST_VOLUME = 100.0  # shares
FLOOR = 1.0  # CNY; no trade goes below it (an ex-rights price may), so that a cent stays a small move


@dataclass(frozen=True)
class Path:
    """T x N arrays of the walk; a day without a bar repeats the state of the day before.

    ``upper`` and ``lower`` are the day's price limits; ``locked`` marks days on which every trade
    was at one of them; ``dividends`` has one row a year: CNY a share, declared for the year before.
    """

    open: np.ndarray
    close: np.ndarray
    pre_close: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    locked: np.ndarray
    factor: np.ndarray
    total_shares: np.ndarray
    float_shares: np.ndarray
    volume: np.ndarray
    dividends: np.ndarray


class Walk:
    """Walks the market forward, one session at a time and all firms at once.

    Parameters
    ----------
    dates, firms, lifetimes, shocks, actions
        The market's ground; see their modules.
    quality
        T x N figures of the planted leg, as announced.
    payout
        One row a year: CNY to be paid to shareholders out of the profit of the year before.
    strength
        Multiple of the planted predictability; 0 plants nothing.
    """

    def __init__(
        self,
        dates: pd.DatetimeIndex,
        firms: Firms,
        lifetimes: Lifetimes,
        shocks: Shocks,
        actions: CorporateActions,
        *,
        quality: np.ndarray,
        payout: np.ndarray,
        strength: float,
    ) -> None:
        self.firms = firms
        self.lifetimes = lifetimes
        self.shocks = shocks
        self.actions = actions
        self.quality = quality
        self.payout = payout
        self.strength = strength
        self.year = np.asarray(dates.year - dates[0].year)
        self.limit = limit_rates(firms.symbols, lifetimes.is_st, dates)

    def run(self) -> Path:
        """Walk from the first session to the last."""
        self._start()
        for day in range(len(self.year)):
            if day == 0 or self.year[day] != self.year[day - 1]:
                self._declare(self.year[day])
            self._go_ex_rights(day)
            self._trade(day, self._foreseen(day))
        return Path(**self._out, dividends=self._dividends)

    def _start(self) -> None:
        shape = self.lifetimes.traded.shape
        names = set(Path.__dataclass_fields__) - {"locked", "dividends"}
        self._out = {name: np.empty(shape) for name in sorted(names)}
        self._out["locked"] = np.zeros(shape, dtype=bool)
        self._dividends = np.zeros((self.year[-1] + 1, shape[1]))
        self._close = self.firms.price.copy()
        self._factor = np.ones(shape[1])
        self._total = self.firms.shares.copy()
        self._float = np.round(self.firms.shares * self.firms.float_ratio)
        # What the planted part looks at: NaN before the listing and on days without a bar.
        self._adjusted = np.full(shape, np.nan)
        self._turnover = np.full(shape, np.nan)

    def _declare(self, year: int) -> None:
        self._dividends[year] = declared_dividends(self.payout[year], self._total, self._close)

    def _go_ex_rights(self, day: int) -> None:
        """Set the reference prices; whoever goes ex-rights gets a lower one and a higher factor."""
        self._reference = self._close.copy()
        who = self.actions.ex.get(day)
        if who is None:
            return
        year = self.year[day]
        ratio = np.where(self._close[who] > SPLIT_ABOVE, self.actions.split[year, who], 1.0)
        # A price may have collapsed since the dividend was declared; its reference stays above zero.
        dividend = np.minimum(self._dividends[year, who], self._close[who] / 2.0)
        self._reference[who] = to_cents((self._close[who] - dividend) / ratio)
        self._factor[who] *= self._close[who] / self._reference[who]
        self._total[who] = np.round(self._total[who] * ratio)
        self._float[who] = np.round(self._float[who] * ratio)

    def _foreseen(self, day: int) -> np.ndarray:
        """Return what the sessions before ``day`` tell of its return, N fractions."""
        if day <= WINDOW or self.strength == 0.0:
            return np.zeros(len(self.firms))
        planted = expected_return(
            self._adjusted[day - WINDOW - 1 : day],
            self._turnover[day - WINDOW : day],
            self.quality[day - 1],
        )
        return self.strength * np.nan_to_num(planted)

    def _trade(self, day: int, foreseen: np.ndarray) -> None:
        """Move from the reference prices, in cents and within the limits, and note the day."""
        reference, rate, traded = self._reference, self.limit[day], self.lifetimes.traded[day]
        upper = to_cents(reference * (1.0 + rate))
        lower = np.maximum(to_cents(reference * (1.0 - rate)), np.minimum(FLOOR, reference))
        move = self.shocks.move[day] + foreseen
        wish_open = to_cents(reference * np.exp(self.shocks.overnight[day]))
        wish_close = to_cents(reference * np.exp(move))
        locked = (np.minimum(wish_open, wish_close) >= upper) | (np.maximum(wish_open, wish_close) <= lower)
        self._close = np.where(traded, wish_close.clip(lower, upper), self._close)
        volume = np.round(self._float * self.shocks.turnover[day] * np.where(locked, LOCKED_VOLUME, 1.0))
        volume = np.maximum(volume, SMALLEST_VOLUME)
        listed = day >= self.lifetimes.first
        self._adjusted[day] = np.where(listed, self._close * self._factor, np.nan)
        self._turnover[day] = np.where(traded, volume / self._float, np.nan)
        today = {"open": wish_open.clip(lower, upper), "close": self._close, "pre_close": reference}
        today |= {"upper": upper, "lower": lower, "locked": locked, "volume": volume}
        today |= {"factor": self._factor, "total_shares": self._total, "float_shares": self._float}
        for name, values in today.items():
            self._out[name][day] = values
