"""Cleaning of factor values: outliers, gaps and scaling, each usable alone or as one ``Preprocessor``."""

from .gaps import FillGaps
from .outliers import MadOutliers
from .preprocessor import Preprocessor
from .scaling import Rank, ZScore
from .step import Step

__all__ = ["FillGaps", "MadOutliers", "Preprocessor", "Rank", "Step", "ZScore"]
