"""Several providers as one: the mean of what they think of each stock's place."""

import copy
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import bottleneck as bn
import numpy as np
import pandas as pd

from ...feeds import Panel
from ..persistence import ModelFileError, fits_model, read_model, write_model
from ..preprocessing import Rank
from ..provider import NotFittedError, SignalProvider


class EnsembleSignal(SignalProvider):
    """The mean of the members' ranks across the stocks of each day.

    Ranks, so that no member outweighs the others by the size of its scores. The mean is given the
    spread that the members' scores have on that day, so that it stays an expected return per day.

    Parameters
    ----------
    members
        Unfitted providers of the same horizon; copies of them are fitted.
    weights
        One above 0 for each member; their sum does not matter. ``None``: all the same.
    min_members
        A stock has a score where so many members have one, and then the mean of those. ``None``: all
        of them, so that no place depends on who had an opinion.

    Attributes
    ----------
    members_ : list of SignalProvider
        The fitted copies.

    Raises
    ------
    ValueError
        If there are no members, their horizons differ, or weights or ``min_members`` do not fit them.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> from btalpha.signals import FactorSignal
    >>> panel = simulate_market(n_symbols=10, n_days=60, seed=1)
    >>> both = EnsembleSignal([FactorSignal("rev5"), FactorSignal("vol20", sign=-1)], weights=[2, 1])
    >>> both.fit(panel).predict(panel).iloc[-1].notna().any()
    np.True_
    """

    def __init__(
        self,
        members: Sequence[SignalProvider],
        *,
        weights: Sequence[float] | None = None,
        min_members: int | None = None,
    ) -> None:
        members = list(members)
        _check(members, weights, min_members)
        self.members = members
        self.weights = None if weights is None else [float(weight) for weight in weights]
        self.min_members = min_members
        self.horizon = members[0].horizon
        self.members_: list[SignalProvider] = []

    def fit(self, panel: Panel) -> Self:
        """Fit a copy of each member on the panel."""
        self.members_ = [copy.deepcopy(member).fit(panel) for member in self.members]
        return self

    def predict(self, panel: Panel) -> pd.DataFrame:
        """Return the weighted mean of the members' ranks, dates x symbols, with their spread.

        Returns
        -------
        pandas.DataFrame
            Expected return per day over the horizon (fraction) beyond the mean of the stocks scored.
            NaN where fewer than ``min_members`` members have a score; a member's ranks are those
            among the stocks that it scores.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        if not self.members_:
            raise NotFittedError(self)
        weights = self.weights or [1.0] * len(self.members_)
        total, spread = (np.zeros((len(panel), len(panel.symbols))) for _ in range(2))
        weight_of, count = np.zeros_like(total), np.zeros(total.shape, dtype=int)
        for member, weight in zip(self.members_, weights, strict=True):
            frame = member.predict(panel).reindex(index=panel.dates, columns=panel.symbols)
            scores = frame.to_numpy(dtype=np.float64)
            known = np.isfinite(scores)
            total += np.where(known, weight * Rank().transform(scores, known), 0.0)
            spread += np.where(known, weight * _spread(scores), 0.0)
            weight_of += weight * known
            count += known
        enough = count >= (len(self.members_) if self.min_members is None else self.min_members)
        divisor = np.where(enough, weight_of, np.nan)
        return panel.frame((total / divisor) * (spread / divisor))

    def save(self, path: str | Path) -> None:
        """Write the members, each in its own format, and the settings to one file.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        NotImplementedError
            If a member has no way to be saved.
        """
        if not self.members_:
            raise NotFittedError(self)
        arrays = {}
        with TemporaryDirectory() as folder:
            for number, member in enumerate(self.members_):
                file = Path(folder) / "member"
                member.save(file)
                arrays[f"member.{number}"] = np.frombuffer(file.read_bytes(), dtype=np.uint8)
        settings = {
            "kinds": [type(member).__name__ for member in self.members_],
            "weights": self.weights,
            "min_members": self.min_members,
        }
        write_model(path, type(self).__name__, settings, arrays)

    @classmethod
    def load(cls, path: str | Path, *, kinds: Sequence[type[SignalProvider]] = ()) -> Self:
        """Read what :meth:`save` wrote; the provider predicts the same bytes.

        Parameters
        ----------
        path
            The file.
        kinds
            Classes of your own that are among the members. A file only holds their names, and no
            name in a file makes this import anything.

        Raises
        ------
        ModelFileError
            If the file is not a saved ensemble of this version, or a member is of an unknown class.
        """
        settings, arrays = read_model(path, cls.__name__)
        known = {kind.__name__: kind for kind in (*_own_kinds(), *kinds)}
        with fits_model(path):
            strange = [name for name in settings["kinds"] if name not in known]
            if strange:
                raise ModelFileError(
                    f"{path} has a member of the class {strange[0]}, which is not btalpha's; give it with "
                    f"load(path, kinds=[{strange[0]}])"
                )
            members = [
                _read_member(known[name], arrays[f"member.{number}"])
                for number, name in enumerate(settings["kinds"])
            ]
            signal = cls(members, weights=settings["weights"], min_members=settings["min_members"])
            signal.members_ = members
            return signal


def _own_kinds() -> list[type[SignalProvider]]:
    from . import FactorSignal, LightGBMSignal, LSTMSignal, RandomSignal, RidgeSignal, SklearnSignal

    return [
        EnsembleSignal,
        FactorSignal,
        LSTMSignal,
        LightGBMSignal,
        RandomSignal,
        RidgeSignal,
        SklearnSignal,
    ]


def _read_member(kind: type[SignalProvider], content: np.ndarray) -> SignalProvider:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "member"
        file.write_bytes(content.tobytes())
        return kind.load(file)


def _spread(scores: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each day's scores, T x 1; 0 where there is none."""
    out = np.zeros((len(scores), 1))
    some = np.isfinite(scores).any(axis=1)
    out[some, 0] = bn.nanstd(scores[some], axis=1)
    return out


def _check(members: list[Any], weights: Sequence[float] | None, min_members: int | None) -> None:
    strange = [member for member in members if not isinstance(member, SignalProvider)]
    if not members or strange:
        got = repr(strange[0]) if strange else "none"
        raise ValueError(f"members must be one provider or more, such as RidgeSignal(), got {got}")
    horizons = [member.horizon for member in members]
    if len(set(horizons)) > 1:
        raise ValueError(
            "members must look the same number of sessions ahead, got horizons "
            f"{', '.join(map(str, horizons))}"
        )
    if weights is not None and (len(weights) != len(members) or not all(0 < w < np.inf for w in weights)):
        raise ValueError(
            f"weights must be {len(members)} numbers above 0, one for each member, got {list(weights)}"
        )
    if min_members is not None and not 1 <= min_members <= len(members):
        raise ValueError(
            f"min_members must be from 1 to the {len(members)} members, or None for all, got {min_members}"
        )
