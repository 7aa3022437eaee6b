"""``btalpha screen``: which factors hold up, as a table, a CSV file and a page."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w

from ...feeds import Panel
from ...signals import ICScreen, compute_factors
from ...signals.factors import computable
from ...signals.features import neutralisation_context
from ...signals.ic import Target, daily_ic
from ...signals.labels import forward_returns
from ...signals.screening.redundancy import rank_correlations
from ..build import build_panel, build_preprocessor, build_screen
from ..files import recorded
from ..output import check_writable, replaced_folder
from ..progress import stages
from ..screen_table import paper_line, print_screening
from ..settings import Settings, SettingsError

FILES = ("screening.html", "screening.csv", "ic.csv", "config.toml")
DRAWN = 24
"""Factors in the heat map and in the IC over time: more cannot be told apart."""

_PRICE_NOTE = (
    "prices wander, and so do price levels: they correlate over short windows whether one foretells the "
    "other or not; --lags 10 counts only pairs that are worth an independent one"
)


@dataclass(frozen=True)
class Screening:
    """What a screening found.

    Attributes
    ----------
    settings
        What was run.
    screen
        Fitted.
    dates, symbols
        The T days and N stocks that counted.
    daily
        T x up to :data:`DRAWN` daily rank ICs with the return that followed, strongest factors first.
    correlations
        Rank correlations of the same factors.
    notes
        What was left out.
    """

    settings: Settings
    screen: ICScreen
    dates: pd.DatetimeIndex
    symbols: pd.Index
    daily: pd.DataFrame
    correlations: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row a factor, strongest first."""
        assert self.screen.table_ is not None
        return self.screen.table_


def run(settings: Settings, out: Path, *, demo: bool = False, quiet: bool = False) -> None:
    """Screen factors and put the files into ``out``, whole or not at all.

    Raises
    ------
    SettingsError, DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    from ..screen_page import write_page

    out = out.resolve()
    check_writable(out, FILES)
    if settings.data.bars is not None and demo:
        raise SettingsError("give --demo or --data, not both")
    if settings.data.bars is None and not demo:
        raise SettingsError("there are no bars: give --data FILE, or --demo for the simulated market")
    logging.captureWarnings(True)
    with stages(quiet=quiet) as shown:
        shown.begin("read the bars")
        panel = build_panel(settings.data)
        shown.begin("compute and screen the factors")
        result = execute(settings, panel)
        shown.begin("write the page")
        with replaced_folder(out, FILES) as folder:
            write_page(result, folder / "screening.html")
            write_files(result, folder)
    print_screening(result.screen, result.notes)
    line = paper_line(result.screen)
    print(f"{line}\n\n" if line else "\n", end="")
    print(f"The page is {out / 'screening.html'}, the table {out / 'screening.csv'}")


def write_files(result: Screening, folder: Path) -> None:
    """Write the table, the correlations behind it and the settings."""
    result.table.to_csv(folder / "screening.csv", index_label="factor", float_format="%.8g")
    ic = result.screen.ic_
    assert ic is not None
    ic.to_csv(folder / "ic.csv", index_label=str(ic.index.name or "date"), float_format="%.6g")
    (folder / "config.toml").write_text(tomli_w.dumps(recorded(result.settings)), encoding="utf-8")


def execute(settings: Settings, panel: Panel) -> Screening:
    """Do the work without writing anything."""
    screen = build_screen(settings)
    inside = _window(settings, panel)
    notes = list(panel.repairs)
    if settings.screen.complete_only:
        panel, note = _complete(panel, inside)
        notes.append(note)
    factors, left_out = _factors(settings, panel, inside)
    notes += left_out
    counted = (panel.universe_array & panel.traded_array)[inside]
    horizon, label = settings.model.horizon, settings.model.label
    if screen.target == "price":
        notes.append(_PRICE_NOTE)
    labels = screen.labels(panel, horizon, label=label)[inside]
    screen.fit(factors, labels, universe=counted, horizon=horizon)
    returns = forward_returns(panel, horizon, label=label)[inside]
    drawn = _drawn(screen)
    return Screening(
        settings=settings,
        screen=screen,
        dates=panel.dates[inside],
        symbols=panel.symbols[np.flatnonzero(counted.any(axis=0))],
        daily=_daily({code: factors[code] for code in drawn}, np.where(counted, returns, np.nan)),
        correlations=rank_correlations(factors, drawn, counted),
        notes=tuple(notes),
    )


def _window(settings: Settings, panel: Panel) -> np.ndarray:
    start = panel.dates[0] if settings.screen.start is None else pd.Timestamp(settings.screen.start)
    inside = np.arange(len(panel)) >= panel.dates.searchsorted(start)
    need = settings.model.horizon + 3
    if inside.sum() < need:
        raise SettingsError(
            f"{int(inside.sum())} dates lie from screen.start {start.date()} to the last bar of "
            f"{panel.dates[-1].date()}, {need} are needed for a horizon of {settings.model.horizon}; "
            "start earlier or give later bars"
        )
    return inside


def _complete(panel: Panel, inside: np.ndarray) -> tuple[Panel, str]:
    complete = np.asarray(panel.traded_array[inside].all(axis=0))
    if not complete.any():
        raise SettingsError(
            f"no stock has a bar on each of the {int(inside.sum())} days; choose a shorter span or leave "
            "screen.complete_only away"
        )
    note = f"{int(complete.sum()):,} of {len(complete):,} stocks have a bar on every day; no other counts"
    return panel.select(panel.symbols[complete]), note


def _factors(
    settings: Settings, panel: Panel, inside: np.ndarray
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the factors on the days that count, and what was left out."""
    codes, form = settings.factors.codes or None, settings.screen.form
    _, lacking = computable(panel, codes)
    factors = compute_factors(panel, codes, form="raw" if form == "raw" else "scaled")
    if form == "cleaned":
        preprocessor = build_preprocessor(settings)
        counted = panel.universe_array & panel.traded_array
        factors = preprocessor.fit_transform(factors, counted, neutralisation_context(panel, preprocessor))
    known, empty = {}, []
    for code, frame in factors.items():
        chosen = frame.loc[inside]
        if np.isfinite(chosen.to_numpy()[panel.universe_array[inside]]).any():
            known[code] = chosen
        else:
            empty.append(code)
    if not known:
        raise SettingsError(
            f"none of {len(factors)} factors has a value on the {int(inside.sum())} days that count: they "
            "need more bars before to warm up; start later or give earlier bars"
        )
    return known, [*_named("lacking their inputs", lacking), *_named("without a value on these days", empty)]


def _named(why: str, codes: Mapping[str, str] | list[str]) -> list[str]:
    listed = list(codes)
    if not listed:
        return []
    return [f"{len(listed)} factor{'s' if len(listed) > 1 else ''} left out, {why}: {', '.join(listed)}"]


def _drawn(screen: ICScreen) -> list[str]:
    """Return the codes to be drawn: the kept ones first, each by strength."""
    assert screen.table_ is not None
    table = screen.table_[screen.table_["ic"].notna()]
    return [*table.index[table["kept"]], *table.index[~table["kept"]]][:DRAWN]


def _daily(factors: Mapping[str, pd.DataFrame], returns: np.ndarray) -> pd.DataFrame:
    compared = Target(returns)
    columns = {code: daily_ic(frame.to_numpy(), compared) for code, frame in factors.items()}
    index = next(iter(factors.values())).index if factors else None
    return pd.DataFrame(columns, index=index)
