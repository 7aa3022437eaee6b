"""The planner once more, for one portfolio, in plain loops: slow, and easy to read.

Written from the docstrings of the planner, which it does not import: no arrays, no broadcasting. Codes
of reasons are looked up by name in what the caller passes, so that none is written down twice.
"""

import math
from dataclasses import dataclass, field


@dataclass
class SlowPlan:
    """What the planner should come to; lists with one entry for each name."""

    chosen: list[bool]
    bound: list[bool]
    places: int
    weights: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    unbought: list[int] = field(default_factory=list)
    unsold: list[int] = field(default_factory=list)
    ranking: list[int] = field(default_factory=list)


# -- which names ---------------------------------------------------------------------------------------


def rank(scores):
    """Positions, the best score first, NaN last, ties by position."""
    scored = [i for i in range(len(scores)) if not math.isnan(scores[i])]
    return sorted(scored, key=lambda i: (-scores[i], i)) + [
        i for i in range(len(scores)) if math.isnan(scores[i])
    ]


def choose(scores, held, state, ages, rules, reason):
    """Walk down the ranking: who is stuck, who stays, who enters, and who is refused why."""
    everyone = range(len(scores))
    scored = [i for i in rank(scores) if not math.isnan(scores[i])]
    bound = [
        i
        for i in everyone
        if held[i] and (state[i] != 0 or (math.isnan(scores[i]) and ages[i] < rules.min_holding))
    ]
    places = max(rules.k - len(bound), 0)
    candidates = [i for i in scored if state[i] == 0]

    safe = [i for i in candidates[: places + rules.buffer] if held[i]]
    young = [i for i in candidates if held[i] and ages[i] < rules.min_holding]
    behind = [i for i in candidates if held[i] and i not in safe and i not in young]
    retained = []
    if rules.max_changes is not None:
        lost = [i for i in everyone if held[i] and math.isnan(scores[i]) and i not in bound]
        to_go = max(rules.max_changes - len(lost), 0)
        retained = behind[: max(len(behind) - to_go, 0)]

    kept = young[:places]
    for i in candidates:
        if len(kept) < places and i not in kept and (i in safe or i in retained):
            kept.append(i)
    unheld = [i for i in candidates if not held[i]]
    free = places - len(kept)
    entering = unheld[:free]
    retained = [i for i in retained if i in kept]

    too_young = [i for i in kept if i in young and i not in safe]

    unbought, unsold = [0] * len(scores), [0] * len(scores)
    unwanted = [i for i in bound if i not in scored[: rules.k + rules.buffer]]
    why = reason.CHANGES if retained else reason.HOLDING if too_young else reason.OCCUPIED
    more = max(rules.k - len(bound) + len(unwanted), 0)
    settled = settle(candidates, held, more, rules.buffer)
    vacant = more - len([i for i in settled if held[i]])
    for i in settled:
        if i not in kept and i not in entering:
            unbought[i] = why
    for i in scored:
        if state[i] != 0 and not held[i]:
            better = [j for j in candidates if scored.index(j) < scored.index(i)]
            better_unheld = [j for j in better if not held[j]]
            if len(better) < more and (rules.buffer == 0 or len(better_unheld) < vacant):
                unbought[i] = state[i]
    for i in unwanted:
        unsold[i] = state[i] or reason.HOLDING
    for i in too_young:
        unsold[i] = reason.HOLDING
    for i in retained:
        unsold[i] = reason.CHANGES
    return SlowPlan(
        chosen=[i in kept or i in entering for i in everyone],
        bound=[i in bound for i in everyone],
        places=places,
        unbought=unbought,
        unsold=unsold,
        ranking=rank(scores),
    )


def settle(candidates, held, places, buffer):
    """Who is held where nobody is kept for a reason: the held within the buffer, then the best others."""
    settled = []
    for i in candidates[: places + buffer]:
        if held[i] and len(settled) < places:
            settled.append(i)
    for i in candidates:
        if not held[i] and len(settled) < places:
            settled.append(i)
    return settled


# -- how much of each ----------------------------------------------------------------------------------


def proportions(names, scores, volatility, weighting):
    """Return what the weights of the chosen names are proportional to."""
    if weighting == "equal":
        shape = [1.0 for _ in names]
    elif weighting == "score":
        shape = [max(scores[i], 0.0) for i in names]
    else:
        known = [volatility[i] for i in names if volatility[i] > 0.0 and math.isfinite(volatility[i])]
        most = max(known, default=math.nan)
        shape = [
            1.0 / (volatility[i] if volatility[i] > 0.0 and math.isfinite(volatility[i]) else most)
            for i in names
        ]
    return shape if sum(shape) > 0.0 else [1.0 for _ in names]


