"""A panel in one file, that is written whole, checked when it is opened, and mapped instead of read.

The file begins with a mark and the length and checksum of a head; the head is JSON with the axes, what was
repaired, and where each field lies; the fields follow as they are in memory, each at a page of its own.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from ..dense_table import DenseTable
from .parquet_file import DamagedFile, write_whole

MARK = b"btpanel1"
_PAGE = max(mmap.ALLOCATIONGRANULARITY, 4096)
_START = len(MARK) + 16
_PART_BYTES = 1 << 20
_TYPES = ("float64", "bool")


def write_panel_file(path: Path, table: DenseTable, source: dict[str, Any]) -> None:
    """Write a table, and what it was made from, so that the file is there in full or as it was before.

    Parameters
    ----------
    path
        The file.
    table
        Arrays of float64 and bool.
    source
        Plain data that tells what the table was made from.
    """
    fields, check, at = [], 0, 0
    for name, values in table.arrays.items():
        fields.append({"name": name, "type": str(values.dtype), "at": at})
        check = zlib.crc32(_bytes(values), check)
        at = _whole_pages(at + values.nbytes)
    content = {
        "source": source,
        "dates": table.dates.as_unit("ns").asi8.tolist(),
        "symbols": table.symbols.tolist(),
        "repairs": table.repairs,
        "fields": fields,
        "body": at,
        "check": check,
    }
    head = json.dumps(content).encode()
    start = MARK + len(head).to_bytes(8, "little") + zlib.crc32(head).to_bytes(8, "little") + head

    def write(file: BinaryIO) -> None:
        file.write(start.ljust(_whole_pages(len(start)), b"\0"))
        for values in table.arrays.values():
            file.write(_bytes(values))
            file.write(bytes(_whole_pages(values.nbytes) - values.nbytes))

    # A file that a crash of the machine leaves torn is found by its checksum: it need not wait for the disk.
    write_whole(path, write, durable=False)


def open_panel_file(path: Path) -> tuple[DenseTable, dict[str, Any]]:
    """Map a table read-only and return it with what it was made from.

    Raises
    ------
    FileNotFoundError
        If there is none.
    DamagedFile
        If the file does not hold what was written.
    """
    with path.open("rb") as file:
        try:
            head, begin = _head(file)
            _check_body(file, head, begin)
            table = _table(file, head, begin)
        except (ValueError, KeyError, TypeError, EOFError, OverflowError) as error:
            raise DamagedFile(f"{path} does not hold what was written ({error})") from error
    return table, head["source"]


def _head(file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Return the head, and where the fields begin."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(_START)
    length = int.from_bytes(start[len(MARK) : len(MARK) + 8], "little")
    if not start.startswith(MARK) or _START + length > size:
        raise ValueError("its start is another one")
    text = file.read(length)
    if zlib.crc32(text) != int.from_bytes(start[len(MARK) + 8 :], "little"):
        raise ValueError("the checksum of its head differs")
    head = json.loads(text)
    begin = _whole_pages(_START + length)
    if size != begin + head["body"]:
        raise ValueError(f"it has {size:,} bytes instead of {begin + head['body']:,}")
    return head, begin


def _check_body(file: BinaryIO, head: dict[str, Any], begin: int) -> None:
    """Read the fields once through a small buffer, for a mapped page would count as memory."""
    cells = len(head["dates"]) * len(head["symbols"])
    buffer, check = memoryview(bytearray(_PART_BYTES)), 0
    for field in head["fields"]:
        if field["type"] not in _TYPES:
            raise ValueError(f"a field of {field['type']}")
        file.seek(begin + field["at"])
        left = cells * np.dtype(field["type"]).itemsize
        while left:
            count = file.readinto(buffer[: min(left, _PART_BYTES)])  # type: ignore[attr-defined]
            if not count:
                raise EOFError("it ends too early")
            check = zlib.crc32(buffer[:count], check)
            left -= count
    if check != head["check"]:
        raise ValueError("the checksum of its fields differs")


def _table(file: BinaryIO, head: dict[str, Any], begin: int) -> DenseTable:
    shape = (len(head["dates"]), len(head["symbols"]))
    arrays = {
        field["name"]: np.asarray(
            np.memmap(file, dtype=field["type"], mode="r", offset=begin + field["at"], shape=shape)
        )
        for field in head["fields"]
    }
    dates = pd.DatetimeIndex(np.array(head["dates"], dtype="datetime64[ns]"), name="date")
    return DenseTable(dates, pd.Index(head["symbols"], name="symbol"), arrays, tuple(head["repairs"]))


def _bytes(values: np.ndarray) -> memoryview:
    if str(values.dtype) not in _TYPES:
        raise TypeError(f"an array of {values.dtype} cannot be kept")
    return np.ascontiguousarray(values).data.cast("B")


def _whole_pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE
