"""What a fetch tells the user: lines, a table of what is missing, JSON."""

import csv
import io
import shlex
from collections import Counter
from pathlib import Path

import pandas as pd

from ..feeds.cache import Store
from .fetching import Fetched, Wanted
from .files import to_json

_SHOWN = 5
_ENDED = pd.Timedelta(days=30)


def summary_lines(fetched: Fetched, store: Store, wanted: Wanted) -> list[str]:
    """Return the summary: what is there, what is missing and why, and what to do next."""
    bars = sum(outcome.total for outcome in fetched.with_bars)
    new = sum(outcome.new_bars for outcome in fetched.outcomes)
    lines = [
        f"{len(fetched.with_bars):,} of {len(fetched.symbols):,} symbols have bars "
        f"from {wanted.start.date()} to {wanted.end.date()}: {bars:,} bars, {new:,} of them new"
    ]
    refreshed = sum(outcome.refreshed for outcome in fetched.outcomes)
    if refreshed:
        lines.append(f"{refreshed:,} earlier bars got a new adjustment factor")
    lines += _without_bars(fetched)
    lines += _ended(fetched, wanted)
    lines += _missing(fetched)
    lines += [f"note: {note}" for note in dict.fromkeys(fetched.notes)]
    if fetched.stopped:
        lines.append(f"stopped: {fetched.stopped}")
    if fetched.with_bars:
        lines += ["", "next:", f"  {next_command(fetched, store.folder)}"]
    return lines


def next_command(fetched: Fetched, folder: Path) -> str:
    """Return the backtest that reads what was fetched."""
    words = ["btalpha", "backtest", "--data", str(folder)]
    for name, file in (("--members", fetched.members), ("--statements", fetched.statements)):
        words += [] if file is None else [name, str(file)]
    return shlex.join(words)


def write_report(fetched: Fetched, store: Store) -> None:
    """Write ``state/missing.csv`` and ``state/summary.json`` into the folder."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("what", "reason", "message"))
    writer.writerows((what, *why) for what, why in fetched.missing.items())
    store.write_state("missing.csv", text.getvalue())
    content = {
        "source": store.source,
        "symbols": len(fetched.symbols),
        "with_bars": len(fetched.with_bars),
        "bars": sum(outcome.total for outcome in fetched.outcomes),
        "new_bars": sum(outcome.new_bars for outcome in fetched.outcomes),
        "refreshed": sum(outcome.refreshed for outcome in fetched.outcomes),
        "missing": {what: {"reason": why[0], "message": why[1]} for what, why in fetched.missing.items()},
        "notes": list(dict.fromkeys(fetched.notes)),
        "stopped": fetched.stopped,
        "exit_code": fetched.exit_code,
    }
    store.write_state("summary.json", to_json(content))


def _without_bars(fetched: Fetched) -> list[str]:
    none = [outcome.symbol for outcome in fetched.outcomes if not outcome.total]
    return [f"{len(none):,} did not trade in the span: {_first(none)}"] if none else []


def _ended(fetched: Fetched, wanted: Wanted) -> list[str]:
    ended = [
        f"{outcome.symbol} {outcome.last_bar.date()}"
        for outcome in fetched.with_bars
        if outcome.last_bar is not None and outcome.last_bar < wanted.end - _ENDED
    ]
    return [f"{len(ended):,} end early, delisted or suspended: {_first(ended)}"] if ended else []


def _missing(fetched: Fetched) -> list[str]:
    lines = []
    for reason, count in Counter(why[0] for why in fetched.missing.values()).most_common():
        named = [what for what, why in fetched.missing.items() if why[0] == reason]
        lines.append(f"missing, {reason}: {count:,} ({_first(named)})")
        lines.append(f"  {fetched.missing[named[0]][1]}")
    if lines:
        lines.append("all of them are in state/missing.csv of the folder")
    return lines


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
