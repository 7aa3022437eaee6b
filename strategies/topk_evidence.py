"""What a run of ``TopK`` in somebody's Cerebro says beyond its returns: its scores, and random portfolios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from ..feeds import DataError, Panel, PanelFeed
from ..feeds.collector import named_feeds
from ..signals.evaluation import Evaluation, evaluate, rank_autocorrelation
from .arguments import chosen_feeds
from .exchange import AShareBroker, AShareFees
from .random_portfolios import random_benchmark
from .report.words import percent
from .topk import TopK
from .trade_options import TradeOptions
from .twin.own_path import own_path
from .twin.random_paths import twin_lacks

SAME, ALIKE = 1e-6, 0.05
"""Largest differences between a run and its twin, fractions of the value, for random portfolios to count
without and with a note. Backtrader's own broker is ``ALIKE`` at best where it turns orders down for cash."""

_OF_STRATEGY = (
    *("k", "rebalance", "weights", "max_weight", "buffer", "max_changes", "min_holding"),
    *("cash_reserve", "execution", "gap", "lot", "tolerance"),
)


@dataclass(frozen=True, kw_only=True)
class SignalEvidence:
    """Arguments of :func:`~btalpha.strategies.tearsheet` on the scores of a run, and on chance."""

    evaluation: Evaluation | None = None
    autocorrelation: pd.Series | None = None
    selected_factors: Mapping[Any, Sequence[str]] = field(default_factory=dict)
    random_returns: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def signal(self) -> dict[str, Any]:
        """Return the table ``signal`` of the tearsheet's ``metrics``."""
        if self.evaluation is None or self.autocorrelation is None:
            return {}
        lasting = {str(lag): value for lag, value in self.autocorrelation.items()}
        return {**self.evaluation.summary(), "autocorrelation": lasting}


def evidence_of(strategy: Any, value: pd.Series, *, horizon: int, n: int, seed: int) -> SignalEvidence:
    """Judge the scores of a finished run, and trade random portfolios beside it.

    Parameters
    ----------
    strategy
        Any; there is something to say of a ``TopK`` alone.
    value
        Value of the account at the closes, by date.
    horizon
        Sessions ahead at which the scores are judged.
    n, seed
        Random portfolios; 0 for none. They are left out, with a note, where an array twin of the run, with
        its scores, rules and broker, does not reproduce its value: they would be traded by other rules then.
    """
    if not isinstance(strategy, TopK):
        return SignalEvidence()
    try:
        panel, scores = _scores_of(strategy)
    except DataError as error:
        return SignalEvidence(notes=(f"The scores are not judged: {error}",))
    evaluation = evaluate(scores, panel, horizon) if scores.notna().to_numpy().any() else None
    chance, notes = _chance(strategy, panel, _tradable(strategy, scores), value, n, seed)
    return SignalEvidence(
        evaluation=evaluation,
        autocorrelation=rank_autocorrelation(scores),
        selected_factors=getattr(strategy.p.signal, "selected_factors_", None) or {},
        random_returns=chance,
        notes=notes,
    )


def _scores_of(strategy: Any) -> tuple[Panel, pd.DataFrame]:
    """Return the bars that the feeds delivered and the scores on them, dates x symbols."""
    panel = Panel.from_feeds(chosen_feeds(named_feeds(strategy.datas), strategy.p.symbols).values())
    scores = strategy.p.scores if strategy.p.scores is not None else strategy.p.signal.predict(panel)
    days = pd.DatetimeIndex(scores.index).normalize()
    return panel, scores.set_axis(days).reindex(index=panel.dates, columns=panel.symbols).astype(float)


def _tradable(strategy: Any, scores: pd.DataFrame) -> pd.DataFrame:
    """Leave the scores that the strategy could act upon."""
    if strategy.p.universe is not None:
        known = strategy.p.universe.reindex(columns=scores.columns).astype(float)
        members = known.reindex(known.index.union(scores.index)).ffill().reindex(scores.index)
        scores = scores.where(members == 1.0)
    if strategy.p.start is not None:
        scores = scores.copy()
        scores.loc[scores.index < pd.Timestamp(strategy.p.start)] = np.nan
    return scores


