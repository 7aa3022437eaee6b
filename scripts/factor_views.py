"""How the factors look in a terminal: the list, and one of them explained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..signals.factors import FACTORS, Factor
from ..signals.factors.scaling import FLAGS
from . import factor_words as words

WIDE = 110
"""Columns from which on the list is a table; below, each factor is a block of lines."""
CODE_WIDTH = 26


@dataclass(frozen=True)
class Coverage:
    """What a panel gives a factor: the share of traded bars with a value, or what it lacks."""

    share: float = 0.0
    lacks: str = ""

    def __str__(self) -> str:
        return f"cannot be computed: {self.lacks}" if self.lacks else f"{self.share:.1%} of traded bars"


Covered = Mapping[str, Coverage]


def listing(factors: Iterable[Factor], covered: Covered | None, width: int) -> RenderableType:
    """Return the list, class by class: a table where there is room and blocks of lines where not.

    Parameters
    ----------
    factors
        What is listed.
    covered
        Coverage by code, where there is data.
    width
        Columns of the terminal.
    """
    kinds = list(dict.fromkeys(factor.kind for factor in FACTORS.values()))
    ordered = sorted(factors, key=lambda factor: kinds.index(factor.kind))
    classes = [(kind, list(members)) for kind, members in groupby(ordered, key=lambda factor: factor.kind)]
    return _table(classes, covered) if width >= WIDE else _blocks(classes, covered)


def summary(factors: list[Factor], covered: Covered | None) -> str:
    """Return the lines below the list: how many there are, how sure, and how to read on."""
    low = sum(words.is_low_confidence(factor) for factor in factors)
    lines = [f"{len(factors)} factors, {low} of them of low confidence (marked ?)."]
    if covered is not None:
        able = sum(not covered[factor.code].lacks for factor in factors)
        lines.append(f"{able} can be computed from this data; coverage is that of the scaled form.")
    lines += [
        "The list is a reconstruction of a library of 124: 10jqka's public codes and some of our own.",
        "`btalpha factors CODE` explains one.",
    ]
    return "\n".join(lines)


def explanation(factor: Factor, covered: Covered | None) -> RenderableType:
    """Return all that is known about one factor."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(ratio=1)
    for name, text in _facts(factor, covered).items():
        if text:
            table.add_row(name, Text(text))
    title = Text.assemble((factor.code, "bold cyan"), f"  {factor.kind}")
    return Group(title, Text(factor.summary), "", table)


def _facts(factor: Factor, covered: Covered | None) -> dict[str, str]:
    ready = words.ready_ratio(factor)
    return {
        "formula": factor.formula,
        "defaults": words.defaults(factor) or "no parameters",
        **{name: _choice(factor, name, names) for name, names in words.choices(factor).items()},
        "needs": words.needs(factor),
        "statements": ", ".join(words.statement_fields(factor)),
        "ready ratio": "; ".join(filter(None, ready)) if ready else "",
        "warm-up": _warm_up(factor),
        "scaled form": f"{words.scaled_form(factor.flags)} ({words.scaled_reason(factor.flags)})",
        "caution": FLAGS["SGN"] if "SGN" in factor.flags else "",
        "source": words.origin(factor),
        "in this data": str(covered[factor.code]) if covered is not None else "",
        "in Python": _call(factor),
    }


def _choice(factor: Factor, name: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{each} (default)" if each == factor.defaults[name] else each for each in names)


def _warm_up(factor: Factor) -> str:
    raw, scaled = factor.warm_up, factor.bars_needed(form="scaled")
    more = f" in the raw form, {scaled} in the scaled" if scaled != raw else ""
    announced = "; none before the first announcement" if "PIT" in factor.flags else ""
    return f"{_bars(factor)} of the stock up to its first value{more}{announced}"


def _call(factor: Factor) -> str:
    """Show how it is asked for, with another line than the default where there is one."""
    chosen = {
        name: next((each for each in names if each != factor.defaults[name]), names[0])
        for name, names in words.choices(factor).items()
    } or dict(list(factor.defaults.items())[:1])
    if not chosen:
        return f'compute_factors(panel, ["{factor.code}"])'
    values = ", ".join(f"{name}={value!r}" for name, value in chosen.items()).replace("'", '"')
    return f'compute_factors(panel, {{"{factor.code}": dict({values})}})'


def _table(classes: list[tuple[str, list[Factor]]], covered: Covered | None) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("code", width=CODE_WIDTH, style="cyan")
    table.add_column("warm-up", justify="right", no_wrap=True)
    table.add_column("source", no_wrap=True)
    if covered is not None:
        table.add_column("coverage", width=24)
    table.add_column("formula; defaults; needs", ratio=1)
    for kind, factors in classes:
        table.add_row("")
        table.add_row(Text(kind, style="bold"))
        for factor in factors:
            cells = [_folded(factor.code), _bars(factor), _source(factor)]
            if covered is not None:
                entry = covered[factor.code]
                cells.append(entry.lacks or f"{entry.share:.1%}")
            table.add_row(*cells, Group(*_definition(factor)))
    return Group(table, "")


def _blocks(classes: list[tuple[str, list[Factor]]], covered: Covered | None) -> RenderableType:
    parts: list[RenderableType] = []
    for kind, factors in classes:
        parts += [Text(kind, style="bold"), ""]
        for factor in factors:
            head = Text.assemble((factor.code, "cyan"), f"  {_bars(factor)}, {_source(factor)}")
            details = list(_definition(factor))
            if covered is not None:
                details.append(Text(str(covered[factor.code])))
            parts += [Padding(head, (0, 0, 0, 2)), *(Padding(line, (0, 0, 0, 6)) for line in details)]
        parts.append("")
    return Group(*parts)


def _definition(factor: Factor) -> list[Text]:
    """Formula, then defaults and inputs."""
    known = "; ".join(filter(None, (words.defaults(factor), f"needs {words.needs(factor)}")))
    return [Text(factor.formula), Text(known, style="dim")]


def _bars(factor: Factor) -> str:
    return f"{factor.warm_up} bar{'s' if factor.warm_up != 1 else ''}"


def _source(factor: Factor) -> str:
    mark = "?" if words.is_low_confidence(factor) else ""
    return f"{factor.source.partition(' ')[0]} {factor.grade}{mark}".strip()


def _folded(code: str) -> str:
    """Break a code that is wider than its column behind underscores."""
    lines = [""]
    for part in code.replace("_", "_\0").split("\0"):
        if len(lines[-1]) + len(part) > CODE_WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
