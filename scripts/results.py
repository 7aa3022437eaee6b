"""The README's results table, from ``metrics.json``: ``python -m btalpha.scripts.results FILE``."""

import json
import sys
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded" / "csi300.json"
COMMAND = (
    "btalpha backtest scripts/configs/csi300.toml --data ashare_csi300_2010_2016.parquet "
    "--members index_members.csv --out runs/csi300"
)


def results_table(metrics: dict[str, Any]) -> str:
    """Return the table as Markdown.

    Parameters
    ----------
    metrics
        What ``metrics.json`` holds.
    """
    strategy, chance, signal = metrics["strategy"], metrics["random"], metrics["signal"]
    seeds = signal["seeds"]
    rows = [
        ("total return after fees", f"{strategy['total_return']:.1%}"),
        (f"median of {chance['n']} random portfolios", f"{chance['median_total_return']:.1%}"),
        ("share of the random portfolios that it beats", f"{chance['percentile']:.0f} %"),
        ("chance of a random one as good (p)", f"{chance['p_value']:.3f}"),
        ("return a year", f"{strategy['cagr']:.1%}"),
        ("volatility a year", f"{strategy['volatility']:.1%}"),
        ("Sharpe ratio a year", f"{strategy['sharpe']:.2f}"),
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


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDED
    print(results_table(json.loads(source.read_text(encoding="utf-8"))))
