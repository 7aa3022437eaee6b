"""How many threads a piece of work may use, so that jobs side by side do not crowd each other out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

_allowed: ContextVar[int | None] = ContextVar("btalpha_threads", default=None)
_lock = Lock()
_users = 0
_limit: Any = None


def threads_allowed() -> int:
    """Return how many threads may run side by side here: the cores, or fewer inside a worker.

    Examples
    --------
    >>> with limited_threads(1):
    ...     threads_allowed()
    1
    """
    return _allowed.get() or os.cpu_count() or 1


@contextmanager
def limited_threads(n: int) -> Iterator[None]:
    """Let :func:`threads_allowed` give ``n`` inside the block."""
    token = _allowed.set(n)
    try:
        yield
    finally:
        _allowed.reset(token)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let linear algebra run in one thread, so that no sum depends on the cores that are free.

    The limit counts for the whole process; it is lifted when the last block that wants it ends.
    """
    import scipy.linalg  # noqa: F401  it brings a BLAS of its own, which must be there to be limited
    from threadpoolctl import threadpool_limits

    global _users, _limit
    with _lock:
        _users += 1
        if _users == 1:
            _limit = threadpool_limits(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limit.restore_original_limits()
                _limit = None
