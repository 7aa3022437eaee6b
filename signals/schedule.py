"""When a walk-forward refits: dates that are known on the day itself."""

from numbers import Integral

import pandas as pd

_PERIODS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def refit_dates(dates: pd.DatetimeIndex, start: pd.Timestamp, refit: int | str) -> pd.DatetimeIndex:
    """Return the dates on which a model is fitted, the first session on or after ``start`` among them.

    Parameters
    ----------
    dates
        Trading dates.
    start
        Nothing is fitted before it.
    refit
        Every so many sessions, or ``"month"``, ``"quarter"``, ``"half-year"``, ``"year"``: on the
        first session of each. A longer calendar never changes the earlier dates.

    Raises
    ------
    ValueError
        If ``refit`` is neither, or below 1.

    Examples
    --------
    >>> days = pd.bdate_range("2015-01-01", "2015-12-31")
    >>> [str(day.date()) for day in refit_dates(days, pd.Timestamp("2015-02-02"), "half-year")]
    ['2015-02-02', '2015-07-01']
    """
    check_refit(refit)
    days = dates[dates >= start]
    if not isinstance(refit, str):
        return days[::refit]
    period = (days.year * 12 + days.month - 1) // _PERIODS[refit]
    return days[~period.duplicated()]


def check_refit(refit: int | str) -> None:
    """Raise ``ValueError`` where :func:`refit_dates` cannot be asked for that."""
    if isinstance(refit, str):
        known = refit in _PERIODS
    else:
        known = isinstance(refit, Integral) and not isinstance(refit, bool)
    if not known:
        raise ValueError(f"refit must be a number of sessions or one of {', '.join(_PERIODS)}, got {refit!r}")
    if not isinstance(refit, str) and refit < 1:
        raise ValueError(f"refit must be 1 session or more, got {refit}")
