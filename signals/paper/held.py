"""What portfolios earned on the days that they were held."""

import bottleneck as bn
import numpy as np

from ...feeds import Panel

ENTRIES = ("close", "open")


def held_returns(panel: Panel, row: int, held: int, *, entry: str = "close") -> np.ndarray:
    """Return what each stock earned on each day held.

    Parameters
    ----------
    panel
        The bars.
    row
        The day of the decision.
    held
        H, the days after it.
    entry
        ``"close"``: bought at the close of the decision's own day, as the paper counts, though nobody
        can: the close decides. ``"open"``: bought at the next open.

    Returns
    -------
    numpy.ndarray
        H x N, fractions. A day without a bar counts as one without change.

    Raises
    ------
    ValueError
        If ``entry`` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = pd.DataFrame({"date": pd.date_range("2016-04-11", periods=3), "symbol": "A",
    ...     "open": [10.0, 10.0, 11.0], "high": 12.0, "low": 10.0, "close": [10.0, 11.0, 11.55], "volume": 1})
    >>> held_returns(Panel.from_long(bars), 0, 2).ravel().round(4).tolist()
    [0.1, 0.05]
    """
    if entry not in ENTRIES:
        raise ValueError(f"entry must be one of {', '.join(ENTRIES)}, got {entry!r}")
    close = bn.push(panel.adjusted_array("close")[: row + held + 1], axis=0)
    returns = close[row + 1 :] / close[row:-1] - 1.0
    if entry == "open":
        bought = panel.adjusted_array("open")[row + 1]
        returns[0] = np.where(np.isfinite(bought), close[row + 1] / bought - 1.0, 0.0)
    return returns


def average(returns: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the mean over some stocks of each day, H: a portfolio in equal parts, evened out daily.

    Examples
    --------
    >>> average(np.array([[0.1, 0.3, 9.0], [0.0, -0.2, 9.0]]), np.array([0, 1])).tolist()
    [0.2, -0.1]
    """
    return returns[:, columns].mean(axis=1)
