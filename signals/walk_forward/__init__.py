"""Refitting a provider through time: which bars each fit sees, where it runs, how it is kept."""

from .fit import Fit
from .identity import fingerprint
from .latest import latest_fit, latest_scores, refit_due
from .walk import WalkForward

__all__ = ["Fit", "WalkForward", "fingerprint", "latest_fit", "latest_scores", "refit_due"]
