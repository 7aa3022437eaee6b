"""Portfolios for the tests of the planner: small ones written by hand, and random ones with everything."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from btalpha.strategies.planner import Lots, Reason, Rules, no_fee, plan_orders
from btalpha.strategies.planning import Selection, select
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("planning_reference", Path(__file__).with_name("reference.py"))
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

NAN = np.nan
# The cash of random portfolios ends in this, CNY, so that no order costs exactly what is left.
ODD_CENT = 2**0.5 / 1000
ARRAYS = ("scores", "holdings", "prices", "blocked", "ages", "volatility")


def plan(
    scores,
    holdings,
    prices,
    cash,
    *,
    blocked=None,
    ages=None,
    volatility=None,
    lots=None,
    fee=no_fee,
    **rules,
):
    """Plan from lists, without a gap unless one is given."""
    return plan_orders(
        scores=np.array(scores, dtype=float),
        holdings=np.array(holdings, dtype=float),
        prices=np.array(prices, dtype=float),
        cash=cash,
        rules=Rules(**{"gap": 0.0, **rules}),
        blocked=None if blocked is None else np.array(blocked),
        ages=None if ages is None else np.array(ages),
        volatility=None if volatility is None else np.array(volatility, dtype=float),
        lots=lots,
        fee=fee,
    )


def after(holdings, result):
    """Shares held once everything is filled."""
    return (np.array(holdings) + result.changes).tolist()


def reasons(result):
    """(position, side, reason) of the refusals, sales first."""
    return [(refusal.index, refusal.side, refusal.reason) for refusal in result.refusals]


@dataclass(frozen=True)
class Rate:
    """A fee of a rate with a minimum, for arrays; ``one`` is the same for a single order."""

    rate: float
    minimum: float

    def __call__(self, changes: np.ndarray, prices: np.ndarray) -> np.ndarray:
        value = np.abs(changes * prices)
        return np.where(value > 0.0, np.maximum(value * self.rate, self.minimum), 0.0)

    def one(self, change: float, price: float) -> float:
        value = abs(change * price)
        return max(value * self.rate, self.minimum) if value > 0.0 else 0.0


def random_rules(rng: np.random.Generator, **options: Any) -> Rules:
    """Rules with some options given, and the others drawn."""
    return Rules(
        max_weight=float(rng.choice([1.0, 0.5, 0.3, 0.15])),
        cash_reserve=float(rng.choice([0.0, 0.1])),
        gap=float(rng.choice([0.0, 0.02, 0.1])),
        lot=int(rng.choice([1, 100])),
        tolerance=float(rng.choice([0.0, 0.2])),
        **options,
    )


def random_arrays(rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, Any]:
    """Scores with ties and NaN, gaps in the prices, blocked names, odd holdings, unknown volatilities."""
    scores = rng.integers(-4, 9, shape) / 4.0
    scores[rng.random(shape) < 0.15] = NAN
    prices = rng.integers(2, 400, shape) / 4.0
    prices[rng.random(shape) < 0.08] = NAN
    volatility = rng.choice([0.1, 0.2, 0.25, 0.4, 0.8, 0.0, NAN], shape)
    held = rng.random(shape) < rng.choice([0.0, 0.3, 0.7])
    holdings = held * rng.choice([1.0, 30.0, 100.0, 150.0, 200.0, 700.0, 2300.0, 5000.0], shape)
    blocked = rng.choice([0] * 8 + [Reason.SUSPENDED, Reason.NOT_LISTED, Reason.LIMIT_UP], shape)
    cash = rng.choice([0.0, 900.0, 20_000.0, 1e6], shape[:-1]) + ODD_CENT
    return {
        "scores": scores,
        "holdings": holdings,
        "prices": prices,
        "blocked": blocked,
        "ages": rng.integers(0, 7, shape),
        "volatility": volatility,
        "cash": cash,
    }


def random_lots(rng: np.random.Generator, n: int) -> Lots | None:
    """None, or lots by board; shares are adjusted for some names, and some have no factor."""
    if rng.random() < 0.4:
        return None
    board = rng.integers(0, 3, n)
    factor = rng.choice([1.0, 1.0, 1.0, 1.37, 1.37, 0.5, 0.5, 12.6, NAN], n)
    return Lots(np.array([100, 200, 100])[board], np.array([100, 1, 1])[board], factor)


@st.composite
def portfolios(draw, leading: tuple[int, ...] = ()) -> dict[str, Any]:
    """Arguments of ``plan_orders``: one portfolio, or as many as the leading axes have.

    What decides about names is drawn by Hypothesis, which shrinks it; the rest comes from a seed, which is
    several times faster.
    """
    n, seed = draw(st.integers(1, 12)), draw(st.integers(0, 2**32 - 1))
    weights = draw(st.sampled_from(["equal", "score", "inverse_volatility"]))
    buffer, min_holding = draw(st.sampled_from([0, 0, 1, 3])), draw(st.sampled_from([0, 0, 3]))
    options = {"weights": weights, "buffer": buffer, "min_holding": min_holding}
    max_changes = draw(st.sampled_from([None, None, 0, 1, 2]))
    rng = np.random.default_rng(seed)
    rules = random_rules(rng, k=draw(st.integers(1, 8)), max_changes=max_changes, **options)
    fee = Rate(float(rng.choice([0.0, 0.001])), float(rng.choice([0.0, 5.0])))
    case, lots = random_arrays(rng, (*leading, n)), random_lots(rng, n)
    if lots is not None:
        case["holdings"] = case["holdings"] / np.nan_to_num(lots.factor, nan=1.0)
    return {**case, "rules": rules, "fee": fee, "lots": lots}


def lots_of(case: dict[str, Any]) -> list[tuple[int, int, float]]:
    """(least, step, factor) of each name."""
    n = case["scores"].shape[-1]
    if case["lots"] is None:
        return [(case["rules"].lot, case["rules"].lot, 1.0)] * n
    lots = case["lots"]
    return list(zip(lots.least.tolist(), lots.step.tolist(), lots.factor.tolist(), strict=True))


def movable(case: dict[str, Any]) -> np.ndarray:
    """The names whose shares can be counted: the others are neither bought nor sold."""
    return np.isfinite([factor for _, _, factor in lots_of(case)])


def states(case: dict[str, Any]) -> np.ndarray:
    """The codes given, and a missing price as one more."""
    return np.where((case["blocked"] == 0) & ~(case["prices"] > 0), Reason.NO_PRICE, case["blocked"])


def choose(case: dict[str, Any]) -> Selection:
    """The names that the package chooses."""
    return select(case["scores"], case["holdings"] > 0, states(case), case["ages"], case["rules"])


def slow_plan(case: dict[str, Any]) -> Any:
    """The plan of the slow planner, which gets plain Python."""
    return reference.slow_plan(
        **{name: case[name].tolist() for name in ARRAYS},
        cash=float(case["cash"]),
        rules=case["rules"],
        reason=Reason,
        fee=case["fee"].one,
        lots=lots_of(case),
    )


def one_of(case: dict[str, Any], place: Any) -> dict[str, Any]:
    """One portfolio out of many."""
    return {**case, **{name: case[name][place] for name in ARRAYS}, "cash": case["cash"][place]}
