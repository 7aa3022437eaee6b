"""One table as a parquet file that is written whole and tells when it was damaged."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError

_KEY = b"btalpha"


class DamagedFile(DataError):  # noqa: N818  - a file, found damaged
    """A file of the cache that cannot be read, or does not hold what was written."""


def digest(frame: pd.DataFrame, facts: dict[str, Any]) -> str:
    """Return a checksum of the values of a table and the facts beside it, whatever wrote the file.

    Examples
    --------
    >>> digest(pd.DataFrame({"a": [1.0]}), {}) == digest(pd.DataFrame({"a": [1.5]}), {})
    False
    """
    total = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "M":
            # numpy's own conversion wraps round: a date far off, by damage, would look like the one it was.
            values = column.dt.as_unit("ns").to_numpy(dtype="datetime64[ns]").view(np.int64)
        elif column.dtype.kind in "fiub":
            values = column.to_numpy(dtype=np.float64)
        else:
            values = np.frombuffer("\n".join(map(str, column)).encode(), dtype=np.uint8)
        total.update(f"{name} {len(column)} ".encode())
        total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


def write_parquet(frame: pd.DataFrame, path: Path, facts: dict[str, Any]) -> None:
    """Write a table and facts about it, so that the file is there in full or as it was before.

    The file is written beside its place, brought to the disk and renamed; a process that is killed
    leaves at most a file that begins with a dot and ends in ``.tmp-`` and something.
    """
    note = {"facts": facts, "sha256": digest(frame, facts)}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: json.dumps(note)})
    # With checksums of the pages a reader that knows nothing of ``digest`` notices damage, too.
    options: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
    write_whole(path, lambda file: pq.write_table(table, file, **options))


def write_whole(path: Path, write: Any, *, durable: bool = True) -> None:
    """Let ``write`` fill a binary file that takes its place only when it is whole.

    A file that is ``durable`` is on the disk then; another one may be torn if the machine goes down.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.tmp-", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_parquet(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a table and its facts.

    Raises
    ------
    DamagedFile
        If the file cannot be read or its checksum is another one.
    """
    try:
        table = pq.read_table(path)
        note = json.loads((table.schema.metadata or {})[_KEY])
        frame = table.to_pandas()
        same = note["sha256"] == digest(frame, note["facts"])
    except FileNotFoundError:
        raise
    except Exception as error:  # a flipped bit can end in any error of the parser
        raise DamagedFile(f"{path} cannot be read ({type(error).__name__}: {error})") from error
    if not same:
        raise DamagedFile(f"{path} does not hold what was written: its checksum differs")
    return frame, note["facts"]
