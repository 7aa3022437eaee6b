"""How the networks of a run learned, epoch by epoch, or its trees, one by one: a table and a picture."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..signals import WalkForward
    from ..signals.models.lstm.training import Epoch

COLUMNS = ["fit", "network", "epoch", "loss", "validation_rank_ic", "seconds"]


def training_table(walk: "WalkForward") -> pd.DataFrame:
    """Return one row an epoch of each network of each fit; empty for a model without epochs.

    ``fit`` is the date of the fit, ``seconds`` are empty for a fit that came from a checkpoint. Of boosted
    trees each tree is an epoch, and only the rank IC is known.
    """
    rows = [
        (fit.date.date().isoformat(), network, *epoch)
        for fit in walk.fits_
        for network, history in enumerate(getattr(fit.provider, "history_", []))
        for epoch in _epochs(history)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _epochs(history: "Iterable[Epoch | float]") -> Iterator[tuple[int, float, float, float]]:
    for number, epoch in enumerate(history, start=1):
        if isinstance(epoch, float | int):
            yield number, math.nan, epoch, math.nan
        else:
            yield epoch.number, epoch.loss, epoch.rank_ic, epoch.seconds


def write_training(walk: "WalkForward", folder: Path) -> None:
    """Write ``training.csv`` and ``training.svg`` where the model trains by epochs."""
    table = training_table(walk)
    if len(table):
        table.to_csv(folder / "training.csv", index=False)
        draw_training(table, folder / "training.svg")


def draw_training(table: pd.DataFrame, path: Path) -> None:
    """Draw validation rank IC, and the loss where it is known, by epoch: a colour a fit, a line a network.

    A dot marks the epoch whose weights were kept.
    """
    from matplotlib.figure import Figure

    from ..strategies.report.svg import quiet_matplotlib

    style = {"font.family": ["DejaVu Sans"], "svg.fonttype": "none", "axes.spines.top": False}
    with quiet_matplotlib({**style, "axes.spines.right": False, "axes.grid": True, "grid.color": "#d9dee3"}):
        names = {"validation_rank_ic": "validation rank IC", "loss": "training loss"}
        drawn = [name for name in names if table[name].notna().any()] or ["validation_rank_ic"]
        figure = Figure(figsize=(10, 3 * len(drawn)), layout="constrained")
        all_axes = figure.subplots(len(drawn), 1, sharex=True, squeeze=False)[:, 0]
        for axes, column in zip(all_axes, drawn, strict=True):
            axes.set_ylabel(names[column])
            for number, (fit, runs) in enumerate(table.groupby("fit")):
                _lines(axes, runs, column, f"C{number % 10}", str(fit))
        above = all_axes[0]
        for number, (_, runs) in enumerate(table.groupby("fit")):
            _mark_kept(above, runs, f"C{number % 10}")
        all_axes[-1].set_xlabel("epoch" if "loss" in drawn else "tree")
        above.legend(title="fitted on", frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
        figure.savefig(path, format="svg", metadata={"Date": None})


def _lines(axes: "Axes", runs: pd.DataFrame, column: str, colour: str, name: str) -> None:
    for network, history in runs.groupby("network"):
        label = name if network == 0 else None
        axes.plot(history["epoch"], history[column], color=colour, linewidth=1.2, alpha=0.8, label=label)


def _mark_kept(axes: "Axes", runs: pd.DataFrame, colour: str) -> None:
    for _, history in runs.groupby("network"):
        known = history[history["validation_rank_ic"].notna()]
        if len(known):
            kept = int(known["validation_rank_ic"].to_numpy().argmax())
            place = known["epoch"].iloc[kept], known["validation_rank_ic"].iloc[kept]
            axes.plot(*place, "o", color=colour, markersize=4)
