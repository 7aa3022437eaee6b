"""Two processes at once, and one that is killed: real processes, real signals."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from btalpha.feeds import DataError
from btalpha.feeds.cache import Store

from .fake import SYMBOLS, FakeSource

PROGRAM = Path(__file__).with_name("fake.py")
SPAN = pd.Timestamp("2016-01-01"), pd.Timestamp("2016-06-30")


def start(folder: Path, log: Path, delay_s: float) -> subprocess.Popen[str]:
    words = [sys.executable, str(PROGRAM), str(folder), str(log), str(delay_s)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split()


def assert_complete(folder: Path, symbols: list[str]) -> None:
    store = Store(folder, "fake")
    for symbol in symbols:
        held = store.read(symbol)
        assert held is not None, symbol
        pd.testing.assert_frame_equal(held.bars, FakeSource().bars(symbol, *SPAN), check_exact=True)
    assert store.set_aside == []


def test_two_processes_share_the_work(tmp_path: Path) -> None:
    folder, log = tmp_path / "data", tmp_path / "log"
    both = [start(folder, log, 0.05) for _ in range(2)]
    assert [finish(process) for process in both] == [SYMBOLS, SYMBOLS]
    assert_complete(folder, SYMBOLS)
    asked = Counter(line.split()[1] for line in log.read_text().splitlines())
    assert asked == Counter(SYMBOLS)  # each once, whoever came first
    assert not list(folder.rglob("*.tmp-*"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("seed", range(2))
def test_kill_9_loses_nothing_that_was_complete(tmp_path: Path, seed: int) -> None:
    """Killed again and again at random moments, the work goes on where it was and ends complete."""
    folder, log = tmp_path / "data", tmp_path / "log"
    draw = random.Random(seed)
    told: list[str] = []
    for _ in range(4):
        process = start(folder, log, 0.0)
        for _ in range(draw.randrange(1, 4)):  # at least so many symbols are done
            told += process.stdout.readline().split()
        time.sleep(draw.uniform(0.0, 0.01))
        os.kill(process.pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=60)
        assert process.returncode in (-signal.SIGKILL, 0)  # it may have been done already
        told += out.split()
        assert_complete(folder, sorted(set(told)))  # what was told to be done is there
        held = Store(folder, "fake").symbols()
        assert_complete(folder, held)  # and there is no half of anything
    before = log.read_text().splitlines()
    done = set(Store(folder, "fake").symbols())
    assert finish(start(folder, log, 0.0)) == SYMBOLS
    assert_complete(folder, SYMBOLS)
    asked = [line.split()[1] for line in log.read_text().splitlines()[len(before) :]]
    assert set(asked) == set(SYMBOLS) - done  # nothing that was there was asked for again


def test_what_killed_processes_left_is_swept_up_when_it_is_old(tmp_path: Path) -> None:
    store = Store(tmp_path / "data", "fake")
    old, young = (store.folder / f".600000.SH.parquet.tmp-{name}" for name in ("old", "young"))
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert Store(store.folder, "fake").symbols() == []
    assert (old.exists(), young.exists()) == (False, True)


def test_a_lock_that_stays_is_named(tmp_path: Path) -> None:
    store, other = (Store(tmp_path / "data", "fake") for _ in range(2))
    with (
        store.locked("600000.SH"),
        pytest.raises(DataError, match=r"another process has held .*600000\.SH\.lock"),
        other.locked("600000.SH", timeout_s=0.05),
    ):
        pass
