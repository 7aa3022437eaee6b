"""From scores to orders: a pure function on arrays, without Backtrader.

One row of scores, the holdings, prices and the cash go in; changes of shares and the refusals with
their reasons come out. Along the last axis everything is done at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

# (signed changes of shares, prices) -> fees in CNY, elementwise.
Fee = Callable[[np.ndarray, np.ndarray], np.ndarray]
# Room for rounding, so that a float error never turns into an order that lacks a cent.
_CENT = 0.01


class Reason(IntEnum):
    """Why a name was not traded; ``TRADABLE`` is the absence of a reason."""

    TRADABLE = 0
    SUSPENDED = 1
    NO_PRICE = 2
    NOT_LISTED = 3
    LOT = 4
    CASH = 5
    PARTIAL = 6

    @property
    def text(self) -> str:
        """The reason as reports print it."""
        return _TEXTS[self]


_TEXTS = {
    Reason.TRADABLE: "tradable",
    Reason.SUSPENDED: "suspended",
    Reason.NO_PRICE: "no price",
    Reason.NOT_LISTED: "not listed",
    Reason.LOT: "not enough cash for a lot",
    Reason.CASH: "not enough cash",
    Reason.PARTIAL: "not enough cash for all of it",
}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How a portfolio is formed.

    Parameters
    ----------
    k
        Names to hold, equally weighted.
    cash_reserve
        Fraction of the portfolio's value kept in cash.
    gap
        Allowance for the way from the close to the next open, as a fraction: buys are paid for as if
        prices rose by it, sales bring in as if they fell by it.
    lot
        Shares are bought in multiples of it; a position given up is sold whole.
    tolerance
        A held name that stays is left alone while it is within this fraction of its target value.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    k: int = 10
    cash_reserve: float = 0.0
    gap: float = 0.02
    lot: int = 1
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        for name in ("k", "lot"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be a whole number >= 1, got {value!r}")
        for name in ("cash_reserve", "gap", "tolerance"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                raise ValueError(f"{name} must be a fraction in [0, 1), got {value!r}")


@dataclass(frozen=True)
class Refusal:
    """A name wanted and not bought, or unwanted and not sold."""

    index: int
    side: str
    reason: Reason


@dataclass(frozen=True)
class Plan:
    """What to trade.

    ``changes``: N whole numbers, shares to buy (positive) or to sell (negative). ``buy_order`` and
    ``sell_order``: positions of the names to trade, in the order to send them, best score first
    among the buys and by symbol among the sales; all sales go before all buys.
    """

    changes: np.ndarray
    sell_order: np.ndarray
    buy_order: np.ndarray
    refusals: tuple[Refusal, ...]


def no_fee(changes: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Charge nothing: the fee of a market without fees, elementwise 0."""
    return np.zeros(np.broadcast(changes, prices).shape)


def plan_orders(
    *,
    scores: np.ndarray,
    holdings: np.ndarray,
    prices: np.ndarray,
    cash: float,
    rules: Rules,
    blocked: np.ndarray | None = None,
    fee: Fee = no_fee,
) -> Plan:
    """Plan the orders that bring a portfolio to its k best names in equal parts.

    Sales come first and fund the buys. The sum of the buys, each at its price plus ``rules.gap`` and
    with its fee, never exceeds the cash at hand plus what the sales bring at their prices less
    ``rules.gap`` and fees, so no broker has a reason to refuse one of them while prices stay within
    the gap.

    A held name that cannot be sold keeps its place and its value: the other names share the rest. A
    name among the best that cannot be bought is refused with its reason and the next one takes its place.

    Parameters
    ----------
    scores
        N scores; NaN = not to be held. Ties go to the earlier position (the order of symbols).
    holdings
        N whole numbers of shares held, >= 0.
    prices
        N prices, CNY a share: the last known ones. NaN where there has been none.
    cash
        Cash at hand, CNY.
    rules
        See :class:`Rules`.
    blocked
        N codes of :class:`Reason`: why a name cannot be traded now; 0 where it can. A name without a
        price is blocked in any case.
    fee
        Maps signed changes of shares and prices to fees in CNY. A larger order costs no less, and
        never more than its parts would.

    Returns
    -------
    Plan
        Changes of shares and refusals.

    Examples
    --------
    >>> plan = plan_orders(scores=np.array([1.0, 3.0, 2.0]), holdings=np.array([50, 0, 0]),
    ...                    prices=np.array([10.0, 20.0, 5.0]), cash=501.0, rules=Rules(k=2, gap=0.0))
    >>> plan.changes, plan.buy_order
    (array([-50,  25, 100]), array([1, 2]))
    """
    state = _state(blocked, prices)
    price = np.where(np.isfinite(prices), prices, 0.0)
    held = holdings > 0
    stuck = held & (state != Reason.TRADABLE)
    ranking = _ranking(scores)
    chosen, passed_over, unwanted = _choose(ranking, scores, stuck, state, rules.k)
    target = _target_shares(chosen, stuck, holdings, price, cash, rules)
    wanted = np.where(stuck, 0, target - holdings)
    wanted = _settle_small(wanted, holdings, target, chosen, price, rules)
    sales = np.minimum(wanted, 0)
    budget = _budget(sales, holdings, price, cash, rules, fee)
    buys = _affordable(np.maximum(wanted, 0), ranking, price, budget, rules, fee)
    short = chosen & ~held & (buys == 0)
    refusals = (
        *_refusals(unwanted, "sell", state),
        *_refusals(passed_over, "buy", state),
        *_refusals(short, "buy", np.full_like(state, Reason.LOT)),
    )
    changes = sales + buys
    buy_order = ranking[buys[ranking] > 0]
    return Plan(changes, np.flatnonzero(changes < 0), buy_order, refusals)


