"""The section on what was run: span, configuration, versions."""

import platform
from html import escape
from importlib.metadata import PackageNotFoundError, version

from .evidence import Evidence
from .layout import Section, facts
from .words import day, plural

PACKAGES = ("btalpha", "backtrader", "quantstats", "numpy", "pandas", "torch", "matplotlib")


def settings(evidence: Evidence) -> Section:
    """Show the span, the versions and the configuration as TOML."""
    dates = evidence.returns.index
    rows = [
        ("First session", day(dates[0])),
        ("Last session", day(dates[-1])),
        ("Length", plural(len(dates), "session")),
        ("Sessions a year, for annualising", str(evidence.periods_per_year)),
    ]
    html = facts("Span", [*rows, *_data(evidence)]) + facts("Versions", versions())
    text = evidence.config_text.strip()
    if text:
        label = 'tabindex="0" role="region" aria-label="Configuration"'
        html = f"<div>{html}</div><div><h3>Configuration</h3><pre {label}>{escape(text)}</pre></div>"
    return Section("settings", "Settings and versions", f'<div class="settings">{html}</div>')


def _data(evidence: Evidence) -> list[tuple[str, str]]:
    """Return what is known of the bars, the seed and the configurations tried."""
    table, seed, tried = evidence.table("data"), evidence.setting("seed"), evidence.tried
    rows = [
        (label, day(table[name]))
        for name, label in (("first", "First bar of the data"), ("last", "Last bar of the data"))
        if table.get(name) is not None
    ]
    if isinstance(table.get("symbols"), int):
        rows.append(("Stocks in the data", f"{table['symbols']:,}"))
    if isinstance(seed, int):
        rows.append(("Seed", str(seed)))
    if tried is not None:
        rows.append(("Configurations tried", f"{tried.n:,}"))
    return rows


def versions() -> list[tuple[str, str]]:
    """Return the versions of Python and of the packages that shape a result, as (name, version).

    A package that is not installed is left out. Nothing is imported.
    """
    found = [("Python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return found
