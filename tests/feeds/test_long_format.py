import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.long_format import parse_long
from hypothesis import given, settings
from hypothesis import strategies as st

FACTOR_LINE = "there is no column factor: prices are taken as adjusted already"


def bars(**changes: Any) -> pd.DataFrame:
    """Two bars of A, one of B; columns can be replaced."""
    columns: dict[str, Any] = {
        "date": ["2016-01-04", "2016-01-05", "2016-01-05"],
        "symbol": ["A", "A", "B"],
        "open": [10.0, 10.1, 5.0],
        "high": [10.5, 10.4, 5.2],
        "low": [9.9, 10.0, 4.9],
        "close": [10.2, 10.3, 5.1],
        "volume": [100, 200, 300],
        "factor": [1.0, 1.0, 2.0],
    }
    return pd.DataFrame({**columns, **changes})


def error_of(frame: pd.DataFrame) -> str:
    with pytest.raises(DataError) as caught:
        Panel.from_long(frame)
    return str(caught.value)


class TestKnownAnswers:
    def test_pivots_by_date_and_symbol(self) -> None:
        panel = Panel.from_long(bars())
        assert panel.dates.tolist() == [pd.Timestamp("2016-01-04"), pd.Timestamp("2016-01-05")]
        assert panel.symbols.tolist() == ["A", "B"]
        np.testing.assert_array_equal(panel.array("close"), [[10.2, np.nan], [10.3, 5.1]])
        np.testing.assert_array_equal(panel.array("volume"), [[100.0, np.nan], [200.0, 300.0]])
        assert panel.repairs == ()

    def test_flag_is_false_where_there_is_no_bar(self) -> None:
        panel = Panel.from_long(bars(is_st=[True, False, True]))
        assert panel.array("is_st").dtype == bool
        assert panel.array("is_st").tolist() == [[True, False], [False, True]]

    def test_missing_factor_is_one_and_said(self) -> None:
        panel = Panel.from_long(bars().drop(columns="factor"))
        np.testing.assert_array_equal(panel.array("factor"), [[1.0, np.nan], [1.0, 1.0]])
        assert panel.repairs == (FACTOR_LINE,)

    def test_a_field_may_have_holes(self) -> None:
        panel = Panel.from_long(bars(turnover=[0.1, np.nan, 0.3]))
        np.testing.assert_array_equal(panel.array("turnover"), [[0.1, np.nan], [np.nan, 0.3]])

    def test_one_stock_one_day(self) -> None:
        panel = Panel.from_long(bars().iloc[:1])
        assert panel.array("close").tolist() == [[10.2]]


@pytest.mark.filterwarnings("error")
class TestDates:
    @pytest.mark.parametrize(
        "dates",
        [
            pytest.param(["2016-01-04", "2016-01-05", "2016-01-05"], id="ISO text"),
            pytest.param(["20160104", "20160105", "20160105"], id="compact text"),
            pytest.param([20160104, 20160105, 20160105], id="number"),
            pytest.param([dt.date(2016, 1, 4), dt.date(2016, 1, 5), dt.date(2016, 1, 5)], id="date"),
            pytest.param([dt.datetime(2016, 1, day, 15) for day in (4, 5, 5)], id="datetime"),
            pytest.param(pd.Categorical(["2016-01-04", "2016-01-05", "2016-01-05"]), id="categorical"),
            pytest.param(pd.to_datetime(["2016-01-04", "2016-01-05", "2016-01-05"]).as_unit("ms"), id="ms"),
        ],
    )
    def test_kinds_of_dates(self, dates: Any) -> None:
        panel = Panel.from_long(bars(date=dates))
        assert panel.dates.equals(pd.DatetimeIndex(["2016-01-04", "2016-01-05"]))
        assert panel.dates.tz is None
        assert panel.repairs == ()

    @pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
    def test_midnight_of_a_zone_stays_on_its_day(self, zone: str) -> None:
        dates = pd.to_datetime(bars()["date"]).dt.tz_localize(zone)
        panel = Panel.from_long(bars(date=dates))
        assert panel.dates.equals(pd.DatetimeIndex(["2016-01-04", "2016-01-05"]))
        assert panel.repairs == ("3 time-zone-aware dates (date) were taken at their local date",)

    def test_aware_text_of_the_close(self) -> None:
        dates = [f"2016-01-0{day}T15:00:00+08:00" for day in (4, 5, 5)]
        panel = Panel.from_long(bars(date=dates))
        assert panel.dates.equals(pd.DatetimeIndex(["2016-01-04", "2016-01-05"]))

    def test_shanghai_midnight_in_utc_is_refused(self) -> None:
        shanghai = pd.to_datetime(bars()["date"]).dt.tz_localize("Asia/Shanghai")
        message = error_of(bars(date=shanghai.dt.tz_convert("UTC")))
        assert "UTC time 2016-01-03 16:00:00" in message
        assert "tz_convert('Asia/Shanghai')" in message

    @pytest.mark.parametrize(
        ("dates", "rule"),
        [
            (["2016-01-04", "tomorrow", "2016-01-05"], "cannot be read as dates"),
            (["2016-01-04", "2016-13-05", "2016-01-05"], "cannot be read as dates"),
            (["2016-01-04", "0216-01-05", "2016-01-05"], "cannot be read as dates"),
            (
                ["2016-01-04T00:00+08:00", "2016-01-05T00:00-05:00", "2016-01-05T00:00+08:00"],
                "cannot be read",
            ),
            (["2016-01-04", None, "2016-01-05"], "row 1 has no date"),
        ],
    )
    def test_what_is_no_date_is_refused(self, dates: list[str | None], rule: str) -> None:
        assert rule in error_of(bars(date=dates))


