"""Reading long tables of bars and statements from parquet and CSV files or folders."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from .csv_file import read_csv
from .errors import DataError

_SUFFIXES = (".parquet", ".csv", ".csv.gz")


def read_table(
    path: str | Path, *, columns: Collection[str] | None = None, may_be_empty: bool = False
) -> pd.DataFrame:
    r"""Read one parquet or CSV file, or all of them in a folder, into one table.

    Parameters
    ----------
    path
        A ``.parquet``, ``.csv`` or ``.csv.gz`` file, or a folder of such files, which are
        stacked in the order of their names.
    columns
        Read those of these columns that are there; all by default.
    may_be_empty
        Whether a header without rows will do.

    Returns
    -------
    pandas.DataFrame
        The rows as they stand in the files; nothing is sorted or checked here.

    Raises
    ------
    DataError
        If the path does not exist, is of another kind, cannot be parsed or has no rows, or if
        the files of a folder differ in their columns.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "bars.csv").write_text("date,symbol,close\n2016-01-04,600519.SH,210.0\n")
    >>> read_table(folder)
             date     symbol  close
    0  2016-01-04  600519.SH  210.0
    """
    path = Path(path)
    tables = {file: _read_file(file, columns) for file in data_files(path)}
    _require_same_columns(tables)
    filled = [table for table in tables.values() if len(table)] or list(tables.values())[:1]
    table = filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)
    if table.empty and not may_be_empty:
        raise DataError(f"{path} has no rows", remedy="give a file with at least one bar")
    return table


@contextmanager
def naming(path: str | Path | None) -> Iterator[None]:
    """Put the path in front of the message of bad data, unless the message names it already."""
    try:
        yield
    except DataError as error:
        if str(path) in str(error):
            raise
        raise DataError(f"{path}: {error}") from error


def _require_same_columns(tables: dict[Path, pd.DataFrame]) -> None:
    """Stacking would fill a column that one file lacks with empty cells, and its bars would be lost."""
    (first, pattern), *others = tables.items()
    for file, table in others:
        odd = pattern.columns.symmetric_difference(table.columns)
        if len(odd):
            raise DataError(
                f"{first} and {file} differ in the column {', '.join(map(str, odd))}",
                remedy="give all files of a folder the same columns",
            )


def data_files(path: Path) -> list[Path]:
    """Return the file, or the parquet and CSV files of the folder in the order of their names.

    Raises
    ------
    DataError
        If there is none.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist", remedy="check the path of the data")
    if path.is_file():
        if not path.name.endswith(_SUFFIXES):
            raise DataError(
                f"{path} is neither parquet nor CSV",
                remedy=f"give a file that ends in {', '.join(_SUFFIXES)}",
            )
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.endswith(_SUFFIXES))
    if not files:
        raise DataError(f"{path} holds no parquet or CSV file", remedy="point to the folder with the bars")
    return files


def data_bytes(path: str | Path) -> int:
    """Return the size of the files that hold the data."""
    return sum(file.stat().st_size for file in data_files(Path(path)))


def _read_file(file: Path, columns: Collection[str] | None) -> pd.DataFrame:
    if file.stat().st_size == 0:
        raise DataError(f"{file} is empty", remedy="give a file with a header and at least one bar")
    try:
        if file.suffix == ".parquet":
            return _read_parquet(file, columns)
        return read_csv(file, columns)
    except Exception as error:  # every parser has its own kind of failure
        raise DataError(f"{file} cannot be read ({error})", remedy="check that it is whole") from error


def _read_parquet(file: Path, columns: Collection[str] | None) -> pd.DataFrame:
    """Read the columns as they are in the file: those that pandas had as an index are columns, too."""
    import pyarrow

    chosen = _present(file, columns)
    table = pd.read_parquet(file, columns=chosen, partitioning=None, page_checksum_verification=True)
    for name in table.columns:
        if isinstance(table[name].dtype, pd.StringDtype):
            pyarrow.array(table[name]).validate(full=True)  # else text that is none fails somewhere later
    unnamed = [level for level, name in enumerate(table.index.names) if name is None]
    if len(unnamed) == table.index.nlevels:
        return table.reset_index(drop=True)
    return table.reset_index(level=unnamed, drop=True).reset_index()


def _present(file: Path, columns: Collection[str] | None) -> list[str] | None:
    """Tell which columns a parquet file has of those asked for, in the order of the file."""
    if columns is None:
        return None
    from pyarrow import parquet

    return [name for name in parquet.read_schema(file).names if name in columns]
