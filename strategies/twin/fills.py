"""Orders of many portfolios, filled by the rules of the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from ..exchange.bar_facts import BarFacts
from .venue import Venue


@dataclass(frozen=True)
class Orders:
    """What P portfolios are to trade, in the layout of their names.

    Attributes
    ----------
    changes
        P x M shares to buy (positive) or to sell (negative).
    ranking
        P x M positions of the names, in the order in which buys are filled.
    session
        The session at whose close they were sent.
    """

    changes: np.ndarray
    ranking: np.ndarray
    session: int


@dataclass(frozen=True)
class Bars:
    """The bars on which orders are filled, P x M: prices of the fills (NaN: none), facts and their day."""

    prices: np.ndarray
    facts: BarFacts
    day: date
    at_close: bool


def fill(
    orders: Orders, shares: np.ndarray, cash: np.ndarray, bars: Bars, venue: Venue
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fill the sales, then the buys for what cash there is.

    Parameters
    ----------
    orders
        What to trade. No name has more than one order, so no volume is used up and nothing was bought on
        the day of the sale.
    shares, cash
        P x M shares and P amounts of CNY at hand.
    bars, venue
        What is traded, and where.

    Returns
    -------
    tuple
        P x M shares, negative for sales; P amounts of cash and of fees, CNY.
    """
    rules, fee = venue.rules, partial(venue.fee, day=bars.day)
    priced = np.isfinite(bars.prices)
    prices = np.where(priced, bars.prices, 1.0)  # any will do for what is not traded
    sells, buys = (
        side & priced & (rules.barred(bars.facts, prices, buys=is_buy, at_close=bars.at_close) == 0)
        for side, is_buy in ((orders.changes < 0.0, False), (orders.changes > 0.0, True))
    )
    size = np.abs(orders.changes)
    sold, _ = rules.sale(bars.facts, np.where(sells, np.minimum(size, shares), 0.0), shares)
    sales = np.where(sells, -sold, 0.0)
    costs = fee(sales, prices)
    cash = cash - (sales * prices).sum(axis=1) - costs.sum(axis=1)

    wanted = np.where(buys, size, 0.0)
    bought, _ = rules.buy(bars.facts, wanted, prices, np.inf, fee)
    spent = bought * prices + fee(bought, prices)
    # With a hair to spare, for the order of summation.
    lacking = np.flatnonzero((spent.sum(axis=1) > cash * (1.0 - 1e-9)) & buys.any(axis=1))
    if len(lacking):
        short = _Short(wanted[lacking], prices[lacking], bars.facts.pick(lacking), cash[lacking])
        bought[lacking] = short.buy(orders.ranking[lacking], venue, bars.day)
        spent = bought * prices + fee(bought, prices)
    costs = costs + fee(bought, prices)
    return sales + bought, cash - spent.sum(axis=1), costs.sum(axis=1)


@dataclass
class _Short:
    """Buys of portfolios that cannot pay for all of them."""

    wanted: np.ndarray
    prices: np.ndarray
    facts: BarFacts
    cash: np.ndarray

    def buy(self, ranking: np.ndarray, venue: Venue, day: date) -> np.ndarray:
        """Fill one buy of each portfolio after the other, the best first, as far as the cash goes."""
        bought, rows = np.zeros(self.wanted.shape), np.arange(len(self.wanted))
        for place in ranking.T:
            cell = rows, place
            wanted, price = self.wanted[cell], self.prices[cell]
            if not wanted.any():
                continue
            fee = partial(venue.fee, day=day)
            size, _ = venue.rules.buy(self.facts.pick(cell), wanted, price, self.cash, fee)
            size = np.where(wanted > 0.0, size, 0.0)
            self.cash = self.cash - size * price - fee(size, price)
            bought[cell] = size
        return bought
