"""Sources that are files: their conventions, and the contract of every source."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.sources import make_source
from btalpha.feeds.sources.base import BARS
from btalpha.feeds.sources.errors import MissingClient, NotOffered, SourceError
from btalpha.feeds.sources.files.backtrader_csv import FORMATS, BacktraderCsvSource
from btalpha.feeds.sources.files.database import DatabaseSource
from btalpha.feeds.sources.files.qlib_folder import QlibSource
from btalpha.feeds.sources.files.table import Conventions
from btalpha.feeds.sources.files.tables import FileSource

from . import contract

SYMBOLS = ("600001.SH", "000001.SZ")


def market() -> pd.DataFrame:
    """Two stocks over January 2016; the first halves its price on the 18th and is away on the 7th."""
    rows = []
    for number, symbol in enumerate(SYMBOLS):
        for t, date in enumerate(pd.bdate_range(contract.START, contract.END)):
            split = symbol == "600001.SH" and date >= pd.Timestamp("2016-01-18")
            if symbol == "600001.SH" and date == pd.Timestamp("2016-01-07"):
                continue
            close = (20.0 + 10.0 * number + 0.1 * t) / (2.0 if split else 1.0)
            rows.append(
                {
                    "date": date, "symbol": symbol, "open": close - 0.05, "high": close + 0.1,
                    "low": close - 0.1, "close": close, "volume": 1e6 + 100.0 * t,
                    "factor": 2.0 if split else 1.0, "amount": close * 1e6,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def expected(symbol: str) -> pd.DataFrame:
    bars = market()
    return bars[bars["symbol"] == symbol].reset_index(drop=True)


def assert_bars(bars: pd.DataFrame, symbol: str) -> None:
    pd.testing.assert_frame_equal(bars, expected(symbol)[list(bars.columns)], check_dtype=False)


class TestTables:
    @pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
    @pytest.mark.parametrize("one_file", [True, False])
    def test_long_table_and_one_file_a_stock(self, tmp_path: Path, ending: str, one_file: bool) -> None:
        parts = {"bars": market()} if one_file else {}
        for symbol, text in zip(SYMBOLS, ("sh600001", "000001.XSHE"), strict=True):
            if not one_file:
                parts[text] = expected(symbol).drop(columns="symbol")
        for stem, part in parts.items():
            file = tmp_path / f"{stem}.{ending}"
            part.to_parquet(file) if ending == "parquet" else part.to_csv(file, index=False)
        source = FileSource(tmp_path)
        assert source.symbols() == sorted(SYMBOLS)
        assert_bars(contract.check_source(source, "600001.SH", "600009.SH"), "600001.SH")
        assert source.columns == ("amount",)

    def test_names_and_units_of_another_convention(self, tmp_path: Path) -> None:
        table = market().rename(columns={"date": "trade_date", "symbol": "ts_code", "volume": "vol"})
        table = table.assign(
            vol=table["vol"] / 100,
            amount=table["amount"] / 1000,
            trade_date=table["trade_date"].dt.strftime("%Y%m%d"),
        )
        table.to_csv(tmp_path / "daily.csv", index=False)
        names = Conventions(
            columns={"trade_date": "date", "ts_code": "symbol", "vol": "volume"},
            units={"volume": 100, "amount": 1000},
        )
        source = FileSource(tmp_path / "daily.csv", conventions=names)
        assert_bars(source.bars("000001.SZ", contract.START, contract.END), "000001.SZ")

    def test_a_column_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        market().rename(columns={"volume": "vol"}).to_csv(tmp_path / "daily.csv", index=False)
        with pytest.raises(DataError, match=r"lacks the column volume; it has .*vol.*--columns"):
            FileSource(tmp_path / "daily.csv").symbols()
        wrong = Conventions(columns={"volumes": "volume"})
        with pytest.raises(DataError, match="has no column volumes"):
            FileSource(tmp_path / "daily.csv", conventions=wrong).symbols()

    def test_what_is_missing_is_told(self, tmp_path: Path) -> None:
        market().drop(columns="factor").assign(name="bank").to_parquet(tmp_path / "bars.parquet")
        source = FileSource(tmp_path / "bars.parquet")
        assert (source.bars("000001.SZ", contract.START, contract.END)["factor"] == 1.0).all()
        assert any("no column factor" in note for note in source.notes)
        assert any("columns of text were left out: name" in note for note in source.notes)

    def test_impossible_bars_are_left_out_and_counted(self, tmp_path: Path) -> None:
        table = market()
        table.loc[3, "low"] = -1.0
        table.loc[4, ["high", "low"]] = [1.0, 2.0]
        table.to_parquet(tmp_path / "bars.parquet")
        source = FileSource(tmp_path / "bars.parquet")
        bars = source.bars(str(table.loc[3, "symbol"]), contract.START, contract.END)
        assert len(bars) == len(expected("600001.SH")) - 2
        assert [note for note in source.notes if "2 impossible bars left out" in note]

    def test_only_suspended_days_go_without_a_word(self, tmp_path: Path) -> None:
        table = market()
        table.loc[2, "close"] = np.nan  # traded, but half of it is lost
        table.loc[4, ["open", "high", "low", "close"]] = np.nan
        table.loc[5, "volume"] = 0.0
        table.loc[6, "volume"] = -5.0
        table = pd.concat([table, table.iloc[[0]]])
        table.to_parquet(tmp_path / "bars.parquet")
        source = FileSource(tmp_path / "bars.parquet")
        bars = source.bars("600001.SH", contract.START, contract.END)
        assert len(bars) == len(expected("600001.SH")) - 4
        days = table["date"].iloc[[0, 2, 6]].dt.strftime("%Y-%m-%d").tolist()
        assert source.notes == [
            f"600001.SH: 1 repeated rows left out, the first on {days[0]}",
            f"600001.SH: 1 bars without one of their prices or the factor left out, the first on {days[1]}",
            f"600001.SH: 1 impossible bars left out, the first on {days[2]}",
        ]

    def test_infinite_figures_beside_the_bar_are_missing_and_counted(self, tmp_path: Path) -> None:
        table = market()
        table.loc[3, "amount"] = np.inf
        table.to_parquet(tmp_path / "bars.parquet")
        source = FileSource(tmp_path / "bars.parquet")
        bars = source.bars("600001.SH", contract.START, contract.END)
        assert (len(bars), bars["amount"].isna().sum()) == (len(expected("600001.SH")), 1)
        assert source.notes == ["600001.SH: 1 infinite figures were taken as missing"]

    def test_two_different_bars_of_a_day_are_refused(self, tmp_path: Path) -> None:
        table = pd.concat([market(), market().iloc[[0]].assign(close=20.01)])
        table.to_parquet(tmp_path / "bars.parquet")
        with pytest.raises(SourceError, match=r"600001\.SH has two different bars on 2016-01-04"):
            FileSource(tmp_path / "bars.parquet").bars("600001.SH", contract.START, contract.END)

    def test_a_broken_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "bars.parquet").write_bytes(b"PAR1 nothing")
        with pytest.raises(DataError, match=r"bars\.parquet cannot be read"):
            FileSource(tmp_path / "bars.parquet").symbols()

    def test_a_symbol_of_the_table_that_is_a_path(self, tmp_path: Path) -> None:
        market().assign(symbol="../../x").to_parquet(tmp_path / "bars.parquet")
        with pytest.raises(DataError, match=r"'\.\./\.\./x' is no symbol"):
            FileSource(tmp_path / "bars.parquet").symbols()

    def test_membership_and_statements_come_from_files(self, tmp_path: Path) -> None:
        market().to_parquet(tmp_path / "bars.parquet")
        (tmp_path / "m.csv").write_text(
            "index,symbol,start,end\ncsi300,sh600001,2015-01-01,\ncsi300,sz000001,2010-01-01,2012-01-01\n"
        )
        (tmp_path / "s.csv").write_text(
            "symbol,period_end,announce_date,net_profit\n600001,2015-12-31,2016-01-20,7\n"
            "600001,2014-12-31,2015-01-20,6\n000001,2015-12-31,2016-01-20,8\n"
        )
        source = FileSource(
            tmp_path / "bars.parquet", members=tmp_path / "m.csv", statements=tmp_path / "s.csv"
        )
        assert list(contract.check_members(source, "csi300", "600001.SH")["symbol"]) == ["600001.SH"]
        figures = source.statements(["600001.SH"], pd.Timestamp("2015-01-01"), contract.END)
        assert figures["net_profit"].tolist() == [7]
        with pytest.raises(NotOffered):
            FileSource(tmp_path / "bars.parquet").members("csi300", contract.START, contract.END)


def sqlite(path: Path, table: pd.DataFrame, name: str) -> None:
    with sqlite3.connect(path) as connection:
        table.to_sql(name, connection, index=False)
    connection.close()


def duck(path: Path, table: pd.DataFrame, name: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'btalpha[duckdb]'")
    with duckdb.connect(str(path)) as connection:
        connection.register("given", table)
        quoted = name.replace('"', '""')
        connection.execute(f'CREATE TABLE "{quoted}" AS SELECT * FROM given')


class TestDatabase:
    @pytest.mark.parametrize("write", [sqlite, duck])
    def test_contract(self, tmp_path: Path, write) -> None:
        table = market().rename(columns={"symbol": "code"})
        table = table.assign(code=table["code"].map({"600001.SH": "sh.600001", "000001.SZ": "sz.000001"}))
        write(tmp_path / "market.db", table, 'odd "name" 1')
        names = Conventions(columns={"code": "symbol"})
        with DatabaseSource(tmp_path / "market.db", table='odd "name" 1', conventions=names) as source:
            assert source.symbols() == sorted(SYMBOLS)
            assert_bars(contract.check_source(source, "600001.SH", "600009.SH"), "600001.SH")

    @pytest.mark.parametrize("write", [sqlite, duck])
    def test_names_are_data(self, tmp_path: Path, write) -> None:
        write(tmp_path / "market.db", market(), "bars")
        hostile = 'bars"; DROP TABLE bars; --'
        with pytest.raises(SourceError, match="cannot be read"):
            DatabaseSource(tmp_path / "market.db", table=hostile).symbols()
        assert len(DatabaseSource(tmp_path / "market.db").symbols()) == 2

    def test_is_opened_to_be_read_only(self, tmp_path: Path) -> None:
        sqlite(tmp_path / "market.db", market(), "bars")
        before = (tmp_path / "market.db").read_bytes()
        with DatabaseSource(tmp_path / "market.db") as source:
            source.symbols()
            with pytest.raises(SourceError, match="readonly"):
                source._query("DELETE FROM bars", [])
        assert (tmp_path / "market.db").read_bytes() == before

    def test_neither_kind(self, tmp_path: Path) -> None:
        pytest.importorskip("duckdb", reason="DuckDB is not installed")
        (tmp_path / "market.db").write_bytes(b"something else" * 100)
        with pytest.raises(SourceError, match="neither DuckDB nor SQLite"):
            DatabaseSource(tmp_path / "market.db").symbols()
        with pytest.raises(SourceError, match="does not exist"):
            DatabaseSource(tmp_path / "other.db").symbols()


@pytest.fixture
def qlib(tmp_path: Path) -> Path:
    """The market as qlib dumps it: adjusted prices, 32-bit floats, each file led by its first day's place."""
    days = pd.bdate_range("2015-12-28", contract.END)
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "day.txt").write_text("\n".join(days.strftime("%Y-%m-%d")))
    (tmp_path / "instruments").mkdir()
    lines = "SH600001\t2016-01-04\t2016-01-29\nSZ000001\t2016-01-04\t2016-01-29\n"
    (tmp_path / "instruments" / "all.txt").write_text(lines)
    (tmp_path / "instruments" / "csi300.txt").write_text(lines.replace("2016-01-29\nSZ", "2016-01-12\nSZ"))
    for symbol, folder in zip(SYMBOLS, ("sh600001", "sz000001"), strict=True):
        bars = expected(symbol).set_index("date").reindex(days[5:])
        files = {name: bars[name] * bars["factor"] for name in ("open", "high", "low", "close")}
        files |= {
            "volume": bars["volume"] / bars["factor"],
            "factor": bars["factor"],
            "amount": bars["amount"],
        }
        (tmp_path / "features" / folder).mkdir(parents=True)
        for name, values in files.items():
            content = np.concatenate([[5.0], values.to_numpy()]).astype("<f4")
            content.tofile(tmp_path / "features" / folder / f"{name}.day.bin")
    return tmp_path


