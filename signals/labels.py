"""What is predicted: the return of the next sessions, from prices at which one could have traded."""

from numbers import Integral

import bottleneck as bn
import numpy as np

from ..feeds import Panel

LABELS = ("open", "close")


def forward_returns(panel: Panel, horizon: int, *, label: str = "open") -> np.ndarray:
    """Return the mean daily return of the ``horizon`` sessions after each date.

    Parameters
    ----------
    panel
        T dates, N symbols.
    horizon
        Number of sessions, 1 or more.
    label
        ``"open"``: from the open of ``t+1`` to the open of ``t+1+horizon`` (what an order placed
        after the close of ``t`` earns); ``"close"``: from the close of ``t`` to that of
        ``t+horizon`` (the paper's).

    Returns
    -------
    numpy.ndarray
        T x N, fraction per day (total return / horizon). NaN where the entry bar is missing (a
        suspended stock cannot be bought) and on the last rows, whose future is not in the panel.
        A stock that is suspended at the exit counts with its last close before.

    Raises
    ------
    ValueError
        If ``horizon`` is no whole number from 1 up, or ``label`` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = pd.DataFrame({"date": pd.date_range("2016-01-04", periods=4), "symbol": "A",
    ...     "open": [10.0, 10.0, 11.0, 12.0], "high": 12.0, "low": 10.0, "close": 11.0, "volume": 1})
    >>> forward_returns(Panel.from_long(bars), 1).ravel().round(4).tolist()
    [0.1, 0.0909, nan, nan]
    """
    check_label(horizon, label)
    lag = 1 if label == "open" else 0
    entry = panel.adjusted_array(label)
    last_close = bn.push(panel.adjusted_array("close"), axis=0)
    exit_ = np.where(np.isnan(entry), last_close, entry)
    out = np.full(entry.shape, np.nan)
    rows = len(panel) - lag - horizon
    if rows > 0:
        out[:rows] = (exit_[lag + horizon :] / entry[lag : lag + rows] - 1.0) / horizon
    return out


def daily_forward_returns(panel: Panel, horizon: int, *, label: str = "open") -> np.ndarray:
    """Return the return of each of the ``horizon`` sessions after each date, by itself.

    Compounded, they are ``1 + horizon * forward_returns(panel, horizon)``.

    Parameters
    ----------
    panel, horizon, label
        As in :func:`forward_returns`.

    Returns
    -------
    numpy.ndarray
        T x N x horizon, fraction. NaN where the entry bar is missing and where the future is not in
        the panel; a suspended day counts as one without change.

    Raises
    ------
    ValueError
        As :func:`forward_returns`.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = pd.DataFrame({"date": pd.date_range("2016-01-04", periods=4), "symbol": "A",
    ...     "open": [10.0, 10.0, 11.0, 12.0], "high": 12.0, "low": 10.0, "close": 11.0, "volume": 1})
    >>> daily_forward_returns(Panel.from_long(bars), 2)[0].round(4).tolist()
    [[0.1, 0.0909]]
    """
    check_label(horizon, label)
    lag = 1 if label == "open" else 0
    entry = panel.adjusted_array(label)
    price = np.where(np.isnan(entry), bn.push(panel.adjusted_array("close"), axis=0), entry)
    out = np.full((*entry.shape, horizon), np.nan)
    for day in range(horizon):
        rows = len(panel) - lag - day - 1
        if rows > 0:
            change = price[lag + day + 1 :] / price[lag + day : lag + day + rows] - 1.0
            out[:rows, :, day] = np.where(np.isnan(entry[lag : lag + rows]), np.nan, change)
    return out


def check_label(horizon: int, label: str) -> None:
    """Raise ``ValueError`` where :func:`forward_returns` cannot be asked for that."""
    if not isinstance(horizon, Integral) or isinstance(horizon, bool) or horizon < 1:
        raise ValueError(f"horizon must be a whole number of sessions, 1 or more, got {horizon!r}")
    if label not in LABELS:
        raise ValueError(f"label must be one of {', '.join(LABELS)}, got {label!r}")
