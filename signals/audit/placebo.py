"""Placebos: what is left of the IC when the labels are shuffled, or the scores come late."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..ic import daily_ic, mean_and_t
from ..labels import forward_returns
from ..models.feature_signal import FeatureSignal
from ..provider import SignalProvider
from ..walk_forward import WalkForward

DELAYS = (0, 1, 2, 5, 10, 20)
"""Sessions by which scores come late."""

By = Literal["stocks", "days"]


@dataclass(frozen=True)
class ShuffledLabels:
    """Labels in another order: among the stocks of each day, or whole days.

    Parameters
    ----------
    seed
        Of the order.
    by
        ``"stocks"``: each day's labels go to other stocks that have one; nothing is left to learn.
        ``"days"``: whole rows go to other days that have labels, so a stock gets its own label of
        another day; what is the same at all times can still be learned.

    Examples
    --------
    >>> labels = np.array([[1.0, np.nan, 2.0, 3.0]])
    >>> ShuffledLabels(seed=1)(labels).tolist()
    [[3.0, nan, 1.0, 2.0]]
    """

    seed: int
    by: By = "stocks"

    def __call__(self, labels: np.ndarray) -> np.ndarray:
        """Return T x N labels in another order; NaN stays where it is, or moves with its day."""
        # Another order for each length: the refits of a walk-forward are placebos of their own.
        rng = np.random.default_rng([self.seed, len(labels)])
        out = labels.copy()
        if self.by == "days":
            rows = np.flatnonzero(np.isfinite(labels).any(axis=1))
            out[rows] = labels[rng.permutation(rows)]
            return out
        for row in out:
            known = np.flatnonzero(np.isfinite(row))
            row[known] = row[rng.permutation(known)]
        return out


def shuffle_labels(provider: SignalProvider, seed: int, *, by: By = "stocks") -> SignalProvider:
    """Return an unfitted copy of a model, or of a walk-forward of one, that learns shuffled labels.

    Screening and training see the same order. What the scores are compared with stays as it is.

    Raises
    ------
    ValueError
        If the provider learns from no labels: there is nothing to shuffle.
    """
    twin = copy.deepcopy(provider)
    model = twin.provider if isinstance(twin, WalkForward) else twin
    if not isinstance(model, FeatureSignal):
        raise ValueError(
            f"provider must be a FeatureSignal, or a WalkForward of one, got {type(model).__name__}: it is "
            "trained on no labels that could be shuffled"
        )
    model.label_transform = ShuffledLabels(seed, by)
    return twin


@dataclass(frozen=True)
class Placebo:
    """What :func:`run_placebo` found.

    Attributes
    ----------
    rank_ic, t
        Mean daily rank IC of the model as it is, and its t (Newey-West).
    n_days
        Days behind it.
    shuffled
        One row a placebo: ``by, seed, rank_ic, t``. Empty for a provider that learns from no labels.
    delayed
        Index: delay in sessions; columns ``rank_ic, t``, all on the same days.
    """

    rank_ic: float
    t: float
    n_days: int
    shuffled: pd.DataFrame
    delayed: pd.DataFrame

    def chance(self, by: By = "stocks") -> tuple[float, float, float]:
        """Return mean and standard deviation of one kind's rank IC, and its largest absolute t."""
        chosen = self.shuffled[self.shuffled["by"] == by]
        if chosen.empty:
            return float("nan"), float("nan"), float("nan")
        spread = float(chosen["rank_ic"].std()) if len(chosen) > 1 else float("nan")
        return float(chosen["rank_ic"].mean()), spread, float(chosen["t"].abs().max())

    @property
    def keeps_ic_without_labels(self) -> bool:
        """Whether the placebos have an IC, although there was nothing to learn.

        The mean of those with stocks shuffled is then more than three standard errors from 0 and more than
        a third of the model's IC.
        """
        mean, spread, _ = self.chance()
        n = int((self.shuffled["by"] == "stocks").sum())
        return n > 1 and abs(mean) > 3 * spread / np.sqrt(n) and abs(mean) > abs(self.rank_ic) / 3

    @property
    def falls_at_once(self) -> bool:
        """Whether most of a sound IC (t of 3 or more) is gone with scores that are one day late.

        That is the mark of scores that know the next day. Over a horizon of several days an honest IC goes
        slowly; a signal of one day may go at once with good reason.
        """
        late = float(self.delayed["rank_ic"].get(1, np.nan))
        return self.t >= 3 and late < self.rank_ic / 2

    @property
    def keeps_ic_when_late(self) -> bool:
        """Whether the IC does not fall at all over the longest delay."""
        if len(self.delayed) < 2 or abs(self.t) < 3:
            return False
        return abs(float(self.delayed["rank_ic"].iloc[-1])) >= abs(float(self.delayed["rank_ic"].iloc[0]))

    def sentences(self) -> list[str]:
        """Say what it means: a sentence on the labels, one on the delay."""
        return [self._about_labels(), self._about_delay()]

    def _about_labels(self) -> str:
        if self.shuffled.empty:
            return "Shuffled labels: the model learns from no labels, so there is nothing to shuffle."
        stocks = self.shuffled[self.shuffled["by"] == "stocks"]
        mean, spread, top = self.chance()
        words = (
            f"Shuffled labels: rank IC {mean:+.4f} in the mean of {len(stocks)} placebos (standard "
            f"deviation {spread:.4f}, largest |t| {top:.1f}), {self.rank_ic:+.4f} with the true ones"
        )
        beaten = int((stocks["rank_ic"].abs() >= abs(self.rank_ic)).sum())
        if self.keeps_ic_without_labels:
            words += ": the IC stays where there is nothing to learn, so it comes from elsewhere: a leak?"
        elif beaten:
            words += f": {beaten} of the placebos are as strong, so the model shows no more than they do."
        else:
            words += ": the IC is lost with the labels, as it should be."
        if len(stocks) < len(self.shuffled):
            words += f" With whole days shuffled {self.chance('days')[0]:+.4f} is left: what all days share."
        return words

    def _about_delay(self) -> str:
        table = self.delayed["rank_ic"]
        if abs(self.t) < 3:
            return f"Late scores: the IC in time is too weak (t {self.t:+.1f}) to tell how it falls."
        words = f"Late scores: the rank IC is {table.iloc[0]:+.4f} in time"
        if 1 in table.index:
            words += f", {table[1]:+.4f} one day late"
        words += f" and {table.iloc[-1]:+.4f} {table.index[-1]} days late"
        if self.falls_at_once:
            return (
                f"{words}: most of it is gone in one day, as where scores know the next one: look for a leak."
            )
        if self.keeps_ic_when_late:
            return f"{words}: it does not fall, so what is predicted is slower than the delay."
        return f"{words}: it falls with the delay, as it should."


