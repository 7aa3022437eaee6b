"""The proof that nothing looks ahead: corrupted futures, point-in-time tables, and placebos."""

from .causal import assert_causal, check_causal
from .findings import Check, LookAheadError
from .placebo import Placebo, ShuffledLabels, run_placebo, shuffle_labels
from .point_in_time import check_members, check_statements, check_universe

__all__ = [
    "Check",
    "LookAheadError",
    "Placebo",
    "ShuffledLabels",
    "assert_causal",
    "check_causal",
    "check_members",
    "check_statements",
    "check_universe",
    "run_placebo",
    "shuffle_labels",
]
