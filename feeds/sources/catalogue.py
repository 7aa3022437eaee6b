"""The sources by name."""

from importlib import import_module
from pathlib import Path
from typing import Any

from .base import Source
from .errors import SourceError
from .patience import Patience

# Name -> module here, class, and whether it reads a path.
SOURCES = {
    "akshare": ("akshare_source", "AkshareSource", False),
    "baostock": ("baostock_source", "BaostockSource", False),
    "tushare": ("tushare_source", "TushareSource", False),
    "yfinance": ("yfinance_source", "YfinanceSource", False),
    "files": ("files.tables", "FileSource", True),
    "database": ("files.database", "DatabaseSource", True),
    "qlib": ("files.qlib_folder", "QlibSource", True),
    "backtrader": ("files.backtrader_csv", "BacktraderCsvSource", True),
}


def make_source(
    name: str,
    *,
    path: str | Path | None = None,
    options: dict[str, Any] | None = None,
    patience: Patience | None = None,
) -> Source:
    """Return a source by its name.

    Parameters
    ----------
    name
        One of :data:`SOURCES`.
    path
        For sources that are files.
    options
        Further arguments of the source's class.
    patience
        How it is asked; ``None`` for what it bears.

    Raises
    ------
    SourceError
        If there is no such source, a path is missing or given in vain, or an option is not the source's.
    MissingClient
        If its client library is not installed.

    Examples
    --------
    >>> make_source("files", path="bars.parquet").name
    'files'
    >>> make_source("files")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    SourceError: the source files reads a path. Remedy: name it with --path.
    """
    if name not in SOURCES:
        raise SourceError(f"there is no source {name!r}", remedy=f"use one of {', '.join(SOURCES)}")
    module, kind, reads_path = SOURCES[name]
    if reads_path and path is None:
        raise SourceError(f"the source {name} reads a path", remedy="name it with --path")
    if path is not None and not reads_path:
        raise SourceError(f"the source {name} reads no path", remedy="leave --path away")
    arguments = [path] if reads_path else []
    cls = getattr(import_module(f".{module}", __package__), kind)
    try:
        return cls(*arguments, patience=patience, **(options or {}))
    except TypeError as error:
        raise SourceError(
            f"the source {name} does not take {', '.join(options or {})} ({error})",
            remedy="leave what is not its own away",
        ) from error
