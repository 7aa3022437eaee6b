"""Settings of ``btalpha paper``: what the paper says, and the default for all that it leaves open."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...signals.paper import Cleaning, Network, Protocol, Screening
from ..model_settings import ModelSettings
from ..settings import FactorSettings, ScreenSettings, Section, Settings


class PaperData(Section):
    """Where the bars are: a file, or a folder that holds one of this name; else the simulated market.

    ``statements`` is looked for in the same folder, too.
    """

    bars: Path | None = None
    statements: Path | None = None
    bars_name: str = "ashare_all_2015_2016.parquet"
    statements_name: str = "fundamentals_2014_2016.parquet"
    simulated_symbols: Annotated[int, Field(ge=20)] = 120
    simulated_seed: Annotated[int, Field(ge=0)] = 7


class WindowSettings(Section):
    """The paper's days: ``sessions`` up to ``end``, on whose close is decided, and ``held`` after it.

    ``entry``: bought at the ``"close"`` of ``end``, as the paper counts, or at the next ``"open"``.
    """

    end: date = date(2016, 4, 11)
    sessions: Annotated[int, Field(ge=15)] = 65
    held: Annotated[int, Field(ge=2)] = 10
    entry: Literal["close", "open"] = "close"


class DrawSettings(Section):
    """How often it is done: ``n`` draws of ``stocks`` of all, of which the ``k`` best are held.

    ``n_jobs``: draws side by side, -1 for all cores; the result does not depend on it.
    """

    n: Annotated[int, Field(ge=2)] = 200
    stocks: Annotated[int, Field(ge=2)] = 300
    k: Annotated[int, Field(ge=1)] = 10
    n_jobs: Annotated[int, Field(ge=-1)] = -1


class FactorChoice(Section):
    """Candidates: ``codes``, or where none are named all that the data allows; the paper names 11 of 124."""

    codes: list[str] = Field(default=[])
    n_mad: Annotated[float, Field(gt=0)] = 3.0
    axis: Literal["stocks", "time"] = "stocks"


class PaperScreen(Section):
    """Which factors are kept; see :class:`~btalpha.signals.paper.protocol.Screening`."""

    target: Literal["price", "return"] = "price"
    on: Literal["raw", "cleaned"] = "raw"
    level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    min_share: Annotated[float, Field(gt=0, lt=1)] = 190 / 212
    min_factors: Annotated[int, Field(ge=1)] = 3


class NetworkSettings(Section):
    """The paper's LSTM; see :class:`~btalpha.signals.paper.protocol.Network`."""

    hidden: Annotated[int, Field(ge=1)] = 32
    layers: Annotated[int, Field(ge=1)] = 1
    epochs: Annotated[int, Field(ge=1)] = 30
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    loss: Literal["mse", "correlation", "pairwise"] = "mse"
    length: Annotated[int, Field(ge=2)] = 20
    burn_in: Annotated[int, Field(ge=1)] = 5
    averaging: Literal["mean", "ranks"] = "mean"
    forecast: Literal["next", "daily"] = "next"

    @model_validator(mode="after")
    def _check(self) -> "NetworkSettings":
        if self.burn_in >= self.length:
            raise ValueError(f"burn_in {self.burn_in} must be below length {self.length}")
        return self


class SystemSettings(Section):
    """The walk-forward of this project, with its defaults; its horizon is always the days held."""

    factors: FactorSettings = FactorSettings()
    screen: ScreenSettings = ScreenSettings()
    model: ModelSettings = ModelSettings()


class PaperSettings(Section):
    """Everything that the experiment depends on."""

    title: str = "The paper's experiment, repeated"
    seed: Annotated[int, Field(ge=0)] = 0
    data: PaperData = PaperData()
    window: WindowSettings = WindowSettings()
    draws: DrawSettings = DrawSettings()
    factors: FactorChoice = FactorChoice()
    screen: PaperScreen = PaperScreen()
    network: NetworkSettings = NetworkSettings()
    system: SystemSettings = SystemSettings()
    # Written into the run's own config.toml for the reader; nothing depends on it.
    versions: dict[str, str] = Field(default={})

    def protocol(self) -> Protocol:
        """Return the steps of the experiment."""
        return Protocol(
            stocks=self.draws.stocks,
            k=self.draws.k,
            screening=Screening(**self.screen.model_dump()),
            cleaning=Cleaning(n_mad=self.factors.n_mad, axis=self.factors.axis),
            network=Network(**self.network.model_dump()),
        )

    def of_the_system(self) -> Settings:
        """Return the settings of this project's own model, which looks ahead as many sessions as are held."""
        model = self.system.model.model_copy(update={"horizon": self.window.held})
        return Settings(seed=self.seed, factors=self.system.factors, screen=self.system.screen, model=model)
