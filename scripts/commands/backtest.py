"""``btalpha backtest``: from bars to scores to orders to the tearsheet, in one folder."""

import logging
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from ...feeds import Panel
from ...signals import Evaluation, WalkForward, evaluate
from ...signals.factors import computable
from ...signals.timing import collect_seconds, stage
from ...strategies.backtest import run_backtest
from ...strategies.exchange import FillRules
from ...strategies.random_portfolios import random_benchmark
from ...strategies.report import tearsheet
from ..build import build_panel, build_walk_forward
from ..files import FILES, recorded, write_results
from ..metrics import gather_metrics
from ..output import check_writable, replaced_folder
from ..progress import Stages, stages
from ..run import Run
from ..settings import Settings, SettingsError
from ..summary import print_summary


def run(settings: Settings, out: Path, *, demo: bool = False, quiet: bool = False) -> None:
    """Run a backtest and put its files into ``out``, whole or not at all.

    Raises
    ------
    SettingsError, DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    out = out.resolve()
    check_writable(out, FILES)
    if settings.data.bars is not None and demo:
        raise SettingsError("give --demo or --data, not both")
    if settings.data.bars is None and not demo:
        raise SettingsError("there are no bars: give --data FILE, or --demo for the simulated market")
    logging.captureWarnings(True)
    begin = perf_counter()
    with stages(quiet=quiet) as shown, collect_seconds() as seconds:
        result = execute(settings, shown)
        shown.begin("write the tearsheet")
        with replaced_folder(out, FILES) as folder:
            with stage("report"):
                write_tearsheet(result, folder / "tearsheet.html")
            seconds["total"] = perf_counter() - begin
            result.metrics["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
            write_results(result, folder)
    for line in result.metrics["data"]["notes"]:
        print(f"data: {line}")
    if result.walk.resumed_:
        fits, kept = len(result.walk.fits_), result.walk.checkpoints
        print(f"checkpoints: {result.walk.resumed_} of {fits} fits were taken from {kept}")
    print_summary(result.metrics)
    print(f"\nThe tearsheet is {out / 'tearsheet.html'}")


def execute(settings: Settings, shown: Stages) -> Run:
    """Do the work of a backtest without writing anything."""
    shown.begin("read the bars")
    with stage("load"):
        panel = build_panel(settings.data)
    shown.begin("fit and score")
    walk = build_walk_forward(settings, panel, on_fit=shown.count, on_epoch=shown.epoch)
    _check_span(settings, panel, walk)
    scores = walk.fit(panel).predict(panel)
    evaluation = _evaluate(scores, panel, settings)
    shown.begin("trade")
    with stage("backtest"):
        portfolio = run_backtest(panel, scores, start=walk.start_, **_rules(settings))
    shown.begin("trade the random portfolios", total=settings.random.n)
    with stage("random"):
        chance = random_benchmark(
            panel,
            n=settings.random.n,
            seed=settings.seed,
            start=walk.start_,
            eligible=scores.notna(),
            progress=shown.count,
            **_rules(settings),
        )
    metrics = gather_metrics(settings, panel, walk, evaluation, portfolio, chance)
    metrics["data"]["notes"] = [*panel.repairs, *_left_out(panel, settings)]
    metrics["signal"]["seeds"] = _by_seed(walk, panel, settings)
    return Run(settings, panel, walk, scores, evaluation, portfolio, chance, metrics)


def write_tearsheet(result: Run, path: Path) -> None:
    """Write the page of a run."""
    settings = result.settings
    tearsheet(
        result.portfolio.returns,
        output=path,
        title=settings.title,
        random_returns=result.chance.returns,
        ic=result.evaluation.rank_ic,
        quantile_returns=result.evaluation.quantile_returns,
        selected_factors=result.walk.selected_factors_,
        trades=result.portfolio.trades,
        holdings=result.portfolio.holdings,
        refusals=result.portfolio.refusals,
        metrics=result.metrics,
        config=recorded(settings),
        notes=result.metrics["data"]["notes"],
    )


def _left_out(panel: Panel, settings: Settings) -> list[str]:
    """Say which factors lack their inputs, for a model that reads factors."""
    if settings.model.name not in ("lstm", "ridge"):
        return []
    able, missing = computable(panel, settings.factors.codes or None)
    if not missing:
        return []
    total = len(able) + len(missing)
    return [f"{len(missing)} of {total} factors lack their inputs in this data: {', '.join(missing)}"]


def _rules(settings: Settings) -> dict[str, Any]:
    """Return how the portfolio and the random ones are traded."""
    exchange = settings.exchange
    rules = FillRules(
        lots=exchange.lots,
        t_plus_1=exchange.t_plus_1,
        limits=exchange.limits,
        participation=exchange.participation,
    )
    return {
        **settings.strategy.model_dump(exclude={"fees"}),
        "fees": None if settings.strategy.fees == "ashare" else 0.0,
        "exchange": rules,
        "recovery": exchange.recovery,
    }


def _check_span(settings: Settings, panel: Panel, walk: WalkForward) -> None:
    """Refuse at once what would fail after minutes of training."""
    start = pd.Timestamp(walk.start) if walk.start is not None else panel.dates[-1]
    before = int((panel.dates <= start).sum())
    need = settings.model.length + settings.model.horizon + 1 if settings.model.name == "lstm" else 30
    if before < need:
        raise SettingsError(
            f"{before} sessions lie before walk_forward.start {start.date()}, the model needs {need} to "
            "learn from; start later or give earlier bars"
        )
    held = int(panel.universe_array[panel.dates >= start].sum(axis=1).max())
    if settings.strategy.k > held:
        raise SettingsError(
            f"strategy.k {settings.strategy.k} is larger than the universe of {held} stocks; "
            "choose a smaller k"
        )


def _evaluate(scores: pd.DataFrame, panel: Panel, settings: Settings) -> Evaluation:
    if not np.isfinite(scores.to_numpy()).any():
        raise SettingsError(
            f"no stock has a score on any of the {len(panel)} dates: the factors need more history "
            "than there is"
        )
    return evaluate(scores, panel, settings.model.horizon, label=settings.model.label)


def _by_seed(walk: WalkForward, panel: Panel, settings: Settings) -> dict[str, Any]:
    """Return the rank IC of each network by itself: how much of the result is the seed's."""
    each = [_evaluate(scores, panel, settings).summary()["rank_ic"] for scores in walk.predict_each(panel)]
    return {"n": len(each), "rank_ic": each, "mean": float(np.mean(each)), "std": float(np.std(each))}
