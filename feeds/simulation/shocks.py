"""Moves that nobody can foresee: market, industry and own, with clustered volatility; and turnover."""

from dataclasses import dataclass

import numpy as np

from .firms import INDUSTRIES, Firms

SESSIONS_A_YEAR = 252
MARKET_DRIFT = 0.06  # a year
MARKET_VOLATILITY = 0.20  # a year
INDUSTRY_VOLATILITY = 0.10  # a year
TAIL = 6.0  # degrees of freedom of every shock
OVERNIGHT = 0.25  # share of a day's variance that falls between the close and the open
NEWS_CHANCE = 0.002  # a day: news overnight that may move a stock to its limit
NEWS = 0.08  # standard deviation of its log move
BUSY = 0.18  # rise of log turnover for one standard deviation of |move|
HIGHEST_TURNOVER = 0.5


@dataclass(frozen=True)
class Shocks:
    """T x N arrays: log moves of the whole day and overnight, their scale, and wished turnover."""

    move: np.ndarray
    overnight: np.ndarray
    scale: np.ndarray
    turnover: np.ndarray


def draw_shocks(
    n_days: int,
    firms: Firms,
    *,
    common: np.random.Generator,
    own: np.random.Generator,
    liquidity: np.random.Generator,
) -> Shocks:
    """Draw the moves of ``n_days`` sessions for N firms.

    move = drift + beta x market + industry + own - variance / 2, so that the mean of a simple
    return does not depend on volatility. Log volatilities are first-order autoregressions; the
    market's calm and storms are shared by industries and firms. The overnight part is the
    value at :data:`OVERNIGHT` of a Brownian bridge that ends in ``move``, and rare news on top of both.
    """
    shape = (n_days, len(firms))
    climate = autoregression(common.standard_normal(n_days), persistence=0.98, deviation=0.35)
    day = 1.0 / np.sqrt(SESSIONS_A_YEAR)
    market_scale = MARKET_VOLATILITY * day * _level(climate, 0.35)
    industry_scale = INDUSTRY_VOLATILITY * day * _level(0.5 * climate, 0.175)
    own_climate = autoregression(own.standard_normal(shape), persistence=0.95, deviation=0.35)
    own_scale = firms.own_volatility * day * _level(own_climate + 0.5 * climate[:, None], 0.39)
    market = market_scale * student(common, (n_days,))
    industry = industry_scale[:, None] * student(common, (n_days, len(INDUSTRIES)))
    move = market[:, None] * firms.beta + industry[:, firms.industry] + own_scale * student(own, shape)
    scale = np.sqrt((market_scale[:, None] * firms.beta) ** 2 + industry_scale[:, None] ** 2 + own_scale**2)
    turnover = _turnover(np.abs(move) / scale, firms, liquidity)
    move += MARKET_DRIFT / SESSIONS_A_YEAR - scale**2 / 2.0
    bridge = np.sqrt(OVERNIGHT * (1.0 - OVERNIGHT)) * scale * own.standard_normal(shape)
    news = np.where(own.random(shape) < NEWS_CHANCE, NEWS * own.standard_normal(shape), 0.0)
    overnight = OVERNIGHT * move + bridge + news
    return Shocks(move=move + news, overnight=overnight, scale=scale, turnover=turnover)


def autoregression(noise: np.ndarray, *, persistence: float, deviation: float) -> np.ndarray:
    """Return the stationary first-order autoregression along the first axis that ``noise`` drives.

    Parameters
    ----------
    noise
        Standard normal, T or T x N.
    persistence
        Correlation of one day with the next, 0 to 1.
    deviation
        Standard deviation of the result.
    """
    out = deviation * noise
    out[1:] *= np.sqrt(1.0 - persistence**2)
    for day in range(1, len(out)):
        out[day] += persistence * out[day - 1]
    return out


def student(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw Student t with :data:`TAIL` degrees of freedom, scaled to variance 1."""
    return rng.standard_t(TAIL, size=shape) / np.sqrt(TAIL / (TAIL - 2.0))


def _level(log_level: np.ndarray, deviation: float) -> np.ndarray:
    """Turn a log volatility of that standard deviation into a factor whose square has mean 1."""
    return np.exp(log_level - deviation**2)


def _turnover(size: np.ndarray, firms: Firms, rng: np.random.Generator) -> np.ndarray:
    """Draw turnover that persists, is shared in part and rises with the size of the day's move."""
    shared = autoregression(rng.standard_normal(len(size)), persistence=0.97, deviation=0.25)
    noise = 0.9 * rng.standard_normal(size.shape) + 0.7 * (size - 0.8)
    own = autoregression(noise, persistence=0.9, deviation=0.3)
    return (firms.turnover * np.exp(shared[:, None] + own + BUSY * (size - 0.8))).clip(1e-5, HIGHEST_TURNOVER)
