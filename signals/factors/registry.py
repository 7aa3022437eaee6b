"""The registry of factors, and the decorator that adds one."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from .factor import SETTLING, Factor, FactorError, choose_line, did_you_mean
from .operators import Packed
from .scaling import FLAGS

__all__ = ["FACTORS", "SETTLING", "choose_line", "lookup", "register", "unregister"]

_REGISTERED: dict[str, Factor] = {}
FACTORS: Mapping[str, Factor] = MappingProxyType(_REGISTERED)
"""Every registered factor by its code, in the order of registration; read-only, see :func:`register`."""


def register(
    code: str,
    *,
    kind: str,
    formula: str,
    inputs: Iterable[str],
    warm_up: int | Callable[..., int],
    flags: Iterable[str] = (),
    source: str = "user",
    grade: str = "",
) -> Callable[[Callable[..., Packed]], Callable[..., Packed]]:
    """Add a factor to :data:`FACTORS`; the decorated function stays as it is.

    Parameters
    ----------
    code
        Unique name.
    kind, formula, inputs, flags, source, grade
        See :class:`Factor`.
    warm_up
        Bars up to and including the first value of the raw form: a number, or a function of
        those parameters it depends on (``lambda n: n + 1``).

    Returns
    -------
    Callable
        A decorator of ``function(bars, *, parameters)``, whose keyword-only parameters and their
        defaults become those of the factor.

    Raises
    ------
    FactorError
        If the code is taken, a flag is unknown, or a parameter has no default.

    Examples
    --------
    >>> from btalpha.signals.factors import compute_factors, register, unregister
    >>> from btalpha.signals.factors.operators import divide, ma
    >>> @register("close_to_high", kind="trend", formula="MA(C/H, n)", inputs=("close", "high"),
    ...           warm_up=lambda n: n)
    ... def close_to_high(bars, *, n=10):
    ...     '''Where the close lies below the high of the day, on average.'''
    ...     return ma(divide(bars.close, bars.high), n)
    >>> FACTORS["close_to_high"].warm_up
    10
    >>> unregister("close_to_high")
    """

    def add(function: Callable[..., Packed]) -> Callable[..., Packed]:
        if code in _REGISTERED:
            raise FactorError(
                f"factor {code!r} is registered already ({_REGISTERED[code].summary}); choose another code"
            )
        _REGISTERED[code] = Factor(
            code=code,
            function=function,
            kind=kind,
            formula=formula,
            inputs=tuple(inputs),
            source=source,
            grade=grade,
            flags=_checked_flags(code, flags),
            defaults=MappingProxyType(_defaults(code, function)),
            rule=_rule(warm_up),
        )
        return function

    return add


def unregister(code: str) -> None:
    """Take a factor out of :data:`FACTORS`.

    Raises
    ------
    FactorError
        If there is none of that code.
    """
    lookup(code)
    del _REGISTERED[code]


def lookup(code: str) -> Factor:
    """Return a factor by its code.

    Raises
    ------
    FactorError
        If there is none; the message names similar codes.

    Examples
    --------
    >>> lookup("bool")
    Traceback (most recent call last):
        ...
    btalpha.signals.factors.factor.FactorError: there is no factor 'bool'; did you mean boll?
    """
    try:
        return FACTORS[code]
    except KeyError:
        hint = did_you_mean(code, FACTORS) or f"; there are {len(FACTORS)}, see FACTORS"
        raise FactorError(f"there is no factor {code!r}{hint}") from None


def _rule(warm_up: int | Callable[..., int]) -> Callable[..., int]:
    if callable(warm_up):
        return warm_up
    bars = warm_up
    return lambda: bars


def _checked_flags(code: str, flags: Iterable[str]) -> tuple[str, ...]:
    flags = tuple(flags)
    for flag in flags:
        if flag not in FLAGS:
            raise FactorError(f"factor {code!r} has the unknown flag {flag!r} (flags: {', '.join(FLAGS)})")
    return flags


def _defaults(code: str, function: Callable[..., Packed]) -> dict[str, object]:
    _, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.default is parameter.empty:
            raise FactorError(
                f"parameter {parameter.name!r} of factor {code!r} must be keyword-only and have a default"
            )
    return {parameter.name: parameter.default for parameter in parameters}
