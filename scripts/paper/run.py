"""The experiment from bars to what its draws gave."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...feeds import Panel, simulate_market
from ...signals import WalkForward
from ...signals.paper import Draw, Material, prepare, run_draws
from ..build import build_provider
from ..progress import Stages
from ..settings import Settings, SettingsError
from .settings import PaperData, PaperSettings

SYSTEM = "walk_forward"


@dataclass(frozen=True)
class Experiment:
    """What was run and what it gave.

    Attributes
    ----------
    settings
        What was run.
    first_bar
        Of the data: all that this project's own model could learn from.
    all_stocks
        How many there are to draw from.
    material
        What the draws share.
    draws
        In their order.
    system_factors
        That this project's own model chose.
    left_out
        Candidate factors that cannot be computed, and why.
    repairs
        What was repaired or left out on reading.
    """

    settings: PaperSettings
    first_bar: pd.Timestamp
    all_stocks: int
    material: Material
    draws: list[Draw]
    system_factors: list[str]
    left_out: dict[str, str]
    repairs: tuple[str, ...]

    @property
    def decision(self) -> pd.Timestamp:
        """The day on whose close is decided."""
        return self.material.dates[len(self.material.known.values) - 1]


def execute(settings: PaperSettings, shown: Stages) -> Experiment:
    """Do the work without writing anything."""
    shown.begin("read the bars")
    panel, end = read_panel(settings)
    window = settings.window
    shown.begin("compute the factors")
    material, left_out = prepare(
        panel,
        end,
        sessions=window.sessions,
        held=window.held,
        codes=settings.factors.codes or None,
        entry=window.entry,
    )
    shown.begin("train this project's own model")
    run = settings.of_the_system()
    if not settings.factors.codes and not run.factors.codes:
        # All that has a value here, which is known already: no need to find out again, and to say so.
        run = run.model_copy(
            update={"factors": run.factors.model_copy(update={"codes": [*material.known.codes]})}
        )
    scores, chosen = system_scores(panel, end, run, shown)
    count = settings.draws.n
    shown.begin("draw stocks and run the paper's steps", count)
    draws = []
    for draw in run_draws(
        material,
        panel.symbols,
        settings.protocol(),
        draws=count,
        seed=settings.seed,
        others={SYSTEM: scores},
        n_jobs=settings.draws.n_jobs,
    ):
        draws.append(draw)
        shown.count(len(draws), count)
    return Experiment(
        settings, panel.dates[0], len(panel.symbols), material, draws, chosen, left_out, panel.repairs
    )


def read_panel(settings: PaperSettings) -> tuple[Panel, pd.Timestamp]:
    """Return the bars and the day of the decision; the simulated market ends with the days held.

    Raises
    ------
    SettingsError
        If a folder lacks the file of bars.
    DataError
        If a file cannot be read or used.
    """
    data, window = settings.data, settings.window
    if data.bars is None:
        days = 44 + window.sessions + window.held  # as many before the window as the paper's data here has
        panel = simulate_market(data.simulated_symbols, days, seed=data.simulated_seed)
        return panel, panel.dates[-1 - window.held]
    bars, statements = find_files(data, data.bars)
    return Panel.read(bars, statements=statements), pd.Timestamp(window.end)


def find_files(data: PaperData, place: Path) -> tuple[Path, Path | None]:
    """Return the file of bars and, where there is one, of statements."""
    if not place.is_dir():
        return place, data.statements
    bars, statements = place / data.bars_name, place / data.statements_name
    if not bars.is_file():
        raise SettingsError(
            f"{place} holds no {data.bars_name}; name a file of bars with --data, or set data.bars_name"
        )
    return bars, data.statements or (statements if statements.is_file() else None)


def system_scores(
    panel: Panel, end: pd.Timestamp, run: Settings, shown: Stages
) -> tuple[pd.Series, list[str]]:
    """Fit this project's model on all stocks up to the decision; return its scores of that day and factors.

    It is handed the panel up to that day and no later bar, and it is fitted once for all draws: a draw
    chooses among its scores.
    """
    known = panel.until(end)
    shown.most_epochs = run.model.epochs
    provider = build_provider(run, on_epoch=shown.epoch)
    walk = WalkForward(provider, start=known.dates[-1]).fit(known)
    return walk.predict(known).iloc[-1], list(walk.fits_[-1].codes)
