"""The paper's screening against a plain one, stock by stock, with SciPy."""

import numpy as np
import pandas as pd
from btalpha.signals.paper import Screening
from btalpha.signals.paper.screening import screen
from scipy.stats import pearsonr


def plain_share(values: np.ndarray, target: np.ndarray, level: float) -> float:
    significant = 0
    for own, followed in zip(values.T, target.T, strict=True):
        both = np.isfinite(own) & np.isfinite(followed)
        if both.sum() >= 10 and np.std(own[both]) > 0:
            significant += pearsonr(own[both], followed[both]).pvalue < level
    return significant / values.shape[1]


def test_shares_are_scipys(rng: np.random.Generator) -> None:
    target = rng.normal(size=(40, 30))
    factors = {
        "noise": rng.normal(size=(40, 30)),
        "signal": target + rng.normal(size=(40, 30)) * np.linspace(0.2, 6.0, 30),
        "short": np.where(np.arange(40)[:, None] < 33, np.nan, target),  # 7 pairs: too few
        "gaps": np.where(rng.random((40, 30)) < 0.3, np.nan, target),
    }
    frames = {code: pd.DataFrame(values) for code, values in factors.items()}
    found = screen(frames, {"return": target}, Screening(target="return", level=0.02))
    for code, values in factors.items():
        assert found.shares.at[code, "return"] == plain_share(values, target, 0.02), code
    assert found.shares.at["short", "return"] == 0.0
    assert 0.2 < found.shares.at["signal", "return"] < 0.9


def test_more_than_190_of_212_pass() -> None:
    """190 are not enough, 191 are."""
    day = np.arange(20.0)[:, None]
    target = np.repeat(day, 212, axis=1)
    zigzag = np.where(day % 2 == 0, 1.0, -1.0)  # correlated with the days by 0.09: not significant

    def factor(n: int) -> pd.DataFrame:
        return pd.DataFrame(np.where(np.arange(212) < n, day, zigzag))

    found = screen({"n190": factor(190), "n191": factor(191)}, {"price": target}, Screening(min_factors=1))
    assert found.passed["price"].to_dict() == {"n190": False, "n191": True}
    assert found.kept == ["n191"]


def test_where_none_passes_the_strongest_are_kept(rng: np.random.Generator) -> None:
    target = rng.normal(size=(30, 20))
    frames = {
        "a": pd.DataFrame(rng.normal(size=(30, 20))),
        "b": pd.DataFrame(np.where(np.arange(20) < 10, target, 0.0)),
        "c": pd.DataFrame(np.where(np.arange(20) < 10, -target, 0.0)),
    }
    found = screen(frames, {"return": target, "price": target}, Screening(target="return", min_factors=2))
    assert not found.passed["return"].any()
    assert found.kept == ["b", "c"], "ties in the order of the factors"
