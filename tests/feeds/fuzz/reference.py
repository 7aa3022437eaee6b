"""What files and frames of bars say, read plainly: one cell after the other, with nothing of the package."""

import csv
import datetime as dt
import gzip
import io
import itertools
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from btalpha.feeds import Panel

PRICES = ("open", "high", "low", "close")
# What stands for an empty cell in CSV files, after the documentation of pandas.read_csv.
EMPTY = {
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"),
    *("N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
}
Row = dict[str, Any]


def rows_of_file(path: Path) -> list[Row]:
    """Rows of a CSV or parquet file, by column."""
    if path.suffix == ".parquet":
        return rows_of_parquet(path)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = [line for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if line]
    head, *rest = lines
    head = [name or f"Unnamed: {at}" for at, name in enumerate(head)]
    assert len(set(head)) == len(head), "a column is there twice"
    assert not any(any(line[len(head) :]) for line in rest), "a row is longer than the head"
    filled = [line + [""] * (len(head) - len(line)) for line in rest]
    rows = [
        dict(zip(head, [None if cell in EMPTY else cell for cell in line], strict=False)) for line in filled
    ]
    return [row for row in rows if set(row.values()) != {None}]  # an empty line says nothing


def rows_of_parquet(path: Path) -> list[Row]:
    """Rows of a parquet file; pandas keeps row numbers under names of its own, and ranges beside the columns."""
    table = pq.ParquetFile(path).read()
    try:
        note: Any = table.schema.pandas_metadata or {}
    except ValueError:  # a note that cannot be read is none
        note = {}
    for index in note.get("index_columns", []):
        if isinstance(index, dict) and index["name"] is not None:
            table = table.append_column(
                index["name"], [list(range(index["start"], index["stop"], index["step"]))]
            )
    return table.drop_columns([name for name in table.column_names if name.startswith("__index")]).to_pylist()


def rows_of_frame(frame: pd.DataFrame) -> list[Row]:
    """Rows of a frame, by column."""
    assert frame.columns.is_unique
    cells = {name: frame[name].astype(object).tolist() for name in frame.columns}
    return [{str(name): cells[name][number] for name in cells} for number in range(len(frame))]


def is_empty(cell: Any) -> bool:
    return cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell))


def number(cell: Any) -> float:
    if is_empty(cell):
        return math.nan
    if isinstance(cell, bytes):
        cell = cell.decode()
    if isinstance(cell, str):
        text = cell.strip()
        if text.lower() in ("true", "false"):
            return float(text.lower() == "true")
        assert re.fullmatch(
            r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf(inity)?|nan)", text, re.I | re.A
        ), f"{cell!r} is no number"
        return float(text)
    assert not isinstance(cell, complex | dt.datetime | dt.date | list | dict), f"{cell!r} is no number"
    return float(cell)


def flag(cell: Any) -> bool:
    if is_empty(cell):
        return False
    words = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
    return words[str(cell).lower()]


def day(cell: Any) -> dt.date:
    if isinstance(cell, pd.Timestamp | np.datetime64):
        cell = pd.Timestamp(cell).to_pydatetime(warn=False)
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    assert isinstance(cell, str | int | np.integer) and not isinstance(cell, bool), f"{cell!r} is no date"
    text = str(cell).strip()
    if re.fullmatch(r"\d{8}", text):
        return dt.datetime.strptime(text, "%Y%m%d").date()
    whole = re.fullmatch(r"(\d{4})([-/]?)(\d{1,2})\2(\d{1,2})([T ].*)?", text)
    assert whole, f"{cell!r} is no date"
    return dt.date(int(whole[1]), int(whole[3]), int(whole[4]))


def looks_like_numbers(cells: list[Any]) -> bool:
    """At least half of the cells that are filled read as numbers; the words of flags alone do not."""
    filled = [cell for cell in cells if not is_empty(cell)]
    good = 0
    for cell in filled:
        try:
            number(cell)
            good += str(cell).strip().lower() not in ("true", "false")
        except (AssertionError, ValueError, TypeError):
            pass
    return 2 * good >= len(filled)


