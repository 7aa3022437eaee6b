"""Yahoo Finance through yfinance: markets all over the world, free and without a token."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections import OrderedDict
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from .answers import finish, numbers, pick, steps_of
from .base import Source
from .clients import needs, quiet
from .errors import ChangedAnswer, NoAnswer, RateLimited, SourceError, UnknownSymbol
from .patience import Patience
from .symbols import canonical, to_yahoo

_BARS = {
    **{"Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"},
    **{"Dividends": "dividend", "Stock Splits": "split"},
}
_PRICES = ["open", "high", "low", "close"]
_KEPT = 4
_UNKNOWN = ("no data found", "not found", "no timezone found")


class YfinanceSource(Source):
    """Daily bars of any market that Yahoo has, with a factor made of its dividends and splits.

    Yahoo's prices and volumes are adjusted for all splits up to today; both are turned back to what was
    traded. The factor grows by each split, and at each dividend by close / (close - dividend) of the
    session before, so that it starts at 1 with the first bar and never changes backwards. For that the
    whole history of a symbol is asked for, in one request.

    Parameters
    ----------
    timeout_s
        Longest silence of the server in seconds.
    session
        A session of ``curl_cffi`` or ``requests``, for a proxy, say.

    Notes
    -----
    Yahoo has neither members of an index nor days of announcement. What the client caches goes into a
    folder that ends with the process.
    """

    name = "yfinance"
    zone: ClassVar[str] = "America/New_York"
    pause_s: ClassVar[float] = 0.5
    probe: ClassVar[str] = "AAPL"

    def __init__(
        self, *, timeout_s: float = 30.0, session: Any = None, patience: Patience | None = None
    ) -> None:
        super().__init__(patience=patience)
        self.timeout_s = timeout_s
        self.session = session
        self._histories: OrderedDict[str, pd.DataFrame] = OrderedDict()

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        whole = self._history(symbol)
        return finish(whole, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def factor_steps(self, symbol: str) -> pd.DataFrame:
        """Return the whole history of the factor; see :meth:`Source.factor_steps`."""
        return steps_of(self._history(symbol))

    def close(self) -> None:
        """Forget the histories."""
        self._histories.clear()

    def _history(self, symbol: str) -> pd.DataFrame:
        """Return all bars of a symbol, which are asked for once while it is in use."""
        name = to_yahoo(symbol)
        if name not in self._histories:
            self._histories[name] = self._raw(self.patience.ask(lambda: self._once(name)), symbol)
            while len(self._histories) > _KEPT:
                self._histories.popitem(last=False)
        return self._histories[name]

    @staticmethod
    def _raw(table: pd.DataFrame, symbol: str) -> pd.DataFrame:
        what = f"bars of {symbol}"
        bars = numbers(pick(table, _BARS, what), list(_BARS.values()), what)
        dates = pd.DatetimeIndex(table.index).tz_localize(None).normalize()
        bars = bars.assign(date=dates.astype("datetime64[ns]")).sort_values("date", ignore_index=True)
        split = bars["split"].where(bars["split"] > 0, 1.0).fillna(1.0).to_numpy()
        # Product of the splits after each day: what one of today's shares was in shares of that day.
        later = np.append(np.cumprod(split[::-1])[::-1][1:], 1.0)
        # A day without prices may still have a split or a dividend: it stays until the factor is made.
        before = bars["close"].ffill().shift().to_numpy()
        paid = bars["dividend"].fillna(0.0).to_numpy()
        if (paid >= before).any():
            raise ChangedAnswer(f"{what} have a dividend above the price of the session before")
        growth = np.where(np.isnan(before), 1.0, split / (1.0 - paid / before))
        return bars.assign(
            **{name: bars[name] * later for name in _PRICES},
            volume=(bars["volume"] / later).round(),
            factor=np.cumprod(growth),
        )

    def _once(self, name: str) -> pd.DataFrame:
        with needs("yfinance"):
            import yfinance
            from yfinance.data import YfData
        _keep_to_itself()
        yfinance.config.debug.hide_exceptions = False  # it would make an empty table of each
        YfData.cache_get.cache_clear()  # it keeps failed answers, too, and would give them again
        logger = logging.getLogger("yfinance")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            with quiet(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ticker = yfinance.Ticker(name, session=self.session)
                table = ticker.history(period="max", auto_adjust=False, actions=True, timeout=self.timeout_s)
        except Exception as error:  # of curl, of the parser, of Yahoo
            raise _explained(error, name) from error
        finally:
            logger.setLevel(level)
        if table is None or table.empty:
            raise NoAnswer(f"Yahoo gave no bar of {name}")
        return table


@cache
def _keep_to_itself() -> tempfile.TemporaryDirectory[str]:
    """Give the client a folder of this process for its own cache, which it opens once; it ends with it."""
    import yfinance

    folder = tempfile.TemporaryDirectory(prefix="btalpha-yfinance-", ignore_cleanup_errors=True)
    yfinance.set_tz_cache_location(folder.name)
    return folder


def _explained(error: Exception, name: str) -> SourceError:
    kind, said = type(error).__name__, str(error)
    if kind == "YFRateLimitError" or "Too Many Requests" in said:
        return RateLimited(f"Yahoo asks for patience ({name}): {said}")
    if any(text in said.lower() for text in _UNKNOWN):
        return UnknownSymbol(f"Yahoo has no {name}: {said}", remedy="check the symbol")
    if isinstance(error, KeyError | IndexError | AttributeError):
        return ChangedAnswer(
            f"bars of {name} are in another form ({kind}: {said})",
            remedy="update yfinance, which follows such changes",
        )
    return NoAnswer(f"Yahoo, {name}: {kind}: {said}")
