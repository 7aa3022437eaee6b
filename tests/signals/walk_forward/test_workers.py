"""Fits side by side: the same bytes for every backend and number of workers."""

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import joblib
import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import ICScreen, LSTMSignal, RidgeSignal, SignalProvider, WalkForward
from btalpha.signals.threads import limited_threads, one_blas_thread, threads_allowed
from btalpha.signals.timing import collect_seconds
from btalpha.signals.walk_forward.workers import Crate
from threadpoolctl import threadpool_info

CODES = ["rev5", "vol20", "turn5", "mom20"]
MAKERS: dict[str, Callable[[], SignalProvider]] = {
    "ridge": lambda: RidgeSignal(factors=CODES, screen=ICScreen(min_factors=2), horizon=3),
    "lstm": lambda: LSTMSignal(
        factors=CODES, hidden=8, epochs=2, ensemble=2, length=25, burn_in=8, horizon=3, dropout=0.2
    ),
}


def walk(panel: Panel, make: Callable[[], SignalProvider], **options) -> WalkForward:
    return WalkForward(make(), start=panel.dates[110], refit=30, **options)


def content(fitted: WalkForward, panel: Panel, folder: Path) -> tuple[bytes, ...]:
    """Everything that a walk-forward gives, as bytes."""
    fitted.n_jobs = None
    fitted.save(folder / "walk")
    scores = fitted.predict(panel).to_numpy().tobytes()
    table = fitted.fits_table().to_csv().encode()
    screens = [fit.learned.screening for fit in fitted.fits_ if fit.learned.screening is not None]
    return (folder / "walk").read_bytes(), scores, table, *(one.to_csv().encode() for one in screens)


@pytest.fixture(scope="module")
def expected(gappy: Panel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, ...]]:
    return {
        name: content(walk(gappy, make).fit(gappy), gappy, tmp_path_factory.mktemp(name))
        for name, make in MAKERS.items()
    }


@pytest.mark.parametrize("name", MAKERS)
class TestSameBytes:
    @pytest.mark.parametrize(("backend", "workers"), [("loky", 2), ("loky", 3), ("threading", 3)])
    def test_of_processes_and_threads(
        self, gappy: Panel, expected: dict, tmp_path: Path, name: str, backend: str, workers: int
    ) -> None:
        with joblib.parallel_config(backend=backend):
            fitted = walk(gappy, MAKERS[name], n_jobs=workers).fit(gappy)
        assert content(fitted, gappy, tmp_path) == expected[name]

    def test_of_a_backend_without_results_one_by_one(
        self, gappy: Panel, expected: dict, tmp_path: Path, name: str
    ) -> None:
        if name == "lstm":
            pytest.skip("PyTorch's threads do not survive a fork, which is how this backend starts")
        with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
            fitted = walk(gappy, MAKERS[name]).fit(gappy)
        assert content(fitted, gappy, tmp_path) == expected[name]


@pytest.mark.slow
def test_a_dask_cluster_of_processes_gives_the_same_bytes(
    gappy: Panel, expected: dict, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed", reason="needs distributed (pip install 'btalpha[dev]')")
    seen: list[tuple[int, int]] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        for name, make in MAKERS.items():
            one = walk(gappy, make, on_fit=lambda done, total: seen.append((done, total)))
            with joblib.parallel_config("dask"):
                one.fit(gappy)
            assert content(one, gappy, tmp_path) == expected[name]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)] * 2


class Where(SignalProvider):
    """Notes the process and the thread that fitted it."""

    def __init__(self, on_done: Callable[[], None] | None = None) -> None:
        self.on_done = on_done
        self.process = self.threads = self.blas = 0

    def fit(self, panel: Panel) -> Self:
        self.process, self.threads = os.getpid(), threads_allowed()
        self.blas = max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        if self.on_done is not None:
            self.on_done()
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel.frame(np.full((len(panel), len(panel.symbols)), float(self.process)))


