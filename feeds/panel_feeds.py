"""Putting all symbols of a panel into a Cerebro, with the lines that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from .errors import DataError
from .panel import Panel
from .panel_columns import PanelColumns
from .panel_feed import PanelFeed

# The name of a class with further lines tells them: PanelFeed__score__turnover.
_PREFIX, _BETWEEN = "PanelFeed", "__"
# What a feed has of its own, beside the attributes of its class.
_TAKEN = ("datetime", "openinterest", "p", "l", "line", "columns", "notifs", "owner", "feed")
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
        If the panel has no such field, a name cannot be a line's, or a frame cannot be read or has no date
        or no symbol in common with the panel.

    Examples
    --------
    >>> from btalpha.feeds import simulate_market
    >>> panel = simulate_market(n_symbols=3, n_days=30, seed=1)
    >>> scores = -panel.adjusted("close").pct_change(5, fill_method=None)
    >>> feeds = add_panel(panel, bt.Cerebro(), extra={"score": scores, "turnover": None})
    >>> feeds[0].getlinealiases()[-2:]
    ('score', 'turnover')
    """
    lines = (extra,) if isinstance(extra, str) else tuple(extra)
    for name in lines:
        _check_name(name)
    frames = extra if isinstance(extra, Mapping) else {}
    arrays = {name: _aligned(panel, name, frame) for name, frame in frames.items() if frame is not None}
    panel = panel.with_arrays(arrays) if arrays else panel
    kind: Any = feed_class(lines)
    feeds = [kind(dataname=panel, symbol=symbol, adjusted=adjusted) for symbol in panel.symbols]
    columns = PanelColumns(panel, adjusted=adjusted)
    for feed in feeds:
        feed.columns = columns
        cerebro.adddata(feed, name=feed.p.symbol)
    return feeds


def _check_name(name: Any) -> None:
    """Refuse a name of a line that Backtrader, or the feed itself, has for something else."""
    taken = name in _TAKEN or (isinstance(name, str) and hasattr(PanelFeed, name))
    if not isinstance(name, str) or not name.isidentifier() or _BETWEEN in name or taken:
        raise DataError(
            f"extra: {name!r} cannot be the name of a line",
            remedy="give a word that a feed does not have yet, such as 'score'",
        )


def _aligned(panel: Panel, name: str, frame: Any) -> np.ndarray:
    """Return a frame as an array on the panel's dates and symbols."""
    if name in panel:
        raise DataError(f"extra: the panel has a field {name!r} already", remedy="give the line another name")
    if not isinstance(frame, pd.DataFrame):
        raise DataError(
            f"extra: {name!r} must be a frame of dates x symbols, got {type(frame).__name__}",
            remedy="give a pandas DataFrame",
        )
    try:
        dates = pd.DatetimeIndex(frame.index).tz_localize(None).normalize()
        aligned = frame.set_axis(dates).reindex(index=panel.dates, columns=panel.symbols)
        values = aligned.to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"extra: the frame {name!r} cannot be read ({error})", remedy="give numbers by unique dates"
        ) from error
    if not dates.isin(panel.dates).any() or not frame.columns.isin(panel.symbols).any():
        raise DataError(
            f"extra: the frame {name!r} has no date or no symbol in common with the panel",
            remedy="give a frame of dates x symbols with the panel's labels",
        )
    return values


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
    name = _BETWEEN.join((_PREFIX, *extra))
    return type(name, (PanelFeed,), {"lines": extra, "__module__": __name__})


def __getattr__(name: str) -> Any:
    """Find a feed's class by its name, where ``optstrategy`` has sent the feed to another process."""
    prefix, *extra = name.split(_BETWEEN)
    if prefix != _PREFIX or not extra:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return feed_class(tuple(extra))
