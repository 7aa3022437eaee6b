"""``btalpha fetch``: market data from a source into a folder that ``btalpha backtest`` reads."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ...feeds.cache import Store, default_folder
from ...feeds.sources import Patience, Source, SourceError, make_source
from ...feeds.sources.errors import NotOffered
from ...feeds.sources.files.table import Conventions
from ..days import read_day
from ..fetch_summary import summary_lines, write_report
from ..fetching import Wanted, fetch
from ..progress import stages


def run(
    name: str,
    *,
    universe: str | None = None,
    index: str | None = None,
    symbols: str | None = None,
    start: str | None = None,
    end: str | None = None,
    out: Path | None = None,
    statements: bool = False,
    path: Path | None = None,
    options: dict[str, Any] | None = None,
    pause: float | None = None,
    check: bool = False,
    quiet: bool = False,
) -> int:
    """Fetch, print the summary and return the exit code: 0 all, 1 some is missing, 3 nothing.

    Raises
    ------
    DataError, ValueError, OSError
        For what the user can mend; what was complete before stays.
    """
    patience = None if pause is None else Patience(pause_s=pause)
    with make_source(name, path=path, options=options, patience=patience) as source:
        if check:
            return check_source(source)
        listed = tuple(part.strip() for part in symbols.split(",")) if symbols else ()
        if index and not universe:
            raise ValueError("--index needs --universe FILE, of which it names one")
        if universe and listed:
            raise ValueError("give --universe or --symbols, not both")
        if not universe and not listed and path is None:
            raise ValueError("give --universe csi300, or --symbols 600519.SH,000001.SZ")
        wanted = Wanted(*_span(source, start, end), universe, listed, statements, index)
        store = Store(default_folder(name) if out is None else out, name)
        with stages(quiet=quiet) as shown:
            shown.begin(f"fetch from {name}")
            fetched = fetch(source, store, wanted, shown.count, shown.begin)
    write_report(fetched, store)
    print("\n".join(summary_lines(fetched, store, wanted)))
    return fetched.exit_code


def conventions(columns: str | None, units: str | None) -> dict[str, Any]:
    """Return the option of a source of files from ``a=b,c=d`` and ``volume=100``.

    Raises
    ------
    ValueError
        If a part is not of that form.

    Examples
    --------
    >>> conventions("vol=volume", "volume=100")["conventions"].units
    {'volume': 100.0}
    >>> conventions(None, None)
    {}
    """
    if columns is None and units is None:
        return {}
    scales = {}
    for here, text in _pairs(units, "--units").items():
        try:
            scales[here] = float(text)
        except ValueError:
            raise ValueError(f"--units {here} must be a number, got {text!r}") from None
    return {"conventions": Conventions(columns=_pairs(columns, "--columns"), units=scales)}


def _pairs(text: str | None, option: str) -> dict[str, str]:
    parts = [part.strip() for part in text.split(",")] if text else []
    if any(part.count("=") != 1 for part in parts):
        raise ValueError(f"{option} is written as a=b,c=d, got {text!r}")
    return {left.strip(): right.strip() for left, right in (part.split("=") for part in parts)}


def _span(source: Source, start: str | None, end: str | None) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return first and last day; one that is not over yet has no bar that stays."""
    last = source.last_final_day()
    first = pd.Timestamp("2010-01-01") if start is None else read_day(start, "--start")
    until = last if end is None else min(last, read_day(end, "--end"))
    if first > until:
        raise ValueError(f"--start {first.date()} lies after the last day that is over, {until.date()}")
    return first, until


def check_source(source: Source) -> int:
    """Ask a source for a little of everything, say what came, and return 0, or 3 where a part failed."""
    end = source.last_final_day()
    start = end - pd.Timedelta(days=45)
    quarter = end - pd.DateOffset(months=9)
    parts: dict[str, Callable[[], pd.DataFrame]] = {
        f"bars of {source.probe}": lambda: source.bars(source.probe, start, end),
        f"factor of {source.probe}": lambda: source.factor_steps(source.probe),
        "members of csi300": lambda: source.members("csi300", start, end),
        f"statements of {source.probe}": lambda: source.statements([source.probe], quarter, end),
    }
    failed = 0
    for what, ask in parts.items():
        begun = time.monotonic()
        try:
            table = ask()
            good = len(table) > 0
            said = f"{len(table):,} rows" if good else "FAILED: no rows"
        except NotOffered:
            good, said = True, "not offered"
        except SourceError as error:
            good, said = False, f"FAILED: {error}"
        failed += not good
        print(f"{source.name}: {what}: {said} ({time.monotonic() - begun:.1f} s)")
    return 3 if failed else 0
