"""What somebody holds: a CSV file of symbols and raw shares."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..feeds import DataError, Panel
from ..feeds.columns import parse_dates, parse_numbers, parse_symbols
from ..feeds.readers import read_table
from ..feeds.sources.symbols import canonical


@dataclass(frozen=True)
class Holdings:
    """What is held.

    Attributes
    ----------
    shares
        Raw shares by symbol.
    ages
        Sessions since the purchase, that one included, by symbol; of those that tell it.
    """

    shares: dict[str, float] = field(default_factory=dict)
    ages: dict[str, int] = field(default_factory=dict)


def read_holdings(path: Path, panel: Panel) -> Holdings:
    """Read holdings; rows of 0 shares are left out.

    Parameters
    ----------
    path
        CSV or parquet with the columns ``symbol, shares`` and, for a minimum holding time, ``bought`` (date
        of the purchase). A symbol may be written in any usual way, such as ``sh600519``.
    panel
        The bars, whose symbols these must be.

    Raises
    ------
    DataError
        If a column is missing, shares are no whole number of 0 or more, or a symbol is there twice or not
        among the bars.
    """
    table = read_table(path, may_be_empty=True)
    missing = [name for name in ("symbol", "shares") if name not in table.columns]
    if missing:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing", remedy="name the columns symbol, shares"
        )
    symbols = [_known(name, panel) for name in parse_symbols(table["symbol"])]
    shares = parse_numbers(table["shares"], lambda row: f"{symbols[row]} in {path}")
    _check(path, symbols, shares, panel)
    held = {name: float(count) for name, count in zip(symbols, shares, strict=True) if count}
    return Holdings(held, _ages(table, symbols, panel, path))


def _known(name: str, panel: Panel) -> str:
    """Return a symbol as the panel spells it, where it has it."""
    if name in panel.symbols:
        return name
    try:
        return canonical(name)
    except DataError:
        return name


def _check(path: Path, symbols: list[str], shares: np.ndarray, panel: Panel) -> None:
    bad = ~((shares >= 0) & (shares == np.floor(shares)) & np.isfinite(shares))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{path}: shares of {symbols[row]} are {shares[row]:g}",
            remedy="give whole numbers of raw shares, 0 or more",
        )
    twice = next((name for name in symbols if symbols.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: {twice} is there twice", remedy="give each symbol one row")
    strange = [name for name, held in zip(symbols, shares, strict=True) if held and name not in panel.symbols]
    if strange:
        raise DataError(
            f"{path}: {', '.join(strange[:5])} {'is' if len(strange) == 1 else 'are'} held and not among the "
            "bars, so that nobody knows the value",
            remedy="give these bars, too, correct the symbol, or leave out what is not to be sold",
        )


def _ages(table: pd.DataFrame, symbols: list[str], panel: Panel, path: Path) -> dict[str, int]:
    if "bought" not in table.columns:
        return {}
    bought = parse_dates(table["bought"], []).dt.normalize()
    late = (bought > panel.dates[-1]).to_numpy()
    if late.any():
        row = int(np.flatnonzero(late)[0])
        raise DataError(
            f"{path}: {symbols[row]} was bought on {bought.iloc[row].date()}, after the last bar of "
            f"{panel.dates[-1].date()}",
            remedy="give newer bars, or correct the date",
        )
    first = panel.dates.searchsorted(bought.fillna(panel.dates[0]).to_numpy())
    rows = zip(symbols, first.tolist(), bought.notna(), strict=True)
    return {name: len(panel) - row for name, row, known in rows if known}
