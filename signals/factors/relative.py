"""Relative strength: days on which the stock and the index, or rises and falls, part ways; streaks."""

from .bars import Bars
from .operators import Packed, count, divide, holds, ma, streak
from .registry import choose_line, register


def daily_directions(bars: Bars) -> tuple[Packed, Packed]:
    """Return close less open of the stock and of the index."""
    return bars.close - bars.open, bars.index("close") - bars.index("open")


@register(
    "dptb",
    kind="relative",
    formula="COUNT((C>O and IC>IO) or (C<O and IC<IO), n) / n",
    inputs=("open", "close", "index:open", "index:close"),
    warm_up=lambda n: n,
    flags=("IDX",),
    source="10jqka",
    grade="A",
)
def same_direction(bars: Bars, *, n: int = 7) -> Packed:
    """Share of bars on which the stock moved the index's way, 0 to 1."""
    stock, index = daily_directions(bars)
    return count(holds(stock * index > 0.0, stock, index), n) / n


@register(
    "jdqs",
    kind="relative",
    formula="COUNT(C>O and IC<IO, n) / COUNT(IC<IO, n)",
    inputs=("open", "close", "index:open", "index:close"),
    warm_up=lambda n: n,
    flags=("IDX",),
    source="10jqka",
    grade="A",
)
def strong_against_index(bars: Bars, *, n: int = 20) -> Packed:
    """Share of the index's falling days on which the stock rose; NaN where the index never fell."""
    stock, index = daily_directions(bars)
    against = holds((stock > 0.0) & (index < 0.0), stock, index)
    return divide(count(against, n), count(holds(index < 0.0, stock, index), n))


@register(
    "jdrs",
    kind="relative",
    formula="COUNT(C<O and IC>IO, n) / COUNT(IC>IO, n)",
    inputs=("open", "close", "index:open", "index:close"),
    warm_up=lambda n: n,
    flags=("IDX",),
    source="10jqka",
    grade="A",
)
def weak_against_index(bars: Bars, *, n: int = 20) -> Packed:
    """Share of the index's rising days on which the stock fell; NaN where the index never rose."""
    stock, index = daily_directions(bars)
    against = holds((stock < 0.0) & (index > 0.0), stock, index)
    return divide(count(against, n), count(holds(index > 0.0, stock, index), n))


@register(
    "zdzb",
    kind="relative",
    formula="A = COUNT(C>=REF(C,1),n1) / COUNT(C<REF(C,1),n1); B = MA(A,n2); D = MA(A,n3); lines b, d",
    inputs=("close",),
    warm_up=lambda n1, n2, n3, line: n1 + (n2 if line == "b" else n3),
    source="10jqka",
    grade="A",
)
def advance_decline(bars: Bars, *, n1: int = 125, n2: int = 5, n3: int = 20, line: str = "b") -> Packed:
    """Bars that did not fall for each that did."""
    side = bars.direction
    ratio = divide(count(holds(side >= 0.0, side), n1), count(holds(side < 0.0, side), n1))
    return choose_line(line, {"b": ma(ratio, n2), "d": ma(ratio, n3)})


@register(
    "up_n",
    kind="streak",
    formula="bars in a row with C > REF(C,1), 0 where the last did not rise",
    inputs=("close",),
    warm_up=2,
    source="10jqka (probable)",
    grade="A-",
)
def rising_streak(bars: Bars) -> Packed:
    """How many bars in a row the close has risen."""
    return streak(holds(bars.direction > 0.0, bars.direction))


@register(
    "down_n",
    kind="streak",
    formula="bars in a row with C < REF(C,1), 0 where the last did not fall",
    inputs=("close",),
    warm_up=2,
    source="10jqka (probable)",
    grade="A-",
)
def falling_streak(bars: Bars) -> Packed:
    """How many bars in a row the close has fallen."""
    return streak(holds(bars.direction < 0.0, bars.direction))
