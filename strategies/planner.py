"""From scores to orders: a pure function on arrays, without Backtrader.

Scores, holdings, prices and the cash go in; changes of shares and the refusals with their reasons come
out, for one portfolio or for many at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .planning import Lots, Reason, Rules, no_fee, select, target_weights
from .planning.selection import Selection
from .planning.sizing import Fee, affordable, budget, changes_wanted

__all__ = ["Fee", "Lots", "Plan", "Reason", "Refusal", "Rules", "no_fee", "plan_orders"]


@dataclass(frozen=True)
class Refusal:
    """A name wanted and not bought (or held and wanted, and given up), or unwanted and not sold."""

    index: int
    side: str
    reason: Reason


@dataclass(frozen=True)
class Plan:
    """What to trade, for one portfolio or many.

    Attributes
    ----------
    changes
        ... x N shares to buy (positive) or to sell (negative). All sales go before all buys.
    unbought, unsold
        ... x N codes of :class:`Reason` of the names refused; 0 elsewhere.
    ranking
        ... x N positions of the names, the best score first.
    """

    changes: np.ndarray
    unbought: np.ndarray
    unsold: np.ndarray
    ranking: np.ndarray

    @property
    def sell_order(self) -> np.ndarray:
        """Positions of the names to sell, in the order of the names; of one portfolio."""
        return np.flatnonzero(self.changes < 0)

    @property
    def buy_order(self) -> np.ndarray:
        """Positions of the names to buy, the best score first; of one portfolio."""
        return self.ranking[self.changes[self.ranking] > 0]

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The names refused, sales first; of one portfolio."""
        return (*_refusals(self.unsold, "sell"), *_refusals(self.unbought, "buy"))


def plan_orders(
    *,
    scores: np.ndarray,
    holdings: np.ndarray,
    prices: np.ndarray,
    cash: Any,
    rules: Rules,
    blocked: np.ndarray | None = None,
    fee: Fee = no_fee,
    lots: Lots | None = None,
    ages: np.ndarray | None = None,
    volatility: np.ndarray | None = None,
) -> Plan:
    """Plan the orders that bring portfolios to their k best names.

    Sales come first and fund the buys. The sum of the buys, each at its price plus ``rules.gap`` and
    with its fee, never exceeds the cash at hand plus what the sales bring at their prices less
    ``rules.gap`` and fees, so no broker has a reason to refuse one of them while prices stay within
    the gap and the sales are filled.

    A held name that cannot be sold keeps its place and its value: the other names share the rest. A
    name among the best that cannot be bought is refused with its reason and the next one takes its place.

    Every array may have axes before the last one, which are portfolios. A name that is neither held nor
    among the best of a portfolio has no influence, so many portfolios may each be given the names that
    matter to them alone.

    Parameters
    ----------
    scores
        ... x N; NaN = not to be held. Ties go to the earlier position (the order of symbols).
    holdings
        ... x N shares held, >= 0.
    prices
        ... x N prices, CNY a share: the last known ones. NaN where there has been none.
    cash
        ... cash at hand, CNY: a number, or one for each portfolio.
    rules
        See :class:`Rules`.
    blocked
        ... x N codes of :class:`Reason`: why a name cannot be traded now; 0 where it can. A name without a
        price is blocked in any case.
    fee
        Maps signed changes of shares and prices, both ... x N, to fees in CNY. A larger order costs no
        less, and never more than its parts would.
    lots
        The sizes that orders may have; without them multiples of ``rules.lot``.
    ages
        ... x N sessions since the purchase, that one included, for ``rules.min_holding``.
    volatility
        ... x N, for weights by inverse volatility, in any unit.

    Returns
    -------
    Plan
        Changes of shares and refusals.

    Raises
    ------
    ValueError
        If the cash is not a number, or a rule needs ages or volatilities that are not given.

    Examples
    --------
    >>> plan = plan_orders(scores=np.array([1.0, 3.0, 2.0]), holdings=np.array([50, 0, 0]),
    ...                    prices=np.array([10.0, 20.0, 5.0]), cash=501.0, rules=Rules(k=2, gap=0.0))
    >>> plan.changes, plan.buy_order
    (array([-50.,  25., 100.]), array([1, 2]))
    """
    _check(cash, rules, ages, volatility)
    state = _state(blocked, prices)
    price = np.where(np.isfinite(prices) & (np.nan_to_num(prices) > 0.0), prices, 0.0)
    funds = np.asarray(cash, dtype=float)[..., None]
    lots = Lots(rules.lot, rules.lot) if lots is None else lots
    ages = np.zeros(holdings.shape, dtype=np.int64) if ages is None else ages
    spread = np.full(scores.shape, np.nan) if volatility is None else volatility
    picked = select(scores, holdings > 0, state, ages, rules)

    parts = _parts(picked, scores, spread, holdings * price, funds, rules)
    target = np.divide(parts, price, out=np.zeros(parts.shape), where=price > 0.0)
    as_it_is = picked.bound | ~np.isfinite(lots.factor)
    wanted = changes_wanted(target, holdings, picked.chosen, as_it_is, picked.unsold != 0, lots, rules)
    sales = np.minimum(wanted, 0.0)
    spare = budget(sales, holdings, price, funds, rules, fee)
    buys = affordable(np.maximum(wanted, 0.0), picked.ranking, price, spare, lots, rules, fee)
    short = (parts > 0.0) & ~(holdings > 0) & (buys == 0.0)
    unbought = np.where(short, Reason.LOT, picked.unbought)
    return Plan(sales + buys, unbought, picked.unsold, picked.ranking)


def _check(cash: Any, rules: Rules, ages: Any, volatility: Any) -> None:
    if not np.isfinite(cash).all():
        raise ValueError(f"cash must be a finite number of CNY, got {cash}")
    if rules.min_holding and ages is None:
        raise ValueError("rules.min_holding needs ages=, the sessions that each name has been held")
    if rules.needs_volatility and volatility is None:
        raise ValueError("rules.weights='inverse_volatility' needs volatility=")


def _state(blocked: np.ndarray | None, prices: np.ndarray) -> np.ndarray:
    state = np.zeros(prices.shape, dtype=np.int64) if blocked is None else np.asarray(blocked, dtype=np.int64)
    priced = np.isfinite(prices) & (np.nan_to_num(prices) > 0)
    return np.where((state == Reason.TRADABLE) & ~priced, int(Reason.NO_PRICE), state)


def _parts(
    picked: Selection,
    scores: np.ndarray,
    volatility: np.ndarray,
    values: np.ndarray,
    funds: np.ndarray,
    rules: Rules,
) -> np.ndarray:
    """Return what each chosen name is to be worth, CNY, out of what is not bound in names that stay."""
    worth = funds + values.sum(axis=-1, keepdims=True)
    bound = np.where(picked.bound, values, 0.0).sum(axis=-1, keepdims=True)
    free = np.maximum(worth * (1.0 - rules.cash_reserve) - bound, 0.0)
    total = np.divide(free, worth, out=np.zeros(free.shape), where=worth > 0.0)
    return target_weights(picked, scores, volatility, total, rules) * worth


def _refusals(codes: np.ndarray, side: str) -> list[Refusal]:
    return [Refusal(int(index), side, Reason(int(codes[index]))) for index in np.flatnonzero(codes)]
