"""A small market for the paper's steps, and options that train in a blink."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, simulate_market
from btalpha.signals.paper import Material, Network, Protocol, Screening, prepare

SESSIONS, HELD = 30, 5
CODES = ["ma", "cdp", "rev5", "std", "turn5", "pb"]


@pytest.fixture(scope="session")
def small_market() -> Panel:
    return simulate_market(n_symbols=40, n_days=80, seed=3)


@pytest.fixture(scope="session")
def end(small_market: Panel) -> pd.Timestamp:
    return small_market.dates[-1 - HELD]


@pytest.fixture(scope="session")
def material(small_market: Panel, end: pd.Timestamp) -> Material:
    return prepare(small_market, end, sessions=SESSIONS, held=HELD, codes=CODES)[0]


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    network = Network(hidden=4, epochs=1, length=16, burn_in=2)
    return Protocol(stocks=30, k=3, screening=Screening(min_factors=2), network=network)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)
