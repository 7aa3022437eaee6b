"""The cleaning of a whole factor library: outliers, gaps, neutralisation, scaling, in this order."""

import copy
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd

from ..provider import NotFittedError
from ..tally import CELLS, INFINITE, Tally, current_tally
from ..threads import threads_allowed
from .chain import build_chain, check_options, learn_and_clean
from .outliers import Replace
from .parameters import Parameters
from .step import Axis, Context, Step, clean_and_count, own_copy
from .surroundings import Exposures, Surroundings

Factors = Mapping[str, pd.DataFrame]
Result = TypeVar("Result")
MOST_THREADS = 8  # beyond, memory is what they wait for


class Preprocessor(Parameters):
    """Clean factors in the paper's order, causally. Infinite values count as missing.

    Parameters
    ----------
    outliers
        What is one: ``"mad"`` (further than ``n_mad`` median absolute deviations from the
        median, the paper's), ``"std"`` (``n_std`` standard deviations from the mean),
        ``"boxplot"`` (``n_iqr`` interquartile ranges off the quartiles) or ``"none"``.
        ``"clip"`` is short for ``"mad"`` with ``replace="clip"``.
    replace
        An outlier becomes the ``"median"`` (the paper's) or is set to the bound, ``"clip"``.
    n_mad, n_std, n_iqr
        How far out an outlier is, by the measure of ``outliers``.
    gaps
        ``"forward"`` (at most ``max_age`` sessions, then the day's median) or ``"none"``. The
        paper's linear interpolation needs the value after the gap, so it is no choice for a
        backtest; ``"linear_interpolation_that_looks_ahead"`` is there to repeat its results.
    max_age
        Sessions for which ``"forward"`` carries a value.
    neutralize
        ``"size"``, ``"industry"``, both or none; they are given as ``context``, see :meth:`fit`
        and :class:`~btalpha.signals.preprocessing.neutralize.Neutralize`.
    scale
        ``"rank"``, ``"zscore"``, ``"robust_zscore"``, ``"minmax"`` (from -1 to 1) or ``"none"``.
    axis
        Of outliers and scale. ``"stocks"``: each day across its universe. ``"time"``: each stock
        with the statistics of the rows given to ``fit``; one without any there becomes NaN.
    steps
        Instead of all the above: your own steps, in order.

    Examples
    --------
    >>> values = pd.DataFrame([[1.0, 2.0, 3.0, 4.0, 100.0]], columns=list("abcde"))
    >>> cleaned = Preprocessor(scale="zscore").fit({"ma": values}).transform({"ma": values})
    >>> cleaned["ma"].round(3).to_numpy().tolist()
    [[-1.569, -0.588, 0.392, 1.373, 0.392]]
    """

    def __init__(
        self,
        *,
        outliers: str = "mad",
        replace: Replace = "median",
        n_mad: float = 3.0,
        n_std: float = 3.0,
        n_iqr: float = 1.5,
        gaps: str = "forward",
        max_age: int = 5,
        neutralize: Sequence[str] = (),
        scale: str = "rank",
        axis: Axis = "stocks",
        steps: Sequence[Step] | None = None,
    ) -> None:
        self.outliers = outliers
        self.replace: Replace = replace
        self.n_mad = n_mad
        self.n_std = n_std
        self.n_iqr = n_iqr
        self.gaps = gaps
        self.max_age = max_age
        self.neutralize = neutralize
        self.scale = scale
        self.axis: Axis = axis
        self.steps = steps
        self.fitted_: dict[str, list[Step]] | None = None
        self._symbols: pd.Index | None = None
        if steps is None:
            check_options(self._options())
        self._chain()  # the steps check the rest

    def fit(
        self, factors: Factors, universe: np.ndarray | None = None, context: Exposures | None = None
    ) -> Self:
        """Learn each factor's statistics; only ``axis="time"`` has any.

        Parameters
        ----------
        factors
            One dates x symbols frame a factor.
        universe
            T x N mask of the values that count in the statistics.
        context
            What the preprocessor :attr:`needs`: ``size``, the logarithm of market values (frame
            dates x symbols), and ``industry``, labels (series by symbol).
        """
        self._fit(factors, Surroundings(universe, context), clean=False)
        return self

    def transform(
        self, factors: Factors, universe: np.ndarray | None = None, context: Exposures | None = None
    ) -> dict[str, pd.DataFrame]:
        """Return the cleaned factors; the frames given are not changed.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        KeyError
            For a factor that ``fit`` did not see.
        ValueError
            If the context lacks what the preprocessor :attr:`needs`.
        """
        if self.fitted_ is None:
            raise NotFittedError(self)
        for code in factors:
            if code not in self.fitted_:
                raise KeyError(f"factor {code!r} was not in fit; fit the preprocessor with it")
        around, fitted, tally = Surroundings(universe, context), self.fitted_, current_tally()

        def job(code: str, frame: pd.DataFrame) -> Callable[[], pd.DataFrame]:
            symbols = self._known_symbols(frame)
            counted, exposures = around.on(frame, symbols)
            return lambda: _clean(fitted[code], frame, symbols, counted, exposures, tally)

        return _side_by_side({code: job(code, frame) for code, frame in factors.items()})

    def fit_transform(
        self, factors: Factors, universe: np.ndarray | None = None, context: Exposures | None = None
    ) -> dict[str, pd.DataFrame]:
        """Do what :meth:`fit` and :meth:`transform` do with the same factors, without cleaning them twice."""
        return self._fit(factors, Surroundings(universe, context), clean=True)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of what ``context`` must hold; empty without neutralisation."""
        return tuple(dict.fromkeys(name for step in self._chain() for name in step.needs))

    @property
    def symbols(self) -> list[str] | None:
        """Symbols whose statistics along time were learned; ``None`` where each day stands by itself."""
        return list(self._symbols) if self._along_time and self._symbols is not None else None

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the learned statistics as named arrays; empty across stocks."""
        return {
            f"step.{code}.{place}.{number}": values
            for code, chain in (self.fitted_ or {}).items()
            for place, step in enumerate(chain)
            for number, values in enumerate(step.statistics_ or ())
        }

    def restore(
        self, codes: Sequence[str], symbols: Sequence[str] | None, arrays: Mapping[str, np.ndarray]
    ) -> Self:
        """Take back what :attr:`symbols` and :meth:`get_arrays` gave, without fitting."""
        self._symbols = None if symbols is None else pd.Index(symbols)
        self.fitted_ = {code: self._chain() for code in codes}
        for code, chain in self.fitted_.items():
            for place, step in enumerate(chain):
                prefix = f"step.{code}.{place}."
                names = sorted(name for name in arrays if name.startswith(prefix))
                step.statistics_ = tuple(arrays[name] for name in names) or None
        return self

    def get_settings(self) -> dict[str, Any]:
        """Return the settings as plain data.

        Raises
        ------
        ValueError
            If the steps are your own.
        """
        if self.steps is not None:
            raise ValueError("a preprocessor with steps of your own has no settings that a file could hold")
        return {**self._options(), "neutralize": list(self.neutralize)}

    def _fit(self, factors: Factors, around: Surroundings, *, clean: bool) -> dict[str, pd.DataFrame]:
        self._symbols = next(iter(factors.values())).columns if factors else None
        tally = current_tally()
        chains = {code: [copy.deepcopy(step) for step in self._chain()] for code in factors}

        def job(code: str, frame: pd.DataFrame) -> Callable[[], np.ndarray]:
            counted, exposures = around.on(frame, frame.columns)
            return lambda: learn_and_clean(
                chains[code],
                _finite(frame, counted, tally),
                counted,
                exposures,
                clean=clean,
                tally=tally,
            )

        learns = clean or any(step.axis == "time" for step in self._chain())
        jobs = {code: job(code, frame) for code, frame in factors.items()} if learns else {}
        values = _side_by_side(jobs)
        self.fitted_ = chains
        return {code: _like(factors[code], values[code]) for code in factors} if clean else {}

    def _known_symbols(self, frame: pd.DataFrame) -> pd.Index:
        # Statistics along time belong to a stock: one that was not in the fit has none.
        known = self._symbols
        return (
            frame.columns if known is None or not self._along_time or frame.columns.equals(known) else known
        )

    @property
    def _along_time(self) -> bool:
        return any(step.axis == "time" for step in self._chain())

    def _options(self) -> dict[str, Any]:
        return {name: value for name, value in self.get_params().items() if name != "steps"}

    def _chain(self) -> list[Step]:
        return build_chain(self._options()) if self.steps is None else list(self.steps)


