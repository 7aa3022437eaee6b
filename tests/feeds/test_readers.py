from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.readers import read_table


@pytest.fixture
def bars(small_panel: Panel) -> pd.DataFrame:
    """The bars of the small panel in the long format, with prices that test every digit."""
    columns = {name: small_panel[name].to_numpy().ravel() for name in small_panel.fields}
    rows = pd.MultiIndex.from_product([small_panel.dates, small_panel.symbols], names=["date", "symbol"])
    table = rows.to_frame(index=False).assign(**columns).dropna(subset=["close"], ignore_index=True)
    return table.assign(amount=table["amount"] / 3.0, turnover=table["turnover"] / 7.0)


def assert_same(one: Panel, other: Panel) -> None:
    assert one.fields == other.fields
    for name in one.fields:
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=True)


class TestRoundTrip:
    def test_parquet_and_csv_give_the_same_bytes(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        paths = [tmp_path / name for name in ("bars.parquet", "bars.csv", "bars.csv.gz")]
        bars.to_parquet(paths[0])
        bars.to_csv(paths[1], index=False)
        bars.to_csv(paths[2], index=False)
        expected = Panel.from_long(bars)
        for path in paths:
            assert_same(Panel.read(path), expected)

    @pytest.mark.parametrize("suffix", ["parquet", "csv"])
    def test_columns_that_are_there_of_those_asked_for(
        self, tmp_path: Path, bars: pd.DataFrame, suffix: str
    ) -> None:
        path = tmp_path / f"bars.{suffix}"
        bars.to_parquet(path) if suffix == "parquet" else bars.to_csv(path, index=False)
        assert list(read_table(path, columns=["symbol", "close", "score"]).columns) == ["symbol", "close"]

    @pytest.mark.parametrize("suffix", ["parquet", "csv"])
    def test_folder_of_files(self, tmp_path: Path, bars: pd.DataFrame, suffix: str) -> None:
        for symbol, part in bars.groupby("symbol"):
            path = tmp_path / f"{symbol}.{suffix}"
            part.to_parquet(path) if suffix == "parquet" else part.to_csv(path, index=False)
        (tmp_path / "notes.txt").write_text("not bars", encoding="utf-8")
        assert_same(Panel.read(tmp_path), Panel.from_long(bars))

    def test_folder_of_both_kinds(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.iloc[:50].to_parquet(tmp_path / "a.parquet")
        bars.iloc[50:].to_csv(tmp_path / "b.csv", index=False)
        assert_same(Panel.read(tmp_path), Panel.from_long(bars))

    def test_file_of_a_folder_may_have_no_rows(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.iloc[:0].to_csv(tmp_path / "a.csv", index=False)
        bars.to_csv(tmp_path / "b.csv", index=False)
        assert_same(Panel.read(tmp_path), Panel.from_long(bars))

    def test_number_like_symbol_keeps_its_zeros(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.assign(symbol=bars["symbol"].str[:6]).to_csv(tmp_path / "bars.csv", index=False)
        assert Panel.read(tmp_path / "bars.csv").symbols[0] == "000001"

    def test_path_may_be_text(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.to_parquet(tmp_path / "bars.parquet")
        assert len(Panel.read(str(tmp_path / "bars.parquet"))) == 30

    def test_statements_come_along(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.to_parquet(tmp_path / "bars.parquet")
        (tmp_path / "s.csv").write_text(
            "symbol,period_end,announce_date,revenue\n000001.SZ,2015-09-30,2015-10-20,7\n", encoding="utf-8"
        )
        panel = Panel.read(tmp_path / "bars.parquet", statements=tmp_path / "s.csv")
        assert panel.statements is not None
        np.testing.assert_array_equal(
            panel.statements.values("revenue", panel.dates[:1], panel.symbols[:2]), [[7.0, np.nan]]
        )


class TestValidation:
    def message(self, path: Path) -> str:
        with pytest.raises(DataError) as caught:
            Panel.read(path)
        assert str(path) in str(caught.value)
        assert "Remedy: " in str(caught.value)
        return str(caught.value)

    def test_no_such_file(self, tmp_path: Path) -> None:
        assert "does not exist" in self.message(tmp_path / "bars.parquet")

    @pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
    def test_empty_file(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        assert "is empty" in self.message(tmp_path / name)

    def test_header_only(self, tmp_path: Path) -> None:
        (tmp_path / "bars.csv").write_text("date,symbol,open,high,low,close,volume\n", encoding="utf-8")
        assert "has no rows" in self.message(tmp_path / "bars.csv")

    def test_other_kind_of_file(self, tmp_path: Path) -> None:
        (tmp_path / "bars.xlsx").write_bytes(b"PK")
        assert "is neither parquet nor CSV" in self.message(tmp_path / "bars.xlsx")

    def test_folder_without_bars(self, tmp_path: Path) -> None:
        assert "holds no parquet or CSV file" in self.message(tmp_path)

    def test_broken_parquet(self, tmp_path: Path) -> None:
        (tmp_path / "bars.parquet").write_bytes(b"PAR1 but not really")
        assert "cannot be read" in self.message(tmp_path / "bars.parquet")

    def test_other_encoding(self, tmp_path: Path) -> None:
        (tmp_path / "bars.csv").write_bytes("date,symbol,名称\n2016-01-04,A,银行\n".encode("gbk"))
        assert "cannot be read" in self.message(tmp_path / "bars.csv")

    HEAD = "date,symbol,open,high,low,close,volume"
    ROWS = "2016-01-04,A,1,2,1,1.5,100\n2016-01-05,A,1,2,1,1.5,100\n"

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            (f"{HEAD},close\n" + ROWS.replace("\n", ",7\n"), "column close is there twice"),
            (f"{HEAD}\n" + ROWS.replace("\n", ",7\n"), "Length of header or names does not match"),
            (f"{HEAD}\n{ROWS}2016-01-06,A,1,2,1,1.5,100,7\n", "Expected 7 fields in line 4, saw 8"),
            (f"{HEAD}\n" + ROWS.replace(",A,", ",A\0B,"), "it holds a zero byte"),
            (f"{HEAD}\n" + ROWS.replace("1.5", "1\0.5"), "it holds a zero byte"),
            (
                f'{HEAD},name\n2016-01-04,A,1,2,1,1.5,100,"x\n2016-01-05,A,1,2,1,1.5,100,"y\n'
                "2016-01-06,A,1,2,1,1.5,100,z\n",
                "a cell of name runs over several lines",
            ),
            (f'{HEAD}\n2016-01-04,"A,1,2,1,1.5,100\n', "EOF inside string"),
        ],
        ids=["names", "longer rows", "a longer row", "zero in text", "zero in a number", "quotes", "a quote"],
    )
    def test_what_the_parser_would_let_pass(self, tmp_path: Path, text: str, rule: str) -> None:
        (tmp_path / "bars.csv").write_text(text, encoding="utf-8")
        assert rule in self.message(tmp_path / "bars.csv")

    def test_a_last_row_that_may_be_cut_is_told(self, tmp_path: Path) -> None:
        for text, cut in ((f"{self.HEAD}\n{self.ROWS}", 0), (f"{self.HEAD}\n{self.ROWS}"[:-2], 1)):
            (tmp_path / "bars.csv").write_text(text, encoding="utf-8")
            lines = Panel.read(tmp_path / "bars.csv").repairs[1:]
            assert lines == ("bars.csv does not end with a line break: its last row may be cut short",) * cut

    def test_numbers_that_pandas_writes_beside_the_rows_stay(self, tmp_path: Path) -> None:
        (tmp_path / "bars.csv").write_text(
            f",{self.HEAD}\n" + "".join(f"{n},{row}\n" for n, row in enumerate(self.ROWS.split()))
        )
        assert len(Panel.read(tmp_path / "bars.csv")) == 2

    def test_parquet_whose_text_is_none(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.to_parquet(tmp_path / "bars.parquet", compression="none", use_dictionary=False)
        content = (tmp_path / "bars.parquet").read_bytes()
        (tmp_path / "bars.parquet").write_bytes(content.replace(b"000001.SZ", b"\xff00001.SZ"))
        assert "cannot be read" in self.message(tmp_path / "bars.parquet")

    def test_parquet_with_page_checksums_is_verified(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        path = tmp_path / "bars.parquet"
        bars.to_parquet(path, compression="none", use_dictionary=False, write_page_checksum=True)
        content = path.read_bytes()
        at = content.index(bars["close"].to_numpy()[3:5].tobytes())
        path.write_bytes(content[:at] + b"\x01" + content[at + 1 :])
        assert "CRC checksum" in self.message(path)

    def test_files_of_a_folder_must_agree(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.to_csv(tmp_path / "a.csv", index=False)
        bars.drop(columns="volume").to_csv(tmp_path / "b.csv", index=False)
        with pytest.raises(DataError, match=r"a\.csv and .*b\.csv differ in the column volume"):
            read_table(tmp_path)

    def test_bad_bar_names_file_and_bar(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.loc[3, "close"] = -1.0
        bars.to_csv(tmp_path / "bars.csv", index=False)
        message = self.message(tmp_path / "bars.csv")
        assert f"close of {bars['symbol'][3]} on 2016-01-04 is not above zero: -1" in message

    def test_bad_statement_names_its_file(self, tmp_path: Path, bars: pd.DataFrame) -> None:
        bars.to_parquet(tmp_path / "bars.parquet")
        (tmp_path / "s.csv").write_text("symbol,period_end\nA,2015-09-30\n", encoding="utf-8")
        with pytest.raises(DataError, match=r"s\.csv: statements lack the column announce_date"):
            Panel.read(tmp_path / "bars.parquet", statements=tmp_path / "s.csv")
