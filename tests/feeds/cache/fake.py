"""A source whose bars are a formula, which writes down what it was asked; also a program to be killed."""

import os
import sys
import time
from pathlib import Path

import pandas as pd
from btalpha.feeds.sources.answers import empty_bars, finish, with_factor
from btalpha.feeds.sources.base import Source
from btalpha.feeds.sources.errors import UnknownSymbol

FIRST, LAST = pd.Timestamp("2015-01-01"), pd.Timestamp("2016-12-31")
EX_DATE = pd.Timestamp("2016-01-18")


class FakeSource(Source):
    name = "fake"
    columns = ("amount",)

    def __init__(
        self,
        *,
        log: Path | None = None,
        delay_s: float = 0.0,
        factor: float = 2.0,
        known_until: pd.Timestamp = LAST,
        missing: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.log = log
        self.delay_s = delay_s
        self.factor = factor
        self.known_until = known_until
        self.missing = missing
        self.asked: list[tuple[str, str, str]] = []

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        if symbol in self.missing:
            raise UnknownSymbol(f"fake has no {symbol}")
        self.asked.append((symbol, str(start.date()), str(end.date())))
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{os.getpid()} {symbol} {start.date()} {end.date()}\n")
        time.sleep(self.delay_s)
        dates = pd.bdate_range(max(start, FIRST), min(end, self.known_until))
        if dates.empty:
            return empty_bars(self.columns)
        close = 10.0 + int(symbol[:6]) % 97 + 0.01 * (dates - FIRST).days
        bars = pd.DataFrame(
            {
                "date": dates.astype("datetime64[ns]"), "open": close, "high": close + 0.1,
                "low": close - 0.1, "close": close, "volume": 1000.0, "amount": 1000.0 * close,
            }
        )  # fmt: skip
        bars = with_factor(bars, self.factor_steps(symbol))
        return finish(bars, symbol, start, end, columns=self.columns, notes=self.notes)

    def factor_steps(self, symbol: str) -> pd.DataFrame:
        return pd.DataFrame({"date": [EX_DATE], "factor": [self.factor]})

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        return pd.DataFrame({"symbol": SYMBOLS, "start": FIRST, "end": pd.NaT})


SYMBOLS = [f"{600000 + number}.SH" for number in range(12)]


def program() -> None:
    """Fetch all symbols into a folder; run by the tests in a process of its own."""
    from btalpha.feeds.cache import Store, Updater

    folder, log, delay_s = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    source = FakeSource(log=log, delay_s=delay_s)
    updater = Updater(Store(folder, "fake"), source)
    for symbol in SYMBOLS:
        updater.update(symbol, pd.Timestamp("2016-01-01"), pd.Timestamp("2016-06-30"))
        print(symbol, flush=True)


if __name__ == "__main__":
    program()
