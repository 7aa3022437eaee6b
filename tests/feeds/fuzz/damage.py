"""Ways to damage bars: cells, rows, columns, types, and the bytes of files."""

import datetime as dt
import gzip
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import reject
from hypothesis import strategies as st

NAMES = ["date", "symbol", "open", "high", "low", "close", "volume", "factor", "turnover", "is_st", "name"]

# Text as it turns up in cells: numbers that are none, dates that are none, symbols that want to be more.
TEXTS = [
    *(
        "",
        " ",
        "nan",
        "NA",
        "null",
        "None",
        "-",
        "--",
        "inf",
        "-inf",
        "1e400",
        "-1e400",
        "1e-400",
        "9e99",
        "-1",
    ),
    *(
        "0",
        "-0",
        "00",
        "1,5",
        "1.234,5",
        "1 000",
        "1_000",
        "10.2.1",
        "0x10",
        "1e",
        "e5",
        "+5",
        "10%",
        "￥10",
        "１０",
    ),
    *("2016-02-30", "2016-13-01", "0216-01-04", "9999-12-31", "1066-10-14", "2016-01", "2016", "01/04/2016"),
    *(
        "2016/01/05",
        "2016-1-5",
        "20160105",
        "201601",
        "2016-01-05T15:00:00+08:00",
        "2016-01-05 15:00",
        "today",
    ),
    *("2016-01-05T00:00:00Z", "2016-01-04T16:00:00Z", "NaT", "2016-W01-1", "1451865600", "now"),
    *("../../x", "/etc/passwd", "..\\x", "C:\\x", "~root", "$(touch x)", "`id`", "; rm -rf .", "%s%n", "{0}"),
    *(
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+1+1",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "600001.SH ",
    ),
    *(
        "\t600001.SH",
        "600001.sh",
        "茅台",
        "\u202e600001",
        "e\u0301",
        "\ufeff600001.SH",
        "a" * 5000,
        "1" * 400,
    ),
    *(
        "True",
        "false",
        "yes",
        "2",
        "ST",
        "\x00",
        "6000\x0001.SH",
        "10\x00.5",
        "a\nb",
        "a\rb",
        '"',
        '"a',
        'a"b',
        ",",
    ),
]
# What only a frame or a parquet file can hold.
OBJECTS: list[Any] = [
    *(
        None,
        np.nan,
        np.inf,
        -np.inf,
        0,
        -1,
        0.0,
        -0.0,
        1e308,
        5e-324,
        -1e-9,
        2**63 - 1,
        -(2**63),
        2**200,
        True,
    ),
    *(pd.NaT, pd.NA, Decimal("1.5"), Decimal("NaN"), 1 + 2j, b"600001", [1], {"a": 1}, (1, 2), object),
    *(
        dt.date(2016, 1, 5),
        dt.datetime(2016, 1, 5, 15),
        dt.datetime(1, 1, 1),
        dt.date(9999, 12, 31),
        dt.time(9),
    ),
    *(pd.Timestamp("2016-01-05", tz="Asia/Shanghai"), pd.Timestamp("2016-01-05", tz="UTC"), dt.timedelta(1)),
    *(pd.Timestamp("2016-01-04 16:00", tz="UTC"), np.float32(1.1), np.int8(-3), np.datetime64("2016-01-05")),
    *(20160105, 1451865600, 600001, 10**400, 10**5000, "\ud800", np.array([1.0, 2.0])),
]


def bars(days: int = 6) -> pd.DataFrame:
    """Three stocks over some days, one of them suspended now and then."""
    rows = [
        (day, symbol, number)
        for day in pd.bdate_range("2016-01-04", periods=days)
        for number, symbol in enumerate(["000001.SZ", "600001.SH", "600519.SH"])
        if not (number == 1 and day.day % 3 == 0)
    ]
    low = [10.0 * (number + 1) + day.day / 100 for day, _, number in rows]
    return pd.DataFrame(
        {
            "date": [day for day, *_ in rows],
            "symbol": [symbol for _, symbol, _ in rows],
            "open": np.add(low, 0.1),
            "high": np.add(low, 0.5),
            "low": low,
            "close": np.add(low, 0.3),
            "volume": [1000 + 7 * at for at in range(len(rows))],
            "factor": [1.0 + number / 4 for *_, number in rows],
            "turnover": [0.01 if at % 4 else np.nan for at in range(len(rows))],
            "is_st": [number == 1 for *_, number in rows],
            "name": [f"stock {number}" for *_, number in rows],
        }
    )


def text_bars() -> pd.DataFrame:
    """The same with ISO dates, as a CSV file has them."""
    frame = bars()
    return frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))


Change = Callable[[pd.DataFrame], pd.DataFrame]
rows, columns = st.integers(0, 15), st.sampled_from(NAMES)


def set_cell(row: int, column: str, value: Any) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if column not in frame.columns or not len(frame):
            return frame
        cells = frame[column].astype(object).tolist()
        cells[row % len(cells)] = value
        return frame.assign(**{column: pd.Series(cells, dtype=object, index=frame.index)})

    return change


def swap(one: str, other: str) -> Change:
    return lambda frame: frame.rename(columns={one: other, other: one})