def _clean(
    chain: list[Step],
    frame: pd.DataFrame,
    symbols: pd.Index,
    counted: np.ndarray,
    context: Context,
    tally: Tally | None,
) -> pd.DataFrame:
    known = frame if symbols is frame.columns else frame.reindex(columns=symbols)
    values = _finite(known, counted, tally)
    for step in chain:
        values = clean_and_count(step, values, counted, context, tally)
    cleaned = _like(known, values)
    return cleaned if known is frame else cleaned.reindex(columns=frame.columns)


def _side_by_side(jobs: Mapping[str, Callable[[], Result]]) -> dict[str, Result]:
    """Run jobs in threads, one a core: the loops over the values let go of the interpreter."""
    with ThreadPoolExecutor(min(threads_allowed(), MOST_THREADS)) as pool:
        return dict(zip(jobs, pool.map(lambda job: job(), jobs.values()), strict=True))


def _finite(frame: pd.DataFrame, counted: np.ndarray, tally: Tally | None) -> np.ndarray:
    values = own_copy(frame.to_numpy())
    infinite = np.isinf(values)
    np.copyto(values, np.nan, where=infinite)
    if tally is not None:
        tally.add(CELLS, int(counted.sum()))
        tally.add(INFINITE, int((infinite & counted).sum()))
    return values


def _like(frame: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, index=frame.index, columns=frame.columns, copy=False)
