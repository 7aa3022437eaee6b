"""``btalpha fetch`` as the command line has it: its options, and its exit code."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Index


def fetch(
    source: Annotated[
        str,
        typer.Option(help="akshare, baostock, tushare, yfinance, files, database, qlib or backtrader."),
    ],
    universe: Annotated[
        str | None, typer.Option(help="csi300, csi500, sse50, or a file of symbols or ranges.")
    ] = None,
    index: Index = None,
    symbols: Annotated[str | None, typer.Option(help="Symbols instead, with commas between.")] = None,
    start: Annotated[str | None, typer.Option(help="First day; 2010-01-01 where it is not given.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day; else the last that is over.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; else one in your cache folder.")] = None,
    statements: Annotated[bool, typer.Option("--statements", help="Fetch statements, too.")] = False,
    path: Annotated[Path | None, typer.Option(help="Of files, a database or qlib's folder.")] = None,
    format: Annotated[str | None, typer.Option(help="Of Backtrader's: yahoo, mt4, generic, ...")] = None,
    table: Annotated[str | None, typer.Option(help="Table of the database.")] = None,
    columns: Annotated[str | None, typer.Option(help="Names, as trade_date=date,vol=volume.")] = None,
    units: Annotated[str | None, typer.Option(help="What a unit is worth, as volume=100.")] = None,
    pause: Annotated[float | None, typer.Option(min=0.0, help="Seconds between two requests.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only see whether the source answers.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Fetch bars, members and statements into a folder that backtest reads; again: only what is missing.

    The exit code is 0 if all that exists is there, 1 if some is missing, 3 if nothing is.
    """
    from .commands.fetch import conventions, run

    given = {"format": format, "table": table}
    options = {name: value for name, value in given.items() if value is not None}
    code = run(
        source,
        universe=universe,
        index=index,
        symbols=symbols,
        start=start,
        end=end,
        out=out,
        statements=statements,
        path=path,
        options=options | conventions(columns, units),
        pause=pause,
        check=check,
        quiet=quiet,
    )
    raise typer.Exit(code)
