"""What was known of each stock at the close of a date: member or not, ST or not, last price."""

import numpy as np
import pandas as pd

from .errors import DataError
from .long_format import DateLike
from .panel import Panel


def known_on(panel: Panel, date: DateLike) -> pd.DataFrame:
    """Return what was known of each symbol at the close of a date.

    A mark that came with a bar, such as ST, holds until the next bar says otherwise: a stock that is
    suspended has no bar, and remains what it was.

    Parameters
    ----------
    panel
        The bars, with their universe.
    date
        A day, not necessarily a session: the last session at or before it counts.

    Returns
    -------
    pandas.DataFrame
        By symbol: ``member`` (of the universe), ``traded`` (it has a bar on that session), ``last_bar`` (date
        of its last bar; NaT before the first), ``close`` (raw, CNY, of that bar), ``factor``, and ``is_st``
        (missing before the first bar, and where the panel has no such field).

    Raises
    ------
    DataError
        If the date lies before the first bar of the panel.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=5, n_days=60, seed=1)
    >>> table = known_on(panel, panel.dates[10])
    >>> table.columns.tolist(), bool((table["last_bar"].dropna() <= panel.dates[10]).all())
    (['member', 'traded', 'last_bar', 'close', 'factor', 'is_st'], True)
    """
    row = int(panel.dates.searchsorted(pd.Timestamp(date), side="right")) - 1
    if row < 0:
        first = panel.dates[0].date() if len(panel) else "(none)"
        raise DataError(
            f"nothing is known on {date}, the first bar is of {first}", remedy="name a later date"
        )
    traded = panel.traded_array[: row + 1]
    last = row - np.argmax(traded[::-1], axis=0)
    begun = np.asarray(traded.any(axis=0))
    columns = np.arange(len(panel.symbols))
    is_st = pd.Series(pd.NA, index=panel.symbols, dtype="boolean")
    if "is_st" in panel:
        is_st = is_st.mask(begun, panel.array("is_st")[last, columns].astype(bool))
    return pd.DataFrame(
        {
            "member": panel.universe_array[row],
            "traded": traded[-1],
            "last_bar": panel.dates[last].where(begun),
            "close": np.where(begun, panel.array("close")[last, columns], np.nan),
            "factor": np.where(begun, panel.array("factor")[last, columns], np.nan),
            "is_st": is_st,
        },
        index=panel.symbols,
    )
