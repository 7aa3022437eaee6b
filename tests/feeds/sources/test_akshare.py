"""AKShare's real client against answers in the form of Eastmoney's and Sina's pages."""

import json

import pandas as pd
import pytest

pytest.importorskip("akshare", reason="akshare is not installed: pip install 'btalpha[akshare]'")

from btalpha.feeds.sources import Patience
from btalpha.feeds.sources.akshare_source import AkshareSource
from btalpha.feeds.sources.errors import ChangedAnswer, NoAnswer, RateLimited, SymbolError

from . import contract
from .http_server import Behaviour, Question, in_place_of_the_web

START, END = contract.START, contract.END
SPANS = {"600001": ("2010-01-04", "2030-01-01"), "000001": ("1991-04-03", "2030-01-01"), "600005": ("1999-08-03", "2016-01-15"), "430047": ("2014-01-24", "2030-01-01")}  # fmt: skip
FACTORS = {"sh600001": [("2016-01-18", "3.0000000000000000"), ("1900-01-01", "1.5000000000000000")]}


def klines(question: Question) -> bytes:
    """Eastmoney's daily bars: one text a bar, volume in lots, turnover in percent."""
    market, code = question.query["secid"].split(".")
    assert market == ("1" if code.startswith("6") else "0")
    assert (question.query["fqt"], question.query["klt"]) == ("0", "101")
    if code not in SPANS:
        return b'{"rc":100,"rt":17,"svr":182996870,"lt":1,"full":0,"dlmkts":"","data":null}'
    first, last = SPANS[code]
    dates = pd.bdate_range(
        max(pd.Timestamp(question.query["beg"]), pd.Timestamp(first)),
        min(pd.Timestamp(question.query["end"]), pd.Timestamp(last)),
    )
    lines = []
    for date in dates:
        close = 60 + 0.01 * (date - pd.Timestamp("2010-01-01")).days
        if code == "600001" and date >= pd.Timestamp("2016-01-18"):
            close /= 2
        if code == "600001" and str(date.date()) == "2016-01-07":
            continue
        figures = (close - 0.05, close, close + 0.1, close - 0.1)
        prices = ",".join(f"{price:.2f}" for price in figures)
        lines.append(f"{date.date()},{prices},10000,{close * 1e6:.2f},0.24,0.01,0.01,0.50")
    data = {
        "code": code,
        "market": int(market),
        "name": "某公司",
        "decimal": 2,
        "dktotal": 6000,
        "klines": lines,
    }
    return json.dumps({"rc": 0, "rt": 17, "svr": 182996870, "lt": 1, "full": 0, "data": data}).encode()


def sina_factor(question: Question) -> bytes:
    name = question.path.split("/")[-2]
    steps = FACTORS.get(name, [("1900-01-01", "1.0000000000000000")])
    data = [{"d": day, "f": factor} for day, factor in steps]
    return f"var {name}hfq={json.dumps({'total': len(data), 'data': data})}\n/* 1453 */".encode()


PAGE = """<html><body><table><tr><td>a</td></tr><tr><td>a</td></tr></table><table class="table2"><tr><td>
<a href="?page=1&indexid=000300">1</a><a href="?page=2&indexid=000300">2</a></td></tr><tr><td>c</td></tr></table>
<table><tr><td>b</td></tr><tr><td>b</td></tr></table>
<table><tr><td colspan="4">最新成份</td></tr><tr><td>品种代码</td><td>品种名称</td><td>纳入日期</td><td>x</td></tr>
{rows}</table></body></html>"""


def members(question: Question) -> bytes:
    page = question.query.get("page", "1")
    rows = {"1": [("600001", "2012-07-02"), ("000001", "2005-04-08")], "2": [("300750", "2018-12-17")]}[page]
    cells = "".join(f"<tr><td>{code}</td><td>某公司</td><td>{day}</td><td></td></tr>" for code, day in rows)
    return PAGE.replace("{rows}", cells).encode("gb2312")


# Report -> number of keys, place of the figures among them (SECURITY_CODE is key 2, NOTICE_DATE key 13).
REPORTS = {
    "RPT_DMSK_FN_INCOME": (46, {15: 7e6, 16: 1e8, 17: 9e7, 19: 6e7, 22: 1e6, 23: 2e6, 24: 3e6, 25: 9e6, 26: 8e6}),
    "RPT_DMSK_FN_BALANCE": (57, {15: 5e8, 17: 1e7, 19: 2e7, 21: 3e7, 23: 3e8, 24: 4e7, 26: 1e6, 28: 2e8}),
    "RPT_DMSK_FN_CASHFLOW": (48, {15: 6e6, 21: -1e6, 27: -2e6}),
}  # fmt: skip
KEYS = ("SECUCODE", "SECURITY_CODE", "INDUSTRY_CODE", "ORG_CODE", "SECURITY_NAME_ABBR")


