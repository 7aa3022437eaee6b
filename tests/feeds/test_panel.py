from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel, Statements, read_members
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAYS = pd.bdate_range("2016-01-04", periods=30)


class TestKnownAnswers:
    def test_axes(self, small_panel: Panel) -> None:
        assert small_panel.dates.equals(DAYS)
        assert small_panel.symbols.tolist() == sorted(small_panel.symbols)
        assert len(small_panel) == 30
        assert repr(small_panel) == "<Panel 30 dates x 5 symbols, 2016-01-04..2016-02-12, 11 fields>"

    def test_raw_prices(self, small_panel: Panel) -> None:
        close = small_panel["close"]
        assert close.shape == (30, 5)
        assert close.loc["2016-01-05", "000001.SZ"] == pytest.approx(10.1)
        assert close.loc["2016-01-04", "600002.SH"] == pytest.approx(50.0)
        assert close.loc[DAYS[15], "600002.SH"] == pytest.approx(51.5 / 2)  # the day of the split

    def test_adjusted_prices_do_not_jump_at_the_split(self, small_panel: Panel) -> None:
        adjusted = small_panel.adjusted("close")["600002.SH"].to_numpy()[:29]
        np.testing.assert_allclose(adjusted, 50.0 + 0.1 * np.arange(29))
        np.testing.assert_array_equal(small_panel.adjusted_array("close")[:29, 4], adjusted)

    @pytest.mark.parametrize(
        ("symbol", "rows"),
        [
            ("000001.SZ", range(30)),
            ("000002.SZ", [*range(5), *range(9, 30)]),  # suspended
            ("300001.SZ", range(10, 30)),  # listed late
            ("600001.SH", range(20)),  # delisted
            ("600002.SH", range(29)),  # suspended at the end
        ],
    )
    def test_traded_days(self, small_panel: Panel, symbol: str, rows: list[int]) -> None:
        traded = small_panel.traded[symbol].to_numpy()
        assert np.flatnonzero(traded).tolist() == list(rows)
        for field in set(small_panel.fields) - {"is_st"}:
            np.testing.assert_array_equal(np.isfinite(small_panel[field][symbol]), traded)

    def test_flags(self, small_panel: Panel) -> None:
        assert np.flatnonzero(small_panel["is_st"]["600001.SH"]).tolist() == [15, 16, 17, 18, 19]

    def test_fields(self, small_panel: Panel) -> None:
        assert "turnover" in small_panel
        assert "price" not in small_panel
        assert small_panel.fields[:4] == ("open", "high", "low", "close")

    def test_frames_and_arrays_agree(self, small_panel: Panel) -> None:
        for field in small_panel.fields:
            np.testing.assert_array_equal(small_panel[field].to_numpy(), small_panel.array(field))
        np.testing.assert_array_equal(small_panel.traded.to_numpy(), small_panel.traded_array)
        np.testing.assert_array_equal(small_panel.universe.to_numpy(), small_panel.universe_array)


