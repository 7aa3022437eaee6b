"""``WalkForward``: a provider that refits on a schedule and predicts only what comes after each fit."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..provider import NotFittedError, SignalProvider
from ..schedule import check_refit, refit_dates
from .checkpoints import Checkpoints, check_checkpoints
from .fit import Fit, Learned, fits_table
from .identity import window_fingerprint
from .storage import read_walk, write_walk
from .windows import Window, WindowRule, check_window, label_span, read_date
from .workers import check_n_jobs, fit_windows


class WalkForward(SignalProvider):
    """Refit a provider through time; no row is scored by a fit that saw a later one.

    At each refit date ``r`` a fresh copy is fitted, factors screened anew, on bars up to the close
    of ``r`` at the latest, and it scores the rows from ``r`` to the next refit date. The last label
    it learns from lies ``purge + embargo`` sessions before ``r``: with the smallest purge, ``horizon
    + 1``, that label is known at the close of ``r`` and not a session before (from open to open).

    Parameters
    ----------
    provider
        Unfitted; each refit works on a copy.
    start
        First date to be scored. ``None``: the last date of the panel given to ``fit``.
    refit
        Every so many sessions, or ``"month"``, ``"quarter"``, ``"half-year"``, ``"year"``.
    window
        Rolling window: bars that a fit may see, in sessions, counted back from the last one.
        ``None`` for an expanding one, all bars.
    purge
        Sessions from the last training label to the first row scored; ``None`` for the smallest,
        ``horizon + 1``.
    embargo
        Further sessions left out. The fit sees no bar of the embargo, nor of a purge beyond the
        smallest.
    n_jobs
        Fits that run side by side, as joblib counts them: -1 for all cores, ``None`` for what
        ``joblib.parallel_config`` says, else 1. ``with joblib.parallel_config("dask")`` sends them
        to a Dask cluster. Scores are the same bytes, whatever the workers; a process makes one fit at
        a time, so joblib's threading backend gains nothing.
    checkpoints
        Folder that keeps each finished fit. A walk-forward with the same settings, bars, code and
        library versions takes it from there instead of fitting again, so an interrupted one goes
        on where it was.
    on_fit
        Called with (fits done, fits to do) before the first fit and after each, for progress bars.

    Raises
    ------
    ValueError
        If ``refit``, ``window``, ``start``, ``purge``, ``embargo`` or ``n_jobs`` is out of its range,
        or ``checkpoints`` are wanted of a provider that cannot be saved.

    Attributes
    ----------
    fits_ : list of Fit
        In the order of their dates. A later :meth:`predict` on a longer panel of the same
        history uses them again.
    resumed_ : int
        How many fits came from the checkpoints, since :meth:`fit`.

    Notes
    -----
    Callbacks of the provider (``on_epoch``) are called by fits in this process; those in other
    processes leave them out. A ``predict`` works here, fit by fit.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import RidgeSignal
    >>> panel = simulate_market(n_symbols=20, n_days=200, seed=1)
    >>> walk = WalkForward(RidgeSignal(factors=["rev5", "vol20"]), start=panel.dates[100], refit=50)
    >>> scores = walk.fit(panel).predict(panel)
    >>> len(walk.fits_), bool(scores.iloc[:100].isna().all().all())
    (2, True)
    >>> walk.fits_table()[["sessions", "purge", "embargo", "codes"]]
       sessions  purge  embargo       codes
    0        95      6        0  rev5 vol20
    1       145      6        0  rev5 vol20
    """

    def __init__(
        self,
        provider: SignalProvider,
        *,
        start: str | pd.Timestamp | None = None,
        refit: int | str = "half-year",
        window: int | None = None,
        purge: int | None = None,
        embargo: int = 0,
        n_jobs: int | None = None,
        checkpoints: str | Path | None = None,
        on_fit: Callable[[int, int], None] | None = None,
    ) -> None:
        self.provider = provider
        self.start = read_date(start)
        self.refit = refit
        self.window = window
        self.purge = provider.horizon + 1 if purge is None else purge
        self.embargo = embargo
        self.n_jobs = n_jobs
        self.checkpoints = None if checkpoints is None else Path(checkpoints)
        self.on_fit = on_fit
        self.horizon = provider.horizon
        check_refit(refit)
        check_window(window=window, purge=self.purge, embargo=embargo, horizon=self.horizon)
        check_n_jobs(n_jobs)
        check_checkpoints(self.checkpoints, provider)
        self.start_: pd.Timestamp | None = None
        self.fits_: list[Fit] = []
        self.resumed_ = 0

    @property
    def selected_factors_(self) -> dict[str, list[str]]:
        """Factors of each fit, by its date as ISO text."""
        return {fit.date.date().isoformat(): fit.codes for fit in self.fits_}

    def fits_table(self) -> pd.DataFrame:
        """Return the list of fits.

        Returns
        -------
        pandas.DataFrame
            One row a fit, in the order of their dates: ``date`` (first row scored), ``first`` and
            ``last`` (training dates: ``last`` is the last with a label that was learned from),
            ``until`` (last bar seen), ``sessions`` (from first to last), ``purge``, ``embargo``
            (sessions), ``factors`` (how many), ``validation_rank_ic`` (NaN where none was taken),
            ``codes`` (the factors chosen, strongest first, with spaces between).
        """
        return fits_table(self.fits_)

    def fit(self, panel: Panel) -> Self:
        """Forget earlier fits, set the first date to be scored, and make the fits that fall into the panel.

        Later ones are made by :meth:`predict` on a panel that goes on.

        Raises
        ------
        ValueError
            If purge and embargo leave a fit no bar, or the provider refuses its window.
        """
        self.start_ = panel.dates[-1] if self.start is None else self.start
        self.fits_, self.resumed_ = [], 0
        self._fits_for(panel, refit_dates(panel.dates, self.start_, self.refit))
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
        earlier = [fit for fit in self.fits_ if fit.date < dates[-1]]
        (fit,) = self._fits_for(panel, dates)
        self.fits_ = [*earlier, *self.fits_]
        return fit.provider.predict_latest(panel).reindex(columns=panel.symbols)

    def save(self, path: str | Path) -> None:
        """Write the settings and all fits to one file; each provider's own ``save`` writes its part.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        if self.start_ is None:
            raise NotFittedError(self)
        settings = {name: getattr(self, name) for name in ("refit", "window", "purge", "embargo", "n_jobs")}
        label = getattr(self.provider, "label", "open")
        write_walk(path, settings, fits=self.fits_, start=self.start_, horizon=self.horizon, label=label)

    @classmethod
    def load(cls, path: str | Path, *, provider: SignalProvider | None = None) -> Self:
        """Read what :meth:`save` wrote; it predicts the same bytes from the fits that are there.

        Parameters
        ----------
        path
            The file.
        provider
            Unfitted; makes the fits that fall due later. Without it they are an error, as a saved
            fit no longer knows which factors it was to choose from.

        Raises
        ------
        ModelFileError
            If the file is not a saved walk-forward of this version, or holds a provider of a class
            that is not imported.
        """
        saved = read_walk(path)
        walk = cls(saved.provider if provider is None else provider, start=saved.start, **saved.settings)
        walk.start_, walk.fits_ = walk.start, saved.fits
        return walk

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
        """Return the fit of each refit date: one that is known, one from the checkpoints, or a new one."""
        check_window(
            window=self.window, purge=self.purge, embargo=self.embargo, horizon=self.provider.horizon
        )
        span = label_span(self.provider.horizon, getattr(self.provider, "label", "open"))
        windows = WindowRule(self.window, self.purge, self.embargo, span).windows(panel.dates, dates)
        keys = [window_fingerprint(panel, window) for window in windows]
        known = {(fit.window, fit.fingerprint): fit.learned for fit in self.fits_}
        learned = {row: known[key] for row, key in enumerate(zip(windows, keys, strict=True)) if key in known}
        self._learn(panel, windows, keys, learned)
        fits = [Fit(window, learned[row], keys[row]) for row, window in enumerate(windows)]
        later = [fit for fit in self.fits_ if fit.date > panel.dates[-1]]
        self.fits_ = [*fits, *later]
        return fits

    def _learn(
        self, panel: Panel, windows: Sequence[Window], keys: Sequence[str], learned: dict[int, Learned]
    ) -> None:
        """Add to ``learned``, by the place of the window, what is missing in it."""
        kept = None if self.checkpoints is None else Checkpoints(self.checkpoints, self.provider)
        todo = [row for row in range(len(windows)) if row not in learned]
        if kept is not None and todo:
            kept.prepare()
            found = {row: one for row in todo if (one := kept.load(keys[row])) is not None}
            learned |= found
            self.resumed_ += len(found)
            todo = [row for row in todo if row not in found]
        if todo:
            self._report(len(learned), len(windows))
        for place, provider in fit_windows(
            self.provider, panel, [windows[row] for row in todo], n_jobs=self.n_jobs
        ):
            row = todo[place]
            learned[row] = Learned.of(provider)
            if kept is not None:
                kept.store(keys[row], learned[row])
            self._report(len(learned), len(windows))

    def _report(self, done: int, total: int) -> None:
        if self.on_fit is not None:
            self.on_fit(done, total)


def _predict_each(provider: SignalProvider, panel: Panel) -> list[pd.DataFrame]:
    each = getattr(provider, "predict_each", None)
    return [provider.predict(panel)] if each is None else each(panel)
