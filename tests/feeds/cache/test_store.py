"""The cache: what it keeps, what it asks for, and what it does with what is broken."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, read_members
from btalpha.feeds.cache import Store, Updater, default_folder
from btalpha.feeds.cache.membership import merge_ranges
from btalpha.feeds.cache.parquet_file import DamagedFile, read_parquet, write_parquet
from btalpha.feeds.cache.store import Held
from btalpha.feeds.sources.errors import ChangedAnswer, NoAnswer, SymbolError, UnknownSymbol
from btalpha.feeds.universe import membership_mask

from .fake import EX_DATE, SYMBOLS, FakeSource


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data", "fake")


def spans(source: FakeSource) -> list[tuple[str, str]]:
    return [(start, end) for _, start, end in source.asked]


class TestIncremental:
    def test_only_missing_sessions_are_asked_for(self, store: Store) -> None:
        source = FakeSource()
        updater = Updater(store, source)
        first = updater.update("600000.SH", day("2016-02-01"), day("2016-02-29"))
        assert (first.new_bars, first.total, first.refreshed) == (21, 21, 0)
        again = updater.update("600000.SH", day("2016-02-01"), day("2016-02-29"))
        inside = updater.update("600000.SH", day("2016-02-08"), day("2016-02-12"))
        assert (again.new_bars, again.total, inside.new_bars, inside.total) == (0, 21, 0, 5)
        updater.update("600000.SH", day("2016-01-04"), day("2016-03-31"))
        assert spans(source) == [
            ("2016-02-01", "2016-02-29"),
            ("2016-01-04", "2016-01-31"),
            ("2016-03-01", "2016-03-31"),
        ]
        whole = FakeSource().bars("600000.SH", day("2016-01-04"), day("2016-03-31"))
        pd.testing.assert_frame_equal(store.read("600000.SH").bars, whole, check_exact=True)

    def test_a_hole_is_filled(self, store: Store) -> None:
        updater = Updater(store, FakeSource())
        updater.update("600000.SH", day("2016-01-04"), day("2016-01-15"))
        updater.update("600000.SH", day("2016-03-01"), day("2016-03-31"))
        assert len(store.read("600000.SH").bars) == len(pd.bdate_range("2016-01-04", "2016-03-31"))

    def test_what_a_late_source_did_not_have_is_asked_for_again(self, store: Store) -> None:
        Updater(store, FakeSource(known_until=day("2016-02-25"))).update(
            "600000.SH", day("2016-02-01"), day("2016-02-29")
        )
        source = FakeSource()
        Updater(store, source).update("600000.SH", day("2016-02-01"), day("2016-02-29"))
        assert spans(source) == [("2016-02-26", "2016-02-29")]

    def test_what_stays_away_is_asked_for_only_for_ten_days(self, store: Store) -> None:
        gone = FakeSource(known_until=day("2016-01-08"))
        updater = Updater(store, gone)
        updater.update("600000.SH", day("2016-01-04"), day("2016-03-31"))
        updater.update("600000.SH", day("2016-01-04"), day("2016-03-31"))
        assert spans(gone)[1] == ("2016-03-22", "2016-03-31")
        assert len(store.read("600000.SH").bars) == 5

    def test_nothing_is_written_where_there_is_nothing(self, store: Store) -> None:
        Updater(store, FakeSource()).update("600000.SH", day("2010-01-01"), day("2010-12-31"))
        assert store.symbols() == []

    def test_a_changed_factor_refreshes_earlier_bars(self, store: Store) -> None:
        Updater(store, FakeSource(factor=2.0)).update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        later = Updater(store, FakeSource(factor=2.5)).update(
            "600000.SH", day("2016-01-04"), day("2016-03-31")
        )
        bars = store.read("600000.SH").bars
        after = bars["date"] >= EX_DATE
        assert bars["factor"].tolist() == np.where(after, 2.5, 1.0).tolist()
        assert later.refreshed == len(pd.bdate_range(EX_DATE, "2016-02-29"))

    def test_other_columns_are_refused(self, store: Store) -> None:
        updater = Updater(store, FakeSource())
        updater.update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        source = FakeSource()
        source.columns = ()
        with pytest.raises(ChangedAnswer, match=r"before it had .*amount"):
            Updater(store, source).update("600000.SH", day("2016-01-04"), day("2016-03-31"))

    def test_a_failure_leaves_what_was_there(self, store: Store) -> None:
        Updater(store, FakeSource()).update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        before = store.path("600000.SH").read_bytes()

        class Failing(FakeSource):
            def factor_steps(self, symbol: str) -> pd.DataFrame:
                raise NoAnswer("no answer")

        with pytest.raises(NoAnswer):
            Updater(store, Failing()).update("600000.SH", day("2016-01-04"), day("2016-03-31"))
        assert store.path("600000.SH").read_bytes() == before
        with pytest.raises(UnknownSymbol):
            Updater(store, FakeSource(missing=("1.SH",))).update("1.SH", day("2016-01-04"), day("2016-03-31"))


class TestDamage:
    def flip(self, path: Path, at: int) -> None:
        content = bytearray(path.read_bytes())
        content[at] ^= 0xFF
        path.write_bytes(content)

    def test_a_damaged_file_is_named_set_aside_and_fetched_again(self, store: Store) -> None:
        updater = Updater(store, FakeSource())
        updater.update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        good = store.read("600000.SH").bars
        self.flip(store.path("600000.SH"), 300)
        outcome = updater.update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        assert outcome.new_bars == len(good)
        pd.testing.assert_frame_equal(store.read("600000.SH").bars, good)
        (line,) = store.set_aside
        assert "600000.SH.parquet" in line and "set aside as" in line
        assert len(list((store.folder / "state" / "damaged").iterdir())) == 1

    def test_every_damage_is_noticed_or_harmless(self, tmp_path: Path) -> None:
        """Each byte of a file turned over: never a table that differs from what was written."""
        path = tmp_path / "x.parquet"
        bars = FakeSource().bars("600000.SH", day("2016-01-04"), day("2016-01-29"))
        write_parquet(bars, path, {"first": "2016-01-04"})
        content = path.read_bytes()
        noticed = 0
        for at in range(0, len(content), 7):
            damaged = bytearray(content)
            damaged[at] ^= 0xFF
            path.write_bytes(damaged)
            try:
                frame, facts = read_parquet(path)
            except DamagedFile as error:
                noticed += 1
                assert str(path) in str(error)
                continue
            assert frame.equals(bars) and facts == {"first": "2016-01-04"}
        assert noticed > len(content) / 7 / 10

    def test_a_panel_of_a_damaged_file_is_refused_or_the_same(self, store: Store) -> None:
        Updater(store, FakeSource()).update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        path, good = store.path("600000.SH"), Panel.read(store.folder)
        content = path.read_bytes()
        refused = 0
        for at in np.linspace(0, len(content) - 1, 60).astype(int):
            path.write_bytes(content)
            self.flip(path, at)
            try:
                panel = Panel.read(store.folder)
            except DataError:
                refused += 1
                continue
            assert panel.dates.equals(good.dates) and list(panel.symbols) == list(good.symbols)
            for name in ("open", "high", "low", "close", "volume", "amount", "factor"):
                np.testing.assert_array_equal(panel[name], good[name], err_msg=f"{name}, byte {at}")
        assert refused > 15

    @pytest.mark.parametrize("keep", [0, 1, 100, -1])
    def test_a_cut_file_is_noticed(self, store: Store, keep: int) -> None:
        Updater(store, FakeSource()).update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        path = store.path("600000.SH")
        path.write_bytes(path.read_bytes()[:keep])
        assert store.read("600000.SH") is None
        assert "cannot be read" in store.set_aside[0]

    def test_a_parquet_file_of_somebody_else_is_set_aside(self, store: Store) -> None:
        pd.DataFrame({"a": [1]}).to_parquet(store.path("600000.SH"))
        assert store.read("600000.SH") is None
        assert "600000.SH.parquet" in store.set_aside[0]

    def test_values_changed_by_another_program_are_noticed(self, store: Store) -> None:
        Updater(store, FakeSource()).update("600000.SH", day("2016-01-04"), day("2016-02-29"))
        bars, facts = read_parquet(store.path("600000.SH"))
        import json

        import pyarrow as pa
        import pyarrow.parquet as pq

        old = pq.read_schema(store.path("600000.SH")).metadata
        table = pa.Table.from_pandas(bars.assign(close=bars["close"] * 2), preserve_index=False)
        pq.write_table(table.replace_schema_metadata(old), store.path("600000.SH"))
        assert json.loads(old[b"btalpha"])["facts"] == facts
        assert store.read("600000.SH") is None
        assert "checksum differs" in store.set_aside[0]

    def test_damaged_statements_are_set_aside(self, store: Store) -> None:
        path = store.write_statements(statements("2015-12-31", 7.0))
        path.write_bytes(path.read_bytes()[:-1])
        assert store.read_statements() is None
        assert "statements.parquet" in store.set_aside[0]


def statements(period: str, profit: float, announced: str = "2016-03-01") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "symbol": ["600000.SH"], "period_end": [day(period)], "announce_date": [day(announced)],
            "net_profit": [profit],
        }
    )  # fmt: skip


def ranges(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["symbol", "start", "end"])
    return table.astype({"start": "datetime64[ns]", "end": "datetime64[ns]"})


class TestMembers:
    def test_a_narrower_span_keeps_the_rest(self, store: Store) -> None:
        long = ranges(
            ("600000.SH", "2015-01-01", None),
            ("600001.SH", "2015-01-01", "2018-06-08"),
            ("600002.SH", "2015-01-01", "2015-06-12"),
            ("600003.SH", "2018-06-11", None),
            ("600004.SH", "2015-01-01", "2016-03-31"),
        )
        store.write_members("csi300", long, (day("2015-01-01"), day("2019-12-31")))
        short = ranges(
            ("600000.SH", "2016-01-01", None), ("600001.SH", "2016-01-01", None),
            ("600004.SH", "2016-01-01", None),
        )  # fmt: skip
        path = store.write_members("csi300", short, (day("2016-01-01"), day("2016-03-31")))
        pd.testing.assert_frame_equal(read_members(path), long)

    def test_the_days_of_the_span_are_replaced(self, store: Store) -> None:
        store.write_members(
            "csi300", ranges(("600000.SH", "2015-01-01", None), ("600001.SH", "2015-01-01", None)),
            (day("2015-01-01"), day("2015-12-31")),
        )  # fmt: skip
        fresh = ranges(("600000.SH", "2016-01-01", "2016-06-10"), ("600002.SH", "2016-06-13", None))
        path = store.write_members("csi300", fresh, (day("2016-01-01"), day("2016-12-31")))
        expected = ranges(
            ("600000.SH", "2015-01-01", "2016-06-10"), ("600001.SH", "2015-01-01", "2015-12-31"),
            ("600002.SH", "2016-06-13", None),
        )  # fmt: skip
        pd.testing.assert_frame_equal(read_members(path), expected)

    def test_any_two_spans_agree_with_a_table_of_days(self, store: Store) -> None:
        """What is asked for in parts, as cut and open as sources answer, is what was true all along."""
        rng, days = np.random.default_rng(3), pd.date_range("2016-01-01", periods=40)
        for _ in range(40):
            truth = rng.random(len(days)) < 0.7

            def answer(first: int, last: int, truth: np.ndarray = truth) -> pd.DataFrame:
                inside = np.zeros(len(days), dtype=bool)
                inside[first : last + 1] = truth[first : last + 1]
                turns = np.flatnonzero(np.diff(np.r_[False, inside, False].astype(int))).reshape(-1, 2)
                ends = [None if end - 1 == last else days[end - 1] for _, end in turns]
                starts = days[turns[:, 0]]
                return pd.DataFrame({"symbol": "A", "start": starts, "end": pd.to_datetime(ends)})

            (a, b), (c, d) = np.sort(rng.integers(0, 40, (2, 2)), axis=1)
            c, d = min(c, b), max(d, a)  # spans that touch
            held, fresh = answer(a, b), answer(c, d)
            merged = merge_ranges(held, fresh, days[c], days[d])
            both = slice(min(a, c), max(b, d) + 1)
            found = membership_mask(merged, days, pd.Index(["A"]))[both, 0]
            np.testing.assert_array_equal(found, truth[both])

    def test_a_file_that_cannot_be_read_is_set_aside(self, store: Store) -> None:
        span = day("2016-01-01"), day("2016-03-31")
        path = store.write_members("csi300", ranges(("600000.SH", "2016-01-01", None)), span)
        path.write_text("symbol\n600000.SH\n")
        store.write_members("csi300", ranges(("600001.SH", "2016-01-01", None)), span)
        assert read_members(path)["symbol"].tolist() == ["600001.SH"]
        assert "csi300.csv" in store.set_aside[0]

    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("csi300", "csi300.csv"), ("000300", "000300.csv"), ("index members", "index members.csv"),
            ("沪深300", "沪深300.csv"), ("../../x", "members.csv"), ("a/b", "members.csv"),
            ("a\\b", "members.csv"), ("..", "members.csv"), (".x", "members.csv"), ("", "members.csv"),
            ("x\x00", "members.csv"),
        ],
    )  # fmt: skip
    def test_its_name(self, store: Store, name: str, file: str) -> None:
        path = store.write_members(name, ranges(("600000.SH", "2016-01-01", None)))
        assert path == store.folder / "members" / file
        assert [found.name for found in store.folder.parent.rglob("*.csv")] == [file]


class TestFolder:
    def test_panel_reads_it_as_it_is(self, store: Store) -> None:
        updater = Updater(store, FakeSource())
        for symbol in SYMBOLS[:3]:
            updater.update(symbol, day("2016-01-04"), day("2016-02-29"))
        members = store.write_members(
            "csi300", FakeSource().members("csi300", day("2016-01-04"), day("2016-02-29"))
        )
        figures = store.write_statements(statements("2015-12-31", 7.0))
        panel = Panel.read(store.folder, members=read_members(members), statements=figures)
        assert list(panel.symbols) == SYMBOLS[:3]
        assert panel.universe_array.all()
        days = pd.DatetimeIndex(["2016-02-29", "2016-03-01"])
        known = panel.statements.values("net_profit", days, panel.symbols[:1])
        np.testing.assert_array_equal(known, [[np.nan], [7.0]])
        assert store.symbols() == SYMBOLS[:3]

    def test_versions_of_a_report_are_kept(self, store: Store) -> None:
        store.write_statements(statements("2015-12-31", 7.0))
        store.write_statements(statements("2015-12-31", 7.0))
        store.write_statements(statements("2015-12-31", 6.5, announced="2016-08-30"))
        assert store.read_statements()["net_profit"].tolist() == [7.0, 6.5]

    @pytest.mark.parametrize("symbol", ["../../x", "a/b", "..", "", "x\x00"])
    def test_nothing_outside_is_written(self, store: Store, symbol: str) -> None:
        held = Held(
            FakeSource().bars("600000.SH", day("2016-01-04"), day("2016-01-29")),
            day("2016-01-04"),
            day("2016-01-29"),
        )
        before = sorted(store.folder.parent.rglob("*"))
        with pytest.raises(SymbolError):
            store.write(symbol, held)
        with pytest.raises(SymbolError):
            Updater(store, FakeSource()).update(symbol, day("2016-01-04"), day("2016-01-29"))
        assert sorted(store.folder.parent.rglob("*")) == before

    def test_only_old_leftovers_of_its_own_are_swept(self, store: Store) -> None:
        names = [".a.tmp-1", "members/.a.tmp-1", "statements/.a.tmp-1", "state/.a.tmp-1"]
        for name in (*names, "own/.a.tmp-1", ".young.tmp-1"):
            (store.folder / name).parent.mkdir(exist_ok=True)
            (store.folder / name).touch()
            if "young" not in name:
                os.utime(store.folder / name, (0, 0))
        Store(store.folder, "fake")
        assert {path.name for path in store.folder.rglob(".*.tmp-*")} == {".a.tmp-1", ".young.tmp-1"}
        assert [(store.folder / name).exists() for name in (*names, "own/.a.tmp-1")] == [False] * 4 + [True]

    def test_a_folder_is_of_one_source(self, store: Store) -> None:
        with pytest.raises(DataError, match="holds data of fake, not of baostock"):
            Store(store.folder, "baostock")

    def test_a_later_version_and_a_broken_note_are_refused(self, store: Store) -> None:
        note = store.folder / "state" / "source.json"
        note.write_text('{"source": "fake", "format": 99}')
        with pytest.raises(DataError, match="later version"):
            Store(store.folder, "fake")
        note.write_text("{")
        with pytest.raises(DataError, match=r"source\.json cannot be read"):
            Store(store.folder, "fake")

    def test_a_file_in_the_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "data").touch()
        with pytest.raises(DataError, match="is a file"):
            Store(tmp_path / "data", "fake")

    def test_the_users_own_cache(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_folder("baostock").parts[-2:] == ("btalpha", "baostock")
