"""Panels that were read before, kept as files that are mapped instead of being read again."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..dense_table import DenseTable
from .panel_file import open_panel_file, write_panel_file
from .parquet_file import DamagedFile
from .store import default_folder

logger = logging.getLogger("btalpha.panel_cache")
ENDING = ".panel"
# Up to so many bytes the content itself is compared, beyond it sizes and times of change.
_CHEAP_BYTES = 64 << 20
# A file that changed a moment ago may change again within one tick of its clock.
_SETTLED_S = 2.0
_UNUSED_S = 30 * 86400.0
_SUPERSEDED_S = 86400.0


class PanelCache:
    r"""A folder of panels as they were read from files.

    A kept panel counts only for the same files, unchanged, and the same code that reads; it is written whole
    or not at all, so processes may share the folder. A damaged one is named in the log, set aside and made
    anew. Panels that nobody used for a month are removed; those of files that have changed, after a day.

    Parameters
    ----------
    folder
        Made where it is missing; by default one in the user's own cache folder.

    Examples
    --------
    >>> import tempfile
    >>> from btalpha.feeds import Panel, simulate_market
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "bars.csv").write_text(
    ...     "date,symbol,open,high,low,close,volume\n2016-01-04,600519.SH,210,212,209,211,500\n")
    >>> first, again = (Panel.read(folder / "bars.csv", cache=folder / "kept") for _ in range(2))
    >>> again["close"].equals(first["close"]), len(list((folder / "kept").iterdir()))
    (True, 1)
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = default_folder("panels") if folder is None else Path(folder)

    def table(self, files: list[Path], read: Callable[[], DenseTable]) -> DenseTable:
        """Return the kept table of some files, or read them and keep what was read.

        Parameters
        ----------
        files
            What the table is made from.
        read
            Reads them.

        Raises
        ------
        DataError
            As ``read`` does. That a table cannot be kept is logged, and no error.
        """
        source = source_of(files)
        path = self.folder / _name(source)
        kept = self._open(path, source)
        if kept is not None:
            return kept
        table = read()
        if source == source_of(files) and _settled(files):
            self._keep(path, table, source)
        return table

    def _open(self, path: Path, source: dict[str, Any]) -> DenseTable | None:
        try:
            table, found = open_panel_file(path)
            if found != source:
                raise DamagedFile(f"{path} was made from other files")
            path.touch()  # tells when it was last used
        except FileNotFoundError:
            return None
        except DamagedFile as error:
            aside = path.with_suffix(".damaged")
            logger.warning("%s; it is set aside as %s, and the bars are read again", error, aside.name)
            _quietly(lambda: path.replace(aside))
            return None
        except OSError as error:
            logger.warning("%s cannot be used (%s); the bars are read again", path, error)
            return None
        return table

    def _keep(self, path: Path, table: DenseTable, source: dict[str, Any]) -> None:
        try:
            write_panel_file(path, table, source)
            self._sweep(path)
        except OSError as error:
            logger.warning("%s cannot be written (%s); the panel is not kept", path, error)

    def _sweep(self, fresh: Path) -> None:
        """Remove what nobody uses, and what processes that were killed left behind."""
        now = time.time()
        for file in self.folder.iterdir():
            left_over = file.name.startswith(".") and ".tmp-" in file.name
            superseded = file.name.split("-")[0] == fresh.name.split("-")[0]
            limit = _SUPERSEDED_S if superseded or left_over else _UNUSED_S
            ours = left_over or file.suffix in (ENDING, ".damaged")
            if ours and file != fresh:
                _quietly(lambda file=file, limit=limit: _remove_older(file, now - limit))


def source_of(files: list[Path]) -> dict[str, Any]:
    """Return what tells these files of one folder, as they are now and as they would be read, from others."""
    stats = [file.stat() for file in files]
    cheap = sum(stat.st_size for stat in stats) <= _CHEAP_BYTES
    marks = [
        [file.name, stat.st_size, *([_content(file)] if cheap else [stat.st_mtime_ns, stat.st_ctime_ns])]
        for file, stat in zip(files, stats, strict=True)
    ]
    return {"place": str(files[0].parent.resolve()), "files": marks, "reader": _reader()}


def _content(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@cache
def _reader() -> str:
    """Return a digest of the code that reads."""
    total = hashlib.sha256(f"{np.__version__} {pd.__version__} {pa.__version__}".encode())
    for module in sorted(Path(__file__).parents[1].glob("*.py")):
        total.update(module.read_bytes())
    return total.hexdigest()


def _name(source: dict[str, Any]) -> str:
    """Return the name of the file: first for the place, then for the content."""
    place = [source["place"], [mark[0] for mark in source["files"]]]
    digests = [hashlib.sha256(json.dumps(part).encode()).hexdigest()[:16] for part in (place, source)]
    return "-".join(digests) + ENDING


def _settled(files: list[Path]) -> bool:
    newest = max(max(stat.st_mtime, stat.st_ctime) for stat in map(Path.stat, files))
    return sum(file.stat().st_size for file in files) <= _CHEAP_BYTES or time.time() - newest > _SETTLED_S


def _remove_older(file: Path, moment: float) -> None:
    if file.stat().st_mtime < moment:
        file.unlink()


def _quietly(change: Callable[[], Any]) -> None:
    """Another process may have been faster, or hold the file."""
    try:
        change()
    except OSError as error:
        logger.info("%s", error)
