"""What the exchanges lay down by board and date: who is listed where, and how far a price may move.

The simulated market and the exchange's rules for orders share these facts. They hold for A-shares
of the Shanghai (SSE), Shenzhen (SZSE) and Beijing (BSE) stock exchanges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum, auto
from functools import lru_cache

import numpy as np
import pandas as pd

from .rate_table import RateTable, check_table, rate_on, rates_on


class Board(StrEnum):
    """The boards on which A-shares are listed."""

    MAIN = auto()
    STAR = auto()
    CHINEXT = auto()
    BEIJING = auto()


_EXCHANGES = {"SH": "SH", "SS": "SH", "XSHG": "SH", "SZ": "SZ", "XSHE": "SZ", "BJ": "BJ", "BJSE": "BJ"}
_PLACE = "|".join(_EXCHANGES)
_SYMBOL = re.compile(rf"(?:(?P<before>{_PLACE})\.?)?(?P<code>[0-9]{{6}})(?:\.(?P<after>{_PLACE}))?")
# What the first digits of a code say: exchange and board.
_CODES = (
    ("SH", re.compile("68[89]"), Board.STAR),
    ("SH", re.compile("60[0-5]"), Board.MAIN),
    ("SZ", re.compile("30[0-2]"), Board.CHINEXT),
    ("SZ", re.compile("00[0-3]"), Board.MAIN),
    ("BJ", re.compile("43|83|87|88|92"), Board.BEIJING),
)


@lru_cache(maxsize=16_384)
def board_of(symbol: str) -> Board | None:
    """Return the board of an A-share, by its code and exchange.

    Parameters
    ----------
    symbol
        Six digits with or without the exchange, in any of the usual ways and in any case:
        ``600519.SH``, ``600519.XSHG``, ``SH600519``, ``sh.600519``, ``600519``. A code without an
        exchange is taken for a share, so ``000001`` is Ping An Bank and not the SSE index.

    Returns
    -------
    Board or None
        ``None`` for what is no A-share: funds, B-shares, indices, a code of another exchange. All
        that is listed in Beijing counts as a share.

    Notes
    -----
    Codes: SSE guide no. 4, allocation of securities codes (2024); SZSE table of code ranges; BSE notice
    on codes from 920000 (2024). 600 to 605 are the main board of Shanghai; of these 602 and 604 were
    never issued, but the simulated market has such codes.

    Examples
    --------
    >>> [str(board_of(symbol)) for symbol in ("600519.SH", "sz.300750", "688981.XSHG", "BJ430047")]
    ['main', 'chinext', 'star', 'beijing']
    >>> [board_of(symbol) for symbol in ("AAPL", "510300.SH", "900901.SH", "000001.SH")]
    [None, None, None, None]
    """
    match = _SYMBOL.fullmatch(symbol.upper())
    if match is None or (match["before"] and match["after"]):
        return None
    place = _EXCHANGES.get(match["before"] or match["after"])
    if place == "BJ":
        return Board.BEIJING
    for exchange, codes, board in _CODES:
        if place in (None, exchange) and codes.match(match["code"]):
            return board
    return None


@dataclass(frozen=True, kw_only=True)
class LimitTable:
    """Largest moves of a day by board and first day, as fractions of the previous close.

    Each table holds (first day, rate) pairs, ascending by day. Before its first day a table's first
    rate is used. The default tables end with the rules of 2023; a later rule is a table of one's own.

    Parameters
    ----------
    main
        Main boards of Shanghai and Shenzhen: 10 %.
    special_treatment
        ST shares of the main boards: 5 %.
    star
        STAR market: 20 % since it opened, for ST shares too.
    chinext
        ChiNext: 10 %, from 2020-08-24 20 %.
    chinext_special_treatment
        ST shares of ChiNext: as on the main boards, from 2020-08-24 as the rest of ChiNext.
    beijing
        Beijing Stock Exchange: 30 %.

    Raises
    ------
    ValueError
        If a table is empty, not made of (date, rate) pairs or not ascending by day, or if a rate is
        not a fraction in (0, 1).

    Notes
    -----
    Sources: notices of the exchanges of December 1996 (main boards) and April 1998 (ST), SSE STAR
    special provisions on trading (2019), SZSE ChiNext special provisions on trading (2020),
    BSE trading rules (trial, 2021), SSE and SZSE trading rules (2023).

    Examples
    --------
    >>> wide = LimitTable(special_treatment=((date(1998, 4, 22), 0.05), (date(2030, 1, 1), 0.10)))
    >>> [wide.rate(Board.MAIN, date(year, 1, 2), is_st=True) for year in (2029, 2030)]
    [0.05, 0.1]
    """

    main: RateTable = ((date(1996, 12, 16), 0.10),)
    special_treatment: RateTable = ((date(1998, 4, 22), 0.05),)
    star: RateTable = ((date(2019, 7, 22), 0.20),)
    chinext: RateTable = ((date(2009, 10, 30), 0.10), (date(2020, 8, 24), 0.20))
    chinext_special_treatment: RateTable = ((date(2009, 10, 30), 0.05), (date(2020, 8, 24), 0.20))
    beijing: RateTable = ((date(2021, 11, 15), 0.30),)

    def __post_init__(self) -> None:
        for field in fields(self):
            table = getattr(self, field.name)
            check_table(field.name, table)
            for day, rate in table:
                if not 0.0 < rate < 1.0:
                    rule = f"{field.name} from {day} must be a fraction in (0, 1)"
                    raise ValueError(f"{rule}, got {rate!r}; 10 % is 0.1")

    def rate(self, board: Board, day: date, is_st: bool = False) -> float:
        """Return the largest move on a day, as a fraction of the previous close.

        Examples
        --------
        >>> LimitTable().rate(Board.STAR, date(2024, 1, 2))
        0.2
        """
        return rate_on(self._of(board, is_st), day)

    def rates(self, symbols: np.ndarray, is_st: np.ndarray, dates: pd.DatetimeIndex) -> np.ndarray:
        """Return the largest moves of many days and symbols; see :func:`limit_rates`.

        Examples
        --------
        >>> days = pd.DatetimeIndex(["2024-01-02"])
        >>> LimitTable().rates(np.array(["688981.SH", "430047.BJ"]), np.array([[False, True]]), days)
        array([[0.2, 0.3]])
        """
        treated = np.asarray(is_st) == 1  # NaN is not
        if treated.shape != (len(dates), len(symbols)):
            shape = f"{len(dates)} dates x {len(symbols)} symbols"
            raise ValueError(f"is_st must have the shape {shape}, got {treated.shape}")
        boards = np.array([board_of(str(symbol)) or Board.MAIN for symbol in symbols], dtype=object)
        rates = np.empty(treated.shape)
        for board in Board:
            here = np.flatnonzero(boards == board)
            ordinary, special = (rates_on(self._of(board, treat), dates) for treat in (False, True))
            rates[:, here] = np.where(treated[:, here], special[:, None], ordinary[:, None])
        return rates

    def _of(self, board: Board, is_st: bool) -> RateTable:
        if is_st and board is Board.MAIN:
            return self.special_treatment
        if is_st and board is Board.CHINEXT:
            return self.chinext_special_treatment
        return getattr(self, board.value)


_LIMITS = LimitTable()
# Registration system: ChiNext from 2020-08-24, main boards from 2023-04-10.
_FREE_SESSIONS: dict[Board, RateTable] = {
    Board.MAIN: ((date(1996, 12, 16), 1), (date(2023, 4, 10), 5)),
    Board.STAR: ((date(2019, 7, 22), 5),),
    Board.CHINEXT: ((date(2009, 10, 30), 1), (date(2020, 8, 24), 5)),
    Board.BEIJING: ((date(2021, 11, 15), 1),),
}


def limit_rate(board: Board, day: date, *, is_st: bool = False) -> float:
    """Return the largest move of a share on a day by the rules of :class:`LimitTable`.

    Parameters
    ----------
    board
        Where the share is listed.
    day
        The trading day; of a ``datetime`` the day counts.
    is_st
        Whether the share is under special treatment (ST) on that day.

    Returns
    -------
    float
        Fraction of ``pre_close``, up and down. The first sessions of a listing, which have no limit,
        are told by :func:`free_sessions`.

    Notes
    -----
    The rules are those of 2023. A later one, such as another rate for ST shares, is a
    :class:`LimitTable` of one's own.

    Examples
    --------
    >>> limit_rate(Board.CHINEXT, date(2020, 8, 21)), limit_rate(Board.CHINEXT, date(2020, 8, 24))
    (0.1, 0.2)
    >>> limit_rate(Board.MAIN, date(2016, 1, 4), is_st=True)
    0.05
    """
    return _LIMITS.rate(board, day, is_st)


def limit_rates(symbols: np.ndarray, is_st: np.ndarray, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return the T x N largest moves of a day as fractions of ``pre_close``.

    Parameters
    ----------
    symbols
        N symbols, as :func:`board_of` takes them; one that is no A-share counts as main board.
    is_st
        T x N, true where a share is under special treatment; NaN means that it is not.
    dates
        T trading days.

    Returns
    -------
    numpy.ndarray
        T x N fractions, without NaN, by the default :class:`LimitTable`.

    Raises
    ------
    ValueError
        If ``is_st`` is not T x N.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2020-08-21", "2020-08-24"])
    >>> limit_rates(np.array(["600000.SH", "300001.SZ"]), np.array([[True, False]] * 2), days).tolist()
    [[0.05, 0.1], [0.05, 0.2]]
    """
    return _LIMITS.rates(symbols, is_st, dates)


def free_sessions(board: Board, day: date) -> int:
    """Return how many first sessions have no price limit, for a share listed on that day.

    Before the registration system it is the first session alone. On the main boards that session had
    other bounds, from 2014 44 % up and 36 % down of the issue price, which are not modelled.

    Notes
    -----
    Sources: SSE STAR special provisions on trading (2019), SZSE ChiNext special provisions on trading
    (2020), BSE trading rules (trial, 2021), SSE and SZSE trading rules (2023).

    Examples
    --------
    >>> [free_sessions(Board.MAIN, day) for day in (date(2023, 4, 7), date(2023, 4, 10))]
    [1, 5]
    """
    return int(rate_on(_FREE_SESSIONS[board], day))


def to_cents(price: np.ndarray) -> np.ndarray:
    """Round to CNY 0.01, half a cent up, as the exchanges do; NaN stays NaN.

    Examples
    --------
    >>> to_cents(np.array([17.15 * 1.1, 9.994])).tolist()
    [18.87, 9.99]
    """
    # 17.15 x 1.1 is 18.865 on paper but a hair less in binary; the small addend repairs that.
    return np.floor(price * 100.0 + 0.5 + 1e-6) / 100.0
