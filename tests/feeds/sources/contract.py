"""What every source promises; each source's own tests call these with answers that they know."""

import numpy as np
import pandas as pd
import pytest
from btalpha.feeds import DataError, Panel
from btalpha.feeds.sources.base import BARS, Source
from btalpha.feeds.sources.errors import SymbolError, UnknownSymbol

START, END = pd.Timestamp("2016-01-04"), pd.Timestamp("2016-01-29")


def check_bars(source: Source, symbol: str) -> pd.DataFrame:
    """Bars are in the panel's terms, in order, inside the span, and the panel takes them."""
    bars = source.bars(symbol, START, END)
    assert list(bars.columns) == [*BARS, *source.columns]
    assert bars["date"].dtype == "datetime64[ns]"
    assert bars["date"].is_monotonic_increasing and bars["date"].is_unique
    assert bars["date"].between(START, END).all()
    assert (bars["date"] == bars["date"].dt.normalize()).all()
    assert set(bars["symbol"]) == {symbol}
    assert all(bars[name].dtype == np.float64 for name in bars.columns.drop(["date", "symbol"]))
    assert (bars["volume"] > 0).all()
    assert (bars["factor"] > 0).all()
    panel = Panel.from_long(bars)
    assert len(panel) == len(bars)
    assert not [line for line in panel.repairs if "suspended" in line]
    return bars


def check_parts(source: Source, symbol: str) -> None:
    """Two halves of a span are the whole of it: raw prices and factor do not depend on what is asked."""
    middle = pd.Timestamp("2016-01-14")
    first = source.bars(symbol, START, middle)
    second = source.bars(symbol, middle + pd.Timedelta(days=1), END)
    both = pd.concat([first, second], ignore_index=True)
    pd.testing.assert_frame_equal(both, source.bars(symbol, START, END), check_exact=True)


def check_no_session(source: Source, symbol: str) -> None:
    """A span without a session is an empty answer of the same form, and no error."""
    weekend = source.bars(symbol, pd.Timestamp("2016-01-09"), pd.Timestamp("2016-01-10"))
    assert len(weekend) == 0
    assert list(weekend.columns) == [*BARS, *source.columns]


def check_unknown(source: Source, symbol: str) -> None:
    with pytest.raises(UnknownSymbol) as caught:
        source.bars(symbol, START, END)
    assert symbol in str(caught.value)


def check_hostile(source: Source) -> None:
    """A symbol is data: what could lead elsewhere is refused before anything is asked."""
    for symbol in ("../../x", "a/b", "", "..", "x\ny", "600519.SH; rm -rf", "' OR 1=1 --", "\x00"):
        with pytest.raises(SymbolError):
            source.bars(symbol, START, END)


def check_members(source: Source, index: str, symbol: str) -> pd.DataFrame:
    ranges = source.members(index, START, END)
    assert list(ranges.columns) == ["symbol", "start", "end"]
    assert symbol in set(ranges["symbol"])
    assert ranges["start"].notna().all() and (ranges["start"] <= END).all()
    with pytest.raises(DataError):
        source.members("no_such_index", START, END)
    return ranges


def as_text(ranges: pd.DataFrame) -> list[list[str]]:
    """Ranges as rows of text, with an empty end for a member that still is one."""
    columns = {name: ranges[name].dt.strftime("%Y-%m-%d").fillna("") for name in ("start", "end")}
    return ranges.assign(**columns).to_numpy().tolist()


def check_source(source: Source, symbol: str, unknown: str) -> pd.DataFrame:
    """Everything but membership and statements, which not every source has."""
    check_hostile(source)
    check_unknown(source, unknown)
    check_no_session(source, symbol)
    check_parts(source, symbol)
    return check_bars(source, symbol)
