"""A large market in a process of its own: its seconds, and the memory that the run needs above the panel."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ._feeds_engines import btalpha, run
from ._feeds_market import make_task, market

LIMIT_GIB = 1.5
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def measure_apart(size: str, *, every: int, held: int) -> dict[str, Any]:
    """Measure a size, written as ``5000x2500``, in a process of its own."""
    command = [sys.executable, "-m", __name__, size, str(every), str(held)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the market {size} failed with code {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def measure(size: str, every: int, held: int) -> dict[str, Any]:
    """Run our engine once on a market of this size."""
    stocks, bars = map(int, size.split("x"))
    run(btalpha, make_task(market(12, 60), held=3, every=5))  # imports and caches
    task = make_task(market(stocks, bars), held=held, every=every)
    panel = memory_gib("VmRSS")
    with contextlib.suppress(OSError):
        CLEAR.write_text("5", encoding="ascii")  # begins the peak anew; without it, making the panel counts
    done = run(btalpha, task)
    peak = memory_gib("VmHWM")
    above = None if panel is None or peak is None else peak - panel
    return {
        "stocks": stocks,
        "bars": bars,
        "seconds": round(done.seconds, 2),
        "cpu_seconds": round(done.cpu_seconds, 2),
        "orders": len(done.orders),
        "refused": done.refused,
        "panel_memory_gib": None if panel is None else round(panel, 2),
        "peak_memory_above_panel_gib": None if above is None else round(above, 2),
        f"within_{LIMIT_GIB}_gib": None if above is None else above <= LIMIT_GIB,
    }


def memory_gib(kind: str) -> float | None:
    """Return this process's memory now (``VmRSS``) or at its peak (``VmHWM``); None outside Linux.

    ``getrusage`` would not do: its peak begins with the process that started this one.
    """
    if not STATUS.exists():
        return None
    fields = dict(line.split(":", 1) for line in STATUS.read_text(encoding="ascii").splitlines())
    return int(fields[kind].split()[0]) / 2**20 if kind in fields else None


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
