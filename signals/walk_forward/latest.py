"""The fit of a walk-forward that scores a date, and whether its schedule asks for another one by then."""

import pandas as pd

from ...feeds import Panel
from ..provider import NotFittedError
from ..schedule import refit_dates
from .fit import Fit
from .walk import WalkForward


def latest_fit(walk: WalkForward, date: pd.Timestamp) -> Fit:
    """Return the last of the fits that are there which may score a date; nothing is fitted.

    Raises
    ------
    NotFittedError
        If the walk-forward has no fits.
    ValueError
        If all of them are later than the date: they have seen what came after it.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import FactorSignal
    >>> panel = simulate_market(n_symbols=5, n_days=60, seed=1)
    >>> walk = WalkForward(FactorSignal("rev5"), start=panel.dates[30], refit=20).fit(panel)
    >>> latest_fit(walk, panel.dates[49]).date == panel.dates[30]
    True
    """
    if not walk.fits_:
        raise NotFittedError(walk)
    earlier = [fit for fit in walk.fits_ if fit.date <= date]
    if not earlier:
        raise ValueError(
            f"the model was first fitted for {walk.fits_[0].date.date()}, so it has seen what came after "
            f"{date.date()}. Remedy: a later date, or fit it anew on bars up to that one"
        )
    return earlier[-1]


def refit_due(fit: Fit, refit: int | str, dates: pd.DatetimeIndex) -> pd.Timestamp | None:
    """Return the last date on which the schedule asks for a fit after this one; ``None`` where it does not.

    Parameters
    ----------
    fit
        The last fit.
    refit
        As for :class:`WalkForward`.
    dates
        Trading dates until now.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import FactorSignal
    >>> panel = simulate_market(n_symbols=5, n_days=60, seed=1)
    >>> walk = WalkForward(FactorSignal("rev5"), start=panel.dates[30], refit=20)
    >>> fit = walk.fit(panel.until(panel.dates[40])).fits_[-1]
    >>> refit_due(fit, 20, panel.dates[:50]), refit_due(fit, 20, panel.dates) == panel.dates[50]
    (None, True)
    """
    due = refit_dates(dates.union(pd.DatetimeIndex([fit.date])), fit.date, refit)[-1]
    return due if due > fit.date else None


def latest_scores(walk: WalkForward, panel: Panel) -> pd.Series:
    """Score the panel's last date with :func:`latest_fit`, as ``WalkForward.predict`` does.

    Bars that were mended or adjusted anew since the fit do not matter: it is used as it is.

    Returns
    -------
    pandas.Series
        By symbol: expected return per day over the horizon (fraction); NaN = not to be held.
    """
    provider = latest_fit(walk, panel.dates[-1]).provider
    return provider.predict_latest(panel).reindex(columns=panel.symbols).iloc[-1]
