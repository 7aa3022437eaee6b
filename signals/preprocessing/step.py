"""What cleaning steps share: along time with statistics of the fit, or across the stocks of a day."""

from abc import ABC, abstractmethod
from typing import Literal, Self

import numpy as np

from ..provider import NotFittedError

Axis = Literal["stocks", "time"]


class Step(ABC):
    """One cleaning step over a dates x symbols array of a factor (scikit-learn's ``fit``/``transform``).

    A step of your own gives :meth:`_statistics` and :meth:`_apply`; which values count and which
    rows are learned from is settled here.

    Parameters
    ----------
    axis
        ``"stocks"``: each day by itself, statistics of the stocks in the universe on that day.
        ``"time"``: each stock by itself, with the statistics of the rows that ``fit`` saw, so
        that nothing later than the fit is used.
    """

    def __init__(self, *, axis: Axis = "stocks") -> None:
        if axis not in ("stocks", "time"):
            raise ValueError(f"axis must be 'stocks' or 'time', got {axis!r}")
        self.axis: Axis = axis
        self.statistics_: tuple[np.ndarray, ...] | None = None

    def fit(self, values: np.ndarray, universe: np.ndarray | None = None) -> Self:
        """Learn the statistics along time; across stocks there is nothing to learn.

        Parameters
        ----------
        values
            T x N; NaN are left out of every statistic.
        universe
            T x N mask of the values that count; ``None`` counts all.
        """
        if self.axis == "time":
            self.statistics_ = self._statistics(_inside(values, universe), 0)
        return self

    def transform(self, values: np.ndarray, universe: np.ndarray | None = None) -> np.ndarray:
        """Return the cleaned T x N array; the input is not changed. Only ``FillGaps`` gives NaN a value.

        Raises
        ------
        NotFittedError
            Along time before :meth:`fit`.
        """
        if self.axis == "stocks":
            return self._apply(values, *self._statistics(_inside(values, universe), 1))
        if self.statistics_ is None:
            raise NotFittedError(self)
        return self._apply(values, *self.statistics_)

    @abstractmethod
    def _statistics(self, sample: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
        """Return what :meth:`_apply` needs to know: of each day for axis 1, of each stock for axis 0."""

    @abstractmethod
    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        """Return the transformed values."""


def _inside(values: np.ndarray, universe: np.ndarray | None) -> np.ndarray:
    return values if universe is None else np.where(universe, values, np.nan)
