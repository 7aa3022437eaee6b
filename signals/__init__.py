"""Signals: scores of stocks by expected return (not Backtrader's ``bt.Signal``, a single-asset trigger).

Factors, their cleaning and screening, the models on them, walk-forward fitting, evaluation,
and the audit that proves that no row looks ahead.
"""

from .audit import LookAheadError, assert_causal
from .evaluation import Evaluation, evaluate
from .factors import FACTORS, Factor, compute_factors
from .labels import forward_returns
from .models import (
    EnsembleSignal,
    FactorSignal,
    LightGBMSignal,
    LSTMSignal,
    RandomSignal,
    RidgeSignal,
    SklearnSignal,
)
from .preprocessing import Preprocessor
from .provider import NotFittedError, SignalProvider
from .screening import ICScreen
from .shared_features import shared_features
from .walk_forward import WalkForward

__all__ = [
    "FACTORS",
    "EnsembleSignal",
    "Evaluation",
    "Factor",
    "FactorSignal",
    "ICScreen",
    "LSTMSignal",
    "LightGBMSignal",
    "LookAheadError",
    "NotFittedError",
    "Preprocessor",
    "RandomSignal",
    "RidgeSignal",
    "SignalProvider",
    "SklearnSignal",
    "WalkForward",
    "assert_causal",
    "compute_factors",
    "evaluate",
    "forward_returns",
    "shared_features",
]
