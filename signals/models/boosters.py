"""LightGBM's trees as text, which is how they are kept: no pickle, and the same scores after reading."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lightgbm import Booster

# Rows that are scored at once: bounds the copy of the features.
_ROWS_AT_ONCE = 200_000


class MissingExtraError(ImportError, ValueError):
    """A package that only some models need is not installed; the message tells how to get it."""


def import_lightgbm() -> Any:
    """Return the module ``lightgbm``.

    Raises
    ------
    MissingExtraError
        If it, or the OpenMP library of the system that it needs, is not there.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtraError(
            "LightGBMSignal needs LightGBM, which is not installed; pip install 'btalpha[lightgbm]'"
        ) from error
    except OSError as error:
        raise MissingExtraError(
            f"LightGBM is installed but cannot be loaded ({error}); it needs OpenMP of the system "
            "(Debian and Ubuntu: apt install libgomp1, macOS: brew install libomp)"
        ) from error
    return lightgbm


def from_text(text: str, n_features: int) -> "Booster":
    """Return the trees that LightGBM wrote as text.

    Raises
    ------
    ValueError
        If it is no such text, or of trees on another number of features.
    """
    lightgbm = import_lightgbm()
    try:
        booster = lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"no trees of LightGBM: {error}") from error
    if booster.num_feature() != n_features:
        raise ValueError(f"trees on {booster.num_feature()} features where there are {n_features}")
    return booster


def text_to_array(text: str) -> np.ndarray:
    """Return text as bytes that a file of arrays can hold.

    Examples
    --------
    >>> array_to_text(text_to_array("tree"))
    'tree'
    """
    return np.frombuffer(text.encode(), dtype=np.uint8)


def array_to_text(values: np.ndarray) -> str:
    """Return the text that :func:`text_to_array` took."""
    return values.astype(np.uint8).tobytes().decode()


def score_days(booster: "Booster", features: np.ndarray) -> np.ndarray:
    """Score every stock-day with a bar: T x N from T x N x F, NaN where there is none.

    The trees look at one row at a time, so no score depends on which others are asked for.
    """
    observed = np.isfinite(features[:, :, 0])
    out = np.full(observed.shape, np.nan)
    step = max(_ROWS_AT_ONCE // max(observed.shape[1], 1), 1)
    for first in range(0, len(features), step):
        days = slice(first, first + step)
        seen = observed[days]
        if seen.any():
            # One thread: several boosters are asked side by side.
            out[days][seen] = booster.predict(features[days][seen], num_threads=1)
    return out
