"""From a panel to what a model reads: factors, cleaned, screened, as one array."""

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import bottleneck as bn
import numpy as np
import pandas as pd

from ..feeds import Panel
from .factors import compute_factors
from .factors.factor import FactorError
from .inputs import check_kinds, compute_inputs
from .preprocessing import Preprocessor
from .provider import NotFittedError
from .screening import ICScreen
from .shared_features import current
from .tally import LEFT_OUT, UNKNOWN, add_counts, current_tally
from .timing import stage

logger = logging.getLogger("btalpha.features")


class FeaturePipeline:
    """Factors, ``Preprocessor`` and ``ICScreen`` in a row, learned from the fit's panel only.

    Parameters
    ----------
    factors
        Codes of :data:`~btalpha.signals.FACTORS`; ``None`` takes all that the panel allows.
    preprocessor, screen
        Unfitted; copies are fitted. ``screen=None`` keeps every factor.
    horizon, label
        What the screening compares with; see :func:`~btalpha.signals.labels.forward_returns`.
    label_transform
        Applied to what the screening compares with, see ``FeatureSignal``.
    inputs
        Kinds of inputs beside the factors, which are neither cleaned nor screened; see
        :func:`~btalpha.signals.inputs.compute_inputs`.

    Attributes
    ----------
    codes_ : list of str
        The factors, strongest first where they were screened.
    inputs_ : list of str
        The inputs beside them. Together they are the F features, in this order.
    screen_ : ICScreen or None
        The fitted screen, with its table.
    """

    def __init__(
        self,
        *,
        factors: Sequence[str] | None = None,
        preprocessor: Preprocessor | None = None,
        screen: ICScreen | None = None,
        horizon: int = 5,
        label: str = "open",
        label_transform: Callable[[np.ndarray], np.ndarray] | None = None,
        inputs: Sequence[str] = (),
    ) -> None:
        check_kinds(inputs)
        self.factors = factors
        self.preprocessor = preprocessor
        self.screen = screen
        self.horizon = horizon
        self.label = label
        self.label_transform = label_transform
        self.inputs = tuple(inputs)
        self.inputs_: list[str] = []
        self.codes_: list[str] | None = None
        self.preprocessor_: Preprocessor | None = None
        self.screen_: ICScreen | None = None
        self.shared_key_: str | None = None

    @property
    def n_features(self) -> int:
        """F, number of factors and inputs together."""
        return len(self.codes_ or []) + len(self.inputs_)

    def fit(self, panel: Panel) -> Self:
        """Learn the cleaning statistics and choose the features."""
        self.fit_transform(panel)
        return self

    def fit_transform(self, panel: Panel) -> np.ndarray:
        """Fit and return the features of the same panel without computing them twice.

        A factor without a value in the panel's universe is left out, with a logged line.

        Raises
        ------
        ValueError
            If no factor has a value, or none passes the screen.
        """
        shared = current()
        self.shared_key_ = None
        return self._fit(panel) if shared is None else shared.fit(self, panel, self._fit)

    def _fit(self, panel: Panel) -> np.ndarray:
        universe = _counted(panel)
        with stage("factors"):
            raw = _with_values(compute_factors(panel, self.factors), panel)
            self.preprocessor_ = copy.deepcopy(self.preprocessor or Preprocessor())
            cleaned = self.preprocessor_.fit_transform(
                raw, universe, neutralisation_context(panel, self.preprocessor_)
            )
        self.codes_ = list(cleaned)
        if self.screen is not None:
            with stage("screen"):
                labels = self.screen.labels(panel, self.horizon, label=self.label)
                if self.label_transform is not None:
                    labels = self.label_transform(labels)
                self.screen_ = copy.deepcopy(self.screen).fit(
                    cleaned, labels, universe=universe, horizon=self.horizon
                )
            self.codes_ = list(self.screen_.selected_)
            if not self.codes_:
                raise ValueError(
                    f"screen kept none of {len(cleaned)} factors over {len(panel)} dates; "
                    "lower its thresholds, set min_factors, or give a longer panel or more stocks"
                )
        inputs = compute_inputs(panel, self.inputs)
        self.inputs_ = list(inputs)
        return _stack({code: cleaned[code].to_numpy() for code in self.codes_} | inputs, panel)

    def transform(self, panel: Panel) -> np.ndarray:
        """Return the features of a panel.

        Returns
        -------
        numpy.ndarray
            T x N x F float32. On a traded day every feature is finite: one that is not known yet
            counts as the middle of the day (0). On a day without a bar all are NaN.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        if self.codes_ is None or self.preprocessor_ is None:
            raise NotFittedError(self)
        shared = current()
        return self._transform(panel) if shared is None else shared.transform(self, panel, self._transform)

    def _transform(self, panel: Panel) -> np.ndarray:
        assert self.codes_ is not None and self.preprocessor_ is not None
        with stage("factors"):
            raw = compute_factors(panel, self.codes_)
        missing = [code for code in self.codes_ if code not in raw]
        if missing:
            raise ValueError(
                f"the panel lacks the inputs of {', '.join(missing)}, on which the model was fitted; "
                "give it the fields they need, or fit without these factors"
            )
        with stage("factors"):
            context = neutralisation_context(panel, self.preprocessor_)
            cleaned = self.preprocessor_.transform(raw, _counted(panel), context)
            inputs = self._same_inputs(panel)
            return _stack({code: cleaned[code].to_numpy() for code in self.codes_} | inputs, panel)

    def _same_inputs(self, panel: Panel) -> dict[str, np.ndarray]:
        inputs = compute_inputs(panel, self.inputs)
        missing = [name for name in self.inputs_ if name not in inputs]
        if missing:
            raise ValueError(
                f"the panel lacks what {', '.join(missing)} come from, on which the model was fitted; "
                "give it the fields turnover and amount, or fit without them"
            )
        return {name: inputs[name] for name in self.inputs_}


def _counted(panel: Panel) -> np.ndarray:
    # A value carried into a suspended day must not stand among those of the stocks that traded.
    return panel.universe_array & panel.traded_array


def neutralisation_context(panel: Panel, preprocessor: Preprocessor) -> dict[str, pd.DataFrame | pd.Series]:
    """Return what neutralisation needs to know: log market value and industry of each stock."""
    context: dict[str, pd.DataFrame | pd.Series] = {}
    if "size" in preprocessor.needs:
        try:
            context |= {"size": compute_factors(panel, ["market_cap"])["market_cap"]}
        except FactorError as error:
            raise ValueError(
                f"neutralize by size needs market values ({error}); give the panel a field total_mktcap, "
                "statements with total_shares, or leave size out of neutralize"
            ) from error
    if "industry" in preprocessor.needs:
        if panel.info is None or "industry" not in panel.info:
            raise ValueError(
                "neutralize by industry needs the industry of each stock, which the panel lacks; give it "
                "info with a column industry (Panel.from_long(info=...)), or leave industry out of neutralize"
            )
        context |= {"industry": panel.info["industry"]}
    return context


def _with_values(factors: Mapping[str, pd.DataFrame], panel: Panel) -> dict[str, pd.DataFrame]:
    kept, empty = {}, []
    for code, frame in factors.items():
        if np.isfinite(frame.to_numpy()[panel.universe_array]).any():
            kept[code] = frame
        else:
            empty.append(code)
    add_counts({f"{LEFT_OUT}{code}": 1 for code in empty})
    if not kept:
        raise ValueError(
            f"none of {len(factors)} factors has a value within {len(panel)} dates: they need more bars "
            "to warm up than the panel has; give a longer panel or factors with shorter windows"
        )
    for code in empty:
        logger.warning("factor %s is left out: it has no value within %d dates", code, len(panel))
    return kept


def _stack(features: Mapping[str, np.ndarray], panel: Panel) -> np.ndarray:
    traded, tally, counted = panel.traded_array, current_tally(), _counted(panel)
    out = np.full((*traded.shape, len(features)), np.nan, dtype=np.float32)
    for place, values in enumerate(features.values()):
        known = np.isfinite(values)
        out[:, :, place] = np.where(traded, np.where(known, values, 0.0), np.nan)
        if tally is not None:
            tally.add(UNKNOWN, int((counted & ~known).sum()))
    return out


def rank_labels(labels: np.ndarray, universe: np.ndarray) -> np.ndarray:
    """Turn returns into places among the universe of the day, mean 0 and about unit variance.

    A model that is to order stocks learns from the order; one outlier of a return then counts no
    more than any other first place.

    Parameters
    ----------
    labels
        T x N returns, NaN where unknown.
    universe
        T x N mask; the others become NaN.
    """
    inside = np.where(universe, labels, np.nan)
    count = np.isfinite(inside).sum(axis=1, keepdims=True)
    places = (bn.nanrankdata(inside, axis=1) - 0.5) / np.maximum(count, 1) - 0.5
    return places * np.sqrt(12.0)
