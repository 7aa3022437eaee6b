"""Symbols in every spelling, and those that are none."""

import string

import pytest
from btalpha.feeds.sources.errors import SymbolError
from btalpha.feeds.sources.symbols import (
    canonical,
    index_code,
    split,
    to_baostock,
    to_qlib,
    to_sina,
    to_yahoo,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text", ["600519.SH", "sh600519", "SH.600519", "600519.XSHG", "600519.ss", "600519", " 600519 "]
)
def test_all_spellings_of_one(text: str) -> None:
    assert canonical(text) == "600519.SH"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000001", "000001.SZ"),  # a share, not the index of Shanghai
        ("000001.SH", "000001.SH"),  # the index, where it is meant
        ("300750", "300750.SZ"),
        ("688981", "688981.SH"),
        ("430047", "430047.BJ"),
        ("510300", "510300.SH"),  # a fund
        ("159915", "159915.SZ"),
        ("005930.KS", "005930.KS"),  # Seoul
        ("0700.hk", "0700.HK"),
        ("^gspc", "^GSPC"),
        ("eurusd=x", "EURUSD=X"),
        ("brk-b", "BRK-B"),
    ],
)
def test_known_ones(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "../../x", "..", ".", "", " ", "/etc/passwd", "a/b", "a\\b", "C:x", "a..b", ".hidden", "x.", "nul",
        "CON.SH", "com1", "a\x00b", "a\nb", "$(id)", "`id`", "a;b", "a b", "a|b", "*", "?", "~", "%2e%2e",
        "x" * 33, "６００５１９", "茅台", "-rf", "--out",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(SymbolError, match="is no symbol"):
        canonical(text)


@given(st.text(max_size=40))
def test_a_symbol_is_always_a_plain_file_name(text: str) -> None:
    try:
        symbol = canonical(text)
    except SymbolError:
        return
    assert set(symbol) <= {*string.ascii_uppercase, *string.digits, *".^=_&-"}
    assert not symbol.startswith((".", "-")) and ".." not in symbol
    assert canonical(symbol) == symbol


def test_spellings_of_the_sources() -> None:
    assert to_baostock("600519.SH") == "sh.600519"
    assert to_sina("300750") == "sz300750"
    assert (to_qlib("000001.SZ"), to_qlib("AAPL")) == ("SZ000001", "AAPL")
    assert (to_yahoo("600519.SH"), to_yahoo("0700.HK")) == ("600519.SS", "0700.HK")


def test_another_market_is_refused_where_only_china_is_known() -> None:
    with pytest.raises(SymbolError, match=r"AAPL.*is not listed in Shanghai"):
        split("AAPL")


def test_indexes() -> None:
    assert index_code("csi500") == "000905.SH"
    with pytest.raises(SymbolError, match=r"'dax'.*csi300"):
        index_code("dax")
