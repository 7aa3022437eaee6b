"""Time the screening of all factors against a loop over SciPy that computes the same numbers.

``python -m btalpha.scripts.benchmarks.screening`` simulates a market, ``--data bars.parquet`` takes real
bars. Three screenings: across stocks (IC and rank IC of each day), along time by Pearson and by Spearman
(correlation and p-value of each stock). SciPy is timed in the same process on a sample of the factors,
and of the days or stocks within them, its time multiplied up; ``--whole`` loops over everything. What
both computed is compared value by value. Prints one JSON object.
"""

import argparse
import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ...feeds import Panel, read_members, simulate_market
from ...signals import ICScreen, compute_factors
from ...signals.ic import Target, daily_ic
from ...signals.labels import forward_returns
from ...signals.screening.time_series import MIN_POINTS, correlation_over_time

Measure = Callable[[np.ndarray, np.ndarray], Any]
MIN_STOCKS = 5


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    logging.getLogger("btalpha.factors").setLevel(logging.ERROR)
    panel = load_panel(options)
    factors = compute_factors(panel)
    counted = panel.universe_array & panel.traded_array
    target = np.where(counted, forward_returns(panel, 1, label="close"), np.nan)
    result: dict[str, Any] = {
        "stocks": len(panel.symbols),
        "days": len(panel.dates),
        "factors": len(factors),
        "threads": os.cpu_count(),
    }
    slow_total = fast_total = 0.0
    for name, screen, rival in (
        ("cross_section", ICScreen(max_correlation=1), across_stocks),
        ("time_series_pearson", ICScreen(method="time_series", max_correlation=1), along_time("pearson")),
        (
            "time_series_spearman",
            ICScreen(method="time_series", correlation="spearman", max_correlation=1),
            along_time("spearman"),
        ),
    ):
        screen.fit(factors, target)  # compiles
        fast = min(timed(lambda screen=screen: screen.fit(factors, target)) for _ in range(options.repeat))
        slow, share, difference = rival(factors, target, options)
        result[name] = {
            "seconds": round(fast, 3),
            "seconds_scipy": round(slow, 1),
            "share_of_scipy_calls_timed": round(share, 4),
            "times_faster": round(slow / fast, 1),
            "largest_difference": difference,
        }
        slow_total, fast_total = slow_total + slow, fast_total + fast
    result["times_faster"] = round(slow_total / fast_total, 1)
    print(json.dumps(result, indent=2))


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="bars in the long format instead of a simulated market")
    parser.add_argument("--members", type=Path, help="membership ranges, which become the universe")
    parser.add_argument("--index", help="which index of the membership file")
    parser.add_argument("--stocks", type=int, default=553, help="stocks of the simulated market")
    parser.add_argument("--days", type=int, default=1700, help="days of the simulated market")
    parser.add_argument("--sample", type=int, default=4, help="factors that SciPy is timed on")
    parser.add_argument("--every", type=int, default=5, help="of their days or stocks, every so many")
    parser.add_argument("--whole", action="store_true", help="time SciPy on everything")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the fastest counts")
    return parser.parse_args(arguments)


def load_panel(options: argparse.Namespace) -> Panel:
    """Read or simulate the bars."""
    if options.data is None:
        return simulate_market(n_symbols=options.stocks, n_days=options.days, seed=0)
    members = None if options.members is None else read_members(options.members, index=options.index)
    return Panel.read(options.data, members=members)


def across_stocks(
    factors: Mapping[str, pd.DataFrame], target: np.ndarray, options: argparse.Namespace
) -> tuple[float, float, float]:
    """Loop over days; return seconds for all, the share that was timed, and the largest difference."""
    compared = Target(target)

    def fast(values: np.ndarray) -> np.ndarray:
        kinds = ("pearson", "rank")
        return np.column_stack(
            [daily_ic(values, compared, method=kind, min_stocks=MIN_STOCKS) for kind in kinds]
        )

    def slow(values: np.ndarray, day: int) -> list[float]:
        measures = (stats.pearsonr, stats.spearmanr)
        return [pair(measure, values[day], target[day], MIN_STOCKS)[0] for measure in measures]

    return loop(factors, options, len(target), slow, fast)


def along_time(kind: str) -> Callable[..., tuple[float, float, float]]:
    """Return the loop over stocks for a kind of correlation."""
    measure: Measure = stats.pearsonr if kind == "pearson" else stats.spearmanr

    def run(
        factors: Mapping[str, pd.DataFrame], target: np.ndarray, options: argparse.Namespace
    ) -> tuple[float, float, float]:
        def fast(values: np.ndarray) -> np.ndarray:
            method = "pearson" if kind == "pearson" else "rank"
            found = correlation_over_time(values, target, method=method)
            both = np.column_stack([found.r, found.p])
            return np.where(found.pairs[:, None] >= MIN_POINTS, both, np.nan)

        def slow(values: np.ndarray, stock: int) -> list[float]:
            return pair(measure, values[:, stock], target[:, stock], MIN_POINTS)

        return loop(factors, options, target.shape[1], slow, fast)

    return run


def loop(
    factors: Mapping[str, pd.DataFrame],
    options: argparse.Namespace,
    length: int,
    slow: Callable[[np.ndarray, int], list[float]],
    fast: Callable[[np.ndarray], np.ndarray],
) -> tuple[float, float, float]:
    """Time the slow way on the sample, and compare."""
    step = 1 if options.whole else max(1, len(factors) // options.sample)
    sample = list(factors)[::step]
    places = range(0, length, 1 if options.whole else options.every)
    seconds, largest = 0.0, 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of constant input, which gives NaN
        for code in sample:
            values = factors[code].to_numpy()
            start = time.perf_counter()
            want = np.array([slow(values, place) for place in places])
            seconds += time.perf_counter() - start
            largest = max(largest, difference(want, fast(values)[list(places)]))
    share = len(sample) * len(places) / (len(factors) * length)
    return seconds / share, share, largest


def pair(measure: Measure, x: np.ndarray, y: np.ndarray, least: int) -> list[float]:
    """Return SciPy's correlation and p-value of the complete pairs, NaN where there are too few."""
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < least:
        return [float("nan"), float("nan")]
    found = measure(x[both], y[both])
    return [float(found.statistic), float(found.pvalue)]


def difference(want: np.ndarray, got: np.ndarray) -> float:
    """Return the largest absolute difference; infinite where only one of two is a number."""
    if (np.isnan(want) != np.isnan(got)).any():
        return float("inf")
    return float(np.nanmax(np.abs(want - got), initial=0.0))


def timed(run: Callable[[], object]) -> float:
    """Return how many seconds a run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
