"""What is said when the arguments of ``TopK`` do not fit."""

import difflib
from typing import Any


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
    for symbol in symbols:
        if symbol not in feeds:
            near = difflib.get_close_matches(str(symbol), list(feeds), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"symbols: no feed is named {symbol!r}{hint}")
    return {symbol: feeds[symbol] for symbol in symbols}
