"""Compute factors of a panel: the one entry point that models and screens use."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
import pandas as pd

from ...feeds import Panel
from ..threads import threads_allowed
from .bars import Bars
from .factor import Factor, FactorError, did_you_mean
from .registry import FACTORS, lookup

logger = logging.getLogger("btalpha.factors")

FORMS = ("scaled", "raw")
BLOCK = 144
"""Stocks that are computed together: their arrays stay near the processor, as those of thousands do not."""
Codes = Iterable[str] | Mapping[str, Mapping[str, object]] | None


def compute_factors(
    panel: Panel, codes: Codes = None, *, form: str = "scaled", dtype: type = np.float64
) -> dict[str, pd.DataFrame]:
    """Compute factors as dates x symbols frames.

    Parameters
    ----------
    panel
        The bars, with statements and benchmark where the factors need them; it is not changed.
    codes
        Which factors: None for every registered one that the panel allows, a list of codes, or
        a mapping from code to parameters (``{"boll": dict(n=20, line="upper"), "ma": {}}``).
    form
        ``scaled`` (levels of price and volume become ratios, see
        :mod:`~btalpha.signals.factors.scaling`) or ``raw``, the formula's own value.
    dtype
        Type of the values: float64, or float32 for half the memory. The computation itself is
        always done in float64.

    Returns
    -------
    dict of str to pandas.DataFrame
        One T x N frame a factor, in the order asked for. A value at t uses bars and
        announcements up to t only. NaN on days a stock did not trade, during its warm-up and
        where the formula is not defined. A factor whose inputs the panel lacks is left out
        with a logged line.

    Raises
    ------
    FactorError
        If a code, a parameter or a form does not exist, or if none of the factors asked for can
        be computed.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "date": pd.bdate_range("2016-01-04", periods=3).repeat(2), "symbol": ["A", "B"] * 3,
    ...     "open": 10.0, "high": 12.0, "low": 9.0, "close": [10.0, 10.0, 11.0, 10.0, 12.0, 10.0],
    ...     "volume": 100.0})
    >>> factors = compute_factors(Panel.from_long(table), {"ma": dict(n=3)}, form="raw")
    >>> factors["ma"]
    symbol         A     B
    date
    2016-01-04   NaN   NaN
    2016-01-05   NaN   NaN
    2016-01-06  11.0  10.0
    """
    return dict(iter_factors(panel, codes, form=form, dtype=dtype))


def iter_factors(
    panel: Panel, codes: Codes = None, *, form: str = "scaled", dtype: type = np.float64
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Compute factors one at a time, for panels of which not all factors fit into memory at once.

    What is asked for is checked here; each factor is then computed when the iterator comes to it,
    and forgotten by it. Beside the panel the iterator keeps the packed fields that formulas
    share, about three times the panel's own size.

    Parameters
    ----------
    panel, codes, form, dtype
        As in :func:`compute_factors`.

    Returns
    -------
    iterator of (str, pandas.DataFrame)
        Code and T x N frame, the same as those of :func:`compute_factors` and in the same order.

    Raises
    ------
    FactorError
        As :func:`compute_factors`, at once; a parameter's value is checked when its factor is due.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "date": pd.bdate_range("2016-01-04", periods=3), "symbol": "A", "open": 10.0,
    ...     "high": 12.0, "low": 9.0, "close": [10.0, 11.0, 12.0], "volume": 100.0})
    >>> for code, frame in iter_factors(Panel.from_long(table), {"ma": dict(n=3), "rev5": dict(n=1)}):
    ...     print(code, frame["A"].round(3).tolist())
    ma [nan, nan, -0.083]
    rev5 [nan, -0.1, -0.091]
    """
    wanted = _parameters(codes)
    if form not in FORMS:
        raise FactorError(f"form must be scaled or raw, got {form!r}{did_you_mean(form, FORMS)}")
    for code, overrides in wanted.items():
        lookup(code).parameters(overrides)
    stocks = _Stocks(panel)
    able, reasons = _split(stocks.whole, wanted)
    _report(reasons, logging.INFO if codes is None else logging.WARNING)
    if not able:
        lines = "; ".join(f"{code}: {reason}" for code, reason in reasons.items()) or "no code was given"
        raise FactorError(f"none of the factors can be computed ({lines})")
    return ((code, _frame(FACTORS[code], stocks, wanted[code], form=form, dtype=dtype)) for code in able)


def computable(panel: Panel, codes: Codes = None) -> tuple[list[str], dict[str, str]]:
    """Tell which factors a panel has the inputs for.

    Parameters
    ----------
    panel
        The panel.
    codes
        As in :func:`compute_factors`.

    Returns
    -------
    list of str
        Codes that can be computed.
    dict of str to str
        Code -> what the panel lacks, for the others.

    Examples
    --------
    >>> table = pd.DataFrame({"date": ["2016-01-04"], "symbol": ["A"], "open": 1.0, "high": 1.0,
    ...                       "low": 1.0, "close": 1.0, "volume": 1.0})
    >>> computable(Panel.from_long(table), ["ma", "turn5"])
    (['ma'], {'turn5': 'the panel lacks field turnover'})
    """
    return _split(Bars(panel), _parameters(codes))


def _parameters(codes: Codes) -> dict[str, Mapping[str, object]]:
    """Return code -> parameters for every way of asking."""
    if isinstance(codes, str):
        raise FactorError(f"codes must be a list or a mapping, got the text {codes!r}; write [{codes!r}]")
    if codes is None:
        codes = list(FACTORS)
    if isinstance(codes, Mapping):
        return {code: overrides or {} for code, overrides in codes.items()}
    return {code: {} for code in codes}


def _split(bars: Bars, codes: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    lacking = {code: lookup(code).missing(bars) for code in codes}
    able = [code for code, missing in lacking.items() if missing is None]
    return able, {code: f"the panel lacks {missing}" for code, missing in lacking.items() if missing}


def _report(reasons: Mapping[str, str], level: int) -> None:
    for code, reason in reasons.items():
        logger.log(level, "factor %s is left out: %s", code, reason)


class _Stocks:
    """The bars of a panel, whole and in blocks of stocks."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.whole = Bars(panel)

    @cached_property
    def blocks(self) -> list[Bars]:
        symbols = self.panel.symbols
        return [Bars(self.panel.select(symbols[i : i + BLOCK])) for i in range(0, len(symbols), BLOCK)]

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(threads_allowed())

    def of(self, factor: Factor) -> list[Bars]:
        """Return what a factor is computed from, in the order of the stocks."""
        # A statement factor works on all statements at once, and a user's own may compare stocks.
        whole = "PIT" in factor.flags or factor.source == "user" or len(self.panel.symbols) <= BLOCK
        return [self.whole] if whole else self.blocks


def _frame(
    factor: Factor, stocks: _Stocks, parameters: Mapping[str, object], *, form: str, dtype: type
) -> pd.DataFrame:
    def part(bars: Bars) -> np.ndarray:
        # A formula may meet log(0) or an overflow on its way to a NaN; only the result counts.
        with np.errstate(all="ignore"):
            return bars.unpack(factor.compute(bars, parameters, form=form))

    blocks = stocks.of(factor)
    # Each block is the work of one thread at a time, so that what it keeps needs no lock.
    parts = [part(blocks[0])] if len(blocks) == 1 else list(stocks.threads.map(part, blocks))
    values = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    with np.errstate(over="ignore"):
        return stocks.panel.frame(values.astype(dtype, copy=False))
