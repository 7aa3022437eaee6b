"""Each check of bars: a planted fault is found, by its own check alone; clean data has none."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, simulate_market
from btalpha.feeds.boards import board_of, free_sessions, limit_rate, to_cents
from btalpha.feeds.quality import CHECKS, run_checks
from btalpha.feeds.quality.dataset import Dataset
from btalpha.feeds.quality.limits import largest_moves
from btalpha.feeds.quality.rows import parse_rows

from .conftest import DATES, SYMBOLS, clean_bars, found, row_of

OF_BARS = {
    check.find.__name__ for check in CHECKS if not {"members", "statements", "benchmark"} & set(check.needs)
}


def planted(fault: Callable[[pd.DataFrame], object]) -> pd.DataFrame:
    bars = clean_bars()
    changed = fault(bars)
    return changed if isinstance(changed, pd.DataFrame) else bars


def put(symbol: str, t: int, /, **values: float) -> Callable[[pd.DataFrame], None]:
    def fault(bars: pd.DataFrame) -> None:
        for name, value in values.items():
            bars.loc[row_of(bars, symbol, t), name] = value

    return fault


def drop(symbol: str, *days: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda bars: bars.drop([row_of(bars, symbol, t) for t in days])


def again(**values: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda bars: pd.concat([bars, bars.iloc[[3]].assign(**values)], ignore_index=True)


def copy_days(first: int, last: int, *, volume: bool) -> Callable[[pd.DataFrame], None]:
    """Repeat the prices of the day before ``first`` until ``last``, all that follows in step with them."""

    def fault(bars: pd.DataFrame) -> None:
        names = ["open", "high", "low", "close", *(["volume", "amount"] if volume else [])]
        source = row_of(bars, "600000.SH", first - 1)
        for t in range(first, last + 1):
            row = row_of(bars, "600000.SH", t)
            bars.loc[row, names] = bars.loc[source, names].to_numpy()
            bars.loc[row, "pre_close"] = bars.loc[source, "close"]
            if not volume:
                bars.loc[row, "amount"] = bars.loc[row, "close"] * bars.loc[row, "volume"]
        bars.loc[row_of(bars, "600000.SH", last + 1), "pre_close"] = bars.loc[source, "close"]

    return fault


def split(*, factor: float, pre_close: bool = True) -> Callable[[pd.DataFrame], object]:
    """Halve the prices of 600000.SH from day 10 on, and change ``factor``."""

    def fault(bars: pd.DataFrame) -> object:
        later = (bars["symbol"] == "600000.SH") & (bars["date"] >= DATES[10])
        prices = ["open", "high", "low", "close", "pre_close"]
        bars.loc[later, prices] = to_cents(bars.loc[later, prices].to_numpy() / 2)
        bars.loc[later, "amount"] /= 2
        bars.loc[later, "factor"] = factor
        return bars if pre_close else bars.drop(columns="pre_close")

    return fault


def without_trade(bars: pd.DataFrame) -> None:
    put("600000.SH", 5, volume=0, amount=0, open=30.4, high=30.4, low=30.4, close=30.4)(bars)
    put("600000.SH", 6, pre_close=30.4)(bars)


def suspended(bars: pd.DataFrame) -> pd.DataFrame:
    put("300001.SZ", 10, pre_close=20.6)(bars)  # the close of day 6
    return drop("300001.SZ", 7, 8, 9)(bars)


DAY = [str(day.date()) for day in DATES]
# fault, what is found (check: count), symbol and date of the first example of the first check
FAULTS = {
    "no date": (
        put("600000.SH", 29, date=pd.NaT),
        {"missing_keys": 1, "symbols_that_end": 1},
        ("600000.SH", ""),
    ),
    "no symbol": (
        put("600000.SH", 29, symbol=None),
        {"missing_keys": 1, "symbols_that_end": 1},
        ("", DAY[29]),
    ),
    "price of zero": (
        put("600000.SH", 4, low=0.0),
        {"impossible_values": 1, "gaps": 1},
        ("600000.SH", DAY[4]),
    ),
    "price missing": (
        put("600000.SH", 4, open=np.nan),
        {"impossible_values": 1, "gaps": 1},
        ("600000.SH", DAY[4]),
    ),
    "negative volume": (
        put("600000.SH", 4, volume=-1),
        {"impossible_values": 1, "gaps": 1},
        ("600000.SH", DAY[4]),
    ),
    "high below low": (
        put("600000.SH", 4, high=30.0),
        {"impossible_values": 1, "gaps": 1},
        ("600000.SH", DAY[4]),
    ),
    "factor missing": (
        put("600000.SH", 4, factor=np.nan),
        {"impossible_values": 1, "gaps": 1},
        ("600000.SH", DAY[4]),
    ),
    "close above high": (
        put("300001.SZ", 29, close=23.2),
        {"prices_outside_range": 1},
        ("300001.SZ", DAY[29]),
    ),
    "another bar": (again(close=10.31), {"conflicting_duplicates": 1}, ("000001.SZ", DAY[3])),
    "the same bar": (again(), {"repeated_rows": 1}, ("000001.SZ", DAY[3])),
    "a day lost": (
        lambda bars: bars[bars["date"] != DATES[7]],
        {"missing_sessions": 1, "factor_against_pre_close": 1},
        ("", DAY[7]),
    ),
    "bars on a Saturday": (
        lambda bars: bars.assign(
            date=bars["date"].mask(bars["date"] == DATES[29], pd.Timestamp("2016-02-20"))
        ),
        {"missing_sessions": 1, "foreign_dates": 1},
        ("", DAY[29]),
    ),
    "half a day lost": (
        lambda bars: drop("300001.SZ", 7)(drop("600000.SH", 7)(bars)),
        {"thin_sessions": 1, "gaps": 2},
        ("", DAY[7]),
    ),
    "suspended": (suspended, {"gaps": 3}, ("300001.SZ", DAY[10])),
    "copied": (copy_days(12, 12, volume=True), {"copied_bars": 1}, ("600000.SH", DAY[12])),
    "stale": (copy_days(12, 16, volume=False), {"stale_prices": 1}, ("600000.SH", DAY[16])),
    "split without factor": (
        split(factor=1.0),
        {"unexplained_jumps": 1, "factor_against_pre_close": 1},
        ("600000.SH", DAY[10]),
    ),
    "split with factor": (split(factor=2.0), {}, None),
    "wrong factor": (
        split(factor=4.0),
        {"unexplained_jumps": 1, "factor_against_pre_close": 1},
        ("600000.SH", DAY[10]),
    ),
    "split, no pre_close": (
        split(factor=1.0, pre_close=False),
        {"unexplained_jumps": 1, "limits_broken": 1},
        ("600000.SH", DAY[10]),
    ),
    "split with factor, no pre_close": (split(factor=2.0, pre_close=False), {}, None),
    "beyond the limit": (put("600000.SH", 29, high=36.2), {"limits_broken": 1}, ("600000.SH", DAY[29])),
    "at the limit": (put("600000.SH", 29, high=round(32.8 * 1.1, 2)), {}, None),
    "beyond the limit of ST": (
        put("600000.SH", 29, high=34.5, is_st=True),
        {"limits_broken": 1},
        ("600000.SH", DAY[29]),
    ),
    "within the limit of ordinary shares": (put("600000.SH", 29, high=34.5), {}, None),
    "beyond the limit after a pause": (
        lambda bars: drop("600000.SH", 28)(planted(put("600000.SH", 29, high=36.2, pre_close=32.7))),
        {"limits_broken_after_pause": 1, "gaps": 1},
        ("600000.SH", DAY[29]),
    ),
    "volume without money": (
        put("600000.SH", 5, amount=0),
        {"volume_without_trade": 1},
        ("600000.SH", DAY[5]),
    ),
    "volume without price": (
        put("600000.SH", 5, open=np.nan, high=np.nan, low=np.nan, close=np.nan),
        {"volume_without_trade": 1, "rows_without_trade": 1, "gaps": 1},
        ("600000.SH", DAY[5]),
    ),
    "trade without volume": (
        put("600000.SH", 5, volume=0),
        {"trade_without_volume": 1, "rows_without_trade": 1, "gaps": 1},
        ("600000.SH", DAY[5]),
    ),
    "suspended day as a row": (without_trade, {"rows_without_trade": 1, "gaps": 1}, ("600000.SH", DAY[5])),
    "volume in lots": (put("600000.SH", 5, volume=10_500), {"amount_off_price": 1}, ("600000.SH", DAY[5])),
    "delisted": (drop("300001.SZ", *range(20, 30)), {"symbols_that_end": 1}, ("300001.SZ", DAY[19])),
}


def test_clean_bars_have_no_fault(bars: pd.DataFrame, checked: Callable) -> None:
    findings = checked(bars)
    assert found(findings) == {}
    assert {name for name, finding in findings.items() if not finding.skipped} == OF_BARS


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_its_check_alone(name: str, checked: Callable) -> None:
    fault, counts, place = FAULTS[name]
    findings = checked(planted(fault))
    assert found(findings) == counts
    if place is not None:
        (example, *_) = findings[next(iter(counts))].hits.examples
        assert (example.symbol, example.date) == place
        assert example.value


def test_every_check_of_bars_has_a_planted_fault() -> None:
    assert {check for _, counts, _ in FAULTS.values() for check in counts} == OF_BARS


def test_order_of_the_rows_and_kind_of_the_file_do_not_matter(checked: Callable) -> None:
    bars = planted(FAULTS["wrong factor"][0])
    want = checked(bars)
    assert checked(bars.sample(frac=1, random_state=0)) == want
    assert (
        checked(bars.assign(symbol=bars["symbol"].astype("category"), date=bars["date"].astype(str))) == want
    )


def test_the_worst_come_first_and_all_are_counted(bars: pd.DataFrame, checked: Callable) -> None:
    for t in range(5, 25):
        put("600000.SH", t, high=40.0 + t)(bars)
    hits = checked(bars, limit=2)["limits_broken"].hits
    assert hits.count == 20
    assert [example.date for example in hits.examples] == [DAY[24], DAY[23]]


def test_without_optional_columns_it_is_said_what_was_not_checked(
    bars: pd.DataFrame, checked: Callable
) -> None:
    findings = checked(bars.drop(columns=["pre_close", "amount", "factor", "is_st"]), calendar=None)
    assert found(findings) == {}
    assert findings["factor_against_pre_close"].skipped == "the data has no factor, pre_close"
    assert findings["amount_off_price"].skipped == "the data has no amount"
    assert findings["missing_sessions"].skipped == "the data has no calendar"
    assert "without is_st" in findings["limits_broken"].hits.remark


def test_what_is_no_share_has_no_limits(bars: pd.DataFrame, checked: Callable) -> None:
    foreign = bars.assign(
        symbol=bars["symbol"].map(dict(zip(SYMBOLS, ("AAPL", "MSFT", "TSLA"), strict=True)))
    )
    row = foreign.index[(foreign["symbol"] == "TSLA") & (foreign["date"] == DATES[29])]
    foreign.loc[row, ["high", "close"]] = 46.0  # 40 % up: beyond a limit, but not beyond belief
    findings = checked(foreign)
    assert found(findings) == {}
    assert findings["limits_broken"].hits.remark == "3 symbols are no A-shares and have no limits here"
    foreign.loc[row, ["high", "close"]] = 60.0  # 83 % up, from 32.8
    assert found(checked(foreign.drop(columns="pre_close"))) == {"unexplained_jumps": 1}


def test_a_new_listing_may_double_in_its_free_sessions_and_not_after(checked: Callable) -> None:
    """300001.SZ is listed on day 10; before the reform of ChiNext its first session alone is free."""
    bars = planted(drop("300001.SZ", *range(10)))
    put("300001.SZ", 10, high=60.0)(bars)
    assert found(checked(bars)) == {}
    put("300001.SZ", 11, high=60.0)(bars)
    findings = checked(bars)
    assert found(findings) == {"limits_broken": 1}
    assert findings["limits_broken"].hits.examples[0].date == DAY[11]


def test_no_limit_before_there_were_limits(bars: pd.DataFrame, checked: Callable) -> None:
    """Before 1996-12-16 a share may rise by 30 % in a day."""
    put("600000.SH", 29, high=43.0)(bars)
    early = bars.assign(date=bars["date"] - pd.Timedelta(days=364 * 20))
    assert found(checked(early, calendar=None)) == {}
    assert found(checked(bars)) == {"limits_broken": 1}


def test_dates_outside_the_calendar_are_told(bars: pd.DataFrame, checked: Callable) -> None:
    early = bars.assign(date=bars["date"] - pd.Timedelta(days=365 * 40))
    hits = checked(early)["missing_sessions"].hits
    assert (hits.count, hits.remark.split(" lie ")[0]) == (0, "30 dates")


class TestValidation:
    def test_a_calendar_that_does_not_exist(self, bars: pd.DataFrame, checked: Callable) -> None:
        with pytest.raises(DataError, match=r"no calendar 'XSGH'.*XSHG"):
            checked(bars, calendar="XSGH")

    def test_a_missing_column(self, bars: pd.DataFrame, checked: Callable) -> None:
        with pytest.raises(DataError, match=r"bars\.parquet: column close is missing"):
            checked(bars.drop(columns="close"))

    def test_text_for_a_number_is_placed(self, bars: pd.DataFrame, checked: Callable) -> None:
        bars["close"] = bars["close"].astype(str)
        bars.loc[3, "close"] = "n/a"
        with pytest.raises(DataError, match=f"close of 000001.SZ on {DAY[3]} is 'n/a'"):
            checked(bars)

    def test_no_row_with_a_key(self, bars: pd.DataFrame, checked: Callable) -> None:
        with pytest.raises(DataError, match="no row has both a date and a symbol"):
            checked(bars.assign(symbol=None))

    def test_no_usable_bar(self, bars: pd.DataFrame, checked: Callable) -> None:
        with pytest.raises(DataError, match="no row is a bar"):
            checked(bars.assign(volume=0))


class TestReferenceEquivalence:
    """The columns against a loop over bars."""

    def test_limits_of_every_board_and_time(self) -> None:
        table = _market()
        rows, _ = parse_rows(table.copy(), [])
        got = largest_moves(rows)
        first = rows.days.min()
        for code, symbol in enumerate(rows.symbols):
            board = board_of(symbol)
            at = np.flatnonzero(rows.codes == code)
            listed = rows.days[at[0]].astype(date)
            free = free_sessions(board, listed) if rows.days[at[0]] > first else 0
            want = [
                limit_rate(board, rows.days[row].astype(date), is_st=bool(rows["is_st"][row])) for row in at
            ]
            want[:free] = [np.inf] * free
            np.testing.assert_array_equal(got[at], want, err_msg=symbol)

    def test_broken_limits(self) -> None:
        table = _market()
        random = np.random.default_rng(1)
        table["high"] *= np.where(random.random(len(table)) < 0.01, 1.3, 1.0)
        data = Dataset(*parse_rows(table.copy(), []), limit=10**6)
        hits = {f.check: f.hits for f in run_checks(data) if f.check.startswith("limits")}
        got = {(e.symbol, e.date) for h in hits.values() for e in h.examples}
        assert got == _broken_slowly(table)
        assert len(got) == sum(h.count for h in hits.values()) > 20


def _market() -> pd.DataFrame:
    panel = simulate_market(n_symbols=20, n_days=300, seed=3)
    names = ["open", "high", "low", "close", "pre_close", "volume", "factor", "is_st"]
    table = pd.DataFrame({name: panel[name].stack() for name in names})  # noqa: PD013
    return table.dropna(subset=["close"]).astype({"is_st": bool}).reset_index()


def _broken_slowly(table: pd.DataFrame) -> set[tuple[str, str]]:
    out, first = set(), table["date"].min()
    for symbol, own in table.sort_values("date").groupby("symbol"):
        board = board_of(symbol)
        for number, bar in enumerate(own.itertuples()):
            listed = own["date"].iloc[0]
            if listed > first and number < free_sessions(board, listed.date()):
                continue
            rate = limit_rate(board, bar.date.date(), is_st=bar.is_st)
            up, down = to_cents(np.array([bar.pre_close * (1 + rate), bar.pre_close * (1 - rate)]))
            if bar.high > up + 0.005 or bar.low < down - 0.005:
                out.add((symbol, str(bar.date.date())))
    return out


def test_a_symbol_that_cannot_be_read_is_no_key() -> None:
    """The panel refuses it; so the gate names it."""
    import pandas as pd
    from btalpha.feeds.columns import can_be_symbol
    from btalpha.feeds.quality.rows import parse_rows

    frame = pd.DataFrame({"date": ["2016-01-04"] * 3, "symbol": ["A", "A ", "\u202eA"], "volume": 1.0})
    frame = frame.assign(**dict.fromkeys(("open", "high", "low", "close"), 1.0))
    rows, unplaced = parse_rows(frame, [])
    assert (len(rows), unplaced["symbol"].tolist()) == (1, ["A ", "\u202eA"])
    assert not any(map(can_be_symbol, unplaced["symbol"]))
