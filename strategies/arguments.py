"""What is said when the arguments of ``TopK`` do not fit."""

import difflib
from typing import Any

import pandas as pd


def refuse_unknown(args: tuple[object, ...], unknown: dict[str, object], known: list[str]) -> None:
    """Refuse parameters that ``TopK`` does not have; Backtrader itself would ignore them."""
    if args:
        raise ValueError(f"TopK takes named parameters only, got {args[0]!r:.60}")
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its parameters are {', '.join(known)}"
        raise ValueError(f"TopK has no parameter {name!r}; {hint}")


def chosen_feeds(feeds: dict[str, Any], symbols: Any) -> dict[str, Any]:
    """Return the feeds of the symbols named, all of them where none is; refuse an unknown symbol."""
    if symbols is None:
        return feeds
    if isinstance(symbols, str):
        symbols = [symbols]
    for symbol in symbols:
        if symbol not in feeds:
            near = difflib.get_close_matches(str(symbol), list(feeds), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"symbols: no feed is named {symbol!r}{hint}")
    return {symbol: feeds[symbol] for symbol in symbols}


def check_source(signal: Any, scores: Any) -> None:
    """Refuse anything but one source of scores."""
    if (signal is None) == (scores is None):
        given = "neither" if signal is None else "both"
        raise ValueError(f"give exactly one of signal= and scores=, got {given}")
    if isinstance(signal, type):
        raise ValueError(f"signal must be a provider, not its class; write {signal.__name__}(...)")
    if signal is not None and not callable(getattr(signal, "predict", None)):
        hint = "; a frame of scores goes to scores=" if isinstance(signal, pd.DataFrame) else ""
        raise ValueError(f"signal must have predict(panel), got {type(signal).__name__}{hint}")


def check_execution(execution: Any, broker: Any) -> None:
    """Refuse a fill that the broker does not make."""
    if execution not in ("open", "close"):
        raise ValueError(f"execution must be 'open' or 'close', got {execution!r}")
    if execution == "close" and not fills_at_close(broker):
        raise ValueError(
            "execution='close' needs a broker that fills at the close; call cerebro.broker.set_coc(True)"
        )


def fills_at_close(broker: Any) -> bool:
    """Say whether a broker fills market orders at the close that they are placed at."""
    return bool(getattr(getattr(broker, "p", None), "coc", False))


def check_window(window: Any) -> None:
    """Refuse a window in which there is no volatility."""
    if isinstance(window, bool) or not isinstance(window, int) or window < 2:
        raise ValueError(f"volatility_window must be a whole number of returns >= 2, got {window!r}")
