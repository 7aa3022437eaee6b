"""One factor as a signal: the simplest provider there is."""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..factors import compute_factors
from ..labels import check_label
from ..persistence import fits_model, read_model, write_model
from ..preprocessing import Rank
from ..provider import SignalProvider


class FactorSignal(SignalProvider):
    """Score stocks by one factor's rank across the stocks of the day.

    Parameters
    ----------
    code
        Factor code, scaled form.
    sign
        1 to hold the highest values, -1 the lowest.
    horizon
        Sessions ahead, for evaluation only.
    scale
        Expected return per day of one standard deviation of rank; the order does not depend on it.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=10, n_days=60, seed=1)
    >>> FactorSignal("rev5").fit(panel).predict(panel).iloc[-1].notna().any()
    np.True_
    """

    def __init__(self, code: str, *, sign: int = 1, horizon: int = 5, scale: float = 1e-3) -> None:
        if sign not in (1, -1):
            raise ValueError(f"sign must be 1 or -1, got {sign}")
        if not scale > 0:
            raise ValueError(f"scale must be above 0, got {scale}; sign turns the order round")
        check_label(horizon, "open")
        self.code = code
        self.sign = sign
        self.horizon = horizon
        self.scale = scale

    def save(self, path: str | Path) -> None:
        """Write the settings to one file."""
        settings = {"code": self.code, "sign": self.sign, "horizon": self.horizon, "scale": self.scale}
        write_model(path, type(self).__name__, settings, {})

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
        """Return the scaled rank of the factor among the universe; NaN where it is not known."""
        factors = compute_factors(panel, [self.code])
        eligible = panel.universe_array & panel.traded_array
        ranks = Rank().transform(factors[self.code].to_numpy(), panel.universe_array)
        return panel.frame(np.where(eligible, self.sign * self.scale * ranks, np.nan))