def repeat(row: int, times: int) -> Change:
    return lambda frame: pd.concat([frame, *[frame.iloc[row : row + 1]] * times], ignore_index=True)


def shuffle(seed: int) -> Change:
    return lambda frame: frame.sample(frac=1.0, random_state=seed, ignore_index=True)


def retype(column: str, kind: str) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        try:
            return frame.astype({column: kind})
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return frame

    return change


def scale(column: str, factor: float) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if column in frame.columns and pd.api.types.is_float_dtype(frame[column]):
            return frame.assign(**{column: frame[column] * factor})
        return frame

    return change


def zone(name: str) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if "date" in frame.columns and frame["date"].dtype.kind == "M" and frame["date"].dt.tz is None:
            return frame.assign(date=frame["date"].dt.tz_localize(name))
        return frame

    return change


def cells(values: list[Any]) -> st.SearchStrategy[Change]:
    return st.builds(set_cell, rows, columns, st.one_of(st.sampled_from(values), st.text(max_size=6)))


def structures() -> st.SearchStrategy[Change]:
    kinds = [
        "float32",
        "str",
        "object",
        "category",
        "Int64",
        "bool",
        "int8",
        "string",
        "datetime64[s]",
        "complex128",
    ]
    return st.one_of(
        st.builds(swap, columns, columns),
        st.builds(repeat, rows, st.integers(1, 3)),
        st.builds(shuffle, st.integers(0, 99)),
        st.builds(retype, columns, st.sampled_from(kinds)),
        st.builds(scale, columns, st.sampled_from([-1.0, 0.0, 1e300, 1e-300, np.inf, np.nan])),
        st.builds(zone, st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])),
        columns.map(lambda name: lambda frame: frame.drop(columns=name, errors="ignore")),
        columns.map(lambda name: lambda frame: pd.concat([frame, frame.get([name], frame)], axis=1)),
        st.integers(0, 14).map(lambda n: lambda frame: frame.iloc[:n]),
        columns.map(lambda name: lambda frame: frame.set_index(name) if name in frame.columns else frame),
        columns.map(lambda name: lambda frame: frame.rename(columns={name: name.upper()})),
        columns.map(lambda name: lambda frame: frame.rename(columns={name: f" {name}"})),
        columns.map(lambda name: lambda frame: frame.rename(columns={name: 7})),
        st.just(lambda frame: frame.rename(columns={"name": "close"})),
        st.just(lambda frame: frame.T),
    )


def changes(values: list[Any]) -> st.SearchStrategy[list[Change]]:
    return st.lists(st.one_of(cells(values), cells(values), structures()), min_size=1, max_size=4)


def applied(frame: pd.DataFrame, steps: list[Change]) -> pd.DataFrame:
    """The frame after all changes; other ones are drawn where they do not go together."""
    try:
        for step in steps:
            frame = step(frame)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        reject()
    return frame


Spoil = Callable[[bytes], bytes]


def splice(at: float, length: int, junk: bytes) -> Spoil:
    """Put bytes in the place of some others; without bytes something is cut out."""

    def change(content: bytes) -> bytes:
        begin = int(at * len(content))
        return content[:begin] + junk + content[begin + length :]

    return change


def flip(at: float, bit: int) -> Spoil:
    def change(content: bytes) -> bytes:
        if not content:
            return content
        begin = int(at * (len(content) - 1))
        return content[:begin] + bytes([content[begin] ^ (1 << bit)]) + content[begin + 1 :]

    return change


def recoded(name: str) -> Spoil:
    return lambda content: content.decode("utf-8", "replace").encode(name, "replace")


def spoils(*, text: bool) -> st.SearchStrategy[list[Spoil]]:
    place = st.floats(0, 1)
    ways = [
        st.builds(flip, place, st.integers(0, 7)),
        st.builds(flip, place, st.integers(0, 7)),
        st.builds(splice, place, st.integers(0, 9), st.binary(max_size=9)),
        place.map(lambda at: lambda content: content[: int(at * len(content))]),
        place.map(lambda at: lambda content: content[int(at * len(content)) :]),
        st.builds(splice, place, st.just(64), st.just(bytes(64))),
        st.just(lambda content: content + content),
        st.just(lambda content: b""),
        st.just(gzip.compress),
    ]
    if text:
        ways += [
            st.sampled_from(["utf-16", "utf-32", "gbk", "latin-1", "utf-8-sig", "utf-7", "cp037"]).map(
                recoded
            ),
            st.sampled_from(
                [(b"\n", b"\r\n"), (b"\n", b"\r"), (b",", b";"), (b",", b"\t"), (b".", b",")]
            ).map(lambda pair: lambda content: content.replace(*pair)),
            st.sampled_from([b",", b'"', b"\n", b"\x00", b"\n\n", b"#", b"'"]).flatmap(
                lambda junk: place.map(lambda at: splice(at, 0, junk))
            ),
            st.just(lambda content: content.split(b"\n", 1)[-1]),
            st.just(lambda content: content.replace(b"\n", b",\n")),
            st.just(lambda content: content.rstrip(b"\n")),
        ]
    return st.lists(st.one_of(ways), min_size=1, max_size=3)


def spoilt(content: bytes, steps: list[Spoil]) -> bytes:
    for step in steps:
        content = step(content)
    return content