@pytest.mark.filterwarnings("error")
class TestWhatPandasWouldTakeForSomethingElse:
    @pytest.mark.parametrize("word", ["2016-01", "2016", "201601", "2016-W01-1", "2016-01-0", "1451865600"])
    def test_a_date_without_its_day(self, word: str) -> None:
        assert f"({word!r} is no day)" in error_of(bars(date=["2016-01-04", word, "2016-01-05"]))

    def test_whole_numbers_beside_empty_cells(self) -> None:
        assert "row 1 has no date" in error_of(bars(date=[20160104.0, np.nan, 20160105.0]))
        panel = Panel.from_long(bars(date=[20160104.0, 20160105.0, 20160105.0]))
        assert panel.dates.equals(pd.DatetimeIndex(["2016-01-04", "2016-01-05"]))

    def test_whole_numbers_among_text(self) -> None:
        panel = Panel.from_long(bars(date=pd.Series([20160104, "2016-01-05", "2016-01-05"], dtype=object)))
        assert panel.dates.equals(pd.DatetimeIndex(["2016-01-04", "2016-01-05"]))

    @pytest.mark.parametrize(
        "dates",
        [[1.5, 2.5, 2.5], [True, False, False], pd.to_timedelta([1, 2, 2]), [(1,), (2,), (2,)], [[1]] * 3],
    )
    def test_no_dates_at_all(self, dates: Any) -> None:
        assert "cannot be read as dates" in error_of(bars(date=dates))

    @pytest.mark.parametrize(
        "values",
        [
            pd.to_datetime(["2016-01-04"] * 3),
            pd.to_timedelta([1, 2, 3]),
            [1 + 2j, 2j, 1j],
            pd.Series([1 + 2j, 1.0, 1.0], dtype=object),
        ],
    )
    @pytest.mark.parametrize("name", ["close", "factor"])
    def test_times_and_complex_numbers_are_no_prices(self, values: Any, name: str) -> None:
        assert f"column {name} holds" in error_of(bars(**{name: values}))

    @pytest.mark.parametrize("digits", [400, 5000])
    @pytest.mark.parametrize("name", ["close", "turnover"])
    def test_whole_numbers_beyond_any_float(self, name: str, digits: int) -> None:
        message = error_of(bars(**{name: pd.Series([1.0, 10**digits, 1.0], dtype=object)}))
        assert message.startswith(f"{name} of A on 2016-01-05 is ")
        assert "not a number" in message and len(message) < 200

    def test_a_factor_of_words_is_not_left_out(self) -> None:
        assert error_of(bars(factor=["a", "b", "c"])).startswith(
            "factor of A on 2016-01-04 is 'a', not a number"
        )

    @pytest.mark.parametrize("symbol", ["A ", " A", "A\n", "\tA", "A\0", "\ufeffA", "\u202eA", "A\u200b"])
    def test_symbols_that_look_the_same(self, symbol: str) -> None:
        assert f"the symbol {symbol!r} has spaces around it" in error_of(bars(symbol=["A", symbol, "B"]))

    @pytest.mark.parametrize(
        "symbols", [[1.5, 2.5, 3.5], [True, False, True], ["A", b"A", "B"], ["A", 1.0, "B"]]
    )
    def test_symbols_that_are_none(self, symbols: Any) -> None:
        assert "where symbols belong" in error_of(bars(symbol=symbols))

    @pytest.mark.parametrize("symbol", ["../../x", "=1+1", "<b>", "茅台", "A B", "$(x)", "a" * 5000])
    def test_any_other_text_is_a_symbol(self, symbol: str) -> None:
        assert symbol in Panel.from_long(bars(symbol=["A", symbol, "B"])).symbols


