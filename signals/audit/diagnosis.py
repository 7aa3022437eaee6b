"""Why scores moved: the factors, their cleaning, the choice among them, or the model."""

import pandas as pd

from ...feeds import Panel
from ..factors import compute_factors
from ..features import FeaturePipeline
from .findings import Moved, compare, earliest
from .targets import Outcome


def explain(
    moved: Moved, whole: Outcome, panel: Panel, other: Outcome, other_panel: Panel, rtol: float
) -> str:
    """Say in words what moved first behind the scores of a provider that is built on features.

    Returns
    -------
    str
        Empty for a provider without features, or where nothing can be told.
    """
    pipeline, its_pipeline = (_features(outcome, moved.date) for outcome in (whole, other))
    if pipeline is None or its_pipeline is None:
        return ""
    dates = panel.dates[panel.dates <= moved.cut]
    codes = _codes(pipeline)
    factors, others = (compute_factors(one, codes) for one in (panel, other_panel))
    found = compare(factors, others, dates, moved.future, rtol)
    if found:
        first = earliest(found)
        return (
            f"the factor {first.name} moved first, on {first.date.date()} for {first.symbol}: it looks ahead"
        )
    others_codes = _codes(its_pipeline)
    if others_codes != codes:
        return (
            f"none of its factors moved, but which were chosen did: {_differing(codes, others_codes)}; "
            "the screening, or the labels it is given, look ahead"
        )
    cleaned, others = _cleaned(pipeline, panel), _cleaned(its_pipeline, other_panel)
    found = compare(cleaned, others, dates, moved.future, rtol)
    if found:
        first = earliest(found)
        return (
            f"the factors did not move, the cleaned {first.name} did, on {first.date.date()} for "
            f"{first.symbol}: the cleaning looks ahead"
        )
    return "no factor moved, raw or cleaned: the labels, the training or the provider's own code look ahead"


def _features(outcome: Outcome, date: pd.Timestamp) -> FeaturePipeline | None:
    features = getattr(outcome.fit_for(date), "features_", None)
    return features if isinstance(features, FeaturePipeline) and features.codes_ is not None else None


def _codes(pipeline: FeaturePipeline) -> list[str]:
    return list(pipeline.codes_ or [])


def _differing(codes: list[str], others: list[str]) -> str:
    gone, come = [code for code in codes if code not in others], [c for c in others if c not in codes]
    if not gone and not come:
        return "their order"
    return ", ".join(
        [*(f"{code} on the whole panel only" for code in gone), *(f"{c} not there" for c in come)]
    )


def _cleaned(pipeline: FeaturePipeline, panel: Panel) -> dict[str, pd.DataFrame]:
    values = pipeline.transform(panel)
    return {code: panel.frame(values[:, :, place]) for place, code in enumerate(_codes(pipeline))}
