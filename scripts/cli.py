"""The ``btalpha`` command."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .check_options import check
from .fetch_options import fetch
from .options import Benchmark, Cache, Config, Data, Index, Members, Statements
from .paper_options import paper
from .pick_options import pick

app = typer.Typer(
    name="btalpha",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Hold the stocks with the highest predicted return: factors, LSTM, Backtrader, tearsheet.",
)


@app.callback()
def _root() -> None:
    """Keep the commands together."""


@app.command()
def backtest(
    config: Config = None,
    data: Data = None,
    members: Members = None,
    index: Index = None,
    statements: Statements = None,
    benchmark: Benchmark = None,
    cache: Cache = None,
    out: Annotated[Path, typer.Option(help="Folder for the results; replaced whole at the end.")] = Path(
        "runs/backtest"
    ),
    demo: Annotated[bool, typer.Option("--demo", help="Run on the embedded simulated market.")] = False,
    start: Annotated[str | None, typer.Option(help="First date scored and traded, e.g. 2015-01-05.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date of the bars.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="lstm, ridge, lightgbm, factor, ensemble, random, or module:Class for a provider of yours "
            "(its code runs); several, with commas between, are compared."
        ),
    ] = None,
    k: Annotated[int | None, typer.Option("--k", help="Number of stocks held.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Sessions that a prediction looks ahead.")] = None,
    rebalance: Annotated[int | None, typer.Option(help="Sessions between rebalances.")] = None,
    random: Annotated[int | None, typer.Option(help="Number of random portfolios.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Fits side by side; -1: all cores.")] = None,
    checkpoints: Annotated[
        Path | None, typer.Option(help="Folder that keeps finished fits: a run cut short goes on from there.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Score, trade and report: from bars to tearsheet.html."""
    from .commands.backtest import run
    from .settings import load_settings

    if demo and config is None:
        config = Path(__file__).parent / "configs" / "demo.toml"
    settings = load_settings(
        config,
        {
            "data.bars": data,
            "data.members": members,
            "data.index": index,
            "data.statements": statements,
            "data.benchmark": benchmark,
            "data.cache": cache,
            "data.end": end,
            "walk_forward.start": start,
            "model.name": None if model is None else [name.strip() for name in model.split(",")],
            "model.horizon": horizon,
            "strategy.k": k,
            "strategy.rebalance": rebalance,
            "random.n": random,
            "walk_forward.n_jobs": jobs,
            "walk_forward.checkpoints": checkpoints,
            "seed": seed,
        },
    )
    run(settings, out, demo=demo, quiet=quiet)


@app.command()
def factors(
    code: Annotated[str | None, typer.Argument(help="One factor to explain.")] = None,
    data: Data = None,
    statements: Statements = None,
    benchmark: Benchmark = None,
    cache: Cache = None,
    csv: Annotated[Path | None, typer.Option(help="Write the list as CSV, too.")] = None,
    plugin: Annotated[str | None, typer.Option(help="A module of yours that registers factors.")] = None,
) -> None:
    """List the factors, or explain one; with --data, tell what can be computed and how much it covers."""
    from .commands.factors import run

    run(code, data=data, statements=statements, benchmark=benchmark, cache=cache, csv_file=csv, plugin=plugin)


app.command()(fetch)