class TestSlices:
    @pytest.mark.parametrize(
        ("date", "length"),
        [
            ("2016-01-03", 0),
            ("2016-01-04", 1),
            ("2016-01-10", 5),  # a Sunday
            (pd.Timestamp("2016-01-11").date(), 6),
            (np.datetime64("2030-01-01"), 30),
        ],
    )
    def test_until(self, small_panel: Panel, date: Any, length: int) -> None:
        assert len(small_panel.until(date)) == length

    def test_between_counts_both_ends(self, small_panel: Panel) -> None:
        part = small_panel.between("2016-01-09", "2016-01-12")
        assert part.dates.tolist() == [pd.Timestamp("2016-01-11"), pd.Timestamp("2016-01-12")]
        assert part["close"]["000001.SZ"].tolist() == pytest.approx([10.5, 10.6])

    def test_between_the_wrong_way_round_is_empty(self, small_panel: Panel) -> None:
        assert len(small_panel.between("2016-02-01", "2016-01-05")) == 0

    @pytest.mark.parametrize("symbols", [["600001.SH", "000002.SZ"], ["000002.SZ", "600001.SH"]])
    def test_select_keeps_the_order_of_the_panel(self, small_panel: Panel, symbols: list[str]) -> None:
        part = small_panel.select(symbols)
        assert part.symbols.tolist() == ["000002.SZ", "600001.SH"]
        pd.testing.assert_frame_equal(part["high"], small_panel["high"][["000002.SZ", "600001.SH"]])

    def test_select_takes_one_symbol(self, small_panel: Panel) -> None:
        assert small_panel.select("600001.SH").symbols.tolist() == ["600001.SH"]

    def test_time_slices_are_views(self, small_panel: Panel) -> None:
        for part in (small_panel.until("2016-01-20"), small_panel.between("2016-01-06", "2016-01-20")):
            for field in small_panel.fields:
                assert np.shares_memory(part.array(field), small_panel.array(field))
            assert np.shares_memory(part.universe_array, small_panel.universe_array)

    def test_frames_are_views(self, small_panel: Panel) -> None:
        assert np.shares_memory(small_panel["close"].to_numpy(), small_panel.array("close"))

    def test_slices_chain(self, small_panel: Panel) -> None:
        once = small_panel.until("2016-01-20").between("2016-01-06", "2017-01-01").select(["000001.SZ"])
        expected = small_panel["close"].loc["2016-01-06":"2016-01-20", ["000001.SZ"]]
        pd.testing.assert_frame_equal(once["close"], expected, check_freq=False)

    def test_with_arrays_adds_and_replaces(self, small_panel: Panel) -> None:
        twice = 2.0 * small_panel.array("volume")
        changed = small_panel.with_arrays({"volume": twice, "doubled": twice})
        np.testing.assert_array_equal(changed.array("volume"), changed.array("doubled"))
        assert "doubled" not in small_panel
        assert small_panel.array("volume")[0, 0] == 1e6

    def test_with_universe(self, small_panel: Panel) -> None:
        mask = np.zeros((30, 5), dtype=bool)
        assert not small_panel.with_universe(mask).universe_array.any()
        assert small_panel.universe_array.all()


def statements_of(panel: Panel) -> Statements:
    assert panel.statements is not None
    return panel.statements


def benchmark_of(panel: Panel) -> pd.DataFrame:
    assert panel.benchmark is not None
    return panel.benchmark


class TestCausality:
    def test_until_hides_later_statements(self, small_panel: Panel) -> None:
        before, after = small_panel.until("2016-01-19"), small_panel.until("2016-01-20")
        assert statements_of(before).frame["net_profit"].tolist() == [70.0, 5.0]
        assert statements_of(after).frame["net_profit"].tolist() == [70.0, 5.0, 100.0]

    def test_until_hides_later_benchmark(self, small_panel: Panel) -> None:
        assert benchmark_of(small_panel.until("2016-01-06"))["close"].tolist() == [3000.0, 3001.0, 3002.0]

    def test_between_hides_what_comes_after_its_end(self, small_panel: Panel) -> None:
        part = small_panel.between("2016-01-10", "2016-01-19")
        assert len(statements_of(part).frame) == 2
        assert benchmark_of(part).index[-1] == pd.Timestamp("2016-01-19")

    def test_before_the_first_day_nothing_is_known(self, small_panel: Panel) -> None:
        nothing = small_panel.until("2010-01-01")
        assert len(nothing) == len(benchmark_of(nothing)) == len(statements_of(nothing).frame) == 0
        assert repr(nothing) == "<Panel 0 dates x 5 symbols, no dates, 11 fields>"

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(row=st.integers(0, 29))
    def test_until_equals_the_panel_of_the_rows_until_then(self, small_panel: Panel, row: int) -> None:
        part = small_panel.until(DAYS[row])
        for field in small_panel.fields:
            np.testing.assert_array_equal(part.array(field), small_panel.array(field)[: row + 1])
        figures = statements_of(small_panel).values("net_profit", small_panel.dates, small_panel.symbols)
        known = statements_of(part).values("net_profit", part.dates, part.symbols)
        np.testing.assert_array_equal(known, figures[: row + 1])


