"""One backtest of scores on a panel, through Backtrader, with everything reports need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import backtrader as bt
import pandas as pd

from ..feeds import Panel
from ..feeds.long_format import DateLike
from .analyzers import FeeTotals, Holdings, Refusals, TableAnalyzer, Trades, Values, rows_to_frame
from .exchange import FillRules
from .make_broker import FeesLike, make_broker
from .planning.rules import Execution, Weighting
from .report.metrics import sessions_per_year
from .schedule import Rule
from .span import first_sessions, market_of, on_dates, scores_of, window_of
from .topk import TopK

# Backtrader's classes take their parameters through a metaclass, which type checkers cannot follow.
_Cerebro: Any = bt.Cerebro
_EXCHANGE = FillRules()


@dataclass(frozen=True)
class BacktestResult:
    """What a portfolio did.

    Attributes
    ----------
    value
        Portfolio value at each close, CNY, by date.
    returns
        Daily returns after fees, fractions, on the same dates; the first is against the cash at
        the start.
    trades, holdings, refusals
        Tables of the analyzers of the same names; empty where nothing was recorded.
    fees
        Fees by kind, CNY.
    symbols
        Names that could be traded.
    """

    value: pd.Series
    returns: pd.Series
    trades: pd.DataFrame
    holdings: pd.DataFrame
    refusals: pd.DataFrame
    fees: Mapping[str, float]
    symbols: tuple[str, ...]

    @property
    def total_return(self) -> float:
        """Return over the whole time, a fraction."""
        return float((1.0 + self.returns).prod() - 1.0)

    @property
    def costs(self) -> float:
        """All fees, CNY."""
        return float(sum(self.fees.values()))

    @property
    def turnover(self) -> float:
        """Half of what a year bought and sold, over the mean value: 1.0 is once through the portfolio."""
        if not len(self.trades):
            return 0.0
        years = len(self.value) / sessions_per_year(pd.DatetimeIndex(self.value.index))
        return float(self.trades["value"].sum() / 2.0 / self.value.mean() / years)


def run_backtest(
    panel: Panel,
    signal: pd.DataFrame | Any,
    *,
    start: DateLike | None = None,
    end: DateLike | None = None,
    k: int = 10,
    rebalance: Rule = 5,
    cash: float = 1_000_000.0,
    fees: FeesLike = None,
    exchange: FillRules | None = _EXCHANGE,
    weights: Weighting = "equal",
    max_weight: float = 1.0,
    buffer: int = 0,
    max_changes: int | None = None,
    min_holding: int = 0,
    cash_reserve: float = 0.0,
    execution: Execution = "open",
    gap: float | None = None,
    lot: int = 1,
    tolerance: float = 0.0,
    listings: Mapping[str, Any] | None = None,
    delistings: Mapping[str, Any] | None = None,
    recovery: float = 1.0,
    record: bool = True,
) -> BacktestResult:
    """Trade scores with ``TopK`` over a span of a panel.

    Parameters
    ----------
    panel
        The bars; prices are traded adjusted (raw x factor), with the factor of each symbol's first
        bar in the span as 1, so that sizes and prices in the tables begin as they were quoted.
    signal
        Scores, dates x symbols, NaN = not to be held; or a fitted provider, whose ``predict`` is asked
        once for the panel up to ``end`` (its rows are causal, so this equals asking day by day).
    start, end
        First and last date with a return; without them the panel's. Scores of the session before
        ``start`` are traded at the open of ``start``.
    k, rebalance, weights, max_weight, buffer, max_changes, min_holding, cash_reserve, execution, gap, lot, \
    tolerance
        As for :class:`~btalpha.strategies.TopK`.
    cash
        At the start, CNY.
    fees
        ``None``: A-share fees by date (:class:`~btalpha.strategies.exchange.FeeSchedule`); a schedule of your
        own; or one rate charged on both sides, as a fraction (0.001 is 0.1 %), in a market without rules.
    exchange
        The exchange's rules, by default all of them: lots, T+1, price limits, a tenth of the volume;
        ``None`` for none. Only with A-share fees.
    listings, delistings, recovery
        As for :class:`~btalpha.strategies.AShareBroker`; without ``listings`` a name that first trades after
        the panel's first date counts as listed then.
    record
        Keep trades, holdings and refusals; without them a run is faster.

    Returns
    -------
    BacktestResult
        Returns, value and the tables.

    Raises
    ------
    ValueError
        If the span has no session, no symbol has a score in it, or ``k`` is larger than the number of
        symbols that have.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=20, n_days=60, seed=1)
    >>> result = run_backtest(panel, -panel.adjusted("close").pct_change(5, fill_method=None), k=3, fees=0.0)
    >>> result.costs, len(result.returns) == len(panel)
    (0.0, True)
    """
    window, first = window_of(panel, start, end)
    scores = scores_of(panel, signal, window)
    market = market_of(window, scores, k)
    cerebro = _Cerebro(stdstats=False)
    listings = first_sessions(panel) if listings is None else listings
    cerebro.broker = make_broker(cash, fees, exchange, listings, delistings, recovery)
    cerebro.broker.set_coc(execution == "close")
    market.add_to(cerebro)
    cerebro.addstrategy(
        TopK,
        scores=scores[list(market.symbols)],
        k=k,
        rebalance=rebalance,
        weights=weights,
        max_weight=max_weight,
        buffer=buffer,
        max_changes=max_changes,
        min_holding=min_holding,
        cash_reserve=cash_reserve,
        execution=execution,
        gap=gap,
        lot=lot,
        tolerance=tolerance,
    )
    for analyzer in (Values, FeeTotals, *((Trades, Holdings, Refusals) if record else ())):
        cerebro.addanalyzer(analyzer, _name=analyzer.__name__)
    (strategy,) = cerebro.run()
    return _result(strategy, window.dates[first:], cash, tuple(market.symbols))


def _result(strategy: Any, dates: pd.DatetimeIndex, cash: float, symbols: tuple[str, ...]) -> BacktestResult:
    analyzers = strategy.analyzers
    value, returns = on_dates(analyzers.Values.to_frame().set_index("date")["value"], dates, cash)
    return BacktestResult(
        value=value.rename("value"),
        returns=returns.rename("returns"),
        trades=_table(analyzers, Trades),
        holdings=_table(analyzers, Holdings),
        refusals=_table(analyzers, Refusals),
        fees=dict(analyzers.FeeTotals.get_analysis()),
        symbols=symbols,
    )


def _table(analyzers: Any, kind: type[TableAnalyzer]) -> pd.DataFrame:
    analyzer = getattr(analyzers, kind.__name__, None)
    return rows_to_frame((), kind.columns) if analyzer is None else analyzer.to_frame()
