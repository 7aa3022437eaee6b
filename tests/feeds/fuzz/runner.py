"""Runs one property over many damaged inputs: few in every run of the tests, thousands where ``long`` ones run."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

# What became of the inputs, by test; shown at the end of each of them with ``pytest -s``.
OUTCOMES: dict[str, Counter[str]] = {}


def sizes(few: int, many: int) -> Any:
    """Parametrise a test by the number of inputs."""
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.long)])


def run(
    title: str, examples: int, check: Callable[..., str], /, **strategies: st.SearchStrategy[Any]
) -> None:
    """Draw inputs until there are so many; ``check`` tells what became of one: refused, repaired, taken."""
    seen = OUTCOMES[title] = Counter()

    def counted(**drawn: Any) -> None:
        seen[check(**drawn)] += 1

    bare = settings(
        max_examples=examples,
        deadline=20_000,  # ms: what hangs is a failure
        derandomize=examples < 1000,  # the same few every time, other thousands each time
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        database=None,
    )
    bare(given(**strategies)(counted))()
    print(f"\n{title}: {seen.total():,} inputs, {dict(seen)}")
    assert seen.total() >= examples
    assert seen["refused"] > 0
