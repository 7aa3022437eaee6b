"""The page of the experiment."""

import math
from html import escape
from typing import Any

import pandas as pd
import tomli_w

from ...signals.paper.draws import CAUSAL, PUBLISHED
from ...strategies.report.cards import Card
from ...strategies.report.layout import Section, facts, figure, halves, note
from ...strategies.report.sortable import sortable
from ...strategies.report.words import NONE, number, p_value, percent, plural
from .. import screen_charts
from ..files import recorded
from ..page_frame import framed
from . import charts
from .run import SYSTEM, Experiment
from .summary import VARIANTS
from .words import NAMES, SHORT, conclusions, headline, many, points

_ENTRIES = {
    "close": "close that decides, as the paper counts",
    "open": "open after the close that decides",
}


def page(experiment: Experiment, found: dict[str, Any]) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    experiment
        With its draws.
    found
        What ``paper.json`` holds.
    """
    window = found["window"]
    span = f"{window['decision']} to {window['last']} · {plural(found['draws'], 'draw')}"
    sections = [
        _table(found),
        _days(experiment),
        _distribution(experiment),
        _factors(found),
        _meaning(found),
        _all_factors(found),
        _settings(experiment),
    ]
    return framed(
        sections,
        title=experiment.settings.title,
        span=span,
        result=headline(found),
        notes=found["notes"],
        cards=_cards(found),
    )


def _cards(found: dict[str, Any]) -> list[Card]:
    paper = found["paper"]
    left = found["stocks"]["left"]
    cards = [
        Card("Stocks a draw", f"{left['mean']:.0f}", f"the paper: {paper['stocks']}"),
        Card("The paper", f"{points(paper['difference'])} pts", "one pair of portfolios"),
    ]
    for name in VARIANTS:
        one = found["variants"][name]
        hint = f"ahead in {percent(one['ahead'], digits=0)} of draws"
        cards.append(Card(SHORT[name], f"{points(one['difference'])} pts", hint))
    return cards


def _table(found: dict[str, Any]) -> Section:
    variants = [found["variants"][name] for name in VARIANTS]
    paper = found["paper"]
    rows = [
        ("Portfolio", *(percent(one["portfolio"], digits=2) for one in variants), _paper(paper, "portfolio")),
        ("Random stocks", *(percent(one["random"], digits=2) for one in variants), _paper(paper, "random")),
        ("Lead, points", *(points(one["difference"]) for one in variants), points(paper["difference"])),
        ("5% of draws below", *(points(one["p05"]) for one in variants), ""),
        ("5% of draws above", *(points(one["p95"]) for one in variants), ""),
        ("Draws ahead", *(percent(one["ahead"], digits=0) for one in variants), ""),
        ("Draws with the paper's lead", *(percent(one["as_large"], digits=0) for one in variants), ""),
        ("t over draws", *(number(one["t_draws"], digits=1) for one in variants), ""),
        ("t over sessions", *(number(one["t_sessions"], digits=1) for one in variants), ""),
        ("p over sessions", *(_p(one["p_sessions"]) for one in variants), ""),
        ("Lead over the draw's mean stock", *(points(one["over_everyone"]) for one in variants), ""),
        ("Draws ahead of it", *(percent(one["ahead_of_everyone"], digits=0) for one in variants), ""),
    ]
    heads = ["", *(SHORT[name] for name in VARIANTS), "The paper"]
    text = (
        f"Mean returns of the {found['window']['held']} sessions, each day's in equal parts of "
        f"{found['k']} stocks, no costs. Walk-forward is this project's own model; chance alone is "
        f"{many(found['k'])} random stocks against the same number of others. The mean stock of a draw "
        f"returned {percent(found['everyone'], digits=2)} a session."
    )
    table = facts(f"A session, bought at the {_ENTRIES[found['window']['entry']]}", rows, heads=heads)
    return Section("table", "Side by side", f'<div class="scroll">{table}</div>{note(text)}')


def _p(value: float) -> str:
    return p_value(value) if math.isfinite(value) else NONE


def _paper(paper: dict[str, Any], name: str) -> str:
    return percent(paper[name], digits=2)


def _days(experiment: Experiment) -> Section:
    material, draws = experiment.material, experiment.draws
    days = material.dates[-1 - len(material.held) :]
    k = many(experiment.settings.draws.k)
    keys = [("portfolio", f"{k} highest"), ("random", f"{k} at random")]
    parts = [
        figure(
            "Return of each day, the first draw, as published",
            charts.daily(draws[0], PUBLISHED, material.held),
            keys=keys,
            note="One draw, like the paper's Figure 3. What follows shows all of them.",
        )
    ]
    parts += [
        figure(
            f"Gain since the decision: {NAMES[name][0].lower()}{NAMES[name][1:]}",
            charts.growth(draws, name, days),
            keys=keys,
            note="Lines: means over draws. Bands: from the 5th to the 95th percentile of the draws.",
        )
        for name in (PUBLISHED, CAUSAL, SYSTEM)
    ]
    return Section("days", "The days held", "".join(parts))


def _distribution(experiment: Experiment) -> Section:
    k = many(experiment.settings.draws.k)
    edges, highest = charts.bars_of(experiment.draws, VARIANTS)
    keys = [("portfolio", "mean of the draws"), ("benchmark", "the paper's lead")]
    parts = [
        figure(NAMES[name], charts.leads(experiment.draws, name, edges, highest), keys=keys)
        for name in VARIANTS
    ]
    text = (
        f"Draws by their lead over {k} random stocks, in percentage points a session. The last one is luck "
        f"alone: {k} random stocks against {k} others."
    )
    return Section("draws", "The distribution over draws", note(text) + halves(parts))


def _factors(found: dict[str, Any]) -> Section:
    factors = found["factors"]
    known, targets, parts = factors["table_1"], sorted(factors["passed"]), []
    for target in targets:
        shares = pd.Series({code: factors["shares"][code][target]["share"] for code in known})
        often = pd.Series({code: factors["shares"][code][target]["passes"] > 0.5 for code in known})
        order = shares.sort_values(ascending=False, kind="stable").index
        drawing = screen_charts.bars(
            shares[order],
            often[order],
            name=f"share-{target}",
            label=f"Share of significant stocks, next {target}",
            threshold=190 / 212,
        )
        keys = [("portfolio", "passes in most draws"), ("random", "does not")]
        keys.append(("benchmark", "the paper's threshold, 190 of 212"))
        parts.append(figure(f"Share of stocks significant with the next {target}", drawing, keys=keys))
    rows = [(code, *_cells(factors["shares"][code], targets)) for code in known]
    heads = ["", *(part for name in targets for part in (f"Share, next {name}", "Passes in"))]
    table = facts("The paper's Table 1, means over draws", rows, heads=heads)
    return Section("factors", "The paper's factors", "".join(parts) + f'<div class="scroll">{table}</div>')


def _cells(shares: dict[str, dict[str, float]], targets: list[str]) -> list[str]:
    return [
        text
        for name in targets
        for text in (percent(shares[name]["share"]), percent(shares[name]["passes"], digits=0))
    ]


def _meaning(found: dict[str, Any]) -> Section:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in conclusions(found))
    return Section("meaning", "What it means, and what it does not", f'<ul class="notes">{items}</ul>')


def _all_factors(found: dict[str, Any]) -> Section:
    shares = found["factors"]["shares"]
    targets = sorted(found["factors"]["passed"])
    table = pd.DataFrame(
        {
            f"{head}_{name}": {code: one[name][key] for code, one in shares.items()}
            for name in targets
            for key, head in (("share", "share_next"), ("passes", "passes_next"))
        }
    ).rename_axis("factor")
    shown = sortable(table, name="all-candidates", label="all candidates", file="paper.json")
    text = note("Fractions of stocks, and of draws.") + shown
    left_out = found["factors"]["left_out"]
    if left_out:
        reasons = "; ".join(f"{code}: {why}" for code, why in left_out.items())
        text += note(f"{len(left_out)} others cannot be computed from this data. {reasons}.")
    return Section("candidates", "All candidates", text)


def _settings(experiment: Experiment) -> Section:
    return Section(
        "settings", "Settings", f"<pre>{escape(tomli_w.dumps(recorded(experiment.settings)))}</pre>"
    )
