"""Numbers and results in words, the same everywhere on the page."""

import math

import pandas as pd

from .evidence import Evidence

NONE = "–"
MINUS = "−"


def percent(value: float | None, *, digits: int = 1, signed: bool = False) -> str:
    """Write a fraction as a percentage.

    Examples
    --------
    >>> percent(-0.1234), percent(0.5, signed=True), percent(None)
    ('−12.3%', '+50.0%', '–')
    """
    return number(None if value is None else 100 * value, digits=digits, signed=signed, unit="%")


def number(value: float | None, *, digits: int = 2, signed: bool = False, unit: str = "") -> str:
    """Write a number with a true minus sign and thousands apart; a dash where there is none.

    Examples
    --------
    >>> number(-1234.5, digits=1), number(float("nan")), number(-0.001)
    ('−1,234.5', '–', '0.00')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{abs(value):,.{digits}f}"
    if not text.strip("0.,"):
        return text + unit
    sign = MINUS if value < 0 else "+" if signed else ""
    return sign + text + unit


def p_value(value: float) -> str:
    """Write a p-value: three digits, and what is smaller as such.

    Examples
    --------
    >>> p_value(0.0396), p_value(0.0001)
    ('0.040', '<0.001')
    """
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def percentile(value: float) -> str:
    """Write a percentile without trailing zeros.

    Examples
    --------
    >>> percentile(97.0), percentile(98.75)
    ('97', '98.8')
    """
    return f"{value:.1f}".removesuffix(".0")


def day(value: object) -> str:
    """Write a date as ISO 8601."""
    return f"{pd.Timestamp(str(value)):%Y-%m-%d}"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "session"), plural(2000, "session")
    ('1 session', '2,000 sessions')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def in_currency(text: str, currency: str) -> str:
    """Add the currency to a heading, where it is known.

    Examples
    --------
    >>> in_currency("Costs", "CNY"), in_currency("Costs", "")
    ('Costs, CNY', 'Costs')
    """
    return f"{text}, {currency}" if currency else text


def result(evidence: Evidence) -> str:
    """Say in one paragraph what came out; plain text."""
    makers = (_own, _against_random, _against_benchmark, _risk, _tried)
    parts = [make(evidence) for make in makers]
    return " ".join(part for part in parts if part)


def _own(evidence: Evidence) -> str:
    dates = evidence.returns.index
    span = f"On {day(dates[0])}" if len(dates) == 1 else f"From {day(dates[0])} to {day(dates[-1])}"
    k = evidence.k
    best = "" if k is None else f" of the {plural(k, 'stock')} with the highest predicted return"
    who = f"the portfolio{best}"
    total = evidence.figures["total_return"] or 0.0
    if (evidence.returns == 0).all():
        return f"{span} ({plural(len(dates), 'session')}), {who} never moved: 0.0% on every session."
    verb = "gained" if total >= 0 else "lost"
    text = f"{span} ({plural(len(dates), 'session')}), {who} {verb} {percent(abs(total))} after fees"
    ruin = evidence.returns.index[evidence.returns == -1.0]
    return f"{text}: everything, on {day(ruin[0])}." if len(ruin) else f"{text}."


def _against_random(evidence: Evidence) -> str:
    rank = evidence.rank
    if rank is None:
        return ""
    chance = "the chance that a random portfolio does at least as well"
    if rank.n == 1:
        return (
            f"The one random portfolio, under the same rules, returned {percent(rank.median_total_return)}."
        )
    return (
        f"The median of {rank.n:,} random portfolios, picked from the same universe under the same rules, "
        f"returned {percent(rank.median_total_return)}. That puts the portfolio at percentile "
        f"{percentile(rank.percentile)} among them; the one-sided p-value is {p_value(rank.p_value)} "
        f"({chance})."
    )


def _against_benchmark(evidence: Evidence) -> str:
    if evidence.benchmark is None or evidence.benchmark_is_random:
        return ""
    total = float((1.0 + evidence.benchmark).prod() - 1.0)
    return f"{evidence.benchmark_name} returned {percent(total)}."


def _risk(evidence: Evidence) -> str:
    fall = evidence.figures["max_drawdown"]
    if not fall or fall == -1.0:
        return ""
    sharpe = evidence.figures["sharpe"]
    tail = (
        ""
        if sharpe is None or len(evidence.returns) < 60
        else f"; the Sharpe ratio was {number(sharpe)} a year"
    )
    return f"The largest fall from a peak was {percent(-fall)}{tail}."


def _tried(evidence: Evidence) -> str:
    tried = evidence.tried
    if tried is None or tried.n < 2:
        return ""
    text = f"It is one of {tried.n:,} configurations that were tried"
    if tried.deflated is None:
        return f"{text}, so that its figures look better than they are."
    return (
        f"{text}: with that allowed for, the probability that its true Sharpe ratio is above 0 is "
        f"{percent(tried.deflated)} (deflated Sharpe ratio)."
    )
