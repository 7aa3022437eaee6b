"""Settings of a run: read from TOML, checked, with "did you mean" for what is misspelt."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from .model_settings import ModelSettings

Kind = TypeVar("Kind", bound=BaseModel)


class SettingsError(ValueError):
    """Settings that cannot be used; the message names the key and the remedy."""


def _written_out(value: Any) -> Any:
    """Refuse a number, or a text of digits, that would be taken for seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and not _DAY.fullmatch(value)):
        raise ValueError("write a date as 2016-01-04")
    return value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}.*", re.ASCII | re.DOTALL)
Day = Annotated[date, BeforeValidator(_written_out)]


class Section(BaseModel):
    """A table of the TOML file: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSettings(Section):
    """Where the bars come from: files, or the simulated market where ``bars`` is empty.

    ``cache``: keep large files as they were read, in the user's cache folder or the one that is named.
    """

    bars: Path | None = None
    members: Path | None = None
    index: str | None = None
    statements: Path | None = None
    benchmark: Path | None = None
    cache: bool | Path = True
    start: Day | None = None
    end: Day | None = None
    simulated_symbols: Annotated[int, Field(ge=2)] = 60
    simulated_days: Annotated[int, Field(ge=30)] = 600
    simulated_seed: Annotated[int, Field(ge=0)] = 7


class FactorSettings(Section):
    """Which factors are computed (none named: all that the data allows) and how they are cleaned."""

    codes: list[str] = []
    outliers: Literal["mad", "std", "boxplot", "clip", "none"] = "mad"
    replace: Literal["median", "clip"] = "median"
    n_mad: Annotated[float, Field(gt=0)] = 3.0
    n_std: Annotated[float, Field(gt=0)] = 3.0
    n_iqr: Annotated[float, Field(gt=0)] = 1.5
    gaps: Literal["forward", "none", "linear_interpolation_that_looks_ahead"] = "forward"
    max_age: Annotated[int, Field(ge=0)] = 5
    neutralize: list[Literal["size", "industry"]] = []
    scale: Literal["rank", "zscore", "robust_zscore", "minmax", "none"] = "rank"
    axis: Literal["stocks", "time"] = "stocks"


class ScreenSettings(Section):
    """Which factors are kept; see ``ICScreen``. The last three are for ``btalpha screen`` alone.

    ``form``: factors as a model sees them (``cleaned``), before the cleaning (``scaled``), or the
    formulas' own values (``raw``). ``start``: first date that counts, earlier bars warm the factors
    up. ``complete_only``: stocks with a bar on every day from there on.
    """

    method: Literal["cross_section", "time_series", "none"] = "cross_section"
    correlation: Literal["pearson", "spearman"] | None = None
    target: Literal["return", "price"] = "return"
    min_t: Annotated[float, Field(ge=0)] = 2.0
    min_ic: Annotated[float, Field(ge=0, le=1)] = 0.0
    min_icir: Annotated[float, Field(ge=0)] = 0.0
    level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    min_share: Annotated[float, Field(gt=0, le=1)] = 190 / 212
    lags: Annotated[int, Field(ge=0)] | None = None
    false_discovery: Literal["none", "stocks", "factors"] = "none"
    max_correlation: Annotated[float, Field(gt=0, le=1)] = 0.9
    max_factors: Annotated[int, Field(ge=1)] | None = None
    min_factors: Annotated[int, Field(ge=0)] = 3
    form: Literal["cleaned", "scaled", "raw"] = "cleaned"
    start: Day | None = None
    complete_only: bool = False


class WalkSettings(Section):
    """When the model is fitted again: ``start`` is the first date that is scored and traded.

    ``purge`` (horizon + 1 or more, the default) and ``embargo``: sessions left out before it.
    ``n_jobs``: fits side by side, -1 for all cores. ``checkpoints``: folder that keeps finished
    fits, and the training of an LSTM after each epoch.
    """

    start: Day | None = None
    refit: Annotated[int, Field(ge=1)] | Literal["month", "quarter", "half-year", "year"] = "half-year"
    window: Annotated[int, Field(ge=30)] | None = None
    purge: Annotated[int, Field(ge=2)] | None = None
    embargo: Annotated[int, Field(ge=0)] = 0
    n_jobs: Annotated[int, Field(ge=-1)] = 1
    checkpoints: Path | None = None


class StrategySettings(Section):
    """What is held: the ``k`` best, rebalanced every ``rebalance`` sessions; see ``TopK``."""

    k: Annotated[int, Field(ge=1)] = 10
    rebalance: Annotated[int, Field(ge=1)] | Literal["weekly", "monthly"] | list[Day] = 5
    weights: Literal["equal", "score", "inverse_volatility"] = "equal"
    max_weight: Annotated[float, Field(gt=0, le=1)] = 1.0
    buffer: Annotated[int, Field(ge=0)] = 0
    max_changes: Annotated[int, Field(ge=0)] | None = None
    min_holding: Annotated[int, Field(ge=0)] = 0
    cash: Annotated[float, Field(gt=0)] = 1_000_000.0
    cash_reserve: Annotated[float, Field(ge=0, lt=1)] = 0.0
    execution: Literal["open", "close"] = "open"
    gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    lot: Annotated[int, Field(ge=1)] = 1
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    fees: Literal["ashare", "none"] = "ashare"


class ExchangeSettings(Section):
    """Which rules of the exchange hold, with ``strategy.fees = "ashare"``; see ``AShareBroker``.

    ``participation``: largest part of a bar's volume, 1 for all of it. ``recovery``: fraction of its last
    price that a name brings which is gone for a year.
    """

    lots: bool = True
    t_plus_1: bool = True
    limits: bool = True
    participation: Annotated[float, Field(gt=0, le=1)] = 0.1
    recovery: Annotated[float, Field(ge=0, le=1)] = 1.0


class RandomSettings(Section):
    """The random portfolios that the strategy is compared with."""

    n: Annotated[int, Field(ge=1)] = 1000


class Settings(Section):
    """Everything that a run depends on."""

    title: str = "btalpha backtest"
    seed: Annotated[int, Field(ge=0)] = 0
    data: DataSettings = DataSettings()
    factors: FactorSettings = FactorSettings()
    screen: ScreenSettings = ScreenSettings()
    model: ModelSettings = ModelSettings()
    walk_forward: WalkSettings = WalkSettings()
    strategy: StrategySettings = StrategySettings()
    exchange: ExchangeSettings = ExchangeSettings()
    random: RandomSettings = RandomSettings()
    # Written into a run's own config.toml for the reader; nothing depends on it.
    versions: dict[str, str] = {}

    def with_model(self, name: str) -> "Settings":
        """Return the same settings with one model."""
        return self.model_copy(update={"model": self.model.model_copy(update={"name": name})})

    @model_validator(mode="after")
    def _check_dates(self) -> "Settings":
        start, end = self.data.start, self.data.end
        if start and end and end <= start:
            raise ValueError(f"data.end {end} must lie after data.start {start}")
        first = self.walk_forward.start
        if first and end and first > end:
            raise ValueError(f"walk_forward.start {first} lies after data.end {end}")
        return self


# Settings that name files: where they are relative, they count from the folder of the TOML file.
PATHS = {"data": ("bars", "members", "statements", "benchmark", "cache"), "walk_forward": ("checkpoints",)}


def load_settings(path: Path | None, overrides: Mapping[str, Any]) -> Settings:
    """Read the settings of a run, see :func:`read_settings`.

    Examples
    --------
    >>> load_settings(None, {"strategy.k": 5}).strategy.k
    5
    >>> load_settings(None, {"strategy.kk": 5})  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    SettingsError: strategy.kk is not a setting; did you mean strategy.k?
    """
    return read_settings(Settings, path, overrides)


def read_settings(kind: type[Kind], path: Path | None, overrides: Mapping[str, Any]) -> Kind:
    """Read settings from TOML and put the given flags over them.

    Parameters
    ----------
    kind
        The settings' class: its sections, their defaults and ranges.
    path
        TOML file; ``None`` for the defaults. Relative paths in it count from its own folder.
    overrides
        Values by dotted key (``"strategy.k"``); ``None`` means not given.

    Raises
    ------
    SettingsError
        If the file cannot be read, a key is unknown or a value is out of its range; every problem
        is named on a line of its own.
    """
    content = {} if path is None else _read(path)
    for key, value in overrides.items():
        if value is not None:
            _put(content, key.split("."), value)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        flags = {key for key, value in overrides.items() if value is not None}
        lines = [_where(path, flags, problem) + _line(kind, problem) for problem in error.errors()]
        raise SettingsError("\n".join(lines)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}); check the path of the settings"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    for section, keys in PATHS.items():
        table = content.get(section)
        if isinstance(table, dict):
            named = {key: table[key] for key in keys if isinstance(table.get(key), str)}
            table.update({key: _place(path, f"{section}.{key}", place) for key, place in named.items()})
    return content


def _place(path: Path, key: str, place: str) -> str:
    """Return a path of the settings as it counts from their own folder."""
    try:
        return str((path.parent / place).resolve())
    except (ValueError, OSError) as error:
        raise SettingsError(f"{path}: {key} is no path ({error}), got {place!r}") from error


def _put(content: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        content = content.setdefault(key, {})
    content[keys[-1]] = value


def _where(path: Path | None, flags: set[str], problem: Any) -> str:
    """Name the file, unless the value came from a flag."""
    flag = ".".join(str(part) for part in problem["loc"]) in flags
    return "" if path is None or flag else f"{path}: "


def _line(kind: type[BaseModel], problem: Any) -> str:
    place = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        return f"{key} is not a setting{_hint(kind, place)}"
    message = problem["msg"].removeprefix("Value error, ")
    if not key:
        return message
    return f"{key}: {message[0].lower()}{message[1:]}, got {problem['input']!r}"


def _hint(model: type[BaseModel], place: list[str]) -> str:
    for part in place[:-1]:
        model = _section(model, part)
    close = difflib.get_close_matches(place[-1], list(model.model_fields), n=1, cutoff=0.5)
    if close:
        return f"; did you mean {'.'.join([*place[:-1], close[0]])}?"
    return f"; there are {', '.join(model.model_fields)}"


def _section(model: type[BaseModel], name: str) -> type[BaseModel]:
    annotation = model.model_fields[name].annotation
    candidates = (annotation, *get_args(annotation))
    return next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
