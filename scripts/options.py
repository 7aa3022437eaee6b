"""Options that several commands of the command line have."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Argument(help="Settings as TOML; without it the defaults.")]
Data = Annotated[Path | None, typer.Option(help="Bars: parquet or CSV, a file or a folder.")]
Members = Annotated[Path | None, typer.Option(help="Index membership ranges (symbol, start, end).")]
Index = Annotated[str | None, typer.Option(help="Which index of the membership file, e.g. csi300.")]
Statements = Annotated[Path | None, typer.Option(help="Quarterly statements with announce_date.")]
Benchmark = Annotated[Path | None, typer.Option(help="Index series: date, open, close.")]
Cache = Annotated[
    bool | None,
    typer.Option("--cache/--no-cache", help="Keep large bars as read, for the next run."),
]
