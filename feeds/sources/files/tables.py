"""Parquet and CSV: one long table, a folder of parts, or one file a stock."""

import pandas as pd

from ...readers import read_table
from .table import TableSource

_ENDINGS = (".parquet", ".csv.gz", ".csv")


class FileSource(TableSource):
    r"""Bars in parquet or CSV, a file or a folder.

    A file without a column for the symbol holds one stock, and is named by it: ``600519.SH.csv``,
    ``sh600519.parquet``.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("sh600519.csv").write_text(
    ...     "trade_date,open,high,low,close,vol\n20160104,210,211,205,206,3000\n")
    >>> from btalpha.feeds.sources.files.table import Conventions
    >>> lots = Conventions(columns={"trade_date": "date", "vol": "volume"}, units={"volume": 100})
    >>> source = FileSource("sh600519.csv", conventions=lots)
    >>> bars = source.bars("600519.SH", pd.Timestamp("2016-01-01"), pd.Timestamp("2016-12-31"))
    >>> bars[["symbol", "close", "volume"]].values.tolist()
    [['600519.SH', 206.0, 300000.0]]
    """

    name = "files"

    def load(self) -> pd.DataFrame:
        """Return the rows of all files."""
        if not self.path.is_dir():
            return self._named(read_table(self.path), self.path.name)
        files = sorted(file for file in self.path.iterdir() if file.name.endswith(_ENDINGS))
        if not files:
            return read_table(self.path)  # says what is wrong
        tables = [self._named(read_table(file), file.name) for file in files]
        return pd.concat(tables, ignore_index=True)

    def _named(self, table: pd.DataFrame, file: str) -> pd.DataFrame:
        named = {*table.columns, *(self.conventions.columns.get(str(name)) for name in table.columns)}
        if "symbol" in named:
            return table
        ending = next(ending for ending in _ENDINGS if file.endswith(ending))
        return table.assign(symbol=file.removesuffix(ending))
