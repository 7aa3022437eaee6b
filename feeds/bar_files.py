"""Files of bars into dates x symbols arrays."""

from dataclasses import replace
from pathlib import Path

from . import repair_words
from .csv_file import ends_open
from .dense_table import DenseTable
from .long_format import parse_long
from .readers import data_files, read_table


def read_bars(path: str | Path, *, cache: bool | str | Path = False) -> DenseTable:
    """Read bars in the long format from parquet or CSV, a file or a folder.

    Parameters
    ----------
    path
        The file or folder.
    cache
        Keep what was read for the next time: in the user's cache folder, or in a folder that is named.

    Raises
    ------
    DataError
        If a file cannot be read or holds bars that cannot be used.
    """
    files = data_files(Path(path))
    if cache is False or not all(file.is_file() for file in files):
        return _read(Path(path), files)
    from .cache.panel_cache import PanelCache

    return PanelCache(None if cache is True else cache).table(files, lambda: _read(Path(path), files))


def _read(path: Path, files: list[Path]) -> DenseTable:
    from .parquet_panel import read_parquet_bars

    table = read_parquet_bars(files)
    if table is None:
        table = parse_long(read_table(path)).to_dense()
    cut = [repair_words.open_end(file.name) for file in files if ends_open(file)]
    return replace(table, repairs=(*table.repairs, *cut)) if cut else table
