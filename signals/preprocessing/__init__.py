"""Cleaning of factors: outliers, gaps, neutralisation, scaling; each alone or as one ``Preprocessor``."""

from .gaps import FillGaps
from .interpolation import LinearInterpolationLooksAhead
from .neutralize import Neutralize
from .outliers import BoxplotOutliers, MadOutliers, Outliers, StdOutliers
from .preprocessor import Preprocessor
from .rank import Rank
from .scaling import MinMax, RobustZScore, ZScore
from .step import StatisticStep, Step

__all__ = [
    "BoxplotOutliers",
    "FillGaps",
    "LinearInterpolationLooksAhead",
    "MadOutliers",
    "MinMax",
    "Neutralize",
    "Outliers",
    "Preprocessor",
    "Rank",
    "RobustZScore",
    "StatisticStep",
    "StdOutliers",
    "Step",
    "ZScore",
]
