"""What a provider brings along from later dates, which no change of the panel would show."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ...feeds import Panel
from ..provider import SignalProvider
from .findings import LookAheadError

_DEPTH = 6


def refuse_carried(provider: SignalProvider, date: pd.Timestamp) -> None:
    """Raise if a provider that was just fitted up to ``date`` holds tables of later dates.

    Labels that were computed beforehand, or a screen that was fitted on the whole sample, are no part of
    the panel, so they stay as they are when its future changes. Frames, series, indexes of dates and
    panels are looked for in the attributes, and in those of the objects there. What an unfitted part
    learned elsewhere (its attributes that end in ``_``) does not count: it is fitted anew, or it turns up
    in the state of the provider itself.

    Raises
    ------
    LookAheadError
        Names the attribute and how far it reaches.

    Examples
    --------
    >>> from btalpha.signals import RandomSignal
    >>> signal = RandomSignal()
    >>> signal.known = pd.Series(1.0, index=pd.to_datetime(["2016-06-30"]))
    >>> refuse_carried(signal, pd.Timestamp("2016-01-04"))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    LookAheadError: RandomSignal.known reaches to 2016-06-30, the fit to 2016-01-04 ...
    """
    for place, last in _dated(provider, type(provider).__name__, _DEPTH, True, set()):
        if last > date:
            raise LookAheadError(
                f"{place} reaches to {last.date()}, the fit to {date.date()} only: what it was made from "
                "looks ahead, or cannot be told. Remedy: let fit make it from the panel it is given, or "
                "audit a function that takes a panel and returns the provider"
            )


def _dated(
    thing: Any, place: str, depth: int, fitted: bool, seen: set[int]
) -> Iterator[tuple[str, pd.Timestamp]]:
    """Yield the last date of everything dated in reach, with its place."""
    if depth == 0 or id(thing) in seen:
        return
    seen.add(id(thing))
    last = _last_date(thing)
    if last is not None:
        yield place, last
        return
    for name, value in _parts(thing):
        learned = name.endswith("_")
        if not learned or fitted:
            # What hangs on a fitted attribute is state of the provider; a plain one may be a mere recipe.
            inner = depth - 1, (learned or (fitted and name.startswith("["))), seen
            yield from _dated(value, place + (name if name.startswith("[") else f".{name}"), *inner)


def _last_date(thing: Any) -> pd.Timestamp | None:
    if isinstance(thing, Panel):
        index: Any = thing.dates
    elif isinstance(thing, pd.DataFrame | pd.Series):
        index = thing.index
    else:
        index = thing
    if not isinstance(index, pd.DatetimeIndex) or not len(index):
        return None
    last = index.max()
    return None if pd.isna(last) else last


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, Mapping):
        yield from ((f"[{key!r}]", value) for key, value in thing.items())
    elif isinstance(thing, list | tuple):
        yield from ((f"[{number}]", value) for number, value in enumerate(thing))
    elif hasattr(thing, "__dict__") and not isinstance(thing, type) and not callable(thing):
        yield from vars(thing).items()
