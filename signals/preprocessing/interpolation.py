"""Gaps by linear interpolation, for the paper's own protocol only: it uses what comes after the gap."""

import numpy as np

from ..tally import GAPS
from .gap_kernels import interpolate
from .step import Context, Step

LONG_NAME = "linear_interpolation_that_looks_ahead"


class LinearInterpolationLooksAhead(Step):
    """Fill a stock's gaps on the straight line between the values before and after.

    **It looks ahead**: a value filled in at t depends on one after t, which nobody knew at t. It
    is here to repeat results that were made with it, and a backtest on it is worth nothing else.
    :func:`~btalpha.signals.assert_causal` catches what uses it. :class:`FillGaps` is the causal way.

    Lines run over sessions. Before a stock's first value and after its last one, where a line
    has no second end, the gaps stay NaN, and so does a stock without a value.

    Examples
    --------
    >>> LinearInterpolationLooksAhead().transform(np.array([[1.0], [np.nan], [np.nan], [4.0]])).ravel()
    array([1., 2., 3., 4.])
    """

    repairs = GAPS

    def _clean(self, values: np.ndarray, counted: np.ndarray, context: Context) -> np.ndarray:
        interpolate(values)
        return values
