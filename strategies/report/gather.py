"""Check and align the arguments of a tearsheet."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import tomli_w

from .evidence import Evidence
from .metrics import performance, sessions_per_year

_RANDOM_NAME = "Median random portfolio"
Table = TypeVar("Table", pd.Series, pd.DataFrame)


def gather(
    returns: pd.Series,
    benchmark: pd.Series | None,
    *,
    title: str,
    random_returns: pd.DataFrame | None,
    ic: pd.Series | None,
    quantile_returns: pd.Series | pd.DataFrame | None,
    selected_factors: Mapping[Any, Sequence[str]] | None,
    trades: pd.DataFrame | None,
    holdings: pd.DataFrame | None,
    refusals: pd.DataFrame | None,
    metrics: Mapping[str, object] | None,
    config: Mapping[str, object] | str | None,
    periods_per_year: float | None,
    trials: Sequence[float | None] | None,
    names: Mapping[str, str] | None,
    currency: str,
    notes: Sequence[str],
) -> Evidence:
    """Check and align the arguments of :func:`tearsheet`; what had to be mended goes to the notes."""
    remarks = list(notes)
    returns, dates = _checked_returns(returns, remarks)
    randoms = None if random_returns is None else _on_dates(random_returns, dates)
    text, settings = _settings(config)
    return Evidence(
        title=title,
        returns=returns,
        periods_per_year=_periods(periods_per_year, dates),
        benchmark=_benchmark(benchmark, randoms, dates, remarks),
        benchmark_is_random=benchmark is None,
        random_returns=randoms,
        ic=None if ic is None else _dated(ic, "ic").dropna(),
        quantile_returns=_quantiles(quantile_returns),
        selected_factors={
            pd.Timestamp(str(day)): tuple(codes) for day, codes in (selected_factors or {}).items()
        },
        trades=trades,
        holdings=holdings,
        refusals=refusals,
        metrics=metrics or {},
        trials=_trials(trials),
        names=names or {},
        currency=currency,
        config_text=text,
        config=settings,
        notes=tuple(remarks),
    )


def _checked_returns(returns: pd.Series, remarks: list[str]) -> tuple[pd.Series, pd.DatetimeIndex]:
    if len(returns) and pd.isna(returns.iloc[0]):
        remarks.append(
            "The first return is empty, as pct_change leaves it; the page starts one session later."
        )
        returns = returns.iloc[1:]
    returns = _dated(returns, "returns").astype(float)
    performance(returns, 1.0)  # refuses an empty series, NaN, infinite values and a loss beyond the stake
    return returns, pd.DatetimeIndex(returns.index)


def _dated(table: Table, name: str) -> Table:
    """Return a copy on a plain ascending DatetimeIndex, or say what is wrong with its dates."""
    if not isinstance(table.index, pd.DatetimeIndex):
        try:
            table = table.set_axis(pd.DatetimeIndex(table.index))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} must be indexed by date, got an index of {table.index.dtype}"
            ) from error
    dates = pd.DatetimeIndex(table.index)
    if dates.tz is not None:
        raise ValueError(f"{name} must have dates without a time zone, got {dates.tz}; use tz_localize(None)")
    if not dates.is_unique:
        raise ValueError(f"{name} has the date {dates[dates.duplicated()][0]:%Y-%m-%d} twice; keep one")
    if not dates.is_monotonic_increasing:
        raise ValueError(f"{name} must be in ascending order of date; use sort_index()")
    return table.copy()


def _on_dates(random_returns: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.DataFrame:
    table = _dated(random_returns, "random_returns").reindex(dates).astype(float)
    if table.shape[1] == 0:
        raise ValueError("random_returns has no columns; give one per random portfolio, or None")
    bad = ~np.isfinite(table.to_numpy())
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            "random_returns must have a finite value on every date of returns; "
            f"portfolio {table.columns[column]!r} has none on {dates[row]:%Y-%m-%d}"
        )
    return table


def _benchmark(
    benchmark: pd.Series | None, randoms: pd.DataFrame | None, dates: pd.DatetimeIndex, remarks: list[str]
) -> pd.Series | None:
    if benchmark is not None:
        return _aligned(_dated(benchmark, "benchmark").astype(float), dates, remarks)
    return None if randoms is None else median_portfolio(randoms)


def median_portfolio(random_returns: pd.DataFrame) -> pd.Series:
    """Return the random portfolio whose total return is the median (the lower of the two middle ones).

    A path that was really traded, unlike the day-by-day median, whose swings cancel out.

    Examples
    --------
    >>> median_portfolio(pd.DataFrame({"a": [0.1], "b": [0.3], "c": [0.2]})).tolist()
    [0.2]
    """
    totals = (1.0 + random_returns).prod()
    middle = totals.sort_values(kind="stable").index[(len(totals) - 1) // 2]
    return random_returns[middle].rename(_RANDOM_NAME)


def _aligned(benchmark: pd.Series, dates: pd.DatetimeIndex, remarks: list[str]) -> pd.Series:
    """Put the benchmark on the portfolio's sessions, keeping what it earned on days between them."""
    name = str(benchmark.name) if benchmark.name is not None else "Benchmark"
    known = benchmark.dropna()
    gaps = len(dates.difference(pd.DatetimeIndex(known.index)))
    if gaps == len(dates):
        raise ValueError(
            f"benchmark has no value on any of the {len(dates)} sessions of returns, "
            f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}; give one of the same dates, or None"
        )
    if gaps:
        remarks.append(f"{name} has no value on {gaps} of {len(dates)} sessions; it stands still on them.")
    wealth = (1.0 + known[(known.index > dates[0]) & (known.index <= dates[-1])]).cumprod()
    level = wealth.reindex(dates, method="ffill").fillna(1.0)
    first = 1.0 + float(known.get(dates[0], 0.0))
    moves = (level / level.shift(1)).replace([np.inf, -np.inf], np.nan).fillna(1.0)
    moves.iloc[0] = first
    return (moves - 1.0).rename(name)


def _quantiles(table: pd.Series | pd.DataFrame | None) -> pd.Series | None:
    if isinstance(table, pd.DataFrame):
        table = table.mean()
    return None if table is None else table.dropna()


def _periods(periods_per_year: float | None, dates: pd.DatetimeIndex) -> int:
    if periods_per_year is None:
        return sessions_per_year(dates)
    if not periods_per_year >= 1:
        raise ValueError(f"periods_per_year must be at least 1, got {periods_per_year!r}")
    return round(periods_per_year)


def _trials(trials: Sequence[float | None] | None) -> tuple[float, ...]:
    known = [float(ratio) for ratio in trials or () if ratio is not None]
    if not np.isfinite(known).all():
        raise ValueError("trials must be finite Sharpe ratios a year, or None for those that have none")
    return tuple(np.nan if ratio is None else float(ratio) for ratio in trials or ())


def _settings(config: Mapping[str, object] | str | None) -> tuple[str, Mapping[str, object]]:
    if config is None:
        return "", {}
    if isinstance(config, str):
        try:
            return config, tomllib.loads(config)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(
                f"config is not TOML: {error}; give a dict or the text of a TOML file"
            ) from error
    return tomli_w.dumps(
        {str(key): _plain(value) for key, value in config.items() if value is not None}
    ), config


def _plain(value: object) -> object:
    """Turn a setting into what TOML can hold; None is left out before, as TOML has no null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | date | time) else str(value)
