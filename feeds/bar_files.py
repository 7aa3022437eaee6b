"""Files of bars into dates x symbols arrays."""

from pathlib import Path

from .dense_table import DenseTable
from .long_format import parse_long
from .readers import data_files, read_table


def read_bars(path: str | Path) -> DenseTable:
    """Read bars in the long format from parquet or CSV, a file or a folder.

    Raises
    ------
    DataError
        If a file cannot be read or holds bars that cannot be used.
    """
    from .parquet_panel import read_parquet_bars

    path = Path(path)
    table = read_parquet_bars(data_files(path))
    return parse_long(read_table(path)).to_dense() if table is None else table
