"""``btalpha paper`` as the command line has it: its options."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Config, Statements


def paper(
    config: Config = None,
    data: Annotated[
        Path | None, typer.Option(help="Bars: a file, or a folder with ashare_all_2015_2016.parquet.")
    ] = None,
    statements: Statements = None,
    out: Annotated[Path, typer.Option(help="Folder for the results; replaced whole at the end.")] = Path(
        "runs/paper"
    ),
    demo: Annotated[bool, typer.Option("--demo", help="Run on the embedded simulated market.")] = False,
    end: Annotated[str | None, typer.Option(help="Day on whose close is decided.")] = None,
    sessions: Annotated[int | None, typer.Option(help="Of the window, with that day.")] = None,
    held: Annotated[int | None, typer.Option(help="Sessions held after it.")] = None,
    entry: Annotated[str | None, typer.Option(help="Bought at its close, or the next open.")] = None,
    draws: Annotated[int | None, typer.Option(help="How often stocks are drawn.")] = None,
    stocks: Annotated[int | None, typer.Option(help="Drawn each time.")] = None,
    k: Annotated[int | None, typer.Option("--k", help="Number of stocks held.")] = None,
    codes: Annotated[str | None, typer.Option(help="Candidates, with commas between; else all.")] = None,
    target: Annotated[str | None, typer.Option(help="Of the screening: price or return.")] = None,
    averaging: Annotated[str | None, typer.Option(help="Of the predictions: mean or ranks.")] = None,
    forecast: Annotated[str | None, typer.Option(help="Without leaks: next or daily.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Of the paper's network.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Draws side by side; -1: all cores.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Repeat the paper's experiment over many draws: with its leaks, without them, and with this project."""
    from .commands.paper import run
    from .paper.settings import PaperSettings
    from .settings import read_settings

    if demo and config is None:
        config = Path(__file__).parent / "configs" / "paper_demo.toml"
    settings = read_settings(
        PaperSettings,
        config,
        {
            "data.bars": data,
            "data.statements": statements,
            "window.end": end,
            "window.sessions": sessions,
            "window.held": held,
            "window.entry": entry,
            "draws.n": draws,
            "draws.stocks": stocks,
            "draws.k": k,
            "draws.n_jobs": jobs,
            "factors.codes": None if codes is None else [code.strip() for code in codes.split(",")],
            "screen.target": target,
            "network.averaging": averaging,
            "network.forecast": forecast,
            "network.epochs": epochs,
            "seed": seed,
        },
    )
    run(settings, out, demo=demo, quiet=quiet)
