"""A run of everything the page can show, made of noise."""

import numpy as np
import pandas as pd

NAMES = ["贵州茅台", "中国平安", "*ST 长油"]


def sample(sessions=480, randoms=40, seed=1, start="2015-01-05"):
    """A run of everything the page can show; numbers are noise."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range(start, periods=sessions)
    market = rng.normal(0.0003, 0.014, sessions)
    returns = pd.Series(market + rng.normal(0.001, 0.006, sessions), days)
    stocks = [f"60000{number}.SH" for number in range(3)]
    rebalances = days[::10]
    trades = pd.DataFrame(
        {
            "date": rebalances.repeat(3),
            "symbol": stocks * len(rebalances),
            "name": NAMES * len(rebalances),
            "size": rng.integers(-50, 50, 3 * len(rebalances)) * 100,
            "value": rng.uniform(1e4, 1e6, 3 * len(rebalances)),
            "commission": 12.5,
            "stamp_duty": 3.0,
        }
    )
    held = pd.DataFrame({"date": days.repeat(3), "symbol": stocks * sessions, "value": 1e5})
    refused = pd.DataFrame({"date": days[:2], "symbol": stocks[: len(days[:2])], "reason": "limit up"})
    return returns, {
        "random_returns": pd.DataFrame(market[:, None] + rng.normal(0, 0.006, (sessions, randoms)), days),
        "ic": pd.Series(rng.normal(0.06, 0.14, sessions), days),
        "quantile_returns": pd.Series([-0.003, 0.0, 0.004], ["Q1", "Q2", "Q3"]),
        "selected_factors": {days[0]: ["ma", "boll"], days[sessions // 2]: ["ma"]}
        if sessions > 1
        else {days[0]: ["ma"]},
        "trades": trades,
        "holdings": held,
        "refusals": refused,
        "metrics": {
            "signal": {"horizon": 5, "rank_ic": 0.061, "rank_icir": 0.4},
            "strategy": {"turnover": 9.5},
        },
        "config": {"seed": 7, "strategy": {"k": 10}},
    }
