"""The paper's forecast, as it was published and without its leaks."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..features import rank_labels
from ..preprocessing import Preprocessor
from ..preprocessing.interpolation import LONG_NAME
from .learner import Learner
from .material import Known, Material, by_code
from .protocol import Protocol
from .screening import Screened, screen


class Forecast(NamedTuple):
    """Scores of N stocks, higher is better, and the screening behind them."""

    scores: np.ndarray
    screened: Screened


def as_published_looks_ahead(material: Material, protocol: Protocol, learner: Learner) -> Forecast:
    """Score stocks as the paper did. **It looks ahead**, twice, and a result of it proves nothing.

    The predictions of the H days held are averaged, and each is made from that day's own factor values:
    the ten highest are chosen on the first day with the help of values of the nine after it. And gaps are
    filled on a line to the next value, which lies after them, beyond the day of the decision where it must.
    (Cleaned along time, a third one: the statistics of the cleaning are of the days held, too.)

    Parameters
    ----------
    material
        Stocks of one draw.
    protocol
        What is done.
    learner
        Of the draw's network.
    """
    window, held = len(material.known.values), len(material.returns)
    values = np.concatenate([material.known.values, material.later_values])
    screened, features = _features(values, material.known, protocol, gaps=LONG_NAME)
    predictions = learner.scores(features[:window], _next_day(material.known), features)
    # Factors at T foretell T+1: the days held are foretold from the decision's day to the last but one.
    return Forecast(_averaged(predictions[window - 1 : window - 1 + held], protocol), screened)


def without_leaks(known: Known, protocol: Protocol, learner: Learner, *, held: int) -> Forecast:
    """Score stocks by the same steps, from nothing but what was known at the decision.

    Factor values end on that day, a gap is filled with the last value before it (after five sessions with
    the day's median), and the prediction is made once. See ``forecast`` of
    :class:`~btalpha.signals.paper.protocol.Network`.

    Parameters
    ----------
    known
        Of the stocks of one draw; there is nothing later in it.
    protocol
        What is done.
    learner
        Of the draw's network.
    held
        H, days that the portfolio will be held.
    """
    screened, features = _features(known.values, known, protocol, gaps="forward")
    labels = _next_day(known)
    if protocol.network.forecast == "daily":
        labels = _days_ahead(labels, held)
    return Forecast(learner.scores(features, labels, features)[-1], screened)


def _features(
    values: np.ndarray, known: Known, protocol: Protocol, *, gaps: str
) -> tuple[Screened, np.ndarray]:
    """Screen, clean and stack: T x N x kept features, 0 (the middle) where there is still no value."""
    rule, window = protocol.screening, len(known.values)
    cleaner = Preprocessor(
        n_mad=protocol.cleaning.n_mad, gaps=gaps, scale="zscore", axis=protocol.cleaning.axis
    )
    frames = by_code(values, known.codes)
    if rule.on == "raw":
        screened = screen(known.frames(), known.targets, rule)
        cleaned = cleaner.fit_transform({code: frames[code] for code in screened.kept})
    else:
        cleaned = cleaner.fit_transform(frames)
        inside = {code: frame.iloc[:window] for code, frame in cleaned.items()}
        screened = screen(inside, known.targets, rule)
    return screened, _stacked([cleaned[code] for code in screened.kept])


def _stacked(frames: list[pd.DataFrame]) -> np.ndarray:
    stacked = np.stack([frame.to_numpy() for frame in frames], axis=-1)
    return np.where(np.isfinite(stacked), stacked, 0.0).astype(np.float32)


def _next_day(known: Known) -> np.ndarray:
    """Return what is learned, W x N: next day's return in units of the window's own spread.

    One mean and one spread for all: the order of the stocks of a day stays, and a network learns no better
    or worse in other units, but numbers around one it learns in fewer steps.
    """
    returns = known.targets["return"]
    spread = float(np.nanstd(returns))
    return (returns - np.nanmean(returns)) / (spread if spread > 0 else 1.0)


def _days_ahead(next_day: np.ndarray, days: int) -> np.ndarray:
    """Return W x N x H: the return of each of the next days; NaN where it was not known.

    Examples
    --------
    >>> _days_ahead(np.array([[1.0], [2.0], [np.nan]]), 2).squeeze(1).tolist()
    [[1.0, 2.0], [2.0, nan], [nan, nan]]
    """
    out = np.full((*next_day.shape, days), np.nan)
    for day in range(min(days, len(next_day))):
        out[: len(next_day) - day, :, day] = next_day[day:]
    return out


def _averaged(predictions: np.ndarray, protocol: Protocol) -> np.ndarray:
    if protocol.network.averaging == "ranks":
        predictions = rank_labels(predictions, np.ones(predictions.shape, dtype=bool))
    return predictions.mean(axis=0)
