"""How many shares to buy and to sell, and what the cash allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..exchange.lots import whole_lots
from .rules import Rules

# (signed changes of shares, prices) -> fees in CNY, elementwise.
Fee = Callable[[np.ndarray, np.ndarray], np.ndarray]
# Room for rounding, so that a float error never turns into an order that lacks a cent.
_CENT = 0.01


def no_fee(changes: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Charge nothing: the fee of a market without fees, elementwise 0."""
    return np.zeros(np.broadcast(changes, prices).shape)


@dataclass(frozen=True)
class Lots:
    """The sizes that orders may have, N each: see :func:`~btalpha.strategies.exchange.whole_lots`.

    Attributes
    ----------
    least, step
        Smallest order and smallest difference between two, raw shares.
    factor
        Raw shares in one of the broker's: 1 unless prices are adjusted.
    """

    least: np.ndarray | int
    step: np.ndarray | int
    factor: np.ndarray | float = 1.0

    def whole(self, shares: np.ndarray) -> np.ndarray:
        """Cut sizes towards 0 to what may be ordered."""
        return whole_lots(shares, least=self.least, step=self.step, factor=self.factor)

    def one_more(self, shares: np.ndarray) -> np.ndarray:
        """Return the next larger sizes that may be ordered."""
        raw = np.where(shares > 0.0, shares * self.factor + self.step, self.least)
        return self.whole(np.maximum(raw, self.least) / self.factor)


def changes_wanted(
    target: np.ndarray,
    holdings: np.ndarray,
    chosen: np.ndarray,
    as_it_is: np.ndarray,
    to_stay: np.ndarray,
    lots: Lots,
    rules: Rules,
) -> np.ndarray:
    """Return the changes of shares that bring holdings to their targets.

    A new name gets whole lots of its target. One that stays changes by whole lots, and not at all within
    the tolerance; of a target of more than half a lot it keeps a lot. One that is given up is sold whole,
    odd lots and all.

    Parameters
    ----------
    target
        ... x N shares, not cut to lots; 0 for what is not to be held.
    holdings
        ... x N shares held.
    chosen
        ... x N booleans: names to hold.
    as_it_is
        ... x N booleans: names that are neither bought nor sold.
    to_stay
        ... x N booleans: names that are kept for a reason, and keep what they have where the target is
        less than that.
    """
    held = holdings > 0
    one = lots.one_more(np.zeros(target.shape))
    rounded = np.where(held & (target > 0.5 * one), np.maximum(lots.whole(target), one), lots.whole(target))
    near = chosen & (np.abs(target - holdings) <= rules.tolerance * target)
    change = lots.whole(rounded - holdings)
    change = np.where(held & ~(chosen & (rounded > 0.0)), -holdings, change)
    return np.where(as_it_is | (held & (near | (to_stay & (rounded <= 0.0)))), 0.0, change)


def budget(
    sales: np.ndarray, holdings: np.ndarray, price: np.ndarray, cash: np.ndarray, rules: Rules, fee: Fee
) -> np.ndarray:
    """Cash that will be there for the buys, CNY, ... x 1: reserve, fees and a fall by the gap taken off."""
    low = price * (1.0 - rules.gap)
    proceeds = _sum(-sales * low) - _sum(fee(sales, low))
    reserve = rules.cash_reserve * (cash + _sum(holdings * price))
    return cash + proceeds - reserve - _CENT


def affordable(
    wanted: np.ndarray,
    ranking: np.ndarray,
    price: np.ndarray,
    spare: np.ndarray,
    lots: Lots,
    rules: Rules,
    fee: Fee,
) -> np.ndarray:
    """Scale the buys down to what is to spare; what lots leave over tops up the best-ranked.

    Parameters
    ----------
    wanted
        ... x N shares to buy, 0 or more.
    ranking
        ... x N positions, best first.
    price
        ... x N prices, CNY.
    spare
        ... x 1 cash for the buys, CNY.
    """
    high = price * (1.0 + rules.gap)
    value = _sum(wanted * high)
    # The fees of the full orders are at least those of smaller ones, so the scaled buys always fit.
    left = spare - _sum(fee(wanted, high))
    share = np.divide(left, value, out=np.zeros(value.shape), where=value > 0.0)
    buys = lots.whole(wanted * np.clip(share, 0.0, 1.0))
    left = spare - _sum(buys * high) - _sum(fee(buys, high))
    larger = lots.one_more(buys)
    more = np.where(larger <= wanted, larger - buys, 0.0)
    # The fee of the larger order is never above that of both parts.
    cost = np.take_along_axis(more * high + fee(more, high), ranking, axis=-1)
    taken = np.empty(buys.shape, dtype=bool)
    np.put_along_axis(taken, ranking, np.cumsum(cost, axis=-1) <= left, axis=-1)
    return np.where(taken & (more > 0.0), larger, buys)


def _sum(values: np.ndarray) -> np.ndarray:
    return values.sum(axis=-1, keepdims=True)
