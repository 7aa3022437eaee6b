"""The rules of a screening: which settings are allowed, which factor passes and why not."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd

from .options import Correlation, FalseDiscovery, Method
from .targets import TARGETS


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` for settings that :class:`~btalpha.signals.ICScreen` cannot use."""
    for name, allowed in (
        ("method", get_args(Method)),
        ("correlation", (None, *get_args(Correlation))),
        ("target", TARGETS),
        ("false_discovery", get_args(FalseDiscovery)),
    ):
        if settings[name] not in allowed:
            raise ValueError(f"{name} must be {_either(allowed)}, got {settings[name]!r}")
    _check_numbers(**{name: settings[name] for name in _check_numbers.__annotations__ if name != "return"})
    if settings["method"] == "cross_section" and settings["false_discovery"] == "stocks":
        raise ValueError(
            "false_discovery must be 'factors' or 'none' for cross_section, got 'stocks': there is one test "
            "a factor and none a stock; take method='time_series' for those"
        )


def _either(allowed: tuple[object, ...]) -> str:
    *names, last = map(repr, allowed)
    return f"{', '.join(names)} or {last}"


def _check_numbers(
    min_t: float,
    min_ic: float,
    min_icir: float,
    level: float,
    min_share: float,
    lags: int | None,
    max_correlation: float,
    max_factors: int | None,
    min_factors: int,
) -> None:
    for name, value, rule, holds in (
        ("min_t", min_t, "0 or more", min_t >= 0),
        ("min_ic", min_ic, "in [0, 1]", 0 <= min_ic <= 1),
        ("min_icir", min_icir, "0 or more", min_icir >= 0),
        ("level", level, "between 0 and 1", 0 < level < 1),
        ("min_share", min_share, "in [0, 1]", 0 <= min_share <= 1),
        ("lags", lags, "0 or more, or None", lags is None or lags >= 0),
        ("max_correlation", max_correlation, "in (0, 1]", 0 < max_correlation <= 1),
        ("max_factors", max_factors, "1 or more, or None", max_factors is None or max_factors >= 1),
        ("min_factors", min_factors, "0 or more", min_factors >= 0),
    ):
        if not holds:
            raise ValueError(f"{name} must be {rule}, got {value}")
    if max_factors is not None and min_factors > max_factors:
        raise ValueError(f"min_factors must be at most max_factors = {max_factors}, got {min_factors}")


def cross_section_reasons(
    table: pd.DataFrame,
    *,
    correlation: str,
    min_t: float,
    min_ic: float,
    min_icir: float,
    level: float,
    controlled: bool,
) -> list[str]:
    """Say of each factor why it does not pass, an empty text where it does.

    Parameters
    ----------
    table
        What :func:`~.cross_section.cross_section_statistics` gives, with ``q`` where ``controlled``.
    correlation
        Which of IC and rank IC is judged.
    min_t, min_ic, min_icir
        Least absolute values.
    level
        Largest ``q`` where ``controlled``.
    """
    prefix, name = ("rank_", "rank IC") if correlation == "spearman" else ("", "IC")
    rules = [
        (table[f"{prefix}t"].isna(), "too few days with an IC"),
        (~table["one_sign"].astype(bool), "halves differ in sign"),
        (table[f"{prefix}t"].abs() < min_t, f"|t| below {min_t:g}"),
        (table[f"{prefix}ic"].abs() < min_ic, f"|{name}| below {min_ic:g}"),
        (table[f"{prefix}icir"].abs() < min_icir, f"|{name}IR| below {min_icir:g}"),
    ]
    if controlled:
        rules.append((~(table["q"] <= level), f"q above {level:g}"))
    return _first(rules, len(table))


def time_series_reasons(table: pd.DataFrame, *, min_share: float) -> list[str]:
    """Say of each factor why it does not pass, an empty text where it does."""
    rules = [
        (table["n_stocks"] == 0, "too few pairs"),
        (table["ic"].isna(), "constant"),
        (table["share"] < min_share, f"share below {min_share:.1%}"),
    ]
    return _first(rules, len(table))


def _first(rules: list[tuple[pd.Series, str]], length: int) -> list[str]:
    reasons = np.full(length, "", dtype=object)
    for fails, reason in reversed(rules):
        reasons[fails.to_numpy()] = reason
    return list(reasons)
