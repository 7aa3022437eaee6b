"""What one backtest produced, as it goes to the files and the tearsheet."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..feeds import Panel
from ..signals import Evaluation, WalkForward
from ..strategies.backtest import BacktestResult
from ..strategies.random_portfolios import RandomBenchmark
from .settings import Settings


@dataclass(frozen=True)
class Run:
    """Everything that one backtest produced.

    Attributes
    ----------
    settings
        What was run.
    panel
        The bars.
    walk
        The walk-forward with its fits.
    scores
        dates x symbols, out-of-sample rows.
    evaluation
        Quality of the scores.
    portfolio, chance
        The portfolio and the random ones, under the same rules.
    metrics
        What ``metrics.json`` holds.
    """

    settings: Settings
    panel: Panel
    walk: WalkForward
    scores: pd.DataFrame
    evaluation: Evaluation
    portfolio: BacktestResult
    chance: RandomBenchmark
    metrics: dict[str, Any]