def _state(blocked: np.ndarray | None, prices: np.ndarray) -> np.ndarray:
    state = np.zeros(prices.shape, dtype=np.int64) if blocked is None else np.asarray(blocked, dtype=np.int64)
    priced = np.isfinite(prices) & (np.nan_to_num(prices) > 0)
    return np.where((state == Reason.TRADABLE) & ~priced, int(Reason.NO_PRICE), state)


def _ranking(scores: np.ndarray) -> np.ndarray:
    """Positions from the best score to the worst, NaN last, ties by position."""
    return np.argsort(-scores, kind="stable")


def _choose(
    ranking: np.ndarray, scores: np.ndarray, stuck: np.ndarray, state: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return masks: names to hold, better names that cannot be bought, stuck names not wanted."""
    candidate = ~np.isnan(scores)[ranking]
    free = max(k - int(stuck.sum()), 0)
    takes = candidate & ~stuck[ranking] & (state[ranking] == Reason.TRADABLE)
    ahead = np.cumsum(takes) - takes
    chosen, passed_over, best = (np.zeros(scores.shape, dtype=bool) for _ in range(3))
    chosen[ranking] = takes & (ahead < free)
    passed_over[ranking] = candidate & ~stuck[ranking] & ~takes & (ahead < free)
    best[ranking] = candidate & (np.arange(len(ranking)) < k)
    return chosen, passed_over, stuck & ~best


def _target_shares(
    chosen: np.ndarray,
    stuck: np.ndarray,
    holdings: np.ndarray,
    price: np.ndarray,
    cash: float,
    rules: Rules,
) -> np.ndarray:
    """Whole lots of the equal part of what is not bound in names that cannot be sold."""
    values = holdings * price
    free = max(rules.k - int(stuck.sum()), 1)
    part = max((cash + values.sum()) * (1.0 - rules.cash_reserve) - values[stuck].sum(), 0.0) / free
    shares = np.divide(part, price, out=np.zeros_like(price), where=chosen)
    return _whole_lots(shares, rules.lot)


def _settle_small(
    wanted: np.ndarray,
    holdings: np.ndarray,
    target: np.ndarray,
    chosen: np.ndarray,
    price: np.ndarray,
    rules: Rules,
) -> np.ndarray:
    """Round the changes of names that stay to whole lots, and drop those within the tolerance."""
    stays = chosen & (holdings > 0)
    whole = _whole_lots(wanted, rules.lot)
    near = np.abs(wanted) * price <= rules.tolerance * target * price
    return np.where(stays, np.where(near, 0, whole), wanted)


def _budget(
    sales: np.ndarray, holdings: np.ndarray, price: np.ndarray, cash: float, rules: Rules, fee: Fee
) -> float:
    """Cash that will be there for the buys, CNY: reserve, fees and a fall by the gap taken off."""
    low = price * (1.0 - rules.gap)
    proceeds = (-sales * low).sum() - fee(sales, low).sum()
    reserve = rules.cash_reserve * (cash + (holdings * price).sum())
    return cash + proceeds - reserve - _CENT


def _affordable(
    wanted: np.ndarray, ranking: np.ndarray, price: np.ndarray, budget: float, rules: Rules, fee: Fee
) -> np.ndarray:
    """Scale the buys down to the budget, in whole lots; what is left over tops up the best-ranked."""
    high = price * (1.0 + rules.gap)
    value = (wanted * high).sum()
    # The fees of the full orders are at least those of smaller ones, so the scaled buys always fit.
    spare = budget - fee(wanted, high).sum()
    share = np.clip(spare / value, 0.0, 1.0) if value > 0.0 else 0.0
    buys = _whole_lots(wanted * share, rules.lot)
    left = budget - (buys * high).sum() - fee(buys, high).sum()
    more = np.minimum(wanted - buys, rules.lot)
    spent = np.cumsum((more * high + fee(more, high))[ranking])
    buys[ranking] += np.where(spent <= left, more[ranking], 0)
    return buys


def _whole_lots(shares: np.ndarray, lot: int) -> np.ndarray:
    """Round towards zero to multiples of a lot."""
    return (np.fix(shares / lot) * lot).astype(np.int64)


def _refusals(mask: np.ndarray, side: str, state: np.ndarray) -> list[Refusal]:
    return [Refusal(int(index), side, Reason(int(state[index]))) for index in np.flatnonzero(mask)]
