"""Parquet straight into arrays: the same panel as the plain reader's, to the last bit, or left to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.dense_table import DenseTable
from btalpha.feeds.long_format import parse_long
from btalpha.feeds.parquet_panel import read_parquet_bars
from btalpha.feeds.readers import read_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def market(rows: int = 60, seed: int = 0) -> pd.DataFrame:
    """Rows of seven stocks in cents and other figures, day by day, each stock with gaps."""
    random = np.random.default_rng(seed)
    cells = np.sort(random.choice(rows * 2, rows, replace=False))
    low = random.integers(100, 9999, rows) / 100
    return pd.DataFrame(
        {
            "date": (pd.Timestamp("2016-01-04") + pd.to_timedelta(cells // 7, unit="D")).to_numpy(),
            "symbol": [f"60000{cell % 7}.SH" for cell in cells],
            "open": low + 0.01,
            "high": low + 0.03,
            "low": low,
            "close": low + 0.02,
            "volume": random.integers(1, 10**15, rows),
            "amount": random.random(rows).astype(np.float32),
            "turnover": np.where(random.random(rows) < 0.2, np.nan, random.random(rows)),
            "factor": 1.0 + cells // 50,
            "is_st": random.random(rows) < 0.5,
        }
    )


def plain(path: Path) -> DenseTable:
    return parse_long(read_table(path)).to_dense()


def assert_same(one: DenseTable | Panel, other: DenseTable | Panel) -> None:
    pd.testing.assert_index_equal(one.dates, other.dates)
    pd.testing.assert_index_equal(one.symbols, other.symbols)
    assert one.repairs == other.repairs
    first, second = (
        {name: table.array(name) for name in table.fields} if isinstance(table, Panel) else table.arrays
        for table in (one, other)
    )
    assert list(first) == list(second)
    for name, values in first.items():
        assert values.dtype == second[name].dtype, name
        np.testing.assert_array_equal(values, second[name], err_msg=name, strict=True)


def write(path: Path, frame: pd.DataFrame, group: int = 1 << 20) -> Path:
    frame.to_parquet(path, index=False, row_group_size=group)
    return path


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))


# What a file may look like that is read without a table in memory.
QUICK: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "day by day": lambda frame: frame,
    "stock by stock": lambda frame: frame.sort_values(["symbol", "date"]),
    "shuffled": lambda frame: frame.sample(frac=1.0, random_state=1),
    "newest first": lambda frame: frame[::-1],
    "one bar": lambda frame: frame[:1],
    "no factor": lambda frame: frame.drop(columns="factor"),
    "no flag": lambda frame: frame.drop(columns="is_st"),
    "flags as numbers": lambda frame: frame.assign(is_st=frame["is_st"].astype(float)),
    "symbols as categories": lambda frame: frame.assign(symbol=frame["symbol"].astype("category")),
    "dates as text": as_text,
    "dates as categories": lambda frame: as_text(frame).astype({"date": "category"}),
    "dates as numbers": lambda frame: frame.assign(date=frame["date"].dt.strftime("%Y%m%d").astype(int)),
    "dates as days": lambda frame: frame.assign(date=frame["date"].dt.date),
    "times of day": lambda frame: frame.assign(date=frame["date"] + pd.Timedelta("15:00:00")),
    "before 1970": lambda frame: frame.assign(date=frame["date"] - pd.Timedelta("20000D13:00:00")),
    "seconds": lambda frame: frame.assign(date=frame["date"].dt.as_unit("s")),
    "volume with holes": lambda frame: frame.assign(
        volume=frame["volume"].astype("Int64").mask(frame.index % 9 == 0)
    ),
    "volume zero": lambda frame: frame.assign(volume=frame["volume"].mask(frame["symbol"] == "600003.SH", 0)),
    "no price without volume": lambda frame: frame.assign(
        volume=frame["volume"].mask(frame.index % 9 == 0, 0),
        **{name: frame[name].mask(frame.index % 9 == 0) for name in ("open", "high", "low", "close")},
    ),
    "a stock of suspended days": lambda frame: frame.assign(
        volume=frame["volume"].where(frame["symbol"] != "600003.SH", 0)
    ).sample(frac=1.0, random_state=2),
    "names and times": lambda frame: frame.assign(
        name="bank", listed=pd.Timestamp("2001-02-03"), age=pd.Timedelta("1D")
    ),
    "a name that is a number": lambda frame: frame.assign(name=np.where(frame.index % 3, "bank", "360")),
    "whole numbers beyond 2^53": lambda frame: frame.assign(big=2**62 + frame.index.to_numpy()),
    "numbers of no sign": lambda frame: frame.assign(big=np.uint64(2**64 - 1)),
    "a column of flags": lambda frame: frame.assign(halted=frame["is_st"]),
}

# What is left to the plain reader, which repairs or refuses it.
ODD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "identical rows": lambda frame: pd.concat([frame, frame[:5]]),
    "different rows": lambda frame: pd.concat([frame, frame[:5].assign(close=1e6)]),
    "time zone": lambda frame: frame.assign(date=frame["date"].dt.tz_localize("Asia/Shanghai")),
    "aware text": lambda frame: frame.assign(date=as_text(frame)["date"] + "T00:00:00+08:00"),
    "bad date": lambda frame: frame.assign(date=as_text(frame)["date"].replace("2016-01-05", "x")),
    "far date": lambda frame: frame.assign(date=frame["date"].dt.as_unit("s") + pd.Timedelta("100000D")),
    "no date": lambda frame: frame.assign(date=frame["date"].where(frame.index != 3)),
    "no symbol": lambda frame: frame.assign(symbol=frame["symbol"].where(frame.index != 3)),
    "empty symbol": lambda frame: frame.assign(symbol=frame["symbol"].where(frame.index != 3, "")),
    "symbols as numbers": lambda frame: frame.assign(symbol=frame["symbol"].str[:6].astype(int)),
    "numbers as text": lambda frame: frame.assign(close=frame["close"].astype(str)),
    "other numbers as text": lambda frame: frame.assign(amount=frame["amount"].astype(str)),
    "names that are numbers": lambda frame: frame.assign(name="360"),
    "missing price": lambda frame: frame.assign(close=frame["close"].where(frame.index != 3)),
    "missing open": lambda frame: frame.assign(open=frame["open"].where(frame.index != 3)),
    "infinite price": lambda frame: frame.assign(close=frame["close"].where(frame.index != 3, np.inf)),
    "price of zero": lambda frame: frame.assign(low=frame["low"].where(frame.index != 3, 0.0)),
    "negative price": lambda frame: frame.assign(low=frame["low"].where(frame.index != 3, -1.0)),
    "negative volume": lambda frame: frame.assign(volume=frame["volume"].where(frame.index != 3, -1)),
    "infinite figure": lambda frame: frame.assign(amount=frame["amount"].where(frame.index != 3, -np.inf)),
    "factor of zero": lambda frame: frame.assign(factor=frame["factor"].where(frame.index != 3, 0.0)),
    "missing factor": lambda frame: frame.assign(factor=frame["factor"].where(frame.index != 3)),
    "high below low": lambda frame: frame.assign(high=frame["high"].where(frame.index != 3, 0.001)),
    "flag of two": lambda frame: frame.assign(is_st=frame["is_st"].astype(int) + 1),
    "flags with holes": lambda frame: frame.assign(is_st=frame["is_st"].astype(object).mask(frame.index < 9)),
    "flags as words": lambda frame: frame.assign(is_st=frame["is_st"].astype(str)),
    "column missing": lambda frame: frame.drop(columns="volume"),
    "no trade": lambda frame: frame.assign(volume=0),
    "no rows": lambda frame: frame[:0],
    "a column of dates": lambda frame: frame.assign(listed=frame["date"].dt.date),
}


def outcome(read: Callable[[], Any]) -> Any:
    """What was read, or the message."""
    try:
        return read()
    except DataError as error:
        return str(error)


class TestReferenceEquivalence:
    @pytest.mark.parametrize("group", [1 << 20, 13])
    @pytest.mark.parametrize("kind", QUICK)
    def test_quick_files(self, tmp_path: Path, kind: str, group: int) -> None:
        path = write(tmp_path / "bars.parquet", QUICK[kind](market()), group)
        table = read_parquet_bars([path])
        assert table is not None
        assert_same(table, plain(path))

    @pytest.mark.parametrize("kind", ODD)
    def test_odd_files_are_left_to_the_plain_reader(self, tmp_path: Path, kind: str) -> None:
        path = write(tmp_path / "bars.parquet", ODD[kind](market()))
        assert read_parquet_bars([path]) is None
        expected = outcome(lambda: Panel.from_long(read_table(path)))
        found = outcome(lambda: Panel.read(path))
        if isinstance(expected, str):
            assert expected.removeprefix(f"{path}: ") in found
        else:
            assert_same(found, expected)

    def test_column_by_column_of_a_large_group(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write(tmp_path / "bars.parquet", market(900).sample(frac=1.0, random_state=4), 300)
        monkeypatch.setattr("btalpha.feeds.parquet_schema._PART_ROWS", 70)
        table = read_parquet_bars([path])
        assert table is not None
        assert_same(table, plain(path))

    def test_a_folder_of_files(self, tmp_path: Path) -> None:
        frame = market(200)
        for number, (_, part) in enumerate(frame.groupby("symbol")):
            columns = list(part.columns) if number % 2 else list(part.columns[::-1])
            write(tmp_path / f"{number}.parquet", part[columns])
        write(tmp_path / "0-empty.parquet", frame[:0].astype({"open": str}))
        table = read_parquet_bars(sorted(tmp_path.iterdir()))
        assert table is not None
        assert_same(table, plain(tmp_path))

    @pytest.mark.parametrize(
        "change",
        [
            lambda frame: frame.drop(columns="amount"),
            lambda frame: frame.assign(amount="x"),
            lambda frame: frame.assign(amount="1.5"),
            lambda frame: frame.set_index("factor"),
        ],
    )
    def test_a_folder_of_files_that_differ(self, tmp_path: Path, change: Callable[..., pd.DataFrame]) -> None:
        frame = market(80)
        write(tmp_path / "a.parquet", frame[:50])
        change(frame[50:]).to_parquet(tmp_path / "b.parquet")
        assert read_parquet_bars(sorted(tmp_path.iterdir())) is None
        expected = outcome(lambda: plain(tmp_path))
        found = outcome(lambda: Panel.read(tmp_path))
        if isinstance(expected, str):
            assert expected.removeprefix(f"{tmp_path}: ") in found
        else:
            assert_same(found, Panel.from_long(expected))

    @MANY
    @given(st.data())
    def test_any_mixture(self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
        frame = market(data.draw(st.integers(1, 70)), seed=data.draw(st.integers(0, 99)))
        kinds = data.draw(st.lists(st.sampled_from([*QUICK, *ODD]), max_size=3))
        try:
            for kind in kinds:
                frame = {**QUICK, **ODD}[kind](frame).reset_index(drop=True)
            path = write(
                tmp_path_factory.mktemp("mixed") / "bars.parquet", frame, data.draw(st.integers(1, 80))
            )
        except (TypeError, ValueError, KeyError, AttributeError, pa.ArrowException):
            return  # these changes do not go together
        expected = outcome(lambda: Panel.from_long(read_table(path)))
        found = outcome(lambda: Panel.read(path))
        if isinstance(expected, str):
            assert isinstance(found, str) and expected.removeprefix(f"{path}: ") in found
        else:
            assert_same(found, expected)


class TestSchemas:
    def test_nested_and_decimal_columns_are_left_to_the_plain_reader(self, tmp_path: Path) -> None:
        table = pa.Table.from_pandas(market(), preserve_index=False)
        for number, column in enumerate(
            (pa.array([[1]] * len(table)), pa.array([1] * len(table)).cast(pa.decimal128(25)))
        ):
            path = tmp_path / f"{number}.parquet"
            parquet.write_table(table.append_column("other", column), path)
            assert read_parquet_bars([path]) is None

    @pytest.mark.parametrize("names", [["date"], ["date", "symbol"], ["symbol", "date"]])
    @pytest.mark.parametrize("quick", [True, False])
    def test_keys_that_pandas_had_as_its_index(self, tmp_path: Path, names: list[str], quick: bool) -> None:
        frame = market() if quick else pd.concat([market(), market()[:1]])
        frame.set_index(names).to_parquet(tmp_path / "bars.parquet")
        assert (read_parquet_bars([tmp_path / "bars.parquet"]) is not None) == quick
        assert_same(Panel.read(tmp_path / "bars.parquet"), Panel.from_long(frame))

    @pytest.mark.parametrize("quick", [True, False])
    def test_row_numbers_of_pandas_are_no_field(self, tmp_path: Path, quick: bool) -> None:
        frame = market() if quick else pd.concat([market(), market()[:1]])
        frame.set_axis(range(5, 5 + len(frame) * 2, 2)).iloc[::-1].to_parquet(tmp_path / "bars.parquet")
        assert (read_parquet_bars([tmp_path / "bars.parquet"]) is not None) == quick
        assert_same(Panel.read(tmp_path / "bars.parquet"), Panel.from_long(frame[::-1]))

    def test_a_field_that_pandas_had_as_its_index(self, tmp_path: Path) -> None:
        market().set_index("factor").to_parquet(tmp_path / "bars.parquet")
        panel = Panel.read(tmp_path / "bars.parquet")
        assert panel.fields[0] == "factor"
        np.testing.assert_array_equal(panel.array("factor"), Panel.from_long(market()).array("factor"))
        assert panel.repairs == ()

    def test_a_field_that_pandas_kept_as_a_range(self, tmp_path: Path) -> None:
        frame = market().assign(volume=range(5, 5 + 60 * 7, 7))
        frame.set_index("volume").to_parquet(tmp_path / "bars.parquet")
        assert "volume" not in parquet.read_schema(tmp_path / "bars.parquet").names
        panel = Panel.read(tmp_path / "bars.parquet")
        np.testing.assert_array_equal(panel.array("volume"), Panel.from_long(frame).array("volume"))

    def test_folder_names_are_no_columns(self, tmp_path: Path) -> None:
        (tmp_path / "turnover=7").mkdir()
        path = write(tmp_path / "turnover=7" / "bars.parquet", market().drop(columns="turnover"))
        assert "turnover" not in Panel.read(path)
        assert "turnover" not in Panel.from_long(read_table(path))

    def test_an_empty_panel_is_refused_before_memory_is_taken(self) -> None:
        days = pd.date_range("1700-01-01", periods=60_000)
        frame = pd.DataFrame({"date": days, "symbol": [f"S{i}" for i in range(len(days))], "volume": 1.0})
        frame = frame.assign(**dict.fromkeys(("open", "high", "low", "close"), 1.0))
        with pytest.raises(DataError, match="60,000 rows of 60,000 symbols on 60,000 dates"):
            Panel.from_long(frame)


@pytest.mark.real_data
def test_real_bars(shared_data: Path) -> None:
    path = shared_data / "ashare_csi300_2010_2016.parquet"
    table = read_parquet_bars([path])
    assert table is not None
    assert_same(table, plain(path))
