"""What a tearsheet is drawn from: the arguments, checked, aligned and ready to be read by the sections."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from .deflated_sharpe import DeflatedSharpe, deflated_sharpe
from .metrics import (
    RandomRank,
    SharpeRank,
    performance,
    rank_among,
    rank_from,
    rank_sharpe_among,
    sharpe_ratios,
)


class Tried(NamedTuple):
    """How many configurations were tried, and what that leaves of the Sharpe ratio.

    ``deflated`` is the probability (0..1) that the true ratio is above 0, ``luck`` the largest ratio a year
    to be expected of as many configurations that are worth nothing; None where they are not known.
    """

    n: int
    deflated: float | None
    luck: float | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything one page shows; ``gather`` builds it, the sections only read it.

    ``returns`` is never empty and without NaN, ``benchmark`` and ``random_returns`` have its dates.
    All returns are fractions per session.
    """

    title: str
    returns: pd.Series
    periods_per_year: int
    benchmark: pd.Series | None = None
    benchmark_is_random: bool = False
    random_returns: pd.DataFrame | None = None
    ic: pd.Series | None = None
    quantile_returns: pd.Series | None = None
    selected_factors: Mapping[pd.Timestamp, Sequence[str]] = field(default_factory=dict)
    trades: pd.DataFrame | None = None
    holdings: pd.DataFrame | None = None
    refusals: pd.DataFrame | None = None
    metrics: Mapping[str, object] = field(default_factory=dict)
    trials: tuple[float, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    currency: str = "CNY"
    config_text: str = ""
    config: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def figures(self) -> dict[str, float | None]:
        """The portfolio's key figures, see :func:`performance`."""
        return performance(self.returns, self.periods_per_year)

    @cached_property
    def random_totals(self) -> np.ndarray | None:
        """Total return of every random portfolio, fractions, length n."""
        if self.random_returns is None:
            return None
        return (1.0 + self.random_returns).prod().to_numpy() - 1.0

    @cached_property
    def rank(self) -> RandomRank | None:
        """The place among the random portfolios: from their returns, else from ``metrics['random']``."""
        if self.random_totals is None:
            return rank_from(self.table("random"))
        return rank_among(float(self.figures["total_return"] or 0.0), self.random_totals)

    @cached_property
    def sharpe_rank(self) -> SharpeRank | None:
        """The place among the random portfolios by Sharpe ratio; a series that never changes counts as 0."""
        if self.random_returns is None or len(self.returns) < 2:
            return None
        own = finite(self.figures["sharpe"]) or 0.0
        ratios = sharpe_ratios(self.random_returns, self.periods_per_year).fillna(0.0)
        return rank_sharpe_among(own, ratios.to_numpy())

    @cached_property
    def tried(self) -> Tried | None:
        """The configurations tried: from ``trials``, else from ``metrics['tried']``; None for one alone."""
        if self.trials:
            return self._deflated()
        table = self.table("tried")
        n = table.get("n")
        if not isinstance(n, int) or n < 2:
            return None
        return Tried(n, finite(table.get("deflated_sharpe")), finite(table.get("luck_sharpe")))

    def _deflated(self) -> Tried:
        year = math.sqrt(self.periods_per_year)
        ratios = np.asarray(self.trials) / year
        enough = len(self.returns) > 1 and np.isfinite(ratios).any()
        found = deflated_sharpe(self.returns, trials=ratios) if enough else None
        return Tried(len(ratios), *_shown(found, year))

    @property
    def benchmark_name(self) -> str:
        """How the benchmark is called on the page."""
        return str(self.benchmark.name) if self.benchmark is not None else ""

    @property
    def has_own_benchmark(self) -> bool:
        """Whether the benchmark is more than one of the random portfolios."""
        return self.benchmark is not None and not self.benchmark_is_random

    def table(self, name: str) -> Mapping[str, object]:
        """One table of ``metrics.json``, empty where it is absent."""
        table = self.metrics.get(name)
        return table if isinstance(table, Mapping) else {}

    @property
    def k(self) -> int | None:
        """How many of the best stocks were held, if that is how the portfolio was formed."""
        table = self.config.get("strategy")
        inside = table if isinstance(table, Mapping) else {}
        k = inside.get("k", self.config.get("k"))
        return k if isinstance(k, int) and inside.get("class", "TopK") == "TopK" else None

    def setting(self, name: str) -> object | None:
        """Return the first setting of that name in the configuration, however deep, else None."""
        return _find(self.config, name)


def _shown(found: DeflatedSharpe | None, year: float) -> tuple[float | None, float | None]:
    return (None, None) if found is None else (found.probability, found.benchmark * year)


def finite(value: object) -> float | None:
    """Return a number as a float; None for what is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _find(config: Mapping[str, object], name: str) -> object | None:
    if name in config:
        return config[name]
    found = (_find(value, name) for value in config.values() if isinstance(value, Mapping))
    return next((value for value in found if value is not None), None)
