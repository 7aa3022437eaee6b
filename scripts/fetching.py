"""Fetching a universe into a folder: one symbol after the other, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..feeds import DataError, read_members
from ..feeds.cache import Outcome, Store, Updater
from ..feeds.readers import read_table
from ..feeds.sources import Source, SourceError
from ..feeds.sources.base import canonical_symbols
from ..feeds.sources.errors import AccessError, MissingClient, NoAnswer, NotOffered
from ..feeds.sources.symbols import canonical

GIVE_UP_AFTER = 5
"""So many symbols in a row without an answer: the source is away, and the rest is not asked for."""
ONE_BY_ONE = frozenset({"baostock", "tushare"})
"""Sources that ask for the statements of each symbol; others read a file, or a quarter of all shares."""
_WRITE_AFTER = 10  # the file is written whole each time
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be fetched.

    Attributes
    ----------
    start, end
        First and last day.
    universe
        An index, such as ``csi300``, or a file of symbols or of membership ranges.
    index
        Which index of a file of ranges that holds several.
    symbols
        Symbols instead; neither: all that the source can list.
    statements
        Whether statements are fetched, too.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    universe: str | None = None
    symbols: tuple[str, ...] = ()
    statements: bool = False
    index: str | None = None


@dataclass
class Fetched:
    """What a fetch did.

    Attributes
    ----------
    symbols
        All that were wanted.
    outcomes
        Of those that the source answered for.
    missing
        Symbol or table -> reason and message, for what should be there and is not.
    members, statements
        Files that were written.
    notes
        What the user should know of it.
    stopped
        Why not all was asked for.
    """

    symbols: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    missing: dict[str, tuple[str, str]] = field(default_factory=dict)
    members: Path | None = None
    statements: Path | None = None
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None

    @property
    def with_bars(self) -> list[Outcome]:
        """Outcomes of symbols that have bars in the span."""
        return [outcome for outcome in self.outcomes if outcome.total]

    @property
    def exit_code(self) -> int:
        """0: all that exists is there; 1: some is missing; 3: there is nothing."""
        if not self.with_bars:
            return 3
        return 1 if self.missing or self.stopped else 0


def fetch(
    source: Source,
    store: Store,
    wanted: Wanted,
    progress: Progress | None = None,
    begin: Callable[[str], None] | None = None,
) -> Fetched:
    """Bring all wanted symbols up to date; ``progress`` is told of each, ``begin`` of the statements.

    Raises
    ------
    DataError
        If the universe cannot be read, or the source refuses the user; bars that were there stay.
    """
    fetched = Fetched()
    fetched.symbols = _universe(source, store, wanted, fetched)
    try:
        _bars(source, store, wanted, fetched, progress)
        if wanted.statements and fetched.stopped is None:
            if begin is not None:
                begin(f"statements from {source.name}")
            _statements(source, store, wanted, fetched, progress)
    except KeyboardInterrupt:
        fetched.stopped = "interrupted; what was complete is kept, and the same command goes on"
    fetched.notes += [*source.notes, *store.set_aside]
    return fetched


def _universe(source: Source, store: Store, wanted: Wanted, fetched: Fetched) -> list[str]:
    if wanted.symbols:
        return canonical_symbols(wanted.symbols)
    if wanted.universe is None:
        return source.symbols()
    path = Path(wanted.universe)
    if path.suffix in (".csv", ".parquet"):
        return _universe_of_file(store, path, wanted, fetched)
    if wanted.index is not None:
        raise DataError("--index needs --universe FILE", remedy="name the index as --universe, or a file")
    span, name = (wanted.start, wanted.end), wanted.universe
    ranges = source.members(name, *span)
    if not source.point_in_time:
        fetched.notes.append(
            f"{source.name} knows today's members of {name} only, each from the day it joined: those "
            "that have left are missing, which flatters a backtest (survivorship); fetch the members "
            "from baostock or tushare, or give --universe FILE with ranges"
        )
    fetched.members = store.write_members(name.lower(), _somebody(ranges, name), span)
    return canonical_symbols(list(ranges["symbol"]))


def _universe_of_file(store: Store, path: Path, wanted: Wanted, fetched: Fetched) -> list[str]:
    """Return the symbols of a file; its ranges are kept in full, also those outside of the span."""
    table = read_table(path)
    if "start" not in table.columns:
        if wanted.index is not None:
            raise DataError(f"{path} has no ranges to take --index of", remedy="leave --index out")
        return _column(table, path)
    ranges, name = read_members(path, index=wanted.index), wanted.index or path.stem
    ranges = ranges.assign(symbol=ranges["symbol"].map(canonical))
    inside = ranges[(ranges["start"] <= wanted.end) & ~(ranges["end"] < wanted.start)]
    symbols = canonical_symbols(list(_somebody(inside, name)["symbol"]))
    fetched.members = store.write_members(name, ranges)
    return symbols


def _somebody(ranges: pd.DataFrame, name: str) -> pd.DataFrame:
    if ranges.empty:
        raise DataError(f"nobody is a member of {name} in the span", remedy="check the dates")
    return ranges


def _column(table: pd.DataFrame, path: Path) -> list[str]:
    if "symbol" not in table.columns:
        raise DataError(f"{path} lacks the column symbol", remedy="name the column of symbols so")
    return canonical_symbols([str(symbol) for symbol in table["symbol"]])


def _bars(source: Source, store: Store, wanted: Wanted, fetched: Fetched, progress: Progress | None) -> None:
    updater = Updater(store, source)
    silent = 0
    for number, symbol in enumerate(fetched.symbols):
        try:
            fetched.outcomes.append(updater.update(symbol, wanted.start, wanted.end))
            silent = 0
        except (AccessError, MissingClient):
            raise
        except SourceError as error:
            fetched.missing[symbol] = (error.reason, str(error))
            silent = silent + 1 if isinstance(error, NoAnswer) else 0
        if silent == GIVE_UP_AFTER:
            left = len(fetched.symbols) - number - 1
            fetched.stopped = (
                f"{source.name} has not answered {silent} times in a row; {left:,} not asked for"
            )
            return
        if progress is not None:
            progress(number + 1, len(fetched.symbols))


def _statements(
    source: Source, store: Store, wanted: Wanted, fetched: Fetched, progress: Progress | None
) -> None:
    """Fetch statements and write them as they come, so that a run that ends early has those before."""
    symbols = [outcome.symbol for outcome in fetched.with_bars]
    if not symbols:
        return
    told: set[str] = set()
    waiting: list[pd.DataFrame] = []

    def write() -> None:
        if waiting:
            fetched.statements = store.write_statements(pd.concat(waiting, ignore_index=True))
            waiting.clear()

    before = len(fetched.missing)
    try:
        for table in _answers(source, symbols, wanted, fetched, progress):
            told |= set(table["symbol"])
            waiting.append(table)
            if len(waiting) == _WRITE_AFTER:
                write()
    finally:
        write()
    if len(fetched.missing) > before or fetched.stopped is not None:
        return
    silent = sorted(set(symbols) - told)
    if not told:
        fetched.missing["statements"] = ("no answer", f"{source.name} has no statement of these symbols")
    elif silent:
        fetched.notes.append(f"{len(silent):,} symbols have no statement: {', '.join(silent[:5])}")


def _answers(
    source: Source, symbols: list[str], wanted: Wanted, fetched: Fetched, progress: Progress | None
) -> Iterator[pd.DataFrame]:
    """Yield the statements that a backtest from ``start`` on can use: those of two years before, too."""
    alone = source.name in ONE_BY_ONE
    parts = [[symbol] for symbol in symbols] if alone else [symbols]
    since, silent = wanted.start - pd.DateOffset(years=2), 0
    for number, part in enumerate(parts):
        table = None
        try:
            table = source.statements(part, since, wanted.end)
            silent = 0
        except (AccessError, MissingClient, NotOffered) as error:  # the next symbol would fare no better
            fetched.missing["statements"] = (error.reason, str(error))
            return
        except SourceError as error:
            what = f"statements of {part[0]}" if alone else "statements"
            fetched.missing[what] = (error.reason, str(error))
            silent = silent + 1 if isinstance(error, NoAnswer) else 0
        if table is not None and not table.empty:
            yield table
        if silent == GIVE_UP_AFTER:
            left = f"statements of {len(parts) - number - 1:,} not asked for"
            fetched.stopped = f"{source.name} has not answered {silent} times in a row; {left}"
            return
        if progress is not None:
            progress(number + 1, len(parts))