def report(question: Question) -> bytes:
    kind, page = question.query["reportName"], int(question.query["pageNumber"])
    number, figures = REPORTS[kind]
    code = ["600001", "000001"][page - 1]
    row: dict[str, object] = {
        KEYS[place - 1] if place <= 5 else f"KEY{place}": None for place in range(1, number + 1)
    }
    row |= {"SECUCODE": f"{code}.SH", "SECURITY_CODE": code, "KEY13": "2016-04-20 00:00:00"}
    if kind == "RPT_DMSK_FN_BALANCE":
        row["KEY13"] = "2016-04-22 00:00:00"
    row |= {f"KEY{place}": value for place, value in figures.items()}
    content = {"result": {"pages": 2, "data": [row], "count": 2}, "success": True, "code": 0}
    return json.dumps(content).encode()


def answer(question: Question) -> tuple[int, bytes]:
    if question.host == "push2his.eastmoney.com":
        return 200, klines(question)
    if question.path.endswith("hfq.js"):
        return 200, sina_factor(question)
    if "NewestComponent" in question.path:
        assert "000300" in question.path + question.query.get("indexid", "")
        return 200, members(question)
    if question.host == "datacenter-web.eastmoney.com":
        assert "2015-12-31" in question.query["filter"]
        return 200, report(question)
    return 404, b"<html></html>"


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch):
    with in_place_of_the_web(Behaviour(answer), monkeypatch) as behaviour:
        yield behaviour


@pytest.fixture
def source(web: Behaviour, slept: list[float]) -> AkshareSource:
    return AkshareSource(timeout_s=10.0, patience=Patience(pause_s=0.0, attempts=3, sleep=slept.append))


def test_contract(source: AkshareSource) -> None:
    bars = contract.check_source(source, "600001.SH", "600009.SH")
    assert len(bars) == 19
    first = bars.iloc[0]
    assert (first["open"], first["high"], first["low"], first["close"]) == (81.89, 82.04, 81.84, 81.94)
    assert (first["volume"], first["amount"], first["turnover"]) == (1e6, 81_940_000.0, 0.005)
    assert set(bars.loc[bars["date"] < "2016-01-18", "factor"]) == {1.5}
    assert set(bars.loc[bars["date"] >= "2016-01-18", "factor"]) == {3.0}


def test_a_delisted_symbol_ends(source: AkshareSource) -> None:
    assert str(source.bars("600005.SH", START, END)["date"].iloc[-1].date()) == "2016-01-15"
    assert source.bars("600005.SH", pd.Timestamp("2017-01-01"), pd.Timestamp("2017-06-30")).empty


def test_beijing_and_other_markets(source: AkshareSource) -> None:
    assert len(source.bars("430047.BJ", START, END)) == 20
    with pytest.raises(SymbolError, match="AAPL"):
        source.bars("AAPL", START, END)


def test_members_are_todays(source: AkshareSource) -> None:
    ranges = contract.check_members(source, "csi300", "600001.SH")
    assert contract.as_text(ranges) == [["000001.SZ", "2005-04-08", ""], ["600001.SH", "2012-07-02", ""]]
    assert not source.point_in_time


def test_statements(source: AkshareSource) -> None:
    table = source.statements(["000001.SZ", "600009.SH"], pd.Timestamp("2015-12-01"), END)
    (row,) = table.to_dict("records")
    assert (row["symbol"], str(row["period_end"].date())) == ("000001.SZ", "2015-12-31")
    assert str(row["announce_date"].date()) == "2016-04-22"  # the later of its parts
    names = ("net_profit_parent", "total_revenue", "total_operating_cost", "operating_cost", "total_profit")
    assert [row[name] for name in names] == [7e6, 1e8, 9e7, 6e7, 8e6]
    balance = ("total_assets", "cash", "total_liabilities", "equity", "operating_cash_flow")
    assert [row[name] for name in balance] == [5e8, 1e7, 3e8, 2e8, 6e6]
    (note,) = source.notes
    assert "as they stand today" in note


