"""Damaged members, statements and index series, and panels kept in the cache."""

import datetime as dt
import logging
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, Statements, read_members
from btalpha.feeds.benchmark import parse_benchmark
from btalpha.feeds.cache.panel_cache import PanelCache
from btalpha.feeds.cache.panel_file import open_panel_file
from btalpha.feeds.cache.parquet_file import DamagedFile
from btalpha.feeds.dense_table import DenseTable
from btalpha.feeds.readers import read_table
from hypothesis import reject
from hypothesis import strategies as st

from . import damage, reference, runner

SYMBOLS = ["000001.SZ", "600001.SH", "600519.SH"]
RANGES = "symbol,start,end\n000001.SZ,2016-01-04,2016-01-06\n600001.SH,2016-01-05,\n600519.SH,2016-01-07,2016-01-11\n"
FIGURES = (
    "symbol,period_end,announce_date,revenue,profit,name\n"
    "000001.SZ,2015-09-30,2015-10-20,100,7,bank\n000001.SZ,2015-12-31,2016-01-06,140,9,bank\n"
    "600001.SH,2015-12-31,,50.5,-3,steel\n600001.SH,2015-09-30,2015-08-01,40,,steel\n"
    "600519.SH,2015-12-31,2016-01-05,1e9,1e8,food\n600519.SH,2015-12-31,2016-01-08,2e9,1e8,food\n"
)
LEVELS = "date,open,close\n" + "".join(f"2016-01-{d:02d},{3000 + d},{3001 + d}\n" for d in range(4, 12))


@cache
def panel() -> Panel:
    return Panel.from_long(damage.bars())


def lines(text: str, steps: list[Any], *, cells: bool) -> bytes:
    """The text with damage: of its cells, which are (row, column, text), or of its bytes."""
    if not cells:
        return damage.spoilt(text.encode(), steps)
    table = [line.split(",") for line in text.splitlines()]
    for row, column, word in steps:
        line = table[row % len(table)]
        line[column % len(line)] = word
    try:
        return "".join(",".join(line) + "\n" for line in table).encode()
    except UnicodeEncodeError:
        reject()


def damages() -> st.SearchStrategy[tuple[bool, list[Any]]]:
    words = st.one_of(st.sampled_from(damage.TEXTS), st.text(max_size=5))
    cells = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), words), min_size=1, max_size=3)
    return st.one_of(st.tuples(st.just(True), cells), st.tuples(st.just(False), damage.spoils(text=True)))


def refusal(error: DataError, path: Path) -> str:
    assert str(path) in str(error)
    return "refused"


