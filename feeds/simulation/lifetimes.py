"""When each firm is listed, suspended, under special treatment (ST) and delisted."""

from dataclasses import dataclass

import numpy as np

LATE_SHARE = 0.12  # of the firms are listed after the first day
DELISTED_SHARE = 0.03  # leave before the last day
ST_SHARE = 0.04  # spend a spell under special treatment
SUSPENSIONS_A_YEAR = 1.0
LONGEST_SUSPENSION = 120  # sessions
QUIET_START = 5  # sessions after the listing without suspension


@dataclass(frozen=True)
class Lifetimes:
    """First session and session after the last (N each), and T x N masks of bars and of ST."""

    first: np.ndarray
    last: np.ndarray
    traded: np.ndarray
    is_st: np.ndarray


def draw_lifetimes(n_days: int, n_symbols: int, rng: np.random.Generator) -> Lifetimes:
    """Draw the lifetimes of ``n_symbols`` firms over ``n_days`` sessions.

    One firm is there from the first day to the last without a suspension, so every session has
    a bar. Late, delisted and ST firms are fixed shares of the market, at least one of each where
    there are 4, 8 and 6 firms; a firm that will be delisted is under ST before.
    """
    steady, late, delisted, treated = _roles(n_symbols, rng)
    first = np.zeros(n_symbols, dtype=np.int64)
    first[late] = rng.integers(n_days // 10, n_days * 6 // 10, size=len(late))
    last = np.full(n_symbols, n_days, dtype=np.int64)
    last[delisted] = rng.integers(n_days // 2, n_days * 19 // 20, size=len(delisted))
    day = np.arange(n_days)[:, None]
    listed = (day >= first) & (day < last)
    suspended = _suspensions(n_days, n_symbols, rng) & (day >= first + QUIET_START)
    suspended[:, steady] = False
    is_st = np.zeros((n_days, n_symbols), dtype=bool)
    start = rng.integers(n_days // 10, n_days * 7 // 10, size=len(treated))
    length = rng.integers(n_days * 3 // 20, n_days * 2 // 5, size=len(treated))
    is_st[:, treated] = (day >= start) & (day < start + length)
    is_st[:, delisted] = day >= last[delisted] - n_days // 4
    return Lifetimes(first=first, last=last, traded=listed & ~suspended, is_st=is_st)


def _roles(n_symbols: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    counts = [
        1,
        max(round(LATE_SHARE * n_symbols), n_symbols >= 4),
        max(round(DELISTED_SHARE * n_symbols), n_symbols >= 8),
        max(round(ST_SHARE * n_symbols), n_symbols >= 6),
    ]
    order = rng.permutation(n_symbols)
    return tuple(np.split(order, np.cumsum(counts))[:4])


def _suspensions(n_days: int, n_symbols: int, rng: np.random.Generator) -> np.ndarray:
    """Return a T x N mask of spells whose lengths are lognormal, 5 sessions at the median."""
    spells = rng.poisson(SUSPENSIONS_A_YEAR * n_days / 250, size=n_symbols)
    who = np.repeat(np.arange(n_symbols), spells)
    start = rng.integers(n_days, size=len(who))
    longest = min(LONGEST_SUSPENSION, max(1, n_days // 4))
    length = np.ceil(5.0 * np.exp(rng.standard_normal(len(who)))).astype(np.int64).clip(1, longest)
    change = np.zeros((n_days + 1, n_symbols), dtype=np.int64)
    np.add.at(change, (start, who), 1)
    np.add.at(change, (np.minimum(start + length, n_days), who), -1)
    return change.cumsum(axis=0)[:n_days] > 0
