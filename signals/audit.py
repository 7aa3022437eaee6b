"""The causality audit: does any row change when only later rows do?"""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..feeds import Panel
from .factors import Factor, compute_factors
from .factors.bars import Bars
from .provider import SignalProvider

Computation = Callable[[Panel], pd.DataFrame | Mapping[str, pd.DataFrame]]


class LookAheadError(AssertionError):
    """A value depends on what came after it."""


def assert_causal(
    target: SignalProvider | Factor | str | Computation,
    panel: Panel,
    *,
    cuts: int = 3,
    fit_until: str | pd.Timestamp | None = None,
    seed: int = 0,
    rtol: float = 1e-6,
) -> None:
    """Raise if a value at ``t`` changes when the panel ends at ``t`` or its future is another one.

    The panel is cut at several dates; and behind each cut the future is corrupted: prices times
    ten, days shuffled, half of the symbols removed, the universe turned over. Each time the
    target is fitted and computed again, and every row up to the cut must be what it was.

    Parameters
    ----------
    target
        A provider (a copy is fitted on ``panel.until(fit_until)``, then predicts), a factor or
        its code, or a function of a panel that returns one dates x symbols frame or several by
        name.
    panel
        What to check it on, with gaps if it is to see any.
    cuts
        Number of dates; they are spread over the rows after ``fit_until``. To them comes the one
        on which most stocks wait for a later bar, so that what is filled from behind is seen.
    fit_until
        Last date to fit a provider on; default 60 % of the dates.
    seed
        Of the shuffle and of the symbols removed.
    rtol
        Relative tolerance of rounding errors; to it comes 1e-9 of the symbol's largest value.

    Raises
    ------
    ValueError
        If the panel has fewer than 3 dates, ``cuts`` is below 1, or ``fit_until`` leaves no row
        to cut at.
    LookAheadError
        Names the first date, symbol and value that moved, and by which corruption.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=10, n_days=60, seed=1)
    >>> assert_causal("rev5", panel)
    >>> assert_causal(lambda p: p["close"] / p["close"].mean(), panel)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    btalpha.signals.audit.LookAheadError: ...
    """
    if len(panel) < 3:
        raise ValueError(f"panel must have 3 dates or more to be cut, got {len(panel)}")
    if cuts < 1:
        raise ValueError(f"cuts must be 1 or more, got {cuts}")
    compute, first_cut = _computation(target, panel, fit_until)
    whole = _named(compute(panel))
    rng = np.random.default_rng(seed)
    for row in _cut_rows(panel, first_cut + 1, cuts):
        for what, other in _futures(panel, row, rng):
            _compare(whole, _named(compute(other)), panel.dates[: row + 1], what, rtol)


def _computation(
    target: SignalProvider | Factor | str | Computation, panel: Panel, fit_until: Any
) -> tuple[Computation, int]:
    if isinstance(target, SignalProvider):
        provider, date = target, _fit_date(panel, fit_until)

        def fit_and_predict(other: Panel) -> pd.DataFrame:
            return copy.deepcopy(provider).fit(other.until(date)).predict(other)

        return fit_and_predict, int(panel.dates.searchsorted(date, side="right")) - 1
    if isinstance(target, Factor):
        factor = target
        return lambda other: {factor.code: _value(factor, other)}, len(panel) // 3
    if isinstance(target, str):
        code = target
        return lambda other: compute_factors(other, [code]), len(panel) // 3
    return target, len(panel) // 3


def _fit_date(panel: Panel, fit_until: Any) -> pd.Timestamp:
    if fit_until is None:
        return panel.dates[min(int(0.6 * len(panel)), len(panel) - 3)]
    date = pd.Timestamp(fit_until)
    if not panel.dates[0] <= date < panel.dates[-2]:
        raise ValueError(
            f"fit_until must lie from {panel.dates[0].date()} to before {panel.dates[-2].date()}, "
            f"the panel's last date but one, got {date.date()}: rows after it are cut and compared"
        )
    return date


def _value(factor: Factor, panel: Panel) -> pd.DataFrame:
    # By itself, so that one that is not registered can be checked too.
    bars = Bars(panel)
    with np.errstate(all="ignore"):
        return panel.frame(bars.unpack(factor.compute(bars)))


def _cut_rows(panel: Panel, first: int, cuts: int) -> list[int]:
    last = len(panel) - 2
    first = min(first, last)
    rows = np.linspace(first, last, cuts).round().astype(int).tolist()
    later = np.logical_or.accumulate(panel.traded_array[::-1], axis=0)[::-1]
    waiting = (later & ~panel.traded_array).sum(axis=1)[first : last + 1]
    return sorted({*rows, first + int(waiting.argmax())} if waiting.any() else set(rows))


def _futures(panel: Panel, row: int, rng: np.random.Generator) -> Iterator[tuple[str, Panel]]:
    """Yield panels that agree up to ``row`` and differ after it, each with what was done."""
    after = slice(row + 1, None)
    yield "the panel ends there", panel.until(panel.dates[row])
    prices = [name for name in ("open", "high", "low", "close", "pre_close", "amount") if name in panel]
    yield "later prices are ten times as high", _replace(panel, prices, after, lambda values: values * 10.0)
    order = rng.permutation(len(panel) - row - 1)
    yield "later days are shuffled", _replace(panel, panel.fields, after, lambda values: values[order])
    gone = rng.random(len(panel.symbols)) < 0.5
    yield "half of the symbols have no later bar", _replace(panel, panel.fields, after, _without(gone))
    yield "the later universe is turned over", _turn_universe(panel, after)


def _replace(panel: Panel, fields: Any, rows: slice, change: Callable[[np.ndarray], np.ndarray]) -> Panel:
    arrays = {}
    for name in fields:
        values = panel.array(name).copy()
        values[rows] = change(values[rows])
        arrays[name] = values
    return panel.with_arrays(arrays)


def _without(gone: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        empty = False if values.dtype == bool else np.nan
        return np.where(gone, empty, values)

    return change


def _turn_universe(panel: Panel, rows: slice) -> Panel:
    universe = panel.universe_array.copy()
    universe[rows] = ~universe[rows]
    return panel.with_universe(universe)


def _named(result: pd.DataFrame | Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
    return {"scores": result} if isinstance(result, pd.DataFrame) else result


def _compare(
    whole: Mapping[str, pd.DataFrame],
    other: Mapping[str, pd.DataFrame],
    dates: pd.DatetimeIndex,
    what: str,
    rtol: float,
) -> None:
    if whole.keys() != other.keys():
        raise LookAheadError(
            f"which frames there are looks ahead: {', '.join(sorted(whole.keys() ^ other.keys()))} is or are "
            f"not on both sides where {what} (after {dates[-1].date()})"
        )
    for name, frame in whole.items():
        expected = frame.reindex(dates).to_numpy(dtype=np.float64)
        got = other[name].reindex(index=dates, columns=frame.columns).to_numpy(dtype=np.float64)
        size = np.where(np.isfinite(expected), np.abs(expected), 0.0).max(axis=0, initial=0.0)
        moved = ~np.isclose(got, expected, rtol=rtol, atol=size * 1e-9, equal_nan=True)
        if moved.any():
            row, column = map(int, np.argwhere(moved)[0])
            raise LookAheadError(
                f"{name} of {frame.columns[column]} on {dates[row].date()} looks ahead: it is "
                f"{expected[row, column]:.6g} on the whole panel and {got[row, column]:.6g} where "
                f"{what} (after {dates[-1].date()}); {int(moved.sum()):,} values moved"
            )
