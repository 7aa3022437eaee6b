"""Models behind the scores: the LSTM and the baselines that it has to beat."""

from .boosters import MissingExtraError
from .ensemble import EnsembleSignal
from .factor import FactorSignal
from .lightgbm import LightGBMSignal
from .lstm import LSTMSignal
from .random import RandomSignal
from .ridge import RidgeSignal
from .sklearn import SklearnSignal

__all__ = [
    "EnsembleSignal",
    "FactorSignal",
    "LSTMSignal",
    "LightGBMSignal",
    "MissingExtraError",
    "RandomSignal",
    "RidgeSignal",
    "SklearnSignal",
]
