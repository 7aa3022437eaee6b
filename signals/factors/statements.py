"""Statement factors: the decorator that turns arithmetic on figures into a factor of the panel."""

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np

from ...feeds.statements import DEFAULT_MAX_AGE
from .bars import Bars
from .figures import Figures
from .operators import Packed, divide
from .registry import register

Rows = np.ndarray
"""One float a statement."""

YEARLY_MAX_AGE = 486
"""Where a figure may come once a year only: until the deadline of its successor, 30 April two years on."""


def ratio(
    code: str,
    *,
    kind: str,
    formula: str,
    fields: Iterable[str],
    flags: Iterable[str] = (),
    ready: str | None = None,
    ready_rule: Callable[[Figures, Rows], Rows] | None = None,
    ready_note: str = "",
    max_age_days: int = DEFAULT_MAX_AGE,
    source: str = "10jqka",
    grade: str = "A",
) -> Callable[[Callable[[Figures], Rows]], Callable[[Figures], Rows]]:
    """Register ``function(figures) -> one number a statement`` as a factor.

    The number counts from the statement's announcement on, until the next one or until it is
    stale.

    Parameters
    ----------
    code, kind, formula, flags, source, grade
        See :class:`~btalpha.signals.factors.registry.Factor`; ``PIT`` is added to the flags.
    fields
        Statement figures that the formula needs; ``a | b`` is either.
    ready
        A column in which some sources give the ratio itself. It is used where the figures are
        missing, as a whole or for a statement.
    ready_rule
        What is done to the ready ratio; nothing by default.
    ready_note
        The rule in words.
    max_age_days
        How long after the end of its period a value counts.
    """
    fields = tuple(fields)
    if ready is not None:
        formula += f"; where these figures are missing, the ready figure {ready}{ready_note}"

    def add(function: Callable[[Figures], Rows]) -> Callable[[Figures], Rows]:
        def compute(bars: Bars) -> Packed:
            values = _with_ready(function, bars.figures, fields, ready, ready_rule)
            return bars.announced(values, max_age_days=max_age_days)

        compute.__doc__ = function.__doc__
        register(
            code,
            kind=kind,
            formula=formula,
            inputs=("close", *_inputs(fields, ready)),
            warm_up=1,
            flags=("PIT", *flags),
            source=source,
            grade=grade,
        )(compute)
        return function

    return add


def trailing_ratio(figures: Figures, values: Rows) -> Rows:
    """Return the trailing twelve months of a turnover ratio that is reported year to date.

    The ratios of three reports are added as if their averages were the same, which is a good
    approximation while balances move slowly; a sum of 0 or less shows that they did not, and is NaN.
    """
    total = figures.ttm_of(values)
    return np.where(total > 0.0, total, np.nan)


def trailing_share(figures: Figures, part: str, whole: str) -> Rows:
    """Return one flow over another, both of the trailing twelve months."""
    return divide(figures.ttm(part), figures.ttm(whole))


def _with_ready(
    function: Callable[[Figures], Rows],
    figures: Figures,
    fields: tuple[str, ...],
    ready: str | None,
    rule: Callable[[Figures, Rows], Rows] | None,
) -> Rows:
    known = all(any(name.strip() in figures for name in field.split("|")) for field in fields)
    if ready is None or ready not in figures:
        return function(figures)
    spare = figures.latest(ready)
    spare = spare if rule is None else rule(figures, spare)
    if not known:
        return spare
    values = function(figures)
    return np.where(np.isnan(values), spare, values)


def _inputs(fields: tuple[str, ...], ready: str | None) -> list[str]:
    """Write the needs in the registry's terms; the choices are multiplied out where there is a spare.

    Examples
    --------
    >>> _inputs(("a", "b | c"), None)
    ['statement:a', 'statement:b | statement:c']
    >>> _inputs(("a", "b | c"), "d")
    ['statement:a & statement:b | statement:a & statement:c | statement:d']
    """
    choices = [[f"statement:{name.strip()}" for name in field.split("|")] for field in fields]
    if ready is None:
        return [" | ".join(names) for names in choices]
    return [" | ".join([*(" & ".join(names) for names in product(*choices)), f"statement:{ready}"])]
