"""Where the fits run: one after the other here, or side by side wherever joblib's backend sends them."""

import copy
import os
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, cast

import numpy as np

from ...feeds import Panel
from ..provider import SignalProvider
from ..tally import add_counts, collect_counts
from ..threads import limited_threads, one_blas_thread
from ..timing import add_seconds, collect_seconds
from .windows import Window, solid

Fitted = tuple[int, SignalProvider]

# A model may draw from a random state that its whole process shares, as PyTorch's own is, so that two
# fits at once in one process (joblib's threads, a Dask worker with several) would mix up their draws.
_ONE_AT_A_TIME = Lock()
_inside: ContextVar[bool] = ContextVar("btalpha_inside_a_fit", default=False)


def fit_windows(
    provider: SignalProvider, panel: Panel, windows: Sequence[Window], *, n_jobs: int | None
) -> Iterator[Fitted]:
    """Fit a copy of the provider on each window.

    Parameters
    ----------
    provider
        Unfitted. Its callbacks are called by fits in this process only.
    panel
        The bars; sent once, not once a window.
    windows
        What each fit may see of it.
    n_jobs
        Workers, as joblib counts them: ``None`` for what ``joblib.parallel_config`` says (else 1),
        -1 for all cores. A single fit, or a single worker, stays in this process.

    Yields
    ------
    tuple
        (place of the window, fitted copy), as they are done. The bytes do not depend on the number
        of workers or the backend: linear algebra runs in one thread everywhere, and a process makes
        one fit at a time, so that the gain is with backends of processes.

    Raises
    ------
    ValueError
        If the provider cannot be sent to another process.
    """
    import joblib

    panel = solid(panel)
    workers = 1 if _inside.get() else min(joblib.effective_n_jobs(cast(int, n_jobs)), len(windows))
    if workers > 1:
        yield from _side_by_side(provider, panel, windows, n_jobs, workers)
        return
    for number, window in enumerate(windows):
        with one_blas_thread():
            fitted = copy.deepcopy(provider).fit(window.of(panel))
        yield number, fitted


def check_n_jobs(n_jobs: int | None) -> None:
    """Raise ``ValueError`` where joblib has no such number of workers."""
    if n_jobs is not None and (not isinstance(n_jobs, int) or isinstance(n_jobs, bool) or n_jobs == 0):
        raise ValueError(
            f"n_jobs must be a number of workers, -1 for all cores or None for joblib's own, got {n_jobs!r}"
        )


class Crate:
    """A panel on its way to the workers.

    Everything large in it is an array of its own, the same one in every task. So joblib's process
    backend writes it to a file once, which all workers map into their memory, and Dask, which asks
    for the size, sends it to its workers instead of to each task.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self._rest: np.ndarray | None = None

    def __sizeof__(self) -> int:
        arrays = [self.panel.array(name) for name in self.panel.fields]
        return sum(values.nbytes for values in (*arrays, self.panel.universe_array))

    def __getstate__(self) -> dict[str, Any]:
        panel = self.panel
        if self._rest is None:
            names = ("dates", "symbols", "statements", "benchmark", "info", "repairs")
            rest = {name: getattr(panel, name) for name in names}
            self._rest = np.frombuffer(pickle.dumps(rest, protocol=5), dtype=np.uint8)
        arrays = {name: panel.array(name) for name in panel.fields}
        return {"arrays": arrays, "universe": panel.universe_array, "rest": self._rest}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._rest = None
        self.panel = Panel(
            # What was mapped from a file becomes a plain array over the same memory.
            arrays={name: np.asarray(values) for name, values in state["arrays"].items()},
            universe=np.asarray(state["universe"]),
            **pickle.loads(state["rest"].tobytes()),
        )


def _side_by_side(
    provider: SignalProvider, panel: Panel, windows: Sequence[Window], n_jobs: int | None, workers: int
) -> Iterator[Fitted]:
    from joblib import delayed

    crate, threads = Crate(panel), max((os.cpu_count() or 1) // workers, 1)
    _check_can_be_sent(provider)
    tasks = (
        delayed(_fit_in_worker)(number, provider, crate, window, threads)
        for number, window in enumerate(windows)
    )
    # Held here too: with threads, the limit must not be lifted between two fits.
    with one_blas_thread():
        for number, fitted, seconds, counts in _parallel(n_jobs)(tasks):
            add_seconds(seconds)
            add_counts(counts)
            yield number, fitted


def _parallel(n_jobs: int | None) -> Any:
    from joblib import Parallel

    one_each: Any = 1  # fits are long; none waits for another's result
    try:
        return Parallel(n_jobs=n_jobs, batch_size=one_each, return_as="generator_unordered")
    except ValueError:  # a backend that gives all results at once, such as multiprocessing
        return Parallel(n_jobs=n_jobs, batch_size=one_each)


def _fit_in_worker(
    number: int, provider: SignalProvider, crate: Crate, window: Window, threads: int
) -> tuple[int, SignalProvider, dict[str, float], dict[str, int]]:
    with (
        _alone(),
        collect_seconds() as seconds,
        collect_counts() as tally,
        limited_threads(threads),
        one_blas_thread(),
    ):
        fitted = copy.deepcopy(provider).fit(window.of(crate.panel))
    return number, fitted, seconds, tally.counts


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other fits of this process waiting; a walk-forward within this one then fits in turn."""
    with _ONE_AT_A_TIME:
        token = _inside.set(True)
        try:
            yield
        finally:
            _inside.reset(token)


def _check_can_be_sent(provider: SignalProvider) -> None:
    try:
        from cloudpickle import dumps
    except ImportError:  # earlier joblib brings its own
        from joblib.externals.cloudpickle import dumps  # pyright: ignore[reportMissingImports]
    from joblib.parallel import get_active_backend

    if getattr(get_active_backend()[0], "supports_sharedmem", False):
        return
    try:
        dumps(provider)
    except Exception as error:
        raise ValueError(
            f"provider {type(provider).__name__} cannot be sent to another process ({error}). Remedy: name "
            "callbacks on_..., which stay here, or fit with n_jobs=1 or joblib's threading backend"
        ) from error