def assert_says(panel: Panel, rows: list[Row]) -> None:
    """The panel holds these rows, each where it belongs, and nothing else; what was repaired is counted."""
    bars: dict[tuple[dt.date, str], Row] = {}
    order: list[tuple[dt.date, str]] = []
    suspended = repeated = 0
    for row in rows:
        values = {
            name: flag(row[name]) if name == "is_st" else number(row.get(name))
            for name in fields(panel, rows)
        }
        prices = [values[name] for name in PRICES]
        if not values["volume"] or math.isnan(values["volume"]) or all(map(math.isnan, prices)):
            suspended += 1
            continue
        assert isinstance(row["symbol"], str | int | float | np.generic) and str(row["symbol"]), "no symbol"
        key = day(row["date"]), str(row["symbol"])
        assert_possible(values)
        order.append(key)
        if key in bars:
            repeated += 1
            np.testing.assert_equal(values, bars[key], err_msg=f"two different bars of {key}")
        bars[key] = values
    assert_holds(panel, bars)
    assert count(panel, "rows without trade") == suspended
    assert count(panel, "repeated identical") == repeated
    assert count(panel, "out of order") == moved(order)


def fields(panel: Panel, rows: list[Row]) -> list[str]:
    """Columns of the rows that have to be fields; the panel must have them all, and ``factor``."""
    names = [name for name in rows[0] if name not in ("date", "symbol")]
    for name in set(names) - set(panel.fields):
        cells = [row[name] for row in rows]
        filled = [cell for cell in cells if not is_empty(cell)]
        timely = filled and all(isinstance(cell, dt.datetime | dt.date | dt.timedelta) for cell in filled)
        assert timely or not looks_like_numbers(cells), f"{name} holds numbers and was left out"
    assert set(panel.fields) - set(names) <= {"factor"}
    return [name for name in names if name in panel]


def assert_possible(values: Row) -> None:
    for name in PRICES:
        assert 0 < values[name] < math.inf, f"{name} {values[name]}"
    assert 0 < values.get("factor", 1.0) < math.inf
    assert 0 < values["volume"] < math.inf
    assert values["low"] <= values["high"]
    assert not any(math.isinf(value) for value in values.values())


def assert_holds(panel: Panel, bars: dict[tuple[dt.date, str], Row]) -> None:
    dates, symbols = (sorted({key[axis] for key in bars}) for axis in (0, 1))
    assert [stamp.date() for stamp in panel.dates] == dates
    assert panel.dates.tz is None and (panel.dates == panel.dates.normalize()).all()
    assert panel.symbols.tolist() == symbols
    for name in panel.fields:
        empty: Any = False if name == "is_st" else math.nan
        cells = [[bars.get((d, s), {}).get(name, empty) for s in symbols] for d in dates]
        if name == "factor" and name not in next(iter(bars.values())):
            cells = [[1.0 if (d, s) in bars else math.nan for s in symbols] for d in dates]
        np.testing.assert_array_equal(panel.array(name), np.array(cells), err_msg=name, strict=True)


def moved(order: list[tuple[dt.date, str]]) -> int:
    """How many rows sorting moves, unless the rows run day by day, or stock by stock in their days."""
    days = [key[0] for key in order]
    if days == sorted(days):
        return 0
    blocks = [symbol for at, (_, symbol) in enumerate(order) if at == 0 or order[at - 1][1] != symbol]
    ordered = all(a[1] != b[1] or a[0] <= b[0] for a, b in itertools.pairwise(order))
    if ordered and len(set(blocks)) == len(blocks):
        return 0
    return sum(at != place for at, place in enumerate(sorted(range(len(order)), key=lambda at: order[at])))


def count(panel: Panel, what: str) -> int:
    """The number in front of a line of repairs; 0 without such a line."""
    found = [line for line in panel.repairs if what in line]
    assert len(found) <= 1
    return int(found[0].split()[0].replace(",", "")) if found else 0
