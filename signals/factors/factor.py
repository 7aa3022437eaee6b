"""What a factor is: a function and everything that is known about it."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from .bars import Bars
from .operators import Packed
from .scaling import scale, scaled_warm_up

SETTLING = 4
"""A recursion of length n counts as settled after ``4n`` bars, when the weight of its seed is below 2 %."""


class FactorError(ValueError):
    """A factor, or a parameter of one, that does not exist or cannot be computed."""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One factor: the function that computes it and everything that is known about it.

    Parameters
    ----------
    code
        Its name, 10jqka's where the factor is theirs.
    function
        ``function(bars, *, parameters) -> T x N`` packed array of the raw form.
    kind
        Class: trend, channel, oscillator, momentum, volatility, ...
    formula
        The definition in the operators of :mod:`~btalpha.signals.factors.operators`.
    inputs
        What the panel must have. Each is a field, ``statement:<field>`` or ``index:<field>``;
        ``a & b`` needs both, ``a | b`` either (the left one is preferred).
    source
        ``10jqka`` (a code of that library), ``10jqka (probable)`` or ``btalpha`` (ours).
    grade
        Confidence that the definition is the platform's: ``A``, ``A-`` (served numbers are said to
        differ, or the text is ambiguous), ``B`` (a convention), empty for our own.
    flags
        What the values are, see :mod:`~btalpha.signals.factors.scaling`.
    defaults
        Parameters and their default values.
    rule
        Parameters -> bars up to and including the first value.
    """

    code: str
    function: Callable[..., Packed]
    kind: str
    formula: str
    inputs: tuple[str, ...]
    source: str
    grade: str
    flags: tuple[str, ...]
    defaults: Mapping[str, object]
    rule: Callable[..., int]

    @property
    def warm_up(self) -> int:
        """Bars a stock needs before the raw form with default parameters has its first value."""
        return self.bars_needed()

    @property
    def summary(self) -> str:
        """First line of the function's documentation."""
        return (inspect.getdoc(self.function) or "").split("\n", 1)[0]

    def bars_needed(self, parameters: Mapping[str, object] | None = None, *, form: str = "raw") -> int:
        """Return the number of a stock's bars up to and including its first value.

        Where the formula is a recursion, which has a value from the first bar on, so many are
        withheld that its seed no longer matters (:data:`SETTLING`).
        """
        values = self.parameters(parameters)
        names = inspect.signature(self.rule).parameters
        bars = self.rule(**{name: values[name] for name in names})
        return scaled_warm_up(bars, self.flags) if form == "scaled" else bars

    def parameters(self, overrides: Mapping[str, object] | None = None) -> dict[str, object]:
        """Return the defaults with some of them replaced.

        Raises
        ------
        FactorError
            If the factor has no such parameter.
        """
        for name in overrides or {}:
            if name not in self.defaults:
                known = ", ".join(self.defaults) or "none"
                raise FactorError(
                    f"factor {self.code} has no parameter {name!r}{did_you_mean(name, self.defaults)} "
                    f"(its parameters: {known})"
                )
        return {**self.defaults, **(overrides or {})}

    def compute(
        self, bars: Bars, parameters: Mapping[str, object] | None = None, *, form: str = "scaled"
    ) -> Packed:
        """Compute the factor over packed bars, T x N; NaN during the warm-up.

        Parameters
        ----------
        bars
            The packed bars.
        parameters
            Parameters that replace defaults.
        form
            ``raw``, or ``scaled`` by its flags.
        """
        values = self.function(bars, **self.parameters(parameters))
        if form == "scaled":
            values = scale(values, bars, self.flags)
        first = self.bars_needed(parameters, form=form) - 1
        if not np.isnan(values[:first]).all():
            values = values.copy()  # it may be a field that others read
            values[:first] = np.nan
        return values

    def missing(self, bars: Bars) -> str | None:
        """Return what the panel lacks for this factor, or None where nothing is missing."""
        for need in self.inputs:
            if not any(all(map(bars.has, _names(choice, "&"))) for choice in _names(need, "|")):
                return describe_input(need)
        return None


def describe_input(need: str) -> str:
    """Write an input in words.

    Examples
    --------
    >>> describe_input("index:close")
    'index series close'
    >>> describe_input("total_mktcap | statement:total_shares")
    'field total_mktcap, or statement figure total_shares'
    """
    words = {"statement": "statement figure", "index": "index series", "": "field"}
    choices = []
    for choice in _names(need, "|"):
        parts = [name.rpartition(":") for name in _names(choice, "&")]
        choices.append(" and ".join(f"{words[kind]} {field}" for kind, _, field in parts))
    return ", or ".join(choices)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean ...?`` with the nearest known names, or nothing."""
    close = get_close_matches(str(name), list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def choose_line(line: str, lines: Mapping[str, Packed]) -> Packed:
    """Return one of an indicator's lines or variants.

    Raises
    ------
    FactorError
        If there is none of that name.
    """
    try:
        return lines[line]
    except KeyError:
        raise FactorError(
            f"there is no line or variant {line!r}{did_you_mean(line, lines)} (there are: {', '.join(lines)})"
        ) from None


def _names(text: str, separator: str) -> list[str]:
    return [name.strip() for name in text.split(separator)]
