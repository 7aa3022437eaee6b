"""From matplotlib figures to inline SVG that follows the page: its fonts, its colours, light or dark."""

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = {
    "ink": "#0b0e11",
    "muted": "#6b7681",
    "line": "#d9dee3",
    "surface": "#fefefe",
    "portfolio": "#2458b8",
    "random": "#87919c",
    "benchmark": "#c4701b",
    "behind": "#c4701c",
    "cost1": "#2458b9",
    "cost2": "#7a5aa8",
    "cost3": "#2f8f83",
    "cost4": "#87919d",
}
"""Names of the style sheet's colours and the stand-ins drawn for them; every stand-in is unique."""

_VARIABLES = {stand_in: f"var(--{name})" for name, stand_in in INK.items()}
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 12.0,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": INK["line"],
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": INK["line"],
    "grid.linewidth": 0.8,
    "xtick.color": INK["line"],
    "xtick.labelcolor": INK["muted"],
    "xtick.major.size": 4.0,
    "ytick.labelcolor": INK["muted"],
    "ytick.major.size": 0.0,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "savefig.transparent": True,
}
WIDE, NARROW, HALF = (1000, 330), (360, 250), (484, 270)


@contextmanager
def quiet_matplotlib(style: Mapping[str, object] | None = None) -> Iterator[None]:
    """Start from matplotlib's defaults plus ``style``; restore settings, log level and warnings."""
    import matplotlib as mpl

    fonts = logging.getLogger("matplotlib.font_manager")
    level = fonts.level
    fonts.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), mpl.rc_context():
            warnings.simplefilter("ignore")
            mpl.rcdefaults()
            mpl.rcParams.update(
                cast(Any, {"svg.hashsalt": "btalpha", **(_STYLE if style is None else style)})
            )
            yield
    finally:
        fonts.setLevel(level)


def draw(plot: Callable[["Axes"], None], *, name: str, label: str, half: bool = False) -> str:
    """Draw a chart twice, for a wide and a narrow page; the style sheet shows the one that fits.

    Parameters
    ----------
    plot
        Draws on the axes it is given.
    name
        Prefix of the identifiers inside the drawing, unique on the page.
    label
        What a screen reader says.
    half
        Half the width of the page.

    Returns
    -------
    str
        Two ``<svg>`` elements.
    """
    sizes = {"wide": HALF if half else WIDE, "narrow": NARROW}
    return "".join(_drawn(plot, size, f"{name}-{kind}", label, kind) for kind, size in sizes.items())


def _drawn(plot: Callable[["Axes"], None], size: tuple[int, int], prefix: str, label: str, kind: str) -> str:
    from matplotlib.figure import Figure

    width, height = size
    with quiet_matplotlib():
        figure = Figure(figsize=(width / 72, height / 72))
        axes = figure.add_subplot()
        plot(axes)
        left = _label_width(axes)
        figure.subplots_adjust(left / width, 40 / height, 1 - 18 / width, 1 - 8 / height)
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    markup = tidy(buffer.getvalue().decode(), prefix=prefix, colours=_VARIABLES)
    return markup.replace("<svg ", f'<svg class="{kind}" role="img" aria-label="{escape(label)}" ', 1)


def _label_width(axes: "Axes") -> float:
    """Room for the labels on the left; the same for most charts, so that they stand in line."""
    texts = axes.yaxis.get_major_formatter().format_ticks(list(axes.get_yticks()))
    return max(46.0, 12 + 7.1 * max(map(len, texts), default=0))


def tidy(svg: str, *, prefix: str, colours: Mapping[str, str]) -> str:
    """Make one of matplotlib's files fit to be put into a page.

    Prolog, metadata, name spaces and unused identifiers go; the identifiers that are left get a
    prefix; coordinates keep two decimals; fonts come from the page, and so do ``colours``.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"| version="[^"]*"', "", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    svg = svg.replace("xlink:href", "href")
    svg = _own_identifiers(svg, prefix)
    svg = re.sub(r' (?:d|x|y|transform|points)="[^"]*"', _two_decimals, svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda match: colours.get(match.group(), match.group()), svg)
    return re.sub(r"\s*\n\s*", " ", svg)


def _two_decimals(attribute: re.Match[str]) -> str:
    return re.sub(r"(\d\.\d\d)\d+", r"\1", attribute.group())


def _own_identifiers(svg: str, prefix: str) -> str:
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", svg))
    names = {name for pair in used for name in pair if name}

    def identifier(match: re.Match[str]) -> str:
        return f' id="{prefix}-{match.group(1)}"' if match.group(1) in names else ""

    svg = re.sub(r' id="([^"]*)"', identifier, svg)
    return re.sub(r"(url\(|href=\")#", rf"\g<1>#{prefix}-", svg)
