"""Random scores: the picks that a signal has to beat."""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..persistence import fits_model, read_model, write_model
from ..provider import SignalProvider


class RandomSignal(SignalProvider):
    """Uniform scores, drawn anew each day over the stocks of the universe that traded.

    A draw depends on the seed, the number of symbols and its place (row and column) alone, so a
    panel that goes on for longer does not change earlier rows.

    Parameters
    ----------
    seed
        Same seed and panel, same scores; 0 or more.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=10, n_days=60, seed=1)
    >>> scores = RandomSignal(seed=3).predict(panel)
    >>> scores.iloc[:30].equals(RandomSignal(seed=3).predict(panel.until(panel.dates[29])))
    True
    """

    def __init__(self, *, seed: int = 0) -> None:
        if seed < 0:
            raise ValueError(f"seed must be 0 or more, got {seed}")
        self.seed = seed

    def save(self, path: str | Path) -> None:
        """Write the seed to one file."""
        write_model(path, type(self).__name__, {"seed": self.seed}, {})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote."""
        settings, _ = read_model(path, cls.__name__)
        with fits_model(path):
            return cls(**settings)

    def fit(self, panel: Panel) -> Self:
        """Return itself: there is nothing to learn."""
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        """Return scores in [0, 1) of no meaning; NaN outside the universe and without a bar."""
        rng = np.random.default_rng(self.seed)
        # Row by row from one stream: the first rows are the same however many follow.
        draws = rng.random((len(panel), len(panel.symbols)))
        return panel.frame(np.where(panel.universe_array & panel.traded_array, draws, np.nan))
