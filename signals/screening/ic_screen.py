"""``ICScreen``: keep the factors whose information coefficient holds up, with fit-time rows only."""

import inspect
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..provider import NotFittedError
from .cross_section import cross_section_statistics
from .options import Correlation, FalseDiscovery, Method
from .redundancy import strongest_of_each_group
from .rules import check_settings, cross_section_reasons, time_series_reasons
from .significance import adjusted
from .targets import Kind, forward_target
from .time_series import time_series_statistics


class ICScreen:
    """Keep factors by information coefficient and drop those that say the same.

    Parameters
    ----------
    method
        ``"cross_section"``: the correlation across the stocks of each day with what followed; a
        factor passes if its mean over the days reaches ``min_t``, ``min_ic`` and ``min_icir`` and
        both halves of the window agree on its sign. ``"time_series"``: the paper's; per stock the
        correlation over time of the value at T with the gain that followed; a factor passes if it
        is significant at ``level`` for at least ``min_share`` of the stocks.
    correlation
        ``"pearson"`` or ``"spearman"`` (of ranks): what is judged. ``None``: ranks across stocks,
        Pearson along time as in the paper.
    target
        ``"return"`` or ``"price"``: what :meth:`labels` makes of a panel.
    min_t, min_ic, min_icir
        Least absolute values for ``cross_section``: of the t statistic (Newey-West over ``lags``), of
        the mean daily IC, and of that over its standard deviation. 0 asks for nothing.
    level, min_share
        Significance level and share of stocks for ``time_series``; the paper's share is 190/212.
    lags
        Days by which labels overlap; ``None`` for the horizon less one. Across stocks they are
        Newey and West's; along time they make the number of pairs an effective one
        (:func:`~btalpha.signals.ic_kernels.effective_pairs`).
    false_discovery
        ``"none"``, or Benjamini and Hochberg's control at ``level``: over the ``"stocks"`` of each
        factor (``time_series`` only) or over all ``"factors"`` (and their stocks).
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
        One row a factor, strongest first, ties by code: coverage, ic, icir, t, share and more (see
        :mod:`.cross_section` and :mod:`.time_series`), passed (the rules, by itself), kept, reason
        (why not, or why although it does not pass).
    ic_ : pandas.DataFrame
        The correlations behind it: dates x factors, or symbols x factors for ``time_series``.
    selected_ : list of str
        Codes that stayed, strongest first; ties by code.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = pd.DataFrame(rng.normal(size=(60, 30)))
    >>> good = label + rng.normal(size=label.shape)
    >>> noise = pd.DataFrame(rng.normal(size=label.shape))
    >>> screen = ICScreen().fit({"good": good, "twin": 2 * good, "noise": noise}, label)
    >>> screen.selected_
    ['good']
    >>> screen.table_["reason"].to_dict()
    {'good': '', 'twin': 'repeats good', 'noise': '|t| below 2'}
    """

    def __init__(
        self,
        *,
        method: Method = "cross_section",
        correlation: Correlation | None = None,
        target: Kind = "return",
        min_t: float = 2.0,
        min_ic: float = 0.0,
        min_icir: float = 0.0,
        level: float = 0.05,
        min_share: float = 190 / 212,
        lags: int | None = None,
        false_discovery: FalseDiscovery = "none",
        max_correlation: float = 0.9,
        max_factors: int | None = None,
        min_factors: int = 1,
    ) -> None:
        self.method: Method = method
        self.correlation: Correlation | None = correlation
        self.target: Kind = target
        self.min_t = min_t
        self.min_ic = min_ic
        self.min_icir = min_icir
        self.level = level
        self.min_share = min_share
        self.lags = lags
        self.false_discovery: FalseDiscovery = false_discovery
        self.max_correlation = max_correlation
        self.max_factors = max_factors
        self.min_factors = min_factors
        check_settings(self.get_settings())
        self.table_: pd.DataFrame | None = None
        self.ic_: pd.DataFrame | None = None
        self.selected_: list[str] = []

    def labels(self, panel: Panel, horizon: int, *, label: str = "open") -> np.ndarray:
        """Return what the factors of a panel are to be compared with; see :func:`.targets.forward_target`."""
        return forward_target(panel, horizon, target=self.target, label=label)

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
            T x N: what followed; NaN where unknown.
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
        table = self._measure(factors, target, horizon - 1 if self.lags is None else self.lags)
        self._select(table, factors, target)
        return self

    def transform(self, factors: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return the kept factors, strongest first."""
        if self.table_ is None:
            raise NotFittedError(self)
        return {code: factors[code] for code in self.selected_}

    def get_settings(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def _measure(self, factors: Mapping[str, pd.DataFrame], target: np.ndarray, lags: int) -> pd.DataFrame:
        """Return the statistics with the reason of each factor that does not pass."""
        frame = next(iter(factors.values()))
        if self.method == "cross_section":
            correlation = self.correlation or "spearman"
            table, ic = cross_section_statistics(factors, target, lags=lags, correlation=correlation)
            rows, controlled = frame.index, self.false_discovery == "factors"
            if controlled:
                table["q"] = adjusted(table["p"].to_numpy())
            table["reason"] = cross_section_reasons(
                table,
                correlation=correlation,
                min_t=self.min_t,
                min_ic=self.min_ic,
                min_icir=self.min_icir,
                level=self.level,
                controlled=controlled,
            )
        else:
            table, ic = time_series_statistics(
                factors,
                target,
                level=self.level,
                correlation=self.correlation or "pearson",
                lags=lags,
                false_discovery=self.false_discovery,
            )
            rows = frame.columns
            table["reason"] = time_series_reasons(table, min_share=self.min_share)
        self.ic_ = pd.DataFrame(ic, index=rows, columns=list(factors))
        table["passed"] = table["reason"] == ""
        return table

    def _select(self, table: pd.DataFrame, factors: Mapping[str, pd.DataFrame], target: np.ndarray) -> None:
        order = table.assign(code=table.index).sort_values(
            ["strength", "code"], ascending=[False, True], kind="stable"
        )
        passed = [code for code in order.index if table.at[code, "passed"]]
        others = [code for code in order.index[order["strength"] > 0] if code not in passed]
        extra = others[: max(self.min_factors - len(passed), 0)]
        table.loc[extra, "reason"] = "kept though " + table.loc[extra, "reason"]
        candidates = [*passed, *extra]  # one that passes comes before one that does not
        twins = strongest_of_each_group(
            candidates, factors, np.isfinite(target), max_correlation=self.max_correlation
        )
        for code, stronger in twins.items():
            table.at[code, "reason"] = f"repeats {stronger}"
        selected = [code for code in candidates if code not in twins]
        for code in selected[self.max_factors :] if self.max_factors is not None else []:
            table.at[code, "reason"] = f"weaker than the best {self.max_factors}"
        self.selected_ = selected[: self.max_factors]
        table["kept"] = table.index.isin(self.selected_)
        last = ["passed", "kept", "reason"]
        self.table_ = table.drop(columns=["strength"]).loc[
            order.index, [*(name for name in table.columns if name not in (*last, "strength")), *last]
        ]