def run_placebo(
    provider: SignalProvider,
    panel: Panel,
    *,
    label: str = "open",
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    by: Sequence[By] = ("stocks", "days"),
    delays: Sequence[int] = DELAYS,
    on_step: Callable[[int, int], None] | None = None,
) -> Placebo:
    """Fit and score a provider as it is, and again with shuffled labels; delay its scores.

    Parameters
    ----------
    provider
        Unfitted; copies are fitted on the whole panel, so give a walk-forward: its scores are out of
        sample.
    panel
        The bars.
    label
        ``"open"`` or ``"close"``: what the scores are compared with over the provider's horizon.
    seeds, by
        One placebo for each pair.
    delays
        Sessions, ascending, the first 0.
    on_step
        Called with (models done, models to do).

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import RidgeSignal
    >>> panel = simulate_market(n_symbols=30, n_days=200, seed=1)
    >>> walk = WalkForward(RidgeSignal(factors=["rev5", "vol20"]), start=panel.dates[100])
    >>> found = run_placebo(walk, panel, seeds=[0, 1], by=["stocks"], delays=[0, 20])
    >>> len(found.shuffled), found.delayed.index.tolist()
    (2, [0, 20])
    """
    model = provider.provider if isinstance(provider, WalkForward) else provider
    pairs: list[tuple[By, int]] = []
    if isinstance(model, FeatureSignal):
        pairs = [(kind, seed) for kind in by for seed in seeds]
    compared = _Compared(panel, provider.horizon, label)
    scores = copy.deepcopy(provider).fit(panel).predict(panel)
    rows = []
    for number, (kind, seed) in enumerate(pairs, 1):
        if on_step is not None:
            on_step(number, len(pairs) + 1)
        twin = shuffle_labels(provider, seed, by=kind).fit(panel)
        rank_ic, t, _ = compared.rank_ic(twin.predict(panel).to_numpy(dtype=np.float64))
        rows.append({"by": kind, "seed": seed, "rank_ic": rank_ic, "t": t})
    if on_step is not None:
        on_step(len(pairs) + 1, len(pairs) + 1)
    rank_ic, t, n_days = compared.rank_ic(scores.to_numpy(dtype=np.float64))
    return Placebo(
        rank_ic=rank_ic,
        t=t,
        n_days=n_days,
        shuffled=pd.DataFrame(rows, columns=["by", "seed", "rank_ic", "t"]),
        delayed=delayed_ic(scores, panel, provider.horizon, label=label, delays=delays),
    )


def delayed_ic(
    scores: pd.DataFrame, panel: Panel, horizon: int, *, label: str = "open", delays: Sequence[int] = DELAYS
) -> pd.DataFrame:
    """Return the mean daily rank IC of scores that come some sessions late, and its t.

    Parameters
    ----------
    scores
        dates x symbols, on the panel's dates.
    panel, horizon, label
        What they are compared with.
    delays
        Sessions. All are compared on the days on which each of them has scores.
    """
    compared = _Compared(panel, horizon, label)
    late = [scores.shift(days).to_numpy(dtype=np.float64) for days in delays]
    daily = [compared.daily(values) for values in late]
    common = np.isfinite(np.stack(daily)).all(axis=0)
    rows = [mean_and_t(np.where(common, ic, np.nan), lags=horizon - 1) for ic in daily]
    return pd.DataFrame(rows, columns=["rank_ic", "t"], index=pd.Index(delays, name="delay"))


class _Compared:
    """The returns that followed, and the stocks that count on each day."""

    def __init__(self, panel: Panel, horizon: int, label: str) -> None:
        self._returns = forward_returns(panel, horizon, label=label)
        self._universe = panel.universe_array
        self._horizon = horizon

    def daily(self, scores: np.ndarray) -> np.ndarray:
        return daily_ic(np.where(self._universe, scores, np.nan), self._returns)

    def rank_ic(self, scores: np.ndarray) -> tuple[float, float, int]:
        daily = self.daily(scores)
        mean, t = mean_and_t(daily, lags=self._horizon - 1)
        return mean, t, int(np.isfinite(daily).sum())
