"""``btalpha pick`` as the command line has it: its options."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Benchmark, Data, Index, Members, Statements


def pick(
    model: Annotated[Path, typer.Option(help="The file model that backtest wrote, or its folder.")],
    data: Data = None,
    members: Members = None,
    index: Index = None,
    statements: Statements = None,
    benchmark: Benchmark = None,
    cash: Annotated[
        float | None, typer.Option(help="Cash at hand beside the holdings, CNY; else the run's.")
    ] = None,
    holdings: Annotated[
        Path | None, typer.Option(help="What is held, CSV: symbol, raw shares and, if need be, bought.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Close to pick from; else the data's last.")] = None,
    calendar: Annotated[
        str, typer.Option(help="Exchange that tells whether the data is up to date; none: no check.")
    ] = "XSHG",
    allow_stale: Annotated[
        bool, typer.Option("--allow-stale", help="Pick although the data is not up to date.")
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit the model on the data first; it is kept in --out.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the files; replaced whole at the end.")] = Path(
        "runs/pick"
    ),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Pick tomorrow's stocks: what to hold, what to buy and sell, and what cannot be traded."""
    from .commands.pick import run
    from .picking import Request

    asked = Request(
        cash=cash,
        holdings=holdings,
        as_of=as_of,
        calendar=None if calendar == "none" else calendar,
        allow_stale=allow_stale,
        refit=refit,
    )
    overrides = {
        "data.bars": data,
        "data.members": members,
        "data.index": index,
        "data.statements": statements,
        "data.benchmark": benchmark,
    }
    run(model, asked, out, overrides=overrides, as_json=json, quiet=quiet)
