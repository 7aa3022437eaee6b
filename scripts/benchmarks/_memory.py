"""The memory of a benchmark's own process, bytes."""

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_memory() -> int:
    """Return the largest memory that this process has had so far, bytes."""
    if _STATUS.exists():  # what getrusage tells counts the process that started this one, too
        return _status("VmHWM")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def memory_now() -> int:
    """Return the memory that this process has, bytes; where that cannot be told, the largest so far."""
    return _status("VmRSS") if _STATUS.exists() else peak_memory()


def _status(name: str) -> int:
    (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024