def _chance(
    strategy: Any, panel: Panel, scores: pd.DataFrame, value: pd.Series, n: int, seed: int
) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Return the random portfolios' returns, or None, and what is to be known about them."""
    if not n:
        return None, ()
    if len(strategy.cerebro.runningstrats) > 1:
        return None, ("No random portfolios: the account is not this strategy's alone.",)
    options, reason = _options_of(strategy)
    if options is None or (reason := twin_lacks(panel, options)):
        return None, (f"No random portfolios: {reason}.",)
    panel = _as_delivered(panel) if options.exchange is None else _as_quoted(strategy, panel)
    scores = scores.reindex(panel.dates)
    try:
        twin, _ = own_path(panel, scores, options)
    except ValueError as error:
        return None, (f"No random portfolios: {error}",)
    apart = float(
        (twin / value.groupby(level=0).last().reindex(twin.index, method="ffill") - 1.0).abs().max()
    )
    if not apart <= ALIKE:
        text = (
            f"the broker trades by rules of its own (a twin of the run without them is {percent(apart)} off)"
        )
        return None, (f"No random portfolios: {text}.",)
    arguments = {one.name: getattr(options, one.name) for one in fields(options)}
    chance = random_benchmark(panel, n=n, seed=seed, eligible=scores.notna(), **arguments)
    if apart <= SAME:
        return chance.returns, ()
    text = f"a twin of the run with their broker is at most {percent(apart, digits=2)} off"
    return chance.returns, (f"The random portfolios trade by nearly the same rules: {text}.",)


def _as_delivered(panel: Panel) -> Panel:
    """Return the prices that the feeds delivered, so that a whole share costs what it cost in the run."""
    prices = {name: panel.adjusted_array(name) for name in ("open", "high", "low", "close")}
    return panel.with_arrays({**prices, "factor": np.ones(panel.array("close").shape)})


def _as_quoted(strategy: Any, panel: Panel) -> Panel:
    """Return raw prices and what the exchange knows of each bar, from the panel behind the feeds if any."""
    feeds = [strategy.getdatabyname(name) for name in panel.symbols]
    behind = {id(feed.p.dataname): feed.p.dataname for feed in feeds if isinstance(feed, PanelFeed)}
    own_names = all(isinstance(feed, PanelFeed) and feed.p.symbol == feed._name for feed in feeds)
    if len(behind) != 1 or not own_names:
        return panel
    (whole,) = behind.values()
    return whole.select(panel.symbols).between(panel.dates[0], panel.dates[-1])


def _options_of(strategy: Any) -> tuple[TradeOptions | None, str]:
    """Return how a run was traded, as ``run_backtest`` would be told; else None and why it cannot be told."""
    broker, given = strategy.broker, {name: getattr(strategy.p, name) for name in _OF_STRATEGY}
    schemes = getattr(broker, "comminfo", {})
    if not isinstance(broker, bt.brokers.BackBroker) or set(schemes) != {None}:
        return None, "the broker, or the commission of some names, is of another kind than theirs would be"
    scheme, cash = schemes[None], broker.startingcash
    if isinstance(broker, AShareBroker):
        if type(scheme) is not AShareFees:
            return None, f"the fees are of another kind, {type(scheme).__name__}, than theirs would be"
        rules = {name: getattr(broker.p, name) or {} for name in ("listings", "delistings")}
        fees, exchange, recovery = scheme.p.schedule, broker._rules, broker.p.recovery
        return TradeOptions(cash=cash, fees=fees, exchange=exchange, recovery=recovery, **rules, **given), ""
    if type(scheme) is not bt.CommInfoBase and type(scheme) is not bt.CommissionInfo:
        return None, f"the commission is of another kind, {type(scheme).__name__}, than theirs would be"
    if not scheme._stocklike or scheme._commtype != bt.CommInfoBase.COMM_PERC:
        return None, "the commission is not a part of the value traded"
    return TradeOptions(cash=cash, fees=float(scheme.p.commission), exchange=None, **given), ""
