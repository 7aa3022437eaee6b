"""What every section is made of."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class Section(NamedTuple):
    """One part of the page: ``anchor`` and ``title`` for the contents, ``html`` for the body."""

    anchor: str
    title: str
    html: str


def figure(title: str, drawing: str, *, keys: Sequence[tuple[str, str]] = (), note: str = "") -> str:
    """Frame a chart.

    Parameters
    ----------
    title
        Its heading, with the unit where the axis does not show it.
    drawing
        The ``<svg>`` elements.
    keys
        The legend: pairs of a colour of the style sheet and a text.
    note
        One line of explanation.
    """
    marks = "".join(f'<li><i class="key {colour}"></i>{escape(text)}</li>' for colour, text in keys)
    legend = f'<ul class="legend">{marks}</ul>' if marks else ""
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<figure><figcaption><h3>{escape(title)}</h3>{legend}</figcaption>{drawing}{below}</figure>"


def facts(title: str, rows: Sequence[Sequence[str]], *, heads: Sequence[str] = ()) -> str:
    """Write a small table of a name and one or more values per row, under a heading."""
    head = "".join(f'<th scope="col"{_right(place)}>{escape(text)}</th>' for place, text in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f'<td class="number">{escape(value)}</td>' for value in values)
        + "</tr>"
        for name, *values in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<div class="facts"><h3>{escape(title)}</h3><table>{top}<tbody>{body}</tbody></table></div>'


def halves(parts: Sequence[str]) -> str:
    """Put parts side by side, two in a row where the page is wide enough."""
    return f'<div class="halves">{"".join(parts)}</div>'


def absent(text: str) -> str:
    """Say that there is nothing to show, and why."""
    return f'<p class="absent">{escape(text)}</p>'


def note(text: str) -> str:
    """Write a line of explanation."""
    return f'<p class="note">{escape(text)}</p>'


def _right(place: int) -> str:
    return ' class="number"' if place else ""