class TestImmutable:
    def test_arrays_cannot_be_written(self, small_panel: Panel) -> None:
        arrays = [small_panel.array(field) for field in small_panel.fields]
        arrays += [small_panel.until("2016-01-20").array("close"), small_panel.universe_array]
        arrays += [small_panel.select(["000001.SZ"]).array("close")]
        for array in arrays:
            with pytest.raises(ValueError, match="read-only"):
                array[0, 0] = 1

    def test_frames_cannot_be_written(self, small_panel: Panel) -> None:
        before = small_panel.array("close").copy()
        frame = small_panel["close"]
        with pytest.raises(ValueError, match="read-only"):
            frame.iloc[0, 0] = 99.0
        np.testing.assert_array_equal(small_panel.array("close"), before)

    def test_the_tables_it_was_built_from_may_change(self) -> None:
        frame = pd.DataFrame({"date": ["2016-01-04"], "symbol": ["A"], "volume": [1.0]})
        frame = frame.assign(open=1.0, high=1.0, low=1.0, close=1.0)
        benchmark = pd.DataFrame({"date": ["2016-01-04"], "open": [3.0], "close": [3.0]})
        info = pd.DataFrame({"industry": ["bank"]}, index=["A"])
        panel = Panel.from_long(frame, benchmark=benchmark, info=info)
        frame.loc[0, "close"] = benchmark.loc[0, "close"] = 99.0
        info.loc["A", "industry"] = "steel"
        assert panel.array("close")[0, 0] == 1.0
        assert benchmark_of(panel)["close"].tolist() == [3.0]
        assert panel.info is not None
        assert panel.info.loc["A", "industry"] == "bank"


class TestValidation:
    def test_unknown_field_names_the_fields(self, small_panel: Panel) -> None:
        with pytest.raises(DataError, match=r"no field 'price'\. Remedy: use one of open, high, low, close"):
            small_panel["price"]

    def test_unknown_symbol(self, small_panel: Panel) -> None:
        with pytest.raises(DataError, match=r"no symbol X\. Remedy: its symbols run from 000001.SZ"):
            small_panel.select(["000001.SZ", "X"])

    def test_array_of_another_shape(self, small_panel: Panel) -> None:
        with pytest.raises(DataError, match=r"array 'beta' has shape \(3, 5\), the panel has \(30, 5\)"):
            small_panel.with_arrays({"beta": np.ones((3, 5))})
        with pytest.raises(DataError, match="array 'universe' has shape"):
            small_panel.with_universe(np.ones((3, 5), dtype=bool))


@pytest.fixture(scope="module")
def panel(shared_data: Path) -> Panel:
    return Panel.read(
        shared_data / "ashare_csi300_2010_2016.parquet",
        statements=shared_data / "fundamentals_2014_2016.parquet",
        members=read_members(shared_data / "index_members.csv", index="csi300"),
    )


@pytest.mark.real_data
class TestRealBars:
    def test_shape(self, panel: Panel) -> None:
        assert (len(panel), len(panel.symbols)) == (1700, 553)
        assert int(panel.traded_array.sum()) == 846_702
        assert [str(panel.dates[row].date()) for row in (0, -1)] == ["2010-01-04", "2016-12-30"]

    def test_three_hundred_members_each_day(self, panel: Panel) -> None:
        count = panel.universe_array.sum(axis=1)
        assert count.min() >= 297
        assert count.max() <= 300
        assert np.median(count) == 300

    def test_adjusted_returns_are_those_of_the_exchange(self, panel: Panel) -> None:
        """The exchange's reference price makes the same return as the factor, but for rounding."""
        close = panel.adjusted("close").ffill()
        returns = (close / close.shift(1) - 1.0).to_numpy()
        quoted = panel.array("close") / panel.array("pre_close") - 1.0
        both = np.isfinite(returns) & np.isfinite(quoted)
        assert np.mean(np.abs(returns[both] - quoted[both]) < 1e-3) > 0.99

    def test_statements_are_joined_by_announcement(self, panel: Panel) -> None:
        statements = statements_of(panel)
        days = pd.DatetimeIndex(["2014-04-23", "2014-04-24"])
        profit = statements.values("net_profit", days, pd.Index(["000001.SZ"]))
        assert np.isnan(profit[0, 0])
        assert profit[1, 0] == pytest.approx(5.054e9)
        assert any("without announcement date" in line for line in panel.repairs)
        assert any("announced before their period ended" in line for line in panel.repairs)
