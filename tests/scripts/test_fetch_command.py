"""``btalpha fetch``: what it asks for, writes, tells, and leaves for the backtest."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.feeds.sources.errors import AccessError, ChangedAnswer, NoAnswer, NotOffered

from ..feeds.cache.fake import SYMBOLS, FakeSource
from .conftest import to_long


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeSource:
    """A source that is there in the place of any."""
    source = FakeSource()
    monkeypatch.setattr("btalpha.scripts.commands.fetch.make_source", lambda *_, **__: source)
    return source


def words(out: Path, *more: object) -> tuple[object, ...]:
    return ("fetch", "--source", "fake", "--start", "2016-01-01", "--end", "2016-03-31", "--out", out, *more)


def report(out: Path) -> dict:
    return json.loads((out / "state" / "summary.json").read_text(encoding="utf-8"))


class TestFetch:
    def test_an_index_with_its_members(self, btalpha, fake, tmp_path: Path) -> None:
        out = tmp_path / "data"
        outcome = btalpha(*words(out, "--universe", "csi300"))
        assert outcome.code == 0, outcome.err
        assert (
            "12 of 12 symbols have bars from 2016-01-01 to 2016-03-31: 780 bars, 780 of them new"
            in outcome.out
        )
        assert f"btalpha backtest --data {out} --members {out / 'members' / 'csi300.csv'}" in outcome.out
        assert list(Panel.read(out).symbols) == SYMBOLS
        assert report(out)["exit_code"] == 0

    def test_one_index_of_a_file_of_several(self, btalpha, fake, tmp_path: Path) -> None:
        file, out = tmp_path / "index members.csv", tmp_path / "data"
        file.write_text(
            "index,symbol,start,end\n"
            "csi300,600000.SH,2014-01-01,2014-12-31\ncsi300,600001.SH,2015-01-01,\n"
            "csi500,600002.SH,2015-01-01,\n"
        )
        outcome = btalpha(*words(out, "--universe", file))
        assert (outcome.code, "several indexes: csi300, csi500" in outcome.err) == (2, True)
        outcome = btalpha(*words(out, "--universe", file, "--index", "csi300"))
        assert outcome.code == 0, outcome.err
        assert list(Panel.read(out).symbols) == ["600001.SH"]
        kept = (out / "members" / "csi300.csv").read_text()
        assert kept == "symbol,start,end\n600000.SH,2014-01-01,2014-12-31\n600001.SH,2015-01-01,\n"

    @pytest.mark.parametrize("stem", ["index members", "000300", "沪深300"])
    def test_members_keep_the_name_of_their_file(self, btalpha, fake, tmp_path: Path, stem: str) -> None:
        file, out = tmp_path / f"{stem}.csv", tmp_path / "data"
        file.write_text("symbol,start,end\n600001.SH,2015-01-01,\n")
        outcome = btalpha(*words(out, "--universe", file))
        assert outcome.code == 0, outcome.err
        assert [path.name for path in (out / "members").iterdir()] == [f"{stem}.csv"]

    def test_a_narrower_span_keeps_the_history_of_members(
        self, btalpha, fake, tmp_path: Path, monkeypatch
    ) -> None:
        out = tmp_path / "data"
        btalpha(*words(out, "--universe", "csi300"))
        before = (out / "members" / "csi300.csv").read_text()
        plain = FakeSource.members

        def cut(self, index, start, end):
            return plain(self, index, start, end).assign(start=start)

        monkeypatch.setattr(FakeSource, "members", cut)
        outcome = btalpha(*words(out, "--universe", "csi300", "--start", "2016-03-01"))
        assert outcome.code == 0, outcome.err
        assert (out / "members" / "csi300.csv").read_text() == before

    def test_again_asks_for_what_is_missing_only(self, btalpha, fake, tmp_path: Path) -> None:
        btalpha(*words(tmp_path / "data", "--symbols", "600000.SH,sh600001"))
        fake.asked.clear()
        outcome = btalpha(*words(tmp_path / "data", "--symbols", "600000.SH,600001.SH,600002.SH"))
        assert [symbol for symbol, *_ in fake.asked] == ["600002.SH"]
        assert "3 of 3 symbols" in outcome.out and "65 of them new" in outcome.out

    def test_what_is_missing_is_told_with_its_reason(
        self, btalpha, fake, tmp_path: Path, monkeypatch
    ) -> None:
        fake.missing = ("600003.SH",)
        plain = FakeSource.bars

        def bars(self, symbol, start, end):
            if symbol == "600004.SH":
                raise ChangedAnswer("daily of 600004.SH lacks the column vol")
            if symbol == "600005.SH":
                raise NoAnswer("timed out after 30 s")
            return plain(self, symbol, start, end)

        monkeypatch.setattr(FakeSource, "bars", bars)
        out = tmp_path / "data"
        outcome = btalpha(*words(out, "--universe", "csi300"))
        assert outcome.code == 1
        for line in (
            "9 of 12 symbols", "missing, unknown symbol: 1 (600003.SH)", "fake has no 600003.SH",
            "missing, changed answer: 1 (600004.SH)", "missing, no answer: 1 (600005.SH)", "timed out after 30 s",
        ):  # fmt: skip
            assert line in outcome.out
        with (out / "state" / "missing.csv").open(encoding="utf-8", newline="") as file:
            assert {row["what"]: row["reason"] for row in csv.DictReader(file)} == {
                "600003.SH": "unknown symbol", "600004.SH": "changed answer", "600005.SH": "no answer",
            }  # fmt: skip

    def test_a_delisted_stock_is_no_failure_but_is_told(self, btalpha, fake, tmp_path: Path) -> None:
        fake.known_until = pd.Timestamp("2016-01-29")
        outcome = btalpha(*words(tmp_path / "data", "--symbols", "600000.SH"))
        assert outcome.code == 0
        assert "1 end early, delisted or suspended: 600000.SH 2016-01-29" in outcome.out

    def test_one_that_was_gone_before(self, btalpha, fake, tmp_path: Path) -> None:
        fake.known_until = pd.Timestamp("2015-12-31")
        outcome = btalpha(*words(tmp_path / "data", "--symbols", "600000.SH"))
        assert outcome.code == 3
        assert "1 did not trade in the span: 600000.SH" in outcome.out

    def test_gives_up_where_the_source_is_away(self, btalpha, fake, tmp_path: Path, monkeypatch) -> None:
        asked = []

        def bars(self, symbol, start, end):
            asked.append(symbol)
            raise NoAnswer("cannot connect")

        monkeypatch.setattr(FakeSource, "bars", bars)
        outcome = btalpha(*words(tmp_path / "data", "--universe", "csi300"))
        assert (outcome.code, len(asked)) == (3, 5)
        assert "stopped: fake has not answered 5 times in a row; 7 not asked for" in outcome.out
        assert "next:" not in outcome.out

    def test_a_refused_user_is_one_clear_line(self, btalpha, fake, tmp_path: Path, monkeypatch) -> None:
        def bars(self, symbol, start, end):
            raise AccessError("the token is wrong", remedy="set TUSHARE_TOKEN")

        monkeypatch.setattr(FakeSource, "bars", bars)
        outcome = btalpha(*words(tmp_path / "data", "--universe", "csi300"))
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err == "btalpha: the token is wrong. Remedy: set TUSHARE_TOKEN.\n"

    def test_survivors_only_is_told(self, btalpha, fake, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr(FakeSource, "point_in_time", False)
        assert "survivorship" in btalpha(*words(tmp_path / "data", "--universe", "csi300")).out

    def test_statements(self, btalpha, fake, tmp_path: Path, monkeypatch) -> None:
        out = tmp_path / "data"
        outcome = btalpha(*words(out, "--symbols", "600000.SH", "--statements"))
        assert (outcome.code, "missing, not offered: 1 (statements)" in outcome.out) == (1, True)
        table = pd.DataFrame(
            {
                "symbol": ["600000.SH"], "period_end": [pd.Timestamp("2015-12-31")],
                "announce_date": [pd.Timestamp("2016-03-01")], "net_profit": [7.0],
            }
        )  # fmt: skip
        monkeypatch.setattr(FakeSource, "statements", lambda *_: table)
        outcome = btalpha(*words(out, "--symbols", "600000.SH", "--statements"))
        assert outcome.code == 0, outcome.out
        assert f"--statements {out / 'statements' / 'statements.parquet'}" in outcome.out

    @pytest.mark.parametrize("end", ["a failure", "an interrupt", "silence"])
    def test_statements_before_the_end_are_kept(
        self, btalpha, fake, tmp_path: Path, monkeypatch, end: str
    ) -> None:
        asked: list[str] = []

        def answer(self, symbols, start, until):
            (symbol,) = symbols
            asked.append(symbol)
            if len(asked) > 2 and end == "an interrupt":
                raise KeyboardInterrupt
            if (len(asked) == 2 and end == "a failure") or (len(asked) > 2 and end == "silence"):
                raise NoAnswer("timed out")
            return pd.DataFrame(
                {
                    "symbol": symbol, "period_end": [pd.Timestamp("2015-12-31")],
                    "announce_date": [pd.Timestamp("2016-03-01")], "net_profit": [7.0],
                }
            )  # fmt: skip

        monkeypatch.setattr(FakeSource, "statements", answer)
        monkeypatch.setattr("btalpha.scripts.fetching.ONE_BY_ONE", {"fake"})
        out = tmp_path / "data"
        outcome = btalpha(*words(out, "--universe", "csi300", "--statements"))
        assert outcome.code == 1, outcome.err
        kept = pd.read_parquet(out / "statements" / "statements.parquet")["symbol"].tolist()
        if end == "a failure":
            assert kept == [symbol for symbol in SYMBOLS if symbol != SYMBOLS[1]]
            assert list(report(out)["missing"]) == [f"statements of {SYMBOLS[1]}"]
        else:
            assert kept == SYMBOLS[:2]
            told = "interrupted" if end == "an interrupt" else "statements of 5 not asked for"
            assert told in report(out)["stopped"] and len(asked) == (3 if end == "an interrupt" else 7)

    def test_a_damaged_file_is_named_and_fetched_again(self, btalpha, fake, tmp_path: Path) -> None:
        btalpha(*words(tmp_path / "data", "--symbols", "600000.SH"))
        (tmp_path / "data" / "600000.SH.parquet").write_bytes(b"PAR1")
        outcome = btalpha(*words(tmp_path / "data", "--symbols", "600000.SH"))
        assert outcome.code == 0
        assert "note: " in outcome.out and "600000.SH.parquet cannot be read" in outcome.out
        assert len(Panel.read(tmp_path / "data")) == 65

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ((), "give --universe csi300, or --symbols"),
            (("--symbols", "../../x"), "'../../x' is no symbol"),
            (("--symbols", "600000.SH", "--universe", "csi300"), "not both"),
            (("--symbols", "600000.SH", "--start", "2016-05-01"), "lies after the last day"),
            (("--symbols", "600000.SH", "--start", "soon"), "--start is written as 2015-01-05"),
            (("--symbols", "600000.SH", "--start", ""), "--start is written as 2015-01-05"),
            (("--symbols", "600000.SH", "--end", "NaT"), "--end is written as 2015-01-05"),
            (("--symbols", "600000.SH", "--start", "2016-01-04T00:00+08:00"), "without a time zone"),
            (("--symbols", "600000.SH", "--index", "csi300"), "--index needs --universe FILE"),
            (("--universe", "csi300", "--index", "csi300"), "--index needs --universe FILE"),
            (("--symbols", "600000.SH", "--units", "volume"), "--units is written as a=b"),
            (("--symbols", "600000.SH", "--units", "volume=lots"), "--units volume must be a number"),
        ],
    )
    def test_wrong_words(self, btalpha, fake, tmp_path: Path, more, message: str) -> None:
        outcome = btalpha(*words(tmp_path / "data", *more))
        assert (outcome.code, message in outcome.err, "Traceback" in outcome.err) == (2, True, False)
        assert not list(tmp_path.rglob("*.parquet"))

    def test_no_such_source(self, btalpha) -> None:
        outcome = btalpha("fetch", "--source", "bloomberg", "--symbols", "X")
        assert (outcome.code, "there is no source 'bloomberg'" in outcome.err) == (2, True)

    def test_without_out_it_is_the_users_cache(self, btalpha, fake, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr("btalpha.scripts.commands.fetch.default_folder", lambda name: tmp_path / name)
        outcome = btalpha("fetch", "--source", "fake", "--symbols", "600000.SH", "--start", "2016-01-01")
        assert (outcome.code, f"--data {tmp_path / 'fake'}" in outcome.out) == (0, True)


class TestCheck:
    def test_tells_what_answers(self, btalpha, fake) -> None:
        outcome = btalpha("fetch", "--source", "fake", "--check")
        assert outcome.code == 3  # its bars end in 2016
        assert "fake: bars of 600519.SH: FAILED: no rows" in outcome.out
        assert "fake: members of csi300: 12 rows" in outcome.out
        assert "fake: statements of 600519.SH: not offered" in outcome.out

    def test_all_is_well(self, btalpha, fake, monkeypatch) -> None:
        fake.known_until = pd.Timestamp("2200-01-01")
        monkeypatch.setattr(FakeSource, "members", lambda *_: (_ for _ in ()).throw(NotOffered("none")))
        assert btalpha("fetch", "--source", "fake", "--check").code == 0


class TestFiles:
    @pytest.fixture
    def market_file(self, tmp_path: Path) -> Path:
        """A simulated market under another convention: lots, and names of its own."""
        bars = to_long(simulate_market(n_symbols=12, n_days=160, seed=3))
        bars = bars.assign(volume=bars["volume"] / 100).rename(columns={"date": "day", "volume": "lots"})
        path = tmp_path / "market.parquet"
        bars.to_parquet(path)
        return path

    def fetch(self, path: Path, out: Path) -> list[str]:
        return [
            "fetch", "--source", "files", "--path", str(path), "--out", str(out),
            "--columns", "day=date,lots=volume", "--units", "volume=100",
        ]  # fmt: skip

    def test_from_a_file_to_a_backtest(self, btalpha, market_file: Path, tmp_path: Path, quick: Path) -> None:
        fetched = btalpha(*self.fetch(market_file, tmp_path / "data"))
        assert fetched.code == 0, fetched.err
        (command,) = (line for line in fetched.out.splitlines() if line.startswith("  btalpha backtest"))
        done = btalpha(*shlex.split(command)[1:], quick, "--out", tmp_path / "run", "--random", "2")
        assert done.code == 0, done.err
        assert (tmp_path / "run" / "tearsheet.html").stat().st_size > 10_000
        panel = Panel.read(tmp_path / "data")
        truth = simulate_market(n_symbols=12, n_days=160, seed=3)
        for name in ("open", "close", "factor", "turnover"):
            pd.testing.assert_frame_equal(panel[name], truth[name].loc[panel.dates], check_freq=False)

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
    def test_killed_and_started_again(self, market_file: Path, tmp_path: Path) -> None:
        out = tmp_path / "data"
        program = [sys.executable, "-m", "btalpha.scripts.cli", *self.fetch(market_file, out), "--quiet"]
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until = time.monotonic() + 60
        while not list(out.glob("*.parquet")) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        there = {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}
        assert there
        done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert "12 of 12 symbols" in done.stdout and "damaged" not in done.stdout
        assert there.items() <= {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}.items()
