"""AKShare: A-shares, free and without a token, from the pages of Eastmoney and Sina."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pandas as pd

from .answers import check_steps, days, finish, numbers, pick, with_factor
from .base import RESTATED, Source, canonical_symbols
from .clients import needs, quiet
from .errors import ChangedAnswer, NoAnswer, RateLimited, UnknownSymbol
from .http_limits import answer_codes, default_timeout, last_answer
from .patience import Patience
from .symbols import canonical, index_code, split, to_sina

_BARS = {
    **{"日期": "date", "开盘": "open", "最高": "high", "最低": "low", "收盘": "close"},
    **{"成交量": "volume", "成交额": "amount", "换手率": "turnover"},
}
_LOT, _PERCENT = 100.0, 0.01
# Function -> its figures and their names here; all in CNY.
_STATEMENTS = {
    "stock_lrb_em": {
        "净利润": "net_profit_parent",
        "营业总收入": "total_revenue",
        "营业总支出-营业支出": "operating_cost",
        "营业总支出-营业总支出": "total_operating_cost",
        "营业总支出-销售费用": "selling_expense",
        "营业总支出-管理费用": "admin_expense",
        "营业总支出-财务费用": "finance_expense",
        "营业利润": "operating_profit",
        "利润总额": "total_profit",
    },
    "stock_zcfz_em": {
        "资产-货币资金": "cash",
        "资产-应收账款": "accounts_receivable",
        "资产-存货": "inventory",
        "资产-总资产": "total_assets",
        "负债-应付账款": "accounts_payable",
        "负债-总负债": "total_liabilities",
        "股东权益合计": "equity",
    },
    "stock_xjll_em": {"经营性现金流-现金流量净额": "operating_cash_flow"},
}
_NO_ROWS = 9201  # Eastmoney's own code for a question that no row answers


class AkshareSource(Source):
    """Raw bars from Eastmoney, back-adjustment factors from Sina, statements of all shares by quarter.

    Volume comes in lots of 100, turnover in percent. Eastmoney's own adjusted prices are not used: it
    adds dividends to prices instead of multiplying, which bends returns.

    Parameters
    ----------
    timeout_s
        Longest silence of a server in seconds; AKShare itself would wait for ever.

    Notes
    -----
    Of an index AKShare knows today's members and the day each joined, not those that have left:
    :attr:`point_in_time` is false.
    """

    name = "akshare"
    columns = ("amount", "turnover")
    pause_s: ClassVar[float] = 0.5
    point_in_time: ClassVar[bool] = False

    def __init__(self, *, timeout_s: float = 30.0, patience: Patience | None = None) -> None:
        super().__init__(patience=patience)
        self.timeout_s = timeout_s

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        what = f"bars of {symbol}"
        table = self._daily(symbol, _day(start), _day(end), what)
        if table.empty:
            if self._daily(symbol, "19700101", "20500101", what).empty:
                raise UnknownSymbol(f"Eastmoney has no bar of {symbol}", remedy="check the symbol")
            table = pd.DataFrame(columns=list(_BARS))
        bars = numbers(pick(table, _BARS, what), [*_BARS.values()][1:], what)
        bars = bars.assign(
            date=days(bars["date"], what),
            volume=bars["volume"] * _LOT,
            turnover=bars["turnover"] * _PERCENT,
        )
        bars = with_factor(bars.sort_values("date"), self.factor_steps(symbol))
        return finish(bars, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def factor_steps(self, symbol: str) -> pd.DataFrame:
        """Return the whole history of the factor; see :meth:`Source.factor_steps`."""
        what, name = f"factor of {symbol}", to_sina(symbol)
        table = self._ask("stock_zh_a_daily", {"symbol": name, "adjust": "hfq-factor"}, what)
        names = {"date": "date", "hfq_factor": "factor"}
        steps = numbers(pick(table, names, what), ["factor"], what)
        return check_steps(steps.assign(date=days(steps["date"], what)), symbol)

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return today's members, each from the day it joined."""
        what = f"members of {index}"
        code, _ = split(index_code(index))
        table = self._ask("index_stock_cons", {"symbol": code}, what)
        names = {"品种代码": "symbol", "纳入日期": "start"}
        ranges = pick(table, names, what)
        ranges = ranges.assign(symbol=ranges["symbol"].map(canonical), start=days(ranges["start"], what))
        ranges["end"] = pd.Series(pd.NaT, index=ranges.index, dtype="datetime64[ns]")
        ranges = ranges.drop_duplicates("symbol")
        return ranges[ranges["start"] <= end].sort_values("symbol", ignore_index=True)

    def statements(self, symbols: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return income, balance and cash flow by quarter; a report counts from its latest announcement.

        The figures are those of today, so a restated one counts from its restatement where Eastmoney
        tells its day, and else from the first announcement, which the notes say.
        """
        wanted = set(canonical_symbols(symbols))
        parts = [self._quarter(day, wanted) for day in pd.date_range(start, end, freq="QE")]
        filled = [part for part in parts if len(part)]
        if not filled:
            return pd.DataFrame(columns=["symbol", "period_end", "announce_date"])
        self.note(RESTATED)
        return pd.concat(filled, ignore_index=True)

    def _quarter(self, period: pd.Timestamp, wanted: set[str]) -> pd.DataFrame:
        """Return one row a report: its figures, and the latest day on which one of its parts came out."""
        joined: pd.DataFrame | None = None
        for function, figures in _STATEMENTS.items():
            what = f"{function} of {period.date()}"
            names = {"股票代码": "symbol", "公告日期": "told", **figures}
            table = self._ask(function, {"date": _day(period)}, what)
            if table.empty:  # nobody has reported yet
                table = pd.DataFrame(columns=list(names))
            part = pick(table, names, what)
            part = part.assign(symbol=part["symbol"].map(canonical), told=days(part["told"], what))
            part = part[part["symbol"].isin(wanted)].drop_duplicates("symbol").set_index("symbol")
            part = numbers(part, list(figures.values()), what).rename(columns={"told": function})
            joined = part if joined is None else joined.join(part, how="outer")
        assert joined is not None
        told = joined[list(_STATEMENTS)].max(axis=1)
        table = joined.drop(columns=list(_STATEMENTS)).reset_index()
        table.insert(1, "period_end", period.normalize())
        table.insert(2, "announce_date", told.to_numpy())
        return table

    def _daily(self, symbol: str, start: str, end: str, what: str) -> pd.DataFrame:
        code, _ = split(symbol)
        words = {"symbol": code, "period": "daily", "start_date": start, "end_date": end, "adjust": ""}
        return self._ask("stock_zh_a_hist", {**words, "timeout": self.timeout_s}, what)

    def _ask(self, function: str, words: dict[str, Any], what: str) -> pd.DataFrame:
        with needs("akshare"):
            import akshare
            from akshare.stock import stock_zh_a_sina

        # AKShare runs what Sina sends as a program; it is a dictionary, and is read as one here.
        stock_zh_a_sina.eval = ast.literal_eval  # pyright: ignore[reportAttributeAccessIssue]
        call = getattr(akshare, function)
        return self.patience.ask(lambda: self._once(call, words, what))

    def _once(self, call: Callable[..., Any], words: dict[str, Any], what: str) -> pd.DataFrame:
        limits = default_timeout(self.timeout_s)
        with limits, answer_codes() as codes, last_answer() as last, quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                table = call(**words)
            except Exception as error:  # a page in another form fails anywhere in the client
                if isinstance(error, TypeError) and last and _has_no_rows(last[-1]):
                    return pd.DataFrame()
                raise _explained(error, codes, what) from error
        if not isinstance(table, pd.DataFrame):
            raise NoAnswer(f"{what}: the client gave {table!r}")
        if codes and codes[-1] >= 400:
            raise _explained(ValueError("empty"), codes, what)
        return table


def _has_no_rows(answer: Any) -> bool:
    """Tell Eastmoney's answer of no rows, over which the client stumbles, from all others."""
    try:
        said = answer.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("result", said) is None and said.get("code") == _NO_ROWS


def _explained(error: Exception, codes: list[int], what: str) -> Exception:
    """Tell a server that is busy from an answer in another form, by the code of the last answer."""
    last = codes[-1] if codes else 0
    if last in (403, 429, 456):
        return RateLimited(f"{what}: the server answers {last}")
    # Errors of the network are OSErrors, for ``requests`` those of cut JSON too; cut Python is a SyntaxError.
    if last >= 500 or isinstance(error, OSError | SyntaxError):
        return NoAnswer(f"{what}: {type(error).__name__}: {error} (the server answers {last})")
    return ChangedAnswer(
        f"{what} is in another form ({type(error).__name__}: {error})",
        remedy="update akshare, which follows such changes, or take another source",
    )


def _day(day: pd.Timestamp) -> str:
    return day.strftime("%Y%m%d")
