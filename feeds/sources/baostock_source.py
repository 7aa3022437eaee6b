"""Baostock: A-shares, free and without a token, with the members of an index on any day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pandas as pd

from .answers import check_steps, days, finish, numbers, pick, with_factor
from .baostock_wire import BaostockWire
from .base import RESTATED, Source
from .errors import SymbolError, UnknownSymbol
from .patience import Patience
from .snapshots import find_changes, ranges_of, snapshot_days
from .symbols import canonical, index_code, split, to_baostock

_BARS = {
    **{name: name for name in ("date", "open", "high", "low", "close", "volume", "amount")},
    **{"preclose": "pre_close", "turn": "turnover", "isST": "is_st"},
}
_MEMBERS = {
    "000300.SH": "query_hs300_stocks",
    "000905.SH": "query_zz500_stocks",
    "000016.SH": "query_sz50_stocks",
}
# Function -> its figures and their names here.
_STATEMENTS = {
    "query_profit_data": {
        "roeAvg": "roe",
        "npMargin": "net_profit_margin",
        "netProfit": "net_profit",
        "epsTTM": "eps_ttm",
        "totalShare": "total_shares",
        "liqaShare": "float_shares",
    },
    "query_operation_data": {
        "NRTurnRatio": "turnover_ratio_of_receivable",
        "INVTurnRatio": "inventory_turnover",
        "CATurnRatio": "currentasset_turnover",
        "AssetTurnRatio": "asset_turnover",
    },
    "query_growth_data": {"YOYNI": "net_profit_yoy", "YOYEquity": "equity_yoy"},
    "query_balance_data": {
        "currentRatio": "current_ratio",
        "quickRatio": "quick_ratio",
        "liabilityToAsset": "liabilities_to_assets_pct",
    },
}
_EARLIEST = "1990-01-01"


class BaostockSource(Source):
    """Daily bars from 1990, back-adjustment factors, ST status, members of CSI 300, CSI 500 and SSE 50.

    Volume comes in shares, turnover in percent; suspended days come as rows without trade and are left
    out. Shares of Beijing are not there.

    Parameters
    ----------
    timeout_s
        Longest silence of the server in seconds.

    Notes
    -----
    Statements are asked for by symbol and quarter, in four tables: 300 symbols over ten years are 48,000
    requests.
    """

    name = "baostock"
    columns = ("pre_close", "amount", "turnover", "is_st")
    pause_s: ClassVar[float] = 0.02

    def __init__(self, *, timeout_s: float = 30.0, patience: Patience | None = None) -> None:
        super().__init__(patience=patience)
        self._wire = BaostockWire(timeout_s)

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        code, what = _code(symbol), f"bars of {symbol}"
        table = self._ask(
            "query_history_k_data_plus", code, ",".join(_BARS), _day(start), _day(end), "d", "3", what=what
        )
        if table.empty:
            self._require_listed(symbol, code)
        bars = numbers(pick(table, _BARS, what), [*_BARS.values()][1:], what)
        bars = bars.assign(
            date=days(bars["date"], what),
            turnover=bars["turnover"] / 100.0,
            is_st=bars["is_st"].fillna(0.0),
        )
        bars = with_factor(bars.sort_values("date"), self.factor_steps(symbol))
        return finish(bars, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def factor_steps(self, symbol: str) -> pd.DataFrame:
        """Return the whole history of the factor; see :meth:`Source.factor_steps`."""
        what = f"factor of {symbol}"
        today = _day(pd.Timestamp.now())
        table = self._ask("query_adjust_factor", _code(symbol), _EARLIEST, today, what=what)
        names = {"dividOperateDate": "date", "backAdjustFactor": "factor"}
        steps = numbers(pick(table, names, what), ["factor"], what)
        return check_steps(steps.assign(date=days(steps["date"], what)), symbol)

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return who was a member when, to the day: lists of single days, halved where they differ."""
        function = _MEMBERS[index_code(index)]

        def ask(day: pd.Timestamp) -> frozenset[str]:
            what = f"members of {index} on {day.date()}"
            table = self._ask(function, _day(day), what=what)
            codes = pick(table, {"code": "symbol"}, what)["symbol"]
            return frozenset(canonical(code) for code in codes)

        changes = find_changes(ask, snapshot_days(start, end))
        return ranges_of(changes, open_end=end >= self.last_final_day())

    def statements(self, symbols: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return ratios and a few figures of each quarter, as they are now; counts from the latest table.

        Restatements are not kept, which the notes say.
        """
        quarters = pd.period_range(start, end, freq="Q")
        parts = [self._quarter(canonical(symbol), quarter) for symbol in symbols for quarter in quarters]
        filled = [part for part in parts if part is not None]
        if not filled:
            return pd.DataFrame(columns=["symbol", "period_end", "announce_date"])
        self.note(RESTATED)
        return pd.concat(filled, ignore_index=True)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _quarter(self, symbol: str, quarter: pd.Period) -> pd.DataFrame | None:
        """Return one report from the four tables, or ``None`` where there is none."""
        code, what = _code(symbol), f"statement {quarter} of {symbol}"
        keys = {"pubDate": "announce_date", "statDate": "period_end"}
        report: dict[Any, Any] = {}
        for function, figures in _STATEMENTS.items():
            table = self._ask(function, code, str(quarter.year), str(quarter.quarter), what=what)
            if table.empty:
                continue
            part = numbers(pick(table, {**keys, **figures}, what), list(figures.values()), what)
            dates = {name: days(part[name], what) for name in keys.values()}
            row = part.assign(**dates).iloc[0].to_dict()
            # The report is known when its last table is; a table without a day says nothing about it.
            latest = {
                name: max(filter(pd.notna, (row[name], report.get(name))), default=pd.NaT) for name in dates
            }
            report.update(row | latest)
        if not report:
            return None
        row = pd.DataFrame([{"symbol": symbol, **report}])
        wanted = [name for figures in _STATEMENTS.values() for name in figures.values()]
        row = row.reindex(columns=["symbol", "period_end", "announce_date", *wanted])
        share = row["liabilities_to_assets_pct"].astype(float)
        return row.assign(liabilities_to_assets_pct=share * 100.0)

    def _require_listed(self, symbol: str, code: str) -> None:
        """Tell a symbol that did not trade in the span from one that there never was."""
        if self._ask("query_stock_basic", code, what=f"listing of {symbol}").empty:
            raise UnknownSymbol(f"Baostock has no {symbol}", remedy="check the symbol")

    def _ask(self, function: str, *arguments: str, what: str) -> pd.DataFrame:
        fields, rows = self.patience.ask(lambda: self._wire.rows(function, *arguments, what=what))
        return pd.DataFrame(rows, columns=fields)


def _code(symbol: str) -> str:
    if split(symbol)[1] == "BJ":
        raise SymbolError(f"Baostock has no shares of Beijing, such as {symbol}", remedy="use akshare")
    return to_baostock(symbol)


def _day(day: pd.Timestamp) -> str:
    return day.strftime("%Y-%m-%d")
