"""The README's tables, from what recorded runs wrote: ``python -m btalpha.scripts.results``."""

import csv
import json
from pathlib import Path
from typing import Any

from .benchmark_results import benchmarks_table
from .model_results import models_table

_FOLDER = Path(__file__).parent / "recorded"
RECORDED = _FOLDER / "csi300.json"
COMMAND = (
    "btalpha backtest scripts/configs/csi300.toml --data ashare_csi300_2010_2016.parquet "
    "--members index_members.csv --model lstm,ridge,lightgbm,factor --out runs/csi300"
)


def results_table(metrics: dict[str, Any]) -> str:
    """Return the table as Markdown.

    Parameters
    ----------
    metrics
        What ``metrics.json`` holds.
    """
    strategy, chance, signal = metrics["strategy"], metrics["random"], metrics["signal"]
    seeds, matched = signal["seeds"], chance["matched_turnover"]
    tried = metrics["tried"]
    rows = [
        ("total return after fees", f"{strategy['total_return']:.1%}"),
        (f"median of {chance['n']} random portfolios", f"{chance['median_total_return']:.1%}"),
        ("share of the random portfolios that it beats", f"{chance['percentile']:.1f} %"),
        ("chance of a random one as good (p)", f"{chance['p_value']:.3f}"),
        ("share that it beats of those with its own turnover", f"{matched['percentile']:.1f} %"),
        ("the share by Sharpe ratio", f"{chance['sharpe_percentile']:.1f} %"),
        ("return a year", f"{strategy['cagr']:.1%}"),
        ("volatility a year", f"{strategy['volatility']:.1%}"),
        ("Sharpe ratio a year", f"{strategy['sharpe']:.2f}"),
        (
            f"deflated Sharpe ratio: chance that the true one is above 0, {tried['n']} models being tried",
            f"{tried['deflated_sharpe']:.0%}",
        ),
        ("largest drawdown", f"{strategy['max_drawdown']:.1%}"),
        ("turnover a year, one side", f"{strategy['turnover']:.1f} x the portfolio"),
        (f"daily rank IC, {signal['horizon']} sessions ahead", f"{signal['rank_ic']:.4f}"),
        ("rank ICIR, daily", f"{signal['rank_icir']:.2f}"),
        (
            f"rank IC of each of the {seeds['n']} seeds by itself",
            f"{seeds['mean']:.4f} (standard deviation {seeds['std']:.4f})",
        ),
        ("days with a rank IC", f"{signal['n_days']}"),
    ]
    lines = [f"| {metrics['title']} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines)


SCREEN_COMMAND = (
    "btalpha screen --target price --method time_series --form raw --label close --horizon 1 "
    "--start 2016-01-04 --end 2016-04-11 --complete-only --max-correlation 1 "
    "--codes bbi,ma,expma,wvad,bbiboll,boll,cdp,env,std,"
    "turnover_ratio_of_receivable,tangible_assets_net_liabilities "
    "--data ashare_all_2015_2016.parquet --statements fundamentals_2014_2016.parquet --out runs/paper"
)


def screening_table(folder: Path = _FOLDER) -> str:
    """Return the share of significant stocks of the paper's eleven factors, per target, as Markdown.

    Parameters
    ----------
    folder
        Where ``paper_window_price.csv`` and ``paper_window_return.csv`` are: the ``screening.csv`` of
        :data:`SCREEN_COMMAND` with ``--target price`` and with ``--target return``.
    """
    price, gain = (_shares(folder / f"paper_window_{target}.csv") for target in ("price", "return"))
    rows = [
        f"| `{code}` | {share:.1%}{' (passes)' if passed else ''} | {gain[code][0]:.1%} |"
        for code, (share, passed) in price.items()
    ]
    head = ["| factor | significant with the next price | with the next return |", "|---|---|---|"]
    return "\n".join([*head, *rows])


SPEED_COMMAND = "python -m btalpha.scripts.benchmarks.feeds --large"


def speed_table(record: Path = _FOLDER / "feeds.json") -> str:
    """Return what a portfolio backtest takes with each engine, as Markdown.

    Parameters
    ----------
    record
        What :data:`SPEED_COMMAND` printed.
    """
    ours = json.loads(record.read_text(encoding="utf-8"))
    stock, fork, large = ours["backtrader"], ours["backtrader_next"], ours["large"]
    rows = [
        ("Backtrader, `PandasData`", stock["seconds"], ours["times_faster_than_backtrader"]),
        ("backtrader-next, its own feed", fork["seconds"], ours["times_faster_than_backtrader_next"]),
        ("Backtrader, `panel.add_to` and `PortfolioBroker`", ours["seconds"], None),
    ]
    head = [f"| {ours['stocks']} stocks x {ours['bars']:,} bars | seconds | ours is |", "|---|---|---|"]
    lines = [
        f"| {name} | {seconds:.1f} | {'' if ratio is None else f'{ratio:.1f} times faster'} |"
        for name, seconds, ratio in rows
    ]
    memory = large["peak_memory_above_panel_gib"]
    last = (
        f"| {large['stocks']:,} stocks x {large['bars']:,} bars with ours, {memory:.1f} GiB above the panel "
        f"| {large['seconds']:.1f} | |"
    )
    return "\n".join([*head, *lines, last])


READING_COMMAND = "python -m btalpha.scripts.benchmarks.read > scripts/recorded/read.json"


def reading_table(record: Path = _FOLDER / "read.json") -> str:
    """Return what it takes to read bars into a panel, as Markdown.

    Parameters
    ----------
    record
        What :data:`READING_COMMAND` wrote.
    """
    ours = json.loads(record.read_text(encoding="utf-8"))
    rows = [
        ("`pandas.read_parquet`, and `pivot` field by field", "pandas", None),
        ("`Panel.read`", "read", ours["times_faster_than_pandas"]),
        ("`Panel.read(cache=True)`, a second time", "cached", ours["times_faster_than_pandas_from_cache"]),
    ]
    title = f"{ours['rows'] / 1e6:.1f} million rows, a panel of {ours['panel_mib']:.0f} MiB"
    head = [f"| {title} | seconds | peak memory, in panels | faster |", "|---|---|---|---|"]
    lines = [
        f"| {name} | {ours[way]['seconds']:.1f} | {ours[way]['peak_memory_in_panels']:.2f} "
        f"| {'' if ratio is None else f'{ratio:.1f} times'} |"
        for name, way, ratio in rows
    ]
    return "\n".join([*head, *lines])


PAPER_COMMAND = (
    "btalpha paper --data ashare_all_2015_2016.parquet --statements fundamentals_2014_2016.parquet "
    "--out runs/paper"
)


def paper_excerpt(record: Path = _FOLDER / "paper.json") -> str:
    """Return the paper's experiment over many draws as Markdown: a table and what follows from it.

    Parameters
    ----------
    record
        The ``paper.json`` of :data:`PAPER_COMMAND`.
    """
    from .paper.markdown import excerpt

    return excerpt(json.loads(record.read_text(encoding="utf-8")))


def _shares(path: Path) -> dict[str, tuple[float, bool]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["factor"]: (float(row["share"]), row["passed"] == "True") for row in csv.DictReader(file)}


if __name__ == "__main__":
    print(results_table(json.loads(RECORDED.read_text(encoding="utf-8"))))
    print(f"\n{models_table()}")
    print(
        f"\n{screening_table()}\n\n{paper_excerpt()}\n\n{speed_table()}\n\n{reading_table()}\n\n{benchmarks_table()}"
    )
