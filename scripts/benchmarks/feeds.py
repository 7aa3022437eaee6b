"""Time a portfolio backtest with the panel's feeds against Backtrader and its fork backtrader-next.

``python -m btalpha.scripts.benchmarks.feeds`` makes a market of 300 stocks and 2,500 bars with gaps,
``--data bars.parquet`` takes real bars. Three engines run the same strategy, which holds the ten stocks
that a random ranking puts first and changes them every ten bars: Backtrader with ``PandasData`` and its
broker, the fork with its own ``PandasData`` and broker, and Backtrader with ``panel.add_to(cerebro)`` and
``PortfolioBroker``. The bars are in memory already; the time is that of making the feeds and of
``cerebro.run()``, in one process, the rivals between our runs, each engine after a small run that warms it
up. The fastest of our runs counts; a rival, which takes up to a minute, runs once. The processor's time
stands beside, because other work on the machine moves it less.

Orders, fills and the portfolio's value after each bar are compared to the last bit. The broker of the fork
adds the positions up in the order of a set, hence of memory addresses: the last bits of its values change
from run to run, and where such a bit decides on a share more or less, so may the size of an order.

``where_the_time_goes`` comes from one more run, with clocks around the parts (see ``_feeds_parts``).
``--large`` also runs 5,000 stocks in a process of its own. Prints one JSON object.
"""

import argparse
import importlib.util
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...feeds import Panel
from ._feeds_engines import RIVALS, Engine, Run, btalpha, compare, run
from ._feeds_large import measure_apart
from ._feeds_market import Task, make_task, market
from ._feeds_parts import where_the_time_goes

SKIPPED = "pip install 'btalpha[bench]'"


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print its result; arguments are the command line's by default."""
    options = parse_options(arguments)
    panel = market(options.stocks, options.bars) if options.data is None else Panel.read(options.data)
    task = make_task(panel, held=options.held, every=options.every)
    result = race(task, options)
    result["where_the_time_goes"] = where_the_time_goes(task)
    if options.large:
        result["large"] = measure_apart(options.large, every=options.every, held=options.held)
    print(json.dumps(result, indent=2))


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="bars in the long format instead of a random market")
    parser.add_argument("--stocks", type=int, default=300, help="stocks of the random market")
    parser.add_argument("--bars", type=int, default=2500, help="days of the random market")
    parser.add_argument("--held", type=int, default=10, help="stocks that are held")
    parser.add_argument("--every", type=int, default=10, help="bars from one rebalance to the next")
    parser.add_argument("--repeat", type=int, default=3, help="runs of ours of which the fastest counts")
    parser.add_argument(
        "--rivals", type=rivals, default=list(RIVALS), help=f"{','.join(RIVALS)} (the default), or none"
    )
    parser.add_argument(
        "--large", nargs="?", const="5000x2500", metavar="STOCKSxBARS", help="also run a large market"
    )
    return parser.parse_args(arguments)


def rivals(text: str) -> list[str]:
    """Read a list of rivals."""
    names = [] if text == "none" else text.split(",")
    unknown = [name for name in names if name not in RIVALS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no rival {unknown[0]!r}; use {', '.join(RIVALS)} or none")
    return names


def race(task: Task, options: argparse.Namespace) -> dict[str, Any]:
    """Run all engines, and say what each took and whether all did the same."""
    present = [name for name in options.rivals if importlib.util.find_spec(name.replace("-", "_"))]
    ours, theirs = run_in_turn(task, {name: RIVALS[name] for name in present}, options.repeat)
    best = min(each.seconds for each in ours)
    result: dict[str, Any] = {
        "stocks": len(task.panel.symbols),
        "bars": len(task.panel),
        "bars_missing": round(1.0 - float(task.panel.traded_array.mean()), 4),
        "orders": len(ours[0].orders),
        "fills": len(ours[0].fills),
        "refused": ours[0].refused,
        "seconds": round(best, 3),
        "seconds_each": [round(each.seconds, 3) for each in ours],
        "cpu_seconds": round(min(each.cpu_seconds for each in ours), 3),
    }
    for name in options.rivals:
        found = theirs.get(name)
        label = name.replace("-", "_")
        result[f"times_faster_than_{label}"] = None if found is None else round(found.seconds / best, 1)
        result[label] = {"skipped": SKIPPED} if found is None else about(name, ours[0], found)
    return result


def about(name: str, ours: Run, theirs: Run) -> dict[str, Any]:
    """Describe a rival's run beside ours."""
    return {
        "version": version(name),
        "seconds": round(theirs.seconds, 2),
        "cpu_seconds": round(theirs.cpu_seconds, 2),
        "refused": theirs.refused,
        **compare(ours, theirs),
    }


def run_in_turn(task: Task, engines: dict[str, Engine], repeat: int) -> tuple[list[Run], dict[str, Run]]:
    """Run ours ``repeat`` times with the rivals in between."""
    small = make_task(market(12, 60), held=3, every=5)
    for engine in (btalpha, *engines.values()):
        run(engine, small)
    ours, theirs, waiting = [run(btalpha, task)], {}, list(engines.items())
    while waiting or len(ours) < repeat:
        if waiting:
            name, engine = waiting.pop(0)
            theirs[name] = run(engine, task)
        if len(ours) < repeat:
            ours.append(run(btalpha, task))
    return ours, theirs


if __name__ == "__main__":
    main()
