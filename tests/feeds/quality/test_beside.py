"""Checks of membership, statements and the index: a planted fault is found, what is right is not."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from btalpha.feeds import DataError
from btalpha.feeds.quality import CHECKS, read_dataset, run_checks
from btalpha.feeds.statements import KEYS

from .conftest import DATES, found, row_of

LAST = str(DATES[-1].date())


def members(*more: tuple[str, str, str | None]) -> pd.DataFrame:
    """Two symbols throughout, one of them in two pieces, and more ranges."""
    ranges = [
        ("000001.SZ", "2015-12-01", None),
        ("600000.SH", "2015-12-01", "2016-01-17"),
        ("600000.SH", "2016-01-18", "2016-02-19"),
    ]
    return pd.DataFrame([*ranges, *more], columns=["symbol", "start", "end"])


def statements(*more: tuple[str, str, str | None]) -> pd.DataFrame:
    rows = [
        ("000001.SZ", "2015-09-30", "2015-10-20"),
        ("000001.SZ", "2015-12-31", "2016-04-30"),  # on the last day that the law allows
        ("600000.SH", "2015-12-31", "2015-12-31"),
    ]
    return pd.DataFrame([*rows, *more], columns=["symbol", "period_end", "announce_date"]).assign(profit=1.0)


def benchmark(rows: slice = slice(None)) -> pd.DataFrame:
    level = [3000.0 + t for t in range(len(DATES))]
    return pd.DataFrame({"date": DATES, "open": level, "close": level}).iloc[rows]


def with_value(t: int, **values: object) -> pd.DataFrame:
    table = benchmark().astype({"open": float, "close": float})
    for name, value in values.items():
        table.loc[t, name] = value
    return table


RIGHT = {"members": members, "statements": statements, "benchmark": benchmark}
# tables, what is found (check: count), the first example of it
FAULTS = {
    "a member unknown to the bars": (
        {
            "members": members(
                ("600001.SH", "2016-01-11", "2016-01-15"), ("600001.SH", "2016-01-20", "2016-01-20")
            )
        },
        "members_without_bars",
        ("600001.SH", "2016-01-11", "member for 6 days, no bar at all"),
    ),
    "a range that ends before it starts": (
        {"members": members(("000001.SZ", "2016-01-15", "2016-01-11"))},
        "impossible_ranges",
        ("000001.SZ", "2016-01-15", "ends on 2016-01-11, before"),
    ),
    "a range without a start": (
        {"members": members(("600001.SH", None, "2016-01-11"))},
        "impossible_ranges",
        ("600001.SH", "", "no start"),
    ),
    "ranges that overlap": (
        {"members": members(("000001.SZ", "2016-01-11", "2016-01-15"))},
        "overlapping_ranges",
        ("000001.SZ", "2016-01-11", "an earlier range has no end"),
    ),
    "announced before the period ends": (
        {"statements": statements(("000001.SZ", "2016-03-31", "2016-03-30"))},
        "announced_before_period_end",
        ("000001.SZ", "2016-03-31", "announced 2016-03-30"),
    ),
    "a period within a quarter": (
        {"statements": statements(("000001.SZ", "2016-02-29", "2016-04-20"))},
        "odd_period_ends",
        ("000001.SZ", "2016-02-29", "announced 2016-04-20"),
    ),
    "late": (
        {"statements": statements(("000001.SZ", "2015-12-31", "2016-05-01"))},
        "announced_late",
        ("000001.SZ", "2015-12-31", "announced 2016-05-01"),
    ),
    "not announced": (
        {"statements": statements(("000001.SZ", "2016-03-31", None))},
        "unannounced",
        ("000001.SZ", "2016-03-31", "announced (missing)"),
    ),
    "statements of a symbol without bars": (
        {"statements": statements(("000002.SZ", "2015-12-31", "2016-04-20"))},
        "statements_without_bars",
        ("000002.SZ", "", "1 statements"),
    ),
    "an index that lacks a day": (
        {"benchmark": benchmark().drop(7)},
        "benchmark_days_missing",
        ("", str(DATES[7].date()), "no value"),
    ),
    "an index value of zero": (
        {"benchmark": with_value(7, open=0.0)},
        "benchmark_unusable",
        ("", str(DATES[7].date()), "open 0, close 3007"),
    ),
    "an index with a day twice": (
        {"benchmark": pd.concat([benchmark(), benchmark(slice(3, 4))])},
        "benchmark_unusable",
        ("", str(DATES[3].date()), "open 3003, close 3003"),
    ),
    "an index that jumps": (
        {"benchmark": with_value(29, close=3400.0)},
        "benchmark_jumps",
        ("", LAST, "open 3029, close 3400"),
    ),
}


def test_right_tables_have_no_fault(bars: pd.DataFrame, checked: Callable) -> None:
    findings = checked(bars, **{name: make() for name, make in RIGHT.items()})
    assert found(findings) == {}
    assert [finding.check for finding in findings.values() if finding.skipped] == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_its_check_alone(
    name: str, bars: pd.DataFrame, checked: Callable
) -> None:
    tables, check, example = FAULTS[name]
    findings = checked(bars, **tables)
    assert found(findings) == {check: 1}
    assert findings[check].hits.examples == (example,)


def test_times_in_the_index_beyond_the_bars(bars: pd.DataFrame, checked: Callable) -> None:
    """300001.SZ trades on days 10 to 19 only; its ranges end before, begin before and end after that."""
    gone = [row_of(bars, "300001.SZ", t) for t in range(30) if not 10 <= t < 20]
    day = [str(one.date()) for one in DATES]
    ranges = members(
        ("300001.SZ", day[1], day[3]), ("300001.SZ", day[6], day[12]), ("300001.SZ", day[15], day[21])
    )
    hits = checked(bars.drop(gone), members=ranges)["members_beyond_bars"].hits
    assert hits.count == 3
    assert hits.examples == (
        ("300001.SZ", day[6], f"member for 4 days before the first bar on {day[10]}"),
        ("300001.SZ", day[1], "member for 3 days and no bar in them"),
        ("300001.SZ", day[15], f"member for 2 days after the last bar on {day[19]}"),
    )


def test_pieces_of_a_range_are_one_time(bars: pd.DataFrame, checked: Callable) -> None:
    """A weekend between two pieces leaves out no day of trading; a Monday does."""
    joined = members(("600001.SH", "2016-01-04", "2016-01-08"), ("600001.SH", "2016-01-11", "2016-01-15"))
    apart = members(("600001.SH", "2016-01-04", "2016-01-08"), ("600001.SH", "2016-01-12", "2016-01-15"))
    words = [
        checked(bars, members=ranges)["members_without_bars"].hits.examples[0].value
        for ranges in (joined, apart)
    ]
    assert words == ["member for 10 days, no bar at all", "member for 9 days, no bar at all"]


def test_every_check_has_a_planted_fault() -> None:
    others = {
        check.find.__name__ for check in CHECKS if {"members", "statements", "benchmark"} & set(check.needs)
    }
    assert {check for _, check, _ in FAULTS.values()} | {"members_beyond_bars"} == others


def test_a_table_of_another_kind_is_refused(bars: pd.DataFrame, checked: Callable) -> None:
    with pytest.raises(DataError, match=r"statements\.csv: column announce_date is missing"):
        checked(bars, statements=statements().drop(columns="announce_date"))
    with pytest.raises(DataError, match=r"benchmark\.csv: column open is missing"):
        checked(bars, benchmark=benchmark().drop(columns="open"))


@pytest.mark.real_data
class TestRealBars:
    """What is known of the shared A-share bars."""

    def test_csi300(self, shared_data: Path) -> None:
        data = read_dataset(
            shared_data / "ashare_csi300_2010_2016.parquet",
            members=shared_data / "index_members.csv",
            index="csi300",
        )
        findings = {finding.check: finding for finding in run_checks(data)}
        assert {name for name, finding in findings.items() if finding.failed} == {"limits_broken"}
        # The only one: it moves 5.5 % in a day on which the data has it under special treatment.
        (example,) = findings["limits_broken"].hits.examples
        assert (example.symbol, example.date) == ("000598.SZ", "2010-05-05")
        # Shares that traded again after a reorganisation, which have no limit that day.
        after = findings["limits_broken_after_pause"].hits.examples
        assert {"000831.SZ", "600633.SH"} <= {example.symbol for example in after}


def test_statements_with_a_row_a_figure_are_counted_once(checked, bars):
    table = statements(("000001.SZ", "2015-12-31", None))
    rows = pd.concat([table[list(KEYS)].assign(field=name, value=1.0) for name in ("roe", "equity", "cash")])
    assert checked(bars, statements=rows)["unannounced"].hits.count == 1
