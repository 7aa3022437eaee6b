"""The README's table of models, from what recorded comparisons wrote."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "recorded"
CHOSEN = "csi300_2013_2014.json"
"""``comparison.json`` of the years on which the settings were chosen."""
TESTED = "csi300_2015_2016.json"
"""``comparison.json`` of the years that were run once."""
_HEAD = (
    "model",
    "rank IC 5 days ahead, 2013-2014",
    "2015-2016: 1, 5 and 10 days",
    "each seed, 5 days",
    "rank ICIR, 5 days",
    "IC, ICIR, 5 days",
    "return after fees",
    "Sharpe ratio",
    "random portfolios beaten",
    "the first leads in rank IC",
    "and in return",
)


def models_table(folder: Path = _FOLDER) -> str:
    """Return one row a model as Markdown: how good its scores are, and what the ten highest earned.

    Parameters
    ----------
    folder
        Where :data:`CHOSEN` and :data:`TESTED` are.
    """
    before, after = (json.loads((folder / name).read_text(encoding="utf-8")) for name in (CHOSEN, TESTED))
    chosen_on = {row["model"]: row["rank_ic"] for row in before["models"]}
    rows = [_cells(row, after["horizons"][row["model"]], chosen_on[row["model"]]) for row in after["models"]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (_HEAD, ["---"] * len(_HEAD), *rows))


def _cells(row: dict[str, Any], ahead: dict[str, Any], chosen_on: float) -> list[str]:
    seeds, five = ahead["5"]["seeds_rank_ic"], ahead["5"]
    return [
        f"`{row['model']}`",
        f"{chosen_on:.3f}",
        ", ".join(f"{ahead[days]['rank_ic']:.3f}" for days in ("1", "5", "10")),
        f"{seeds['mean']:.3f} ± {seeds['std']:.3f}" if seeds["std"] else "",
        f"{five['rank_icir']:.2f}",
        f"{five['ic']:.3f}, {five['icir']:.2f}",
        f"{row['total_return']:.1%}",
        f"{row['sharpe']:.2f}",
        f"{row['percentile']:.1f} %",
        *(_lead(row.get(name)) for name in ("rank_ic_lead", "return_lead")),
    ]


def _lead(test: dict[str, Any] | None) -> str:
    """Say how far the first model is ahead of this one, by the paired test over days."""
    if test is None:
        return ""
    p = "< 0.001" if test["p"] < 0.001 else f"= {test['p']:.3f}"
    return f"t = {test['t']:.1f}, p {p}"
