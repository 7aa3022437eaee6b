"""Baostock's real client against a server that speaks its protocol."""

import pandas as pd
import pytest

baostock = pytest.importorskip(
    "baostock", reason="baostock is not installed: pip install 'btalpha[baostock]'"
)

from btalpha.feeds.sources import Patience  # noqa: E402
from btalpha.feeds.sources.baostock_source import BaostockSource  # noqa: E402
from btalpha.feeds.sources.errors import (  # noqa: E402
    AccessError,
    ChangedAnswer,
    NoAnswer,
    RateLimited,
    SymbolError,
)

from . import contract  # noqa: E402
from .baostock_server import Behaviour, Server  # noqa: E402

START, END = contract.START, contract.END


@pytest.fixture
def behaviour(monkeypatch: pytest.MonkeyPatch):
    """What the server does; it runs while the test does."""
    from baostock.common import contants

    chosen = Behaviour()
    with Server(chosen) as server:
        monkeypatch.setattr(contants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(contants, "BAOSTOCK_SERVER_PORT", server.server_address[1])
        yield chosen
        server.shutdown()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def source(behaviour: Behaviour, slept: list[float]):
    patience = Patience(pause_s=0.0, attempts=3, sleep=slept.append)
    with BaostockSource(timeout_s=10.0, patience=patience) as opened:
        yield opened


def test_contract(source: BaostockSource) -> None:
    bars = contract.check_source(source, "600001.SH", "600009.SH")
    assert len(bars) == 19  # 20 weekdays, one of them suspended
    first = bars.iloc[0]
    assert first["date"] == START
    assert (first["close"], first["pre_close"]) == (81.94, 81.93)
    assert (first["volume"], first["amount"]) == (1e6, 81_940_000.0)
    assert (first["turnover"], first["is_st"]) == (0.005, 0.0)  # half a percent
    assert "2016-01-07" not in set(bars["date"].astype(str))
    assert set(bars.loc[bars["date"] < "2016-01-18", "factor"]) == {1.5}
    assert set(bars.loc[bars["date"] >= "2016-01-18", "factor"]) == {3.0}


def test_without_dividends_the_factor_is_one(source: BaostockSource) -> None:
    assert set(source.bars("000001.SZ", START, END)["factor"]) == {1.0}


def test_a_delisted_symbol_ends(source: BaostockSource) -> None:
    bars = source.bars("600005.SH", START, END)
    assert str(bars["date"].iloc[-1].date()) == "2016-01-15"
    assert set(bars["is_st"]) == {1.0}
    assert source.bars("600005.SH", pd.Timestamp("2017-01-01"), pd.Timestamp("2017-06-30")).empty


def test_more_rows_than_a_page(source: BaostockSource, behaviour: Behaviour) -> None:
    """The client's own way to join pages fails with today's pandas; all rows are there all the same."""
    bars = source.bars("000001.SZ", pd.Timestamp("2001-01-01"), pd.Timestamp("2016-12-30"))
    assert len(bars) == len(pd.bdate_range("2001-01-01", "2016-12-30")) > 4000
    assert [words[2] for words in behaviour.asked if words[0] == "query_history_k_data_plus"] == [
        "1",
        "2",
        "3",
    ]


def test_members_to_the_day(source: BaostockSource) -> None:
    ranges = contract.check_members(source, "csi300", "600001.SH")
    assert contract.as_text(ranges) == [
        ["000001.SZ", "2016-01-12", "2016-01-29"],
        ["600001.SH", "2016-01-04", "2016-01-29"],
        ["600005.SH", "2016-01-04", "2016-01-11"],
    ]


def test_statements_with_their_announcement(source: BaostockSource) -> None:
    table = source.statements(["600001.SH", "600009.SH"], pd.Timestamp("2015-07-01"), END)
    assert table["symbol"].tolist() == ["600001.SH"] * 2
    assert table["period_end"].astype(str).tolist() == ["2015-09-30", "2015-12-31"]
    assert table["announce_date"].astype(str).tolist() == ["2015-11-19", "2016-02-19"]
    last = table.iloc[-1]
    assert (last["net_profit"], last["total_shares"], last["roe"]) == (7e6, 1e8, 0.1)
    assert (last["turnover_ratio_of_receivable"], last["liabilities_to_assets_pct"]) == (5.0, 45.0)


def test_a_report_is_known_when_its_last_table_is(source: BaostockSource, behaviour: Behaviour) -> None:
    behaviour.told = {"query_operation_data": "2016-03-15", "query_balance_data": ""}
    span = pd.Timestamp("2015-10-01"), pd.Timestamp("2015-12-31")
    (row,) = source.statements(["600001.SH"], *span).to_dict("records")
    assert (str(row["period_end"].date()), str(row["announce_date"].date())) == ("2015-12-31", "2016-03-15")
    assert row["current_ratio"] == 1.5


def test_todays_figures_are_told(source: BaostockSource) -> None:
    for _ in range(2):
        source.statements(["600001.SH"], pd.Timestamp("2015-10-01"), pd.Timestamp("2015-12-31"))
    (note,) = source.notes
    assert "look-ahead" in note


class TestFailures:
    @pytest.mark.parametrize(
        ("fail", "message"),
        [("silence", "timed out"), ("half", "closed in the middle"), ("login lost", "10001001")],
    )
    def test_asked_again_until_it_answers(
        self, source: BaostockSource, behaviour: Behaviour, slept: list[float], fail: str, message: str
    ) -> None:
        source._wire.timeout_s = 0.7 if fail == "silence" else 10.0
        behaviour.fail, behaviour.times = fail, 2
        assert len(source.bars("600001.SH", START, END)) == 19
        assert len(slept) == 2
        behaviour.times = 10**9
        with pytest.raises(NoAnswer, match=message):
            source.bars("600001.SH", START, END)

    def test_half_of_a_later_page_is_no_answer(self, source: BaostockSource, behaviour: Behaviour) -> None:
        behaviour.fail = "half of the second page"
        with pytest.raises(NoAnswer, match="closed in the middle"):
            source.bars("000001.SZ", pd.Timestamp("2001-01-01"), END)

    def test_an_empty_answer_of_a_listed_symbol(self, source: BaostockSource, behaviour: Behaviour) -> None:
        behaviour.fail = "empty"
        assert source.bars("600001.SH", START, END).empty

    def test_another_column(self, source: BaostockSource, behaviour: Behaviour, slept: list[float]) -> None:
        behaviour.fail = "column"
        with pytest.raises(ChangedAnswer, match=r"bars of 600001\.SH lacks the column volume; it has .*vol"):
            source.bars("600001.SH", START, END)
        assert slept == []

    def test_rate_limit(self, source: BaostockSource, behaviour: Behaviour, slept: list[float]) -> None:
        behaviour.fail, behaviour.times = "too many logins", 1
        assert len(source.bars("600001.SH", START, END)) == 19
        assert slept == [60.0]
        source.close()
        behaviour.times = 10**9
        with pytest.raises(RateLimited):
            source.bars("600001.SH", START, END)

    def test_a_refused_address(self, source: BaostockSource, behaviour: Behaviour) -> None:
        behaviour.fail = "blacklist"
        with pytest.raises(AccessError, match="10001011"):
            source.bars("600001.SH", START, END)

    def test_nobody_there(self, monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
        from baostock.common import contants

        monkeypatch.setattr(contants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(contants, "BAOSTOCK_SERVER_PORT", 9)
        patience = Patience(pause_s=0.0, attempts=2, sleep=slept.append)
        with pytest.raises(NoAnswer, match=r"cannot connect to 127\.0\.0\.1"):
            BaostockSource(patience=patience).bars("600001.SH", START, END)

    def test_beijing_is_not_there(self, source: BaostockSource) -> None:
        with pytest.raises(SymbolError, match="no shares of Beijing"):
            source.bars("430047.BJ", START, END)

    def test_the_client_prints_nothing(self, source: BaostockSource, behaviour: Behaviour, capsys) -> None:
        behaviour.fail, behaviour.times = "half", 1
        source.bars("600001.SH", START, END)
        assert capsys.readouterr() == ("", "")


class TestCommand:
    """The command of the README, over the real client."""

    def test_from_an_index_to_a_panel(self, behaviour: Behaviour, tmp_path, capsys) -> None:
        from btalpha.feeds import Panel, read_members
        from btalpha.scripts.commands.fetch import run

        words = {"universe": "csi300", "start": "2016-01-04", "end": "2016-01-29", "out": tmp_path / "data"}
        assert run("baostock", **words, quiet=True) == 0
        told = capsys.readouterr().out
        assert "3 of 3 symbols have bars from 2016-01-04 to 2016-01-29: 49 bars, 49 of them new" in told
        members = read_members(tmp_path / "data" / "members" / "csi300.csv")
        panel = Panel.read(tmp_path / "data", members=members)
        assert list(panel.symbols) == ["000001.SZ", "600001.SH", "600005.SH"]
        assert panel.universe.sum().tolist() == [14, 20, 6]  # members on weekdays, suspended or not
        assert panel["is_st"]["600005.SH"].sum() == 10
        behaviour.asked.clear()
        assert run("baostock", **words, quiet=True) == 0
        asked = [words for words in behaviour.asked if words[0] == "query_history_k_data_plus"]
        # The delisted one is asked about for ten more days, the others not at all.
        assert [words[4:8:2] for words in asked] == [["sh.600005", "2016-01-20"]]

    def test_a_server_that_fails_is_told(self, behaviour: Behaviour, tmp_path, capsys, monkeypatch) -> None:
        from btalpha.feeds.sources import patience
        from btalpha.scripts.commands.fetch import run

        monkeypatch.setattr(patience.time, "sleep", lambda seconds: None)
        behaviour.fail = "column"
        words = {"symbols": "600001.SH", "start": "2016-01-04", "end": "2016-01-29", "out": tmp_path / "data"}
        assert run("baostock", **words, quiet=True) == 3
        assert "missing, changed answer: 1 (600001.SH)" in capsys.readouterr().out
