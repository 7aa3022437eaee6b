from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, read_members
from btalpha.feeds.universe import membership_mask, parse_ranges
from hypothesis import given
from hypothesis import strategies as st

DAYS = pd.bdate_range("2016-01-04", periods=5)
SYMBOLS = pd.Index(["A", "B", "C"])


def ranges(*rows: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["symbol", "start", "end"])


def panel() -> Panel:
    frame = pd.MultiIndex.from_product([DAYS, SYMBOLS], names=["date", "symbol"]).to_frame(index=False)
    return Panel.from_long(frame.assign(open=1.0, high=1.0, low=1.0, close=1.0, volume=1, factor=1.0))


def write(folder: Path, text: str) -> Path:
    path = folder / "members.csv"
    path.write_text(text, encoding="utf-8")
    return path


class TestKnownAnswers:
    def test_both_ends_count(self) -> None:
        mask = panel().with_members(ranges(("B", "2016-01-05", "2016-01-07"))).universe["B"]
        assert mask.tolist() == [False, True, True, True, False]

    def test_without_end_still_a_member(self) -> None:
        mask = panel().with_members(ranges(("A", "2016-01-07", None))).universe_array
        assert mask[:, 0].tolist() == [False, False, False, True, True]
        assert not mask[:, 1:].any()

    def test_time_of_day_does_not_count(self) -> None:
        mask = panel().with_members(ranges(("B", "2016-01-05 15:00", "2016-01-07 09:00"))).universe["B"]
        assert mask.tolist() == [False, True, True, True, False]

    def test_several_ranges_of_one_symbol(self) -> None:
        rows = ranges(("C", "2015-01-01", "2016-01-04"), ("C", "2016-01-08", "2017-01-01"))
        assert panel().with_members(rows).universe["C"].tolist() == [True, False, False, False, True]

    def test_everything_without_membership(self) -> None:
        assert panel().universe_array.all()

    def test_membership_is_sliced_with_the_days(self) -> None:
        whole = panel().with_members(ranges(("A", "2016-01-06", None), ("B", "2016-01-04", "2016-01-05")))
        part = whole.between("2016-01-05", "2016-01-06").select(["A", "B"])
        assert part.universe_array.tolist() == [[False, True], [True, False]]

    def test_members_without_bars_are_counted(self) -> None:
        rows = ranges(("A", "2016-01-04", None), ("X", "2016-01-04", None), ("Y", "2010-01-01", "2011-01-01"))
        assert panel().with_members(rows).repairs == ("1 of 2 members have no bars: X",)

    @given(st.lists(st.tuples(st.sampled_from("ABCX"), st.integers(-3, 8), st.integers(0, 6))))
    def test_equals_asking_day_by_day(self, drawn: list[tuple[str, int, int]]) -> None:
        day = pd.Timestamp("2016-01-04")
        rows = [(s, day + pd.Timedelta(days=a), day + pd.Timedelta(days=a + n)) for s, a, n in drawn]
        table = pd.DataFrame(rows, columns=["symbol", "start", "end"])
        table = table.astype({"start": "datetime64[ns]", "end": "datetime64[ns]"})
        expected = [[any(s == x and a <= t <= b for s, a, b in rows) for x in SYMBOLS] for t in DAYS]
        np.testing.assert_array_equal(membership_mask(table, DAYS, SYMBOLS), expected)


class TestRead:
    def test_picks_one_index(self, tmp_path: Path) -> None:
        text = "index,symbol,start,end\ncsi300,000001,2016-01-04,\ncsi500,600001,2016-01-04,2016-02-01\n"
        table = read_members(write(tmp_path, text), index="csi300")
        assert table["symbol"].tolist() == ["000001"]
        assert table["start"].tolist() == [pd.Timestamp("2016-01-04")]
        assert table["end"].isna().tolist() == [True]

    def test_one_index_needs_no_name(self, tmp_path: Path) -> None:
        text = "index,symbol,start,end\ncsi300,A,2016-01-04,2016-02-01\n"
        assert len(read_members(write(tmp_path, text))) == 1

    @pytest.mark.parametrize(
        ("index", "rule"),
        [
            (None, "holds several indexes: csi300, csi500"),
            ("csi100", "has no index 'csi100'; it holds csi300, csi500"),
        ],
    )
    def test_which_index(self, tmp_path: Path, index: str | None, rule: str) -> None:
        path = write(tmp_path, "index,symbol,start,end\ncsi300,A,2016-01-04,\ncsi500,B,2016-01-04,\n")
        with pytest.raises(DataError) as caught:
            read_members(path, index=index)
        assert rule in str(caught.value)
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("symbol,start\nA,2016-01-04\n", "column end is missing"),
            ("symbol,start,end\nA,soon,\n", "column start cannot be read as dates"),
            ("symbol,start,end\nA,2016-01-04,never\n", "column end cannot be read as dates"),
            ("symbol,start,end\nA,2016-02-01,2016-01-01\n", "A (row 0) runs from 2016-02-01 to 2016-01-01"),
            ("symbol,start,end\nA,,2016-01-01\n", "A (row 0) runs from (missing) to 2016-01-01"),
            ("symbol,start,end\n,2016-01-01,\n", "row 0 has no symbol"),
        ],
    )
    def test_bad_file_is_named(self, tmp_path: Path, text: str, rule: str) -> None:
        path = write(tmp_path, text)
        with pytest.raises(DataError) as caught:
            read_members(path)
        assert rule in str(caught.value)
        assert str(path) in str(caught.value)

    def test_no_member_in_the_panel(self) -> None:
        with pytest.raises(DataError, match="no index member is among"):
            panel().with_members(ranges(("X", "2016-01-04", None)))


def test_no_ranges_at_all_are_ranges() -> None:
    assert parse_ranges(pd.DataFrame({"symbol": [], "start": [], "end": []})).empty
