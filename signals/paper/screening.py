"""The paper's screening: with how many stocks' gains is a factor significantly correlated over the window?"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..screening.time_series import time_series_statistics
from .protocol import Screening


class Screened(NamedTuple):
    """What a screening found.

    Attributes
    ----------
    shares
        F x targets: share of all stocks whose correlation is significant.
    passed
        F x targets: whether it is above the threshold.
    kept
        Factors that the network is given, largest share first, ties in the order of the factors.
    """

    shares: pd.DataFrame
    passed: pd.DataFrame
    kept: list[str]


def screen(
    factors: Mapping[str, pd.DataFrame], targets: Mapping[str, np.ndarray], rule: Screening
) -> Screened:
    """Screen factors against each target and keep those that pass against the rule's own.

    Parameters
    ----------
    factors
        F frames, W x N.
    targets
        By name, W x N, NaN where not known.
    rule
        Level, threshold and target.

    Examples
    --------
    >>> day = np.arange(12.0)
    >>> close = np.column_stack([day, day])  # two stocks that rise all the time
    >>> flat = np.column_stack([day, np.zeros(12)])  # follows the first of them
    >>> factors = {"level": pd.DataFrame(close), "half": pd.DataFrame(flat)}
    >>> found = screen(factors, {"price": close + 1.0}, Screening(min_factors=1))
    >>> found.shares["price"].to_dict(), found.kept
    ({'level': 1.0, 'half': 0.5}, ['level'])
    """
    shares = pd.DataFrame({name: _share(factors, target, rule.level) for name, target in targets.items()})
    passed = shares > rule.min_share
    order = shares[rule.target].sort_values(ascending=False, kind="stable")
    enough = max(int(passed[rule.target].sum()), min(rule.min_factors, len(order)))
    return Screened(shares, passed, [str(code) for code in order.index[:enough]])


def _share(factors: Mapping[str, pd.DataFrame], target: np.ndarray, level: float) -> pd.Series:
    table, _ = time_series_statistics(factors, target, level=level)
    # Of all stocks, as the paper counts: one without enough pairs is not significant.
    return (table["share"] * table["n_stocks"] / target.shape[1]).fillna(0.0)
