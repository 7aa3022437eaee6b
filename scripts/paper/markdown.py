"""The experiment as Markdown: the table of the README, and ``paper.md``."""

from textwrap import fill
from typing import Any

from ...strategies.report.words import number, percent
from .summary import VARIANTS
from .words import NAMES, against_luck, conclusions, headline, many, points


def paper_table(found: dict[str, Any]) -> str:
    """Return the variants beside the paper as a Markdown table.

    Parameters
    ----------
    found
        What ``paper.json`` holds.
    """
    lines = [
        f"| mean a session, {found['window']['decision']} to {found['window']['last']} "
        f"| portfolio | random {many(found['k'])} | lead, points | 5 % to 95 % of draws | ahead "
        "| t over draws | t over sessions |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in VARIANTS:
        one = found["variants"][name]
        cells = [
            NAMES[name],
            percent(one["portfolio"], digits=2),
            percent(one["random"], digits=2),
            points(one["difference"]),
            f"{points(one['p05'])} to {points(one['p95'])}",
            percent(one["ahead"], digits=0),
            number(one["t_draws"], digits=1),
            number(one["t_sessions"], digits=1),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    paper = found["paper"]
    cells = ["The paper, once", percent(paper["portfolio"], digits=2), percent(paper["random"], digits=2)]
    lines.append(f"| {' | '.join(cells)} | {points(paper['difference'])} | | | | |")
    return "\n".join(lines)


def factor_table(found: dict[str, Any]) -> str:
    """Return the paper's factors with their mean share of stocks and the draws in which they pass."""
    factors = found["factors"]
    targets = sorted(factors["passed"])
    heads = [part for name in targets for part in (f"share, next {name}", "passes in")]
    lines = [f"| factor | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for code in factors["table_1"]:
        cells = [
            percent(factors["shares"][code][name][key], digits=digits)
            for name in targets
            for key, digits in (("share", 1), ("passes", 0))
        ]
        lines.append(f"| `{code}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def excerpt(found: dict[str, Any]) -> str:
    """Return what the README shows: the table, and what follows from it in three paragraphs."""
    leaks, time, *_ = conclusions(found)
    paragraphs = (against_luck(found), leaks, time)
    return "\n\n".join([paper_table(found), *(fill(text, 108) for text in paragraphs)])


def document(found: dict[str, Any]) -> str:
    """Return ``paper.md``."""
    meaning = "\n".join(f"- {sentence}" for sentence in conclusions(found))
    return (
        f"# {found['title']}\n\n{headline(found)}\n\n{paper_table(found)}\n\n{meaning}\n\n"
        f"{factor_table(found)}\n"
    )