def weigh(slow, scores, volatility, total, rules):
    """Fill the names in order of what they would get: once one is not cut off, none after it is."""
    names = [i for i in range(len(scores)) if slow.chosen[i]]
    weights = [0.0] * len(scores)
    if not names:
        return weights
    shape = dict(zip(names, proportions(names, scores, volatility, rules.weights), strict=True))
    rest = total * len(names) / slow.places
    waiting = sorted(names, key=lambda i: -shape[i])
    while waiting and sum(shape[i] for i in waiting) > 0.0:
        fair = rest * shape[waiting[0]] / sum(shape[i] for i in waiting)
        first = waiting.pop(0)
        weights[first] = min(fair, rules.max_weight)
        rest -= weights[first]
    return weights


# -- how many shares -----------------------------------------------------------------------------------


def whole(size, least, step, factor):
    """Count down from the whole number of raw shares to one that is an order."""
    if not math.isfinite(factor):
        return 0.0
    raw = abs(size) * factor
    count = round(raw) if abs(raw - round(raw)) <= 1e-9 * round(raw) else math.floor(raw)
    while count >= least and (count - least) % step:
        count -= 1
    return math.copysign(count, size) / factor if count >= least else 0.0


def next_larger(size, least, step, factor):
    """The next order: the least one, or one step more."""
    if not math.isfinite(factor):
        return 0.0
    count = round(size * factor)
    return (count + step if count else least) / factor


def resize(fair, held, lot, tolerance, for_a_reason):
    """The change of a name that stays: none near its target, by whole lots, or all of it, odd or not."""
    if abs(fair - held) <= tolerance * fair:
        return 0.0
    goal, one = whole(fair, *lot), next_larger(0.0, *lot)
    if fair > one / 2:
        goal = max(goal, one)
    if goal == 0.0:
        return 0.0 if for_a_reason else -held
    return whole(goal - held, *lot)


def slow_plan(*, scores, holdings, prices, cash, rules, reason, blocked, fee, lots, ages, volatility):
    """Plan one portfolio. ``fee(change, price)`` is of one order, ``lots`` (least, step, factor) by name."""
    everyone = range(len(scores))
    priced = [math.isfinite(price) and price > 0.0 for price in prices]
    price = [prices[i] if priced[i] else 0.0 for i in everyone]
    state = [blocked[i] or (0 if priced[i] else reason.NO_PRICE) for i in everyone]
    held = [shares > 0 for shares in holdings]
    slow = choose(scores, held, state, ages, rules, reason)

    worth = cash + sum(holdings[i] * price[i] for i in everyone)
    stuck = sum(holdings[i] * price[i] for i in everyone if slow.bound[i])
    free = max(worth * (1.0 - rules.cash_reserve) - stuck, 0.0)
    slow.weights = weigh(slow, scores, volatility, free / worth if worth > 0.0 else 0.0, rules)

    sales, wanted = [0.0] * len(scores), [0.0] * len(scores)
    for i in everyone:
        if slow.bound[i] or not math.isfinite(lots[i][2]):  # as it is
            continue
        fair = slow.weights[i] * worth / price[i] if slow.chosen[i] else 0.0
        if not held[i]:
            change = whole(fair, *lots[i])
        elif slow.chosen[i]:
            change = resize(fair, holdings[i], lots[i], rules.tolerance, slow.unsold[i] != 0)
        else:
            change = -holdings[i]
        sales[i], wanted[i] = min(change, 0.0), max(change, 0.0)

    spare = cash - rules.cash_reserve * worth - 0.01
    for i in everyone:
        low = price[i] * (1.0 - rules.gap)
        spare += -sales[i] * low - fee(sales[i], low)
    buys = afford(wanted, slow.ranking, [p * (1.0 + rules.gap) for p in price], spare, lots, fee)
    for i in everyone:
        if slow.weights[i] > 0.0 and not held[i] and buys[i] == 0.0:
            slow.unbought[i] = reason.LOT
    slow.changes = [sales[i] + buys[i] for i in everyone]
    return slow


def afford(wanted, ranking, high, spare, lots, fee):
    """Scale the buys to what there is, then go down the ranking with one more lot each until it is spent."""
    everyone = range(len(wanted))
    value = sum(wanted[i] * high[i] for i in everyone)
    if value <= 0.0:
        return [0.0] * len(wanted)
    share = (spare - sum(fee(wanted[i], high[i]) for i in everyone)) / value
    buys = [whole(wanted[i] * min(max(share, 0.0), 1.0), *lots[i]) for i in everyone]
    left = spare - sum(buys[i] * high[i] + fee(buys[i], high[i]) for i in everyone)
    for i in ranking:
        larger = next_larger(buys[i], *lots[i])
        if wanted[i] == 0.0 or larger > wanted[i] * (1.0 + 1e-12):
            continue
        left -= (larger - buys[i]) * high[i] + fee(larger - buys[i], high[i])
        if left < 0.0:
            break
        buys[i] = larger
    return buys
