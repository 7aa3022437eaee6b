"""What every source of scores has in common: fit on the past, predict every row."""

import copy
from abc import ABC, abstractmethod
from inspect import isroutine
from pathlib import Path
from typing import Any, Self

import pandas as pd

from ..feeds import Panel


class SignalProvider(ABC):
    """Scores for the stocks of each day: one class with two methods.

    ``fit`` learns from the panel it is given and from nothing else. ``predict`` returns one row
    a date of its panel, and the row of ``t`` may use only what was known at the close of ``t``;
    :func:`~btalpha.signals.assert_causal` checks it. (Backtrader's ``bt.Signal`` is another
    thing: an indicator that opens a position by its sign.)

    Examples
    --------
    >>> class Cheap(SignalProvider):
    ...     def fit(self, panel):
    ...         return self
    ...     def predict(self, panel):
    ...         return -panel["close"]
    """

    horizon: int = 1
    """Number of sessions that a score looks ahead."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy everything but callbacks: a progress bar belongs to the terminal, not to the model."""
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        for name, value in vars(self).items():
            setattr(twin, name, value if isroutine(value) else copy.deepcopy(value, memo))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: all but callbacks (``on_...``), which reach nobody there."""
        return {name: None if name.startswith("on_") else value for name, value in vars(self).items()}

    @abstractmethod
    def fit(self, panel: Panel) -> Self:
        """Learn from the panel and return itself."""

    @abstractmethod
    def predict(self, panel: Panel) -> pd.DataFrame:
        """Score every date and symbol of the panel.

        Returns
        -------
        pandas.DataFrame
            dates x symbols, expected return per day over the horizon as a fraction (0.001 is
            0.1 % a day); NaN means not to be held.
        """

    def predict_latest(self, panel: Panel) -> pd.DataFrame:
        """Score the last date only: the last row of :meth:`predict`, a frame of one row.

        A strategy that asks at the close of each session calls it; a provider that can give the
        last row for less than all of them overrides it.
        """
        return self.predict(panel).iloc[-1:]

    def save(self, path: str | Path) -> None:
        """Write the fitted provider to one file, whole or not at all, without pickle.

        Providers that can be saved override it, and :meth:`load`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no way to be saved; write save and load")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a provider that :meth:`save` wrote."""
        raise NotImplementedError(f"{cls.__name__} has no way to be loaded; write save and load")


class NotFittedError(RuntimeError):
    """A provider was asked to predict before it was fitted."""

    def __init__(self, provider: object) -> None:
        super().__init__(f"{type(provider).__name__} is not fitted. Remedy: call fit(panel) first.")