@app.command()
def screen(
    config: Config = None,
    data: Data = None,
    members: Members = None,
    index: Index = None,
    statements: Statements = None,
    benchmark: Benchmark = None,
    cache: Cache = None,
    out: Annotated[Path, typer.Option(help="Folder for the results; replaced whole at the end.")] = Path(
        "runs/screen"
    ),
    start: Annotated[str | None, typer.Option(help="First date that counts; bars before warm up.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date of the bars.")] = None,
    codes: Annotated[str | None, typer.Option(help="Factors, with commas between; else all.")] = None,
    form: Annotated[str | None, typer.Option(help="cleaned (as a model sees them), scaled or raw.")] = None,
    method: Annotated[str | None, typer.Option(help="cross_section or time_series.")] = None,
    target: Annotated[str | None, typer.Option(help="return or price.")] = None,
    correlation: Annotated[str | None, typer.Option(help="pearson or spearman.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Sessions that the target lies ahead.")] = None,
    label: Annotated[str | None, typer.Option(help="open or close: the prices of the target.")] = None,
    false_discovery: Annotated[str | None, typer.Option(help="none, stocks or factors.")] = None,
    lags: Annotated[int | None, typer.Option(help="Days of overlap; else the horizon less one.")] = None,
    max_correlation: Annotated[float | None, typer.Option(help="Drop repeats above it; 1: none.")] = None,
    complete_only: Annotated[
        bool, typer.Option("--complete-only", help="Only stocks with a bar on every day that counts.")
    ] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Screen on the embedded simulated market.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Screen the factors by information coefficient: a table, a CSV file and a page."""
    from .commands.screen import run
    from .settings import load_settings

    settings = load_settings(
        config,
        {
            "data.bars": data,
            "data.members": members,
            "data.index": index,
            "data.statements": statements,
            "data.benchmark": benchmark,
            "data.cache": cache,
            "data.end": end,
            "factors.codes": None if codes is None else [code.strip() for code in codes.split(",")],
            "model.horizon": horizon,
            "model.label": label,
            "screen.start": start,
            "screen.form": form,
            "screen.method": method,
            "screen.target": target,
            "screen.correlation": correlation,
            "screen.false_discovery": false_discovery,
            "screen.lags": lags,
            "screen.max_correlation": max_correlation,
            "screen.complete_only": complete_only or None,
        },
    )
    run(settings, out, demo=demo, quiet=quiet)


@app.command()
def audit(
    config: Config = None,
    data: Data = None,
    members: Members = None,
    index: Index = None,
    statements: Statements = None,
    benchmark: Benchmark = None,
    cache: Cache = None,
    out: Annotated[Path, typer.Option(help="Folder for the results; replaced whole at the end.")] = Path(
        "runs/audit"
    ),
    start: Annotated[str | None, typer.Option(help="First date that the walk-forward scores.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date of the bars.")] = None,
    model: Annotated[str | None, typer.Option(help="lstm, ridge, factor or random.")] = None,
    symbols: Annotated[int | None, typer.Option(min=2, help="Symbols drawn: 40, 100 for placebos.")] = None,
    cuts: Annotated[int, typer.Option(min=1, help="Dates at which the future is exchanged.")] = 3,
    placebo: Annotated[
        bool, typer.Option("--placebo", help="Also shuffle the labels and delay the scores.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=2, help="Placebos with shuffled labels.")] = 5,
    plugin: Annotated[str | None, typer.Option(help="A module of yours that registers factors.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Audit on the embedded simulated market.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Prove that nothing looks ahead: exchange the future and compare; exit code 1 if anything moved."""
    from .commands.audit import Extent, run
    from .settings import load_settings

    if demo and config is None:
        config = Path(__file__).parent / "configs" / "demo.toml"
    settings = load_settings(
        config,
        {
            "data.bars": data,
            "data.members": members,
            "data.index": index,
            "data.statements": statements,
            "data.benchmark": benchmark,
            "data.cache": cache,
            "data.end": end,
            "walk_forward.start": start,
            "model.name": model,
        },
    )
    extent = Extent(symbols=symbols, cuts=cuts, placebo=placebo, seeds=seeds)
    if not run(settings, out, extent, demo=demo, quiet=quiet, plugin=plugin):
        raise typer.Exit(1)


app.command()(check)
app.command()(paper)
app.command()(pick)


def main() -> None:
    """Run the command line; what a user can mend is one clear line and exit code 2.

    With ``BTALPHA_TRACEBACK=1`` in the environment the whole traceback is shown instead.
    """
    try:
        app()
    except (ValueError, OSError) as error:
        if os.environ.get("BTALPHA_TRACEBACK"):
            raise
        print(f"btalpha: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
