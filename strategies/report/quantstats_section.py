"""QuantStats' own report, in the page's look, without the traces that QuantStats leaves in matplotlib."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pandas as pd

from .evidence import Evidence
from .layout import Section, absent, note
from .svg import quiet_matplotlib, tidy
from .words import MINUS

_TEMPLATE = Path(__file__).with_name("quantstats.html")
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "svg.fonttype": "none",
    "text.parse_math": False,
    "savefig.transparent": False,
    "figure.facecolor": "white",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "text.color": "#333333",
    "xtick.color": "#666666",
    "ytick.color": "#666666",
    "xtick.labelsize": 14,
    "ytick.labelsize": 14,
}
_COLOURS = {
    "#000000": "var(--ink)",
    "#333333": "var(--ink)",
    "#494949": "var(--muted)",
    "#666666": "var(--muted)",
    "#808080": "var(--muted)",
    "#cccccc": "var(--line)",
    "#dddddd": "var(--line)",
    "#ffffff": "var(--surface)",
    "#348dc1": "var(--portfolio)",
    "#4688af": "var(--portfolio)",
    "#fedd78": "var(--benchmark)",
    "#edd589": "var(--benchmark)",
    "#ff0000": "var(--behind)",
}
_HEAT_MAP = {key: value for key, value in _COLOURS.items() if key != "#ffffff"}
"""In the heat map white is also the text on dark cells, and stays."""


def quantstats_report(evidence: Evidence) -> str:
    """Let QuantStats report on the portfolio against the benchmark.

    Returns
    -------
    str
        HTML to be put into the page; where QuantStats cannot compute, one sentence that says why.
        It never raises for what QuantStats makes of the numbers.
    """
    reason = unsuitable(evidence.returns)
    if reason:
        return absent(f"QuantStats has no report here: {reason}.")
    try:
        markup = _run(evidence)
    except Exception as error:  # any failure of the guest must not cost the page
        return absent(f"QuantStats could not compute its report ({type(error).__name__}: {error}).")
    return _explained(evidence) + _dressed(markup)


def quantstats(evidence: Evidence) -> Section:
    """Show QuantStats' own report."""
    return Section("quantstats", "QuantStats report", quantstats_report(evidence))


def _explained(evidence: Evidence) -> str:
    against = f" against: {evidence.benchmark_name}" if evidence.benchmark_name else ""
    return note(
        f"By QuantStats{against}. Annualised with {evidence.periods_per_year} sessions a year, "
        "no risk-free rate. Left out: its bar chart of years, whose labels it gets wrong (the table of years "
        "is right), and its chart of summed daily returns, which it draws on calendar days."
    )


def unsuitable(returns: pd.Series) -> str:
    """Say why QuantStats would fail on these returns or misread them; empty where it would not.

    Examples
    --------
    >>> unsuitable(pd.Series([0.01]))
    'it needs at least two sessions'
    >>> unsuitable(pd.Series([0.0, 0.0, 0.0]))
    'the return is 0 on every session'
    >>> unsuitable(pd.Series([0.01, -0.02, 0.03]))
    ''
    """
    if len(returns) < 2:
        return "it needs at least two sessions"
    if returns.min() == returns.max():
        return f"the return is {float(returns.iloc[0]):g} on every session"
    if returns.min() >= 0 and returns.max() > 1:
        return "it takes returns that are never negative and once above 100% for prices"
    return ""


def _run(evidence: Evidence) -> str:
    with TemporaryDirectory() as folder, quiet_matplotlib(_STYLE), svg_pyplot():
        import matplotlib as mpl
        from quantstats import reports

        mpl.rcParams.update(cast(Any, _STYLE))  # importing QuantStats the first time sets its own
        output = Path(folder) / "quantstats.html"
        reports.html(
            evidence.returns.copy(),
            None if evidence.benchmark is None else evidence.benchmark.copy(),
            output=str(output),
            periods_per_year=evidence.periods_per_year,
            template_path=str(_TEMPLATE),
            match_dates=False,
            strategy_title="Portfolio",
            benchmark_title=evidence.benchmark_name or None,
        )
        return output.read_text(encoding="utf-8")


@contextmanager
def svg_pyplot() -> Iterator[None]:
    """Use pyplot with the SVG backend; give the backend back and close what was opened.

    pyplot resolves its backend on first use and keeps it, so the unresolved state is restored too:
    whoever plots afterwards gets the window they would have got.
    """
    import matplotlib as mpl

    chosen = dict.__getitem__(mpl.rcParams, "backend")  # plain reading would resolve it
    from matplotlib import pyplot as plt

    module = getattr(plt, "_backend_mod", None)
    open_before = set(plt.get_fignums())
    plt.switch_backend("svg")  # draws nothing until a figure is saved
    try:
        yield
    finally:
        for figure in set(plt.get_fignums()) - open_before:
            plt.close(figure)
        if module is not None:
            with suppress(ImportError):
                plt.switch_backend(chosen)
        else:
            plt._backend_mod = None  # type: ignore[attr-defined]
            dict.__setitem__(mpl.rcParams, "backend", chosen)


def _dressed(markup: str) -> str:
    """Put QuantStats' drawings into the page's fonts and colours; names of classes come from our template."""
    count = 0

    def figure(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        colours = _HEAT_MAP if "fixed" in match.group(1) else _COLOURS
        svg = tidy(match.group(2), prefix=f"qs{count}", colours=colours).replace(
            "<svg ", '<svg role="img" ', 1
        )
        return f"<figure{match.group(1)}>{svg}</figure>"

    markup = re.sub(r"<figure></figure>\n?", "", markup)
    markup = re.sub(r"<figure([^>]*)>(.*?)</figure>", figure, markup, flags=re.DOTALL)
    markup = re.sub(r"<tr><td[^>]*><hr></td></tr>", '<tr class="gap"></tr>', markup)
    return re.sub(r"<td>-(?=\d)", f"<td>{MINUS}", markup).replace("\ufe6a", "")
