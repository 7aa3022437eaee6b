"""What chance would have earned: the paths of random portfolios, and a strategy's place among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .backtest import BacktestResult
from .report.gather import median_portfolio
from .report.metrics import RandomRank, SharpeRank, rank_among, rank_sharpe_among, sharpe_ratios


@dataclass(frozen=True)
class RandomBenchmark:
    """Returns of n random portfolios.

    Attributes
    ----------
    returns
        Daily returns after fees, fractions, T x n; columns 0 .. n-1.
    costs
        Fees of each portfolio, CNY.
    """

    returns: pd.DataFrame
    costs: pd.Series

    @property
    def paths(self) -> pd.DataFrame:
        """Growth of 1 in each portfolio, T x n: the fan."""
        return (1.0 + self.returns).cumprod()

    @property
    def total_returns(self) -> pd.Series:
        """Return over the whole time by portfolio, fractions."""
        return ((1.0 + self.returns).prod() - 1.0).rename("total_return")

    @property
    def sharpe_ratios(self) -> pd.Series:
        """Sharpe ratio a year by portfolio; NaN where returns never change."""
        return sharpe_ratios(self.returns).rename("sharpe")

    @property
    def median(self) -> pd.Series:
        """Daily returns of the portfolio with the median total return (the lower of the middle two)."""
        return median_portfolio(self.returns)

    def pick(self, number: int = 0) -> pd.Series:
        """Return the daily returns of a single portfolio: one seeded random pick, as in the paper.

        Raises
        ------
        ValueError
            If there is no portfolio of that number.
        """
        if number not in self.returns.columns:
            last = len(self.returns.columns) - 1
            raise ValueError(f"number must be that of a random portfolio, 0 .. {last}, got {number!r}")
        return self.returns[number].rename(f"Random portfolio {number}")

    def rank(self, strategy: BacktestResult | pd.Series | float) -> RandomRank:
        """Place a strategy among the random portfolios by its total return.

        Parameters
        ----------
        strategy
            A result, daily returns, or a total return as a fraction.

        Returns
        -------
        RandomRank
            ``n``, ``median_total_return``, ``percentile`` (0..100, share of random portfolios that did
            worse, ties half) and the one-sided ``p_value``, (1 + how many did as well or better) / (n + 1).
        """
        if isinstance(strategy, BacktestResult):
            total = strategy.total_return
        elif isinstance(strategy, pd.Series):
            total = float((1.0 + strategy).prod() - 1.0)
        else:
            total = float(strategy)
        return rank_among(total, self.total_returns.to_numpy())

    def rank_sharpe(self, strategy: BacktestResult | pd.Series) -> SharpeRank:
        """Place a strategy among the random portfolios by its Sharpe ratio.

        Parameters
        ----------
        strategy
            A result or daily returns, on the dates of the random ones.

        Returns
        -------
        SharpeRank
            ``n``, ``median_sharpe``, ``percentile`` and ``p_value`` as :meth:`rank` has them. A series that
            never changes has no Sharpe ratio and counts as one of 0.
        """
        returns = strategy.returns if isinstance(strategy, BacktestResult) else strategy
        own = sharpe_ratios(returns.to_frame()).fillna(0.0).iloc[0]
        return rank_sharpe_among(float(own), self.sharpe_ratios.fillna(0.0).to_numpy())

    def percentile(self, strategy: BacktestResult | pd.Series | float) -> float:
        """Return the share of random portfolios that did worse, 0..100."""
        return self.rank(strategy).percentile

    def p_value(self, strategy: BacktestResult | pd.Series | float) -> float:
        """Return how likely chance alone does at least as well, one-sided, never 0."""
        return self.rank(strategy).p_value


def kept_names(result: BacktestResult) -> pd.Series:
    """Return how many names a portfolio held at the close of each date and at that of the next one.

    Parameters
    ----------
    result
        A backtest with its holdings (``record=True``).

    Returns
    -------
    pandas.Series
        Counts by date, the last date left out.

    Raises
    ------
    ValueError
        If the portfolio's holdings were not recorded.
    """
    # One whose value never moved held nothing, recorded or not.
    if not len(result.holdings) and np.ptp(result.value.to_numpy()) > 0.0:
        raise ValueError("like must be a backtest with holdings, made with record=True; this one has none")
    held = pd.crosstab(result.holdings["date"], result.holdings["symbol"]).gt(0)
    table = held.reindex(result.value.index, fill_value=False).to_numpy(dtype=bool)
    kept = (table[:-1] & table[1:]).sum(axis=1)
    return pd.Series(np.asarray(kept), index=result.value.index[:-1], name="kept")
