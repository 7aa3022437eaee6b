"""``WalkForward``: a provider that refits on a schedule and predicts only what comes after each fit."""

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from ..feeds import Panel
from .provider import NotFittedError, SignalProvider
from .schedule import check_refit, refit_dates


@dataclass(frozen=True)
class Fit:
    """One fit of a walk-forward.

    Attributes
    ----------
    date
        The fit used the bars up to its close and scores the rows from it on.
    first
        First date of its window.
    provider
        The fitted copy.
    fingerprint
        Of the bars it was fitted on.
    """

    date: pd.Timestamp
    first: pd.Timestamp
    provider: SignalProvider
    fingerprint: str

    @property
    def codes(self) -> list[str]:
        """Factors in use; empty for a provider that has none."""
        features = getattr(self.provider, "features_", None)
        return list(features.codes_ or []) if features is not None else []

    @property
    def validation_rank_ic(self) -> float:
        """Rank IC on the rows that stopped the training; NaN where there are none."""
        return float(getattr(self.provider, "validation_rank_ic_", np.nan))


class WalkForward(SignalProvider):
    """Refit a provider through time; no row is scored by a fit that saw a later one.

    At each refit date ``r`` a fresh copy is fitted on the panel up to the close of ``r``, so a
    label that is not known by then is never learned from (purge), and it scores the rows from
    ``r`` to the next refit date.

    Parameters
    ----------
    provider
        Unfitted; each refit works on a copy.
    start
        First date to be scored. ``None``: the last date of the panel given to ``fit``.
    refit
        Every so many sessions, or ``"month"``, ``"quarter"``, ``"half-year"``, ``"year"``.
    window
        Sessions of history a fit may use; ``None`` for all (expanding).
    on_fit
        Called with (fits done, fits to do) before each fit and at the end, for progress bars.

    Raises
    ------
    ValueError
        If ``refit``, ``window`` or ``start`` is out of its range.

    Attributes
    ----------
    fits_ : list of Fit
        In the order of their dates. A later :meth:`predict` on a longer panel of the same
        history uses them again.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import RidgeSignal
    >>> panel = simulate_market(n_symbols=20, n_days=200, seed=1)
    >>> walk = WalkForward(RidgeSignal(factors=["rev5", "vol20"]), start=panel.dates[100], refit=50)
    >>> scores = walk.fit(panel).predict(panel)
    >>> len(walk.fits_), bool(scores.iloc[:100].isna().all().all())
    (2, True)
    """

    def __init__(
        self,
        provider: SignalProvider,
        *,
        start: str | pd.Timestamp | None = None,
        refit: int | str = "half-year",
        window: int | None = None,
        on_fit: Callable[[int, int], None] | None = None,
    ) -> None:
        check_refit(refit)
        if window is not None and window < 1:
            raise ValueError(f"window must be 1 session or more, or None, got {window}")
        self.provider = provider
        self.start = _date(start)
        self.refit = refit
        self.window = window
        self.on_fit = on_fit
        self.horizon = provider.horizon
        self.start_: pd.Timestamp | None = None
        self.fits_: list[Fit] = []

    @property
    def selected_factors_(self) -> dict[str, list[str]]:
        """Factors of each fit, by its date as ISO text."""
        return {fit.date.date().isoformat(): fit.codes for fit in self.fits_}

    def fit(self, panel: Panel) -> Self:
        """Set the first date to be scored and forget earlier fits; the fits are made in ``predict``."""
        self.start_ = panel.dates[-1] if self.start is None else self.start
        self.fits_ = []
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        """Return the scores of each row from the latest fit before or on it; NaN before the first.

        A panel that ends before ``start`` gives NaN throughout.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        return self._assemble(panel, lambda provider, upto: [provider.predict(upto)])[0]

    def predict_each(self, panel: Panel) -> list[pd.DataFrame]:
        """Return the scores of each network of an ensemble by itself (those of one for any other model)."""
        return self._assemble(panel, _predict_each)

    def predict_latest(self, panel: Panel) -> pd.DataFrame:
        """Return the last row of :meth:`predict`; only the latest fit is made, and asked."""
        if self.start_ is None:
            raise NotFittedError(self)
        dates = refit_dates(panel.dates, self.start_, self.refit)[-1:]
        if not len(dates):
            return panel.frame(np.full((len(panel), len(panel.symbols)), np.nan)).iloc[-1:]
        earlier = [fit for fit in self.fits_ if fit.date != dates[-1]]
        (fit,) = self._fits_for(panel, dates)
        self.fits_ = [*earlier, fit]
        return fit.provider.predict_latest(panel).reindex(columns=panel.symbols)

    def _assemble(
        self, panel: Panel, predict: Callable[[SignalProvider, Panel], list[pd.DataFrame]]
    ) -> list[pd.DataFrame]:
        """Join what ``predict`` gives for each fit over the rows that the fit scores."""
        if self.start_ is None:
            raise NotFittedError(self)
        dates = refit_dates(panel.dates, self.start_, self.refit)
        if not len(dates):
            return [panel.frame(np.full((len(panel), len(panel.symbols)), np.nan))]
        fits = self._fits_for(panel, dates)
        joined: list[np.ndarray] = []
        edges = [*panel.dates.get_indexer(dates).tolist(), len(panel)]
        for fit, first, last in zip(fits, edges[:-1], edges[1:], strict=True):
            upto = panel.until(panel.dates[last - 1])
            for number, frame in enumerate(predict(fit.provider, upto)):
                if number == len(joined):
                    joined.append(np.full((len(panel), len(panel.symbols)), np.nan))
                rows = frame.reindex(index=panel.dates[first:last], columns=panel.symbols)
                joined[number][first:last] = rows.to_numpy(dtype=np.float64)
        return [panel.frame(scores) for scores in joined]

    def _fits_for(self, panel: Panel, dates: pd.DatetimeIndex) -> list[Fit]:
        known = {(fit.date, fit.fingerprint): fit for fit in self.fits_}
        fits = []
        for number, date in enumerate(dates):
            seen = self._window(panel, date)
            key = (date, fingerprint(seen))
            if key not in known and self.on_fit is not None:
                self.on_fit(number, len(dates))
            fits.append(known.get(key) or self._fit(seen, key))
        if self.on_fit is not None:
            self.on_fit(len(dates), len(dates))
        self.fits_ = fits
        return fits

    def _window(self, panel: Panel, date: pd.Timestamp) -> Panel:
        seen = panel.until(date)
        if self.window is None or len(seen) <= self.window:
            return seen
        return seen.between(seen.dates[-self.window], date)

    def _fit(self, seen: Panel, key: tuple[pd.Timestamp, str]) -> Fit:
        provider = copy.deepcopy(self.provider).fit(seen)
        return Fit(date=key[0], first=seen.dates[0], provider=provider, fingerprint=key[1])


def _predict_each(provider: SignalProvider, panel: Panel) -> list[pd.DataFrame]:
    each = getattr(provider, "predict_each", None)
    return [provider.predict(panel)] if each is None else each(panel)


def _date(start: str | pd.Timestamp | None) -> pd.Timestamp | None:
    if start is None:
        return None
    try:
        date = pd.Timestamp(start)
    except ValueError as error:
        raise ValueError(f"start must be a date such as 2015-01-05, got {start!r}") from error
    if pd.isna(date) or date.tzinfo is not None:
        raise ValueError(f"start must be a date without a time zone, got {start!r}")
    return date


def fingerprint(panel: Panel) -> str:
    """Return a digest of all that a panel knows: equal panels have equal ones."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(panel.dates.as_unit("ns").to_numpy().tobytes())
    digest.update("\n".join(map(str, panel.symbols)).encode())
    for name in panel.fields:
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(panel.array(name)).data)
    digest.update(np.ascontiguousarray(panel.universe_array).data)
    statements = None if panel.statements is None else panel.statements.frame
    for table in (statements, panel.benchmark, panel.info):
        if table is not None:
            digest.update("\n".join(map(str, table.columns)).encode())
            digest.update(hash_pandas_object(table, index=table is not statements).to_numpy().data)
    return digest.hexdigest()