class TestQlib:
    def test_contract(self, qlib: Path) -> None:
        source = QlibSource(qlib)
        assert source.symbols() == sorted(SYMBOLS)
        bars = contract.check_source(source, "600001.SH", "600009.SH")
        truth = expected("600001.SH")
        prices = ["open", "high", "low", "close"]
        pd.testing.assert_frame_equal(bars[prices], truth[prices].round(2))
        assert bars["date"].tolist() == truth["date"].tolist()
        assert bars["factor"].tolist() == truth["factor"].tolist()
        np.testing.assert_allclose(bars["volume"], truth["volume"], rtol=1e-6)
        np.testing.assert_allclose(bars["amount"], truth["amount"], rtol=1e-6)

    def test_membership(self, qlib: Path) -> None:
        ranges = contract.check_members(QlibSource(qlib), "csi300", "600001.SH")
        assert contract.as_text(ranges) == [
            ["600001.SH", "2016-01-04", "2016-01-12"],
            ["000001.SZ", "2016-01-04", ""],  # to the last day of the dump: still a member
        ]

    @pytest.mark.parametrize("index", ["../calendars/day", "a/b", "..", "all\x00"])
    def test_an_index_is_data(self, qlib: Path, index: str) -> None:
        with pytest.raises(SourceError, match="is no index"):
            QlibSource(qlib).members(index, contract.START, contract.END)

    @pytest.mark.parametrize("cut", [1, 4, 40])
    def test_a_cut_or_foreign_file_is_named(self, qlib: Path, cut: int) -> None:
        path = qlib / "features" / "sh600001" / "close.day.bin"
        content = path.read_bytes()
        broken = content[:-1] if cut == 1 else content + content[4 : 4 + cut]
        path.write_bytes(broken)
        with pytest.raises(SourceError, match=r"close\.day\.bin does not fit the calendar"):
            QlibSource(qlib).bars("600001.SH", contract.START, contract.END)

    def test_without_factor(self, qlib: Path) -> None:
        (qlib / "features" / "sh600001" / "factor.day.bin").unlink()
        source = QlibSource(qlib)
        bars = source.bars("600001.SH", contract.START, contract.END)
        truth = expected("600001.SH")
        np.testing.assert_allclose(bars["close"], truth["close"] * truth["factor"], rtol=1e-6)
        assert "no factor" in source.notes[0]

    def test_a_day_without_factor_is_counted(self, qlib: Path) -> None:
        path = qlib / "features" / "sh600001" / "factor.day.bin"
        values = np.fromfile(path, dtype="<f4")
        values[2] = np.nan  # the first value is the place of the first day
        values.tofile(path)
        source = QlibSource(qlib)
        bars = source.bars("600001.SH", contract.START, contract.END)
        assert bars["date"].tolist() == expected("600001.SH")["date"].drop(1).tolist()
        assert source.notes == [
            "600001.SH: 1 bars without one of their prices or the factor left out, the first on 2016-01-05"
        ]

    @pytest.mark.parametrize(("symbol", "close"), [("510300.SH", 3.217), ("600001.SH", 3.22)])
    def test_the_cent_is_the_tick_of_a_shares_only(self, qlib: Path, symbol: str, close: float) -> None:
        code = symbol[:6]
        folder = qlib / "features" / f"sh{code}"
        if not folder.is_dir():
            (qlib / "features" / "sh600001").rename(folder)
        for name in ("open", "high", "low", "close", "factor"):
            value = 1.0 if name == "factor" else 3.217
            np.array([5.0, value], dtype="<f4").tofile(folder / f"{name}.day.bin")
        bars = QlibSource(qlib).bars(symbol, contract.START, contract.END)
        assert bars["close"].iloc[0] == pytest.approx(close, abs=1e-6)

    def test_no_such_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="cannot be read"):
            QlibSource(tmp_path / "nowhere").symbols()


