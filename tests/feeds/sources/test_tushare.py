"""Tushare's real client against answers in the form of its server."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("tushare", reason="tushare is not installed: pip install 'btalpha[tushare]'")

from btalpha.feeds import Statements
from btalpha.feeds.cache import Store, Updater
from btalpha.feeds.sources import Patience
from btalpha.feeds.sources.errors import (
    AccessError,
    ChangedAnswer,
    NoAnswer,
    NotOffered,
    RateLimited,
)
from btalpha.feeds.sources.tushare_source import TushareSource

from . import contract
from .http_server import Behaviour, Question, in_place_of_the_web

START, END = contract.START, contract.END
SECRET = "0123456789abcdef-secret"
SPANS = {"600001.SH": ("20100104", "20300101"), "000001.SZ": ("19910403", "20300101"), "600005.SH": ("19990803", "20160115")}  # fmt: skip
VERSIONS = [("20151231", "20160301", 7e6), ("20151231", "20160830", 6.5e6), ("20150930", "20151020", 5e6)]


def dates_of(words: dict[str, str]) -> pd.DatetimeIndex:
    first, last = SPANS.get(words["ts_code"], ("20300101", "20200101"))
    return pd.bdate_range(max(words["start_date"], first), min(words["end_date"], last))[::-1]


def daily(words: dict[str, str]) -> list[dict]:
    rows = []
    for date in dates_of(words):
        close = 100 + 0.01 * (date - pd.Timestamp("2010-01-01")).days
        halves = words["ts_code"] == "600001.SH" and date >= pd.Timestamp("2016-01-18")
        close /= 2 if halves else 1
        if words["ts_code"] == "600001.SH" and f"{date:%Y%m%d}" == "20160107":
            continue
        rows.append(
            {
                "ts_code": words["ts_code"], "trade_date": f"{date:%Y%m%d}", "open": close - 0.05, "high": close + 0.1,
                "low": close - 0.1, "close": round(close, 2), "pre_close": round(close - 0.01, 2), "change": 0.01,
                "pct_chg": 0.01, "vol": 10_000.0, "amount": 81_940.0,
            }
        )  # fmt: skip
    return rows


def table(name: str, words: dict[str, str]) -> list[dict]:
    if name == "daily":
        return daily(words)
    if name == "adj_factor":
        code = words["ts_code"]
        jump = {"600001.SH": (1.5, 3.0)}.get(code, (1.0, 1.0))
        return [
            {
                "ts_code": code,
                "trade_date": f"{date:%Y%m%d}",
                "adj_factor": jump[date >= pd.Timestamp("2016-01-18")],
            }
            for date in dates_of(words)
        ]
    if name == "daily_basic":
        return [
            {"trade_date": f"{date:%Y%m%d}", "turnover_rate": 0.5, "total_mv": 123_456.0}
            for date in dates_of(words)
        ]
    if name == "stock_basic":
        status = {"600005.SH": "D"}.get(words["ts_code"], "L" if words["ts_code"] in SPANS else "")
        return [{"ts_code": words["ts_code"]}] if status == words["list_status"] else []
    if name == "index_weight":
        lists = {"20151231": ["600001.SH", "600005.SH"], "20160129": ["600001.SH", "000001.SZ"]}
        return [
            {"index_code": words["index_code"], "con_code": code, "trade_date": day, "weight": 1.0}
            for day, codes in lists.items()
            if words["start_date"] <= day <= words["end_date"]
            for code in codes
        ]
    figures = {"income": "n_income", "balancesheet": "total_assets", "cashflow": "n_cashflow_act"}[name]
    known = VERSIONS if words["ts_code"] == "600001.SH" else []
    return [
        {"end_date": end, "f_ann_date": told, figures: value}
        for end, told, value in known
        if words["start_date"] <= told <= words["end_date"]
    ]


def answer(question: Question) -> tuple[int, bytes]:
    asked = json.loads(question.body)
    name, words = asked["api_name"], asked["params"]
    assert (question.host, question.path) == ("api.waditu.com", f"/dataapi/{name}")
    if asked["token"] != SECRET:
        return said(40101, "您的token不对，请确认。")
    fields = asked["fields"].split(",")
    items = [[row.get(field) for field in fields] for row in table(name, words)]
    content = {
        "request_id": "x",
        "code": 0,
        "msg": "",
        "data": {"fields": fields, "items": items, "has_more": False},
    }
    return 200, json.dumps(content).encode()


def said(code: int, message: str) -> tuple[int, bytes]:
    return 200, json.dumps({"request_id": "x", "code": code, "msg": message, "data": None}).encode()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TUSHARE_TOKEN", SECRET)
    with in_place_of_the_web(Behaviour(answer), monkeypatch) as behaviour:
        yield behaviour


@pytest.fixture
def source(web: Behaviour, slept: list[float]) -> TushareSource:
    return TushareSource(timeout_s=10.0, patience=Patience(pause_s=0.0, attempts=3, sleep=slept.append))


def test_contract(source: TushareSource) -> None:
    bars = contract.check_source(source, "600001.SH", "600009.SH")
    assert len(bars) == 19
    first = bars.iloc[0]
    assert (first["close"], first["pre_close"]) == (121.94, 121.93)
    assert (first["volume"], first["amount"]) == (1e6, 81_940_000.0)
    assert (first["turnover"], first["total_mktcap"]) == (0.005, 1_234_560_000.0)
    assert set(bars.loc[bars["date"] < "2016-01-18", "factor"]) == {1.5}
    assert set(bars.loc[bars["date"] >= "2016-01-18", "factor"]) == {3.0}


def test_long_spans_are_asked_in_pieces(source: TushareSource, web: Behaviour) -> None:
    bars = source.bars("000001.SZ", pd.Timestamp("1991-01-01"), pd.Timestamp("2016-12-30"))
    assert len(bars) == len(pd.bdate_range("1991-04-03", "2016-12-30"))
    assert sum(question.path.endswith("/daily") for question in web.asked) == 3


def test_a_delisted_symbol_ends(source: TushareSource) -> None:
    assert str(source.bars("600005.SH", START, END)["date"].iloc[-1].date()) == "2016-01-15"
    assert source.bars("600005.SH", pd.Timestamp("2017-01-01"), pd.Timestamp("2017-06-30")).empty


def test_members(source: TushareSource) -> None:
    ranges = contract.check_members(source, "csi300", "600001.SH")
    assert contract.as_text(ranges) == [
        ["000001.SZ", "2016-01-29", "2016-01-29"],
        ["600001.SH", "2016-01-04", "2016-01-29"],
        ["600005.SH", "2016-01-04", "2016-01-28"],
    ]


def test_statements_keep_restatements(source: TushareSource) -> None:
    frame = source.statements(["600001.SH", "600009.SH"], pd.Timestamp("2015-07-01"), END)
    known = Statements.from_long(frame)
    days = pd.DatetimeIndex(["2015-10-19", "2015-10-20", "2016-03-01", "2016-08-30"])
    seen = known.values("net_profit", days, pd.Index(["600001.SH"])).ravel()
    np.testing.assert_array_equal(seen, [np.nan, 5e6, 7e6, 6.5e6])
    assert set(frame["symbol"]) == {"600001.SH"}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_versions_of_a_day_the_corrected_one_counts(
    source: TushareSource, web: Behaviour, order: int
) -> None:
    def twice(question: Question) -> tuple[int, bytes]:
        status, content = answer(question)
        if not question.path.endswith("/income"):
            return status, content
        told = json.loads(content)
        flag = told["data"]["fields"].index("update_flag")
        value = told["data"]["fields"].index("n_income")
        rows = []
        for row in told["data"]["items"]:
            old, new = list(row), list(row)
            old[flag], new[flag], old[value] = "0", "1", -1.0
            rows += [old, new][::order]
        told["data"]["items"] = rows
        return status, json.dumps(told).encode()

    web.answer = twice
    frame = source.statements(["600001.SH"], pd.Timestamp("2015-07-01"), END)
    assert sorted(frame["net_profit"]) == [5e6, 6.5e6, 7e6]
    assert "version" not in frame


class TestToken:
    def test_none(self, source: TushareSource, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TUSHARE_TOKEN")
        with pytest.raises(AccessError, match="set the environment variable TUSHARE_TOKEN"):
            source.bars("600001.SH", START, END)

    def test_wrong(self, source: TushareSource, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUSHARE_TOKEN", "wrong")
        with pytest.raises(AccessError, match="TUSHARE_TOKEN to a valid token"):
            source.bars("600001.SH", START, END)

    def test_is_in_no_message(self, source: TushareSource, web: Behaviour) -> None:
        web.answer = lambda _: said(-2001, f"请求 {SECRET} 出错")
        with pytest.raises(NoAnswer) as caught:
            source.bars("600001.SH", START, END)
        assert SECRET not in str(caught.value) and "***" in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__

    def test_is_in_no_file(
        self, source: TushareSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        Updater(Store(tmp_path / "data", "tushare"), source).update("600001.SH", START, END)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert (tmp_path / "data" / "600001.SH.parquet") in files
        assert all((tmp_path / "data") in path.parents for path in files)
        assert not [path for path in files if SECRET.encode() in path.read_bytes()]


class TestFailures:
    @pytest.mark.parametrize("fail", ["silence", "half", "cut", "500"])
    def test_asked_again_until_it_answers(
        self, source: TushareSource, web: Behaviour, slept: list[float], fail: str
    ) -> None:
        source.timeout_s = 0.7 if fail == "silence" else 10.0
        web.fail, web.where, web.times = fail, "/daily", 2
        assert len(source.bars("600001.SH", START, END)) == 19
        assert len(slept) == 2
        web.times = 10**9
        with pytest.raises(NoAnswer, match=r"bars of 600001\.SH"):
            source.bars("600001.SH", START, END)

    def test_a_limit_by_message(self, source: TushareSource, web: Behaviour, slept: list[float]) -> None:
        text = "抱歉，您每分钟最多访问该接口200次，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。"
        web.answer = lambda question: said(40203, text) if len(web.asked) == 1 else answer(question)
        assert len(source.bars("600001.SH", START, END)) == 19
        assert slept == [60.0]

    def test_a_limit_by_code(self, source: TushareSource, web: Behaviour) -> None:
        web.fail = "429"
        with pytest.raises(RateLimited, match="answers 429"):
            source.bars("600001.SH", START, END)

    def test_too_few_points_for_market_values(self, source: TushareSource, web: Behaviour) -> None:
        refused = "抱歉，您没有接口访问权限，权限的具体详情访问：https://tushare.pro"
        web.answer = lambda q: said(40203, refused) if "daily_basic" in q.path else answer(q)
        bars = source.bars("600001.SH", START, END)
        assert (len(bars), bars["turnover"].isna().all()) == (19, True)
        assert "turnover and market value are missing" in source.notes[0]
        web.answer = lambda _: said(40203, refused)
        with pytest.raises(NotOffered, match="no right"):
            source.bars("600001.SH", START, END)

    def test_another_column(self, source: TushareSource, web: Behaviour, slept: list[float]) -> None:
        def changed(question: Question) -> tuple[int, bytes]:
            status, content = answer(question)
            return status, content.replace(b'"vol"', b'"volume"')

        web.answer = changed
        with pytest.raises(ChangedAnswer, match=r"bars of 600001\.SH lacks the column vol; it has .*volume"):
            source.bars("600001.SH", START, END)
        assert slept == []

    def test_an_answer_that_is_full_may_be_cut(
        self, source: TushareSource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("btalpha.feeds.sources.tushare_source._MOST_ROWS", 19)
        with pytest.raises(ChangedAnswer, match="as many as one answer can hold"):
            source.bars("600001.SH", START, END)
