"""Time reading a long parquet file into a panel against pandas, and measure the memory of both.

``python -m btalpha.scripts.benchmarks.read`` writes eight million rows, 3,200 simulated stocks over 2,526
sessions of which 1 % are suspended, into a temporary folder. Each way to read them runs in processes of its
own, in turns, and its fastest run counts: ``pandas.read_parquet`` and ``pivot`` field by field;
``Panel.from_long`` of the whole table; ``Panel.read``; the same with a cache that is empty, and with one that
holds the panel. Prints one JSON object: seconds, the largest memory above what the process had before it
read, and whether all axes and fields are equal bit for bit.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from ...feeds import Panel
from ...feeds.boards import to_cents
from ...feeds.calendars import exchange_sessions
from ._memory import memory_now, peak_memory

FIELDS = ("open", "high", "low", "close", "pre_close", "volume", "amount", "turnover", "factor")
SUSPENDED = 0.01
# Dates, symbols, and dates x symbols arrays by field.
Parts = tuple[pd.Index, pd.Index, dict[str, np.ndarray]]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.file, options.cache)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.parquet"
        rows = write_bars(path, options)
        best = run_all(path, Path(folder) / "cache", options.repeat)
        size = path.stat().st_size
    panel_bytes = best["read"]["panel_bytes"]
    pandas = best["pandas"]["seconds"]
    result = {
        "rows": rows,
        "stocks": options.stocks,
        "days": options.days,
        "fields": len(FIELDS),
        "order": options.order,
        "symbols": options.symbols,
        "file_mib": round(size / 2**20, 1),
        "panel_mib": round(panel_bytes / 2**20, 1),
        **{way: figures(one, panel_bytes) for way, one in best.items()},
        "times_faster_than_pandas": round(pandas / best["read"]["seconds"], 1),
        "times_faster_than_pandas_from_cache": round(pandas / best["cached"]["seconds"], 1),
        "equal_bit_for_bit": len({one["digest"] for one in best.values()}) == 1,
    }
    print(json.dumps(result, indent=2))


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stocks", type=int, default=3200, help="stocks")
    parser.add_argument("--days", type=int, default=2526, help="sessions")
    parser.add_argument(
        "--order", choices=("stocks", "days", "shuffled"), default="stocks", help="of the rows"
    )
    parser.add_argument(
        "--symbols", choices=("text", "category"), default="text", help="how they are written"
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the fastest counts")
    parser.add_argument("--measure", choices=WAYS, help="read --file in one way and print what that took")
    parser.add_argument("--file", type=Path, help="the bars that --measure reads")
    parser.add_argument("--cache", type=Path, help="the folder with the prepared panel")
    return parser.parse_args(arguments)


def run_all(path: Path, cache: Path, repeat: int) -> dict[str, dict[str, Any]]:
    """Measure every way in processes of its own, in turns; return the fastest run of each."""
    program = [sys.executable, "-m", "btalpha.scripts.benchmarks.read", "--file", str(path)]
    best: dict[str, dict[str, Any]] = {}
    for number in range(repeat):
        for way in WAYS:
            words = ["--measure", way, "--cache", str(cache / str(number))]
            done = subprocess.run([*program, *words], stdout=subprocess.PIPE, text=True, check=True)
            one = json.loads(done.stdout)
            if way not in best or one["seconds"] < best[way]["seconds"]:
                best[way] = one
    return best


def measure(way: str, path: Path, cache: Path) -> dict[str, Any]:
    """Read a file in one way; return seconds, bytes above the start, and a digest of what was read."""
    with tempfile.TemporaryDirectory() as folder:  # what is loaded at the first reading counts for none
        small = Path(folder) / "small.parquet"
        write_bars(small, parse_options(["--stocks", "3", "--days", "9"]))
        for read in WAYS.values():
            read(small, Path(folder))
    before = memory_now()
    begin = time.perf_counter()
    dates, symbols, fields = WAYS[way](path, cache)
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "peak_bytes": peak_memory() - before,
        "panel_bytes": sum(values.nbytes for values in fields.values()),
        "digest": digest(dates, symbols, fields),
    }


def figures(one: dict[str, Any], panel_bytes: int) -> dict[str, float]:
    """Return what is printed of one way."""
    return {
        "seconds": round(one["seconds"], 3),
        "peak_memory_above_start_mib": round(one["peak_bytes"] / 2**20, 1),
        "peak_memory_in_panels": round(one["peak_bytes"] / panel_bytes, 2),
    }


def with_pandas(path: Path) -> Parts:
    """Read the whole table and pivot each field."""
    table = pd.read_parquet(path)
    frames = {
        name: table.pivot(index="date", columns="symbol", values=name)  # noqa: PD010
        for name in table.columns.drop(["date", "symbol"])
    }
    first = next(iter(frames.values()))
    return first.index, first.columns, {name: frame.to_numpy() for name, frame in frames.items()}


def parts(panel: Panel) -> Parts:
    """Take a panel apart."""
    return panel.dates, panel.symbols, {name: panel.array(name) for name in panel.fields}


WAYS: dict[str, Callable[[Path, Path], Parts]] = {
    "pandas": lambda path, _: with_pandas(path),
    "from_long": lambda path, _: parts(Panel.from_long(pd.read_parquet(path))),
    "read": lambda path, _: parts(Panel.read(path)),
    "into_cache": lambda path, cache: parts(Panel.read(path, cache=cache)),
    "cached": lambda path, cache: parts(Panel.read(path, cache=cache)),
}


def digest(dates: pd.Index, symbols: pd.Index, fields: dict[str, np.ndarray]) -> str:
    """Return a checksum of axes and fields, in which every NaN is the same."""
    total = hashlib.sha256("\n".join([*map(str, symbols), *fields]).encode())
    total.update(dates.to_numpy().astype("datetime64[ns]").tobytes())
    for values in fields.values():
        for row in values:  # a row at a time takes no memory
            total.update(np.where(np.isnan(row), np.nan, row).astype(np.float64).tobytes())
    return total.hexdigest()


def write_bars(path: Path, options: argparse.Namespace) -> int:
    """Write random walks in cents with suspended days left out; return the rows."""
    random = np.random.default_rng(0)
    every = exchange_sessions("XSHG", np.datetime64("2005-01-04"), np.datetime64("2025-12-31"))
    days, stocks = every.to_numpy()[: options.days], options.stocks
    walk = np.cumsum(random.normal(0.0, 0.02, (stocks, len(days))), axis=1)
    close = to_cents(20.0 * np.exp(walk)) + 1.0
    before = np.roll(close, 1, axis=1)
    volume = random.integers(10, 10_000, close.shape) * 100
    columns: dict[str, Any] = {
        "open": before,
        "high": np.maximum(before, close) + 0.01,
        "low": np.minimum(before, close) - 0.01,
        "close": close,
        "pre_close": before,
        "volume": volume,
        "amount": volume * close,
        "turnover": volume / 1e9,
        "factor": np.floor(np.arange(close.size).reshape(close.shape) % len(days) / 250 + 1.0),
    }
    rows = np.flatnonzero(random.random(close.size) >= SUSPENDED)
    if options.order == "days":
        rows = rows[np.argsort(rows % len(days), kind="stable")]
    if options.order == "shuffled":
        random.shuffle(rows)
    names = pa.array([f"{600000 + number}.SH" for number in range(stocks)])
    symbol = pa.DictionaryArray.from_arrays(pa.array((rows // len(days)).astype(np.int32)), names)
    table = {
        "date": pa.array(days.astype("datetime64[ms]")[rows % len(days)]),
        "symbol": symbol if options.symbols == "category" else symbol.cast(pa.string()),
        **{name: pa.array(columns[name].ravel()[rows]) for name in FIELDS},
    }
    parquet.write_table(pa.table(table), path)
    return len(rows)


if __name__ == "__main__":
    main()
