"""The returns of an account from what its broker said it was worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .report.words import day, number


def account_returns(values: pd.Series, start: float) -> tuple[pd.Series, list[str]]:
    """Turn values of an account into daily returns that a tearsheet can show.

    Parameters
    ----------
    values
        Value by date, in the account's currency; of several of one date the last counts.
    start
        Value before the first date. Where it is not a positive number the first value takes its place.

    Returns
    -------
    tuple
        Returns as fractions by date, and one sentence on each thing that had to be mended: a value that is
        missing counts as that of the day before; an account that is empty or in debt has lost everything,
        and stays so.

    Raises
    ------
    ValueError
        If there is no value.

    Examples
    --------
    >>> days = pd.bdate_range("2016-01-04", periods=3)
    >>> account_returns(pd.Series([110.0, 55.0, -5.0], days), 100.0)[0].round(2).tolist()
    [0.1, -0.5, -1.0]
    """
    if not len(values):
        raise ValueError("the run has no bar, so the account has no value; give the Cerebro feeds with bars")
    last = values.groupby(level=0).last().astype(float)
    known = last.where(np.isfinite(last))
    remarks = _gaps(known)
    first = start if np.isfinite(start) and start > 0.0 else float(known.bfill().iloc[0])
    level = known.ffill().fillna(first)
    below = level[level <= 0.0]
    if len(below) and below.iloc[0] < 0.0:
        remarks.append(
            f"The account fell to {number(float(below.iloc[0]), digits=0)} on {day(below.index[0])}; "
            "all of it counts as lost from then on."
        )
    lost = (level <= 0.0).cummax()
    level = level.where(~lost, 0.0)
    before = level.shift(1, fill_value=first)
    return (level / before.where(before > 0.0) - 1.0).fillna(0.0).rename("portfolio"), remarks


def _gaps(known: pd.Series) -> list[str]:
    gaps = known.index[known.isna()]
    if not len(gaps):
        return []
    return [
        f"The broker gave no value on {len(gaps)} of {len(known)} sessions, first on {day(gaps[0])}; "
        "the one before counts."
    ]


def fund_or_value(rows: Sequence[tuple[float, float, float]]) -> list[float]:
    """Return what returns are computed from: the value of a share of the account, where that is kept.

    Backtrader keeps an account like a fund, so that cash which is paid in is no gain. A broker that does not
    gives 1 for a share whatever happens, and is taken by the account's value.

    Parameters
    ----------
    rows
        Value of the account, of a share, and the number of shares, at each bar.

    Examples
    --------
    >>> fund_or_value([(1000.0, 100.0, 10.0), (2200.0, 110.0, 20.0)])
    [100.0, 110.0]
    >>> fund_or_value([(1000.0, 1.0, 1.0), (2200.0, 1.0, 1.0)])
    [1000.0, 2200.0]
    """
    kept = all(np.isclose(share * count, value, equal_nan=True) for value, share, count in rows)
    return [share if kept else value for value, share, _ in rows]
