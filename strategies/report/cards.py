"""The row of key figures at the top of the page."""

from collections.abc import Callable, Iterator
from html import escape
from math import ceil
from typing import NamedTuple

from .evidence import Evidence, finite
from .words import number, p_value, percent, percentile, plural

MOST_IN_A_ROW = 7
SHORT = 60
"""Sessions below which a yearly figure says nothing and is not shown."""


class Card(NamedTuple):
    """One key figure: what it is, its value with unit, and what is to be known about it."""

    label: str
    value: str
    hint: str


def cards(evidence: Evidence) -> str:
    """Write the key figures as a list."""
    shown = [card for group in GROUPS for card in group(evidence)]
    items = "".join(
        f"<div><dt>{escape(card.label)}</dt><dd><b>{escape(card.value)}</b><span>{escape(card.hint)}</span></dd></div>"
        for card in shown
    )
    columns = ceil(len(shown) / ceil(len(shown) / MOST_IN_A_ROW))  # rows of about the same length
    return f'<dl class="cards" style="--columns:{columns}">{items}</dl>'


def portfolio_cards(evidence: Evidence) -> Iterator[Card]:
    """Show what the portfolio earned and risked."""
    figures, sessions = evidence.figures, len(evidence.returns)
    yield Card("Total return", percent(figures["total_return"], signed=True), "after fees")
    if sessions < SHORT:
        yield Card("A year", "–", f"{plural(sessions, 'session')}: too short")
    else:
        yield Card("Return a year", percent(figures["cagr"], signed=True), "compounded (CAGR)")
        yield Card("Sharpe ratio", number(figures["sharpe"]), f"{evidence.periods_per_year} sessions a year")
        yield Card("Volatility", percent(figures["volatility"]), "a year")
    yield Card("Largest fall", percent(figures["max_drawdown"]), "peak to trough")


def random_cards(evidence: Evidence) -> Iterator[Card]:
    """Show where it stands among random portfolios."""
    rank = evidence.rank
    if rank is None:
        return
    yield Card("Random median", percent(rank.median_total_return, signed=True), plural(rank.n, "portfolio"))
    if rank.n > 1:
        yield Card("Percentile", percentile(rank.percentile), "100 = ahead of all")
        yield Card("p-value", p_value(rank.p_value), "one-sided")
        by_sharpe = evidence.sharpe_rank
        if by_sharpe is not None:
            place = f"among the same, p {p_value(by_sharpe.p_value)}"
            yield Card("Sharpe percentile", percentile(by_sharpe.percentile), place)


def tried_cards(evidence: Evidence) -> Iterator[Card]:
    """Show what having tried several configurations leaves of the Sharpe ratio."""
    tried = evidence.tried
    if tried is not None and tried.n > 1 and tried.deflated is not None:
        yield Card("Deflated Sharpe", percent(tried.deflated), f"true ratio above 0, {tried.n:,} tried")


def signal_cards(evidence: Evidence) -> Iterator[Card]:
    """Show how well the scores ranked."""
    table = evidence.table("signal")
    horizon = table.get("horizon")
    ahead = f"{plural(horizon, 'session')} ahead" if isinstance(horizon, int) else "daily mean"
    rank_ic = finite(table.get("rank_ic"))
    if rank_ic is None and evidence.ic is not None and len(evidence.ic):
        rank_ic = float(evidence.ic.mean())
    if rank_ic is not None:
        yield Card("Rank IC", number(rank_ic, digits=3), ahead)
    ratio = finite(table.get("rank_icir"))
    if ratio is not None:
        yield Card("Rank ICIR", number(ratio), "mean / deviation")


def trading_cards(evidence: Evidence) -> Iterator[Card]:
    """Show what it took."""
    table = evidence.table("strategy")
    turnover, costs = finite(table.get("turnover")), finite(table.get("costs"))
    if turnover is not None:
        yield Card("Turnover", number(turnover, digits=1, unit=" ×"), "one way, a year")
    if costs is not None:
        yield Card("Costs", number(costs, digits=0), f"{evidence.currency} in all".strip())


GROUPS: tuple[Callable[[Evidence], Iterator[Card]], ...] = (
    portfolio_cards,
    random_cards,
    tried_cards,
    signal_cards,
    trading_cards,
)
