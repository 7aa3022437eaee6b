"""Cash dividends and splits: which firm goes ex-rights on which session."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

SPLIT_CHANCE = 0.12  # a year
SPLIT_RATIOS = (1.2, 1.3, 1.5, 1.8, 2.0)  # new shares for one old share
SPLIT_ABOVE = 8.0  # CNY; no firm splits a cheap share
# Ex-rights days lie after the deadline of the annual report and before the half-year's end.
SEASON = ("05-10", "06-28")
HIGHEST_YIELD = 0.08  # of the year's last close; rarely binding


@dataclass(frozen=True)
class CorporateActions:
    """Ex-rights days of each session, and what they bring.

    ``ex`` maps a session to the firms that go ex-rights on it; ``split`` has one row a year.
    """

    ex: dict[int, np.ndarray]
    split: np.ndarray


def draw_corporate_actions(
    dates: pd.DatetimeIndex, traded: np.ndarray, rng: np.random.Generator
) -> CorporateActions:
    """Draw one ex-rights day a year for each firm, moved to its next bar where it is suspended.

    A firm without a bar in the rest of that year goes without.
    """
    n_symbols = traded.shape[1]
    years = np.arange(dates[0].year, dates[-1].year + 1)
    split = np.where(
        rng.random((len(years), n_symbols)) < SPLIT_CHANCE,
        rng.choice(SPLIT_RATIOS, size=(len(years), n_symbols)),
        1.0,
    )
    ex: dict[int, np.ndarray] = {}
    place = rng.random((len(years), n_symbols))
    for row, year in enumerate(years):
        begin, end = (dates.searchsorted(pd.Timestamp(f"{year}-{day}")) for day in SEASON)
        stop = int(dates.searchsorted(pd.Timestamp(year + 1, 1, 1)))
        if end > begin:
            wanted = begin + (place[row] * (end - begin)).astype(np.int64)
            ex |= _group_by_session(_next_bar(traded[:stop], wanted))
    return CorporateActions(ex=ex, split=split)


def declared_dividends(profit: np.ndarray, shares: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Return dividends (CNY a share, cents) out of the profit to be paid out (CNY).

    Known at the end of the year they are declared for. A dividend above :data:`HIGHEST_YIELD` of
    the price is cut to it, as a long fall may leave a price far below the books.
    """
    wish = np.maximum(profit, 0.0) / shares
    return np.floor(100.0 * np.minimum(wish, HIGHEST_YIELD * close)) / 100.0


def _next_bar(traded: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the first session from ``wanted`` on with a bar, -1 where there is none."""
    later = traded & (np.arange(len(traded))[:, None] >= wanted)
    return np.where(later.any(axis=0), later.argmax(axis=0), -1)


def _group_by_session(session: np.ndarray) -> dict[int, np.ndarray]:
    return {int(day): np.flatnonzero(session == day) for day in np.unique(session) if day >= 0}
