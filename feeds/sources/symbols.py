"""Symbols as data: one spelling inside, the spelling of each source outside, and a safe file name."""

import re

from ..boards import board_of
from .errors import SymbolError

# No path separator, no leading dot, no two dots in a row: a symbol becomes the name of a file.
_PLAIN = re.compile(r"(?!.*\.\.)[A-Z0-9^][A-Z0-9.^=_&-]{0,30}(?<![.])")
# Names that some systems keep for devices, whatever their ending.
_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\..*)?")
_PLACES = {"SH": "SH", "SS": "SH", "XSHG": "SH", "SZ": "SZ", "XSHE": "SZ", "BJ": "BJ", "BJSE": "BJ"}
_CHINESE = re.compile(r"(?:(?P<before>[A-Z]{2,4})\.?)?(?P<code>[0-9]{6})(?:\.(?P<after>[A-Z]{2,4}))?")
_FIRST_DIGITS = (("SH", ("5", "6", "9")), ("SZ", ("0", "1", "2", "3")), ("BJ", ("4", "8")))


def canonical(symbol: str) -> str:
    """Return the one spelling of a symbol that the panel uses.

    Parameters
    ----------
    symbol
        A Chinese code in any usual way (``sh.600519``, ``SH600519``, ``600519.XSHG``, ``600519``), or a
        symbol of another market as it is (``AAPL``, ``0700.HK``, ``^GSPC``).

    Returns
    -------
    str
        ``600519.SH`` for what is listed in China, otherwise the symbol in capitals. A code without its
        exchange is taken for a share where it can be one.

    Raises
    ------
    SymbolError
        If it is no symbol: empty, longer than 32 characters, or with anything that could lead a file
        elsewhere (a slash, two dots, a control character).

    Examples
    --------
    >>> [canonical(text) for text in ("sh.600519", "SZ000001", "600519.ss", "920047", "brk-b")]
    ['600519.SH', '000001.SZ', '600519.SH', '920047.BJ', 'BRK-B']
    >>> canonical("../../x")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    SymbolError: '../../x' is no symbol. Remedy: write it as 600519.SH or AAPL.
    """
    text = str(symbol).strip().upper()
    if not _PLAIN.fullmatch(text) or _DEVICES.fullmatch(text):
        raise SymbolError(f"{symbol!r} is no symbol", remedy="write it as 600519.SH or AAPL")
    match = _CHINESE.fullmatch(text)
    place = match and _place(match)
    return f"{match['code']}.{place}" if match and place else text


def _place(match: re.Match[str]) -> str | None:
    """Return the Chinese exchange of a match; None for a code of another market, such as ``KS``."""
    before, after = match["before"], match["after"]
    if before or after:
        return None if before and after else _PLACES.get(before or after)
    code = match["code"]
    if board_of(code) is not None:
        return next(place for place in ("SH", "SZ", "BJ") if board_of(f"{code}.{place}") is not None)
    return next((place for place, digits in _FIRST_DIGITS if code.startswith(digits)), None)


def split(symbol: str) -> tuple[str, str]:
    """Return code and exchange of a Chinese symbol, as ``("600519", "SH")``.

    Raises
    ------
    SymbolError
        If the symbol is not listed in Shanghai, Shenzhen or Beijing.

    Examples
    --------
    >>> split("sz.000001")
    ('000001', 'SZ')
    """
    code, _, place = canonical(symbol).partition(".")
    if place not in ("SH", "SZ", "BJ"):
        raise SymbolError(
            f"{symbol!r} is not listed in Shanghai, Shenzhen or Beijing",
            remedy="name Chinese symbols as 600519.SH, or use a source for other markets, such as yfinance",
        )
    return code, place


def to_baostock(symbol: str) -> str:
    """Return ``sh.600519``.

    Examples
    --------
    >>> to_baostock("600519.SH")
    'sh.600519'
    """
    code, place = split(symbol)
    return f"{place.lower()}.{code}"


def to_sina(symbol: str) -> str:
    """Return ``sh600519``, as Sina's pages name a share.

    Examples
    --------
    >>> to_sina("000001.SZ")
    'sz000001'
    """
    code, place = split(symbol)
    return f"{place.lower()}{code}"


def to_qlib(symbol: str) -> str:
    """Return ``SH600519`` for Chinese symbols, others as they are.

    Examples
    --------
    >>> to_qlib("600519.SH"), to_qlib("AAPL")
    ('SH600519', 'AAPL')
    """
    code, _, place = canonical(symbol).partition(".")
    return f"{place}{code}" if place in ("SH", "SZ", "BJ") else canonical(symbol)


def to_yahoo(symbol: str) -> str:
    """Return Yahoo's spelling: ``600519.SS`` for Shanghai, others as they are.

    Examples
    --------
    >>> to_yahoo("600519.SH"), to_yahoo("000001.SZ"), to_yahoo("AAPL")
    ('600519.SS', '000001.SZ', 'AAPL')
    """
    text = canonical(symbol)
    return f"{text[:-3]}.SS" if text.endswith(".SH") else text


# What a user calls an index, and its code at the exchange.
INDEXES = {"csi300": "000300.SH", "csi500": "000905.SH", "sse50": "000016.SH"}


def index_code(index: str) -> str:
    """Return the code of an index, as ``000300.SH`` for ``csi300``.

    Raises
    ------
    SymbolError
        If the index is not known.

    Examples
    --------
    >>> index_code("CSI300")
    '000300.SH'
    """
    try:
        return INDEXES[index.lower()]
    except KeyError:
        raise SymbolError(f"there is no index {index!r}", remedy=f"use one of {', '.join(INDEXES)}") from None
