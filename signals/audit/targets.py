"""What can be audited, and how it is computed on one panel: fitted anew, with all that is compared."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..factors import Factor, compute_factors
from ..factors.bars import Bars
from ..provider import SignalProvider
from ..walk_forward import Fit, WalkForward
from .carried import refuse_carried
from .findings import SCHEDULE, SCREENING, Frames

Computation = Callable[[Panel], pd.DataFrame | Mapping[str, pd.DataFrame] | SignalProvider]
Auditable = SignalProvider | Factor | str | Computation


@dataclass(frozen=True)
class Outcome:
    """What a target gave on one panel.

    Attributes
    ----------
    frames
        What is compared, by name.
    provider
        As fitted there; ``None`` for what is not one.
    """

    frames: Frames
    provider: SignalProvider | None = None

    @property
    def fits(self) -> list[Fit]:
        """The fits of a walk-forward."""
        return self.provider.fits_ if isinstance(self.provider, WalkForward) else []

    def fit_for(self, date: pd.Timestamp) -> SignalProvider | None:
        """Return the fitted model that scored a date."""
        if not isinstance(self.provider, WalkForward):
            return self.provider
        before = [fit.provider for fit in self.fits if fit.date <= date]
        return before[-1] if before else None


@dataclass
class Target:
    """A provider, factor, code or function, ready to be computed on any panel.

    Attributes
    ----------
    of
        What is audited.
    fit_until
        Last date to fit a provider on; ``None`` for the default, which the first panel decides.
    """

    of: Auditable
    fit_until: str | pd.Timestamp | None = None
    _fit_date: pd.Timestamp | None = field(default=None, init=False)

    def compute(self, panel: Panel) -> Outcome:
        """Compute it on a panel; a provider is built or copied, fitted up to its date and predicts."""
        of = self.of
        if isinstance(of, Factor):
            return Outcome({of.code: _value(of, panel)})
        if isinstance(of, str):
            return Outcome(compute_factors(panel, [of]))
        result = copy.deepcopy(of) if isinstance(of, SignalProvider) else of(panel)
        if isinstance(result, SignalProvider):
            return self._fit_and_predict(result, panel)
        return Outcome({"scores": result} if isinstance(result, pd.DataFrame) else result)

    def first_row(self, panel: Panel, outcome: Outcome) -> int:
        """Return the first row to cut at: behind the fit of a provider, else a third of the panel."""
        if outcome.provider is None or self._fit_date is None:
            return len(panel) // 3 + 1
        return int(panel.dates.searchsorted(self._fit_date, side="right"))

    def _fit_and_predict(self, provider: SignalProvider, panel: Panel) -> Outcome:
        if self._fit_date is None:
            self._fit_date = _fit_date(panel, self.fit_until, provider)
        provider.fit(panel.until(self._fit_date))
        if not isinstance(provider, WalkForward):
            refuse_carried(provider, self._fit_date)
        scores = provider.predict(panel)
        if not isinstance(provider, WalkForward):
            return Outcome({"scores": scores}, provider)
        if provider.fits_:
            _refuse_carried_in(provider, panel)
        return Outcome({**_schedule(provider, panel), "scores": scores}, provider)


def _fit_date(panel: Panel, fit_until: str | pd.Timestamp | None, provider: SignalProvider) -> pd.Timestamp:
    if fit_until is not None:
        date = pd.Timestamp(fit_until)
        if not panel.dates[0] <= date < panel.dates[-2]:
            raise ValueError(
                f"fit_until must lie from {panel.dates[0].date()} to before {panel.dates[-2].date()}, the "
                f"panel's last date but one, got {date.date()}: rows after it are cut and compared"
            )
        return date
    row = min(int(0.6 * len(panel)), len(panel) - 3)
    if isinstance(provider, WalkForward) and provider.start is not None:
        row = min(max(int(panel.dates.searchsorted(provider.start)) - 1, 0), len(panel) - 3)
    return panel.dates[row]


def _value(factor: Factor, panel: Panel) -> pd.DataFrame:
    # By itself, so that one that is not registered can be checked too.
    bars = Bars(panel)
    with np.errstate(all="ignore"):
        return panel.frame(bars.unpack(factor.compute(bars)))


def _schedule(walk: WalkForward, panel: Panel) -> Frames:
    """Return when it was fitted (1 on the day of a fit) and the place of each factor that a fit chose."""
    dates = pd.DatetimeIndex([fit.date for fit in walk.fits_])
    fitted = pd.DataFrame({"fit": panel.dates.isin(dates).astype(np.float64)}, index=panel.dates)
    places = [{code: place for place, code in enumerate(fit.codes, 1)} for fit in walk.fits_]
    chosen = pd.DataFrame(places, index=dates, dtype=np.float64)
    return {SCHEDULE: fitted, SCREENING: chosen} if chosen.size else {SCHEDULE: fitted}


def _refuse_carried_in(walk: WalkForward, panel: Panel) -> None:
    """Fit the first model once more: after a prediction it may hold later bars with good reason."""
    first = walk.fits_[0]
    provider = copy.deepcopy(walk.provider).fit(first.window.of(panel))
    refuse_carried(provider, first.date)
