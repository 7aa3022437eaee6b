"""Time random portfolios through the array twin against one event-driven run of ``TopK`` on the same bars.

``python -m btalpha.scripts.benchmarks.random_portfolios`` simulates a market, ``--data bars.parquet`` takes
real bars. Both run in this process in turns, with the same rules, and the fastest of each counts. The
strategy's own scores are then traded by the twin too, and the two equity curves compared day by day, as are
those of a few random portfolios. Prints one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ...feeds import Panel, read_members, simulate_market
from ...strategies.backtest import run_backtest
from ...strategies.random_portfolios import random_benchmark
from ...strategies.trade_options import TradeOptions
from ...strategies.twin.own_path import own_path


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    panel = load_panel(options)
    moves = panel.adjusted("close").ffill().pct_change(1, fill_method=None)
    scores = moves.where(panel.universe & panel.traded)
    rules: dict[str, Any] = {"k": options.k, "rebalance": options.every, "start": options.start}
    eligible = scores.notna()

    def one_run() -> pd.Series:
        return run_backtest(panel, scores, record=False, **rules).value

    def many() -> pd.DataFrame:
        return random_benchmark(panel, n=options.n, eligible=eligible, **rules).returns

    event = twin = float("inf")
    for _ in range(options.repeat):
        event, value = fastest(event, one_run)
        twin, returns = fastest(twin, many)
    own, _ = own_path(panel, scores, TradeOptions(**rules))
    few = random_benchmark(panel, n=options.compared, eligible=eligible, method="event", n_jobs=1, **rules)
    result = {
        "stocks": len(panel.symbols),
        "sessions": len(value),
        "portfolios": options.n,
        "held": options.k,
        "every": options.every,
        "seconds_event_driven_run": round(event, 3),
        "seconds_random_portfolios": round(twin, 3),
        "times_one_run": round(twin / event, 2),
        "largest_difference_own_value": float((own / value - 1.0).abs().max()),
        "largest_difference_random_returns": float(
            (few.returns - returns[few.returns.columns]).abs().to_numpy().max()
        ),
    }
    print(json.dumps(result, indent=2))


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="bars in the long format instead of a simulated market")
    parser.add_argument("--members", type=Path, help="membership ranges, which become the universe")
    parser.add_argument("--index", help="which index of the membership file")
    parser.add_argument("--start", help="first date with a return")
    parser.add_argument("--stocks", type=int, default=300, help="stocks of the simulated market")
    parser.add_argument("--days", type=int, default=500, help="days of the simulated market")
    parser.add_argument("--n", type=int, default=1000, help="random portfolios")
    parser.add_argument("--k", type=int, default=10, help="names in each")
    parser.add_argument("--every", type=int, default=5, help="sessions between rebalances")
    parser.add_argument("--compared", type=int, default=3, help="random portfolios compared with Backtrader")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the fastest counts")
    return parser.parse_args(arguments)


def load_panel(options: argparse.Namespace) -> Panel:
    """Read or simulate the bars."""
    if options.data is None:
        return simulate_market(n_symbols=options.stocks, n_days=options.days, seed=0)
    members = None if options.members is None else read_members(options.members, index=options.index)
    return Panel.read(options.data, members=members)


def fastest(before: float, run: Callable[[], Any]) -> tuple[float, Any]:
    """Run once; return the shorter of its time and the one before, seconds, and what it returned."""
    begin = time.perf_counter()
    done = run()
    return min(before, time.perf_counter() - begin), done


if __name__ == "__main__":
    main()
