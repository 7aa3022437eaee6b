"""A server that speaks Baostock's protocol: framing, compression, pages and error codes of version 00.9.40.

Invented numbers in the real form. Each failure is switched on by name.
"""

import json
import socketserver
import threading
import time
import zlib
from dataclasses import dataclass, field

import pandas as pd

VERSION, SPLIT, END = "00.9.40", "\1", b"<![CDATA[]]>\n"
COMPRESSED = "96"
KDATA = [
    "date",
    "code",
    "open",
    "high",
    "low",
    "close",
    "preclose",
    "volume",
    "amount",
    "turn",
    "tradestatus",
    "isST",
]
ANSWERS = {"00": "01", "95": "96", "15": "16", "45": "46", "61": "62", "65": "66", "17": "18", "19": "20", "21": "22", "25": "26"}  # fmt: skip
STOCKS = {
    "sh.600001": ("2010-01-04", ""),
    "sz.000001": ("1991-04-03", ""),
    "sh.600005": ("1999-08-03", "2016-01-15"),
}
FACTORS = {"sh.600001": [("2015-06-01", "1.500000"), ("2016-01-18", "3.000000")]}
REPORTS = {
    "query_profit_data": ("roeAvg,npMargin,gpMargin,netProfit,epsTTM,MBRevenue,totalShare,liqaShare", "0.10,0.2,0.3,7000000.000000,0.5,,100000000.00,90000000.00"),
    "query_operation_data": ("NRTurnRatio,NRTurnDays,INVTurnRatio,INVTurnDays,CATurnRatio,AssetTurnRatio", "5.0,18,2.0,45,1.5,0.8"),
    "query_growth_data": ("YOYEquity,YOYAsset,YOYNI,YOYEPSBasic,YOYPNI", "0.11,0.12,0.13,0.14,0.15"),
    "query_balance_data": ("currentRatio,quickRatio,cashRatio,YOYLiability,liabilityToAsset,assetToEquity", "1.5,1.1,0.5,0.2,0.45,1.8"),
}  # fmt: skip


def daily(code: str, start: str, end: str) -> list[dict[str, str]]:
    """Bars as the server has them: text, suspended days as rows without trade."""
    rows = []
    listed, delisted = STOCKS[code]
    for date in pd.bdate_range(max(start, listed), min(end, delisted or end)):
        day = (date - pd.Timestamp("2010-01-01")).days
        split = code == "sh.600001" and date >= pd.Timestamp("2016-01-18")
        close = (60 + 0.01 * day) / (2 if split else 1)
        halted = code == "sh.600001" and str(date.date()) == "2016-01-07"
        row = {
            "date": str(date.date()), "code": code, "open": f"{close - 0.05:.4f}", "high": f"{close + 0.1:.4f}",
            "low": f"{close - 0.1:.4f}", "close": f"{close:.4f}", "preclose": f"{close - 0.01:.4f}",
            "volume": "1000000", "amount": f"{close * 1e6:.4f}", "turn": "0.500000", "tradestatus": "1",
            "isST": "1" if code == "sh.600005" else "0",
        }  # fmt: skip
        rows.append(row | ({"volume": "", "amount": "", "turn": "", "tradestatus": "0"} if halted else {}))
    return rows


@dataclass
class Behaviour:
    """What the server does wrong, how often, and what it was asked."""

    fail: str = ""
    times: int = 10**9
    asked: list[list[str]] = field(default_factory=list)
    per_page: int = 2000
    told: dict[str, str] = field(default_factory=dict)  # table of statements -> its announcement

    def failing(self, fail: str) -> bool:
        if self.fail != fail or self.times <= 0:
            return False
        self.times -= 1
        return True


class Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        behaviour: Behaviour = self.server.behaviour
        for line in self.rfile:
            text = line.decode().rstrip("\n")
            kind, body = text[8:10], text[21:]
            assert text[:8] == VERSION + SPLIT
            words = body.split(SPLIT)[:-1]
            crc = body.split(SPLIT)[-1]
            assert int(crc) == zlib.crc32(text[: -len(crc) - 1].encode())
            behaviour.asked.append(words)
            if kind == "02":
                return
            if kind != "00" and behaviour.failing("silence"):
                time.sleep(1.5)
                return
            answer = self.frame(kind, self.answer(kind, words, behaviour))
            if kind != "00" and behaviour.failing("half"):
                self.wfile.write(answer[: len(answer) // 2])
                return
            if kind == "95" and words[2] == "2" and behaviour.failing("half of the second page"):
                self.wfile.write(answer[: len(answer) // 2])
                return
            self.wfile.write(answer)

    @staticmethod
    def frame(kind: str, fields: list[str]) -> bytes:
        answer, body = ANSWERS.get(kind, "04"), SPLIT.join(fields)
        if answer == COMPRESSED:
            content = zlib.compress((body + "\n").encode())
            return f"{VERSION}{SPLIT}{answer}{SPLIT}{len(content):010d}".encode() + content + END
        head = f"{VERSION}{SPLIT}{answer}{SPLIT}{len(body):010d}{body}"
        return f"{head}{SPLIT}{zlib.crc32(head.encode())}".encode() + END

    def answer(self, kind: str, words: list[str], behaviour: Behaviour) -> list[str]:
        if kind == "00":
            if behaviour.failing("too many logins"):
                return ["10001005", "账号登陆数达到上限"]
            if behaviour.failing("blacklist"):
                return ["10001011", "黑名单用户"]
            return ["0", "success", "login", words[1]]
        if behaviour.failing("login lost"):
            return ["10001001", "用户未登录"]
        head = ["0", "success", words[0], words[1], words[2], words[3]]
        fields, rows, rest = self.table(words, behaviour)
        first = (int(words[2]) - 1) * behaviour.per_page
        page = rows[first : first + behaviour.per_page]
        record = json.dumps({"record": page}) if page else ""
        columns = ", ".join(fields)
        if kind == "95":
            return [*head, record, words[4], columns, *words[6:10]]
        return [*head, record, *rest, columns]

    def table(self, words: list[str], behaviour: Behaviour) -> tuple[list[str], list[list[str]], list[str]]:
        name = words[0]
        if name == "query_history_k_data_plus":
            asked = words[5].split(",")
            empty = behaviour.failing("empty") or words[4] not in STOCKS
            rows = [] if empty else daily(words[4], words[6], words[7])
            told = [
                "vol" if column == "volume" and behaviour.fail == "column" else column for column in asked
            ]
            return told, [[row[column] for column in asked] for row in rows], []
        if name == "query_adjust_factor":
            rows = [[words[4], date, "1.0", factor, factor] for date, factor in FACTORS.get(words[4], [])]
            names = ["code", "dividOperateDate", "foreAdjustFactor", "backAdjustFactor", "adjustFactor"]
            return names, rows, words[4:7]
        if name == "query_stock_basic":
            known = STOCKS.get(words[4])
            row = known and [words[4], "某公司", known[0], known[1], "1", "0" if known[1] else "1"]
            names = ["code", "code_name", "ipoDate", "outDate", "type", "status"]
            return names, [row] if row else [], [words[4], words[5] if len(words) > 5 else ""]
        if name in REPORTS:
            names, figures = REPORTS[name]
            code, year, quarter = words[4:7]
            known = code in STOCKS and (year, quarter) <= ("2015", "4")
            end = f"{year}-{int(quarter) * 3:02d}-{30 if quarter in '23' else 31}"
            told = str((pd.Timestamp(end) + pd.Timedelta(days=50)).date())
            told = behaviour.told.get(name, told)
            rows = [[code, told, end, *figures.split(",")]] if known else []
            return ["code", "pubDate", "statDate", *names.split(",")], rows, [code, year, quarter]
        day = words[4]
        codes = ["sh.600001", "sh.600005"] if day < "2016-01-12" else ["sh.600001", "sz.000001"]
        return ["updateDate", "code", "code_name"], [[day, code, "某公司"] for code in codes], [day]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
