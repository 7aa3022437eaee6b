"""Packed bars: what is packed where, the index beside a suspended stock, statements point in time."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.signals.factors import Bars

DATES = pd.bdate_range("2016-01-04", periods=5)


def tiny_panel(**parts: object) -> Panel:
    """A trades every day; B misses the second and third; its factor doubles on the fourth."""
    rows = [(0, "A"), (1, "A"), (2, "A"), (3, "A"), (4, "A"), (0, "B"), (3, "B"), (4, "B")]
    table = pd.DataFrame(
        [{"date": DATES[t], "symbol": symbol, "close": 10.0 + t, "volume": 100.0 + t} for t, symbol in rows]
    )
    table["factor"] = np.where((table["symbol"] == "B") & (table["date"] >= DATES[3]), 2.0, 1.0)
    table = table.assign(open=table["close"], high=table["close"], low=table["close"])
    return Panel.from_long(table, **parts)


class TestPacking:
    def test_moves_traded_bars_to_the_top(self) -> None:
        bars = Bars(tiny_panel())
        np.testing.assert_array_equal(bars.volume[:, 0], [100, 101, 102, 103, 104])
        np.testing.assert_array_equal(bars.volume[:, 1], [100, 103, 104, np.nan, np.nan])
        assert bars.counts.tolist() == [5, 3]

    def test_and_back(self, panel: Panel) -> None:
        bars = Bars(panel)
        for name in ("close", "volume"):
            np.testing.assert_array_equal(bars.unpack(bars.field(name)), panel.array(name))

    def test_prices_are_adjusted_and_fields_are_not(self) -> None:
        bars = Bars(tiny_panel())
        np.testing.assert_array_equal(bars.close[:3, 1], [10, 26, 28])
        np.testing.assert_array_equal(bars.field("close")[:3, 1], [10, 13, 14])

    def test_fields_are_packed_once(self) -> None:
        bars = Bars(tiny_panel())
        assert bars.close is bars.close

    def test_flags_are_numbers(self, small_panel: Panel) -> None:
        assert set(np.unique(Bars(small_panel).field("is_st"))[:2]) == {0.0, 1.0}


class TestIndex:
    LEVELS = pd.DataFrame({"open": 1.0, "close": [100.0, 110.0, 121.0, 133.1, 100.0]}, index=DATES)

    def test_spans_the_same_days_as_the_stock(self) -> None:
        bars = Bars(tiny_panel(benchmark=self.LEVELS))
        np.testing.assert_allclose(bars.index_returns[1:, 0], [0.1, 0.1, 0.1, 100 / 133.1 - 1])
        np.testing.assert_allclose(bars.index_returns[1:3, 1], [0.331, 100 / 133.1 - 1])

    def test_is_nan_where_the_index_has_no_value(self) -> None:
        bars = Bars(tiny_panel(benchmark=self.LEVELS.drop(DATES[2])))
        assert np.isnan(bars.index("close")[:, 0]).tolist() == [False, False, True, False, False]

    def test_missing(self) -> None:
        with pytest.raises(DataError, match="no benchmark"):
            Bars(tiny_panel()).index("close")


class TestStatements:
    TABLE = pd.DataFrame(
        {
            "symbol": ["B", "B", "A", "Z"],
            "period_end": ["2015-09-30", "2015-12-31", "2013-12-31", "2015-12-31"],
            "announce_date": ["2015-10-20", "2016-01-07", "2014-03-01", "2016-01-05"],
            "equity": [50.0, 60.0, 9.0, 7.0],
        }
    )

    def test_count_from_their_announcement(self) -> None:
        bars = Bars(tiny_panel(statements=self.TABLE))
        np.testing.assert_array_equal(bars.statement("equity")[:3, 1], [50, 60, 60])

    def test_are_nan_when_stale(self) -> None:
        assert np.isnan(Bars(tiny_panel(statements=self.TABLE)).statement("equity")[:, 0]).all()

    def test_announced_values_follow_the_rules_of_values(self, panel: Panel) -> None:
        bars = Bars(panel)
        for field in ("equity", "net_profit", "goodwill"):
            values = panel.statements.frame[field].to_numpy()
            np.testing.assert_array_equal(bars.announced(values), bars.statement(field))

    def test_trailing_year_follows_the_rules_of_ttm(self, panel: Panel) -> None:
        bars = Bars(panel)
        np.testing.assert_array_equal(bars.announced(bars.figures.ttm("ebit")), bars.ttm("ebit"))

    def test_missing(self) -> None:
        with pytest.raises(DataError, match="no statements"):
            Bars(tiny_panel()).statement("equity")
        with pytest.raises(DataError, match="no field 'ebit'"):
            Bars(tiny_panel(statements=self.TABLE)).figures.latest("ebit")


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("close", True),
        ("turnover", False),
        ("index:close", True),
        ("index:high", False),
        ("statement:equity", True),
        ("statement:close", False),
    ],
)
def test_has(name: str, there: bool) -> None:
    bars = Bars(tiny_panel(statements=TestStatements.TABLE, benchmark=TestIndex.LEVELS))
    assert bars.has(name) is there


def test_has_nothing_of_what_was_not_given() -> None:
    bars = Bars(tiny_panel())
    assert not bars.has("index:close")
    assert not bars.has("statement:equity")
