"""From the options of a preprocessor to its steps, and the steps one after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..tally import Tally
from .gaps import FillGaps
from .interpolation import LONG_NAME, LinearInterpolationLooksAhead
from .neutralize import Neutralize
from .outliers import BoxplotOutliers, MadOutliers, StdOutliers
from .rank import Rank
from .scaling import MinMax, RobustZScore, ZScore
from .step import Context, Step, clean_and_count

CHOICES = {
    "outliers": ("mad", "std", "boxplot", "clip", "none"),
    "gaps": ("forward", "none", LONG_NAME),
    "scale": ("rank", "zscore", "robust_zscore", "minmax", "none"),
}


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what is not among the choices, and what does not go together.

    Raises
    ------
    ValueError
        Names the option, what it may be, and the remedy.
    """
    if options["gaps"] in ("linear", "interpolate", "linear_interpolation"):
        raise ValueError(
            f"gaps={options['gaps']!r} is refused: a line drawn across a gap uses the value after it, which "
            "was not known then. Use gaps='forward'; to repeat results that were made that way, say "
            f"gaps={LONG_NAME!r}"
        )
    for name, allowed in CHOICES.items():
        if options[name] not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {options[name]!r}")
    if options["scale"] == "rank" and options["axis"] == "time":
        others = ", ".join(repr(name) for name in CHOICES["scale"][1:-1])
        raise ValueError(
            f"scale must be {others} or 'none' along time, got 'rank', which works across stocks only"
        )
    if options["replace"] not in ("median", "clip"):  # also where no step is there to check it
        raise ValueError(f"replace must be 'median' or 'clip', got {options['replace']!r}")
    for name, unit in (("n_mad", "MAD"), ("n_std", "standard deviations"), ("n_iqr", "interquartile ranges")):
        if not options[name] > 0:
            raise ValueError(f"{name} must be above 0 {unit}, got {options[name]}")


def build_chain(options: Mapping[str, Any]) -> list[Step]:
    """Return the steps that the options describe: outliers, gaps, neutralisation, scale.

    Examples
    --------
    >>> from btalpha.signals import Preprocessor
    >>> build_chain(Preprocessor(outliers="none", neutralize=["size"], scale="zscore").get_settings())
    [FillGaps(max_age=5, median=True), Neutralize(against=['size']), ZScore(axis='stocks')]
    """
    return [*_outliers(options), *_gaps(options), *_neutralisation(options), *_scale(options)]


def learn_and_clean(
    chain: Sequence[Step],
    values: np.ndarray,
    counted: np.ndarray,
    context: Context,
    *,
    clean: bool,
    tally: Tally | None = None,
) -> np.ndarray:
    """Fit each step on what the steps before it made of the values; return what the last one made.

    Parameters
    ----------
    chain
        Unfitted steps.
    values, counted, context
        See :meth:`~btalpha.signals.preprocessing.step.Step._clean`.
    clean
        Whether the cleaned values are wanted; if not, the last steps that learn nothing are
        spared, and what is returned is of no use.
    tally
        Where repairs are counted.
    """
    last = max((place for place, step in enumerate(chain) if step.axis == "time"), default=-1)
    for place, step in enumerate(chain):
        if place > last and not clean:
            break
        step._learn(values, counted)
        values = clean_and_count(step, values, counted, context, tally)
    return values


def _outliers(options: Mapping[str, Any]) -> list[Step]:
    rule, replace, axis = options["outliers"], options["replace"], options["axis"]
    if rule == "clip":
        rule, replace = "mad", "clip"
    if rule == "mad":
        return [MadOutliers(n=options["n_mad"], replace=replace, axis=axis)]
    if rule == "std":
        return [StdOutliers(n=options["n_std"], replace=replace, axis=axis)]
    if rule == "boxplot":
        return [BoxplotOutliers(n=options["n_iqr"], replace=replace, axis=axis)]
    return []


def _gaps(options: Mapping[str, Any]) -> list[Step]:
    if options["gaps"] == "forward":
        return [FillGaps(max_age=options["max_age"])]
    return [LinearInterpolationLooksAhead()] if options["gaps"] == LONG_NAME else []


def _neutralisation(options: Mapping[str, Any]) -> list[Step]:
    against = options["neutralize"]
    if isinstance(against, str) or len(against):
        return [Neutralize(against=against)]
    return []


def _scale(options: Mapping[str, Any]) -> list[Step]:
    scale, axis = options["scale"], options["axis"]
    if scale == "rank":
        return [Rank()]
    if scale == "zscore":
        return [ZScore(axis=axis)]
    if scale == "robust_zscore":
        return [RobustZScore(axis=axis)]
    if scale == "minmax":
        return [MinMax(low=-1.0, high=1.0, axis=axis)]  # around 0, which is where a model puts the unknown
    return []
