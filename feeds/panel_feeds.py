"""Putting all symbols of a panel into a Cerebro, with the lines that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import backtrader as bt
import pandas as pd

from .errors import DataError
from .panel import Panel
from .panel_columns import PanelColumns
from .panel_feed import PanelFeed

# Names of fields, or names of lines to frames of dates x symbols (None: the field of that name).
Extra = Sequence[str] | Mapping[str, pd.DataFrame | None]


def add_panel(
    panel: Panel,
    cerebro: bt.Cerebro,
    *,
    extra: Extra = (),
    adjusted: bool = True,
) -> list[PanelFeed]:
    """Add one feed a symbol to a Cerebro, in the panel's order, each named by its symbol.

    Parameters
    ----------
    panel
        The bars.
    cerebro
        Where they go.
    extra
        Lines of their own beside prices and volume: names of fields of the panel, such as
        ``("factor", "turnover")``; or a mapping from the name of a line to a frame of dates x symbols,
        such as ``{"score": scores}``, where ``None`` instead of a frame takes the panel's field. What a
        frame does not have is NaN.
    adjusted
        Deliver prices times ``factor``.

    Returns
    -------
    list of PanelFeed
        The feeds, in the order of ``panel.symbols``.

    Raises
    ------
    DataError
        If the panel has no such field, or a frame has no date or no symbol in common with it.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=3, n_days=30, seed=1)
    >>> scores = -panel.adjusted("close").pct_change(5, fill_method=None)
    >>> feeds = add_panel(panel, bt.Cerebro(), extra={"score": scores, "turnover": None})
    >>> feeds[0].getlinealiases()[-2:]
    ('score', 'turnover')
    """
    if isinstance(extra, str):
        extra = (extra,)
    frames = (
        {name: frame for name, frame in dict(extra).items() if frame is not None}
        if isinstance(extra, Mapping)
        else {}
    )
    if frames:
        panel = panel.with_arrays({name: _aligned(panel, name, frame) for name, frame in frames.items()})
    kind: Any = feed_class(tuple(extra))
    feeds = [kind(dataname=panel, symbol=symbol, adjusted=adjusted) for symbol in panel.symbols]
    columns = PanelColumns(panel, adjusted=adjusted)
    for feed in feeds:
        feed.columns = columns
        cerebro.adddata(feed, name=feed.p.symbol)
    return feeds


def _aligned(panel: Panel, name: str, frame: pd.DataFrame) -> Any:
    if name in panel:
        raise DataError(f"extra: the panel has a field {name!r} already", remedy="give the line another name")
    aligned = frame.reindex(index=panel.dates, columns=panel.symbols)
    if not frame.index.isin(panel.dates).any() or not frame.columns.isin(panel.symbols).any():
        raise DataError(
            f"extra: the frame {name!r} has no date or no symbol in common with the panel",
            remedy="give a frame of dates x symbols with the panel's labels",
        )
    return aligned.to_numpy(dtype=float)


@lru_cache(maxsize=64)
def feed_class(extra: tuple[str, ...] = ()) -> type[PanelFeed]:
    """Return the feed class that delivers some panel fields as lines beside prices and volume.

    Examples
    --------
    >>> feed_class(("turnover",)).lines._getlines()[-1]
    'turnover'
    """
    taken = set(PanelFeed.lines._getlines())
    extra = tuple(name for name in dict.fromkeys(extra) if name not in taken)
    if not extra:
        return PanelFeed
    # Backtrader fixes the lines of a feed with its class, so every set of lines is a class of its own.
    name = f"PanelFeed_{'_'.join(extra)}"
    kind = type(name, (PanelFeed,), {"lines": extra, "__module__": __name__})
    # Where pickle looks for it, when ``optstrategy`` sends feeds to other processes.
    globals()[name] = kind
    return kind
