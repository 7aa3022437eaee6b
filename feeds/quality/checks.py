"""The list of checks, and the report of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    benchmark,
    duplicates,
    endings,
    jumps,
    keys,
    limits,
    members,
    sessions,
    stale,
    statements,
    values,
    volume,
)
from .dataset import Dataset
from .finding import Finding, Hits, Level


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    find
        The function that looks; its name is the check's.
    level
        What a hit is.
    tells
        What a hit means, in a few words.
    needs
        Parts or columns without which it cannot be run.
    """

    find: Callable[[Dataset], Hits]
    level: Level
    tells: str
    needs: tuple[str, ...] = ()


_ERROR, _NOTE = Level.ERROR, Level.NOTE

CHECKS = (
    Check(keys.missing_keys, _ERROR, "rows without date or symbol"),
    Check(values.impossible_values, _ERROR, "bars with values that no bar can have"),
    Check(values.prices_outside_range, _ERROR, "bars with open or close outside low to high"),
    Check(duplicates.conflicting_duplicates, _ERROR, "rows that differ from another of their day"),
    Check(duplicates.repeated_rows, _NOTE, "rows that are there twice"),
    Check(sessions.missing_sessions, _ERROR, "sessions without any bar", ("calendar",)),
    Check(sessions.foreign_dates, _ERROR, "dates that are no session", ("calendar",)),
    Check(sessions.thin_sessions, _NOTE, "dates with under half the usual bars"),
    Check(sessions.gaps, _NOTE, "days without a bar inside a symbol's life"),
    Check(stale.copied_bars, _ERROR, "bars equal to the one before, volume too"),
    Check(stale.stale_prices, _NOTE, "runs of 5 or more bars with the same prices"),
    Check(jumps.unexplained_jumps, _ERROR, "jumps that factor does not explain"),
    Check(
        jumps.factor_against_pre_close,
        _ERROR,
        "pre_close is not the close before by factor",
        ("factor", "pre_close"),
    ),
    Check(limits.limits_broken, _ERROR, "bars beyond the price limits"),
    Check(limits.limits_broken_after_pause, _NOTE, "the same after a pause, or first in the data"),
    Check(volume.volume_without_trade, _ERROR, "rows with volume, but without a trade"),
    Check(volume.trade_without_volume, _ERROR, "rows with a trade, but without volume"),
    Check(volume.rows_without_trade, _NOTE, "rows without trade (suspended days)"),
    Check(volume.amount_off_price, _ERROR, "amount / volume is no price of the day", ("amount",)),
    Check(endings.symbols_that_end, _NOTE, "symbols that end before the data"),
    Check(
        members.impossible_ranges,
        _ERROR,
        "membership ranges that end before they start, or never do",
        ("members",),
    ),
    Check(members.members_without_bars, _ERROR, "times in the index without any bar", ("members",)),
    Check(members.members_beyond_bars, _NOTE, "times in the index beyond the bars", ("members",)),
    Check(members.overlapping_ranges, _NOTE, "membership ranges that overlap", ("members",)),
    Check(
        statements.announced_before_period_end, _ERROR, "announced before the period ends", ("statements",)
    ),
    Check(statements.odd_period_ends, _ERROR, "periods that end within a quarter", ("statements",)),
    Check(statements.announced_late, _NOTE, "announced after the deadline", ("statements",)),
    Check(statements.unannounced, _NOTE, "without announcement date", ("statements",)),
    Check(statements.statements_without_bars, _NOTE, "symbols with statements, no bars", ("statements",)),
    Check(benchmark.benchmark_days_missing, _ERROR, "dates without index value", ("benchmark",)),
    Check(benchmark.benchmark_unusable, _ERROR, "rows of the index that cannot be used", ("benchmark",)),
    Check(benchmark.benchmark_jumps, _ERROR, "jumps of the index", ("benchmark",)),
)
"""All checks, in the order in which they are told."""


def run_checks(
    data: Dataset, *, checks: tuple[Check, ...] = CHECKS, progress: Callable[[int, int], None] | None = None
) -> list[Finding]:
    """Run checks over a data set.

    Parameters
    ----------
    data
        From :func:`.read_dataset`.
    checks
        Which ones, in order.
    progress
        Called with the number of checks done and of all.

    Returns
    -------
    list of Finding
        One a check, in order; one that lacks what it needs says so in ``skipped``.

    Examples
    --------
    >>> import pandas as pd
    >>> from .rows import parse_rows
    >>> table = pd.DataFrame({"date": ["2016-01-04", "2016-01-05"], "symbol": "600000.SH", "open": 9.0,
    ...     "high": [9.0, 5.0], "low": [9.0, 4.0], "close": [9.0, 4.5], "volume": 100})
    >>> data = Dataset(*parse_rows(table, []))
    >>> [finding.check for finding in run_checks(data) if finding.failed]
    ['prices_outside_range', 'unexplained_jumps', 'limits_broken']
    """
    findings = []
    for number, check in enumerate(checks, start=1):
        lacks = data.lacks(check.needs)
        hits = Hits() if lacks else check.find(data)
        skipped = f"the data has no {', '.join(lacks)}" if lacks else ""
        findings.append(Finding(check.find.__name__, check.level, check.tells, hits, skipped))
        if progress is not None:
            progress(number, len(checks))
    return findings
