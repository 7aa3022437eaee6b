"""Asking for factors: which are computed, which are left out with a line, and what is refused."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel
from btalpha.signals.factors import (
    FACTORS,
    Bars,
    FactorError,
    computable,
    compute_factors,
    iter_factors,
    register,
    unregister,
)
from btalpha.signals.factors.operators import Packed, ma


@pytest.fixture
def bare_panel() -> Panel:
    """Prices and volume only, 30 days of two stocks."""
    rng = np.random.default_rng(5)
    dates = pd.bdate_range("2016-01-04", periods=30)
    close = 10.0 * np.exp(np.cumsum(rng.normal(0, 0.02, 60)))
    table = pd.DataFrame({"date": np.tile(dates, 2), "symbol": np.repeat(["A", "B"], 30), "close": close})
    return Panel.from_long(
        table.assign(open=close, high=close * 1.01, low=close * 0.99, volume=rng.uniform(1e5, 2e5, 60))
    )


@pytest.fixture
def own_factor() -> str:
    @register(
        "close_mean",
        kind="trend",
        formula="MA(C, n)",
        inputs=("close",),
        warm_up=lambda n: n,
        flags=("PL",),
    )
    def close_mean(bars: Bars, *, n: int = 4) -> Packed:
        """Mean close."""
        return ma(bars.close, n)

    yield "close_mean"
    unregister("close_mean")


class TestWhatIsComputed:
    def test_list_keeps_its_order(self, bare_panel: Panel) -> None:
        assert list(compute_factors(bare_panel, ["rsi", "ma"])) == ["rsi", "ma"]

    def test_mapping_overrides_defaults(self, bare_panel: Panel) -> None:
        both = compute_factors(bare_panel, {"ma": {"n": 12}, "env": {"n": 12, "width": 0.0}}, form="raw")
        np.testing.assert_allclose(both["ma"], both["env"])

    def test_scaled_is_the_default(self, bare_panel: Panel) -> None:
        raw = compute_factors(bare_panel, ["ma"], form="raw")["ma"]
        scaled = compute_factors(bare_panel, ["ma"])["ma"]
        pd.testing.assert_frame_equal(scaled, raw / bare_panel.adjusted("close") - 1.0)

    def test_everything_that_can_be(self, bare_panel: Panel) -> None:
        able, reasons = computable(bare_panel)
        assert list(compute_factors(bare_panel)) == able
        assert set(able) | set(reasons) == set(FACTORS)
        assert {"ma", "wvad", "rsi"} <= set(able)
        assert reasons["turn5"] == "the panel lacks field turnover"
        assert reasons["beta60"] == "the panel lacks index series close"
        assert reasons["pb"].startswith(
            "the panel lacks field total_mktcap, or statement figure total_shares"
        )

    def test_short_history_is_nan(self, bare_panel: Panel) -> None:
        assert compute_factors(bare_panel, ["mom60"])["mom60"].isna().all(axis=None)

    def test_own_factor(self, own_factor: str, bare_panel: Panel) -> None:
        values = compute_factors(bare_panel, {own_factor: {"n": 5}})
        np.testing.assert_array_equal(values[own_factor], compute_factors(bare_panel, ["ma"])["ma"])
        assert FACTORS[own_factor].source == "user"

    def test_no_days(self, bare_panel: Panel) -> None:
        empty = bare_panel.until("1990-01-01")
        assert all(values.shape == (0, 2) for values in compute_factors(empty).values())

    @pytest.mark.parametrize("form", ["raw", "scaled"])
    def test_one_stock_one_day(self, bare_panel: Panel, form: str) -> None:
        single = bare_panel.select(["A"]).until(bare_panel.dates[0])
        assert all(values.shape == (1, 1) for values in compute_factors(single, form=form).values())


class TestWhatIsLeftOut:
    def test_with_a_line(self, bare_panel: Panel, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, "btalpha.factors"):
            assert list(compute_factors(bare_panel, ["ma", "turn5"])) == ["ma"]
        assert caplog.messages == ["factor turn5 is left out: the panel lacks field turnover"]
        assert caplog.records[0].levelno == logging.WARNING

    def test_quietly_where_it_was_not_asked_for(
        self, bare_panel: Panel, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "btalpha.factors"):
            compute_factors(bare_panel)
        assert "factor turn5 is left out: the panel lacks field turnover" in caplog.messages
        assert {record.levelno for record in caplog.records} == {logging.INFO}

    def test_error_where_nothing_remains(self, bare_panel: Panel) -> None:
        with pytest.raises(
            FactorError, match=r"none of the factors can be computed \(turn5: the panel lacks"
        ):
            compute_factors(bare_panel, ["turn5"])
        with pytest.raises(FactorError, match="no code was given"):
            compute_factors(bare_panel, [])


class TestValidation:
    @pytest.mark.parametrize(
        ("codes", "message"),
        [
            (["bol"], r"there is no factor 'bol'; did you mean boll or bbiboll\?"),
            (["zzzz"], r"there is no factor 'zzzz'; there are \d+, see FACTORS"),
            ("boll", r"codes must be a list or a mapping, got the text 'boll'; write \['boll'\]"),
            (
                {"boll": {"length": 3}},
                r"factor boll has no parameter 'length' \(its parameters: n, k, line\)",
            ),
            ({"pe": {"periods": "ttm"}}, r"no parameter 'periods'; did you mean period\?"),
            ({"boll": {"line": "uper"}}, r"no line or variant 'uper'; did you mean upper\?"),
            ({"boll": {"n": 0}}, "n must be a whole number of bars, 1 or more, got 0"),
        ],
    )
    def test_of_codes(self, panel: Panel, codes: object, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            compute_factors(panel, codes)

    def test_of_form(self, bare_panel: Panel) -> None:
        with pytest.raises(
            FactorError, match=r"form must be scaled or raw, got 'scale'; did you mean scaled\?"
        ):
            compute_factors(bare_panel, ["ma"], form="scale")


class TestOneByOne:
    @pytest.mark.parametrize("form", ["raw", "scaled"])
    def test_equals_all_at_once(self, panel: Panel, form: str) -> None:
        at_once = compute_factors(panel, form=form)
        one_by_one = iter_factors(panel, form=form)
        for code, values in at_once.items():
            name, frame = next(one_by_one)
            assert name == code
            pd.testing.assert_frame_equal(frame, values, check_exact=True)
        assert next(one_by_one, None) is None

    @pytest.mark.parametrize("form", ["raw", "scaled"])
    def test_blocks_of_stocks_change_nothing(
        self, panel: Panel, form: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = compute_factors(panel, form=form)
        monkeypatch.setattr("btalpha.signals.factors.compute.BLOCK", 3)  # of ten stocks
        for code, values in iter_factors(panel, form=form):
            pd.testing.assert_frame_equal(values, whole[code], check_exact=True)

    def test_own_factor_sees_all_stocks(
        self, own_factor: str, panel: Panel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("btalpha.signals.factors.compute.BLOCK", 3)
        seen = []
        monkeypatch.setattr(Bars, "unpack", lambda bars, values: seen.append(values.shape[1]) or values)
        next(iter_factors(panel, [own_factor]))
        assert seen == [10]

    def test_takes_parameters_and_type(self, panel: Panel) -> None:
        asked = {"boll": {"n": 20, "line": "upper"}, "ma": {}}
        one_by_one = dict(iter_factors(panel, asked, dtype=np.float32))
        assert list(one_by_one) == list(asked)
        for code, values in compute_factors(panel, asked, dtype=np.float32).items():
            assert (one_by_one[code].dtypes == np.float32).all()
            pd.testing.assert_frame_equal(one_by_one[code], values, check_exact=True)

    def test_refuses_before_the_first_is_asked_for(self, bare_panel: Panel) -> None:
        for codes in (["bol"], {"boll": {"length": 3}}, ["turn5"]):
            with pytest.raises(FactorError):
                iter_factors(bare_panel, codes)

    def test_computes_nothing_that_is_not_asked_for(self, bare_panel: Panel) -> None:
        one_by_one = iter_factors(bare_panel, {"ma": {}, "boll": {"line": "uper"}})
        assert next(one_by_one)[0] == "ma"
        with pytest.raises(FactorError, match="uper"):
            next(one_by_one)


class TestRegister:
    def test_refuses_a_code_twice(self, own_factor: str) -> None:
        with pytest.raises(FactorError, match=r"'close_mean' is registered already \(Mean close.\)"):
            register(own_factor, kind="x", formula="x", inputs=(), warm_up=1)(lambda bars: bars.close)

    def test_refuses_a_parameter_without_default(self) -> None:
        with pytest.raises(FactorError, match="parameter 'n' of factor 'bad' must be keyword-only and have"):
            register("bad", kind="x", formula="x", inputs=(), warm_up=1)(lambda bars, n: bars.close)
        assert "bad" not in FACTORS

    def test_refuses_an_unknown_flag(self) -> None:
        with pytest.raises(FactorError, match="unknown flag 'PX'"):
            register("bad", kind="x", formula="x", inputs=(), warm_up=1, flags=("PX",))(
                lambda bars: bars.close
            )

    def test_registry_is_read_only(self) -> None:
        with pytest.raises(TypeError):
            FACTORS["ma"] = FACTORS["bbi"]  # type: ignore[index]

    def test_removes_only_what_is_there(self) -> None:
        with pytest.raises(FactorError, match="there is no factor 'nothing'"):
            unregister("nothing")


@pytest.mark.real_data
def test_on_real_bars(shared_data: Path) -> None:
    bars = pd.read_parquet(shared_data / "ashare_csi300_2010_2016.parquet")
    bars = bars[bars["symbol"].isin(["600519.SH", "000001.SZ"]) & (bars["date"] >= "2014-01-01")]
    panel = Panel.from_long(bars, statements=pd.read_parquet(shared_data / "fundamentals_2014_2016.parquet"))
    codes = ["turnover_ratio_of_receivable", "tangible_assets_net_liabilities", "pe", "current_market_cap"]
    values = {code: frame["600519.SH"] for code, frame in compute_factors(panel, codes, form="raw").items()}
    # The ratio of 2015 was announced on 2016-03-24, that of the first quarter on 2016-04-21:
    # 14397.217 as it stands, then 43284.6634 + 14397.217 - 3562.1561.
    receivables = values["turnover_ratio_of_receivable"]
    assert receivables["2016-03-24"] == pytest.approx(14397.217)
    assert receivables["2016-04-21"] == pytest.approx(54119.7243)
    assert values["tangible_assets_net_liabilities"]["2016-03-23"] == pytest.approx(-3.115639)
    assert values["tangible_assets_net_liabilities"]["2016-03-24"] == pytest.approx(-3.820251)
    close = panel["close"]["600519.SH"]
    np.testing.assert_allclose(
        values["pe"]["2016-03-24":"2016-12-30"],
        (panel["total_mktcap"]["600519.SH"] / 16454996625.22)["2016-03-24":"2016-12-30"],
    )
    np.testing.assert_allclose(values["current_market_cap"], close * 1256197800, rtol=0.2)
