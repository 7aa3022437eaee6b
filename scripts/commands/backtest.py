"""``btalpha backtest``: from bars to scores to orders to the tearsheet, in one folder."""

import logging
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from ...feeds import Panel
from ...signals import shared_features
from ...signals.evaluation import rank_autocorrelation
from ...signals.timing import collect_seconds, stage
from ...strategies.backtest import BacktestResult, run_backtest
from ...strategies.random_portfolios import RandomBenchmark, random_benchmark
from ...strategies.report import tearsheet
from ..build import build_panel
from ..comparison import write_comparison
from ..comparison_table import print_comparison
from ..files import RESULTS, recorded, rounded, write_results
from ..metrics import gather_metrics
from ..model_settings import model_label
from ..output import check_writable, replaced_folder
from ..progress import Stages, stages
from ..repairs import cleaning, cleaning_lines, coverage, coverage_lines, unused_statements
from ..run import Run
from ..scoring import Scored, check_model, check_span, each_model, left_out, score
from ..settings import Settings, SettingsError
from ..summary import print_summary
from ..trading import trading_rules
from ..trials import tried


def run(settings: Settings, out: Path, *, demo: bool = False, quiet: bool = False) -> None:
    """Run a backtest and put its files into ``out``, whole or not at all.

    Where the settings name several models each has a folder of its own there, beside a comparison.

    Raises
    ------
    SettingsError, DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    out = out.resolve()
    check_writable(out, RESULTS)
    kept = settings.walk_forward.checkpoints
    if kept is not None and kept.resolve().is_relative_to(out):
        raise SettingsError(
            f"walk_forward.checkpoints {kept} lies in --out, which is replaced whole at the end; "
            "name another folder"
        )
    if settings.data.bars is not None and demo:
        raise SettingsError("give --demo or --data, not both")
    if settings.data.bars is None and not demo:
        raise SettingsError("there are no bars: give --data FILE, or --demo for the simulated market")
    logging.captureWarnings(True)
    begin, several = perf_counter(), len(settings.model.names) > 1
    rows: list[dict[str, Any]] = []
    with stages(quiet=quiet) as shown, collect_seconds() as seconds:
        results = execute_all(settings, shown)
        shown.begin("write the tearsheets" if several else "write the tearsheet")
        with replaced_folder(out, RESULTS) as folder:
            for result in results:
                own = folder / model_label(result.settings.model.names[0]) if several else folder
                own.mkdir(exist_ok=True)
                _write_one(result, own, seconds, begin)
            if several:
                rows = write_comparison(
                    settings, results, rounded({**seconds, "total": perf_counter() - begin}), folder
                )
    _tell(results)
    if several:
        print_comparison(settings.title, rows, results[0].metrics)
        print(f"\nThe comparison is {out / 'comparison.html'}, each model's tearsheet in a folder beside it")
    else:
        print_summary(results[0].metrics)
        print(f"\nThe tearsheet is {out / 'tearsheet.html'}")


def _tell(results: list[Run]) -> None:
    """Print what was repaired, left out, taken from a run before, or could not be kept."""
    for line in results[0].metrics["data"]["notes"]:
        print(f"data: {line}")
    for result in results:
        if result.walk.resumed_:
            fits, kept = len(result.walk.fits_), result.walk.checkpoints
            print(f"checkpoints: {result.walk.resumed_} of {fits} fits were taken from {kept}")
        if result.metrics["model"]["file"] is None:
            print(f"the model cannot be saved for btalpha pick: {result.metrics['model']['reason']}")


def execute(settings: Settings, shown: Stages) -> Run:
    """Do the work of a backtest of one model without writing anything."""
    (result,) = execute_all(settings, shown)
    return result


def execute_all(settings: Settings, shown: Stages) -> list[Run]:
    """Do the work of a backtest of each model, on the same bars and dates, without writing anything.

    All are placed among the same random portfolios, which pick from what any of the models scored.
    Models with the same factors, cleaning and screening share their features.
    """
    runs = each_model(settings)
    for one in runs:
        check_model(one)
    shown.begin("read the bars")
    with stage("load"):
        panel = build_panel(settings.data)
    for one in runs:
        check_span(one, panel)
    with shared_features():
        scored = [_score(one, panel, shown) for one in runs]
    start, rules = scored[0].walk.start_, trading_rules(settings)
    shown.begin("trade", total=len(scored))
    portfolios = [_trade(one, panel, rules) for one in scored]
    shown.begin("trade the random portfolios", total=settings.random.n)
    with stage("random"):
        chance = random_benchmark(
            panel,
            n=settings.random.n,
            seed=settings.seed,
            start=start,
            eligible=_scored_by_any(scored),
            progress=shown.count,
            **rules,
        )
    trials = tried(settings.model.names, [portfolio.returns for portfolio in portfolios])
    return [
        _gather(one, panel, portfolio, chance, _matched(one, panel, portfolio, rules), trial)
        for one, portfolio, trial in zip(scored, portfolios, trials, strict=True)
    ]


def _score(settings: Settings, panel: Panel, shown: Stages) -> Scored:
    shown.begin(f"fit and score {model_label(settings.model.names[0])}")
    return score(settings, panel, shown)


def _trade(scored: Scored, panel: Panel, rules: dict[str, Any]) -> BacktestResult:
    begin = perf_counter()
    portfolio = run_backtest(panel, scored.scores, start=scored.walk.start_, **rules)
    scored.seconds["backtest"] = perf_counter() - begin
    return portfolio


def _scored_by_any(scored: list[Scored]) -> pd.DataFrame:
    """Return what a random portfolio may pick: all that any of the models could have held."""
    known = scored[0].scores.notna()
    for one in scored[1:]:
        known |= one.scores.notna()
    return known


def _matched(
    scored: Scored, panel: Panel, portfolio: BacktestResult, rules: dict[str, Any]
) -> RandomBenchmark:
    """Run random portfolios that keep as many names at each rebalance as the model's did."""
    settings, start = scored.settings, scored.walk.start_
    # Weights by a random score are random weights; these are by the names alone.
    weights = "equal" if rules["weights"] == "score" else rules["weights"]
    rules = {**rules, "weights": weights, "n": settings.random.n, "seed": settings.seed, "start": start}
    eligible = scored.scores.notna()
    return random_benchmark(panel, turnover="matched", like=portfolio, eligible=eligible, **rules)


