"""Time ``btalpha check`` on many rows, and measure its memory.

``python -m btalpha.scripts.benchmarks.check`` writes 4,000 simulated stocks over 2,500 sessions, ten million
rows day by day, into a temporary folder, with some faults among them, and checks the file in a process of
its own. Prints one JSON object: seconds, peak memory of that process, and the faults planted and found.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ...feeds.boards import to_cents
from ...feeds.calendars import exchange_sessions
from ._memory import peak_memory

PLANTED = {"prices_outside_range": 7, "volume_without_trade": 5, "factor_against_pre_close": 3}
DAYS_A_GROUP = 50


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    if options.measure is not None:
        print(json.dumps(measure(options.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.parquet"
        rows = write_bars(path, options.stocks, options.days)
        size = path.stat().st_size
        program = [sys.executable, "-m", "btalpha.scripts.benchmarks.check", "--measure", str(path)]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
    result = {
        "rows": rows,
        "stocks": options.stocks,
        "days": options.days,
        "file_mib": round(size / 2**20, 1),
    }
    print(json.dumps(result | json.loads(done.stdout) | {"planted": PLANTED}, indent=2))


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stocks", type=int, default=4000, help="stocks, 20 or more")
    parser.add_argument("--days", type=int, default=2500, help="sessions, 20 or more")
    parser.add_argument("--measure", type=Path, help="check this file and print what that took")
    return parser.parse_args(arguments)


def measure(path: Path) -> dict[str, object]:
    """Check a file; return the seconds, the peak memory of this process and the errors found."""
    begin = time.perf_counter()
    from ...feeds.quality import read_dataset, run_checks

    data = read_dataset(path)
    read = time.perf_counter()
    findings = run_checks(data)
    end = time.perf_counter()
    return {
        "seconds": round(end - begin, 2),
        "seconds_reading": round(read - begin, 2),
        "peak_memory_gib": round(peak_memory() / 2**30, 2),
        "errors_found": {finding.check: finding.hits.count for finding in findings if finding.failed},
    }


def write_bars(path: Path, stocks: int, days: int) -> int:
    """Write clean random walks in cents, day by day, with :data:`PLANTED` faults; return the rows."""
    random = np.random.default_rng(0)
    every = exchange_sessions("XSHG", np.datetime64("2005-01-04"), np.datetime64("2025-12-31"))
    dates = every.to_numpy().astype("datetime64[ms]")[:days]
    symbols = pa.array([f"{600000 + number}.SH" for number in range(stocks)])
    before, factor = np.full(stocks, 20.0), np.ones(stocks)
    with parquet.ParquetWriter(path, _day(random, dates[0], symbols, before, factor).schema) as writer:
        for start in range(0, len(dates), DAYS_A_GROUP):
            group = []
            for number in range(start, min(start + DAYS_A_GROUP, len(dates))):
                if number == len(dates) - 1:  # a split that pre_close does not know
                    factor[: PLANTED["factor_against_pre_close"]] *= 1.02
                table = _day(random, dates[number], symbols, before, factor)
                group.append(_spoil(table) if number == len(dates) - 2 else table)
                before = table["close"].to_numpy()
            writer.write_table(pa.concat_tables(group))
    return len(dates) * stocks


def _day(
    random: np.random.Generator,
    date: np.datetime64,
    symbols: pa.Array,
    before: np.ndarray,
    factor: np.ndarray,
) -> pa.Table:
    """Return the bars of one day, in which prices stay within 5 % of the close before and near 20."""
    home = 0.002 * np.log(20.0 / before)
    at = [to_cents(before * (1 + home + random.uniform(-0.04, 0.04, len(before)))) for _ in range(2)]
    volume = random.integers(1_000, 1_000_000, len(before)) * 100
    columns = {
        "date": pa.array(np.full(len(before), date)),
        "symbol": symbols,
        "open": at[0],
        "high": np.maximum(*at),
        "low": np.minimum(*at),
        "close": at[1],
        "pre_close": before,
        "volume": volume,
        "amount": volume * (at[0] + at[1]) / 2,
        "factor": factor.copy(),
        "is_st": np.zeros(len(before), dtype=bool),
    }
    return pa.table(columns)


def _spoil(table: pa.Table) -> pa.Table:
    """Plant an open above the high in some bars and an amount of zero in others."""
    opens, amounts = table["open"].to_numpy().copy(), table["amount"].to_numpy().copy()
    outside = PLANTED["prices_outside_range"]
    opens[:outside] = table["high"].to_numpy()[:outside] + 0.05
    amounts[outside : outside + PLANTED["volume_without_trade"]] = 0.0
    names = table.column_names
    table = table.set_column(names.index("open"), "open", pa.array(opens))
    return table.set_column(names.index("amount"), "amount", pa.array(amounts))


if __name__ == "__main__":
    main()
