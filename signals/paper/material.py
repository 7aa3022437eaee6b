"""What all draws share: factors, what followed them, and the returns of the days held, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...feeds import DataError, Panel
from ..factors import computable, compute_factors
from ..screening.targets import TARGETS, forward_target
from .held import held_returns


@dataclass(frozen=True)
class Known:
    """What was known at the close of the last day of the window.

    Attributes
    ----------
    values
        W x N x F raw factor values, NaN where there is none.
    targets
        By name of the target, W x N: what followed each day. The last row is NaN, for it was not known.
    codes
        The F factors.
    """

    values: np.ndarray
    targets: dict[str, np.ndarray]
    codes: tuple[str, ...]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return one W x N frame a factor."""
        return by_code(self.values, self.codes)


@dataclass(frozen=True)
class Material:
    """Stocks without a gap in the window, over its W days and the H days held after it.

    Attributes
    ----------
    dates
        W + H dates; the window is the first W, and its last day is the day of the decision.
    symbols
        N stocks.
    known
        What was known on the day of the decision.
    later_values
        H x N x F raw factor values of the days after it. **Using them is a leak.**
    returns
        H x N: the return of each day held.
    """

    dates: pd.DatetimeIndex
    symbols: pd.Index
    known: Known
    later_values: np.ndarray
    returns: np.ndarray

    @property
    def held(self) -> pd.DatetimeIndex:
        """The H days held."""
        return self.dates[len(self.known.values) :]

    def of(self, symbols: pd.Index) -> "Material":
        """Return what there is of some symbols; those that have a gap are left out."""
        columns = np.flatnonzero(self.symbols.isin(symbols))
        # Copies: sums over views and over what another process is sent could differ in the last digit.
        return Material(
            dates=self.dates,
            symbols=self.symbols[columns],
            known=Known(
                self.known.values[:, columns].copy(),
                {name: target[:, columns].copy() for name, target in self.known.targets.items()},
                self.known.codes,
            ),
            later_values=self.later_values[:, columns].copy(),
            returns=self.returns[:, columns].copy(),
        )


def prepare(
    panel: Panel,
    end: str | pd.Timestamp,
    *,
    sessions: int = 65,
    held: int = 10,
    codes: Sequence[str] | None = None,
    entry: str = "close",
) -> tuple[Material, dict[str, str]]:
    """Compute what all draws share.

    Parameters
    ----------
    panel
        Bars; those before the window warm the factors up.
    end
        Last day of the window: factors and prices of its close decide.
    sessions, held
        W, the window's sessions with ``end``, and H, the sessions held after it.
    codes
        Candidate factors; ``None`` for all that the panel allows.
    entry
        See :func:`~btalpha.signals.paper.held.held_returns`.

    Returns
    -------
    Material
        Of the stocks that traded on each of the W days.
    dict of str to str
        Codes left out and why.

    Raises
    ------
    DataError
        If ``end`` is no session of the panel, it has too few sessions around it, no stock traded on
        all W days, or no factor has a value there.
    """
    row = _row(panel, end, sessions=sessions, held=held)
    window = slice(row - sessions + 1, row + 1)
    complete = np.asarray(panel.traded_array[window].all(axis=0))
    if not complete.any():
        raise DataError(
            f"no stock has a bar on each of the {sessions} sessions to {panel.dates[row].date()}",
            remedy="choose a shorter window or another day",
        )
    panel = panel.select(panel.symbols[complete])
    values, known_codes, left_out = _values(panel, window, codes, sessions + held)
    targets = {}
    for name in TARGETS:
        target = forward_target(panel, 1, target="price" if name == "price" else "return", label="close")
        targets[name] = target[window].copy()
        targets[name][-1] = np.nan
    material = Material(
        dates=panel.dates[window.start : window.stop + held],
        symbols=panel.symbols,
        known=Known(values[:sessions], targets, known_codes),
        later_values=values[sessions:],
        returns=held_returns(panel, row, held, entry=entry),
    )
    return material, left_out


def by_code(values: np.ndarray, codes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return T x N x F values as one T x N frame a factor."""
    return {code: pd.DataFrame(values[:, :, place]) for place, code in enumerate(codes)}


def _row(panel: Panel, end: str | pd.Timestamp, *, sessions: int, held: int) -> int:
    day = pd.Timestamp(end)
    row = int(panel.dates.searchsorted(day))
    span = f"the bars run from {panel.dates[0].date()} to {panel.dates[-1].date()}"
    if row >= len(panel) or panel.dates[row] != day:
        raise DataError(f"{day.date()}, the end of the window, is no session; {span}", remedy="name one")
    if row + 1 < sessions or row + held >= len(panel):
        raise DataError(
            f"{row + 1} sessions lie up to {day.date()} and {len(panel) - row - 1} after it, {sessions} and "
            f"{held} are needed; {span}",
            remedy="choose another end, a shorter window or fewer days held",
        )
    return row


def _values(
    panel: Panel, window: slice, codes: Sequence[str] | None, rows: int
) -> tuple[np.ndarray, tuple[str, ...], dict[str, str]]:
    """Return rows x N x F values, the codes that have any in the window, and why others are left out."""
    able, left_out = computable(panel, codes)
    stacked, known = [], []
    for code, frame in compute_factors(panel, able, form="raw").items() if able else ():
        values = frame.to_numpy()[window.start : window.start + rows]
        values = np.where(np.isfinite(values), values, np.nan)
        if np.isfinite(values[: window.stop - window.start]).any():
            known.append(code)
            stacked.append(values)
        else:
            left_out[code] = "no value in the window: too few bars before it"
    if not known:
        raise DataError(
            "none of the candidate factors has a value in the window",
            remedy="give bars before it, or name other candidates",
        )
    return np.stack(stacked, axis=-1), tuple(known), left_out
