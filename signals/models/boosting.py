"""How boosted trees are grown: tree by tree, until later rows are ordered no better."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..ic import Target, daily_ic
from ..threads import threads_allowed
from .boosters import import_lightgbm
from .rows import Rows

if TYPE_CHECKING:
    from lightgbm import Dataset

Result = TypeVar("Result")

# Rank IC of trees that do not order at all: the least there can be, so that they are never the best.
_NO_ORDER = -1.0
# The same trees whatever the machine: one thread each, sums in one order, no draw from anything else.
_REPEATABLE = {"num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}


@dataclass(frozen=True)
class Growing:
    """Grow ensembles of trees.

    Attributes
    ----------
    parameters
        LightGBM's own, without seeds and threads.
    n_estimators
        Most trees of an ensemble.
    patience
        Stop after so many trees without a better validation rank IC.
    """

    parameters: dict[str, Any]
    n_estimators: int
    patience: int

    def grow(self, rows: Rows, later: Rows, seeds: Iterable[int]) -> list[tuple[str, list[float]]]:
        """Grow one ensemble a seed, side by side on one binned copy of the rows.

        Returns
        -------
        list of tuple
            The trees that were kept, as LightGBM's text, and the validation rank IC after each tree.
        """
        lightgbm = import_lightgbm()
        settings = {**self.parameters, **_REPEATABLE}
        train = lightgbm.Dataset(rows.features, rows.labels, weight=rows.weights, params=settings).construct()
        valid = train.create_valid(later.features, later.labels, params=settings).construct()
        judge = RankIC(later)
        return side_by_side([partial(self._grow_one, train, valid, judge, seed) for seed in seeds])

    def _grow_one(
        self, train: "Dataset", valid: "Dataset", judge: "RankIC", seed: int
    ) -> tuple[str, list[float]]:
        lightgbm = import_lightgbm()
        found: dict[str, dict[str, list[float]]] = {}
        # Not `seed`: it would also change how the rows were binned, which the ensembles share.
        seeds = {"bagging_seed": seed, "feature_fraction_seed": seed}
        booster = lightgbm.train(
            {**self.parameters, **_REPEATABLE, **seeds, "metric": "None"},
            train,
            num_boost_round=self.n_estimators,
            valid_sets=[valid],
            valid_names=["later"],
            feval=judge,
            callbacks=[
                lightgbm.early_stopping(self.patience, verbose=False),
                lightgbm.record_evaluation(found),
            ],
        )
        history = [value if value > _NO_ORDER else float("nan") for value in found["later"]["rank_ic"]]
        return booster.model_to_string(num_iteration=booster.best_iteration), history


class RankIC:
    """LightGBM's measure of how well later rows are ordered: the mean daily rank IC, higher is better."""

    def __init__(self, later: Rows) -> None:
        labels = np.full(later.known.shape, np.nan)
        labels[later.known] = later.labels
        self._known = later.known
        self._target = Target(labels)

    def __call__(self, scores: np.ndarray, _: "Dataset") -> tuple[str, float, bool]:
        """Return (name, value, whether more is better) as LightGBM wants it."""
        grid = np.full(self._known.shape, np.nan)
        grid[self._known] = scores
        # In a small universe a day's IC is noise, but the mean over the days is all there is.
        ic = daily_ic(grid, self._target, min_stocks=2)
        return "rank_ic", float(np.nanmean(ic)) if np.isfinite(ic).any() else _NO_ORDER, True


def side_by_side(jobs: "list[Callable[[], Result]]") -> "list[Result]":
    """Run jobs in threads, one a core; LightGBM lets go of the interpreter, and the data is shared."""
    with ThreadPoolExecutor(threads_allowed()) as pool:
        return list(pool.map(lambda job: job(), jobs))
