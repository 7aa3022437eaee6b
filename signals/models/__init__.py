"""Models behind the scores: the LSTM and the baselines that it has to beat."""

from .factor import FactorSignal
from .lstm import LSTMSignal
from .random import RandomSignal
from .ridge import RidgeSignal

__all__ = ["FactorSignal", "LSTMSignal", "RandomSignal", "RidgeSignal"]