class TestOrder:
    def test_shuffled_rows_make_the_same_panel(self) -> None:
        panel = Panel.from_long(bars().iloc[[1, 2, 0]])
        np.testing.assert_array_equal(panel.array("close"), Panel.from_long(bars()).array("close"))
        assert panel.repairs == ("3 rows were out of order and were sorted by date and symbol",)

    def test_newest_first_is_counted(self) -> None:
        panel = Panel.from_long(bars().iloc[[1, 0, 2]])
        assert panel.repairs == ("2 rows were out of order and were sorted by date and symbol",)
        assert panel.array("close")[:, 0].tolist() == [10.2, 10.3]

    @pytest.mark.parametrize("key", [["date", "symbol"], ["symbol", "date"]])
    def test_day_by_day_and_stock_by_stock_are_both_order(self, key: list[str], small_panel: Panel) -> None:
        close = small_panel["close"].reset_index().melt("date", value_name="close").dropna()
        frame = close.assign(open=close["close"], high=close["close"], low=close["close"], volume=1)
        assert Panel.from_long(frame.sort_values(key)).repairs == (FACTOR_LINE,)

    @given(st.permutations(range(3)))
    def test_order_never_matters(self, order: list[int]) -> None:
        shuffled = Panel.from_long(bars().iloc[order])
        pd.testing.assert_frame_equal(shuffled["close"], Panel.from_long(bars())["close"])


class TestRepeats:
    def test_identical_rows_are_dropped_and_counted(self) -> None:
        frame = pd.concat([bars(turnover=[0.1, np.nan, 0.2])] * 2).sort_values(["date", "symbol"])
        panel = Panel.from_long(frame)
        assert panel.repairs == ("3 repeated identical rows were dropped",)
        np.testing.assert_array_equal(panel.array("close"), [[10.2, np.nan], [10.3, 5.1]])

    @pytest.mark.parametrize(
        ("name", "second", "shown"),
        [("close", 10.25, "close 10.3 and 10.25"), ("volume", 201, "volume 200 and 201")],
    )
    def test_conflicting_rows_are_refused(self, name: str, second: float, shown: str) -> None:
        frame = bars()
        frame = pd.concat([frame, frame.iloc[[1]].assign(**{name: second})])
        message = error_of(frame)
        assert "two different bars of A on 2016-01-05" in message
        assert shown in message

    def test_a_hole_against_a_number_is_a_conflict(self) -> None:
        frame = bars(turnover=[0.1, 0.2, 0.3])
        frame = pd.concat([frame, frame.iloc[[1]].assign(turnover=np.nan)])
        assert "turnover 0.2 and nan" in error_of(frame)

    def test_flags_conflict_too(self) -> None:
        frame = bars(is_st=[True, True, True])
        assert "is_st" in error_of(pd.concat([frame, frame.iloc[[1]].assign(is_st=False)]))


class TestSuspensions:
    @pytest.mark.parametrize("volume", [0, None])
    def test_row_without_volume_is_no_bar(self, volume: float | None) -> None:
        panel = Panel.from_long(bars(volume=[100, volume, 300]))
        assert panel.traded_array.tolist() == [[True, False], [False, True]]
        assert panel.repairs == ("1 rows without trade were taken as suspended days",)

    def test_row_without_prices_is_no_bar(self) -> None:
        frame = bars()
        frame.loc[1, ["open", "high", "low", "close"]] = np.nan
        assert Panel.from_long(frame).traded_array.tolist() == [[True, False], [False, True]]

    def test_zero_prices_of_a_suspended_day_are_no_error(self) -> None:
        frame = bars()
        frame.loc[1, ["open", "high", "low", "close", "volume"]] = 0
        assert Panel.from_long(frame).traded_array.tolist() == [[True, False], [False, True]]

    def test_nothing_traded_at_all(self) -> None:
        assert "no row has both a price and a volume" in error_of(bars(volume=0))


