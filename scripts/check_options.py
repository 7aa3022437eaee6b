"""``btalpha check`` as the command line has it: its options, and its exit code."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Benchmark, Index, Members, Statements


def check(
    data: Annotated[Path, typer.Argument(help="Bars: parquet or CSV, a file or a folder.")],
    members: Members = None,
    index: Index = None,
    statements: Statements = None,
    benchmark: Benchmark = None,
    calendar: Annotated[
        str, typer.Option(help="Exchange whose sessions are expected, e.g. XHKG; none: no such check.")
    ] = "XSHG",
    json: Annotated[Path | None, typer.Option(help="Write the findings as JSON; -: print them.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the findings and up to 1,000 examples of each.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Look for faults in bars and what lies beside them; exit code 1 if there are errors, not mere notes."""
    from .commands.check import Sources, run

    expected = None if calendar == "none" else calendar
    sources = Sources(data, members, index, statements, benchmark, expected)
    if not run(sources, json_file=json, out=out, quiet=quiet):
        raise typer.Exit(1)
