"""Is the data what it should be? Checks of bars and of what lies beside them, counted, with examples."""

from .checks import CHECKS, Check, run_checks
from .dataset import Dataset, read_dataset
from .finding import Example, Finding, Hits, Level

__all__ = ["CHECKS", "Check", "Dataset", "Example", "Finding", "Hits", "Level", "read_dataset", "run_checks"]
