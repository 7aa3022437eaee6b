"""``btalpha factors``: the list of factors, or one of them explained."""

from rich.console import Console
from rich.table import Table

from ...signals import FACTORS
from ...signals.factors import Factor
from ...signals.factors.registry import lookup


def run(code: str | None) -> None:
    """Print all factors, or one."""
    console = Console()
    if code is None:
        console.print(_table())
        console.print(f"{len(FACTORS)} factors; `btalpha factors CODE` explains one")
    else:
        _explain(lookup(code), console)


def _table() -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("code", "class", "formula", "warm-up, bars", "source"):
        table.add_column(name, justify="right" if name == "warm-up, bars" else "left", overflow="fold")
    for factor in FACTORS.values():
        table.add_row(factor.code, factor.kind, factor.formula, str(factor.warm_up), factor.source)
    return table


def _explain(factor: Factor, console: Console) -> None:
    defaults = ", ".join(f"{name}={value!r}" for name, value in factor.defaults.items()) or "none"
    rows = {
        "class": factor.kind,
        "formula": factor.formula,
        "defaults": defaults,
        "inputs": ", ".join(factor.inputs),
        "warm-up": f"{factor.warm_up} bars",
        "flags": ", ".join(factor.flags) or "none",
        "source": f"{factor.source}, grade {factor.grade}" if factor.grade else factor.source,
    }
    table = Table(title=factor.code, show_header=False, box=None, title_justify="left", pad_edge=False)
    for name, text in rows.items():
        table.add_row(name, text)
    console.print(table)