class TestValidation:
    @pytest.mark.parametrize("name", ["date", "symbol", "open", "high", "low", "close", "volume"])
    def test_missing_column(self, name: str) -> None:
        message = error_of(bars().drop(columns=name))
        assert f"column {name} is missing; the table has" in message
        assert "Remedy: name the columns date, symbol, open, high, low, close, volume." in message

    def test_column_that_is_there_twice(self) -> None:
        frame = bars()
        assert "column close is there twice" in error_of(pd.concat([frame, frame[["close"]]], axis=1))

    def test_no_rows(self) -> None:
        assert "has no rows" in error_of(bars().iloc[:0])

    @pytest.mark.parametrize("symbol", [None, np.nan, ""])
    def test_missing_symbol(self, symbol: Any) -> None:
        assert "row 1 has no symbol (1 such rows)" in error_of(bars(symbol=["A", symbol, "B"]))

    def test_missing_symbol_of_a_category(self) -> None:
        assert "row 1 has no symbol" in error_of(bars(symbol=pd.Categorical(["A", None, "B"])))

    @pytest.mark.parametrize("name", ["open", "high", "low", "close"])
    @pytest.mark.parametrize(
        ("value", "rule"),
        [
            (0.0, "is not above zero: 0"),
            (-3.0, "is not above zero: -3"),
            (np.inf, "is infinite: inf"),
            (-np.inf, "is infinite: -inf"),
            (np.nan, "is missing: nan"),
            ("ten", "is 'ten', not a number"),
            ("1,050.5", "is '1,050.5', not a number"),
        ],
    )
    def test_bad_price_names_the_bar(self, name: str, value: Any, rule: str) -> None:
        frame = bars()
        values = frame[name].astype(object)
        values.iloc[1] = value
        message = error_of(frame.assign(**{name: values}))
        assert message.startswith(f"{name} of A on 2016-01-05 {rule}")
        assert "Remedy:" in message

    def test_high_below_low(self) -> None:
        message = error_of(bars(high=[10.5, 9.0, 5.2]))
        assert message.startswith("high of A on 2016-01-05 lies below the low of that day: 9")

    def test_counts_the_other_bad_rows(self) -> None:
        assert "(and 2 more rows)" in error_of(bars(close=[-1.0, -1.0, -1.0]))

    @pytest.mark.parametrize(
        ("name", "value", "rule"),
        [
            ("volume", -1.0, "is negative"),
            ("volume", np.inf, "is infinite"),
            ("volume", "many", "is 'many', not a number"),
            ("factor", 0.0, "is not above zero"),
            ("factor", np.nan, "is not above zero"),
            ("turnover", np.inf, "is infinite"),
            ("amount", "1.2亿", "is '1.2亿', not a number"),
        ],
    )
    def test_bad_other_field(self, name: str, value: Any, rule: str) -> None:
        values = pd.Series([1.0, value, 1.0], dtype=object)
        assert error_of(bars(**{name: values})).startswith(f"{name} of A on 2016-01-05 {rule}")

    def test_numbers_written_as_text_are_read(self) -> None:
        panel = Panel.from_long(bars(close=["10.2", "10.3", "5.1"], amount=["1e3", None, "5"]))
        assert panel.array("close")[1].tolist() == [10.3, 5.1]
        np.testing.assert_array_equal(panel.array("amount"), [[1000.0, np.nan], [np.nan, 5.0]])

    def test_text_column_is_left_out_and_said(self) -> None:
        panel = Panel.from_long(bars(name=["bank", "bank", "360"], listed=pd.Timestamp("2010-01-01")))
        assert "name" not in panel
        assert panel.repairs == ("columns of text were left out: name, listed",)

    @pytest.mark.parametrize("flags", [[1, 0, None], ["True", "false", None], [True, False, None]])
    def test_flags_in_other_words(self, flags: list[Any]) -> None:
        panel = Panel.from_long(bars(is_st=pd.Series(flags, dtype=object)))
        assert panel.array("is_st").tolist() == [[True, False], [False, False]]
        assert panel.repairs == ("1 empty cells of is_st were taken as false",)

    @pytest.mark.parametrize("flag", ["ST", 2])
    def test_bad_flag(self, flag: Any) -> None:
        message = error_of(bars(is_st=pd.Series([1, flag, 0], dtype=object)))
        assert message.startswith(f"is_st of A on 2016-01-05 is {flag!r}, not true or false")

    def test_extension_dtypes(self) -> None:
        frame = bars().convert_dtypes()
        np.testing.assert_array_equal(Panel.from_long(frame).array("close"), [[10.2, np.nan], [10.3, 5.1]])


class TestReferenceEquivalence:
    @settings(max_examples=30, deadline=None)
    @given(st.data())
    def test_equals_the_pivot_of_pandas(self, data: st.DataObject) -> None:
        cells = data.draw(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 5)), min_size=1))
        frame = pd.DataFrame(sorted(cells), columns=["day", "stock"])
        close = 1.0 + np.arange(len(frame)) / 7
        frame = frame.assign(
            date=pd.Timestamp("2016-01-04") + pd.to_timedelta(frame["day"], unit="D"),
            symbol="S" + frame["stock"].astype(str),
            **dict.fromkeys(("open", "high", "low", "close"), close),
            volume=1.0,
        )
        table = parse_long(frame.sample(frac=1.0, random_state=3))
        expected = frame.pivot(index="date", columns="symbol", values="close")  # noqa: PD010
        np.testing.assert_array_equal(table.to_array("close"), expected.to_numpy())
        assert table.symbols.tolist() == expected.columns.tolist()
        assert table.dates.tolist() == expected.index.tolist()
