"""``TearsheetAnalyzer``: everything a tearsheet shows, collected in any Cerebro, and the page in one call."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import backtrader as bt
import pandas as pd

from .account import account_returns, fund_or_value
from .analyzers import Holdings, Refusals, TableAnalyzer, Trades
from .exchange import AShareBroker
from .report import performance, sessions_per_year, tearsheet
from .run_facts import notes_of, settings_of
from .topk_evidence import SignalEvidence, evidence_of


class _Account(TableAnalyzer):
    """Value of the account, of a share of it, and the number of shares, at every bar."""

    columns = ("date", "value", "share", "shares")

    def notify_fund(self, cash: float, value: float, fundvalue: float, shares: float) -> None:
        """Note the state at the close."""
        self.rows.append((self.strategy.datetime.date(0), value, fundvalue, shares))


class TearsheetAnalyzer(bt.Analyzer):
    """Collect what a tearsheet shows, whatever the strategy, the feeds and the broker are.

    Returns are of the whole account, after all costs; cash that is paid in is no gain. Trades, costs by
    kind, holdings and refused orders are collected too, and how the strategy and the broker were set. For
    a :class:`~btalpha.strategies.TopK` that trades alone the page also shows the quality of its scores and
    its place among random portfolios, traded under the same rules.

    Bars may be of any length: of several of one date the last counts. Works with ``optstrategy``, also in
    several processes; what needs the bars (scores, random portfolios) is left out there.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> cerebro = bt.Cerebro(stdstats=False)
    >>> _ = simulate_market(n_symbols=2, n_days=30, seed=1).add_to(cerebro)
    >>> _ = cerebro.addstrategy(bt.Strategy)
    >>> cerebro.addanalyzer(TearsheetAnalyzer, _name="tearsheet")
    >>> (strategy,) = cerebro.run()
    >>> strategy.analyzers.tearsheet.write("mine.html", title="Mine").name
    'mine.html'
    """

    def __init__(self) -> None:
        self._account, self._trades = _Account(), Trades()
        self._holdings, self._refusals = Holdings(), Refusals()
        self._begin = (float("nan"), 1.0)
        self._rows: list[tuple[Any, ...]] = []

    def start(self) -> None:
        """Note what the account begins with."""
        broker = self.strategy.broker
        self._begin = (float(broker.getvalue()), float(getattr(broker, "fundvalue", 1.0)))

    def stop(self) -> None:
        """Make tables of what was collected, and let go of what belongs to the run."""
        collected = (self._trades, self._holdings, self._refusals)
        self._rows = self._account.rows
        self._tables = {type(one).__name__.lower(): one.to_frame() for one in collected}
        self._settings, self._notes = settings_of(self.strategy), notes_of(self.strategy)
        self._title = type(self.strategy).__name__
        self._currency = "CNY" if isinstance(self.strategy.broker, AShareBroker) else ""
        # Children refer to the strategy, which would travel with the results of optstrategy.
        self._children.clear()
        del self._account, self._trades, self._holdings, self._refusals

    def get_analysis(self) -> dict[str, Any]:
        """Return the daily returns (fractions, by date) and the tables ``trades, holdings, refusals``."""
        return {"returns": self.returns, **self._tables}

    @property
    def returns(self) -> pd.Series:
        """Daily returns of the account after costs, fractions, by date.

        Raises
        ------
        ValueError
            If the run had no bar.
        """
        return self._returns()[0]

    @property
    def sharpe(self) -> float | None:
        """Sharpe ratio a year; None where returns never change, or there is one alone."""
        returns = self.returns
        return performance(returns, sessions_per_year(pd.DatetimeIndex(returns.index)))["sharpe"]

    def write(
        self,
        output: str | os.PathLike[str],
        *,
        title: str | None = None,
        benchmark: pd.Series | None = None,
        random_returns: pd.DataFrame | None = None,
        randoms: int = 200,
        seed: int = 0,
        horizon: int = 5,
        trials: Sequence[float | None] | None = None,
        names: Mapping[str, str] | None = None,
        currency: str | None = None,
        periods_per_year: float | None = None,
        notes: Sequence[str] = (),
    ) -> Path:
        """Write the tearsheet of the run.

        Parameters
        ----------
        output, benchmark, random_returns, trials, names, periods_per_year, notes
            As for :func:`~btalpha.strategies.tearsheet`.
        title
            Heading; without it the name of the strategy's class.
        randoms, seed
            Random portfolios beside a ``TopK``, and their seed; 0 for none. Where they cannot be traded as
            the run was, they are left out and the page says why. Not with ``random_returns``.
        horizon
            Sessions ahead at which the scores of a ``TopK`` are judged.
        currency
            Of the account; without it CNY for an ``AShareBroker``, and none is named for any other.

        Returns
        -------
        pathlib.Path
            The file written.

        Raises
        ------
        ValueError, OSError
            As ``tearsheet`` does, or if the run had no bar.
        """
        returns, remarks = self._returns()
        n = 0 if random_returns is not None else randoms
        evidence = self._evidence(horizon, n, seed)
        found, drawn = evidence.evaluation, evidence.random_returns
        chance = {} if drawn is None else {"random": {"n": drawn.shape[1], "seed": seed}}
        return tearsheet(
            returns,
            benchmark,
            output=output,
            title=title or self._title,
            random_returns=drawn if random_returns is None else random_returns,
            ic=None if found is None else found.rank_ic,
            quantile_returns=None if found is None else found.quantile_returns,
            selected_factors=evidence.selected_factors,
            metrics={"strategy": self._figures(returns), "signal": evidence.signal()},
            config={**chance, **self._settings},
            periods_per_year=periods_per_year,
            trials=trials,
            names=names,
            currency=self._currency if currency is None else currency,
            notes=[*notes, *self._notes, *remarks, *evidence.notes],
            **self._tables,
        )

    def _returns(self) -> tuple[pd.Series, list[str]]:
        value, share = self._begin
        worth = fund_or_value([(value, share, value / share), *(row[1:] for row in self._rows)])
        values = pd.Series(worth[1:], self._values().index, dtype=float)
        return account_returns(values, worth[0])

    def _evidence(self, horizon: int, n: int, seed: int) -> SignalEvidence:
        if self.strategy is None or self.strategy.cerebro._dooptimize:
            return SignalEvidence()
        return evidence_of(self.strategy, self._values(), horizon=horizon, n=n, seed=seed)

    def _values(self) -> pd.Series:
        days = pd.DatetimeIndex([row[0] for row in self._rows], name="date")
        return pd.Series([float(row[1]) for row in self._rows], days, dtype=float)

    def _figures(self, returns: pd.Series) -> dict[str, float]:
        """Return turnover (times a year, one way) and costs, as far as there were trades."""
        trades = self._tables["trades"]
        mean = float(self._values().mean())
        if not len(trades) or not mean > 0.0:
            return {}
        years = len(returns) / sessions_per_year(pd.DatetimeIndex(returns.index))
        turnover = float(trades["value"].sum()) / 2.0 / mean / years
        return {"turnover": turnover, "costs": float(trades["fees"].sum())}
