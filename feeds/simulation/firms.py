"""The firms of the simulated market: codes, names, industries and what stays constant."""

from dataclasses import dataclass

import numpy as np

# First and last code of each board and its share of the listings.
BOARDS = (
    ("SH", 600_000, 603_999, 0.5),
    ("SZ", 1, 2_999, 0.3),
    ("SZ", 300_001, 300_999, 0.2),
)
MAX_SYMBOLS = 4_900  # so that every board has a code for each of its listings
# Industry and the word that closes the name of its firms.
INDUSTRIES = (
    ("银行", "银行"),
    ("房地产", "地产"),
    ("医药生物", "药业"),
    ("电子", "电子"),
    ("计算机", "软件"),
    ("食品饮料", "食品"),
    ("化工", "化学"),
    ("机械设备", "重工"),
    ("钢铁", "钢铁"),
    ("电力", "电力"),
    ("交通运输", "物流"),
    ("商贸零售", "商业"),
)
_FIRST = "华东南西北中天金银海江河山云龙凤兴安宁永长新明瑞恒信"
_SECOND = "泰达盛源通康利丰和顺联创科恩远阳光峰林川城州润德诚"
MEDIAN_CAP = 8e9  # CNY
OLDEST = 20 * 365  # days
MEDIAN_PRICE = 14.0  # CNY
MEDIAN_TURNOVER = 0.015  # fraction of float shares a day
MEDIAN_OWN_VOLATILITY = 0.28  # a year


@dataclass(frozen=True)
class Firms:
    """What is constant for each of N firms, in the order of their symbols.

    ``industry`` indexes :data:`INDUSTRIES`; ``own_volatility`` is a year's standard deviation
    apart from market and industry; ``turnover`` the typical fraction of float shares a day;
    ``price`` (CNY) and ``shares`` are those of the first day, ``float_ratio`` the tradable part; ``age``
    counts the days since the listing of a firm that is there on the first day.
    """

    symbols: np.ndarray
    names: np.ndarray
    industry: np.ndarray
    beta: np.ndarray
    own_volatility: np.ndarray
    turnover: np.ndarray
    price: np.ndarray
    shares: np.ndarray
    float_ratio: np.ndarray
    age: np.ndarray

    def __len__(self) -> int:
        return len(self.symbols)


def draw_firms(n_symbols: int, rng: np.random.Generator) -> Firms:
    """Draw ``n_symbols`` firms with different symbols and names, sorted by symbol."""
    industry = rng.integers(len(INDUSTRIES), size=n_symbols)
    price = np.round(MEDIAN_PRICE * np.exp(0.5 * rng.standard_normal(n_symbols)).clip(0.25, 6.0), 2)
    cap = MEDIAN_CAP * np.exp(0.9 * rng.standard_normal(n_symbols))
    volatility = MEDIAN_OWN_VOLATILITY * np.exp(0.2 * rng.standard_normal(n_symbols))
    # Volatile stocks change hands more often.
    busy = 0.6 * np.log(volatility / MEDIAN_OWN_VOLATILITY) + 0.4 * rng.standard_normal(n_symbols)
    return Firms(
        symbols=_draw_symbols(n_symbols, rng),
        names=_draw_names(industry, rng),
        industry=industry,
        beta=(1.0 + 0.15 * rng.standard_normal(n_symbols)).clip(0.5, 1.5),
        own_volatility=volatility,
        turnover=MEDIAN_TURNOVER * np.exp(busy),
        price=price,
        shares=np.ceil(cap / price / 1e4) * 1e4,
        float_ratio=rng.uniform(0.4, 1.0, n_symbols),
        age=rng.integers(OLDEST // 20, OLDEST, n_symbols),
    )


def _draw_symbols(n_symbols: int, rng: np.random.Generator) -> np.ndarray:
    parts: list[str] = []
    counts = [round(share * n_symbols) for *_, share in BOARDS[1:]]
    for (exchange, first, last, _), count in zip(BOARDS, [n_symbols - sum(counts), *counts], strict=True):
        codes = rng.choice(np.arange(first, last + 1), size=count, replace=False)
        parts += [f"{code:06d}.{exchange}" for code in codes]
    return np.array(sorted(parts), dtype=object)


def _draw_names(industry: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give each firm two characters and its industry's word; no two firms share a name."""
    stems = np.array([first + second for first in _FIRST for second in _SECOND], dtype=object)
    names = np.empty(len(industry), dtype=object)
    for code, (_, word) in enumerate(INDUSTRIES):
        members = np.flatnonzero(industry == code)
        picks = rng.permutation(len(stems))[: len(members)]
        names[members] = [stem + word for stem in stems[picks]]
    return names
