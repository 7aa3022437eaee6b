"""The CSV formats that Backtrader reads itself, read by Backtrader itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import SourceError
from ..patience import Patience
from .table import Conventions, TableSource

# Name here -> class of backtrader.feeds.
FORMATS = {
    "backtrader": "BacktraderCSVData",
    "generic": "GenericCSVData",
    "yahoo": "YahooFinanceCSVData",
    "sierra": "SierraChartCSVData",
    "mt4": "MT4CSVData",
    "visualchart": "VChartCSVData",
}
_LINES = ("open", "high", "low", "close", "volume")
_ORDINAL_OF_1970 = 719_163


class BacktraderCsvSource(TableSource):
    r"""Files of one stock each, named by its symbol, in a format that Backtrader's feeds parse.

    Parameters
    ----------
    path
        A file, or a folder of files that end in ``.csv`` or ``.txt``.
    format
        One of :data:`FORMATS`. Yahoo's files bring the adjusted close, so raw prices and ``factor`` are
        told apart; the other formats have no factor and count as adjusted already.
    conventions
        Units; the names are Backtrader's own.

    Raises
    ------
    ValueError
        If the format is not known.

    Examples
    --------
    >>> _ = Path("ORCL.txt").write_text(
    ...     "Date,Open,High,Low,Close,Volume,OpenInterest\n2016-01-04,35.9,36,35.3,35.8,100,0\n")
    >>> source = BacktraderCsvSource("ORCL.txt")
    >>> source.bars("ORCL", pd.Timestamp("2016-01-01"), pd.Timestamp("2016-12-31"))["close"].tolist()
    [35.8]
    """

    name = "backtrader"

    def __init__(
        self,
        path: str | Path,
        *,
        format: str = "backtrader",
        conventions: Conventions | None = None,
        patience: Patience | None = None,
    ) -> None:
        if format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
        super().__init__(path, conventions=conventions, patience=patience)
        self.format = format

    def load(self) -> pd.DataFrame:
        """Return the bars of all files."""
        files = [self.path]
        if self.path.is_dir():
            files = sorted(file for file in self.path.iterdir() if file.suffix in (".csv", ".txt"))
        if not files or not files[0].is_file():
            raise SourceError(f"{self.path} holds no .csv or .txt file", remedy="check the path")
        return pd.concat([self._read(file) for file in files], ignore_index=True)

    def _read(self, file: Path) -> pd.DataFrame:
        import backtrader as bt

        options: dict[str, Any] = {"adjclose": False, "round": False} if self.format == "yahoo" else {}
        feed = getattr(bt.feeds, FORMATS[self.format])(dataname=str(file), **options)
        cerebro = bt.Cerebro(stdstats=False)  # pyright: ignore[reportCallIssue]
        cerebro.adddata(feed)
        try:
            cerebro.run()
        except Exception as error:  # a parser of Backtrader's fails in as many ways as there are lines
            raise SourceError(
                f"{file} is not in Backtrader's format {self.format!r} ({type(error).__name__}: {error})",
                remedy=f"name its format: {', '.join(FORMATS)}",
            ) from error
        columns = {name: np.array(getattr(feed.lines, name).array) for name in _LINES}
        if self.format == "yahoo":
            columns["factor"] = np.array(feed.lines.adjclose.array) / columns["close"]
        whole = np.floor(np.array(feed.lines.datetime.array)).astype(np.int64) - _ORDINAL_OF_1970
        return pd.DataFrame({"date": whole.astype("datetime64[D]"), "symbol": file.stem, **columns})
