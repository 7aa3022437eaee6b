"""Fast equals slow: each technical factor against plain pandas, one stock at a time."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals.factors import FACTORS, compute_factors

_spec = importlib.util.spec_from_file_location("factor_reference", Path(__file__).with_name("reference.py"))
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)
COLUMNS, REFERENCE, LINES = reference.COLUMNS, reference.REFERENCE, reference.LINES

TOLERANCE = 1e-9
TECHNICAL = {
    *("trend", "channel", "oscillator", "momentum", "reversal", "volume", "energy", "relative"),
    *("streak", "volatility", "risk", "liquidity", "price-volume"),
}


def technical_codes() -> list[str]:
    return [code for code, factor in FACTORS.items() if factor.kind in TECHNICAL]


def all_bars(panel: Panel) -> dict[str, pd.DataFrame]:
    frames = {name: panel[name] for name in (*COLUMNS, "factor")}
    return {symbol: reference.stock_bars(frames, panel.benchmark, symbol) for symbol in panel.symbols}


def assert_close(fast: np.ndarray, slow: np.ndarray, scale: np.ndarray) -> None:
    """To 1e-9 of the value, or of the numbers it is a difference of."""
    np.testing.assert_array_equal(np.isnan(fast), np.isnan(slow))
    known = ~np.isnan(slow)
    error = np.abs(fast - slow)[known] / np.maximum(np.abs(slow), scale)[known]
    assert error.max(initial=0.0) < TOLERANCE


def magnitude(code: str, bars: pd.DataFrame) -> np.ndarray:
    """Size of the numbers a value is computed from, where it can be a small difference of large ones."""
    flags = FACTORS[code].flags
    if "PL" in flags or "PL*" in flags:
        return bars["close"].to_numpy()
    if "VL" in flags:
        return bars["volume"].to_numpy()
    return np.full(len(bars), 1e-3 if FACTORS[code].kind in ("risk", "liquidity") else 1.0)


def check(
    code: str,
    values: pd.DataFrame,
    stocks: dict[str, pd.DataFrame],
    slow_factor: reference.SlowFactor,
    parameters: dict[str, object] | None = None,
) -> None:
    for symbol, bars in stocks.items():
        slow = slow_factor(bars).to_numpy(dtype=float, copy=True)
        slow[: FACTORS[code].bars_needed(parameters) - 1] = np.nan
        slow[np.isinf(slow)] = np.nan
        assert_close(values.loc[bars.index, symbol].to_numpy(), slow, magnitude(code, bars))


@pytest.fixture(scope="module")
def stocks(panel: Panel) -> dict[str, pd.DataFrame]:
    return all_bars(panel)


@pytest.fixture(scope="module")
def real_panel(shared_data: Path) -> Panel:
    bars = pd.read_parquet(shared_data / "ashare_csi300_2010_2016.parquet")
    symbols = sorted(bars["symbol"].astype(str).unique())[::28][:20]
    index = pd.read_parquet(shared_data / "cn_index.parquet").query("symbol == '000300.SH'")
    bars = bars[bars["symbol"].isin(symbols) & (bars["date"] < "2013-01-01")]
    benchmark = index.set_index("date")[["open", "close"]].astype(float)
    return Panel.from_long(bars, benchmark=benchmark)


@pytest.fixture(scope="module")
def real_stocks(real_panel: Panel) -> dict[str, pd.DataFrame]:
    return all_bars(real_panel)


def test_every_technical_factor_has_a_reference() -> None:
    assert set(REFERENCE) == set(technical_codes())


@pytest.mark.parametrize("code", technical_codes())
def test_equals_plain_pandas(code: str, computed, stocks: dict[str, pd.DataFrame]) -> None:
    check(code, computed("raw")[code], stocks, REFERENCE[code])


@pytest.mark.real_data
@pytest.mark.parametrize("code", technical_codes())
def test_equals_plain_pandas_on_real_stocks(
    code: str, real_panel: Panel, real_stocks: dict[str, pd.DataFrame]
) -> None:
    check(code, compute_factors(real_panel, [code], form="raw")[code], real_stocks, REFERENCE[code])


def lines_of(code: str) -> list[str]:
    """The lines that a formula names."""
    named = re.search(r"lines ([\w, ]+)$", FACTORS[code].formula)
    return named[1].split(", ") if named else []


def other_lines() -> list[tuple[str, str, object]]:
    """Every choice of a line or variant that is not the default."""
    lines = [
        (code, "line", line)
        for code in technical_codes()
        for line in lines_of(code)
        if line != FACTORS[code].defaults["line"]
    ]
    variants = [("obv", "variant", "range"), ("arbr", "clip", True), ("cr", "clip", True)]
    return [*lines, *variants, ("mfi", "drop_flat", True)]


def test_every_line_has_a_reference() -> None:
    assert {(code, choice) for code, _, choice in other_lines()} == set(LINES)


@pytest.mark.parametrize(("code", "parameter", "choice"), other_lines())
def test_other_lines_equal_plain_pandas(
    code: str, parameter: str, choice: object, panel: Panel, stocks: dict[str, pd.DataFrame]
) -> None:
    parameters = {parameter: choice} | ({"line": "br"} if (code, choice) == ("arbr", True) else {})
    values = compute_factors(panel, {code: parameters}, form="raw")[code]
    check(code, values, stocks, LINES[code, choice], parameters)


def test_parameters_reach_the_formula(panel: Panel, stocks: dict[str, pd.DataFrame]) -> None:
    parameters = {"n": 20, "k": 1.5, "line": "upper"}
    values = compute_factors(panel, {"boll": parameters}, form="raw")["boll"]

    def upper(bars: pd.DataFrame) -> pd.Series:
        return reference.mean(bars.close, 20) + 1.5 * reference.deviation(bars.close, 20)

    check("boll", values, stocks, upper, parameters)