def check_members(damaged: tuple[bool, list[Any]]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "members.csv"
        path.write_bytes(lines(RANGES, damaged[1], cells=damaged[0]))
        try:
            ranges = read_members(path)
        except DataError as error:
            return refusal(error, path)
        rows = reference.rows_of_file(path)
    try:
        mask = panel().with_members(ranges).universe_array
    except DataError as error:
        assert "no index member" in str(error)
        mask = np.zeros((len(panel()), 3), dtype=bool)
    expected = np.zeros_like(mask)
    for row in rows:
        first = reference.day(row["start"])
        last = dt.date.max if reference.is_empty(row["end"]) else reference.day(row["end"])
        assert first <= last
        for at, stamp in enumerate(panel().dates):
            if first <= stamp.date() <= last and row["symbol"] in SYMBOLS:
                expected[at, SYMBOLS.index(row["symbol"])] = True
    np.testing.assert_array_equal(mask, expected)
    return "taken"


@runner.sizes(40, 1000)
def test_members(examples: int) -> None:
    runner.run("members", examples, check_members, damaged=damages())


def check_statements(damaged: tuple[bool, list[Any]]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statements.csv"
        path.write_bytes(lines(FIGURES, damaged[1], cells=damaged[0]))
        try:
            statements = Panel.read(bars_file(), statements=path).statements
        except DataError as error:
            return refusal(error, path)
        rows = reference.rows_of_file(path)
    assert statements is not None
    days = pd.date_range("2015-07-01", "2016-06-30", freq="7D")
    for field in statements.fields:
        np.testing.assert_array_equal(
            statements.values(field, days, pd.Index(SYMBOLS)), figures(rows, field, days), err_msg=field
        )
    return "repaired" if len(statements.repairs) > 3 else "taken"


def figures(rows: list[reference.Row], field: str, days: pd.DatetimeIndex) -> np.ndarray:
    """Of each day and symbol the figure of the newest period that was known, one statement after the other."""
    known: list[tuple[dt.date, dt.date, int, str, float]] = []
    for at, row in enumerate(rows):
        end = reference.day(row["period_end"])
        told = None if reference.is_empty(row["announce_date"]) else reference.day(row["announce_date"])
        value = reference.number(row[field])
        if told is None or told < end:
            month, day = {3: (4, 30), 6: (8, 31), 9: (10, 31), 12: (4, 30)}[end.month]
            told = dt.date(end.year + (end.month == 12), month, day)
        if np.isfinite(value):
            known.append((end, told, at, str(row["symbol"]), value))
    out = np.full((len(days), len(SYMBOLS)), np.nan)
    for row, stamp in enumerate(days):
        for column, symbol in enumerate(SYMBOLS):
            seen = [one for one in known if one[3] == symbol and one[1] <= stamp.date()]
            if seen and (stamp.date() - max(seen)[0]).days <= 400:
                out[row, column] = max(seen)[4]
    return out


@cache
def bars_file() -> Path:
    path = Path(tempfile.mkdtemp()) / "bars.parquet"
    damage.bars().to_parquet(path)
    return path


@runner.sizes(40, 1000)
def test_statements(examples: int) -> None:
    runner.run("statements", examples, check_statements, damaged=damages())


def check_benchmark(damaged: tuple[bool, list[Any]]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.csv"
        path.write_bytes(lines(LEVELS, damaged[1], cells=damaged[0]))
        try:
            levels = parse_benchmark(read_table(path))
        except DataError as error:
            assert str(error)
            return "refused"
        rows = reference.rows_of_file(path)
    expected = {
        reference.day(row["date"]): [reference.number(row[name]) for name in ("open", "close")]
        for row in rows
    }
    assert len(expected) == len(rows)
    assert [stamp.date() for stamp in levels.index] == sorted(expected)
    np.testing.assert_array_equal(levels.to_numpy(), [expected[day] for day in sorted(expected)])
    return "taken"


@runner.sizes(40, 500)
def test_index_series(examples: int) -> None:
    runner.run("index series", examples, check_benchmark, damaged=damages())


@cache
def kept_panel() -> tuple[bytes, DenseTable]:
    with tempfile.TemporaryDirectory() as folder:
        Panel.read(bars_file(), cache=folder)
        (file,) = Path(folder).iterdir()
        return file.read_bytes(), open_panel_file(file)[0]


def check_kept(steps: list[damage.Spoil]) -> str:
    """Never another panel than the one that was kept; what is damaged is made anew."""
    content, expected = kept_panel()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.panel"
        path.write_bytes(damage.spoilt(content, steps))
        try:
            table, _ = open_panel_file(path)
        except DamagedFile as error:
            assert str(path) in str(error)
            return "refused"
    for name, values in expected.arrays.items():
        np.testing.assert_array_equal(table.arrays[name], values, strict=True)
    assert table.dates.equals(expected.dates) and table.symbols.equals(expected.symbols)
    assert table.repairs == expected.repairs
    return "taken"


@runner.sizes(60, 1500)
def test_bytes_of_a_kept_panel(examples: int) -> None:
    runner.run("kept panels", examples, check_kept, steps=damage.spoils(text=False))


def test_a_damaged_panel_is_read_again(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    expected = Panel.read(bars_file(), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    for junk in (b"", b"btpanel1", kept_panel()[0][:-1], kept_panel()[0].replace(b"close", b"clone")):
        file.write_bytes(junk)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            again = Panel.read(bars_file(), cache=PanelCache(tmp_path).folder)
        assert str(file) in caplog.text
        pd.testing.assert_frame_equal(again["close"], expected["close"])


def test_figures_know_a_late_and_a_restated_one() -> None:
    """The reference by itself: 31 December is told on 6 January, and again on the 8th."""
    rows = [
        dict(zip(FIGURES.split("\n")[0].split(","), line.split(","), strict=True))
        for line in FIGURES.split()[1:]
    ]
    rows = [{name: cell or None for name, cell in row.items()} for row in rows]
    days = pd.DatetimeIndex(["2016-01-05", "2016-01-07", "2016-01-08"])
    expected = [[100, 40, 1e9], [140, 40, 1e9], [140, 40, 2e9]]
    np.testing.assert_array_equal(figures(rows, "revenue", days), expected)
    table = Statements.from_long(pd.DataFrame(rows))
    np.testing.assert_array_equal(table.values("revenue", days, pd.Index(SYMBOLS)), expected)
