"""From the books to published statements: year-to-date flows, announcement dates, figures a share."""

import numpy as np
import pandas as pd

from ..statements import Statements, statutory_deadline
from .books import Books
from .firms import Firms
from .lifetimes import Lifetimes
from .path import Path

YEARS_BEFORE = 2  # of statements before the first session, so that growth is known from it on
MISSING_DATE_CHANCE = 0.09
# Earliest announcement, in days after the period's end, by quarter.
EARLIEST = (15, 25, 15, 25)


def publish_books(
    books: Books, dates: pd.DatetimeIndex, firms: Firms, lifetimes: Lifetimes, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the statements that are public by the last session, without figures a share.

    One row a firm and period, ``symbol, period_end, announce_date`` and the figures, flows
    cumulative year to date. Some 9 % of announcement dates are missing; a firm that
    was delisted publishes nothing for periods that end later.
    """
    n_quarters, n_symbols = books.flows["net_profit"].shape
    ends = pd.date_range(f"{dates[0].year - YEARS_BEFORE}-03-31", periods=n_quarters, freq="QE", unit="ns")
    announced, visible = _announcements(ends, n_symbols, rng)
    delisted = np.append(dates.to_numpy(), np.datetime64("NaT"))[lifetimes.last]
    stopped = ends.to_numpy()[:, None] >= delisted  # a comparison with NaT is false
    public = (visible <= dates[-1].to_datetime64()) & ~stopped
    firm, quarter = np.nonzero(public.T)
    figures = {name: _year_to_date(flow) for name, flow in books.flows.items()} | books.balances
    figures["weighted_roe"] = _weighted_roe(figures, books.opening_equity)
    keys = {
        "symbol": pd.Categorical.from_codes(firm, dtype=pd.CategoricalDtype(list(firms.symbols))),
        "period_end": ends[quarter],
        "announce_date": announced[quarter, firm],
    }
    return pd.DataFrame(keys | {name: values[quarter, firm] for name, values in figures.items()})


def add_share_figures(
    table: pd.DataFrame, dates: pd.DatetimeIndex, firms: Firms, path: Path, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the statements with share counts, earnings (CNY a share) and declared dividends.

    ``dividend_per_share`` stands in the annual report, on the shares of that year's end, and is 0 in
    the other three.
    """
    firm = table["symbol"].cat.codes.to_numpy()
    ends = pd.DatetimeIndex(table["period_end"])
    # Before the first session the counts are those of the first day.
    day = np.maximum(dates.searchsorted(ends, side="right") - 1, 0)
    before = ends < dates[0]
    total = np.where(before, firms.shares[firm], path.total_shares[day, firm])
    floating = np.where(
        before, np.round(firms.shares * firms.float_ratio)[firm], path.float_shares[day, firm]
    )
    options = rng.uniform(0.0, 0.02, len(firms))[firm]  # shares that may still be issued, of all
    basic = table["net_profit_parent"].to_numpy() / total
    year = ends.year.to_numpy() + 1 - dates[0].year  # row of the dividends declared for that year
    annual = (ends.month == 12) & (year >= 0) & (year < len(path.dividends))
    declared = path.dividends[np.where(annual, year, 0), firm]
    return table.assign(
        basic_eps=np.round(basic, 4),
        diluted_eps=np.round(np.where(basic > 0, basic / (1.0 + options), basic), 4),
        dividend_per_share=np.where(annual, declared, 0.0),
        total_shares=total,
        float_shares=floating,
    )


def announced_quality(table: pd.DataFrame, dates: pd.DatetimeIndex, symbols: np.ndarray) -> np.ndarray:
    """Return T x N net profit (parent, trailing twelve months) / parent equity, as announced."""
    return quality_of(Statements.from_long(table), dates, pd.Index(symbols))


def quality_of(statements: Statements, dates: pd.DatetimeIndex, symbols: pd.Index) -> np.ndarray:
    """Return T x N net profit (parent, trailing twelve months) / parent equity of any statements."""
    profit = statements.ttm("net_profit_parent", dates, symbols)
    return profit / statements.values("parent_equity", dates, symbols)


def _announcements(
    ends: pd.DatetimeIndex, n_symbols: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return Q x N published announcement dates (NaT where missing) and the days of visibility.

    No report precedes the one before it, and none is later than its deadline.
    """
    deadline = np.array([statutory_deadline(end) for end in ends], dtype="datetime64[D]")
    first = ends.to_numpy().astype("datetime64[D]") + np.resize(EARLIEST, len(ends))
    span = (deadline - first).astype(np.int64)[:, None]
    place = rng.beta(2.0, 1.2, (len(ends), n_symbols))  # most firms take most of the time they have
    visible = first[:, None] + np.floor(place * (span + 1)).astype(np.int64)
    missing = rng.random(visible.shape) < MISSING_DATE_CHANCE
    visible = np.where(missing, deadline[:, None], visible)
    visible = np.maximum.accumulate(visible, axis=0).astype("datetime64[ns]")
    return np.where(missing, np.datetime64("NaT"), visible), visible


def _year_to_date(flow: np.ndarray) -> np.ndarray:
    return flow.reshape(-1, 4, flow.shape[1]).cumsum(axis=1).reshape(flow.shape)


def _weighted_roe(figures: dict[str, np.ndarray], opening: np.ndarray) -> np.ndarray:
    """Return profit (parent) year to date / mean of the equity at the year's begin and the period's end."""
    equity = figures["parent_equity"]
    begin = np.vstack([opening, equity[3:-1:4]]).repeat(4, axis=0)
    return figures["net_profit_parent"] / ((begin + equity) / 2.0)
