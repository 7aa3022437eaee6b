"""The causality audit: does any row change when only later rows do?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...feeds import Panel
from .diagnosis import explain
from .findings import Check, Frames, LookAheadError, Moved, compare, earliest
from .futures import cut_rows, futures
from .targets import Auditable, Outcome, Target


def assert_causal(
    target: Auditable,
    panel: Panel,
    *,
    cuts: int = 3,
    fit_until: str | pd.Timestamp | None = None,
    seed: int = 0,
    rtol: float = 1e-6,
) -> None:
    """Raise if a value at ``t`` changes when the panel ends at ``t`` or its future is another one.

    The panel is cut at several dates; and behind each cut the future is corrupted: prices times
    ten, days shuffled, half of the symbols removed, the universe turned over, later statements restated.
    Each time the target is fitted and computed again, and every row up to the cut must be what it was.
    Of a walk-forward, when it is fitted and the factors of each fit are compared, too.

    Parameters
    ----------
    target
        A provider (a copy is fitted on ``panel.until(fit_until)``, then predicts), a factor or
        its code, or a function of a panel that returns one dates x symbols frame, several by
        name, or a provider. The function sees the whole panel, so it shows what a provider cannot
        that was given factors or labels found beforehand.
    panel
        What to check it on, with gaps if it is to see any.
    cuts
        Number of dates; they are spread over the rows after ``fit_until``. To them comes the one
        on which most stocks wait for a later bar, so that what is filled from behind is seen, and of a
        walk-forward the date of its last fit, where a fit that sees a row too many is seen.
    fit_until
        Last date to fit a provider on; default 60 % of the dates, or the one before the start of a
        walk-forward.
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
        Names the first date, symbol and value that moved, and by which corruption; of a provider that
        is built on features also the factor that moved first, or what did where no factor moved.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=10, n_days=60, seed=1)
    >>> assert_causal("rev5", panel)
    >>> assert_causal(lambda p: p["close"] / p["close"].mean(), panel)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    btalpha.signals.audit.findings.LookAheadError: ...
    """
    audited = Target(target, fit_until)
    for step in _steps(audited, panel, cuts, seed, rtol):
        if step.moved:
            first = earliest(step.moved)
            why = explain(first, step.whole, panel, step.other, step.panel, rtol)
            raise LookAheadError(f"{first}; {why}" if why else str(first))


def check_causal(
    target: Auditable,
    panel: Panel,
    *,
    name: Callable[[str], str] = str,
    cuts: int = 3,
    fit_until: str | pd.Timestamp | None = None,
    seed: int = 0,
    rtol: float = 1e-6,
    on_step: Callable[[int, int], None] | None = None,
) -> list[Check]:
    """Do as :func:`assert_causal`, and return a verdict on each frame instead of raising.

    Parameters
    ----------
    target, panel, cuts, fit_until, seed, rtol
        See :func:`assert_causal`.
    name
        Turns the name of a frame into that of its check.
    on_step
        Called with (futures done, futures to do).

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=10, n_days=60, seed=1)
    >>> (check,) = check_causal("rev5", panel)
    >>> check.name, check.verdict, check.futures > 0
    ('rev5', 'holds', True)
    """
    audited = Target(target, fit_until)
    found: dict[str, str] = {}
    names: dict[str, int] = {}
    rows: set[int] = set()
    done = 0
    try:
        for step in _steps(audited, panel, cuts, seed, rtol):
            done += 1
            rows.add(step.row)
            for frame, values in step.whole.frames.items():
                names[frame] = names.get(frame, 0) + _count(values, panel.dates[step.row])
            for frame, moved in step.moved.items():
                if frame not in found:
                    why = explain(moved, step.whole, panel, step.other, step.panel, rtol)
                    found[frame] = f"{moved}; {why}" if why else str(moved)
            if on_step is not None:
                on_step(done, step.total)
    except LookAheadError as error:
        return [Check(name("scores"), len(rows), done, sum(names.values()), "looks ahead", str(error))]
    return [
        Check(
            name=name(frame),
            cuts=len(rows),
            futures=done,
            values=values,
            verdict="looks ahead" if frame in found else "holds",
            finding=found.get(frame, ""),
        )
        for frame, values in names.items()
    ]


@dataclass(frozen=True)
class Step:
    """One future: at which row of how many in all, what the target gave, and what moved."""

    row: int
    total: int
    whole: Outcome
    other: Outcome
    panel: Panel
    moved: dict[str, Moved]


def _steps(target: Target, panel: Panel, cuts: int, seed: int, rtol: float) -> Iterator[Step]:
    if len(panel) < 3:
        raise ValueError(f"panel must have 3 dates or more to be cut, got {len(panel)}")
    if cuts < 1:
        raise ValueError(f"cuts must be 1 or more, got {cuts}")
    whole = target.compute(panel)
    rng = np.random.default_rng(seed)
    rows = cut_rows(panel, target.first_row(panel, whole), cuts, [fit.date for fit in whole.fits])
    total = len(rows) * (5 if panel.statements is None else 6)
    for row in rows:
        dates = panel.dates[: row + 1]
        for what, other_panel in futures(panel, row, rng):
            other = _compute(target, other_panel, what, dates[-1])
            moved = compare(*_comparable(whole.frames, other.frames, other), dates, what, rtol)
            yield Step(row, total, whole, other, other_panel, moved)


def _count(frame: pd.DataFrame, date: pd.Timestamp) -> int:
    """Count the values that a comparison up to a date compares, NaN aside."""
    return int((~np.isnan(frame.to_numpy(dtype=np.float64)[frame.index <= date])).sum())


def _compute(target: Target, panel: Panel, what: str, date: pd.Timestamp) -> Outcome:
    try:
        return target.compute(panel)
    except Exception as error:
        error.add_note(f"This was raised by the audit, where {what} (after {date.date()}).")
        raise


def _comparable(whole: Frames, other: Frames, outcome: Outcome) -> tuple[Frames, Frames]:
    """Give a walk-forward that was not fitted yet, or chose nothing, empty frames to compare with."""
    if outcome.provider is None:
        return whole, other
    names = {**whole, **other}
    empty = pd.DataFrame(index=pd.DatetimeIndex([]))
    return {name: whole.get(name, empty) for name in names}, {name: other.get(name, empty) for name in names}
