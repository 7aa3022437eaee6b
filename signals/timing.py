"""Where the seconds go: named stages, measured only while somebody collects them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

_collected: ContextVar[dict[str, float] | None] = ContextVar("btalpha_stages", default=None)


@contextmanager
def collect_seconds() -> Iterator[dict[str, float]]:
    """Give a dict that fills with the seconds of each stage that runs inside the block.

    Examples
    --------
    >>> with collect_seconds() as seconds:
    ...     with stage("fit"):
    ...         pass
    >>> list(seconds)
    ['fit']
    """
    seconds: dict[str, float] = {}
    token = _collected.set(seconds)
    try:
        yield seconds
    finally:
        _collected.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the block's wall-clock seconds to a stage of that name, if anybody collects."""
    seconds = _collected.get()
    begin = perf_counter()
    try:
        yield
    finally:
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + perf_counter() - begin


def add_seconds(more: Mapping[str, float]) -> None:
    """Add the seconds that somebody else collected, a worker say, if anybody collects here."""
    seconds = _collected.get()
    if seconds is not None:
        for name, value in more.items():
            seconds[name] = seconds.get(name, 0.0) + value
