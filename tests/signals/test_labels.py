"""forward_returns: known answers, suspensions, and equality with a plain loop."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals import forward_returns
from btalpha.signals.labels import daily_forward_returns

NAN = float("nan")


def plain(panel: Panel, horizon: int, label: str) -> np.ndarray:
    """The definition, one stock and one day at a time."""
    entry, close = panel.adjusted_array(label), panel.adjusted_array("close")
    lag = 1 if label == "open" else 0
    out = np.full(entry.shape, np.nan)
    for i in range(entry.shape[1]):
        for t in range(len(panel)):
            begin, end = t + lag, t + lag + horizon
            if end >= len(panel) or np.isnan(entry[begin, i]):
                continue
            exit_ = entry[end, i]
            if np.isnan(exit_):
                exit_ = [value for value in close[: end + 1, i] if not np.isnan(value)][-1]
            out[t, i] = (exit_ / entry[begin, i] - 1) / horizon
    return out


class TestKnownAnswers:
    def test_open_to_open_begins_on_the_next_session(self, make_panel) -> None:
        panel = make_panel([[10.0], [20.0], [22.0], [33.0]], [[99.0], [21.0], [22.0], [30.0]])
        assert forward_returns(panel, 1).ravel() == pytest.approx([0.1, 0.5, NAN, NAN], nan_ok=True)

    def test_close_to_close_begins_today(self, make_panel) -> None:
        panel = make_panel([[9.0], [9.0], [9.0]], [[10.0], [11.0], [22.0]])
        returns = forward_returns(panel, 1, label="close").ravel()
        assert returns == pytest.approx([0.1, 1.0, NAN], nan_ok=True)

    def test_total_return_is_divided_by_the_sessions(self, make_panel) -> None:
        panel = make_panel([[9.0], [10.0], [1.0], [12.0]], [[9.0], [9.0], [9.0], [9.0]])
        assert forward_returns(panel, 2)[0, 0] == pytest.approx(0.1)

    def test_a_split_is_no_return(self, make_panel) -> None:
        panel = make_panel([[10.0], [10.0], [5.0]], [[10.0], [10.0], [5.0]], [[1.0], [1.0], [2.0]])
        assert forward_returns(panel, 1)[0, 0] == pytest.approx(0.0)

    def test_a_suspended_stock_cannot_be_bought(self, make_panel) -> None:
        panel = make_panel(
            [[9.0, 1.0], [NAN, 1.0], [9.0, 1.0], [9.0, 1.0]], [[9.0, 1.0], [NAN, 1.0], [9.0, 1.0], [9.0, 1.0]]
        )
        returns = forward_returns(panel, 1)
        assert np.isnan(returns[0, 0])
        assert returns[0, 1] == 0.0

    def test_suspended_at_the_exit_counts_with_the_last_close(self, make_panel) -> None:
        opens = [[9.0, 1.0], [10.0, 1.0], [NAN, 1.0], [NAN, 1.0]]
        closes = [[9.0, 1.0], [11.0, 1.0], [NAN, 1.0], [NAN, 1.0]]
        panel = make_panel(opens, closes)
        assert forward_returns(panel, 2)[0, 0] == pytest.approx(0.1 / 2)


@pytest.mark.parametrize("label", ["open", "close"])
@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_equals_a_plain_loop(gappy: Panel, horizon: int, label: str) -> None:
    assert not gappy.traded_array.all(), "the panel needs gaps to show anything"
    got = forward_returns(gappy, horizon, label=label)
    np.testing.assert_allclose(got, plain(gappy, horizon, label), rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("horizon", [29, 30, 31, 500])
def test_nothing_is_known_beyond_the_panel(small_panel: Panel, horizon: int) -> None:
    assert np.isnan(forward_returns(small_panel, horizon)).all()


class TestValidation:
    @pytest.mark.parametrize("horizon", [0, -1, 1.0, True, "5"])
    def test_horizon(self, small_panel: Panel, horizon: object) -> None:
        with pytest.raises(ValueError, match=f"horizon must be a whole number.*1 or more, got {horizon!r}"):
            forward_returns(small_panel, horizon)  # type: ignore[arg-type]

    def test_label(self, small_panel: Panel) -> None:
        with pytest.raises(ValueError, match="label must be one of open, close, got 'high'"):
            forward_returns(small_panel, 1, label="high")


class TestDaily:
    @pytest.mark.parametrize("label", ["open", "close"])
    @pytest.mark.parametrize("horizon", [1, 2, 7])
    def test_compounds_to_the_return_of_the_horizon(self, gappy: Panel, horizon: int, label: str) -> None:
        daily = daily_forward_returns(gappy, horizon, label=label)
        total = forward_returns(gappy, horizon, label=label) * horizon
        np.testing.assert_allclose((1 + daily).prod(axis=2) - 1, total, rtol=1e-10, atol=1e-14)
        assert np.isfinite(total).any()

    def test_each_session_stands_by_itself(self) -> None:
        bars = pd.DataFrame(
            {"date": pd.date_range("2016-01-04", periods=4), "symbol": "A", "open": [1.0, 2.0, 3.0, 6.0],
             "high": 9.0, "low": 0.5, "close": 2.0, "volume": 1}
        )  # fmt: skip
        got = daily_forward_returns(Panel.from_long(bars), 3, label="open")[:, 0]
        np.testing.assert_allclose(got[0], [0.5, 1.0, np.nan])
        np.testing.assert_allclose(got[1], [1.0, np.nan, np.nan])
        assert np.isnan(got[2:]).all()
