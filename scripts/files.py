"""The files of a run beside its tearsheet."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from .training_curve import write_training
from .versions import versions

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..signals import WalkForward
    from .run import Run
    from .settings import Settings


FILES = (
    "tearsheet.html",
    "metrics.json",
    "returns.csv",
    "random_returns.csv",
    "trades.csv",
    "holdings.csv",
    "refusals.csv",
    "fits.csv",
    "training.csv",
    "training.svg",
    "screening.csv",
    "scores.parquet",
    "model",
    "config.toml",
)

COMPARISON_FILES = ("comparison.html", "comparison.json", "comparison.csv", "config.toml")
"""What a comparison of models has beside a folder of :data:`FILES` for each."""

RESULTS = (*FILES, *COMPARISON_FILES[:3])
"""All that a backtest may have left in its folder, or in a model's folder there."""


def write_results(result: "Run", folder: Path) -> None:
    """Write :data:`FILES` into a folder, but the tearsheet.

    Returns are fractions, money is CNY, dates are ISO. ``fits.csv`` lists the fits, their windows,
    factors and validation scores. ``screening.csv`` is there only where a model screens its factors,
    ``training.csv`` and ``training.svg`` only where it trains by epochs. ``model`` holds all fits, for
    ``btalpha pick``, unless the provider has no way to be saved: ``metrics.json`` says why.
    """
    result.metrics["model"] = write_walk_forward(result.walk, folder)
    portfolio, chance = result.portfolio, result.chance
    (folder / "metrics.json").write_text(to_json(result.metrics), encoding="utf-8")
    returns = portfolio.returns.to_frame("portfolio").assign(random_median=chance.median)
    returns.to_csv(folder / "returns.csv", index_label="date")
    chance.returns.to_csv(folder / "random_returns.csv", index_label="date", float_format="%.8g")
    for name in ("trades", "holdings", "refusals"):
        getattr(portfolio, name).to_csv(folder / f"{name}.csv", index=False)
    result.scores.dropna(how="all").to_parquet(folder / "scores.parquet")
    result.walk.fits_table().to_csv(folder / "fits.csv", index=False)
    _write_screening(result, folder / "screening.csv")
    write_training(result.walk, folder)
    write_config(result.settings, folder)


def write_walk_forward(walk: "WalkForward", folder: Path) -> dict[str, str | None]:
    """Write ``model``; return its name, or ``None`` and the reason why it cannot be written."""
    try:
        walk.save(folder / "model")
    except (NotImplementedError, TypeError, ValueError) as error:
        return {"file": None, "reason": str(error)}
    return {"file": "model", "reason": None}


def write_config(settings: "Settings", folder: Path) -> None:
    """Write ``config.toml``, from which the run can be repeated from anywhere: its paths are absolute."""
    from .settings import PATHS

    content = recorded(settings)
    for section, keys in PATHS.items():
        for key in keys:
            if isinstance(content[section].get(key), str):  # ``cache`` may be a switch
                content[section][key] = str(Path(content[section][key]).resolve())
    (folder / "config.toml").write_text(tomli_w.dumps(content), encoding="utf-8")


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    """Return seconds by stage to the millisecond."""
    return {name: round(value, 3) for name, value in seconds.items()}


def recorded(settings: "BaseModel") -> dict[str, Any]:
    """Return the settings in full, as plain data, with the versions that ran them."""
    return {**settings.model_dump(mode="json", exclude_none=True), "versions": versions()}


def to_json(content: Any) -> str:
    """Return JSON that every reader takes: what is not a number becomes null."""
    return json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    return content


def _write_screening(result: "Run", path: Path) -> None:
    import pandas as pd

    tables = {}
    for fit in result.walk.fits_:
        if fit.learned.screening is not None:
            tables[fit.date.date().isoformat()] = fit.learned.screening
    if tables:
        pd.concat(tables, names=["fit", "factor"]).to_csv(path)
