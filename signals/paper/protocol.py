"""What the paper says, and a default for each thing that it leaves open."""

from dataclasses import dataclass, field
from typing import Literal

from ..preprocessing.step import Axis
from ..screening.targets import Kind


@dataclass(frozen=True)
class Screening:
    """Which factors are kept: significantly correlated over the window for enough stocks.

    Attributes
    ----------
    target
        The "gain at T+1": the next ``"return"`` or the next ``"price"``. The paper does not say; only
        with prices can its share of stocks be reached, so that is the default.
    on
        Factors as ``"raw"`` values or ``"cleaned"`` ones. Across stocks, cleaning takes out what all
        stocks have in common, and nothing reaches the paper's share; so ``"raw"``.
    level
        Of significance of a stock's correlation, two-sided.
    min_share
        A factor passes with a larger share of the stocks: the paper's 190 of 212.
    min_factors
        Where fewer pass, so many of the largest shares are taken, for a network needs an input.
    """

    target: Kind = "price"
    on: Literal["raw", "cleaned"] = "raw"
    level: float = 0.05
    min_share: float = 190 / 212
    min_factors: int = 3


@dataclass(frozen=True)
class Cleaning:
    """How factors are cleaned: values further than ``n_mad`` MAD become the median, then z-scores.

    Attributes
    ----------
    n_mad
        The paper's 3.
    axis
        ``"stocks"``: each day across the stocks of the draw; ``"time"``: each stock along its days, which
        the paper's text allows, too.
    """

    n_mad: float = 3.0
    axis: Axis = "stocks"


@dataclass(frozen=True)
class Network:
    """The LSTM, of which the paper tells little, and what becomes of its predictions.

    Attributes
    ----------
    hidden, layers, epochs, learning_rate, weight_decay, loss
        Size and training.
    length, burn_in
        Days of a training sequence and how many of them only warm the state up.
    averaging
        Of the predictions of the days held: their ``"mean"``, or the mean of each day's ``"ranks"``.
    forecast
        Of the variant without leaks, which has one day to predict from: ``"next"`` asks the same network
        for the next day alone; ``"daily"`` trains one output for each day held and averages them.
    """

    hidden: int = 32
    layers: int = 1
    epochs: int = 30
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    loss: str = "mse"
    length: int = 20
    burn_in: int = 5
    averaging: Literal["mean", "ranks"] = "mean"
    forecast: Literal["next", "daily"] = "next"


@dataclass(frozen=True)
class Protocol:
    """The experiment, apart from its data and its dates.

    Attributes
    ----------
    stocks
        Drawn from all, before those with a gap are dropped: 300.
    k
        Stocks of the portfolio, and of the random one: 10.
    screening, cleaning, network
        See there.
    """

    stocks: int = 300
    k: int = 10
    screening: Screening = field(default_factory=Screening)
    cleaning: Cleaning = field(default_factory=Cleaning)
    network: Network = field(default_factory=Network)
