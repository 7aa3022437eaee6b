"""Scores for the twin, one table of portfolios x names a session."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

import numpy as np

from ..score_source import FrameScores
from .portfolios import Portfolios


class Scores(Protocol):
    """Gives the scores known at the close of a session, in the order of the market's names."""

    def scored(self, session: int, day: date) -> np.ndarray | None:
        """Return N booleans, the names with a score, the same in all portfolios; None without a row."""
        ...

    def draw(self, session: int, held: Portfolios, tradable: np.ndarray) -> np.ndarray:
        """Return P x N scores, or 1 x N for all; of no meaning where there are none.

        ``held`` is what the portfolios have, ``tradable`` N booleans. Sessions are asked for in their order.
        """
        ...


class Given:
    """The scores of a strategy, for every portfolio the same."""

    def __init__(self, frame: FrameScores) -> None:
        self._frame = frame
        self._row: np.ndarray | None = None

    def scored(self, session: int, day: date) -> np.ndarray | None:
        """Return which names have a score on a day; None where the frame has no row."""
        del session
        self._row = self._frame.row(day)
        return None if self._row is None else ~np.isnan(self._row)

    def draw(self, session: int, held: Portfolios, tradable: np.ndarray) -> np.ndarray:
        """Return the row of the session."""
        del session, held, tradable
        assert self._row is not None
        return self._row[None, :]


class Uniform:
    """Uniform draws for each portfolio: the very numbers that ``RandomSignal`` makes of its seed.

    Only the rows that are asked for are drawn: the generators are moved on over the others.

    Parameters
    ----------
    seeds
        One for each of P portfolios.
    scored
        S x N booleans: what may be drawn on a session.
    rows
        S rows of the sessions in the table that ``RandomSignal`` would fill.
    columns
        N columns of the names in it.
    width
        Columns of it.
    """

    def __init__(
        self, seeds: list[int], scored: np.ndarray, rows: np.ndarray, columns: np.ndarray, width: int
    ) -> None:
        self._bits = [np.random.PCG64(seed) for seed in seeds]
        self._generators = [np.random.Generator(bits) for bits in self._bits]
        self._scored, self._rows, self._columns, self._width = scored, rows, columns, width
        self._next = 0  # row of the table that comes next from the generators

    def scored(self, session: int, day: date) -> np.ndarray | None:
        """Return what may be drawn on a session."""
        del day
        return self._scored[session]

    def draw(self, session: int, held: Portfolios, tradable: np.ndarray) -> np.ndarray:
        """Return P x N numbers in [0, 1)."""
        del held, tradable
        row = int(self._rows[session])
        table = np.empty((len(self._bits), self._width))
        skip = (row - self._next) * self._width
        for bits, generator, out in zip(self._bits, self._generators, table, strict=True):
            if skip:
                bits.advance(skip)
            generator.random(out=out)
        self._next = row + 1
        return table[:, self._columns]


class Matched:
    """Draws that keep as many names at each rebalance as a strategy kept.

    Which of the names they hold stay is drawn too; the others go, unless there is nothing else to hold.

    Parameters
    ----------
    draws
        The draws to begin with.
    kept
        Dates of rebalances to the number of names that were held before and after them.
    """

    def __init__(self, draws: Scores, kept: Mapping[date, int]) -> None:
        self._draws, self._kept = draws, kept
        self._stay = 0

    def scored(self, session: int, day: date) -> np.ndarray | None:
        """Return what may be drawn on a session."""
        self._stay = self._kept.get(day, 0)
        return self._draws.scored(session, day)

    def draw(self, session: int, held: Portfolios, tradable: np.ndarray) -> np.ndarray:
        """Return P x N numbers: above 1 for what is to stay, below 0 for what is to go, else in [0, 1)."""
        scores = self._draws.draw(session, held, tradable)
        table = np.column_stack([scores, np.zeros(len(scores))])
        scored = self._draws.scored(session, date.min)
        assert scored is not None
        owned = held.shares > 0.0
        # What cannot be sold stays in any case; what has no score goes in any case.
        bound = owned & ~np.append(tradable, False)[held.names]
        eligible = owned & np.append(tradable & scored, False)[held.names]
        drawn = np.where(eligible, np.take_along_axis(table, held.names, axis=1), -1.0)
        places = np.argsort(np.argsort(-drawn, axis=1, kind="stable"), axis=1)
        stays = eligible & (places < self._stay - bound.sum(axis=1, keepdims=True))
        np.put_along_axis(table, held.names, np.where(stays, drawn + 1.0, drawn - 1.0), axis=1)
        return table[:, :-1]
