"""What cleaning steps share: scikit-learn's ``fit``/``transform`` over a dates x symbols array."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal, Self

import numpy as np

from ..provider import NotFittedError
from ..tally import Tally
from .parameters import Parameters

Axis = Literal["stocks", "time"]
Context = Mapping[str, np.ndarray]


class Step(Parameters, ABC):
    """One cleaning step over a dates x symbols array of a factor.

    A step of your own gives :meth:`_clean`; it should treat each day by itself, or use earlier
    days only. One with statistics along time is better made of :class:`StatisticStep`.

    Examples
    --------
    >>> class Logarithm(Step):
    ...     def _clean(self, values, counted, context):
    ...         return np.log(np.where(values > 0, values, np.nan))
    >>> Logarithm().transform(np.array([[1.0, -1.0, np.nan]]))
    array([[ 0., nan, nan]])
    """

    axis: Axis = "stocks"
    statistics_: tuple[np.ndarray, ...] | None = None
    repairs: str | None = None
    """What is counted where the step changes a value, see :mod:`btalpha.signals.tally`; ``None``: nothing."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What the step must be told beside the values: names in ``context``."""
        return ()

    def fit(
        self, values: np.ndarray, universe: np.ndarray | None = None, context: Context | None = None
    ) -> Self:
        """Learn the statistics along time; across stocks there is nothing to learn.

        Parameters
        ----------
        values
            T x N; NaN are left out of every statistic.
        universe
            T x N mask of the values that count; ``None`` counts all.
        context
            What the step :attr:`needs` beside them, by name.
        """
        known = np.ascontiguousarray(values, dtype=np.float64)
        self._learn(known, counted_values(universe, known.shape))
        return self

    def transform(
        self, values: np.ndarray, universe: np.ndarray | None = None, context: Context | None = None
    ) -> np.ndarray:
        """Return the cleaned T x N array; the input is not changed. Only filling gaps gives NaN a value.

        Raises
        ------
        NotFittedError
            Along time before :meth:`fit`.
        """
        return self._clean(own_copy(values), counted_values(universe, values.shape), context or {})

    def fit_transform(
        self, values: np.ndarray, universe: np.ndarray | None = None, context: Context | None = None
    ) -> np.ndarray:
        """Do what :meth:`fit` and :meth:`transform` do with the same values."""
        return self.fit(values, universe, context).transform(values, universe, context)

    def _learn(self, values: np.ndarray, counted: np.ndarray) -> None:
        """Keep what later days are cleaned with, nothing by default; neither array may be changed."""

    @abstractmethod
    def _clean(self, values: np.ndarray, counted: np.ndarray, context: Context) -> np.ndarray:
        """Return the cleaned values.

        Parameters
        ----------
        values
            T x N float64 in row order, the step's own: it may be written into and returned.
        counted
            T x N mask of the values that count in statistics; not to be changed.
        context
            At least what the step :attr:`needs`, if it was given.
        """


class StatisticStep(Step):
    """A step by statistics of the day, or of each stock over the rows of the fit.

    A step of your own gives :meth:`_statistics` and :meth:`_apply`; over which samples is settled
    here.

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
        self.statistics_ = None

    def _learn(self, values: np.ndarray, counted: np.ndarray) -> None:
        if self.axis == "time":
            self.statistics_ = self._statistics(
                np.ascontiguousarray(values.T), np.ascontiguousarray(counted.T)
            )

    def _clean(self, values: np.ndarray, counted: np.ndarray, context: Context) -> np.ndarray:
        if self.axis == "stocks":
            statistics = self._statistics(values, counted)
            return self._apply(values, *(numbers[:, None] for numbers in statistics))
        if self.statistics_ is None:
            raise NotFittedError(self)
        return self._apply(values, *(numbers[None, :] for numbers in self.statistics_))

    @abstractmethod
    def _statistics(self, values: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return what :meth:`_apply` needs to know of each row, one number a row and array.

        A row is the sample of a day, or along time that of a stock; not to be changed.
        """

    @abstractmethod
    def _apply(self, values: np.ndarray, *statistics: np.ndarray) -> np.ndarray:
        """Return the transformed values; ``values`` may be written into, the statistics broadcast to them."""


def clean_and_count(
    step: Step, values: np.ndarray, counted: np.ndarray, context: Context, tally: Tally | None
) -> np.ndarray:
    """Do what a step does with its own values, and count those that it repaired where they count."""
    if tally is None or step.repairs is None:
        return step._clean(values, counted, context)
    before = values.copy()
    values = step._clean(values, counted, context)
    changed = (values != before) & ~(np.isnan(values) & np.isnan(before))
    tally.add(step.repairs, int((changed & counted).sum()))
    return values


def own_copy(values: np.ndarray) -> np.ndarray:
    """Return a float64 copy in row order."""
    return np.array(values, dtype=np.float64, order="C")


def counted_values(universe: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Return the mask of the values that count, as the compiled loops want it.

    Raises
    ------
    ValueError
        If the universe has another shape than the values.
    """
    if universe is None:
        return np.ones(shape, dtype=bool)
    if np.shape(universe) != shape:
        raise ValueError(f"universe must have the shape of values, {shape}, got {np.shape(universe)}")
    return np.require(universe, dtype=bool, requirements=["C", "W"])
