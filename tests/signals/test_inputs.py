"""Inputs beside the factors: known answers, causality, what is missing."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals.inputs import compute_inputs


def panel(**bars: list[list[float]]) -> Panel:
    """Two stocks, three dates; open, high, low and close as given."""
    arrays = {name: np.array(values, dtype=float) for name, values in bars.items()}
    arrays["factor"] = np.ones_like(arrays["close"])
    dates = pd.bdate_range("2016-01-04", periods=len(arrays["close"]))
    return Panel(dates=dates, symbols=pd.Index(["A", "B"]), arrays=arrays)


class TestKnownAnswers:
    bars = panel(
        open=[[10, 10], [11, 10], [12, 9]],
        high=[[11, 10], [12, 10], [12, 11]],
        low=[[10, 9], [11, 8], [11, 9]],
        close=[[10, 10], [12, 9], [11.4, 9.9]],
    )

    def test_bars_are_places_among_the_stocks(self) -> None:
        got = compute_inputs(self.bars, ["bars"])
        first, last = -np.sqrt(12) / 4, np.sqrt(12) / 4  # the two places of two stocks
        np.testing.assert_allclose(got["bar_return"], [[0, 0], [last, first], [first, last]])
        np.testing.assert_allclose(got["bar_overnight"], [[0, 0], [last, first], [0, 0]])
        np.testing.assert_allclose(got["bar_intraday"][1], [last, first])
        np.testing.assert_allclose(got["bar_upper"][2], [first, last])
        assert "bar_turnover" not in got

    def test_market_is_the_same_for_all(self) -> None:
        got = compute_inputs(self.bars, ["market"])
        mean = (0.2 - 0.1) / 2
        np.testing.assert_allclose(got["market_1"][1], [mean / 0.02, mean / 0.02])
        np.testing.assert_allclose(got["market_5"][2], [(0 + mean + (-0.05 + 0.1) / 2) / 3 / 0.01] * 2)
        np.testing.assert_allclose(got["spread_1"][1], [3.0, 3.0])  # 0.15 is far beyond the usual 0.02
        np.testing.assert_allclose(got["market_1"][0], [0.0, 0.0])


class TestProperties:
    def test_a_row_is_the_same_whatever_comes_after(self, gappy: Panel) -> None:
        whole = compute_inputs(gappy, ["bars", "market"])
        for date in gappy.dates[[3, 30, 111]]:
            part = gappy.until(date)
            for name, values in compute_inputs(part, ["bars", "market"]).items():
                np.testing.assert_allclose(values, whole[name][: len(part)], rtol=1e-12, err_msg=name)

    def test_days_without_a_bar_have_none_and_others_all(self, gappy: Panel) -> None:
        for values in compute_inputs(gappy, ["bars", "market"]).values():
            np.testing.assert_array_equal(np.isfinite(values), gappy.traded_array)

    def test_stocks_outside_the_universe_move_no_other(self, gappy: Panel) -> None:
        inside = np.zeros(gappy.universe_array.shape, dtype=bool)
        inside[:, :8] = True
        arrays = {name: gappy.array(name).copy() for name in gappy.fields}
        for name in ("open", "high", "low", "close"):
            arrays[name][:, 8:] *= np.linspace(0.5, 3.0, len(gappy))[:, None]
        before = compute_inputs(gappy.with_universe(inside), ["bars", "market"])
        after = compute_inputs(gappy.with_universe(inside).with_arrays(arrays), ["bars", "market"])
        for name in before:
            np.testing.assert_array_equal(after[name][:, :8], before[name][:, :8], err_msg=name)

    def test_an_empty_market_is_the_usual_one(self, gappy: Panel) -> None:
        nobody = gappy.with_universe(np.zeros(gappy.universe_array.shape, dtype=bool))
        for name, values in compute_inputs(nobody, ["market"]).items():
            np.testing.assert_allclose(values[gappy.traded_array], 0.0, atol=1e-12, err_msg=name)


def test_an_unknown_kind_is_named(gappy: Panel) -> None:
    with pytest.raises(ValueError, match="inputs must be of bars, market, got 'news'"):
        compute_inputs(gappy, ["news"])
