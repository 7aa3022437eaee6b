"""From a saved run and fresh bars to tomorrow's portfolio."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..feeds import Panel
from ..feeds.freshness import Freshness, freshness
from ..signals import WalkForward
from ..signals.walk_forward import Fit, latest_fit, latest_scores, refit_due
from ..strategies.pick import Pick, pick
from ..strategies.schedule import rebalance_sessions
from ..strategies.trade_options import TradeOptions
from .build import build_panel, build_walk_forward
from .days import read_day
from .holdings import Holdings, read_holdings
from .progress import Stages
from .repairs import unused_statements
from .saved_run import SavedRun
from .scoring import left_out
from .settings import Settings, SettingsError
from .trading import trading_rules


@dataclass(frozen=True)
class Request:
    """What is asked of ``btalpha pick`` beside the run.

    Attributes
    ----------
    cash
        At hand, CNY; ``None`` for that of the run's settings.
    holdings
        File of what is held.
    as_of
        Close of which the pick is made; ``None`` for the last one of the data.
    calendar
        Of the exchange; ``None`` for none.
    allow_stale, refit
        Pick from old data; fit anew on the data.
    now
        The moment for which data must be up to date, with its time zone.
    """

    cash: float | None = None
    holdings: Path | None = None
    as_of: str | None = None
    calendar: str | None = "XSHG"
    allow_stale: bool = False
    refit: bool = False
    now: pd.Timestamp = field(default_factory=lambda: pd.Timestamp.now("UTC"))


@dataclass(frozen=True)
class Picked:
    """A pick, and what it rests on."""

    settings: Settings
    panel: Panel
    walk: WalkForward
    fit: Fit
    fresh: Freshness
    scores: pd.Series
    found: Pick
    warnings: list[str]
    notes: list[str]


def make_pick(run: SavedRun, asked: Request, shown: Stages) -> Picked:
    """Read the bars, score the last close, and plan the orders for the next open.

    Raises
    ------
    SettingsError
        If the data is stale and nobody allowed it, or nothing can be picked from it.
    DataError, ModelFileError, ValueError
        For files that cannot be used.
    """
    settings = run.settings
    if asked.holdings is not None and asked.cash is None:
        raise SettingsError("--holdings needs --cash, the cash at hand beside them; 0 if there is none")
    shown.begin("read the bars")
    panel, now = _panel(settings, asked)
    fresh = freshness(panel, None if settings.data.bars is None else asked.calendar, now)
    if fresh.problems and not asked.allow_stale:
        raise SettingsError("; ".join(fresh.problems) + "; --allow-stale picks from it as it is")
    _check_universe(panel)
    held = Holdings() if asked.holdings is None else read_holdings(asked.holdings, panel)
    shown.begin("fit" if asked.refit else "score")
    walk = _fitted(settings, panel, shown) if asked.refit else run.load()
    fit = latest_fit(walk, panel.dates[-1])
    scores = latest_scores(walk, panel)
    shown.begin("plan the orders")
    found = pick(
        panel,
        scores,
        cash=settings.strategy.cash if asked.cash is None else asked.cash,
        holdings=held.shares,
        ages=_ages(settings, held),
        options=TradeOptions(**trading_rules(settings)),
    )
    warnings = [*fresh.problems, *_old_fit(fit, walk, panel), *_missing(found)]
    notes = [*_sizes(found, settings), *_schedule(settings, panel, walk), *_scored(panel, scores)]
    lacking = left_out(panel, settings) if asked.refit else []
    notes += [f"data: {line}" for line in (*panel.repairs, *unused_statements(panel), *lacking)]
    return Picked(settings, panel, walk, fit, fresh, scores, found, warnings, notes)


def _panel(settings: Settings, asked: Request) -> tuple[Panel, pd.Timestamp]:
    """Return the bars up to the date of the pick, and the moment for which they should be complete."""
    if asked.as_of is None:
        return build_panel(settings.data.model_copy(update={"end": None})), asked.now
    try:
        day = read_day(asked.as_of, "--as-of")
    except ValueError as error:
        raise SettingsError(str(error)) from error
    moment = (day + pd.Timedelta(days=1)).tz_localize("UTC")
    return build_panel(settings.data.model_copy(update={"end": day.date()})), min(moment, asked.now)


def _check_universe(panel: Panel) -> None:
    members = panel.universe_array
    if not members[-1].any():
        last = panel.dates[np.flatnonzero(members.any(axis=1))[-1]] if members.any() else None
        known = "there never was any" if last is None else f"the last ones are of {last.date()}"
        raise SettingsError(
            f"nobody is a member of the index on {panel.dates[-1].date()}, {known}; renew --members"
        )


def _fitted(settings: Settings, panel: Panel, shown: Stages) -> WalkForward:
    """Fit on all bars; the labels of the last sessions are not known yet, and purged."""
    start = {"start": panel.dates[-1].date()}
    settings = settings.model_copy(update={"walk_forward": settings.walk_forward.model_copy(update=start)})
    shown.most_epochs = settings.model.epochs
    return build_walk_forward(settings, panel, on_fit=shown.count, on_epoch=shown.epoch).fit(panel)


def _ages(settings: Settings, held: Holdings) -> dict[str, int]:
    unknown = sorted(set(held.shares) - set(held.ages))
    if settings.strategy.min_holding and unknown:
        raise SettingsError(
            f"strategy.min_holding {settings.strategy.min_holding} needs to know when {unknown[0]} was "
            "bought; give --holdings a column bought, with the dates of the purchases"
        )
    return held.ages


def _old_fit(fit: Fit, walk: WalkForward, panel: Panel) -> list[str]:
    due = refit_due(fit, walk.refit, panel.dates)
    if due is None:
        return []
    every = walk.refit if isinstance(walk.refit, str) else f"{walk.refit} sessions"
    return [
        f"the model was last fitted for {fit.date.date()}, and its schedule (every {every}) asks for a fit "
        f"on {due.date()}: --refit fits it on the data"
    ]


def _missing(found: Pick) -> list[str]:
    count, k = len(found.targets), found.rules.k
    return [] if count >= k else [f"{count} of {k} places are filled: see what cannot be traded, and why"]


def _sizes(found: Pick, settings: Settings) -> list[str]:
    """Say what sizes rest on."""
    text = f"sizes are those of the close of {found.session}, as in the backtest: the open is not known yet"
    if found.rules.gap:
        text += f"; the cash pays for opens up to {found.rules.gap:.1%} higher"
    lines = [text, "who is suspended or at a limit at the open is not known either"]
    if settings.strategy.execution == "close":
        lines.append("the backtest filled its orders at that close, which is over: these are for the open")
    return lines


def _schedule(settings: Settings, panel: Panel, walk: WalkForward) -> list[str]:
    """Say when the backtest's own schedule rebalances, where the data goes back to its start."""
    rule, start = settings.strategy.rebalance, walk.start_
    if start is None or len(walk.fits_) == 0 or panel.dates[0] > start or start == panel.dates[-1]:
        return []
    sessions = list(panel.dates[panel.dates >= start].date)
    last = rebalance_sessions(sessions, rule)[-1:]
    if not last or last[0] == sessions[-1]:
        return []
    return [f"the backtest's own schedule rebalanced last on {last[0]}, and not on {sessions[-1]}"]


def _scored(panel: Panel, scores: pd.Series) -> list[str]:
    """Count the members without a score, and why."""
    member, traded = panel.universe_array[-1], panel.traded_array[-1]
    known = scores.notna().to_numpy()
    silent = panel.symbols[member & ~traded & ~known]
    others = panel.symbols[member & traded & ~known]
    lines = [f"{int((member & known).sum()):,} of {int(member.sum()):,} stocks of the universe have a score"]
    for names, why in ((silent, "have no bar on this date"), (others, "lack history or figures")):
        if len(names):
            lines.append(f"{len(names):,} {why}: {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}")
    return lines


def plain_fit(fit: Fit, walk: WalkForward, panel: Panel) -> dict[str, Any]:
    """Return when the model was fitted, and whether it should have been since, as plain data."""
    due = refit_due(fit, walk.refit, panel.dates)
    return {
        "kind": type(fit.provider).__name__,
        "fitted": fit.date.date().isoformat(),
        "seen_until": fit.window.until.date().isoformat(),
        "refit": walk.refit,
        "refit_due": None if due is None else due.date().isoformat(),
        "factors": fit.codes,
    }
