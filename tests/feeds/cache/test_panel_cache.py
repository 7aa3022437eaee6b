"""Panels that are kept: the same ones, mapped, and never those of other files."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.cache import panel_cache, panel_file
from btalpha.feeds.cache.panel_cache import PanelCache
from btalpha.feeds.cache.parquet_file import DamagedFile
from btalpha.feeds.dense_table import DenseTable

from ...conftest import small_bars


@pytest.fixture
def path(tmp_path: Path) -> Path:
    small_bars().assign(turnover=np.nan).to_parquet(tmp_path / "bars.parquet")
    return tmp_path / "bars.parquet"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was read from files since."""
    from btalpha.feeds import bar_files

    done: list[Path] = []
    real = bar_files._read
    monkeypatch.setattr(bar_files, "_read", lambda path, files: done.append(path) or real(path, files))
    return done


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.panel"))


def assert_same(one: Panel, other: Panel) -> None:
    pd.testing.assert_index_equal(one.dates, other.dates)
    pd.testing.assert_index_equal(one.symbols, other.symbols)
    assert (one.fields, one.repairs) == (other.fields, other.repairs)
    for name in one.fields:
        np.testing.assert_array_equal(one.array(name), other.array(name), strict=True)


class TestKeeping:
    def test_the_second_reading_maps(self, path: Path, tmp_path: Path, reads: list[Path]) -> None:
        panels = [Panel.read(path, cache=tmp_path / "kept") for _ in range(3)]
        assert reads == [path]
        assert len(kept(tmp_path / "kept")) == 1
        for panel in panels:
            assert_same(panel, Panel.read(path))
        base = panels[1].array("close")
        while isinstance(base.base, np.ndarray):
            base = base.base
        assert isinstance(base, np.memmap)

    def test_repairs_are_told_again(self, tmp_path: Path, reads: list[Path]) -> None:
        bars = small_bars().drop(columns="factor").assign(name="bank")
        bars.loc[3, "volume"] = 0
        bars.sample(frac=1.0, random_state=1).to_csv(tmp_path / "bars.csv", index=False)
        panels = [Panel.read(tmp_path / "bars.csv", cache=tmp_path / "kept") for _ in range(2)]
        assert len(reads) == 1
        assert len(panels[1].repairs) == 4
        assert_same(*panels)

    def test_it_is_read_only(self, path: Path, tmp_path: Path) -> None:
        for _ in range(2):
            panel = Panel.read(path, cache=tmp_path / "kept")
            with pytest.raises(ValueError, match="read-only"):
                panel.array("close")[0, 0] = 1.0
        content = kept(tmp_path / "kept")[0].read_bytes()
        frame = Panel.read(path, cache=tmp_path / "kept")["close"]
        with pytest.raises(ValueError, match="read-only"):
            frame.to_numpy()[0, 0] = 1.0
        assert kept(tmp_path / "kept")[0].read_bytes() == content

    def test_what_goes_into_a_panel_goes_on_working(self, path: Path, tmp_path: Path) -> None:
        """Views, other fields, pickling for another process."""
        plain = Panel.read(path)
        panel = [Panel.read(path, cache=tmp_path / "kept") for _ in range(2)][1]
        assert_same(panel.until("2016-01-20"), plain.until("2016-01-20"))
        assert_same(panel.select(["600001.SH"]), plain.select(["600001.SH"]))
        assert_same(pickle.loads(pickle.dumps(panel)), plain)

    def test_it_stays_whole_when_its_file_is_replaced(self, path: Path, tmp_path: Path) -> None:
        """What is mapped is the file that was opened, whatever takes its place."""
        panel = [Panel.read(path, cache=tmp_path / "kept") for _ in range(2)][1]
        expected = Panel.read(path)
        kept(tmp_path / "kept")[0].unlink()
        assert_same(panel, expected)

    def test_off_by_default(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(PanelCache, "table", lambda *_: pytest.fail("the cache was used"))
        Panel.read(path)

    def test_a_folder_of_files(self, tmp_path: Path, reads: list[Path]) -> None:
        data = tmp_path / "data"
        data.mkdir()
        for symbol, part in small_bars().groupby("symbol"):
            part.to_csv(data / f"{symbol}.csv", index=False)
        panels = [Panel.read(data, cache=tmp_path / "kept") for _ in range(2)]
        assert len(reads) == 1
        assert_same(*panels)

    def test_an_error_is_the_readers_own_and_keeps_nothing(self, path: Path, tmp_path: Path) -> None:
        small_bars().assign(close=-1.0).to_parquet(path)
        with pytest.raises(DataError, match=r"close of 000001\.SZ on 2016-01-04 is not above zero"):
            Panel.read(path, cache=tmp_path / "kept")
        assert not (tmp_path / "kept").exists()


class TestChanges:
    def test_another_content_is_read(self, path: Path, tmp_path: Path, reads: list[Path]) -> None:
        """Even with the same size and the same times."""
        bars = small_bars()
        csv = path.with_suffix(".csv")
        bars.to_csv(csv, index=False)
        stat = csv.stat()
        Panel.read(csv, cache=tmp_path / "kept")
        csv.write_text(csv.read_text().replace("10.1,", "10.2,"))
        os.utime(csv, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert csv.stat().st_size == stat.st_size
        assert_same(Panel.read(csv, cache=tmp_path / "kept"), Panel.read(csv))
        assert len(reads) == 3

    def test_of_large_files_size_and_times_count(
        self, path: Path, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(panel_cache, "_CHEAP_BYTES", 0)
        monkeypatch.setattr(panel_cache, "_SETTLED_S", 0.0)
        for _ in range(2):
            Panel.read(path, cache=tmp_path / "kept")
        assert len(reads) == 1
        stat = path.stat()
        time.sleep(0.02)
        path.write_bytes(path.read_bytes())
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # ctime still tells
        Panel.read(path, cache=tmp_path / "kept")
        assert len(reads) == 2

    def test_a_large_file_that_just_changed_is_not_kept(
        self, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(panel_cache, "_CHEAP_BYTES", 0)
        monkeypatch.setattr(panel_cache, "_SETTLED_S", 3600.0)
        Panel.read(path, cache=tmp_path / "kept")
        assert not (tmp_path / "kept").exists()

    def test_a_file_that_changes_while_it_is_read_is_not_kept(self, path: Path, tmp_path: Path) -> None:
        def read() -> DenseTable:
            path.write_bytes(path.read_bytes() + b" ")
            return DenseTable(pd.DatetimeIndex([]), pd.Index([]), {}, ())

        PanelCache(tmp_path / "kept").table([path], read)
        assert not (tmp_path / "kept").exists()

    @pytest.mark.parametrize("change", ["another file", "a file more", "another reader"])
    def test_other_sources_are_others(
        self, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        before = panel_cache.source_of([path])
        if change == "another reader":
            monkeypatch.setattr(panel_cache, "_reader", lambda: "another")
        other = tmp_path / "other.parquet"
        other.write_bytes(path.read_bytes())
        files = {"another file": [other], "a file more": [path, other], "another reader": [path]}[change]
        assert panel_cache._name(panel_cache.source_of(files)) != panel_cache._name(before)

    def test_old_panels_are_removed_and_nothing_else(self, path: Path, tmp_path: Path) -> None:
        folder = tmp_path / "kept"
        Panel.read(path, cache=folder)
        (old,) = kept(folder)
        names = ["x-y.panel", "z.damaged", ".a.panel.tmp-1", "notes.txt", "young-y.panel"]
        for name in names:
            (folder / name).touch()
            if name != "young-y.panel":
                os.utime(folder / name, (0, time.time() - 40 * 86400))
        os.utime(old, (0, time.time() - 2 * 86400))
        small_bars()[:40].to_parquet(path)
        Panel.read(path, cache=folder)
        left = {file.name for file in folder.iterdir()}
        assert old.name not in left
        assert left >= {"notes.txt", "young-y.panel"}
        assert len(left) == 3


class TestDamage:
    @pytest.mark.parametrize("place", [0, 9, 17, 100, 4100])  # mark, length, checksum, head, first field
    def test_a_changed_byte_is_named_and_made_anew(
        self, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, place: int
    ) -> None:
        expected = Panel.read(path, cache=tmp_path / "kept")
        (file,) = kept(tmp_path / "kept")
        content = bytearray(file.read_bytes())
        content[place] ^= 0x55
        file.write_bytes(content)
        assert_same(Panel.read(path, cache=tmp_path / "kept"), expected)
        assert f"{file} does not hold what was written" in caplog.text
        assert file.with_suffix(".damaged").read_bytes() == content
        assert_same(Panel.read(path, cache=tmp_path / "kept"), expected)

    @pytest.mark.parametrize("length", [0, 7, 30, 4096, 9000, -1])
    def test_a_cut_file_is_found(self, path: Path, tmp_path: Path, length: int) -> None:
        Panel.read(path, cache=tmp_path / "kept")
        (file,) = kept(tmp_path / "kept")
        file.write_bytes(file.read_bytes()[:length])
        with pytest.raises(DamagedFile, match="does not hold what was written"):
            panel_file.open_panel_file(file)
        assert_same(Panel.read(path, cache=tmp_path / "kept"), Panel.read(path))

    def test_a_file_of_another_source_is_not_used(self, path: Path, tmp_path: Path) -> None:
        Panel.read(path, cache=tmp_path / "kept")
        other = tmp_path / "other.parquet"
        small_bars()[:60].to_parquet(other)
        wrong = tmp_path / "kept" / panel_cache._name(panel_cache.source_of([other]))
        kept(tmp_path / "kept")[0].rename(wrong)
        assert_same(Panel.read(other, cache=tmp_path / "kept"), Panel.read(other))

    def test_a_folder_that_cannot_be_written_is_no_error(
        self, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "kept").write_text("a file")
        assert_same(Panel.read(path, cache=tmp_path / "kept"), Panel.read(path))
        assert "the panel is not kept" in caplog.text


PROGRAM = """
import sys
from btalpha.feeds import Panel
for _ in range(20):
    panel = Panel.read(sys.argv[1], cache=sys.argv[2])
    assert panel["close"].sum().sum() == float(sys.argv[3]), panel
"""


def start(path: Path, folder: Path) -> subprocess.Popen[bytes]:
    total = str(Panel.read(path)["close"].sum().sum())
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(path), str(folder), total])


def test_two_processes_share_a_folder(path: Path, tmp_path: Path) -> None:
    both = [start(path, tmp_path / "kept") for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_kill_9_leaves_no_part(path: Path, tmp_path: Path) -> None:
    """A process that dies while it writes leaves a file that nobody takes for a panel."""
    program = (
        "import os, signal, sys\n"
        "from btalpha.feeds import Panel\n"
        "from btalpha.feeds.cache import panel_file\n"
        "real = panel_file._bytes\n"
        "def last(values):\n"
        "    last.count += 1\n"
        "    if last.count > 12: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(values)\n"
        "last.count = 0\n"
        "panel_file._bytes = last\n"
        "Panel.read(sys.argv[1], cache=sys.argv[2])\n"
    )
    folder = tmp_path / "kept"
    done = subprocess.run([sys.executable, "-c", program, str(path), str(folder)], check=False)
    assert done.returncode != 0
    assert kept(folder) == []
    assert [file.name.startswith(".") for file in folder.iterdir()] == [True]
    assert_same(Panel.read(path, cache=folder), Panel.read(path))
    assert len(kept(folder)) == 1
