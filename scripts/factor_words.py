"""Factors in words: what the command line and the table of factors say about each."""

import re
from collections.abc import Sequence

from ..signals.factors import Factor
from ..signals.factors.scaling import WINDOW

PROBABLE = "10jqka (probable)"
GRADES = {
    "A": "formula and defaults follow 10jqka's help text",
    "A-": "follows 10jqka's help text, but its served numbers are said to differ, or the text is ambiguous",
    "B": "a convention of Chinese terminals; neither formula nor defaults are confirmed for 10jqka",
}
"""What each grade says of the definition."""


def is_low_confidence(factor: Factor) -> bool:
    """Tell whether the definition, or that 10jqka has the code at all, is unconfirmed."""
    return factor.grade == "B" or factor.source == PROBABLE


def origin(factor: Factor) -> str:
    """Say whose factor it is and how sure its definition.

    Examples
    --------
    >>> from btalpha.signals.factors import FACTORS
    >>> origin(FACTORS["bbi"])
    "10jqka, grade A: formula and defaults follow 10jqka's help text"
    >>> origin(FACTORS["mom20"])
    'btalpha: our own, not a code of 10jqka'
    """
    if not factor.grade:
        return "btalpha: our own, not a code of 10jqka" if factor.source == "btalpha" else factor.source
    unsure = "that 10jqka has this code is likely, not certain; " if factor.source == PROBABLE else ""
    low = ", low confidence" if is_low_confidence(factor) else ""
    return f"10jqka, grade {factor.grade}{low}: {unsure}{GRADES[factor.grade]}"


def scaled_form(flags: Sequence[str]) -> str:
    """Say what the scaled form makes of a raw value x.

    Examples
    --------
    >>> scaled_form(["PL"])
    'x / C - 1'
    >>> scaled_form(["VL", "CUM"])
    '(x - REF(x,20)) / MA(V,20)'
    >>> scaled_form([])
    'x'
    """
    value = f"(x - REF(x,{WINDOW}))" if "CUM" in flags else "x"
    if "PL" in flags and "CUM" not in flags:
        return "x / C - 1"
    if "PL" in flags or "PL*" in flags:
        return f"{value} / C"
    if "VL" in flags:
        return f"{value} / MA(V,{WINDOW})"
    if "VL*" in flags:
        return f"{value} / MA({value},{WINDOW})"
    return f"log({value})" if "LOG" in flags else value


def scaled_reason(flags: Sequence[str]) -> str:
    """Say why the scaled form is what it is."""
    if "CUM" in flags:
        return "its level depends on where the data start, so its change counts"
    if "PL" in flags or "PL*" in flags:
        return "a price, or a difference of prices, does not compare across stocks"
    if "VL" in flags or "VL*" in flags:
        return "a volume does not compare across stocks, so it is held against the usual one"
    return "sizes differ by orders of magnitude" if "LOG" in flags else "as it is: it compares across stocks"


def choices(factor: Factor) -> dict[str, tuple[str, ...]]:
    """Return the names that each parameter takes that is a choice, as the formula lists them.

    Examples
    --------
    >>> from btalpha.signals.factors import FACTORS
    >>> choices(FACTORS["boll"])
    {'line': ('mid', 'upper', 'lower')}
    >>> choices(FACTORS["obv"])
    {'variant': ('classic', 'range')}
    >>> choices(FACTORS["ma"])
    {}
    """
    found = {}
    for name, default in factor.defaults.items():
        if isinstance(default, str):
            lines = re.search(r"lines ([\w, ]+)$", factor.formula) if name == "line" else None
            names = lines[1].split(", ") if lines else re.findall(r"(\w+): ", factor.formula)
            found[name] = tuple(names) or (default,)
    return found


def defaults(factor: Factor) -> str:
    """Write the parameters with their defaults, as one would in Python."""
    return ", ".join(f"{name}={value!r}" for name, value in factor.defaults.items())


def needs(factor: Factor) -> str:
    """Write the inputs in short: ``+`` where all are needed, ``or`` where one will do.

    Examples
    --------
    >>> from btalpha.signals.factors import FACTORS
    >>> needs(FACTORS["beta60"])
    'close; index close'
    >>> needs(FACTORS["roa"])
    'close; statement ebit, total_assets'
    >>> needs(FACTORS["market_cap"])
    'close; total_mktcap or statement total_shares'
    """
    alone: dict[str, list[str]] = {"": []}
    mixed = []
    for need in factor.inputs:
        if re.search(r"[|&]", need):
            mixed.append(_either(need))
        else:
            kind, _, name = need.rpartition(":")
            alone.setdefault(kind, []).append(name)
    singles = [f"{kind} {', '.join(names)}".strip() for kind, names in alone.items() if names]
    return "; ".join([*singles, *mixed])


def statement_fields(factor: Factor) -> list[str]:
    """Return the figures of statements that it can use, beside a ready ratio.

    Examples
    --------
    >>> from btalpha.signals.factors import FACTORS
    >>> statement_fields(FACTORS["days_sales_outstanding"])
    ['operating_revenue', 'accounts_receivable']
    """
    names = [name for need in factor.inputs for name in re.findall(r"statement:(\w+)", need)]
    ready = ready_ratio(factor)
    return [name for name in dict.fromkeys(names) if ready is None or name != ready[0]]


def ready_ratio(factor: Factor) -> tuple[str, str] | None:
    """Return the column in which a source may give the ratio itself, and what is said of it.

    Examples
    --------
    >>> from btalpha.signals.factors import FACTORS
    >>> ready_ratio(FACTORS["turnover_ratio_of_receivable"])
    ('turnover_ratio_of_receivable', 'year to date, brought to twelve months')
    >>> ready_ratio(FACTORS["roa"]) is None
    True
    """
    found = re.search(r"the ready figure (\w+)(.*)$", factor.formula)
    if found is None:
        return None
    note = found[2].strip(" ,")
    return found[1], note[1:-1] if note.startswith("(") else note


def _either(need: str) -> str:
    """Write ``a & b | c``, with the kind of the names said once where they share it."""
    ways = [[name.strip() for name in way.split("&")] for way in need.split("|")]
    kinds = {name.rpartition(":")[0] for way in ways for name in way}
    if len(kinds) > 1:
        return " or ".join(" + ".join(name.replace(":", " ") for name in way) for way in ways)
    names = " or ".join(" + ".join(name.rpartition(":")[2] for name in way) for way in ways)
    return f"{kinds.pop()} {names}".strip()
