"""A screening on the terminal, at any width, and beside the paper's Table 1."""

from collections.abc import Sequence
from textwrap import shorten
from typing import NamedTuple

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..signals import ICScreen

TABLE_1 = (
    "bbi",
    "ma",
    "expma",
    "wvad",
    "bbiboll",
    "boll",
    "cdp",
    "env",
    "std",
    "turnover_ratio_of_receivable",
    "tangible_assets_net_liabilities",
)
"""The factors that the paper kept."""

_WIDE = 100


class Column(NamedTuple):
    """How a column of the table is printed; ``wide`` ones only where there is room."""

    name: str
    heading: str
    digits: int = 0
    per_cent: bool = False
    signed: bool = False
    wide: bool = False


_CROSS_SECTION = (
    Column("coverage", "cover", per_cent=True),
    Column("ic", "IC", digits=3, signed=True),
    Column("rank_ic", "rank IC", digits=3, signed=True),
    Column("icir", "ICIR", digits=2, signed=True, wide=True),
    Column("rank_icir", "rank ICIR", digits=2, signed=True, wide=True),
    Column("t", "t", digits=1, signed=True),
    Column("rank_t", "rank t", digits=1, signed=True),
    Column("share", "right", per_cent=True),
)
_TIME_SERIES = (
    Column("coverage", "cover", per_cent=True),
    Column("ic", "IC", digits=3, signed=True),
    Column("icir", "ICIR", digits=2, signed=True),
    Column("t", "t", digits=1, signed=True),
    Column("share", "signif.", digits=1, per_cent=True),
    Column("n_stocks", "stocks", wide=True),
)


def print_screening(screen: ICScreen, notes: Sequence[str] = (), console: Console | None = None) -> None:
    """Print a fitted screen: one row a factor, strongest first, with what was kept or why not."""
    console = console or Console()
    table = screen.table_
    assert table is not None
    columns = [column for column in _columns(screen) if not column.wide or console.width >= _WIDE]
    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("factor", overflow="fold", min_width=14)
    for column in columns:
        grid.add_column(column.heading, justify="right", no_wrap=True)
    grid.add_column("kept, or why not", ratio=1)
    for code, row in table.iterrows():
        cells = [written(row[column.name], column) for column in columns]
        grid.add_row(Text(str(code), style="bold" if row["kept"] else ""), *cells, verdict(row))
    console.print(grid)
    console.print()
    console.print(Text(headline(screen)))
    for note in notes:
        console.print(Text(shorten(note, 220, placeholder=" ... (all on the page)"), style="dim"))


def _columns(screen: ICScreen) -> list[Column]:
    if screen.method == "time_series":
        return list(_TIME_SERIES)
    judged, other = ("", "rank_") if screen.correlation == "pearson" else ("rank_", "")
    hidden = {f"{other}t", f"{other}icir"}
    shown = [column for column in _CROSS_SECTION if column.name not in hidden]
    return [column._replace(wide=False) if column.name == f"{judged}icir" else column for column in shown]


def written(value: float, column: Column) -> str:
    """Write a figure; a dash where there is none.

    Examples
    --------
    >>> share = Column("share", "share", per_cent=True)
    >>> written(0.126, share), written(-0.5, Column("t", "t", digits=1)), written(float("nan"), share)
    ('13%', '-0.5', '–')
    """
    if pd.isna(value):
        return "–"
    text = f"{value * (100 if column.per_cent else 1):{'+' if column.signed else ''}.{column.digits}f}"
    return f"{text}%" if column.per_cent else text


def verdict(row: pd.Series) -> str:
    """Say what became of a factor.

    Examples
    --------
    >>> verdict(pd.Series({"kept": True, "reason": ""})), verdict(pd.Series({"kept": False, "reason": "why"}))
    ('kept', 'why')
    """
    return str(row["reason"]) or "kept"


def headline(screen: ICScreen) -> str:
    """Say in one sentence how many pass and how many stay."""
    table = screen.table_
    assert table is not None
    rule = (
        f"significant at {screen.level:g} for {screen.min_share:.1%} of the stocks or more"
        if screen.method == "time_series"
        else f"|t| of {screen.min_t:g} or more and one sign in both halves"
    )
    passed, kept = int(table["passed"].sum()), int(table["kept"].sum())
    return f"Of {len(table)} factors {passed} pass ({rule}) and {kept} are kept, target: {screen.target}."


def paper_line(screen: ICScreen) -> str:
    """Set a screening along time beside the paper's Table 1; an empty text for any other."""
    table = screen.table_
    assert table is not None
    known = [code for code in TABLE_1 if code in table.index]
    if screen.method != "time_series" or not known:
        return ""
    passed = [code for code in known if table.at[code, "passed"]]
    shares = ", ".join(f"{code} {table.at[code, 'share']:.1%}" for code in known)
    missing = len(TABLE_1) - len(known)
    lacking = f"; {missing} not screened here" if missing else ""
    return (
        f"Of the {len(TABLE_1)} factors of the paper's Table 1, {len(passed)} pass{lacking}. "
        f"Share of significant stocks: {shares}."
    )