def _gather(
    scored: Scored,
    panel: Panel,
    portfolio: BacktestResult,
    chance: RandomBenchmark,
    matched: RandomBenchmark,
    trial: dict[str, Any],
) -> Run:
    settings, walk, evaluation = scored.settings, scored.walk, scored.evaluation
    metrics = gather_metrics(settings, panel, walk, evaluation, portfolio, chance, matched)
    lasting = rank_autocorrelation(scored.scores.loc[walk.start_ :])
    metrics["signal"]["autocorrelation"] = {str(lag): value for lag, value in lasting.items()}
    covered, cleaned = coverage(panel, scored.scores), cleaning(scored.cleaning)
    metrics["data"] |= {"coverage": covered, "cleaning": cleaned}
    metrics["data"]["notes"] = [
        *panel.repairs,
        *left_out(panel, settings),
        *unused_statements(panel),
        *cleaning_lines(cleaned),
        *coverage_lines(covered),
    ]
    metrics["signal"]["seeds"] = scored.by_seed
    metrics["signal"]["horizons"] = scored.horizons
    metrics["tried"] = trial
    metrics["seconds"] = scored.seconds
    return Run(settings, panel, walk, scored.scores, evaluation, portfolio, chance, metrics)


def _write_one(result: Run, folder: Path, seconds: dict[str, float], begin: float) -> None:
    """Write a model's files; to the seconds of its own stages come those that all models share."""
    start = perf_counter()
    write_tearsheet(result, folder / "tearsheet.html")
    own = {**seconds, **result.metrics["seconds"], "report": perf_counter() - start}
    result.metrics["seconds"] = rounded({**own, "total": perf_counter() - begin})
    write_results(result, folder)


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
        names=_names(result.panel),
        notes=result.metrics["data"]["notes"],
    )


def _names(panel: Panel) -> dict[str, str]:
    """Return what the stocks are called, where the data says."""
    if panel.info is None or "name" not in panel.info:
        return {}
    return {str(symbol): str(name) for symbol, name in panel.info["name"].dropna().items()}
