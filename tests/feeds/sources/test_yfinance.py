"""yfinance's real client, over its real curl, against answers in the form of Yahoo's chart service."""

import json
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("yfinance", reason="yfinance is not installed: pip install 'btalpha[yfinance]'")
curl = pytest.importorskip("curl_cffi.requests", reason="curl_cffi is not installed")

from btalpha.feeds.cache import Store, Updater  # noqa: E402
from btalpha.feeds.sources import Patience  # noqa: E402
from btalpha.feeds.sources.errors import ChangedAnswer, NoAnswer, NotOffered, RateLimited  # noqa: E402
from btalpha.feeds.sources.yfinance_source import YfinanceSource  # noqa: E402

from . import contract  # noqa: E402
from .http_server import Behaviour, Question, local, served  # noqa: E402

START, END = contract.START, contract.END
DAYS = pd.bdate_range("2015-12-28", "2016-02-05")
SPLIT, PAID = pd.Timestamp("2016-01-18"), pd.Timestamp("2016-01-13")
LATER = pd.Timestamp("2016-02-03")  # a split after the span


def traded(day: pd.Timestamp) -> float:
    """The close as it was traded: 80 and a cent a day, halved at the first split, and a fifth at the second."""
    price = 80 + 0.01 * (day - DAYS[0]).days
    return price / (2 if day >= SPLIT else 1) / (5 if day >= LATER else 1)


def chart(symbol: str, query: dict[str, str]) -> dict:
    meta = {
        "currency": "USD", "symbol": symbol, "exchangeName": "NMS", "instrumentType": "EQUITY",
        "firstTradeDate": 1, "gmtoffset": -18000, "timezone": "EST", "exchangeTimezoneName": "America/New_York",
        "regularMarketTime": 1454706000, "regularMarketPrice": 8.0, "priceHint": 2, "dataGranularity": "1d",
        "range": "", "validRanges": ["1d", "5d", "max"],
    }  # fmt: skip
    last = pd.Timestamp("2016-01-15") if symbol == "GONE" else DAYS[-1]
    days = [day for day in DAYS if day <= last and day != pd.Timestamp("2016-01-07")]
    stamps = [int((day + pd.Timedelta(hours=14, minutes=30)).timestamp()) for day in days]
    # Yahoo's prices are in today's shares: a tenth before both splits, a fifth between them.
    closes = [traded(day) / ((2 if day < SPLIT else 1) * (5 if day < LATER else 1)) for day in days]
    volumes = [1000 * (2 if day < SPLIT else 1) * (5 if day < LATER else 1) for day in days]
    quote = {
        "open": [close - 0.005 for close in closes], "high": [close + 0.01 for close in closes],
        "low": [close - 0.01 for close in closes], "close": closes, "volume": volumes,
    }  # fmt: skip
    at = dict(zip(days, stamps, strict=True))
    events = {}
    if PAID in at:
        events["dividends"] = {str(at[PAID]): {"amount": 0.4, "date": at[PAID]}}  # 4 dollars of then
    splits = {day: ratio for day, ratio in ((SPLIT, 2), (LATER, 5)) if day in at}
    events["splits"] = {
        str(at[day]): {"date": at[day], "numerator": ratio, "denominator": 1, "splitRatio": f"{ratio}:1"}
        for day, ratio in splits.items()
    }
    indicators = {"quote": [quote], "adjclose": [{"adjclose": closes}]}
    return {"meta": meta, "timestamp": stamps, "events": events, "indicators": indicators}


def answer(question: Question) -> tuple[int, bytes]:
    if question.host == "fc.yahoo.com":
        return 404, b""
    if question.path.endswith("getcrumb"):
        return 200, b"crumb"
    if "/v8/finance/chart/" in question.path:
        symbol = unquote(question.path.rsplit("/", 1)[1])
        if symbol == "NOSUCH":
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return 404, json.dumps({"chart": {"result": None, "error": error}}).encode()
        content = chart(symbol, question.query)
        return 200, json.dumps({"chart": {"result": [content], "error": None}}).encode()
    return (
        404,
        b'{"quoteSummary":{"result":null,"error":{"code":"Not Found","description":"Quote not found"}}}',
    )


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(answer)


@pytest.fixture
def source(behaviour: Behaviour, slept: list[float]):
    from yfinance.data import YfData

    with served(behaviour) as port:

        class LocalSession(curl.Session):
            def request(self, method, url, **options):
                return super().request(method, local(url, port), **options)

        session = LocalSession()
        patience = Patience(pause_s=0.0, attempts=3, sleep=slept.append)
        with YfinanceSource(timeout_s=10.0, session=session, patience=patience) as opened:
            yield opened
        YfData()._crumb = YfData()._cookie = None
        session.close()


def test_contract(source: YfinanceSource) -> None:
    bars = contract.check_source(source, "ACME", "NOSUCH")
    assert len(bars) == 19
    assert (bars["volume"] == 1000).all()
    np.testing.assert_allclose(bars["close"], [traded(day) for day in bars["date"]], rtol=1e-6)
    before = traded(PAID - pd.Timedelta(days=1))
    paid = before / (before - 4.0)
    expected = [1.0 if day < PAID else paid if day < SPLIT else 2 * paid for day in bars["date"]]
    np.testing.assert_allclose(bars["factor"], expected, rtol=1e-6)


