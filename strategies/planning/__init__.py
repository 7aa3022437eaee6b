"""The steps of a plan: which names, with which weights, how many shares; pure functions on arrays.

Every function works along the last axis, the N names, and takes any axes before it: one portfolio is
an array of N, a thousand of them are 1000 x N.
"""

from .reasons import Reason
from .rules import Rules
from .selection import Selection, select
from .sizing import Lots, no_fee
from .weights import target_weights

__all__ = ["Lots", "Reason", "Rules", "Selection", "no_fee", "select", "target_weights"]
