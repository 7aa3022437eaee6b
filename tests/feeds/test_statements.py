from typing import Any

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Statements
from btalpha.feeds.statements import statutory_deadline
from hypothesis import given, settings
from hypothesis import strategies as st

A = pd.Index(["A"])


def table(*rows: tuple[str, str, str | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["symbol", "period_end", "announce_date", "profit"])


def on(statements: Statements, *days: str, method: str = "values", **options: Any) -> list[float]:
    """Values of A on some days, -1 where there is none."""
    values = getattr(statements, method)("profit", pd.DatetimeIndex(list(days)), A, **options)
    return np.where(np.isnan(values), -1.0, values).ravel().tolist()


class TestValues:
    def test_counts_from_the_announcement(self) -> None:
        statements = Statements.from_long(table(("A", "2015-12-31", "2016-03-15", 100.0)))
        assert on(statements, "2015-12-31", "2016-03-14", "2016-03-15", "2016-04-01") == [-1, -1, 100, 100]

    def test_announced_on_a_holiday_counts_from_the_next_day(self) -> None:
        statements = Statements.from_long(table(("A", "2015-12-31", "2016-03-12", 100.0)))
        assert on(statements, "2016-03-11", "2016-03-14") == [-1, 100]

    def test_announced_in_the_evening_counts_from_the_next_day(self) -> None:
        statements = Statements.from_long(table(("A", "2015-12-31", "2016-03-15 18:00", 100.0)))
        assert on(statements, "2016-03-15", "2016-03-16") == [-1, 100]

    def test_restatement_counts_from_its_own_day(self) -> None:
        rows = ("A", "2015-12-31", "2016-03-15", 100.0), ("A", "2015-12-31", "2016-06-01", 80.0)
        statements = Statements.from_long(table(*rows))
        assert on(statements, "2016-05-31", "2016-06-01") == [100, 80]

    def test_late_filing_of_an_old_period_hides_no_newer_one(self) -> None:
        rows = (
            ("A", "2015-12-31", "2016-03-15", 100.0),
            ("A", "2015-09-30", "2016-05-01", 70.0),
            ("A", "2016-03-31", "2016-05-20", 30.0),
        )
        statements = Statements.from_long(table(*rows))
        assert on(statements, "2016-04-01", "2016-05-02", "2016-05-20") == [100, 100, 30]

    def test_two_periods_of_one_day_give_the_later(self) -> None:
        rows = ("A", "2016-03-31", "2016-04-28", 30.0), ("A", "2015-12-31", "2016-04-28", 100.0)
        assert on(Statements.from_long(table(*rows)), "2016-04-28") == [30]

    def test_stale_once_the_period_is_too_old(self) -> None:
        statements = Statements.from_long(table(("A", "2015-12-31", "2016-03-15", 100.0)))
        # 2017-02-03 is 400 days after 2015-12-31.
        assert on(statements, "2017-02-03", "2017-02-04") == [100, -1]
        assert on(statements, "2016-04-09", "2016-04-10", max_age_days=100) == [100, -1]

    def test_missing_figure_leaves_the_one_before(self) -> None:
        rows = ("A", "2015-09-30", "2015-10-20", 70.0), ("A", "2015-12-31", "2016-03-15", None)
        assert on(Statements.from_long(table(*rows)), "2016-03-16") == [70]

    def test_axes_are_those_asked_for(self) -> None:
        rows = ("A", "2015-09-30", "2015-10-20", 1.0), ("B", "2015-09-30", "2015-10-21", 2.0)
        days = pd.DatetimeIndex(["2015-10-20", "2015-10-21"])
        values = Statements.from_long(table(*rows)).values("profit", days, pd.Index(["C", "B", "A"]))
        np.testing.assert_array_equal(values, [[np.nan, np.nan, 1.0], [np.nan, 2.0, 1.0]])


class TestDeadlines:
    @pytest.mark.parametrize(
        ("period_end", "deadline"),
        [
            ("2015-03-31", "2015-04-30"),
            ("2015-06-30", "2015-08-31"),
            ("2015-09-30", "2015-10-31"),
            ("2015-12-31", "2016-04-30"),
        ],
    )
    def test_statutory(self, period_end: str, deadline: str) -> None:
        assert statutory_deadline(pd.Timestamp(period_end)) == pd.Timestamp(deadline)

    @pytest.mark.parametrize("announced", [None, "2015-03-30"])
    def test_counts_from_the_deadline_when_unknown_or_impossible(self, announced: str | None) -> None:
        statements = Statements.from_long(table(("A", "2015-03-31", announced, 5.0)))
        assert on(statements, "2015-04-01", "2015-04-29", "2015-04-30") == [-1, -1, 5]
        assert len(statements.repairs) == 1
        assert statements.repairs[0].startswith("1 statements ")
        assert "statutory deadline" in statements.repairs[0]


class TestTtm:
    ROWS = (
        ("A", "2014-12-31", "2015-03-10", 100.0),
        ("A", "2014-03-31", "2014-04-20", 20.0),
        ("A", "2015-03-31", "2015-04-20", 35.0),
        ("A", "2015-12-31", "2016-03-10", 140.0),
    )

    def test_known_answers(self) -> None:
        statements = Statements.from_long(table(*self.ROWS))
        days = "2014-04-20", "2015-03-10", "2015-04-19", "2015-04-20", "2016-03-10"
        # A first quarter alone gives none; a year is itself; 35 + 100 - 20.
        assert on(statements, *days, method="ttm") == [-1, 100, 100, 115, 140]

    def test_year_before_that_comes_late_completes_the_quarter(self) -> None:
        late = (*self.ROWS[0][:2], "2015-04-30", 100.0)
        statements = Statements.from_long(table(late, *self.ROWS[1:3]))
        assert on(statements, "2015-04-20", "2015-04-29", "2015-04-30", method="ttm") == [-1, -1, 115]

    def test_restated_year_changes_the_total_from_that_day(self) -> None:
        restated = ("A", "2014-12-31", "2015-05-15", 90.0)
        statements = Statements.from_long(table(*self.ROWS[:3], restated))
        assert on(statements, "2015-05-14", "2015-05-15", method="ttm") == [115, 105]

    def test_unknown_quarter_of_the_year_before_gives_none(self) -> None:
        statements = Statements.from_long(table(self.ROWS[0], self.ROWS[2]))
        assert on(statements, "2015-03-10", "2015-04-20", method="ttm") == [100, -1]

    def test_stale_like_values(self) -> None:
        statements = Statements.from_long(table(*self.ROWS[:3]))
        # The quarter of 2015-03-31 is 400 days old on 2016-05-04.
        assert on(statements, "2016-05-04", "2016-05-05", method="ttm") == [115, -1]


QUARTERS = [str(day.date()) for day in pd.date_range("2014-03-31", "2016-06-30", freq="QE")]
FILINGS = st.tuples(
    st.sampled_from(["A", "B"]),
    st.sampled_from(QUARTERS),
    st.one_of(st.none(), st.integers(-30, 300)),
    st.one_of(st.none(), st.integers(0, 50)),
)


@st.composite
def drawn_statements(draw: st.DrawFn) -> Statements:
    rows = []
    for symbol, period_end, delay, value in draw(st.lists(FILINGS, min_size=1, max_size=15)):
        announced = None if delay is None else pd.Timestamp(period_end) + pd.Timedelta(days=delay)
        rows.append((symbol, period_end, announced, None if value is None else float(value)))
    frame = table(*rows).astype({"announce_date": "datetime64[ns]", "profit": float})
    return Statements.from_long(frame)


def latest(
    rows: list[tuple[str, pd.Timestamp, pd.Timestamp, float]], symbol: str, day: pd.Timestamp
) -> float:
    """Read every row: the newest period known that day, in its last version, unless it is too old."""
    seen = [(end, at) for at, (name, end, visible, _) in enumerate(rows) if name == symbol and visible <= day]
    if not seen or (day - max(seen)[0]).days > 400:
        return np.nan
    return rows[max(seen)[1]][3]


class TestProperties:
    DAYS = pd.date_range("2014-01-01", "2017-03-31", freq="23D")
    SYMBOLS = pd.Index(["A", "B"])

    @settings(max_examples=60, deadline=None)
    @given(drawn_statements(), st.sampled_from(DAYS.tolist()), st.sampled_from(["values", "ttm"]))
    def test_nothing_of_the_future_is_used(self, whole: Statements, day: pd.Timestamp, method: str) -> None:
        known = whole.until(day)
        assert (known.frame["visible"] <= day).all()
        days = self.DAYS[: self.DAYS.tolist().index(day) + 1]
        np.testing.assert_array_equal(
            getattr(whole, method)("profit", self.DAYS, self.SYMBOLS)[: len(days)],
            getattr(known, method)("profit", days, self.SYMBOLS),
        )

    @settings(max_examples=40, deadline=None)
    @given(drawn_statements())
    def test_values_equal_looking_day_by_day(self, statements: Statements) -> None:
        frame = statements.frame.dropna(subset=["profit"])
        columns = (frame[name].tolist() for name in ("symbol", "period_end", "visible", "profit"))
        rows = list(zip(*columns, strict=True))
        expected = [[latest(rows, symbol, day) for symbol in self.SYMBOLS] for day in self.DAYS]
        np.testing.assert_array_equal(statements.values("profit", self.DAYS, self.SYMBOLS), expected)


class TestValidation:
    def message(self, frame: pd.DataFrame) -> str:
        with pytest.raises(DataError) as caught:
            Statements.from_long(frame)
        return str(caught.value)

    ROW = ("A", "2015-12-31", "2016-03-15", 1.0)

    @pytest.mark.parametrize("name", ["symbol", "period_end", "announce_date"])
    def test_missing_key(self, name: str) -> None:
        assert f"lack the column {name}" in self.message(table(self.ROW).drop(columns=name))

    @pytest.mark.parametrize("end", ["2015-12-30", "2015-11-30", None])
    def test_no_quarter_end(self, end: str | None) -> None:
        message = self.message(table(self.ROW, ("B", end, None, 1.0)))  # type: ignore[arg-type]
        assert f"period_end of B (row 1) is {end or 'missing'}, not the end of a calendar quarter" in message

    def test_date_that_is_none(self) -> None:
        message = self.message(table(("A", "2015-12-31", "in spring", 1.0)))
        assert "column announce_date cannot be read as dates" in message

    def test_figure_that_is_no_number(self) -> None:
        frame = table(self.ROW, ("B", "2015-12-31", None, 1.0)).assign(profit=["1", "--"])
        assert "profit of B for 2015-12-31 is '--', not a number" in self.message(frame)

    def test_missing_symbol(self) -> None:
        assert "row 0 has no symbol" in self.message(table((None, *self.ROW[1:])))  # type: ignore[arg-type]

    def test_unknown_field(self) -> None:
        with pytest.raises(DataError, match=r"no field 'sales'\. Remedy: use one of profit"):
            Statements.from_long(table(self.ROW)).values("sales", pd.DatetimeIndex(["2016-01-04"]), A)

    def test_infinite_figure_is_missing_and_counted(self) -> None:
        statements = Statements.from_long(table(self.ROW, ("A", "2016-03-31", "2016-04-20", np.inf)))
        assert on(statements, "2016-04-21") == [1]
        assert statements.repairs == ("1 infinite figures of profit were taken as missing",)

    def test_text_is_left_out_and_said(self) -> None:
        statements = Statements.from_long(table(self.ROW).assign(auditor="one of four"))
        assert statements.fields == ("profit",)
        assert statements.repairs == ("statement columns of text were left out: auditor",)

    def test_two_rows_of_one_day_are_counted_and_the_last_counts(self) -> None:
        statements = Statements.from_long(table(self.ROW, (*self.ROW[:3], 2.0)))
        assert on(statements, "2016-03-15") == [2]
        assert statements.repairs == (
            "1 statements repeat a period of the same day: the last row of the day counts",
        )


class TestAsOf:
    """A late year, restated in between, and a quarter that came in time."""

    ROWS = (
        ("A", "2015-09-30", "2015-10-20", 70.0),
        ("A", "2015-12-31", "2016-06-10", 100.0),  # after its deadline
        ("A", "2016-03-31", "2016-04-28", 30.0),
        ("A", "2015-12-31", "2016-08-01", 80.0),  # restated
        ("A", "2015-09-30", "2016-08-01", None),  # announced again, without this figure
        ("B", "2015-12-31", None, 9.0),
    )

    def seen(self, day: str) -> list[tuple[str, str, float]]:
        known = Statements.from_long(table(*self.ROWS)).as_of(day)
        assert known.columns.tolist() == [
            "symbol",
            "period_end",
            "announce_date",
            "visible",
            "field",
            "value",
        ]
        assert (known["visible"] <= pd.Timestamp(day)).all()
        ends = known["period_end"].dt.strftime("%Y-%m-%d")
        return list(zip(known["symbol"], ends, known["value"], strict=True))

    @pytest.mark.parametrize(
        ("day", "expected"),
        [
            ("2015-10-19", []),
            ("2015-10-20", [("A", "2015-09-30", 70.0)]),
            ("2016-04-29", [("A", "2015-09-30", 70.0), ("A", "2016-03-31", 30.0)]),
            ("2016-04-30", [("A", "2015-09-30", 70.0), ("A", "2016-03-31", 30.0), ("B", "2015-12-31", 9.0)]),
            (
                "2016-06-10",
                [
                    ("A", "2015-09-30", 70.0),
                    ("A", "2015-12-31", 100.0),
                    ("A", "2016-03-31", 30.0),
                    ("B", "2015-12-31", 9.0),
                ],
            ),
            (
                "2016-08-01",
                [
                    ("A", "2015-09-30", 70.0),
                    ("A", "2015-12-31", 80.0),
                    ("A", "2016-03-31", 30.0),
                    ("B", "2015-12-31", 9.0),
                ],
            ),
        ],
    )
    def test_what_was_visible(self, day: str, expected: list[tuple[str, str, float]]) -> None:
        assert self.seen(day) == expected

    def test_the_announcement_that_is_shown_is_the_one_that_was_told(self) -> None:
        known = (
            Statements.from_long(table(*self.ROWS)).as_of("2016-12-30").set_index(["symbol", "period_end"])
        )
        year = pd.Timestamp("2015-12-31")
        assert known.loc[("A", year), "announce_date"] == pd.Timestamp("2016-08-01")
        assert pd.isna(known.loc[("B", year), "announce_date"])
        assert known.loc[("B", year), "visible"] == pd.Timestamp("2016-04-30")

    def test_all_versions_are_kept(self) -> None:
        kept = Statements.from_long(table(*self.ROWS)).records()
        years = kept[(kept["symbol"] == "A") & (kept["period_end"] == "2015-12-31")]
        assert years["value"].tolist() == [100.0, 80.0]
        assert kept["visible"].is_monotonic_increasing

    @settings(max_examples=20, deadline=None)
    @given(drawn_statements(), st.sampled_from(TestProperties.DAYS.tolist()))
    def test_its_newest_period_is_what_the_array_has(self, statements: Statements, day: pd.Timestamp) -> None:
        known = statements.as_of(day)
        array = statements.values(
            "profit", pd.DatetimeIndex([day]), TestProperties.SYMBOLS, max_age_days=10_000
        )
        for column, symbol in enumerate(TestProperties.SYMBOLS):
            values = known.loc[known["symbol"] == symbol, "value"]
            np.testing.assert_array_equal(array[0, column], values.iloc[-1] if len(values) else np.nan)


class TestRecords:
    WIDE = pd.DataFrame(
        {
            "symbol": ["A", "A", "B"],
            "period_end": ["2015-12-31", "2015-12-31", "2015-12-31"],
            "announce_date": ["2016-03-15", "2016-06-01", None],
            "equity": [500.0, np.nan, 70.0],
            "profit": [100.0, 80.0, np.nan],
        }
    )

    def long(self) -> pd.DataFrame:
        keys = ["symbol", "period_end", "announce_date"]
        return self.WIDE.melt(id_vars=keys, var_name="field", value_name="value")

    def test_a_row_a_figure_is_the_same_as_a_column_a_figure(self) -> None:
        tall, wide = Statements.from_long(self.long()), Statements.from_long(self.WIDE)
        pd.testing.assert_frame_equal(tall.frame[wide.frame.columns], wide.frame)
        assert tall.repairs == wide.repairs
        assert tall.fields == ("equity", "profit")

    def test_there_and_back(self) -> None:
        once = Statements.from_long(self.long())
        again = Statements.from_long(once.records())
        pd.testing.assert_frame_equal(again.frame, once.frame)

    def test_there_and_back_the_last_version_of_a_day_stays_the_last(self) -> None:
        before, end = pd.Timestamp("2014-03-30"), pd.Timestamp("2014-03-31")
        rows = [("A", end, None, 1.0), ("A", end, before, 2.0), ("A", end, None, 3.0)]
        once = Statements.from_long(table(*rows).astype({"announce_date": "datetime64[ns]"}))
        again = Statements.from_long(once.records())
        assert (
            once.as_of("2015-01-01")["value"].tolist() == again.as_of("2015-01-01")["value"].tolist() == [3.0]
        )

    @settings(max_examples=20, deadline=None)
    @given(drawn_statements())
    def test_there_and_back_with_anything(self, statements: Statements) -> None:
        records = statements.records()
        if len(records):
            again = Statements.from_long(records).records()
            figure = ["symbol", "period_end", "announce_date", "field"]
            pd.testing.assert_frame_equal(
                again, records.drop_duplicates(figure, keep="last", ignore_index=True)
            )

    def test_a_figure_twice_is_counted_and_the_last_counts(self) -> None:
        twice = pd.concat([self.long(), self.long().iloc[[0]].assign(value=501.0)])
        statements = Statements.from_long(twice)
        assert statements.repairs[0] == "1 figures are there twice on one day: the last row counts"
        assert statements.as_of("2016-04-01")["value"].tolist() == [501.0, 100.0]

    def test_a_row_without_a_field(self) -> None:
        with pytest.raises(DataError, match="row 1 of the statements has no field"):
            Statements.from_long(self.long().assign(field=["equity", None, "x", "x", "x", "x"]))

    def test_a_missing_key(self) -> None:
        with pytest.raises(DataError, match="lack the column announce_date"):
            Statements.from_long(self.long().drop(columns="announce_date"))


@pytest.mark.real_data
def test_real_statements_are_never_seen_before_their_day(shared_data: Any) -> None:
    table = pd.read_parquet(shared_data / "fundamentals_2014_2016.parquet")
    statements = Statements.from_long(table)
    unknown = int(table["announce_date"].isna().sum())
    assert f"{unknown:,} statements without announcement date" in "\n".join(statements.repairs)
    end = pd.Timestamp("2015-12-31")
    year = table[table["period_end"] == end].dropna(subset=["current_ratio"])
    told = year["announce_date"].where(year["announce_date"] >= end, pd.Timestamp("2016-04-30"))
    for day in ("2016-03-31", "2016-04-29", "2016-05-03"):
        known = statements.as_of(day)
        known = known[(known["field"] == "current_ratio") & (known["period_end"] == end)]
        assert set(known["symbol"]) == set(year.loc[told <= pd.Timestamp(day), "symbol"])
    # On the day before the deadline the unannounced ones are hidden, and there the day after.
    silent = set(year.loc[year["announce_date"].isna(), "symbol"])
    assert silent and silent <= set(known["symbol"])
