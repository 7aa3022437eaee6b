"""Files that are damaged at random end in a clear error, or in bars that keep every promise."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from btalpha.feeds import DataError, Panel
from btalpha.feeds.cache.parquet_file import DamagedFile, read_parquet, write_parquet
from btalpha.feeds.sources.base import Source
from btalpha.feeds.sources.files.qlib_folder import QlibSource
from btalpha.feeds.sources.files.tables import FileSource
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

START, END = pd.Timestamp("2016-01-01"), pd.Timestamp("2016-12-31")
LINES = [
    "date,symbol,open,high,low,close,volume,factor",
    *(f"2016-01-{day:02d},600001.SH,10,10.5,9.5,10.2,{1000 + day},1.5" for day in range(4, 16)),
]
MANY = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
CELLS = st.sampled_from(
    [
        "",
        "nan",
        "-1",
        "0",
        "1e400",
        "-inf",
        "x",
        "2016-02-30",
        "600001",
        "../x",
        "1,2",
        '"',
        "\x00",
        "茅台",
        "9e99",
    ]
)


def look(source: Source) -> None:
    """Everything that a user would ask of it."""
    try:
        symbols = source.symbols()
        parts = [source.bars(symbol, START, END) for symbol in symbols]
    except DataError as error:
        assert str(error)
        return
    for bars in parts:
        figures = bars[["open", "high", "low", "close", "volume", "factor"]].to_numpy()
        assert np.isfinite(figures).all() and (figures > 0).all()
        assert bars["date"].is_monotonic_increasing and bars["date"].is_unique
    if any(len(bars) for bars in parts):
        Panel.from_long(pd.concat(parts))


@MANY
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 7), CELLS), min_size=1, max_size=4))
def test_cells_of_a_csv_file(changes: list[tuple[int, int, str]]) -> None:
    rows = [line.split(",") for line in LINES]
    for row, column, text in changes:
        rows[row][column] = text
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
        look(FileSource(path))


@MANY
@given(st.integers(0, 700), st.integers(0, 255), st.booleans())
def test_bytes_of_a_csv_file(at: int, byte: int, cut: bool) -> None:
    content = bytearray("\n".join(LINES).encode())
    at %= len(content)
    content[at] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        path.write_bytes(content[:at] if cut else content)
        look(FileSource(path))


@MANY
@given(st.sampled_from(["close", "volume", "factor"]), st.binary(max_size=60), st.integers(0, 60))
def test_bytes_of_qlibs_files(field: str, junk: bytes, at: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        days = pd.bdate_range("2016-01-04", periods=12)
        for sub, file, text in (
            ("calendars", "day.txt", "\n".join(days.strftime("%Y-%m-%d"))),
            ("instruments", "all.txt", "SH600001\t2016-01-04\t2016-01-19\n"),
        ):
            (folder / sub).mkdir()
            (folder / sub / file).write_text(text)
        features = folder / "features" / "sh600001"
        features.mkdir(parents=True)
        for name in ("open", "high", "low", "close", "volume", "factor"):
            values = np.full(13, 2.0 if name != "high" else 3.0)
            values[0] = 0.0
            values.astype("<f4").tofile(features / f"{name}.day.bin")
        path = features / f"{field}.day.bin"
        content = path.read_bytes()
        path.write_bytes(content[:at] + junk + content[at + len(junk) :])
        with np.errstate(all="ignore"):
            look(QlibSource(folder))


@MANY
@example(16584, b" ", False)  # a date so far off that in nanoseconds it wraps round to the right one
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8), st.booleans())
def test_bytes_of_the_caches_files(at: int, junk: bytes, cut: bool) -> None:
    """Never another table than the one that was written."""
    bars = pd.DataFrame(
        {"date": pd.bdate_range("2016-01-04", periods=9), "symbol": "A", "close": np.arange(9.0)}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.parquet"
        write_parquet(bars, path, {"first": "2016-01-04"})
        content = path.read_bytes()
        at %= len(content)
        path.write_bytes(content[:at] + junk + (b"" if cut else content[at + len(junk) :]))
        try:
            frame, facts = read_parquet(path)
        except DamagedFile as error:
            assert "x.parquet" in str(error)
            return
        assert facts == {"first": "2016-01-04"}
        np.testing.assert_array_equal(frame["close"], bars["close"])
        assert frame["date"].tolist() == bars["date"].tolist()
