"""What the factors cost as stocks and dates grow: seconds and peak memory of each point, and the exponents.

Each point runs in a process of its own, so that its peak memory is its own. The market is a small
simulated one, repeated over stocks and dates, with the statements of its first 500 days; it is made in
seconds. The exponents are fitted to the processor's time, which other work on the machine hardly moves.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...feeds import Panel, Statements, simulate_market
from ...signals.factors import iter_factors

POINTS = (
    *("250x500", "500x500", "1000x500", "2000x500"),
    *("250x1000", "500x1000", "1000x1000", "2000x1000"),
    *("250x2500", "500x2500", "1000x2500", "2000x2500"),
    "5000x2500",
)
SYMBOLS, DAYS = 100, 500
"""Size of the simulated market that is repeated."""
LIMIT_GIB = 16


def curve(points: Sequence[str], repeat: int) -> dict[str, Any]:
    """Measure all points; return them with the exponents of stocks and dates and whether memory is enough.

    Parameters
    ----------
    points
        As ``1000x500``: stocks x dates.
    repeat
        Runs of each point of which the fastest counts.
    """
    measured = [measure_apart(point, repeat) for point in points]
    peak = max(float(point["peak_memory_gib"]) for point in measured)
    return {
        "points": measured,
        "exponents": exponents(measured),
        "peak_memory_gib": peak,
        f"within_{LIMIT_GIB}_gib": peak <= LIMIT_GIB,
    }


def measure_apart(point: str, repeat: int) -> dict[str, Any]:
    """Measure one point in a process of its own."""
    command = [sys.executable, "-m", __name__, point, str(repeat)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the point {point} failed with code {done.returncode}: {done.stderr[-500:]}")
    print(done.stdout.strip(), file=sys.stderr)
    return json.loads(done.stdout)


def measure(point: str, repeat: int) -> dict[str, float]:
    """Compute all factors, one after the other, and return what it took."""
    stocks, days = map(int, point.split("x"))
    every_factor(tiled(2, 300))  # compile
    panel = tiled(stocks, days)
    seconds, cpu_seconds, factors = map(min, zip(*(every_factor(panel) for _ in range(repeat)), strict=True))
    return {
        "stocks": stocks,
        "dates": days,
        "factors": factors,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "nanoseconds_per_value": round(1e9 * seconds / (factors * stocks * days), 2),
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def every_factor(panel: Panel) -> tuple[float, float, int]:
    """Return the seconds and processor seconds that all computable factors take, and how many they are."""
    begin, cpu_begin = time.perf_counter(), time.process_time()
    count = sum(1 for _ in iter_factors(panel))
    return time.perf_counter() - begin, time.process_time() - cpu_begin, count


def tiled(stocks: int, days: int) -> Panel:
    """Return a market of any size: a simulated one, repeated."""
    small = simulate_market(n_symbols=SYMBOLS, n_days=DAYS, seed=0)
    rows, columns = np.arange(days) % DAYS, np.arange(stocks) % SYMBOLS
    dates = pd.bdate_range(small.dates[0], periods=days, name="date")
    symbols = pd.Index([f"{number:06d}.SH" for number in range(stocks)], name="symbol")
    if small.benchmark is None or small.statements is None:
        raise RuntimeError("a simulated market has a benchmark and statements")
    return Panel(
        dates=dates,
        symbols=symbols,
        arrays={name: small.array(name)[np.ix_(rows, columns)] for name in small.fields},
        statements=repeated(small.statements, small.symbols, symbols),
        benchmark=small.benchmark.iloc[rows].set_index(dates),
    )


def repeated(statements: Statements, known: pd.Index, symbols: pd.Index) -> Statements:
    """Give each of many symbols the statements of the one that it repeats."""
    frame = statements.frame.drop(columns="visible")
    own = dict(iter(frame.groupby("symbol", sort=False)))
    parts = [own[known[i % len(known)]].assign(symbol=symbol) for i, symbol in enumerate(symbols)]
    return Statements.from_long(pd.concat(parts, ignore_index=True))


def exponents(measured: list[dict[str, Any]]) -> dict[str, float] | None:
    """Fit ``cpu_seconds = c * stocks^a * dates^b`` by least squares of the logarithms; linear is 1.

    None where the points do not tell: fewer than three, or all of the same stocks or dates.
    """
    table = pd.DataFrame(measured)
    sizes = np.log(table[["stocks", "dates"]].to_numpy(float))
    design = np.column_stack([sizes, np.ones(len(table))])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    solution = np.linalg.lstsq(design, np.log(table["cpu_seconds"].to_numpy(float)), rcond=None)[0]
    return {"stocks": round(float(solution[0]), 3), "dates": round(float(solution[1]), 3)}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
