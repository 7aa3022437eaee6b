"""Factors: numbers known at the close of a day that may say something about the days to come.

:data:`FACTORS` is the registry, :func:`compute_factors` computes (:func:`iter_factors` one after the
other, for large panels), :func:`register` adds one of your own. The list is a reconstruction of a
124-factor library: codes of 10jqka's public factor library (source ``10jqka``; ``grade`` tells how sure
the definition is) and some of our own (source ``btalpha``). ``README.md`` beside this file lists them.
"""

from importlib import import_module

from .bars import Bars
from .compute import computable, compute_factors, iter_factors
from .factor import Factor, FactorError
from .registry import FACTORS, register, unregister

__all__ = [
    "FACTORS",
    "Bars",
    "Factor",
    "FactorError",
    "computable",
    "compute_factors",
    "iter_factors",
    "register",
    "unregister",
]

# Importing a family registers its factors; the order here is that of FACTORS.
FAMILIES = (
    "trend",
    "channels",
    "oscillators",
    "directional",
    "momentum",
    "volume",
    "energy",
    "relative",
    "volatility",
    "liquidity",
    "size",
    "value",
    "solvency",
    "growth",
    "operation",
    "profit",
)
for _family in FAMILIES:
    import_module(f".{_family}", __name__)
