"""Networks side by side, each in one thread, so that nothing depends on the number of cores."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

from ...threads import threads_allowed

Result = TypeVar("Result")


@contextmanager
def one_thread() -> Iterator[None]:
    """Let each operation run in one thread, so that no sum depends on the machine's cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def side_by_side(jobs: list[Callable[[], Result]]) -> list[Result]:
    """Run jobs in threads, one a core: PyTorch lets go of the interpreter, and the data is shared.

    Examples
    --------
    >>> side_by_side([lambda: 1, lambda: 2])
    [1, 2]
    """

    def alone(job: Callable[[], Result]) -> Result:
        with one_thread():
            return job()

    with one_thread(), ThreadPoolExecutor(threads_allowed()) as pool:
        return list(pool.map(alone, jobs))
