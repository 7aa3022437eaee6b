"""The frame of a page in the look of the tearsheet: one HTML file that needs no network and no other file."""

import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from ..strategies.report.cards import Card
from ..strategies.report.layout import Section


def framed(
    sections: Sequence[Section],
    *,
    title: str,
    span: str,
    result: str,
    notes: Sequence[str] = (),
    cards: Sequence[Card] = (),
) -> str:
    """Return a page as HTML.

    Parameters
    ----------
    sections
        Its parts, in order.
    title, span, result, notes
        Heading, the line above it, the result in words, and sentences below: plain text.
    cards
        Key figures.
    """
    items = "".join(f"<li>{escape(text)}</li>" for text in notes)
    links = (f'<li><a href="#{part.anchor}">{escape(part.title)}</a></li>' for part in sections)
    slots = {
        "title": escape(title),
        "span": escape(span),
        "result": escape(result),
        "cards": _cards(cards),
        "notes": f'<ul class="notes">{items}</ul>' if items else "",
        "contents": "".join(links),
        "sections": "".join(
            f'<section id="{part.anchor}"><h2>{escape(part.title)}</h2>{part.html}</section>'
            for part in sections
        ),
        "style": _read("style.css"),
        "script": _read("table.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: slots[match.group(1)], _read("template.html"))


def _cards(cards: Sequence[Card]) -> str:
    items = "".join(
        f"<div><dt>{escape(card.label)}</dt><dd><b>{escape(card.value)}</b>"
        f"<span>{escape(card.hint)}</span></dd></div>"
        for card in cards
    )
    return f'<dl class="cards">{items}</dl>' if items else ""


def _read(name: str) -> str:
    """Return a part of the page that the tearsheet has too: its template, style or script."""
    return (files("btalpha.strategies.report") / name).read_text(encoding="utf-8")
