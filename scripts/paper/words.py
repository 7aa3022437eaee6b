"""What the numbers say, in words: each sentence follows from ``paper.json`` and from nothing else."""

from typing import Any

from ...signals.paper.draws import CAUSAL, CHANCE, PUBLISHED
from ...strategies.report.words import number, percent
from .run import SYSTEM

NAMES = {
    PUBLISHED: "As published (looks ahead)",
    CAUSAL: "The same without leaks",
    SYSTEM: "This project's walk-forward",
    CHANCE: "Others at random",
}
SHORT = {
    PUBLISHED: "As published",
    CAUSAL: "Without leaks",
    SYSTEM: "Walk-forward",
    CHANCE: "Chance alone",
}
_COMPARED = {
    PUBLISHED: "the paper's steps as published, which look ahead,",
    CAUSAL: "the same steps without the leaks",
    SYSTEM: "this project's walk-forward",
}
LEVEL = 0.05
"""Two-sided p-value below which a mean is called different from zero."""


def points(value: float | None) -> str:
    """Write a difference of returns in percentage points a day.

    Examples
    --------
    >>> points(0.0018), points(-0.0004)
    ('+0.18', '−0.04')
    """
    return number(None if value is None else 100 * value, digits=2, signed=True)


def many(k: int) -> str:
    """Write the number of stocks held.

    Examples
    --------
    >>> many(10), many(5)
    ('ten', '5')
    """
    return "ten" if k == 10 else str(k)


def headline(found: dict[str, Any]) -> str:
    """Say in one paragraph what came out."""
    parts = [_lead(found["variants"][name], subject) for name, subject in _COMPARED.items()]
    return f"{_setup(found)} {'; '.join(parts)}. {against_luck(found)}"


def conclusions(found: dict[str, Any]) -> list[str]:
    """Return what follows, a sentence or two each."""
    return [_leaks(found), _time(found), _factors(found), _system(found)]


def _setup(found: dict[str, Any]) -> str:
    stocks, window = found["stocks"], found["window"]
    return (
        f"{found['draws']:,} draws of {stocks['drawn']} from all {stocks['all']:,} stocks, "
        f"{stocks['left']['mean']:.0f} of them on average without a gap in the {window['sessions']} sessions "
        f"to {window['decision']} (the paper: {found['paper']['stocks']}). Over the {window['held']} "
        "sessions after it,"
    )


def _lead(one: dict[str, float], subject: str) -> str:
    """Say what a variant made of it."""
    verb = "led" if one["difference"] > 0 else "trailed"
    return (
        f"{subject} {verb} as many random stocks by {number(abs(100 * one['difference']))} points a session "
        f"on average, ahead in {percent(one['ahead'], digits=0)} of the draws"
    )


def against_luck(found: dict[str, Any]) -> str:
    """Set the single result of the paper beside what luck alone does."""
    paper, chance = found["paper"], found["variants"][CHANCE]
    verdict = (
        "so its one comparison cannot be told from luck"
        if chance["as_large"] > 0.05
        else "so luck alone rarely makes such a lead"
    )
    k = many(found["k"])
    return (
        f"The paper reports {percent(paper['portfolio'], digits=2)} against "
        f"{percent(paper['random'], digits=2)}, {points(paper['difference'])} points. {k.capitalize()} "
        f"random stocks beat {k} others by as much in {percent(chance['as_large'], digits=0)} of the draws, "
        f"{verdict}."
    )


def _leaks(found: dict[str, Any]) -> str:
    published, causal = (found["variants"][name]["difference"] for name in (PUBLISHED, CAUSAL))
    gain = published - causal
    draws, same = found["draws"], found["same_network"]
    text = (
        f"The leaks {'add' if gain > 0 else 'take'} {number(100 * abs(gain))} points a session "
        f"({points(published)} with, {points(causal)} without them)."
    )
    if same:
        text += (
            f" In {same:,} of {draws:,} draws both variants learned from the same numbers and have the same "
            "network: there the only difference is that one of them is asked with factor values of the days "
            "held."
        )
    return text


def _time(found: dict[str, Any]) -> str:
    held = found["window"]["held"]
    variants = {SHORT[name].lower(): found["variants"][name] for name in _COMPARED}
    p = {name: one["p_sessions"] for name, one in variants.items()}
    shown = ", ".join(
        f"{number(one['t_sessions'], digits=1, signed=True)} {name} (p {number(p[name], digits=3)})"
        for name, one in variants.items()
    )
    sure = [name for name, value in p.items() if value < LEVEL]
    verdict = (
        f"below {LEVEL:g} {' and '.join(sure)}, of {len(p)} tests"
        if sure
        else f"none below {LEVEL:g}, so none differs surely from 0"
    )
    return (
        f"All draws share the same {held} sessions and many stocks. The t over draws tells how sure the mean "
        "is for these very days, the luck of drawing stocks, and nothing about other days. Taken over the "
        f"{held} sessions instead, the daily leads have a t of {shown}: {verdict}; and {held} sessions in "
        "a row are little to go by in any case."
    )


def _factors(found: dict[str, Any]) -> str:
    factors = found["factors"]
    kept, known = factors["kept"], factors["table_1"]
    often = {
        target: [code for code in known if factors["shares"][code][target]["passes"] > 0.5]
        for target in factors["passed"]
    }
    listed = "; ".join(
        f"against the next {target} {len(codes)}" + (f" ({', '.join(codes)})" if codes else "")
        for target, codes in sorted(often.items())
    )
    missing = f"; {', '.join(factors['missing'])} cannot be computed here" if factors["missing"] else ""
    return (
        f"Of the {len(known)} factors of the paper's Table 1 these pass in most draws: {listed}{missing}. Of "
        f"{factors['candidates']} candidates {kept['mean']:.1f} are kept on average ({kept['min']} to "
        f"{kept['max']}; the paper: {found['paper']['factors']}), by their correlation with the next "
        f"{factors['target']}."
    )


def _system(found: dict[str, Any]) -> str:
    system, window = found["system"], found["window"]
    return (
        f"This project's model learned once, from the bars of all {system['stocks']:,} stocks from "
        f"{system['first_bar']} to {window['decision']}, for the data begins there; its labels end "
        f"{window['held']} sessions and one before the decision. A draw only picks among its scores, so its "
        "draws have one model in common, and it has seen more stocks than the paper's steps have."
    )
