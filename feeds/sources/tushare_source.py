"""Tushare: A-shares, with a token that is taken from the environment and written nowhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from .answers import check_steps, days, finish, numbers, pick, with_factor
from .base import Source, canonical_symbols
from .clients import needs, quiet
from .errors import AccessError, ChangedAnswer, NoAnswer, NotOffered, RateLimited, SourceError, UnknownSymbol
from .http_limits import answer_codes
from .patience import Patience
from .snapshots import ranges_of
from .symbols import canonical, index_code, split

TOKEN = "TUSHARE_TOKEN"
_DAILY = {
    **{"trade_date": "date", "open": "open", "high": "high", "low": "low", "close": "close"},
    **{"pre_close": "pre_close", "vol": "volume", "amount": "amount"},
}
_BASIC = {"trade_date": "date", "turnover_rate": "turnover", "total_mv": "total_mktcap"}
_LOT, _THOUSAND, _TEN_THOUSAND, _PERCENT = 100.0, 1e3, 1e4, 0.01
_STATEMENTS = {
    "income": {
        "n_income": "net_profit",
        "n_income_attr_p": "net_profit_parent",
        "total_revenue": "total_revenue",
        "revenue": "operating_revenue",
        "oper_cost": "operating_cost",
        "total_cogs": "total_operating_cost",
        "operate_profit": "operating_profit",
        "total_profit": "total_profit",
        "basic_eps": "basic_eps",
    },
    "balancesheet": {
        "total_assets": "total_assets",
        "total_liab": "total_liabilities",
        "total_hldr_eqy_inc_min_int": "equity",
        "total_hldr_eqy_exc_min_int": "parent_equity",
        "total_cur_assets": "current_assets",
        "total_cur_liab": "current_liabilities",
        "money_cap": "cash",
        "inventories": "inventory",
        "accounts_receiv": "accounts_receivable",
        "total_share": "total_shares",
    },
    "cashflow": {"n_cashflow_act": "operating_cash_flow"},
}
_KEYS = {"end_date": "period_end", "f_ann_date": "announce_date"}
_VERSION = {"update_flag": "version"}
_FORMAT = "%Y%m%d"
_PIECE = pd.DateOffset(years=10)
_MOST_ROWS = 5000


class TushareSource(Source):
    """Daily bars, adjustment factors, market values, members of an index and statements with restatements.

    Volume comes in lots of 100, amount in thousands, market value in tens of thousands, turnover in
    percent. The token is read from the variable ``TUSHARE_TOKEN`` when it is needed; it is in no message
    and no file. Tushare's client sends it over plain HTTP.

    Parameters
    ----------
    timeout_s
        Longest silence of the server in seconds.
    """

    name = "tushare"
    columns = ("pre_close", "amount", "turnover", "total_mktcap")
    pause_s: ClassVar[float] = 0.3

    def __init__(self, *, timeout_s: float = 30.0, patience: Patience | None = None) -> None:
        super().__init__(patience=patience)
        self.timeout_s = timeout_s

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        what, code = f"bars of {symbol}", _code(symbol)
        parts = [
            self._ask("daily", {"ts_code": code, "start_date": first, "end_date": last}, _DAILY, what)
            for first, last in _pieces(start, end)
        ]
        bars = pd.concat(parts, ignore_index=True)
        if bars.empty:
            self._require_listed(symbol, code)
        bars = bars.assign(
            volume=bars["volume"] * _LOT,
            amount=bars["amount"] * _THOUSAND,
            date=days(bars["date"], what, _FORMAT),
        )
        bars = bars.sort_values("date").merge(self._basic(code, start, end, what), on="date", how="left")
        bars = with_factor(bars, self.factor_steps(symbol))
        return finish(bars, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def factor_steps(self, symbol: str) -> pd.DataFrame:
        """Return the whole history of the factor; see :meth:`Source.factor_steps`."""
        what = f"factor of {symbol}"
        names = {"trade_date": "date", "adj_factor": "factor"}
        today = pd.Timestamp.now().normalize()
        parts = [
            self._ask(
                "adj_factor",
                {"ts_code": _code(symbol), "start_date": first, "end_date": last},
                names,
                what,
            )
            for first, last in _pieces(pd.Timestamp("1990-01-01"), today)
        ]
        table = pd.concat(parts, ignore_index=True)
        steps = check_steps(table.assign(date=days(table["date"], what, _FORMAT)), symbol)
        changed = steps["factor"].ne(steps["factor"].shift())
        return steps[changed].reset_index(drop=True)

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return who was a member when, from the weights at the end of each month and at each change.

        The list before ``start`` counts for its first days; a change is seen at the next list.
        """
        what, code = f"members of {index}", index_code(index)
        names = {"con_code": "symbol", "trade_date": "date"}
        early = start - pd.DateOffset(days=45)
        lists: dict[pd.Timestamp, frozenset[str]] = {}
        for month in pd.period_range(early, end, freq="M"):
            words = {
                "index_code": code,
                "start_date": _day(month.start_time),
                "end_date": _day(month.end_time),
            }
            table = self._ask("index_weight", words, names, f"{what} in {month}")
            for day, part in table.assign(date=days(table["date"], what, _FORMAT)).groupby("date"):
                lists[pd.Timestamp(str(day))] = frozenset(map(canonical, part["symbol"]))
        lists = {day: members for day, members in lists.items() if day <= end}
        before = [day for day in lists if day <= start]
        if before:
            lists[start] = lists[max(before)]
        lists = {day: members for day, members in lists.items() if day >= start}
        return ranges_of(lists, open_end=end >= self.last_final_day())

    def statements(self, symbols: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return consolidated figures; each version of a report counts from its own announcement."""
        parts = [self._reports(symbol, start, end) for symbol in canonical_symbols(symbols)]
        filled = [part for part in parts if len(part)]
        if not filled:
            return pd.DataFrame(columns=["symbol", "period_end", "announce_date"])
        return pd.concat(filled, ignore_index=True)

    def _reports(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        joined: pd.DataFrame | None = None
        for function, figures in _STATEMENTS.items():
            what = f"{function} of {symbol}"
            # By announcement: a report of a period in the span is announced within a year after it.
            span = {"start_date": _day(start), "end_date": _day(end + pd.DateOffset(years=1))}
            names = _KEYS | _VERSION | figures
            table = self._ask(function, {"ts_code": _code(symbol), **span}, names, what)
            dates = {name: days(table[name], what, _FORMAT) for name in _KEYS.values()}
            part = table.assign(**dates)
            part = part[part["period_end"].between(start, end)]
            # A report that was corrected on its day comes twice: the corrected one has the higher flag.
            part = part.sort_values("version", ascending=False, kind="stable").drop(columns="version")
            part = part.drop_duplicates(list(_KEYS.values()), keep="first")
            joined = part if joined is None else joined.merge(part, on=list(_KEYS.values()), how="outer")
        assert joined is not None
        joined.insert(0, "symbol", symbol)
        return joined

    def _basic(self, code: str, start: pd.Timestamp, end: pd.Timestamp, what: str) -> pd.DataFrame:
        """Return turnover and market value; missing where the token has no right to them."""
        try:
            parts = [
                self._ask(
                    "daily_basic", {"ts_code": code, "start_date": first, "end_date": last}, _BASIC, what
                )
                for first, last in _pieces(start, end)
            ]
        except NotOffered as error:
            self.note(f"turnover and market value are missing: {error}")
            empty = {"turnover": pd.Series(dtype=float), "total_mktcap": pd.Series(dtype=float)}
            return pd.DataFrame({"date": pd.Series(dtype="datetime64[ns]"), **empty})
        table = pd.concat(parts, ignore_index=True)
        return pd.DataFrame(
            {
                "date": days(table["date"], what, _FORMAT),
                "turnover": table["turnover"] * _PERCENT,
                "total_mktcap": table["total_mktcap"] * _TEN_THOUSAND,
            }
        )

    def _require_listed(self, symbol: str, code: str) -> None:
        what = f"listing of {symbol}"
        for status in ("L", "D", "P"):
            words = {"ts_code": code, "list_status": status}
            if len(self._ask("stock_basic", words, {"ts_code": "symbol"}, what)):
                return
        raise UnknownSymbol(f"Tushare has no {symbol}", remedy="check the symbol")

    def _ask(self, function: str, words: dict[str, str], names: dict[str, str], what: str) -> pd.DataFrame:
        """Return the named columns; all but keys and days as numbers."""
        with needs("tushare"), quiet():
            import tushare
        token = os.environ.get(TOKEN)
        if not token:
            raise AccessError("Tushare needs a token", remedy=f"set the environment variable {TOKEN}")
        api: Any = tushare.pro_api(token, timeout=self.timeout_s)  # pyright: ignore[reportArgumentType]
        table = self.patience.ask(lambda: self._once(api, function, words, names, what, token))
        text = ("date", "symbol", *_KEYS.values())
        read = pick(table, names, what)
        return numbers(read, [name for name in names.values() if name not in text], what)

    def _once(
        self, api: Any, function: str, words: dict[str, str], names: dict[str, str], what: str, token: str
    ) -> pd.DataFrame:
        with answer_codes() as codes:
            try:
                table = api.query(function, fields=",".join(names), **words)
            except Exception as error:  # the client raises bare exceptions
                raise _explained(error, what, token) from None  # its own chain could show the token
        if codes and codes[-1] >= 400:  # the client makes an empty table of it
            kind = RateLimited if codes[-1] in (403, 429) else NoAnswer
            raise kind(f"{what}: the server answers {codes[-1]}")
        if len(table) >= _MOST_ROWS:
            raise ChangedAnswer(
                f"{what} has {len(table):,} rows, as many as one answer can hold: it may be cut",
                remedy="ask for a shorter span",
            )
        return table.replace({None: np.nan})


def _explained(error: Exception, what: str, token: str) -> SourceError:
    """Sort what the server says, which is Chinese text, and keep the token out of it."""
    said = str(error).replace(token, "***")
    message = f"{what}: {said}"
    if isinstance(error, OSError | ValueError):
        return NoAnswer(f"{what}: {type(error).__name__}: {said}")
    if "每分钟" in said or "每小时" in said or "每天" in said or "频" in said:
        return RateLimited(message)
    if "token" in said.lower():
        return AccessError(message, remedy=f"set the environment variable {TOKEN} to a valid token")
    if "权限" in said or "积分" in said:
        return NotOffered(message, remedy="this token has no right to it")
    if isinstance(error, KeyError | TypeError):
        return ChangedAnswer(f"{what} is in another form ({type(error).__name__}: {said})")
    return NoAnswer(message)


def _code(symbol: str) -> str:
    code, place = split(symbol)
    return f"{code}.{place}"


def _pieces(start: pd.Timestamp, end: pd.Timestamp) -> list[tuple[str, str]]:
    """Return spans of ten years, of which each fits into one answer."""
    pieces = []
    while start <= end:
        last = min(end, start + _PIECE - pd.Timedelta(days=1))
        pieces.append((_day(start), _day(last)))
        start = last + pd.Timedelta(days=1)
    return pieces


def _day(day: pd.Timestamp) -> str:
    return day.strftime(_FORMAT)
