"""Sections on the signal: how well the scores ranked, which factors were behind them."""

from collections.abc import Callable, Mapping

import pandas as pd

from . import charts, tables
from .evidence import Evidence, finite
from .layout import Section, facts, figure, halves, note
from .words import number, percent, plural

DAILY_BARS = 60
"""Sessions up to which the IC is drawn by session; beyond, by month."""

_SUMMARY: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("rank_ic_t", "t-statistic of the mean, overlap allowed for", number),
    ("rank_autocorrelation", "Rank autocorrelation over the horizon", number),
    ("turnover", "Best quantile replaced over the horizon", percent),
    ("coverage", "Traded stocks with a score", percent),
)
"""Figures of ``metrics['signal']`` that the page does not compute itself."""


def signal(evidence: Evidence) -> Section | None:
    """Show how well the scores ranked the stocks: IC over time, cumulated, and returns by quantile."""
    parts = []
    if evidence.quantile_returns is not None and len(evidence.quantile_returns):
        bars = charts.named_bars(
            evidence.quantile_returns, name="quantiles", label="Mean return by quantile of score"
        )
        text = (
            "Stocks sorted each day by predicted return, lowest first; mean of what they then returned a day."
        )
        parts.append(figure("Return a day by quantile of score", bars, note=text))
    if evidence.ic is not None and len(evidence.ic):
        parts += _ic(evidence.ic)
    parts += [*_decay(evidence), *_autocorrelation(evidence), *_facts(evidence)]
    return Section("signal", "Signal quality", halves(parts)) if parts else None


def _ic(ic: pd.Series) -> list[str]:
    short = len(ic) <= DAILY_BARS
    table = (ic if short else ic.resample("MS").mean().dropna()).to_frame()
    title = "Rank IC by session" if short else "Rank IC, monthly mean"
    bars = charts.dated_bars(table, name="ic", label=title)
    line = charts.dated_line(ic.cumsum(), name="ic-sum", label="Cumulated rank IC")
    return [
        figure(title, bars),
        figure("Rank IC, cumulated", line, note="A steady slope is a steady signal."),
    ]


def _decay(evidence: Evidence) -> list[str]:
    title, text = "Rank IC by horizon, sessions", "How far ahead the scores rank the stocks."
    return _bars_of(evidence, "decay", title, text)


def _autocorrelation(evidence: Evidence) -> list[str]:
    title = "Rank autocorrelation, sessions apart"
    text = "How much of the order of the scores is still there so many sessions later."
    return _bars_of(evidence, "autocorrelation", title, text)


def _bars_of(evidence: Evidence, name: str, title: str, text: str) -> list[str]:
    """Draw a mapping of ``metrics['signal']``, nothing where it is absent or has no finite value."""
    table = evidence.table("signal").get(name)
    if not isinstance(table, Mapping):
        return []
    values = pd.Series({str(key): finite(value) for key, value in table.items()}, dtype=float).dropna()
    if not len(values):
        return []
    return [figure(title, charts.named_bars(values, name=name, label=title, as_percent=False), note=text)]


def _facts(evidence: Evidence) -> list[str]:
    rows = [] if evidence.ic is None or not len(evidence.ic) else _ic_rows(evidence.ic)
    table = evidence.table("signal")
    rows += [
        (label, write(value))
        for name, label, write in _SUMMARY
        if (value := finite(table.get(name))) is not None
    ]
    return [facts("The signal in numbers", rows)] if rows else []


def _ic_rows(ic: pd.Series) -> list[tuple[str, str]]:
    deviation = float(ic.std()) if len(ic) > 1 else float("nan")
    mean = float(ic.mean())
    return [
        ("Sessions with an IC", f"{len(ic):,}"),
        ("Mean daily rank IC", number(mean, digits=3)),
        ("Its standard deviation", number(deviation, digits=3)),
        ("Mean over deviation (ICIR)", number(mean / deviation if deviation else None)),
        ("Above zero", percent(float((ic > 0).mean()))),
    ]


def factors(evidence: Evidence) -> Section | None:
    """Show which factors the screen kept at each refit."""
    selected = evidence.selected_factors
    if not any(selected.values()):  # a model that reads none
        return None
    counts = [len(codes) for codes in selected.values()]
    low, high = min(counts), max(counts)
    kept = plural(high, "factor") if low == high else f"{low} to {high} factors"
    text = f"{plural(len(selected), 'refit')}; {kept} kept at each, the most often kept first."
    return Section("factors", "Factors kept", note(text) + tables.factor_grid(selected))
