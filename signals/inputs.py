"""Inputs of a model beside the factors: each day's bar, and the state of the whole market."""

from collections.abc import Callable, Sequence

import bottleneck as bn
import numpy as np

from ..feeds import Panel
from .preprocessing.rank import Rank

KINDS = ("bars", "market")

# What a market usually does: its inputs are in these units, so that they are about as large as the others.
_USUAL_DAY, _USUAL_WEEK, _USUAL_MONTH, _USUAL_SPREAD = 0.02, 0.01, 0.005, 0.02
_LARGEST = 3.0


def compute_inputs(panel: Panel, kinds: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the inputs of the given kinds, in a fixed order.

    Parameters
    ----------
    panel
        T dates, N symbols.
    kinds
        Any of ``"bars"`` and ``"market"``.

        ``"bars"``: what a network with a memory may read from the bars itself: return, overnight and
        intraday return, upper and lower shadow, range, and, where the panel has ``turnover`` and
        ``amount``, turnover, its change against 20 days, and the mean price of the day against the
        close. Each is the stock's place among the universe of the day.

        ``"market"``: what all stocks of a day share, and so no comparison of stocks can tell: the mean
        return of the universe over 1, 5 and 20 days, and how far apart the stocks' returns are, today and
        over 20 days. A model can learn from it when an order holds and when it turns round.

    Returns
    -------
    dict of str to numpy.ndarray
        T x N float64 each. NaN on days without a bar, 0 (the middle) where a value is not known yet.
        A row depends on rows up to itself only.

    Raises
    ------
    ValueError
        If a kind is unknown.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=5, n_days=40, seed=1)
    >>> list(compute_inputs(panel, ["market"]))
    ['market_1', 'market_5', 'market_20', 'spread_1', 'spread_20']
    """
    check_kinds(kinds)
    computed: dict[str, Callable[[Panel], dict[str, np.ndarray]]] = {"bars": _bars, "market": _market}
    inputs = {name: values for kind in kinds for name, values in computed[kind](panel).items()}
    traded = panel.traded_array
    return {
        name: np.where(traded, np.where(np.isfinite(values), values, 0.0), np.nan)
        for name, values in inputs.items()
    }


def check_kinds(kinds: Sequence[str]) -> None:
    """Raise ``ValueError`` for a kind that :func:`compute_inputs` does not know."""
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"inputs must be of {', '.join(KINDS)}, got {kind!r}")


def _bars(panel: Panel) -> dict[str, np.ndarray]:
    first, high, low, last = (panel.adjusted_array(name) for name in ("open", "high", "low", "close"))
    before = _before(last)
    with np.errstate(invalid="ignore", divide="ignore"):
        inputs = {
            "bar_return": last / before - 1.0,
            "bar_overnight": first / before - 1.0,
            "bar_intraday": last / first - 1.0,
            "bar_upper": high / np.maximum(first, last) - 1.0,
            "bar_lower": low / np.minimum(first, last) - 1.0,
            "bar_range": np.log(high / low),
        }
        if "turnover" in panel and "amount" in panel:
            turnover = np.log(panel.array("turnover"))
            usual = _moving_mean(bn.push(turnover, axis=0), 20)
            inputs |= {
                "bar_turnover": turnover,
                "bar_turnover_change": turnover - usual,
                "bar_mean_price": panel.array("close") * panel.array("volume") / panel.array("amount") - 1.0,
            }
    counted = panel.universe_array & panel.traded_array
    finite = (np.where(np.isfinite(values), values, np.nan) for values in inputs.values())
    return dict(zip(inputs, (Rank().transform(values, counted) for values in finite), strict=True))


def _market(panel: Panel) -> dict[str, np.ndarray]:
    last = panel.adjusted_array("close")
    counted = panel.universe_array & panel.traded_array
    returns = np.where(counted, last / _before(last) - 1.0, np.nan)
    mean, spread = np.zeros(len(panel)), np.full(len(panel), _USUAL_SPREAD)
    some = np.isfinite(returns).sum(axis=1) > 1
    mean[some], spread[some] = bn.nanmean(returns[some], axis=1), bn.nanstd(returns[some], axis=1)
    rows = {
        "market_1": mean / _USUAL_DAY,
        "market_5": _moving_mean(mean, 5) / _USUAL_WEEK,
        "market_20": _moving_mean(mean, 20) / _USUAL_MONTH,
        "spread_1": (spread - _USUAL_SPREAD) / (_USUAL_SPREAD / 2),
        "spread_20": (_moving_mean(spread, 20) - _USUAL_SPREAD) / (_USUAL_SPREAD / 4),
    }
    return {
        name: np.broadcast_to(row.clip(-_LARGEST, _LARGEST)[:, None], returns.shape)
        for name, row in rows.items()
    }


def _before(prices: np.ndarray) -> np.ndarray:
    """Return the last price before each row."""
    known = bn.push(prices, axis=0)
    return np.vstack([np.full((1, prices.shape[1]), np.nan), known[:-1]])


def _moving_mean(values: np.ndarray, n: int) -> np.ndarray:
    # Bottleneck refuses windows that are longer than what there is.
    return bn.move_mean(values, min(n, len(values)), min_count=1, axis=0)
