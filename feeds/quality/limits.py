"""Prices against the limits of the exchange's boards."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..boards import Board, LimitTable, board_of, free_sessions, limit_rates, to_cents
from .finding import Hits, hits_in

if TYPE_CHECKING:
    from .dataset import Dataset
    from .rows import Rows

# One symbol a board, to ask for its rates; what is no A-share has none.
_OF_BOARD = {
    Board.MAIN: "600000.SH",
    Board.STAR: "688001.SH",
    Board.CHINEXT: "300001.SZ",
    Board.BEIJING: "430047.BJ",
}
_BOARDS = tuple(_OF_BOARD)
_HALF_A_CENT = 0.005


def largest_moves(bars: Rows) -> np.ndarray:
    """Return the largest move of each bar by the rules, as a fraction of the reference price.

    NaN for what is no A-share and before 1996-12-16; infinite in the first sessions of a listing. A symbol
    counts as listed with its first bar, unless that is the first date of the data. Without a column
    ``is_st`` every share counts as an ordinary one.
    """
    dates = pd.DatetimeIndex(bars.dates)
    names = np.array(list(_OF_BOARD.values()))
    flags = (np.full((len(dates), len(names)), treated) for treated in (False, True))
    table = np.stack([limit_rates(names, treated, dates) for treated in flags])
    boards = np.array([_number(str(symbol)) for symbol in bars.symbols], dtype=np.int8)[bars.codes]
    treated = bars["is_st"].astype(np.int8) if "is_st" in bars else np.zeros(len(bars), dtype=np.int8)
    rates = table[treated, np.searchsorted(bars.dates, bars.days), boards]
    rates[bars.rank() < _free(bars)[bars.codes]] = np.inf
    rates[(boards < 0) | (bars.days < np.datetime64(LimitTable().main[0][0]))] = np.nan
    return rates


def limits_broken(data: Dataset) -> Hits:
    """Find bars of A-shares, one day after another, beyond the price limits of their board and date.

    The reference is ``pre_close``, or the close before in today's units, where a cent more is let pass.
    """
    return _beyond(data, ~_unsure(data.bars))


def limits_broken_after_pause(data: Dataset) -> Hits:
    """Count bars beyond the limits that follow a suspension or stand first in the data.

    A share that is listed, or trades again after a reorganisation, has no limit on that day.
    """
    return _beyond(data, _unsure(data.bars))


def _unsure(bars: Rows) -> np.ndarray:
    return bars.begins | (bars.missed > 0)


def _beyond(data: Dataset, where: np.ndarray) -> Hits:
    bars = data.bars
    reference, slack = reference_price(bars)
    rates = largest_moves(bars)
    up, down = to_cents(reference * (1 + rates)), to_cents(reference * (1 - rates))
    over = np.fmax(bars["high"] - up, down - bars["low"])  # NaN where there is no limit

    def value(row: int) -> str:
        return (
            f"low {bars['low'][row]:g}, high {bars['high'][row]:g}, limits {down[row]:.2f} to {up[row]:.2f}"
            f" ({rates[row]:.0%} of {reference[row]:g})"
        )

    size = np.nan_to_num(over / reference)
    return hits_in(bars, where & (over > slack), value, limit=data.limit, size=size, remark=_remark(bars))


def _remark(bars: Rows) -> str:
    foreign = sum(board_of(str(symbol)) is None for symbol in bars.symbols)
    parts = [f"{foreign:,} symbols are no A-shares and have no limits here"] if foreign else []
    if "is_st" not in bars:
        parts.append("without is_st, shares under special treatment are let pass at 10 %")
    return "; ".join(parts)


def reference_price(bars: Rows) -> tuple[np.ndarray, float]:
    """Return the price from which each bar's limits count, CNY, and how exactly it is known."""
    before = bars.previous("close")
    if "factor" in bars:
        before = before * (bars.previous("factor") / bars["factor"])
    if "pre_close" not in bars:
        return to_cents(before), 0.01 + _HALF_A_CENT
    return np.where(bars["pre_close"] > 0, bars["pre_close"], to_cents(before)), _HALF_A_CENT


def _number(symbol: str) -> int:
    board = board_of(symbol)
    return -1 if board is None else _BOARDS.index(board)


def _free(bars: Rows) -> np.ndarray:
    """Return for each of the N symbols how many of its first bars have no limit."""
    free = np.zeros(len(bars.symbols), dtype=np.int64)
    for number, (begin, end) in enumerate(zip(bars.firsts[:-1], bars.firsts[1:], strict=True)):
        board = board_of(str(bars.symbols[number]))
        if begin < end and board is not None and bars.days[begin] > bars.dates[0]:
            free[number] = free_sessions(board, date.fromisoformat(bars.place(int(begin))[1]))
    return free
