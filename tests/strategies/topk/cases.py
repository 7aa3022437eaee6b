"""Small markets written by hand, feeds of every kind made from them, and what a run with TopK leads to."""

from datetime import date

import backtrader as bt
import numpy as np
import pandas as pd
from btalpha.feeds import Panel
from btalpha.strategies import Refusals, TopK, Trades, Values

NAN = np.nan
# Monday the 4th of January 2016 and the eleven weekdays after it: 4-8, 11-15, 18-19.
DAYS = pd.bdate_range("2016-01-04", periods=12)
FLAT = {"A": [10.0] * 12, "B": [20.0] * 12, "C": [5.0] * 12}


def make_panel(closes, opens=None, *, lows=None, highs=None, volumes=None, days=DAYS) -> Panel:
    """Bars from closes a symbol; NaN is a day without one. Opens are the closes unless given."""
    rows = []
    for symbol, prices in closes.items():
        for row, close in enumerate(prices):
            if np.isnan(close):
                continue
            opened = (opens or {}).get(symbol, prices)[row]
            bar = {
                "open": opened,
                "high": (highs or {}).get(symbol, np.maximum(opened, prices))[row],
                "low": (lows or {}).get(symbol, np.minimum(opened, prices))[row],
                "close": close,
                "volume": (volumes or {}).get(symbol, [1e6] * len(prices))[row],
            }
            rows.append({"date": days[row], "symbol": symbol, **bar})
    return Panel.from_long(pd.DataFrame(rows))


def frame(rows: dict[int, dict[str, float]], days=DAYS) -> pd.DataFrame:
    """Scores by row of the days."""
    return pd.DataFrame(list(rows.values()), index=days[list(rows)])


def every_day(scores: dict[str, float], days=DAYS) -> pd.DataFrame:
    return frame(dict.fromkeys(range(len(days)), scores), days)


def build(feeds, *, cash=10_000.0, broker=None, coc=False, **modes) -> bt.Cerebro:
    """A Cerebro with feeds: those of a panel, or whatever a function adds to it."""
    cerebro = bt.Cerebro(stdstats=False, **modes)
    cerebro.broker = broker or bt.brokers.BackBroker()
    cerebro.broker.setcash(cash)
    cerebro.broker.set_coc(coc)
    if callable(feeds):
        feeds(cerebro)
    else:
        feeds.add_to(cerebro)
    return cerebro


def run(feeds, *, strategy=TopK, cash=10_000.0, broker=None, coc=False, modes=None, **params):
    """Run one strategy, with the analyzers that tell its trades, refusals and values."""
    cerebro = build(feeds, cash=cash, broker=broker, coc=coc, **(modes or {}))
    cerebro.addstrategy(strategy, **params)
    for analyzer in (Trades, Refusals, Values):
        cerebro.addanalyzer(analyzer, _name=analyzer.__name__)
    (result,) = cerebro.run()
    return result


def dated_trades(result) -> list[tuple[date, str, float, float]]:
    return [row[:4] for row in result.analyzers.Trades.rows]


def trades(result) -> list[tuple[int, str, float, float]]:
    """(day of the month, name, size, price) of every fill."""
    return [(day.day, *rest) for day, *rest in dated_trades(result)]


def refusals(result) -> list[tuple[int, str, str, str]]:
    """(day of the month, name, side, reason); the analyzer must tell the same as the strategy."""
    rows = result.analyzers.Refusals.rows
    assert rows == result.refusals
    return [(day.day, *rest) for day, *rest in rows]
