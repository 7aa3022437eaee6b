"""Statements as records, one figure a row: from them to one column a figure, and back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .errors import DataError

FIELD, VALUE = "field", "value"


def are_records(table: pd.DataFrame) -> bool:
    """Say whether a table has one figure a row: its name in ``field``, and ``value``.

    Examples
    --------
    >>> are_records(pd.DataFrame({"field": ["net_profit"], "value": [1.0]}))
    True
    >>> are_records(pd.DataFrame({"net_profit": [1.0]}))
    False
    """
    return FIELD in table.columns and VALUE in table.columns and not _is_number(table[FIELD])


def widened(table: pd.DataFrame, keys: Sequence[str], repairs: list[str]) -> pd.DataFrame:
    """Return one row for each of the keys, and one column a figure.

    Parameters
    ----------
    table
        Columns ``keys`` (missing ones are keys, too), ``field`` and ``value``. Further ones are left out.
    keys
        Names of the key columns.
    repairs
        Receives a line where a figure is there twice: the last row counts.

    Raises
    ------
    DataError
        If a row does not name its figure.

    Examples
    --------
    >>> rows = [("A", "net_profit", 5.0), ("A", "equity", 70.0), ("B", "equity", 9.0)]
    >>> widened(pd.DataFrame(rows, columns=["symbol", "field", "value"]), ["symbol"], [])
      symbol  equity  net_profit
    0      A    70.0         5.0
    1      B     9.0         NaN
    """
    names = table[FIELD]
    unnamed = (names.isna() | (names.astype(str).str.strip() == "")).to_numpy()
    if unnamed.any():
        raise DataError(
            f"row {int(unnamed.argmax())} of the statements has no field",
            remedy="name the figure of each row",
        )
    row = table.groupby(list(keys), dropna=False, sort=False).ngroup().rename("row")
    cells = pd.DataFrame({"row": row, FIELD: names.astype(str), VALUE: table[VALUE]})
    again = cells.duplicated(["row", FIELD], keep="last")
    if again.any():
        repairs.append(f"{int(again.sum()):,} figures are there twice on one day: the last row counts")
    figures = cells[~again].pivot(index="row", columns=FIELD, values=VALUE)  # noqa: PD010
    figures.columns.name = None
    # In the order of their last rows: of two versions that count from one day on, the later row stays later.
    last = ~row.duplicated(keep="last")
    found = table.loc[last, list(keys)].assign(row=row[last])
    return found.join(figures, on="row").drop(columns="row").reset_index(drop=True)


def to_records(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return one figure a row, those that are there, in the order of the rows of ``frame``."""
    frame = frame.assign(row=range(len(frame)))
    long = frame.melt(id_vars=[*keys, "row"], var_name=FIELD, value_name=VALUE)
    long = long[long[VALUE].notna()].sort_values(["row", FIELD], kind="stable", ignore_index=True)
    return long.drop(columns="row")


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))
