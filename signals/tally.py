"""What cleaning changed, counted while somebody collects it, as :mod:`.timing` does with seconds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

CELLS = "values"
INFINITE = "infinite"
OUTLIERS = "outliers"
GAPS = "gaps"
UNKNOWN = "unknown"
LEFT_OUT = "left out: "


class Tally:
    """Counts by name; several threads may add to one."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lock = Lock()

    def add(self, name: str, count: int) -> None:
        """Add to a count."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + int(count)

    @property
    def counts(self) -> dict[str, int]:
        """The counts so far."""
        return dict(self._counts)


_collected: ContextVar[Tally | None] = ContextVar("btalpha_tally", default=None)


@contextmanager
def collect_counts() -> Iterator[Tally]:
    """Give a tally that fills with what is counted inside the block.

    Examples
    --------
    >>> with collect_counts() as tally:
    ...     add_counts({OUTLIERS: 3})
    >>> tally.counts
    {'outliers': 3}
    """
    tally = Tally()
    token = _collected.set(tally)
    try:
        yield tally
    finally:
        _collected.reset(token)


def current_tally() -> Tally | None:
    """Return the tally of whoever collects here; other threads are handed it."""
    return _collected.get()


def add_counts(more: Mapping[str, int]) -> None:
    """Add counts, if anybody collects here."""
    tally = _collected.get()
    if tally is not None:
        for name, count in more.items():
            tally.add(name, count)
