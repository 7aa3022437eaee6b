"""What factors are compared with: the gain that followed, as a return or as a price."""

from typing import Literal, get_args

import bottleneck as bn
import numpy as np

from ...feeds import Panel
from ..labels import check_label, forward_returns

Kind = Literal["return", "price"]
TARGETS: tuple[str, ...] = get_args(Kind)


def forward_target(panel: Panel, horizon: int, *, target: Kind = "return", label: str = "open") -> np.ndarray:
    """Return what followed each date.

    Parameters
    ----------
    panel
        T dates, N symbols.
    horizon
        Sessions, 1 or more.
    target
        ``"return"``: see :func:`~btalpha.signals.labels.forward_returns`. ``"price"``: the adjusted
        price at which that return ends. Prices wander, and so do factors that are price levels:
        the two are correlated over any short window whether one foretells the other or not
        (Granger and Newbold, 1974, J. Econometrics 2). Only so are shares of significant stocks as
        high as the paper's reached.
    label
        ``"open"`` (from the open of ``t+1`` to that of ``t+1+horizon``) or ``"close"`` (from the close
        of ``t`` to that of ``t+horizon``, the paper's).

    Returns
    -------
    numpy.ndarray
        T x N, fraction per day or CNY; NaN where the entry bar is missing and where the future is
        not in the panel. A stock suspended at the end counts with its last close before.

    Raises
    ------
    ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = pd.DataFrame({"date": pd.date_range("2016-01-04", periods=3), "symbol": "A",
    ...     "open": 10.0, "high": 12.0, "low": 10.0, "close": [10.0, 11.0, 12.0], "volume": 1})
    >>> forward_target(Panel.from_long(bars), 1, target="price", label="close").ravel().tolist()
    [11.0, 12.0, nan]
    """
    if target not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}, got {target!r}")
    if target == "return":
        return forward_returns(panel, horizon, label=label)
    check_label(horizon, label)
    lag = 1 if label == "open" else 0
    entry = panel.adjusted_array(label)
    last_close = bn.push(panel.adjusted_array("close"), axis=0)
    end = np.where(np.isnan(entry), last_close, entry)
    out = np.full(entry.shape, np.nan)
    rows = len(panel) - lag - horizon
    if rows > 0:
        out[:rows] = np.where(np.isnan(entry[lag : lag + rows]), np.nan, end[lag + horizon :])
    return out
