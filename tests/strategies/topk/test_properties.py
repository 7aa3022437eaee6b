"""What holds in any market with any options, checked from the raw bars by code of the tests' own."""

import importlib.util
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.strategies import AShareBroker, TopK
from hypothesis import given, settings
from hypothesis import strategies as st

_spec = importlib.util.spec_from_file_location("topk_cases", Path(__file__).with_name("cases.py"))
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
DAYS = pd.bdate_range("2023-08-01", periods=24)
# name: largest move of a day, smallest order, step between orders
BOARDS = {
    "000001.SZ": ("0.1", 100, 100),
    "300750.SZ": ("0.2", 100, 100),
    "430047.BJ": ("0.3", 100, 1),
    "600519.SH": ("0.1", 100, 100),
    "601318.SH": ("0.1", 100, 100),
    "688981.SH": ("0.2", 200, 1),
}


def limits(name, pre_close):
    """Lowest and highest price of a day, in whole cents, half a cent up."""
    rate, base = Decimal(BOARDS[name][0]), Decimal(f"{pre_close:.2f}")
    return tuple(
        float((base * (1 + sign * rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)) for sign in (-1, 1)
    )


def random_bars(rng, name):
    """Raw bars: suspensions, days at a limit, splits, thin volume; late listings and delistings."""
    first = int(rng.integers(1, 12)) if rng.random() < 0.3 else 0
    last = int(rng.integers(14, len(DAYS))) if rng.random() < 0.3 else len(DAYS)
    close, factor, rows = round(float(rng.uniform(5.0, 40.0)), 2), 1.0, []
    for row in range(first, last):
        if row > first and rng.random() < 0.12:
            continue
        pre_close = close
        if rng.random() < 0.04:
            pre_close, factor = round(close / 1.25, 2), factor * 1.25
        down, up = limits(name, pre_close)
        kind = rng.random()
        if kind < 0.06:
            prices = [up] * 4
        elif kind < 0.12:
            prices = [down] * 4
        else:
            prices = [round(float(rng.uniform(down, up)), 2) for _ in range(4)]
            if kind < 0.2:
                prices[3] = up if kind < 0.16 else down
        opened, *_, close = prices
        volume = float(rng.choice([1e6, 1e5, 3e3, 500.0]))
        rows.append(
            {
                **{
                    "date": DAYS[row],
                    "symbol": name,
                    "open": opened,
                    "high": max(prices),
                    "low": min(prices),
                },
                **{"close": close, "pre_close": pre_close, "factor": factor, "volume": volume},
            }
        )
    return rows


class Market:
    """Random bars with scores and a universe; ``bar[day, name]`` is a row of them."""

    def __init__(self, rng):
        rows = [bar for name in BOARDS for bar in random_bars(rng, name)]
        self.panel = Panel.from_long(pd.DataFrame(rows))
        self.bar = {(row["date"].date(), row["symbol"]): row for row in rows}
        shape = (len(DAYS), len(BOARDS))
        values = np.where(rng.random(shape) < 0.2, np.nan, rng.normal(0.3, 1.0, shape))
        self.scores = pd.DataFrame(values, index=DAYS, columns=list(BOARDS))
        self.universe = pd.DataFrame(rng.random(shape) < 0.9, index=DAYS, columns=list(BOARDS))
        ends = {name: max(day for day, symbol in self.bar if symbol == name) for name in BOARDS}
        self.delistings = {
            name: day + pd.Timedelta(days=1)
            for name, day in ends.items()
            if day < DAYS[-4].date() and rng.random() < 0.7
        }

    def last_prices(self):
        """The adjusted close of the last bar up to each day, by name."""
        last = {}
        for day in (stamp.date() for stamp in DAYS):
            new = {name: self.bar[day, name] for name in BOARDS if (day, name) in self.bar}
            last |= {name: bar["close"] * bar["factor"] for name, bar in new.items()}
            yield day, dict(last)


class Noted(TopK):
    """Notes what the broker has after every session, and what became of orders."""

    def start(self):
        super().start()
        self.days, self.statuses = {}, set()

    def notify_order(self, order):
        self.statuses.add(order.getstatusname())

    def next(self):
        super().next()
        sizes = {
            data._name: position.size for data, position in self.broker.positions.items() if position.size
        }
        day = self.datetime.date(0)
        self.days[day] = (self.broker.getcash(), self.broker.getvalue(), sizes, self.held())


OPTIONS = st.fixed_dictionaries(
    {
        "k": st.integers(1, 5),
        "rebalance": st.sampled_from([1, 1, 3, "weekly"]),
        "weights": st.sampled_from(["equal", "score", "inverse_volatility"]),
        "max_weight": st.sampled_from([1.0, 0.5, 0.2]),
        "buffer": st.sampled_from([0, 0, 1, 3]),
        "max_changes": st.sampled_from([None, None, 0, 1]),
        "min_holding": st.sampled_from([0, 0, 2, 5]),
        "cash_reserve": st.sampled_from([0.0, 0.3]),
        "execution": st.sampled_from(["open", "open", "close"]),
        "gap": st.sampled_from([None, 0.0, 0.1]),
        "tolerance": st.sampled_from([0.0, 0.2]),
    }
)
SEEDS = st.integers(0, 10**6)


def outcome(seed, options, until=None):
    rng = np.random.default_rng(seed)
    market = Market(rng)
    broker = AShareBroker(
        delistings=market.delistings,
        recovery=float(rng.choice([1.0, 0.5, 0.0])),
        participation=[None, 0.1, 0.1][int(rng.integers(3))],
    )
    options = {
        "scores": market.scores,
        "universe": market.universe,
        "volatility_window": 5,
        **options,
    }
    at_close = options["execution"] == "close"
    cash = float(rng.choice([5e3, 1e5, 3e6]))
    panel = market.panel if until is None else market.panel.until(until)
    return market, cases.run(panel, strategy=Noted, broker=broker, coc=at_close, cash=cash, **options)


def check_books(market, result):
    """Cash and positions make the value, and the strategy's positions are the broker's."""
    prices = dict(market.last_prices())
    for day, (cash, value, sizes, held) in result.days.items():
        assert cash >= 0.0
        assert np.isfinite(value)
        worth = sum(size * prices[day][name] for name, size in sizes.items())
        assert cash + worth == pytest.approx(value, rel=1e-9), day
        assert held == pytest.approx(sizes, rel=1e-9), day
        assert min(held.values(), default=1.0) > 0.0
    assert not {"Margin", "Rejected"} & result.statuses


def check_fills(market, result, at_close):
    """Lots, limits, volume, prices, and no sale on the day of the purchase."""
    sold, bought, taken = set(), set(), {}
    begin = {name: min(day for day, symbol in market.bar if symbol == name) for name in BOARDS}
    for day, name, size, price, *_, reason in result.analyzers.Trades.rows:
        if reason == "delisted":
            assert day >= market.delistings[name]
            continue
        bar = market.bar[day, name]  # it was traded on that day
        assert price == pytest.approx(bar["close" if at_close else "open"] * bar["factor"])
        raw = abs(size) * bar["factor"]
        taken[day, name] = taken.get((day, name), 0.0) + raw
        assert taken[day, name] <= (result.broker.p.participation or np.inf) * bar["volume"] + 1e-6
        down, up = limits(name, bar["pre_close"])
        # A listing within the time has no limits on its first days.
        old = sum(each == name and begin[name] <= when <= day for when, each in market.bar) > 5
        if old or begin[name] == DAYS[0].date():
            assert size < 0 or bar["close" if at_close else "low"] < up
            assert size > 0 or bar["close" if at_close else "high"] > down
        if size > 0:
            _, least, step = BOARDS[name]
            lots = (raw - least) / step
            assert raw >= least - 1e-6
            assert lots == pytest.approx(round(lots), abs=1e-6)
        (bought if size > 0 else sold).add((day, name))
    assert not bought & sold


def check_reasons(market, result, k, buffer):
    """What was wanted and not bought, or unwanted and not sold, has a reason on that session or the next."""
    told = {(day, name, side) for day, name, side, _ in result.refusals}
    told |= {(day, name, "buy") for day, name, *_, why in result.analyzers.Trades.rows if why == "delisted"}
    scores = market.scores.where(market.universe)
    begun = False
    for day, after in pairwise(sorted(result.days)):
        row = scores.loc[str(day)]
        begun = begun or row.notna().any()
        before, later = result.days[day][3], result.days[after][3]
        for name in BOARDS if begun else ():
            better = [other for other in BOARDS if row[other] > row[name]]
            wanted = not np.isnan(row[name]) and len(better) < k
            # With a buffer one of those held may stay in its place.
            if wanted and name not in later and not (buffer and before):
                assert {(day, name, "buy"), (after, name, "buy")} & told, (day, name)
            # Those that cannot be bought leave their place to it.
            better = [other for other in better if (day, other) in market.bar]
            unwanted = np.isnan(row[name]) or len(better) >= k + buffer
            if unwanted and name in before and name in later:
                assert {(day, name, "sell"), (after, name, "sell")} & told, (day, name)


@settings(max_examples=30, deadline=None)
@given(SEEDS, OPTIONS)
def test_random_markets_and_options(seed, options):
    market, result = outcome(seed, options)
    assert len(result.days) > 5
    check_books(market, result)
    check_fills(market, result, options["execution"] == "close")


@settings(max_examples=30, deadline=None)
@given(SEEDS, OPTIONS)
def test_what_was_not_done_has_a_reason(seed, options):
    fixed = {"rebalance": 1, "max_weight": 1.0, "weights": "equal", "cash_reserve": 0.0, "tolerance": 0.0}
    market, result = outcome(seed, options | fixed)
    check_reasons(market, result, options["k"], options["buffer"])


@settings(max_examples=10, deadline=None)
@given(SEEDS, OPTIONS)
def test_nothing_is_done_differently_for_what_comes_later(seed, options):
    _, whole = outcome(seed, options)
    _, part = outcome(seed, options, until=DAYS[13])
    assert {day: row for day, row in whole.days.items() if day <= DAYS[13].date()} == part.days
