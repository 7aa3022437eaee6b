"""Time the factor library against the same definitions in plain pandas, one stock at a time.

``python -m btalpha.scripts.benchmarks.factors`` simulates a market, ``--data bars.parquet`` takes real bars.
Both sides compute the same technical factors in the same process; plain pandas on a sample of the
stocks, its time multiplied up, because on all of them it takes minutes. Prints one JSON object.

``--curve`` measures instead what all factors cost as stocks and dates grow, up to 5,000 x 2,500, which
takes some minutes and 6 GiB; ``--curve 250x500 500x500`` these sizes alone.
"""

import argparse
import importlib.util
import json
import logging
import resource
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd

from ...feeds import Panel, simulate_market
from ...signals.factors import compute_factors
from ._curve import POINTS, curve

REFERENCE = Path(__file__).resolve().parents[2] / "tests" / "signals" / "factors" / "reference.py"


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    logging.getLogger("btalpha.factors").setLevel(logging.WARNING)
    result = compare(options) if options.curve is None else curve(options.curve or POINTS, options.repeat)
    print(json.dumps(result, indent=2))


def compare(options: argparse.Namespace) -> dict[str, object]:
    """Time both sides on one market."""
    panel = load_panel(options)
    reference = load_reference()
    codes = list(reference.REFERENCE)
    first = timed(lambda: compute_factors(panel, codes, form="raw"))
    same = best(lambda: compute_factors(panel, codes, form="raw"), options.repeat)
    every = best(lambda: compute_factors(panel), options.repeat)
    sample = panel.symbols[:: max(1, len(panel.symbols) // options.sample)][: options.sample]
    slow = timed(lambda: plain_pandas(panel, reference, sample)) * len(panel.symbols) / len(sample)
    return {
        "stocks": len(panel.symbols),
        "days": len(panel.dates),
        "factors": len(codes),
        "seconds": round(same, 3),
        "seconds_first_call": round(first, 3),
        "seconds_plain_pandas": round(slow, 1),
        "sampled_stocks": len(sample),
        "milliseconds_per_factor": round(1e3 * same / len(codes), 2),
        "milliseconds_per_factor_plain_pandas": round(1e3 * slow / len(codes), 1),
        "times_faster": round(slow / same, 1),
        "all_factors": len(compute_factors(panel)),
        "seconds_all_scaled": round(every, 3),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="bars in the long format instead of a simulated market")
    parser.add_argument("--stocks", type=int, default=553, help="stocks of the simulated market")
    parser.add_argument("--days", type=int, default=1700, help="days of the simulated market")
    parser.add_argument("--sample", type=int, default=8, help="stocks that plain pandas is timed on")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the fastest counts")
    parser.add_argument("--curve", nargs="*", metavar="STOCKSxDATES", help="measure the growth of the cost")
    return parser.parse_args(arguments)


def load_panel(options: argparse.Namespace) -> Panel:
    """Read or simulate the bars, and give real ones a stand-in for the index where it is missing."""
    if options.data is None:
        return simulate_market(n_symbols=options.stocks, n_days=options.days, seed=0)
    panel = Panel.read(options.data)
    if panel.benchmark is not None:
        return panel
    growth = panel.adjusted("close").pct_change(fill_method=None).median(axis=1)
    close = (1.0 + growth.fillna(0.0)).cumprod()
    benchmark = pd.DataFrame({"open": close.shift(fill_value=1.0), "close": close})
    return Panel(
        dates=panel.dates,
        symbols=panel.symbols,
        arrays={name: panel.array(name) for name in panel.fields},
        benchmark=benchmark,
    )


def load_reference() -> ModuleType:
    """Import the plain implementation from the tests, which ship with the source."""
    spec = importlib.util.spec_from_file_location("factor_reference", REFERENCE)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{REFERENCE} is missing: run this from a checkout of the source")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain_pandas(panel: Panel, reference: ModuleType, symbols: pd.Index) -> None:
    """Compute every reference factor of some stocks."""
    frames = {name: panel[name] for name in (*reference.COLUMNS, "factor")}
    for symbol in symbols:
        bars = reference.stock_bars(frames, panel.benchmark, symbol)
        for factor in reference.REFERENCE.values():
            factor(bars)


def timed(run: Callable[[], object]) -> float:
    """Return how many seconds a run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def best(run: Callable[[], object], repeat: int) -> float:
    """Return the seconds of the fastest of some runs."""
    return min(timed(run) for _ in range(repeat))


if __name__ == "__main__":
    main()
