"""Tables that say what is known today instead of what was known then."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import Panel, Statements, read_members
from btalpha.signals.audit import check_members, check_statements, check_universe


@pytest.fixture(scope="module")
def joined(market: Panel) -> pd.DataFrame:
    """Half of the symbols for the first half of the days, the others for the second."""
    half = len(market.symbols) // 2
    middle = market.dates[200]
    first = pd.DataFrame({"symbol": market.symbols[:half], "start": market.dates[0], "end": middle})
    second = pd.DataFrame({"symbol": market.symbols[half:], "start": market.dates[201], "end": pd.NaT})
    return pd.concat([first, second], ignore_index=True)


class TestUniverse:
    def test_a_universe_that_changes_holds(self, market: Panel, joined: pd.DataFrame) -> None:
        check = check_universe(market.with_members(joined))
        assert (check.verdict, check.holds) == ("holds", True)
        assert "40 members, 40 entries and exits" in check.finding

    def test_todays_members_over_the_whole_history_are_caught(
        self, market: Panel, joined: pd.DataFrame, tmp_path: Path
    ) -> None:
        # The mistake as it is made: a list of today's members, with one range each.
        today = joined[joined["end"].isna()].assign(start=market.dates[0])
        path = tmp_path / "members.csv"
        today.to_csv(path, index=False)
        check = check_universe(market.with_members(read_members(path)))
        assert (check.verdict, check.holds) == ("looks ahead", False)
        assert (
            f"the same 20 of 40 symbols, {market.symbols[20]} the first, on every day from " in check.finding
        )

    def test_a_short_history_proves_nothing(self, market: Panel, joined: pd.DataFrame) -> None:
        today = joined[joined["end"].isna()].assign(start=market.dates[0])
        short = market.until(market.dates[150]).with_members(today)
        assert check_universe(short).verdict == "holds"

    def test_survivors_only_are_a_doubt(self, market: Panel) -> None:
        last = market.traded_array[-5:].any(axis=0)
        assert not last.all(), "the simulated market has delistings"
        check = check_universe(market.select(market.symbols[last]))
        assert (check.verdict, check.holds) == ("doubtful", True)
        assert "perhaps the survivors only" in check.finding

    def test_a_delisting_takes_the_doubt_away(self, market: Panel) -> None:
        last = market.traded_array[-5:].any(axis=0)
        kept = market.select(market.symbols[last])
        gone = np.zeros((len(kept), len(kept.symbols)), dtype=bool)
        gone[200:, 3] = True
        fields = {name: np.where(gone, np.nan, kept.array(name)) for name in ("open", "high", "low", "close")}
        check = check_universe(kept.with_arrays(fields))
        assert check.verdict == "holds"
        assert check.finding.endswith("1 stop trading before the end")


class TestMembers:
    def test_the_universe_of_ranges_holds(self, market: Panel, joined: pd.DataFrame) -> None:
        check = check_members(joined, market.with_members(joined), cuts=4)
        assert (check.verdict, check.cuts) == ("holds", 4)
        assert check.values > 0

    def test_a_universe_of_other_days_is_caught(self, market: Panel, joined: pd.DataFrame) -> None:
        panel = market.with_members(joined)
        today = np.tile(panel.universe_array[-1], (len(panel), 1))
        check = check_members(joined, panel.with_universe(today))
        assert check.verdict == "looks ahead"
        first = market.dates[0].date()
        assert check.finding.startswith(f"{market.symbols[0]} on {first} is a member by the ranges known on ")


def table(days: list[int], symbol: str = "A") -> pd.DataFrame:
    """One statement for the end of 2015 and each number of days until it is announced."""
    end = pd.Timestamp("2015-12-31")
    symbols = [f"{symbol}{number}" for number in range(len(days))]
    announced = [end + pd.Timedelta(days=day) for day in days]
    return pd.DataFrame({"symbol": symbols, "period_end": end, "announce_date": announced, "revenue": 1.0})


class TestStatements:
    def test_announcements_hold(self) -> None:
        check = check_statements(Statements.from_long(table([20, 30, 115])))
        assert (check.verdict, check.values) == ("holds", 3)
        assert "known 30 days after their period (median)" in check.finding

    def test_period_ends_are_caught(self) -> None:
        frame = table([20, 30])
        frame["announce_date"] = frame["period_end"]
        check = check_statements(Statements.from_long(frame))
        assert check.verdict == "looks ahead"
        assert "2 of 2 count within 7 days of the end of their period, first that of A0" in check.finding

    @pytest.mark.parametrize(
        ("days", "verdict"), [(0, "doubtful"), (6, "doubtful"), (7, "holds"), (-3, "holds")]
    )
    def test_a_slip_is_a_doubt(self, days: int, verdict: str) -> None:
        # Announced before the period ended: from_long has put the statutory deadline in its place.
        statements = Statements.from_long(table([days, *[30] * 200]))
        assert check_statements(statements).verdict == verdict

    def test_no_statements(self) -> None:
        nothing = Statements.from_long(table([20])).until("2015-01-01")
        assert check_statements(nothing).verdict == "holds"


@pytest.mark.real_data
def test_the_real_tables_hold(shared_data: Path) -> None:
    bars = pd.read_parquet(shared_data / "ashare_csi300_2010_2016.parquet")
    members = read_members(shared_data / "index_members.csv", index="csi300")
    figures = shared_data / "fundamentals_2014_2016.parquet"
    panel = Panel.from_long(bars, members=members, statements=pd.read_parquet(figures))
    assert panel.statements is not None
    checks = [check_universe(panel), check_members(members, panel), check_statements(panel.statements)]
    assert all(check.holds for check in checks)
    today = members[members["end"].isna() | (members["end"] >= panel.dates[-1])]
    today = today[today["start"] <= panel.dates[-1]].assign(start=panel.dates[0], end=pd.NaT)
    assert not check_universe(panel.with_members(today)).holds
