"""qlib's binary folder: a calendar, lists of instruments, and one file a symbol and field."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ...boards import board_of
from ...universe import parse_ranges
from ..answers import finish
from ..base import Source
from ..errors import NotOffered, SourceError, UnknownSymbol
from ..patience import Patience
from ..symbols import canonical, to_qlib

_FIELDS = ("open", "high", "low", "close", "volume")
_MONEY = {"amount": "amount", "money": "amount"}


class QlibSource(Source):
    """Daily bars that qlib has dumped.

    qlib keeps adjusted prices with their ``factor`` (raw = adjusted / factor) and volumes divided by it,
    as 32-bit floats. Both are turned back here; prices of A-shares are rounded to the cent, which is their
    tick; funds and B-shares have finer ones. Where there is no ``factor`` the prices count as adjusted
    already.

    Parameters
    ----------
    path
        The folder with ``calendars``, ``instruments`` and ``features``.
    volume_unit
        Shares in one unit of volume: 1, or 100 where volume was dumped in lots.
    """

    name = "qlib"
    columns = ("amount",)

    def __init__(
        self, path: str | Path, *, volume_unit: float = 1.0, patience: Patience | None = None
    ) -> None:
        super().__init__(patience=patience)
        self.path = Path(path)
        self.volume_unit = volume_unit

    @cached_property
    def calendar(self) -> np.ndarray:
        """The trading dates, ``datetime64[ns]``."""
        text = self._text("calendars", "day.txt")
        try:
            return pd.to_datetime(text.split(), format="%Y-%m-%d").to_numpy(dtype="datetime64[ns]")
        except ValueError as error:
            raise SourceError(
                f"the calendar of {self.path} cannot be read ({error})", remedy="one day a line"
            ) from error

    def symbols(self) -> list[str]:
        """Return the symbols of ``instruments/all.txt``, sorted."""
        return sorted({canonical(symbol) for symbol in self._ranges("all")["symbol"]})

    def bars(self, symbol: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the bars of a symbol; see :meth:`Source.bars`."""
        folder = self.path / "features" / to_qlib(symbol).lower()
        if not folder.is_dir():
            raise UnknownSymbol(f"{self.path} has no folder of {symbol}")
        frame = pd.DataFrame({name: self._field(folder, name) for name in _FIELDS}, index=self.calendar)
        factor = self._field(folder, "factor", needed=False)
        if np.isnan(factor).all():
            self.notes.append(f"{symbol}: no factor in {folder}; prices are taken as adjusted already")
            factor = np.ones(len(frame))
        # A day without factor stays a bar until `finish` counts it and leaves it out.
        scale = np.where(np.isnan(factor), 1.0, factor)
        raw = frame[["open", "high", "low", "close"]].div(scale, axis=0)
        if board_of(canonical(symbol)) is not None:
            raw = raw.round(2)
        money = [self._field(folder, name, needed=False) for name in _MONEY]
        bars = raw.assign(
            date=self.calendar,
            volume=(frame["volume"] * scale * self.volume_unit).round(),
            factor=factor,
            amount=np.where(np.isnan(money[0]), money[1], money[0]),
        )
        return finish(bars, canonical(symbol), start, end, columns=self.columns, notes=self.notes)

    def members(self, index: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Return the ranges of ``instruments/<index>.txt`` that touch the span."""
        ranges = self._ranges(index)
        ranges = ranges[(ranges["start"] <= end) & ~(ranges["end"] < start)]
        # qlib writes the day of the dump where a member is one still.
        open_end = ranges["end"] >= self.calendar[-1]
        return ranges.assign(end=ranges["end"].mask(open_end)).reset_index(drop=True)

    def statements(self, symbols: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """Raise: qlib's point-in-time figures are in a format of their own."""
        raise NotOffered("qlib's folder has no statements that are read here")

    def _ranges(self, name: str) -> pd.DataFrame:
        if not name.replace("_", "").isalnum():
            raise SourceError(f"{name!r} is no index", remedy="name a file of instruments, such as csi300")
        rows = [line.split() for line in self._text("instruments", f"{name}.txt").splitlines() if line]
        if any(len(row) < 3 for row in rows):
            raise SourceError(f"instruments/{name}.txt of {self.path} has a line without symbol, start, end")
        table = pd.DataFrame([row[:3] for row in rows], columns=["symbol", "start", "end"])
        return parse_ranges(table.assign(symbol=table["symbol"].map(canonical)))

    def _text(self, folder: str, file: str) -> str:
        path = self.path / folder / file
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path} cannot be read ({error})", remedy="name a folder of qlib's") from error

    def _field(self, folder: Path, name: str, *, needed: bool = True) -> np.ndarray:
        """Return a field over the whole calendar: the file begins with the place of its first value."""
        path = folder / f"{name}.day.bin"
        whole = np.full(len(self.calendar), np.nan)
        if not path.is_file():
            if needed:
                raise SourceError(f"{path} is missing", remedy="dump the field again")
            return whole
        content = path.read_bytes()
        values = np.frombuffer(content[: len(content) // 4 * 4], dtype="<f4").astype(np.float64)
        first = values[0] if len(values) else np.nan
        fits = first == np.floor(first) and first >= 0 and first + len(values) - 1 <= len(whole)
        if len(content) % 4 or not fits:
            raise SourceError(f"{path} does not fit the calendar: it is cut or of another dump")
        whole[int(first) : int(first) + len(values) - 1] = values[1:]
        return whole
