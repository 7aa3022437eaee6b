"""The folder of the cache: which file is whose, locks, and what is set aside."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from ..errors import DataError
from ..sources.symbols import canonical
from ..universe import read_members
from .membership import merge_ranges
from .parquet_file import DamagedFile, read_parquet, write_parquet, write_whole

STATE = "state"
MEMBERS = "members"
STATEMENTS = "statements"
DAMAGED = "damaged"
_FORMAT = 1
# No separator, no leading dot, nothing that a system forbids: it becomes the name of a file.
_PLAIN_NAME = re.compile(r"""(?![.])[^/\\:*?"<>|\x00-\x1f]{1,60}(?<![. ])""")
_STALE_S = 3600.0


def default_folder(source: str) -> Path:
    """Return the folder of a source in the user's own cache."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("btalpha", appauthor=False)) / source


@dataclass(frozen=True)
class Held:
    """What the cache holds of a symbol: its bars, and the span that has been asked for."""

    bars: pd.DataFrame
    first: pd.Timestamp
    last: pd.Timestamp


class Store:
    """A folder with one parquet file a symbol, which ``Panel.read`` takes as it is.

    Beside the bars there are ``members`` and ``statements``, and ``state`` with the locks, a note on the
    source and the files that were found damaged. Nothing is ever written outside of the folder.

    Parameters
    ----------
    folder
        Made where it is missing.
    source
        Whose data it holds; a folder holds the data of one source.

    Raises
    ------
    DataError
        If the folder holds another source's data, or is of a later version.

    Examples
    --------
    >>> import tempfile
    >>> store = Store(Path(tempfile.mkdtemp()) / "data", "baostock")
    >>> store.path("sh.600519").name
    '600519.SH.parquet'
    """

    def __init__(self, folder: str | Path, source: str) -> None:
        self.folder = Path(folder)
        self.source = source
        self.set_aside: list[str] = []
        if self.folder.exists() and not self.folder.is_dir():
            raise DataError(f"{self.folder} is a file", remedy="name a folder")
        self._check_note()
        self._sweep()

    def path(self, symbol: str) -> Path:
        """Return the file of a symbol; one that is no symbol is refused."""
        return self.folder / f"{canonical(symbol)}.parquet"

    def symbols(self) -> list[str]:
        """Return the symbols that have a file, sorted."""
        return sorted(file.name.removesuffix(".parquet") for file in self.folder.glob("[!.]*.parquet"))

    @contextmanager
    def locked(self, symbol: str, timeout_s: float = 600.0) -> Iterator[None]:
        """Hold a symbol alone, among all processes; a process that dies lets it go.

        Raises
        ------
        DataError
            If another process holds it for longer.
        """
        with self._lock(f"{canonical(symbol)}.lock", timeout_s):
            yield

    def read(self, symbol: str) -> Held | None:
        """Return what is held of a symbol; a damaged file is set aside, named and counts as missing."""
        path = self.path(symbol)
        try:
            bars, facts = read_parquet(path)
            span = [pd.Timestamp(facts[name]) for name in ("first", "last")]
            return Held(bars, *span)
        except FileNotFoundError:
            return None
        except (DamagedFile, KeyError, ValueError) as error:
            self._put_aside(path, str(error))
            return None

    def write(self, symbol: str, held: Held) -> None:
        """Write what is held of a symbol, whole or not at all."""
        facts = {"first": held.first.date().isoformat(), "last": held.last.date().isoformat()}
        write_parquet(held.bars, self.path(symbol), {"source": self.source, "symbol": symbol, **facts})

    def write_members(
        self,
        name: str,
        ranges: pd.DataFrame,
        span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    ) -> Path:
        """Write membership ranges as CSV and return the file.

        Parameters
        ----------
        name
            The file is called so where that is a plain name, and otherwise ``members``.
        ranges
            Columns ``symbol, start, end``.
        span
            First and last day that the ranges tell of: what the file holds of other days is kept.
            ``None``: they take the place of all.
        """
        path = self.folder / MEMBERS / f"{name if _PLAIN_NAME.fullmatch(name) else MEMBERS}.csv"
        with self._lock("members.lock"):
            held = None if span is None else self._read_members(path)
            if span is not None and held is not None:
                ranges = merge_ranges(held, ranges, *span)
            columns = {name: ranges[name].dt.strftime("%Y-%m-%d") for name in ("start", "end")}
            text = ranges.assign(**columns).to_csv(index=False, lineterminator="\n")
            write_whole(path, lambda file: file.write(text.encode()))
        return path

    def write_statements(self, table: pd.DataFrame) -> Path:
        """Add statements to those that are there; the same version of a report is kept once."""
        path = self.folder / STATEMENTS / "statements.parquet"
        with self._lock("statements.lock"):
            held = self.read_statements()
            both = table if held is None else pd.concat([held, table], ignore_index=True)
            keys = ["symbol", "period_end", "announce_date"]
            both = both.drop_duplicates(keys, keep="last").sort_values(keys, kind="stable")
            write_parquet(both.reset_index(drop=True), path, {"source": self.source})
        return path

    def read_statements(self) -> pd.DataFrame | None:
        """Return the statements that are held; a damaged file is set aside."""
        path = self.folder / STATEMENTS / "statements.parquet"
        try:
            return read_parquet(path)[0]
        except FileNotFoundError:
            return None
        except DamagedFile as error:
            self._put_aside(path, str(error))
            return None

    def _read_members(self, path: Path) -> pd.DataFrame | None:
        """Return the ranges of a file; one that cannot be read is set aside."""
        if not path.exists():
            return None
        try:
            return read_members(path)
        except DataError as error:
            self._put_aside(path, str(error))
            return None

    def write_state(self, name: str, text: str) -> Path:
        """Write a note about the last fetch."""
        path = self.folder / STATE / name
        write_whole(path, lambda file: file.write(text.encode()))
        return path

    @contextmanager
    def _lock(self, name: str, timeout_s: float = 600.0) -> Iterator[None]:
        path = self.folder / STATE / "locks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(path, timeout=timeout_s):
                yield
        except Timeout as error:
            raise DataError(
                f"another process has held {path} for {timeout_s:g} s", remedy="end it, or wait"
            ) from error

    def _check_note(self) -> None:
        path = self.folder / STATE / "source.json"
        if not path.exists():
            note = {"source": self.source, "format": _FORMAT}
            write_whole(path, lambda file: file.write(json.dumps(note).encode()))
            return
        try:
            note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            owner, version = str(note["source"]), int(note["format"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} cannot be read ({error})", remedy="name another folder") from error
        if version > _FORMAT:
            raise DataError(f"{self.folder} is of a later version of btalpha", remedy="update btalpha")
        if owner != self.source:
            raise DataError(
                f"{self.folder} holds data of {owner}, not of {self.source}",
                remedy="name another folder: their factors do not go together",
            )

    def _sweep(self) -> None:
        """Remove what killed processes left behind; younger files may be another's at work."""
        folders = (self.folder, *(self.folder / name for name in (MEMBERS, STATEMENTS, STATE)))
        for file in (file for folder in folders for file in folder.glob(".*.tmp-*") if file.is_file()):
            try:
                if time.time() - file.stat().st_mtime > _STALE_S:
                    file.unlink()
            except FileNotFoundError:
                continue

    def _put_aside(self, path: Path, why: str) -> None:
        aside = self.folder / STATE / DAMAGED / f"{path.name}.{time.time_ns()}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        path.replace(aside)
        self.set_aside.append(f"{why}; set aside as {aside}")
