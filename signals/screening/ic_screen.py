"""``ICScreen``: keep the factors whose information coefficient holds up, with fit-time rows only."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from ..provider import NotFittedError
from .redundancy import strongest_of_each_group
from .statistics import cross_section_statistics, time_series_statistics

Method = Literal["cross_section", "time_series"]


class ICScreen:
    """Keep factors by information coefficient and drop those that say the same.

    Parameters
    ----------
    method
        ``"cross_section"``: the rank correlation across the stocks of each day with the return
        that followed; a factor stays if the t statistic of its mean (corrected for overlapping
        horizons) reaches ``min_t`` and both halves of the window agree on its sign.
        ``"time_series"``: the paper's; per stock the correlation over time of the value at T with
        the gain at T+1; a factor stays if it is significant at ``level`` for at least
        ``min_share`` of the stocks.
    min_t
        Threshold of |t| for ``cross_section``.
    level, min_share
        Significance level and share of stocks for ``time_series``; the paper's share is 190/212.
    max_correlation
        Of factors whose ranks are correlated above it, only the strongest stays; 1 keeps all.
    max_factors
        Keep at most so many, the strongest; ``None`` for no limit.
    min_factors
        Where fewer pass, the strongest of the others are tried too, so that a model can be
        fitted; the table says which. Those that say the same as a stronger one are dropped after
        that, and a factor without any IC is never kept.

    Attributes
    ----------
    table_ : pandas.DataFrame
        One row a factor: coverage, ic, icir, t, share (of right-signed days, or of significant
        stocks), kept, reason.
    selected_ : list of str
        Codes that stayed, strongest first; ties by code.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = pd.DataFrame(rng.normal(size=(60, 30)))
    >>> good = label + rng.normal(size=label.shape)
    >>> noise = pd.DataFrame(rng.normal(size=label.shape))
    >>> ICScreen().fit({"good": good, "twin": 2 * good, "noise": noise}, label).selected_
    ['good']
    """

    def __init__(
        self,
        *,
        method: Method = "cross_section",
        min_t: float = 2.0,
        level: float = 0.05,
        min_share: float = 190 / 212,
        max_correlation: float = 0.9,
        max_factors: int | None = None,
        min_factors: int = 1,
    ) -> None:
        if method not in ("cross_section", "time_series"):
            raise ValueError(f"method must be 'cross_section' or 'time_series', got {method!r}")
        _check(min_t, level, min_share, max_correlation, max_factors, min_factors)
        self.method: Method = method
        self.min_t = min_t
        self.level = level
        self.min_share = min_share
        self.max_correlation = max_correlation
        self.max_factors = max_factors
        self.min_factors = min_factors
        self.table_: pd.DataFrame | None = None
        self.selected_: list[str] = []

    def fit(
        self,
        factors: Mapping[str, pd.DataFrame],
        labels: pd.DataFrame | np.ndarray,
        *,
        universe: np.ndarray | None = None,
        horizon: int = 1,
    ) -> Self:
        """Screen the factors against the labels; every row given is used, and no other.

        Parameters
        ----------
        factors
            One T x N frame a factor.
        labels
            T x N returns that followed; NaN where unknown.
        universe
            T x N mask of the pairs that count.
        horizon
            Sessions that a label spans, for the overlap correction.

        Raises
        ------
        ValueError
            If there is no factor, a shape differs from the labels', or ``horizon`` is below 1.
        """
        if not factors:
            raise ValueError("factors must hold one factor or more to screen, got none")
        if horizon < 1:
            raise ValueError(f"horizon must be 1 session or more, got {horizon}")
        target = np.asarray(labels, dtype=np.float64)
        for name, values in {**factors, "universe": universe}.items():
            if values is not None and values.shape != target.shape:
                raise ValueError(f"{name} must have the labels' shape {target.shape}, got {values.shape}")
        if universe is not None:
            target = np.where(universe, target, np.nan)
        if self.method == "cross_section":
            table = cross_section_statistics(factors, target, lags=horizon - 1)
            passed = (table["t"].abs() >= self.min_t) & table["one_sign"]
            why = np.where(table["one_sign"], f"|t| below {self.min_t:g}", "sign differs between the halves")
            why = np.where(table["t"].isna(), "too few days with an IC", why)
        else:
            table = time_series_statistics(factors, target, level=self.level)
            passed = table["share"] >= self.min_share
            why = np.full(len(table), f"significant for less than {self.min_share:.1%} of the stocks")
            why = np.where(table["n_stocks"] == 0, "no stock with enough pairs", why)
        table["reason"] = np.where(passed, "", why)
        self._select(table, factors, target)
        return self

    def transform(self, factors: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return the kept factors, strongest first."""
        if self.table_ is None:
            raise NotFittedError(self)
        return {code: factors[code] for code in self.selected_}

    def get_settings(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        names = (
            "method",
            "min_t",
            "level",
            "min_share",
            "max_correlation",
            "max_factors",
            "min_factors",
        )
        return {name: getattr(self, name) for name in names}

    def _select(self, table: pd.DataFrame, factors: Mapping[str, pd.DataFrame], target: np.ndarray) -> None:
        order = table.assign(code=table.index).sort_values(
            ["strength", "code"], ascending=[False, True], kind="stable"
        )
        passed = [code for code in order.index if not table.at[code, "reason"]]
        others = [code for code in order.index[order["strength"] > 0] if code not in passed]
        extra = others[: max(self.min_factors - len(passed), 0)]
        table.loc[extra, "reason"] = "kept as the strongest, though it does not pass"
        candidates = [*passed, *extra]  # one that passes comes before one that does not
        twins = strongest_of_each_group(
            candidates, factors, np.isfinite(target), max_correlation=self.max_correlation
        )
        for code, stronger in twins.items():
            table.at[code, "reason"] = f"says the same as {stronger}"
        selected = [code for code in candidates if code not in twins]
        for code in selected[self.max_factors :] if self.max_factors is not None else []:
            table.at[code, "reason"] = f"weaker than the best {self.max_factors}"
        self.selected_ = selected[: self.max_factors]
        table["kept"] = table.index.isin(self.selected_)
        self.table_ = table.drop(columns=["strength"]).loc[order.index]


def _check(
    min_t: float,
    level: float,
    min_share: float,
    max_correlation: float,
    max_factors: int | None,
    min_factors: int,
) -> None:
    for name, value, rule, holds in (
        ("min_t", min_t, "0 or more", min_t >= 0),
        ("level", level, "between 0 and 1", 0 < level < 1),
        ("min_share", min_share, "in [0, 1]", 0 <= min_share <= 1),
        ("max_correlation", max_correlation, "in (0, 1]", 0 < max_correlation <= 1),
        ("max_factors", max_factors, "1 or more, or None", max_factors is None or max_factors >= 1),
        ("min_factors", min_factors, "0 or more", min_factors >= 0),
    ):
        if not holds:
            raise ValueError(f"{name} must be {rule}, got {value}")
    if max_factors is not None and min_factors > max_factors:
        raise ValueError(f"min_factors must be at most max_factors = {max_factors}, got {min_factors}")
