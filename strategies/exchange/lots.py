"""Lots: how many shares an order may be for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...feeds.boards import Board, board_of

# A count of shares this close to a whole one, relative to it, is that one: 300 / 1.37 x 1.37.
TOLERANCE = 1e-9


def _check_count(name: str, count: Any) -> None:
    counts = np.asarray(count, dtype=float)
    bad = ~((counts >= 1.0) & (counts == np.floor(counts)) & np.isfinite(counts))
    if bad.any():
        raise ValueError(f"{name} must be a whole number of shares from 1 on, got {counts[bad].flat[0]:g}")


@dataclass(frozen=True)
class Lot:
    """The sizes that an order may have: ``least``, ``least + step``, ``least + 2 step``, ...

    Parameters
    ----------
    least
        Smallest order, shares.
    step
        Smallest difference between two orders, shares.

    Raises
    ------
    ValueError
        If one of them is not a whole number from 1 on.

    Examples
    --------
    >>> Lot(200, 1)
    Lot(least=200, step=1)
    """

    least: int
    step: int

    def __post_init__(self) -> None:
        for name in ("least", "step"):
            _check_count(name, getattr(self, name))


# SSE and SZSE trading rules (2023), SSE STAR special provisions on trading (2019), BSE trading rules
# (trial, 2021). What is left of a holding below the least order may be sold, at once and whole.
MAIN = Lot(100, 100)
CHINEXT = Lot(100, 100)
STAR = Lot(200, 1)
BEIJING = Lot(100, 1)
UNKNOWN = Lot(1, 1)

_LOTS = {Board.MAIN: MAIN, Board.STAR: STAR, Board.CHINEXT: CHINEXT, Board.BEIJING: BEIJING}


def lot_of(symbol: str) -> Lot:
    """Return the lot in which a share is ordered.

    Parameters
    ----------
    symbol
        As :func:`~btalpha.feeds.boards.board_of` takes it.

    Returns
    -------
    Lot
        The lot of the share's board; single shares for what is no A-share.

    Examples
    --------
    >>> lot_of("600519.SH"), lot_of("688981.SH"), lot_of("AAPL")
    (Lot(least=100, step=100), Lot(least=200, step=1), Lot(least=1, step=1))
    """
    board = board_of(symbol)
    return UNKNOWN if board is None else _LOTS[board]


def whole_lots(size: Any, *, least: Any, step: Any, factor: Any = 1.0) -> Any:
    """Cut sizes down to what may be ordered.

    Where prices are adjusted (adjusted = raw x factor), a broker counts adjusted shares, so that
    size x adjusted price is the value in CNY; the exchange counts raw ones, size x factor of them.

    Parameters
    ----------
    size
        Adjusted shares, positive to buy and negative to sell; a number or an array. NaN gives 0.
    least, step
        The lot, in raw shares; numbers or arrays. See :class:`Lot`.
    factor
        Raw shares in an adjusted share; a number or an array. NaN gives 0.

    Returns
    -------
    float or numpy.ndarray
        float64 of the shape of all arguments together: the largest size, with the sign of ``size``,
        that is not above it and whose raw shares are a whole order, or else 0. It is the whole
        number of raw shares divided by ``factor``, exactly; a size that is within 1e-9 of such a
        number, relative to it, counts as it.

    Raises
    ------
    ValueError
        If a size is infinite, a factor not positive and finite, or a lot not made of whole numbers
        from 1 on.

    Examples
    --------
    >>> whole_lots(np.array([250.0, -199.9, 99.0, np.nan]), least=100, step=100).tolist()
    [200.0, -100.0, 0.0, 0.0]
    >>> whole_lots(np.array([200.0, 250.7, 199.9]), least=200, step=1).tolist()
    [200.0, 250.0, 0.0]
    >>> float(whole_lots(300 / 1.37, least=100, step=100, factor=1.37)) == 300 / 1.37
    True
    """
    wanted, ratio = np.asarray(size, dtype=float), np.asarray(factor, dtype=float)
    _check(wanted, ratio)
    for name, count in (("least", least), ("step", step)):
        _check_count(name, count)
    shares = _whole(np.abs(wanted) * ratio)
    orders = least + np.floor_divide(shares - least, step) * step
    signed = np.where(shares >= least, np.copysign(orders, wanted), 0.0)  # a NaN is not >= least
    return signed / np.where(np.isnan(ratio), 1.0, ratio)


def plain(size: Any) -> float:
    """Return whole shares as a whole number, others as a float."""
    return int(size) if size == int(size) else float(size)


def _whole(shares: np.ndarray) -> np.ndarray:
    """Round down, but up where only float error is missing."""
    nearest = np.rint(shares)
    return np.where(np.abs(shares - nearest) <= TOLERANCE * nearest, nearest, np.floor(shares))


def _check(size: np.ndarray, factor: np.ndarray) -> None:
    if np.isinf(size).any():
        raise ValueError("size must be a finite number of shares or NaN, got an infinite one")
    bad = (factor <= 0.0) | np.isinf(factor)
    if bad.any():
        raise ValueError(f"factor must be positive and finite or NaN, got {factor[bad].flat[0]}")