class TestUnreported:
    """Quarters of which nobody has told anything yet."""

    EMPTY = '{"version":null,"result":null,"success":false,"message":"返回数据为空","code":9201}'.encode()

    def answer_but(self, content: bytes, report_name: str = "RPT_DMSK"):
        def told(question: Question) -> tuple[int, bytes]:
            if question.host != "datacenter-web.eastmoney.com":
                return answer(question)
            late = "2016-03-31" in question.query["filter"]
            empty = late and report_name in question.query["reportName"]
            return 200, content if empty else report(question)

        return told

    def test_are_empty(self, source: AkshareSource, web: Behaviour) -> None:
        web.answer = self.answer_but(self.EMPTY)
        table = source.statements(["000001.SZ"], pd.Timestamp("2015-12-01"), pd.Timestamp("2016-04-01"))
        assert table["period_end"].astype(str).tolist() == ["2015-12-31"]
        assert source.statements(["000001.SZ"], END, pd.Timestamp("2016-04-01")).empty

    def test_one_of_the_tables_may_be(self, source: AkshareSource, web: Behaviour) -> None:
        web.answer = self.answer_but(self.EMPTY, "INCOME")
        (row,) = source.statements(["000001.SZ"], END, pd.Timestamp("2016-04-01")).to_dict("records")
        assert (row["total_assets"], str(row["announce_date"].date())) == (5e8, "2016-04-22")
        assert pd.isna(row["total_revenue"])

    @pytest.mark.parametrize(
        "content",
        [
            '{"result":null,"success":false,"message":"报表配置不存在","code":9501}'.encode(),
            b'{"result":{"pages":null}}',
        ],
    )
    def test_other_refusals_are_not(self, source: AkshareSource, web: Behaviour, content: bytes) -> None:
        web.answer = self.answer_but(content)
        with pytest.raises(ChangedAnswer, match="stock_lrb_em of 2016-03-31"):
            source.statements(["000001.SZ"], END, pd.Timestamp("2016-04-01"))


def test_what_sina_sends_is_not_run(source: AkshareSource, web: Behaviour, tmp_path) -> None:
    target = tmp_path / "run"
    program = f"var sh600001hfq=__import__('pathlib').Path({str(target)!r}).touch()\n"

    def hostile(question: Question) -> tuple[int, bytes]:
        return (200, program.encode()) if question.path.endswith("hfq.js") else answer(question)

    web.answer = hostile
    with pytest.raises(ChangedAnswer, match=r"factor of 600001\.SH is in another form"):
        source.bars("600001.SH", START, END)
    assert not target.exists()


class TestFailures:
    @pytest.mark.parametrize("fail", ["silence", "half", "cut", "500"])
    @pytest.mark.parametrize("where", ["kline", "hfq.js"])
    def test_asked_again_until_it_answers(
        self, source: AkshareSource, web: Behaviour, slept: list[float], fail: str, where: str
    ) -> None:
        source.timeout_s = 0.7 if fail == "silence" else 10.0
        web.fail, web.where, web.times = fail, where, 2
        assert len(source.bars("600001.SH", START, END)) == 19
        assert len(slept) == 2
        web.times = 10**9
        with pytest.raises(NoAnswer, match=r"600001\.SH"):
            source.bars("600001.SH", START, END)

    @pytest.mark.parametrize("code", ["403", "429", "456"])
    def test_rate_limit(self, source: AkshareSource, web: Behaviour, slept: list[float], code: str) -> None:
        web.fail, web.times = code, 1
        assert len(source.bars("600001.SH", START, END)) == 19
        assert slept == [60.0]
        web.times = 10**9
        with pytest.raises(RateLimited, match=f"answers {code}"):
            source.bars("600001.SH", START, END)

    def test_another_column(self, source: AkshareSource, web: Behaviour, slept: list[float]) -> None:
        def changed(question: Question) -> tuple[int, bytes]:
            status, content = answer(question)
            return status, content.replace(b",0.50", b",0.50,1.0")

        web.answer = changed
        with pytest.raises(ChangedAnswer, match=r"bars of 600001\.SH is in another form .*Length mismatch"):
            source.bars("600001.SH", START, END)
        assert slept == []

    def test_a_call_without_a_timeout_gets_one(self, source: AkshareSource, web: Behaviour) -> None:
        source.timeout_s = 0.7
        web.fail, web.where = "silence", "NewestComponent"
        with pytest.raises(NoAnswer, match="timed out"):
            source.members("csi300", START, END)

    def test_requests_is_left_as_it_was(self, source: AkshareSource) -> None:
        from requests import Session
        from requests.adapters import HTTPAdapter

        before = HTTPAdapter.send, Session.send
        source.bars("600001.SH", START, END)
        assert (HTTPAdapter.send, Session.send) == before
