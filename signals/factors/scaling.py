"""From raw to scaled: levels of price and volume become numbers that compare across stocks.

A 10jqka factor is often a price. Across stocks such values rank the share price and nothing
else (rank correlations of ``ma``, ``bbi``, ``boll``, ``env`` exceed 0.99), and no z-score removes
that. The scaled form, the default for modelling, follows from a factor's flags.
"""

from collections.abc import Sequence

import numpy as np

from .bars import Bars
from .operators import Packed, divide, ma, ref

WINDOW = 20
"""Bars over which a running sum is differenced and the usual volume is taken."""

FLAGS = {
    "PL": "a price level; scaled x / C - 1",
    "PL*": "a difference or dispersion of prices; scaled x / C",
    "VL": "a volume level; scaled x / MA(V, 20)",
    "VL*": "a level of traded value; scaled x / MA(x, 20)",
    "CUM": "a running sum from the first bar, whose level depends on where the data start; "
    "scaled by its change over 20 bars, which is then scaled by the other flag",
    "LOG": "a size; scaled log(x)",
    "IDX": "needs an index series",
    "PIT": "a statement figure, counted from its announcement",
    "SGN": "the denominator can be negative: the ratio changes sign and its order is not monotone",
}
"""Flags of factors and what each means."""


def scale(values: Packed, bars: Bars, flags: Sequence[str]) -> Packed:
    """Bring raw values into the scaled form.

    Parameters
    ----------
    values
        T x N raw values.
    bars
        The bars they were computed from.
    flags
        The factor's flags; without one of a level the values are returned as they are.

    Returns
    -------
    numpy.ndarray
        T x N; NaN where the raw value is, and until the volume of 20 bars is known where it is needed.
    """
    cumulative = "CUM" in flags
    if cumulative:
        values = values - ref(values, WINDOW)
    if "PL" in flags and not cumulative:
        return divide(values, bars.close) - 1.0
    if "PL" in flags or "PL*" in flags:
        return divide(values, bars.close)
    if "VL" in flags:
        return divide(values, ma(bars.volume, WINDOW))
    if "VL*" in flags:
        return divide(values, ma(values, WINDOW))
    if "LOG" in flags:
        return np.log(np.where(values > 0.0, values, np.nan))
    return values


def scaled_warm_up(warm_up: int, flags: Sequence[str]) -> int:
    """Return the bars up to the first scaled value, given those up to the first raw one."""
    if "CUM" in flags:
        warm_up += WINDOW
    if "VL" in flags:
        return max(warm_up, WINDOW)
    return warm_up + WINDOW - 1 if "VL*" in flags else warm_up