LINES = {
    "backtrader": "Date,Open,High,Low,Close,Volume,OpenInterest\n2016-01-04,10.5,11,10,10.8,300,0\n",
    "generic": "datetime,open,high,low,close,volume,oi\n2016-01-04 00:00:00,10.5,11,10,10.8,300,0\n",
    "yahoo": "Date,Open,High,Low,Close,Adj Close,Volume\n2016-01-04,10.5,11,10,10.8,5.4,300\n",
    "sierra": "Date,Open,High,Low,Close,Volume,OI\n2016/01/04,10.5,11,10,10.8,300,0\n",
    "mt4": "Date,Time,Open,High,Low,Close,Volume\n2016.01.04,00:00,10.5,11,10,10.8,300\n",
    "visualchart": "Ticker,Per,Date,Time,Open,High,Low,Close,Volume,OI\nX,D,20160104,0,10.5,11,10,10.8,300,0\n",
}


class TestBacktraderCsv:
    @pytest.mark.parametrize("format", FORMATS)
    def test_each_format(self, tmp_path: Path, format: str) -> None:
        (tmp_path / "ORCL.csv").write_text(LINES[format])
        source = BacktraderCsvSource(tmp_path, format=format)
        bars = source.bars("ORCL", contract.START, contract.END)
        assert bars[["open", "high", "low", "close", "volume"]].to_numpy().tolist() == [
            [10.5, 11, 10, 10.8, 300]
        ]
        assert bars["date"].astype(str).tolist() == ["2016-01-04"]
        assert bars["factor"].tolist() == [0.5 if format == "yahoo" else 1.0]

    def test_contract(self, tmp_path: Path) -> None:
        for symbol in SYMBOLS:
            bars = expected(symbol)
            table = bars[["date", "open", "high", "low", "close", "volume"]].assign(oi=0)
            table.to_csv(tmp_path / f"{symbol}.csv", index=False)
        source = BacktraderCsvSource(tmp_path)
        bars = contract.check_source(source, "600001.SH", "600009.SH")
        pd.testing.assert_frame_equal(bars[["close", "volume"]], expected("600001.SH")[["close", "volume"]])

    def test_the_same_as_a_feed_in_a_cerebro(self, tmp_path: Path) -> None:
        import backtrader as bt

        (tmp_path / "ORCL.csv").write_text(
            LINES["backtrader"]
            + "2016-01-05,10.8,10.9,10.1,10.2,500,0\n2016-01-06,10.2,10.3,9.9,10.1,400,0\n"
        )

        class Look(bt.Strategy):
            def stop(self) -> None:
                panels.append(Panel.from_feeds(self.datas))

        panels: list[Panel] = []
        cerebro = bt.Cerebro()
        cerebro.adddata(bt.feeds.BacktraderCSVData(dataname=str(tmp_path / "ORCL.csv")), name="ORCL")
        cerebro.addstrategy(Look)
        cerebro.run()
        bars = BacktraderCsvSource(tmp_path).bars("ORCL", contract.START, contract.END)
        pd.testing.assert_series_equal(
            bars.set_index("date")["close"], panels[0]["close"]["ORCL"], check_names=False, check_freq=False,
            check_index_type=False,
        )  # fmt: skip

    def test_another_format_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "ORCL.csv").write_text(LINES["mt4"])
        with pytest.raises(SourceError, match=r"ORCL\.csv is not in Backtrader's format 'sierra'"):
            BacktraderCsvSource(tmp_path, format="sierra").symbols()
        with pytest.raises(ValueError, match="format must be one of backtrader"):
            BacktraderCsvSource(tmp_path, format="excel")


def test_clients_are_imported_when_they_are_used() -> None:
    clients = ("akshare", "baostock", "tushare", "yfinance", "duckdb", "requests", "backtrader")
    modules = ", ".join(f"btalpha.feeds.sources.{name}_source" for name in clients[:4])
    program = (
        f"import sys, btalpha.feeds.cache, {modules}; print(*[m for m in {clients} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_client_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("akshare", "baostock", "tushare", "yfinance"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails
        monkeypatch.setenv("TUSHARE_TOKEN", "x")
        with pytest.raises(MissingClient, match=rf"{name} is not installed.*pip install 'btalpha\[{name}\]'"):
            make_source(name).bars("600001.SH", contract.START, contract.END)


def test_catalogue_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no source 'bloomberg'.*akshare"):
        make_source("bloomberg")
    with pytest.raises(SourceError, match="reads no path"):
        make_source("baostock", path=tmp_path)
    with pytest.raises(SourceError, match="does not take format"):
        make_source("files", path=tmp_path, options={"format": "mt4"})
    assert set(BARS) == {"date", "symbol", "open", "high", "low", "close", "volume", "factor"}