class TestWhere:
    def test_workers_share_the_cores(self, gappy: Panel) -> None:
        fitted = walk(gappy, Where, n_jobs=3).fit(gappy)
        assert os.getpid() not in {fit.provider.process for fit in fitted.fits_}
        assert {fit.provider.threads for fit in fitted.fits_} == {max((os.cpu_count() or 1) // 3, 1)}
        assert {fit.provider.blas for fit in fitted.fits_} == {1}

    @pytest.mark.parametrize("options", [{}, {"n_jobs": 1}, {"n_jobs": 2, "refit": 1000}], ids=str)
    def test_one_worker_or_one_fit_stays_here(self, gappy: Panel, options: dict) -> None:
        fitted = WalkForward(Where(), start=gappy.dates[110], **{"refit": 30, **options}).fit(gappy)
        assert {fit.provider.process for fit in fitted.fits_} == {os.getpid()}
        assert {fit.provider.blas for fit in fitted.fits_} == {1}

    def test_callbacks_of_the_provider_work_here_and_stay_here(self, gappy: Panel) -> None:
        lock, called = threading.Lock(), []  # a lock cannot be sent

        def done() -> None:
            with lock:
                called.append(os.getpid())

        walk(gappy, lambda: Where(done), n_jobs=2).fit(gappy)
        assert called == []
        walk(gappy, lambda: Where(done)).fit(gappy)
        assert called == [os.getpid()] * 3

    def test_each_fit_is_reported(self, gappy: Panel) -> None:
        seen: list[tuple[int, int]] = []
        walk(gappy, Where, n_jobs=2, on_fit=lambda *counts: seen.append(counts)).fit(gappy)
        assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]

    def test_the_seconds_of_the_workers_count(self, gappy: Panel) -> None:
        with collect_seconds() as seconds:
            walk(gappy, MAKERS["ridge"], n_jobs=2).fit(gappy)
        assert {"factors", "screen", "fit"} <= set(seconds)

    def test_an_error_of_a_worker_is_the_users(self, gappy: Panel) -> None:
        strict = RidgeSignal(factors=["rev5"], screen=ICScreen(min_t=1e9, min_factors=0))
        with pytest.raises(ValueError, match="screen kept none of 1 factors"):
            walk(gappy, lambda: strict, n_jobs=2).fit(gappy)

    def test_what_cannot_be_sent_is_told(self, gappy: Panel) -> None:
        class Locked(Where):
            def __init__(self) -> None:
                super().__init__()
                self.lock = threading.Lock()

            def __deepcopy__(self, memo: dict) -> Self:
                return type(self)()

        with pytest.raises(
            ValueError, match=r"provider Locked cannot be sent .*lock.*\. Remedy: name callbacks on_"
        ):
            walk(gappy, Locked, n_jobs=2).fit(gappy)
        with joblib.parallel_config("threading"):
            assert len(walk(gappy, Locked, n_jobs=2).fit(gappy).fits_) == 3


class Draws(SignalProvider):
    """Draws from a random state that the whole process shares, slowly, as PyTorch's models may."""

    state = np.random.default_rng(0)

    def fit(self, panel: Panel) -> Self:
        Draws.state = np.random.default_rng(len(panel))
        self.drawn = []
        for _ in range(5):
            time.sleep(0.01)
            self.drawn.append(Draws.state.random())
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        return panel["close"]


class Nested(Draws):
    """Walks forward itself while it is fitted."""

    def fit(self, panel: Panel) -> Self:
        inner = WalkForward(Draws(), start=panel.dates[60], refit=20, n_jobs=2).fit(panel)
        self.drawn = [fit.provider.drawn for fit in inner.fits_]
        return self


@pytest.mark.parametrize("kind", [Draws, Nested])
def test_fits_in_one_process_do_not_mix_up_what_they_draw(gappy: Panel, kind: type[Draws]) -> None:
    here = [fit.provider.drawn for fit in walk(gappy, kind, n_jobs=1).fit(gappy).fits_]
    with joblib.parallel_config("threading"):
        threads = walk(gappy, kind, n_jobs=3).fit(gappy)
    assert [fit.provider.drawn for fit in threads.fits_] == here


class TestCrate:
    def test_it_brings_the_whole_panel(self, small_panel: Panel) -> None:
        from btalpha.signals.walk_forward import fingerprint

        got = pickle.loads(pickle.dumps(Crate(small_panel))).panel
        assert fingerprint(got) == fingerprint(small_panel)
        assert got.repairs == small_panel.repairs
        assert not got.array("close").flags.writeable

    def test_it_tells_its_size(self, gappy: Panel) -> None:
        bytes_of_prices = sum(gappy.array(name).nbytes for name in gappy.fields)
        assert sys.getsizeof(Crate(gappy)) >= bytes_of_prices + gappy.universe_array.nbytes

    def test_every_task_refers_to_the_same_arrays(self, small_panel: Panel) -> None:
        crate = Crate(small_panel)
        one, two = crate.__getstate__(), crate.__getstate__()
        assert one["rest"] is two["rest"]
        assert all(one["arrays"][name] is two["arrays"][name] for name in small_panel.fields)


class TestThreads:
    def test_blocks_that_overlap_keep_the_limit_until_the_last_ends(self) -> None:
        import scipy.linalg  # noqa: F401

        def counts() -> set[int]:
            return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

        before, first, second = counts(), one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert counts() == {1}
        second.__exit__(None, None, None)
        assert counts() == before

    def test_a_limit_ends_with_its_block(self) -> None:
        with limited_threads(3):
            assert threads_allowed() == 3
        assert threads_allowed() == os.cpu_count()
