"""Bars as dates x symbols arrays with their axes, as every reader gives them to the panel."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .errors import DataError

# A market of many years has a bar in every third cell and more. Where there is one in a thousand, what was
# taken for a symbol or for a date is none, and the arrays would not fit into any memory.
_EMPTY_SHARE = 1000
_SMALL = 20_000_000


@dataclass(frozen=True)
class DenseTable:
    """The fields of a panel, T x N each, and what was repaired when they were read."""

    dates: pd.DatetimeIndex
    symbols: pd.Index
    arrays: dict[str, np.ndarray]
    repairs: tuple[str, ...]


def require_density(n_dates: int, n_symbols: int, n_rows: int) -> None:
    """Refuse axes whose arrays would be all but empty.

    Raises
    ------
    DataError
        Naming the axes.

    Examples
    --------
    >>> require_density(2_500, 5_000, 8_000_000)
    >>> require_density(9_000, 900_000, 900_000)
    Traceback (most recent call last):
    btalpha.feeds.errors.DataError: 900,000 rows of 900,000 symbols on 9,000 dates leave ... Remedy: ...
    """
    cells = n_dates * n_symbols
    if cells > max(_SMALL, _EMPTY_SHARE * n_rows):
        raise DataError(
            f"{n_rows:,} rows of {n_symbols:,} symbols on {n_dates:,} dates leave the panel all but empty",
            remedy="check that symbol holds symbols and date holds dates",
        )


def frozen(values: np.ndarray, shape: tuple[int, int], name: str) -> np.ndarray:
    """Return a read-only view of an array.

    Raises
    ------
    DataError
        If it is of another shape.
    """
    if values.shape != shape:
        raise DataError(f"array {name!r} has shape {values.shape}, the panel has {shape}")
    view = values.view()
    view.flags.writeable = False
    return view