def test_the_factor_is_that_of_yahoos_own_adjustment(source: YfinanceSource) -> None:
    """Yahoo multiplies by 1 - dividend / close before the dividend: returns over it are the same."""
    bars = source.bars("ACME", START, END).set_index("date")
    adjusted = bars["close"] * bars["factor"]
    day, before = PAID, PAID - pd.Timedelta(days=1)
    total = adjusted[day] / adjusted[before]
    assert total == pytest.approx(bars["close"][day] / (bars["close"][before] - 4.0), rel=1e-6)


@pytest.mark.parametrize("day", [SPLIT, PAID, LATER])
def test_a_day_without_prices_keeps_its_split_and_dividend(
    source: YfinanceSource, behaviour: Behaviour, day: pd.Timestamp
) -> None:
    whole = source.bars("ACME", START, DAYS[-1])
    source.close()

    def holed(question: Question) -> tuple[int, bytes]:
        status, content = answer(question)
        if "/v8/finance/chart/" not in question.path:
            return status, content
        told = json.loads(content)
        (result,) = told["chart"]["result"]
        at = [pd.Timestamp(stamp, unit="s").normalize() for stamp in result["timestamp"]].index(day)
        for values in (
            *result["indicators"]["quote"][0].values(),
            result["indicators"]["adjclose"][0]["adjclose"],
        ):
            values[at] = None
        return status, json.dumps(told).encode()

    behaviour.answer = holed
    bars = source.bars("ACME", START, DAYS[-1])
    left = whole[whole["date"] != day].reset_index(drop=True)
    pd.testing.assert_frame_equal(bars, left, rtol=1e-9)
    assert source.notes == []  # without any price: a suspended day, as the panel knows it


def test_a_bar_that_lacks_a_price_is_counted(source: YfinanceSource, behaviour: Behaviour) -> None:
    def holed(question: Question) -> tuple[int, bytes]:
        status, content = answer(question)
        if "/v8/finance/chart/" in question.path:
            told = json.loads(content)
            told["chart"]["result"][0]["indicators"]["quote"][0]["open"][6] = None
            content = json.dumps(told).encode()
        return status, content

    behaviour.answer = holed
    assert len(source.bars("ACME", START, END)) == 18
    (note,) = source.notes
    assert note == "ACME: 1 bars without one of their prices or the factor left out, the first on 2016-01-05"


def test_a_delisted_symbol_ends(source: YfinanceSource) -> None:
    assert str(source.bars("GONE", START, END)["date"].iloc[-1].date()) == "2016-01-15"


def test_shanghai_is_ss_at_yahoo(source: YfinanceSource, behaviour: Behaviour) -> None:
    assert set(source.bars("600519.SH", START, END)["symbol"]) == {"600519.SH"}
    assert any(question.path.endswith("/600519.SS") for question in behaviour.asked)


def test_a_symbol_is_asked_for_once(source: YfinanceSource, behaviour: Behaviour, tmp_path) -> None:
    updater = Updater(Store(tmp_path / "data", "yfinance"), source)
    updater.update("ACME", START, pd.Timestamp("2016-01-15"))
    updater.update("ACME", START, END)
    charts = [question for question in behaviour.asked if question.query.get("events")]
    assert len(charts) == 1
    pd.testing.assert_frame_equal(updater.store.read("ACME").bars, source.bars("ACME", START, END))


def test_what_yahoo_does_not_have(source: YfinanceSource) -> None:
    with pytest.raises(NotOffered, match="no statements with their days of announcement"):
        source.statements(["ACME"], START, END)
    with pytest.raises(NotOffered, match="no index membership"):
        source.members("csi300", START, END)


class TestFailures:
    @pytest.mark.parametrize("fail", ["silence", "half", "cut", "500"])
    def test_asked_again_until_it_answers(
        self, source: YfinanceSource, behaviour: Behaviour, slept: list[float], fail: str
    ) -> None:
        source.timeout_s = 0.7 if fail == "silence" else 10.0
        behaviour.fail, behaviour.where = fail, "/v8/finance/chart"
        with pytest.raises(NoAnswer, match="ACME"):
            source.bars("ACME", START, END)
        assert len(slept) == 2
        behaviour.times = 2 if fail != "500" else 4  # the client itself asks twice after a bad code
        assert len(source.bars("ACME", START, END)) == 19

    def test_rate_limit(self, source: YfinanceSource, behaviour: Behaviour, slept: list[float]) -> None:
        behaviour.fail, behaviour.where = "429", "/v8/finance/chart"
        with pytest.raises(RateLimited, match="ACME"):
            source.bars("ACME", START, END)
        assert slept == [60.0, 60.0]

    def test_an_empty_answer(self, source: YfinanceSource, behaviour: Behaviour) -> None:
        def empty(question: Question) -> tuple[int, bytes]:
            status, content = answer(question)
            if "chart" in question.path and question.query.get("events"):
                return 200, b'{"chart":{"result":[],"error":null}}'
            return status, content

        behaviour.answer = empty
        with pytest.raises(NoAnswer, match="ACME"):
            source.bars("ACME", START, END)

    def test_another_column(self, source: YfinanceSource, behaviour: Behaviour, slept: list[float]) -> None:
        def changed(question: Question) -> tuple[int, bytes]:
            status, content = answer(question)
            return status, content.replace(b'"volume"', b'"vol"')

        behaviour.answer = changed
        with pytest.raises(ChangedAnswer, match="ACME"):
            source.bars("ACME", START, END)
        assert slept == []

    def test_the_clients_cache_is_a_folder_of_the_process(self, source: YfinanceSource) -> None:
        from pathlib import Path

        from btalpha.feeds.sources.yfinance_source import _keep_to_itself

        source.bars("ACME", START, END)
        assert list(Path(_keep_to_itself().name).iterdir())
